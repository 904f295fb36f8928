"""The routes that files in `src/pages` make: https://docs.astro.build/en/guides/routing/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from checker.mirror.generators import astro_imports
from checker.mirror.generators.reading import Reading

PAGES = (".md", ".mdx", ".markdown", ".mdown", ".mkdn", ".mkd", ".mdwn", ".mdoc")
CODE = "a route of the site in code makes it"
_SHOWN = (*PAGES, ".html")
_ROUTED = re.compile(r"\.(?:astro|html|[cm]?[jt]s|md|mdx|markdown|mdown|mkdn|mkd|mdwn)\Z")
_WRITTEN = re.compile(r"\.[a-z0-9]{2,11}\Z")
_WIDE = 2  # parameters of a route that stand for many folders
_PART = re.compile(r"\[(\.\.\.)?[^\[\]/]*\]")
_OF_LANGUAGE = re.compile(r"\[(?:\.\.\.)?(?:lang|language|locale)\]")
_ENTRIES = re.compile(r"getCollection\(\s*['\"]([\w-]+)['\"]")
_BY_ID = re.compile(r"params:\s*+\{\s*+\w++:\s*+\w++\.(?:id|slug)\s*+,?\s*+\}")


_MODULE = re.compile(r"^import[ \t][^\n'\"]{1,400}['\"]([.~@#][^'\"\n]*)['\"]", re.M)
_MODULES = 20  # of a route that are read
_ENDS = ("", ".ts", ".js", ".mjs", "/index.ts", "/index.js")


class Route(NamedTuple):
    """A route: its file, its path with its parameters, "blog/[...slug]"."""

    name: str
    path: str
    is_page: bool  # whether it is text that is read
    entries: str  # the collection of which it makes a page of each entry

    @property
    def catches_all(self) -> bool:
        """Whether any path may be the route's, but for a language before it."""
        return all(_PART.fullmatch(part) for part in self.path.split("/")) and "[..." in self.path

    def filled(self, entry: str) -> str:
        """The address of an entry."""
        return _PART.sub(lambda _: entry, self.path).strip("/")

    def by_language(self, folders: Iterable[str]) -> Iterator[str]:
        """The paths of the route in each language, where a parameter of its stands for one."""
        if folders and _OF_LANGUAGE.search(self.path):
            for folder in folders:
                yield _OF_LANGUAGE.sub(lambda _: folder, self.path).strip("/")  # noqa: B023 - called at once
        else:
            yield self.path

    @staticmethod
    def pattern(path: str) -> re.Pattern[str]:
        """The addresses of a path with parameters."""
        parts: list[str] = []
        at = 0
        if path.count("[...") > _WIDE or "][" in path:  # takes long to match
            return re.compile(rf"\A{re.escape(path.partition('[')[0])}")
        for part in _PART.finditer(path):
            parts += re.escape(path[at : part.start()]), ".*" if part[1] else "[^/]+"
            at = part.end()
        return re.compile(rf"\A{''.join(parts)}{re.escape(path[at:])}(?:/|\.html|/index\.html)?\Z")


def of(reading: Reading, folder: str, aliases: Mapping[str, str]) -> Iterator[Route]:
    """The routes of a folder of pages."""
    for name in reading.below(folder) if reading.has(folder) else ():
        inside = name.removeprefix(folder)
        kind = _ROUTED.search(inside)
        if kind is None or any(part.startswith(("_", ".")) for part in inside.split("/")):
            continue
        path = inside[: kind.start()]
        path = posixpath.dirname(path) if posixpath.basename(path) == "index" else path
        yield Route(name, path, name.endswith(_SHOWN), _collected(reading, name, aliases) if "[" in path else "")


def is_written(path: str) -> bool:
    """Whether a path is that of a file that an endpoint writes, `feed.xml`."""
    return _WRITTEN.search(path) is not None


def _collected(reading: Reading, name: str, aliases: Mapping[str, str]) -> str:
    """The collection of which a route makes a page of each entry, by its id; it, or a module beside it, reads that."""
    code = reading.text(name)
    if not _BY_ID.search(code):
        return ""
    named = {*_ENTRIES.findall(code)}
    for path in _MODULE.findall(code)[:_MODULES] if not named else ():
        file = astro_imports.located(aliases, name, path)
        named.update(*(_ENTRIES.findall(reading.text(file + end)) for end in _ENDS))
    return named.pop() if len(named) == 1 else ""
