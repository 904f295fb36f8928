"""What Eleventy makes of references and ids: https://www.11ty.dev/docs/plugins/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from checker.mirror.generators.row import Built, Led
from checker.model import Role
from checker.web import latin, urls

_PLACEHOLDER = re.compile(r"\{\{-?\s*([^{}]*?)\s*-?\}\}")
UNKNOWN = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{%[^{}]*%\}(?:.*\{%[^{}]*%\})?", re.S)
_VALUE = re.compile(r"""(?:([\w.]+)|(['"])(.*?)\2)((?:\s*\|\s*\w+)*)\Z""")


def filled(text: str, data: Mapping[str, Any], prefix: str) -> str | None:
    """A text with its placeholders filled in; None if one is not known."""
    unknown = False

    def fill(placeholder: re.Match[str]) -> str:
        nonlocal unknown
        found = _VALUE.match(placeholder[1])
        value = data.get(found[1]) if found and found[1] else found[3] if found else None
        if not isinstance(value, str) or found is None:
            unknown = True
            return ""
        for each in found[4].replace("|", " ").split():
            match each:
                case "slugify" | "slug":
                    value = latin.slugify(value)
                case "url":
                    value = f"/{prefix}{value}" if prefix and value.startswith("/") else value
                case "safe" | "escape" | "htmlBaseUrl":
                    pass
                case _:
                    unknown = True
        return value

    filled = _PLACEHOLDER.sub(fill, text[:2000])
    return None if unknown or "{%" in filled or "{{" in filled else filled


_INCLUDE = re.compile(r"\{%-?[ \t]*(?:include|render|renderFile)[ \t]+(?:(['\"])([^'\"\n%]*)\1|[^%\n]*%\})")
_ID = re.compile(r"""\sid=(?:(['"])(.*?)\1|([^\s'">]+))""")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+([^\n]*)|<h[1-6](?:\s[^<>]*)?>([^<]*(?:<(?!/h)[^<]*){0,50})</h", re.M)
_TAGS = re.compile(r"<[^<>]*>|\[([^\[\]]*)\]\([^()]*\)")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(?>(?:[^{]|\{(?!%-?\s*endraw))*)")
_MOST_IDS = 1000  # of layouts
_INCLUDED = 30  # files that are read for one page


def of_layouts(texts: Iterable[str]) -> str:
    """The ids of layouts, and of what these take in, as patterns: a page may have them, by its layout and its data."""
    found = {each[2] or each[3] or "" for text in texts for each in islice(_ID.finditer(text), _MOST_IDS)}
    return "|".join(sorted({re.escape(name) for name in found if name and not UNKNOWN.search(name)})[:_MOST_IDS])


def ids(site: Built, page: str, text: str) -> re.Pattern[str] | None:
    """The ids that placeholders give, or files that are brought in, or the layouts of pages."""
    text = _RAW.sub("", text)
    found = {*site.plan.settings["ids"].split("|")} - {""} | {
        pattern for each in _ID.finditer(text) if UNKNOWN.search(each[0]) for pattern in (_id(each[2] or each[3]),)
    }
    texts = [text]
    names: set[str] = set()
    for each in texts:  # grows
        for include in _INCLUDE.finditer(each):
            name = _included(site, page, include[2] or "")
            if not name:
                return re.compile("")
            if name in names:
                continue
            names.add(name)
            if len(names) > _INCLUDED:
                return re.compile("")
            texts.append(brought := site.text(name))
            found.update(_id(own[2] or own[3] or "") for own in _ID.finditer(brought))
            headings = (_TAGS.sub(r"\1", heading[1] or heading[2]) for heading in _HEADING.finditer(brought))
            found.update(_id(heading, latin.decamelized, latin.slugify) for heading in headings)
    return re.compile(rf"(?:{'|'.join(sorted(found))})\Z") if found else None


def _included(site: Built, page: str, stated: str) -> str:
    """The file that a tag brings in; "" if nobody can tell."""
    known = site.plan.settings
    path = stated.lstrip("/")
    tried = (known["includes"] + path, known["folder"] + path, posixpath.join(posixpath.dirname(page), path))
    return next((name for name in map(posixpath.normpath, tried) if path and site.has(name)), "")


def _id(text: str, *made: Callable[[str], str]) -> str:
    """A pattern of what an id may be of which parts are filled in."""
    text = _PLACEHOLDER.sub(lambda known: filled(known[0], {}, "") or known[0], text[:500])
    parts = UNKNOWN.split(text)
    slugged = ["[^#]*".join(re.escape(slug(part)) for part in parts) for slug in made]
    return "|".join(slugged) if made else "[^#]*".join(map(re.escape, parts))


def link(site: Built, page: str, reference: str) -> Led | None:
    """With the plug-in for paths of sources, the file of a template is the address of its page."""
    known = site.plan.settings
    path = urls.decode(reference.partition("?")[0])
    if "files" not in known or not path or path.startswith("//"):
        return None
    root, folder = known["root"], known["folder"]
    plain = posixpath.normpath(path.lstrip("/") or ".")
    inside = root.removeprefix(folder)
    tried = [folder + plain] if inside and plain.startswith(inside) else []
    tried.append(root + plain)
    if path[0] != "/":
        tried.append(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)))
    return next((Led(name) for name in tried if name in site.pages), None)


def embed(site: Built, page: str, reference: str, role: Role, _in_html: bool) -> Led | None:
    """With the plug-in for images, a picture is taken from beside the template, or from the folder of the sources."""
    path = urls.decode(reference.partition("?")[0])
    if "images" not in site.plan.settings or role is not Role.IMAGE or not path or path.startswith("//"):
        return None
    beside = posixpath.join(posixpath.dirname(page), path)
    file = posixpath.normpath(site.plan.settings["root"] + path.lstrip("/") if path[0] == "/" else beside)
    return Led(file, copied=True) if site.holds(file) else None


def fill(site: Built, page: str, reference: str) -> str | None:
    """Literals, with `url` and filters that change nothing; nothing else is known before the site is built."""
    return filled(reference, {"page.url": f"/{site.url_of(page)}"}, site.plan.settings.get("prefix", ""))
