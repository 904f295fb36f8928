"""GitBook, that of gitbook.com and the program before it.

https://gitbook.com/docs/getting-started/git-sync/content-configuration,
https://github.com/GitbookIO/gitbook/blob/master/docs/config.md
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from checker.mirror.generators.reading import Reading, json, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file
from checker.web import urls

_PAGES = (".md", ".markdown")
_LISTED = re.compile(r"\]\([ \t]*(?:<([^<>\n]+)>|([^()\s<>]+(?:\([^()\s<>]*\))?))")  # in SUMMARY.md and LANGS.md
_ASSETS = ".gitbook/"  # where gitbook.com keeps what its editors upload
_NOT_PAGES = frozenset({"SUMMARY.md", "GLOSSARY.md", "LANGS.md"})


def _plan(reading: Reading) -> Plan | None:
    stated = _settings(reading)
    if stated is None:
        return None
    root = posixpath.normpath(reading.folder + _text(stated, "root", ".")) + "/"
    root = "" if root == "./" else root
    structure = _of(stated, "structure")
    readme = posixpath.normpath(root + _text(structure, "readme", "README.md"))
    below = reading.below(root)
    listed = _listed(reading, root, _text(structure, "summary", "SUMMARY.md"))
    if listed is None:
        if reading.settings.endswith("SUMMARY.md") or reading.settings.endswith("book.json"):
            return None
        others = tuple(folder for folder in _others(below) if folder != root)
        listed = {name for name in below if not name.startswith(others) and _ASSETS not in name}
        listed = {name for name in listed if posixpath.basename(name) not in _NOT_PAGES}
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in below:
        inside = name.removeprefix(root)
        if name.endswith(_PAGES) and (name in listed or name == readme):
            pages[name] = "index.html" if name == readme else _route(inside)
        elif not name.endswith(_PAGES):
            files[inside] = name
    for before, after in _of(stated, "redirects").items():
        target = posixpath.normpath(root + str(after).partition("#")[0])
        if target in pages:
            files.setdefault(f"{str(before).strip('/')}.html", target)
    return Plan(pages, files, settings={"root": root})


def _settings(reading: Reading) -> Mapping[str, Any] | None:
    text = reading.text(reading.settings)
    if reading.settings.endswith(".json"):
        return json(text)
    if reading.settings.endswith(".md"):
        return {} if reading.has(reading.folder + _ASSETS) else None
    return yaml(text)


def _of(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _text(settings: Mapping[str, Any], key: str, usual: str) -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else usual


def _listed(reading: Reading, root: str, summary: str) -> set[str] | None:
    """The files of the pages, of all languages; None if no table of contents names them."""
    tables = [posixpath.normpath(root + summary)]
    for path in _paths(reading.text(f"{root}LANGS.md")):
        tables.append(posixpath.normpath(f"{root}{path}/SUMMARY.md"))
    if not any(reading.has(table) for table in tables):
        return None
    found: set[str] = set()
    for table in tables:
        if reading.has(table):
            folder = posixpath.dirname(table)
            found.add(posixpath.join(folder, "README.md"))
            found.update(posixpath.normpath(posixpath.join(folder, path)) for path in _paths(reading.text(table)))
    return found


def _paths(table: str) -> Iterator[str]:
    for within, bare in _LISTED.findall(table):
        yield urls.decode((within or bare).partition("#")[0])


def _others(names: list[str]) -> Iterator[str]:
    """The folders that have a table of contents of their own, and so are sites of their own."""
    for name in names:
        if name.endswith("/SUMMARY.md"):
            yield name.removesuffix("SUMMARY.md")


def _route(name: str) -> str:
    folder, base = posixpath.split(name)
    stem = "index" if base.lower() == "readme.md" else base[: base.rfind(".")]
    return posixpath.join(folder, f"{stem}.html")


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A path of a file of the repository leads to its page or, if it is none, to the file; anything else stays."""
    led = to_file(page, reference, ("",), site.plan.settings["root"])
    if led is None or not (site.has(led.file) or led.file.lower().endswith(_PAGES)):
        return None
    return Led(led.file, copied=True)


GENERATOR = Generator(
    "gitbook",
    "GitBook",
    _plan,
    "gitbook",
    "_book",
    _link,
    in_html=True,
    takes_all=True,
)
