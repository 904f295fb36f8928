"""A site's program that is not known, or lies in another repository: the configuration says that there is one.

Its pages have no addresses here. But a program that makes pages of files lets them keep their names, so that what ends
with a name of which there is no page leads nowhere.
"""

from __future__ import annotations

import posixpath
import re

from checker.mirror.generators.reading import Reading
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_PAGES = (".md", ".mdx", ".markdown")
_OF_FORGE = frozenset({"readme", "license", "contributing", "changelog", "code_of_conduct", "security"})
_NUMBERED = re.compile(r"\A(?:\(\d+\)|\d+[.-](?=\D))")  # in front of a name, for the order of a menu
_TOPS = frozenset({"index", "readme", "article", "_index"})  # names of the page of a folder
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|pdf|zip|mp4|webm)\Z", re.I)
_ANY = re.compile("")
_WHERE = "only the site's program, which is not here, gives pages their addresses"


def _plan(reading: Reading) -> Plan:
    pages: dict[str, str] = {}
    named: dict[str, str] = {}
    for name in reading.below(reading.folder):
        stem, extension = posixpath.splitext(name)
        base = posixpath.basename(stem).lower()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if extension not in _PAGES or hidden or (base in _OF_FORGE and stem.count("/") < 2):
            continue
        pages[name] = posixpath.join("?", name, "index.html")
        named[f"named {name_of(name)}"] = ""
    return Plan(pages, decides=((_ANY, _WHERE),), settings=named)


def name_of(path: str) -> str:
    """The name by which a program may know the page of a file, or a route ends: without the number for a menu."""
    stem, extension = posixpath.splitext(path.rstrip("/"))
    stem = stem if extension in _PAGES else path.rstrip("/")
    base = posixpath.basename(stem).lower()
    return _NUMBERED.sub("", posixpath.basename(posixpath.dirname(stem)).lower() if base in _TOPS else base)


def _link(site: Built, page: str, reference: str) -> Led | None:
    path = urls.decode(reference.partition("?")[0])
    if not path or path[0] == "/" or ":" in path.partition("/")[0]:
        return None
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    is_named = f"named {name_of(path)}" in site.plan.settings or not name_of(path).strip(".")
    if site.has(file) or path.endswith(_PAGES) or _FILE.search(path) or not (is_named or site.has_folder(file)):
        return Led(file, copied=True)
    return next((Led(file + end) for end in _PAGES if site.has(file + end)), None)


def _embed(site: Built, page: str, reference: str, role: Role, _in_html: bool) -> Led | None:
    return Led(unknown="a component decides what it names") if role is Role.OBJECT else _link(site, page, reference)


def _ids(_site: Built, _page: str, _text: str) -> re.Pattern[str] | None:
    """A program that is not known may give any."""
    return _ANY


GENERATOR = Generator(
    "routes", "the site's program", _plan, "site", "", _link, embed=_embed, ids=_ids, in_html=True, bundles=True
)
