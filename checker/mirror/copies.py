"""Folders of a repository that are copies of sites by what is in them, though a forge shows the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from checker.kinds import kind_of
from checker.mirror import httrack, referred, shown
from checker.mirror.layouts import LAYOUTS, Layout, Names, pages_with_queries
from checker.mirror.referred import Read
from checker.model import Kind

_LEFT = (httrack.RECORD, shown.PICTURES[0])  # where HTTrack was
_DEEPEST = 3  # folders, the last of which may be a copy


class Copy(NamedTuple):
    """A folder that wget or HTTrack made, with a `/` at its end; "" is the whole mirror."""

    folder: str
    layout: Layout
    host: str = ""  # whose copy it is, by its name


def find(names: Names, read: Read) -> tuple[Copy, ...]:
    """The copies in a folder, the deepest first. Only what their own files show counts."""
    tops = _projects(names)
    hosts: dict[str, dict[str, int]] = {
        f"{folder}/": {}
        for folder in names.folders
        if folder.count("/") < _DEEPEST and shown.HOST_FOLDER.fullmatch(folder[folder.rfind("/") + 1 :])
    }
    if hosts:
        saved = _with_pages(names)
        hosts = {folder: files for folder, files in hosts.items() if folder in saved or _parent(folder) in tops}
    asked: set[str] = set()  # folders at the top with queries in the names of pages
    within: dict[str, str | None] = {}  # folder -> that of the host which it is in
    for name, number in names.files.items() if hosts or shown.hold_queries(names) else ():
        inside = name[: name.rfind("/") + 1]
        if inside not in within:
            within[inside] = next((folder for folder in _above(inside) if folder in hosts), None)
        host = within[inside]
        if host is not None:
            hosts[host][name[host.rfind("/", 0, -1) + 1 :]] = number
        elif shown.holds_query(name):
            asked.add(name.partition("/")[0] + "/" if "/" in name else "")
    found = {top: Copy(top, LAYOUTS["httrack"]) for top in tops}
    for top in asked:
        found.setdefault(top, Copy(top, _of_wget(names, "", read)))
    for folder, files in hosts.items():
        above = _parent(folder)
        host = folder[len(above) : -1]
        if above in tops:
            found[folder] = Copy(folder, LAYOUTS["httrack"], host)
        elif shown.is_copied(below := _below(files), _reading(above, read)):
            found[folder] = Copy(folder, _of_wget(below, above, read), host)
    return tuple(found[folder] for folder in sorted(found, key=len, reverse=True))


def _projects(names: Names) -> frozenset[str]:
    """Folders that HTTrack wrote into: it leaves its record or its pictures there."""
    tops = (f"{folder}/" if folder else "" for folder in names.folders if folder.count("/") < _DEEPEST)
    return frozenset([top for top in tops if any(top + mark in names.files for mark in _LEFT)])


def _with_pages(names: Names) -> frozenset[str]:
    """Folders with a page that a browser shows; Markdown in `pages.it` is no copy of a host."""
    pages = (name for name in names.files if kind_of(name) not in {None, Kind.MARKDOWN})
    inside = {name[: name.rfind("/") + 1] for name in pages}
    return frozenset([folder for each in inside for folder in _above(each)])


class _Below(NamedTuple):
    """The files of a host's folder, named from the folder above it."""

    files: Mapping[str, int]
    folders: AbstractSet[str]


def _below(files: Mapping[str, int]) -> _Below:
    inside = {name[: name.rfind("/") + 1] for name in files}
    return _Below(files, {folder.rstrip("/") for each in inside for folder in _above(each)})


def _of_wget(names: Names, above: str, read: Read) -> Layout:
    files = [above + name for name in names.files]
    converted = referred.converted(names, _reading(above, read))
    return LAYOUTS["wget"]._replace(converted=converted, asked=pages_with_queries(files))


def _reading(above: str, read: Read) -> Read:
    return lambda name: read(above + name)


def _parent(folder: str) -> str:
    return folder[: folder.rfind("/", 0, -1) + 1]


def _above(name: str) -> Iterator[str]:
    """The outermost folders that a file is in, with a `/` at the end; those of a folder, if that has one too."""
    end = name.find("/")
    while end >= 0 and name.count("/", 0, end) < _DEEPEST:
        yield name[: end + 1]
        end = name.find("/", end + 1)
