"""Finds the layout that a folder shows, for `layout = "auto"` and for `mirrorcheck init`.

The hosts and files that show a layout are in its row (`layouts.py`). The names that mirroring tools give are here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from checker.kinds import kind_of
from checker.mirror import referred
from checker.mirror.layouts import LAYOUTS, WINDOWS_QUERY, Layout, Names
from checker.mirror.referred import Read
from checker.mirror.signs import Sign, Trust
from checker.model import Kind
from checker.sources.base import Source

_AT_ONCE = 1_000_000  # names that are searched together
SETTINGS = 262_144  # bytes of a settings file that are read

HOST_FOLDER = re.compile(
    r"(?P<host>(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}|\d{1,3}(?:\.\d{1,3}){3})(?:[:+_](?P<port>\d{1,5}))?",
    re.I,
)


def beginning(source: Source, name: str, limit: int = SETTINGS) -> str | None:
    """The first bytes of a file as text; None if it is missing or cannot be read."""
    if name not in source.files:
        return None
    try:
        return source.read(name, limit).decode("utf-8", "replace")
    except OSError:
        return None


def auto(names: Names, read: Read, url: str) -> Layout:
    """The layout that a folder, published at `url` (may be empty), clearly shows; else `plain`.

    Pages are not read, since that takes a while, but for those of folders named after hosts; `init` does it once.
    """
    best = max(signs(names, read, [url]), key=lambda sign: sign.trust, default=None)  # the first of equals
    if best and best.trust:
        return LAYOUTS[best.value]
    if not url and all(kind_of(name) is not Kind.HTML for name in names.files):
        return LAYOUTS["forge"]  # Markdown without HTML is read on forges, which list folders
    return LAYOUTS["plain"]


def signs(names: Names, read: Read, addresses: Iterable[str]) -> list[Sign]:
    """All signs of a layout in file names, settings files and addresses. Of signs with equal trust, the first wins."""
    traced = list(_traced(names, read))
    known = any(sign.trust is Trust.EXACT for sign in traced)
    return [*(() if known else _copied(names, read)), *_hosted(addresses), *traced]


def _hosted(addresses: Iterable[str]) -> Iterator[Sign]:
    for url in addresses:
        host = url.partition("://")[2].partition("/")[0].lower()
        for layout in LAYOUTS.values():
            for suffix in layout.hosts:
                if host.endswith(suffix):
                    yield Sign(layout.name, f"the address ends in {suffix}", Trust.HIGH)


def _traced(names: Names, read: Read) -> Iterator[Sign]:
    taken = set()
    for layout in LAYOUTS.values():
        for file, holds, trust, evidence in layout.traces:
            if file not in names.files or file in taken:
                continue
            if holds and not holds.search(read(file) or ""):
                continue
            taken.add(file)
            yield Sign(layout.name, evidence or file, trust)


def _copied(names: Names, read: Read) -> Iterator[Sign]:
    marks = copying_marks(names)
    sure = len(marks) > 1 or _QUERIES in marks
    hosts = frozenset() if sure else named_after_hosts(names)
    for host in sorted(referred.hosts(names, read, hosts))[:1] if hosts else ():
        marks, sure = [_HOSTS, f"what the pages in {host}/ refer to"], True
    if marks:
        trust = Trust.HIGH if sure else Trust.GUESSED
        yield Sign("httrack" if _PICTURES in marks else "wget", ", ".join(marks), trust)


def is_copied(names: Names, read: Read) -> bool:
    """Whether a folder is a copy by wget, beyond doubt."""
    return any(sign.trust for sign in _copied(names, read))


def named_after_hosts(names: Names) -> frozenset[str]:
    """Top folders that have the name of a host."""
    return frozenset(name for name in names.folders if "/" not in name and HOST_FOLDER.fullmatch(name))


def copying_marks(names: Names) -> list[str]:
    """Marks of wget and HTTrack in the names of files. One mark is no proof, except queries in names."""
    marks = _held(names, _MARKS)
    if host_folders(names):
        marks.append(_HOSTS)
    if names.files.keys() >= {*PICTURES}:
        marks.append(_PICTURES)
    return marks


def host_folders(names: Names) -> list[re.Match[str]]:
    """Top folders that have the name of a host and a page of their own."""
    tops = sorted(name for name in names.folders if "/" not in name and f"{name}/index.html" in names.files)
    return [match for match in map(HOST_FOLDER.fullmatch, tops) if match]


def hold_queries(names: Names) -> bool:
    """Whether any file has a name with a query."""
    return bool(_held(names, {_QUERIES: _MARKS[_QUERIES]}))


def _held(names: Names, marks: Mapping[str, _Mark]) -> list[str]:
    """Those of the marks that the name of any file bears. In most mirrors no name has a part of one."""
    held: set[str] = set()
    files = iter(names.files)
    while some := [*islice(files, _AT_ONCE)]:
        text = "\0".join(some)
        for label, (parts, bears) in marks.items():
            if label not in held and any(part in text for part in parts) and any(map(bears, some)):
                held.add(label)
    return [label for label in marks if label in held]


def holds_query(name: str) -> bool:
    """Whether a file has the name that wget gives to a page, or a style sheet, that was asked for with a query."""
    if "?" not in name and "@" not in name and "%3F" not in name:  # most names, quickly
        return False
    return bool(kind_of(name)) and ("?" in name or WINDOWS_QUERY.search(name) is not None)


def _original(name: str) -> bool:
    return name.endswith("orig") and (name.endswith((".htm.orig", ".html.orig", ".css.orig")) or "?" in name)


def _added(name: str) -> bool:
    return name.endswith(_TWO_EXTENSIONS)


def _numbered(name: str) -> bool:
    return name[-1:].isdigit() and _NUMBERED.search(name) is not None


class _Mark(NamedTuple):
    parts: tuple[str, ...]  # a name that bears the mark holds one of these
    bears: Callable[[str], bool]


_QUERIES = "queries in file names"
_HOSTS = "folders named after hosts"
_PICTURES = "HTTrack's pictures"
PICTURES = ("backblue.gif", "fade.gif")  # at the top of a copy by HTTrack
_TWO_EXTENSIONS = tuple(f".{each}.html" for each in ["jpg", "jpeg", "png", "gif", "htm", "html", "php", "asp", "aspx"])
_NUMBERED = re.compile(r"\.(?:html?|php)\.[0-9]{1,3}$")
_MARKS: Mapping[str, _Mark] = {
    _QUERIES: _Mark(("?", "@", "%3F"), holds_query),
    "pages kept as .orig": _Mark(("orig",), _original),
    "an extension added to another": _Mark(_TWO_EXTENSIONS, _added),
    "numbered copies": _Mark((".htm.", ".html.", ".php."), _numbered),
}
