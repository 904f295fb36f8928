"""Ids that the components of a site give to what they make: the texts in their programs that are used as one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache

from checker.mirror.generators.row import Built

_PROGRAMS = (".tsx", ".jsx", ".ts", ".js", ".vue", ".astro", ".svelte")
_USED = re.compile(r"<([A-Z]\w{0,80})")
# `id="x"`, `titleId = open ? 'x' : 'y'`, `id: 'x'`, and the beginning of such a text in a template.
_STATED = re.compile(r"\b(?:\w{1,40}I|i)d\b\s{0,4}(?:=|:)(?!=)([^\n;]{1,200})")
_TEXT = re.compile(r"([\"'`])([A-Za-z][\w-]{0,80})(?:\1|(\$)\{)")
_MOST = 50  # components of a page, and ids of a component, that are looked at


def ids(site: Built, _page: str, text: str) -> re.Pattern[str] | None:
    """The ids that the components on a page may give, by the programs of their names; None if there are none."""
    files = _programs(site)
    names = sorted(set(_USED.findall(text)) & files.keys())[:_MOST]
    found = {each for name in names for each in _stated(site, files[name])}
    return re.compile(rf"(?:{'|'.join(sorted(found))})\Z") if found else None


@lru_cache(maxsize=4)
def _programs(site: Built) -> Mapping[str, str]:
    """The names of components -> their files: `Lamp.tsx`, `Lamp/index.tsx`."""
    found: dict[str, str] = {}
    for file in site.all_files():
        if file.endswith(_PROGRAMS):
            stem, _ = posixpath.splitext(file)
            name = posixpath.basename(posixpath.dirname(stem) if stem.endswith("/index") else stem)
            if name[:1].isupper():
                found.setdefault(name, file)
    return found


@lru_cache(maxsize=100)
def _stated(site: Built, file: str) -> tuple[str, ...]:
    """Patterns of the ids in a component."""
    found: dict[str, None] = {}
    for stated in _STATED.finditer(site.text(file)):
        for text in _TEXT.finditer(stated[1]):
            found[re.escape(text[2]) + (".*" if text[3] else "")] = None
    return (*found,)[:_MOST]
