"""Zola: https://www.getzola.org/documentation/content/overview/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from checker.mirror.generators.reading import Reading, strings, toml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.web import latin, urls

_DATED = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T[\d:.Z+-]*)?\s*[_-]\s*(.+)\Z")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_TEMPLATES = ("templates", "sass", "themes")
_PAGED = (re.compile(r"(?:^|/)page/\d+(?:/|$)"), "Zola numbers the pages of a section")
_THEME = (re.compile(r"\.(?:css|js|woff2?|ico|webmanifest)$"), "the theme is not in this repository")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]|\bid=", re.M)


_MOST = 100  # settings of a kind


class _Site(NamedTuple):
    """The settings that decide where pages go."""

    root: str  # the folder of the settings, "" or "docs/"
    settings: Mapping[str, Any]
    languages: frozenset[str]  # all but the default one
    paths: str  # the strategy of slugs: on, safe or off
    keeps_dates: bool


def _plan(reading: Reading) -> Plan | None:
    settings = toml(reading.text(reading.settings))
    if not isinstance(settings.get("base_url"), str) or not reading.has(f"{reading.folder}content/"):
        return None
    slugify = settings.get("slugify")
    slugify = slugify if isinstance(slugify, dict) else {}
    languages = settings.get("languages")
    site = _Site(
        reading.folder,
        settings,
        frozenset(languages) if isinstance(languages, dict) else frozenset(),
        str(slugify.get("paths", "on")),
        slugify.get("paths_keep_dates") is True,
    )
    return _made(reading, site)


def _made(reading: Reading, site: _Site) -> Plan:
    root = f"{site.root}content/"
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    parts: set[str] = set()
    lists: set[str] = {"index.html", "404.html", "sitemap.xml", "robots.txt"}
    lists.update([*strings(site.settings.get("feed_filenames"))] or ["atom.xml", "rss.xml"])
    folders: dict[str, str] = {}  # a folder with a page -> the folder that is built of it
    ignored = _ignored(site.settings)
    content = [name for name in reading.below(root) if not ignored(name[len(root) :])]
    for name in content:
        if not name.endswith(".md"):
            continue
        inside = name[len(root) :]
        front = reading.front(name)
        built, is_folder = _built(site, inside, front)
        if is_folder:
            folders.setdefault(posixpath.dirname(inside), posixpath.dirname(built))
        if front.get("draft") is True or front.get("render") is False:
            hidden[name] = "it is a draft" if front.get("draft") is True else "its front matter says `render = false`"
            parts.update([name] if front.get("draft") is True else [])
        if front.get("draft") is not True:
            pages[name] = built
            for alias in strings(front.get("aliases")):
                files.setdefault(_file(alias), name)
            lists |= {*_lists(site, front)}
    for name in content:
        if not name.endswith(".md"):
            folder, base = posixpath.split(name[len(root) :])
            while folder and folder not in folders:
                base = posixpath.join(posixpath.basename(folder), base)
                folder = posixpath.dirname(folder)
            files.setdefault(posixpath.join(folders.get(folder, folder), base), name)
    theme = site.settings.get("theme")
    bases = [site.root, *([f"{site.root}themes/{theme}/"] if isinstance(theme, str) else [])]
    for base in bases:
        for name in reading.below(f"{base}static/"):
            files.setdefault(name.removeprefix(f"{base}static/"), name)
        for name in reading.below(f"{base}sass/"):
            stem, extension = posixpath.splitext(name.removeprefix(f"{base}sass/"))
            if extension in {".scss", ".sass"} and not posixpath.basename(stem).startswith("_"):
                files.setdefault(f"{stem}.css", name)
    for each in lists:
        files.setdefault(each, reading.settings)
    templates = tuple(f"{site.root}{each}/" for each in _TEMPLATES)
    parts.update(name for name in reading.below(site.root) if name.startswith(templates))
    known = {"content": root}
    decides = [_PAGED]
    if isinstance(theme, str) and not reading.has(f"{site.root}themes/{theme}/templates"):
        decides.append(_THEME)
    url = str(site.settings["base_url"])
    where = url if "//" in url else ""
    return Plan(
        pages,
        files,
        where,
        frozenset(parts),
        hidden,
        decides=tuple(decides),
        settings=known,
        includes=_includes(reading, bases),
    )


def _ignored(settings: Mapping[str, Any]) -> Any:
    from checker.web.globs import matcher

    try:
        return matcher([*islice(strings(settings.get("ignored_content")), _MOST)])
    except ValueError:
        return matcher([])


def _built(site: _Site, inside: str, front: Mapping[str, Any]) -> tuple[str, bool]:
    """The file that is written for a page or a section, and whether it owns the other files of its folder."""
    folder, base = posixpath.split(inside)
    stem = base.removesuffix(".md")
    name, _, language = stem.rpartition(".")
    if not name or language not in site.languages:
        name, language = stem, ""
    prefix = f"{language}/" if language else ""
    own = front.get("path")
    if name == "_index":
        return posixpath.join(prefix + folder, "index.html"), True
    is_folder = name == "index" and bool(folder)
    if isinstance(own, str) and own.strip("/ "):
        return _file(own), is_folder
    if name == "index" and not folder:
        return f"{prefix}index.html", True
    if is_folder:
        folder, name = posixpath.split(folder)
    dated = _DATED.match(name)
    slug = front.get("slug")
    slug = slug if isinstance(slug, str) else dated[1] if dated and not site.keeps_dates else name
    return posixpath.join(prefix + folder, _slug(site, slug), "index.html"), is_folder


def _slug(site: _Site, text: str) -> str:
    match site.paths:
        case "off":
            return text
        case "safe":
            return _FORBIDDEN.sub("", text.rstrip(" ."))
        case _:
            return latin.slug(text)


def _lists(site: _Site, front: Mapping[str, Any]) -> Iterator[str]:
    """The lists of taxonomies and of their terms that a page is on."""
    own = front.get("taxonomies")
    known = site.settings.get("taxonomies")
    for row in known[:_MOST] if isinstance(known, list) else ():
        name = row.get("name") if isinstance(row, dict) else None
        if isinstance(name, str) and row.get("render") is not False:
            slug = _slug(site, name)
            yield f"{slug}/index.html"
            for term in strings(own.get(name)) if isinstance(own, dict) else ():
                yield f"{slug}/{_slug(site, term)}/index.html"


def _file(path: str) -> str:
    path = posixpath.normpath(path.strip().strip("/") or ".").removeprefix("./")
    return path if path.endswith(".html") else posixpath.join(path, "index.html").removeprefix("./")


def _includes(reading: Reading, bases: list[str]) -> re.Pattern[str] | None:
    """The shortcodes that give ids to a page."""
    names = (name for base in bases for name in reading.below(f"{base}templates/shortcodes/"))
    making = [posixpath.basename(name).partition(".")[0] for name in names if _HEADING.search(reading.text(name))]
    return re.compile(rf"\{{[{{%]-?[ \t]*(?:{'|'.join(map(re.escape, making))})\(") if making else None


def _link(site: Built, _page: str, reference: str) -> Led | None:
    """`@/blog/first.md` is the page of that file, below content/."""
    if not reference.startswith("@/"):
        return None
    return Led(posixpath.normpath(site.plan.settings["content"] + urls.decode(reference[2:].partition("?")[0])))


GENERATOR = Generator("zola", "Zola", _plan, "zola", "public", _link)
