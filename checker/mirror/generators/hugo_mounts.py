"""Which files Hugo mounts where, and for which language: https://gohugo.io/configuration/module/#mounts"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from checker.mirror.generators.hugo_addresses import File, sanitized
from checker.mirror.generators.hugo_templates import table
from checker.mirror.generators.reading import Reading, lower, strings

MOST = 100  # languages, mounts, patterns, taxonomies, or rows of a cascade
_LONGEST = 500  # characters of a pattern
_BRACES = re.compile(r"\{([^{}]*)\}")
_STARS = re.compile(r"\*+")
_NOT_HERE = "a folder is mounted there that is not in this repository"


class Glob:
    """A pattern as Hugo has them: `*` matches no `/`, `**` does, and braces hold alternatives.

    https://gohugo.io/quick-reference/glob-patterns/
    """

    def __init__(self, pattern: str) -> None:
        """One that is too long matches nothing."""
        expressions = [_expression(each) for each in _alternatives(pattern[: _LONGEST + 1])]
        self._expression = re.compile("|".join(expressions), re.S) if expressions else None

    def matches(self, path: str) -> bool:
        """Whether the pattern matches all of a path."""
        return self._expression is not None and self._expression.fullmatch(path) is not None


def _alternatives(pattern: str) -> list[str]:
    found = [pattern] if len(pattern) <= _LONGEST else []
    while True:
        split = [(each, _BRACES.search(each)) for each in found]
        if all(braces is None for _, braces in split):
            return found
        found = [
            each if braces is None else each[: braces.start()] + part + each[braces.end() :]
            for each, braces in split
            for part in (braces[1].split(",") if braces else [""])
        ]
        if len(found) > MOST:
            return []


def _expression(pattern: str) -> str:
    """A regular expression that takes time in proportion to the path, as those of the module `fnmatch` do."""
    parts = [re.escape(each).replace(r"\?", "[^/]") for each in _STARS.split(pattern)]
    stars = [".*" if len(each) > 1 else "[^/]*" for each in _STARS.findall(pattern)]
    inner = "".join(f"(?>{star}?{part})" for star, part in zip(stars[:-1], parts[1:-1], strict=True))
    return parts[0] + inner + (stars[-1] + parts[-1] if stars else "")


class _Mount(NamedTuple):
    source: str  # a folder with a `/`, or a file
    target: str  # "content/", "static/images/", "content/about.md"
    language: str = ""
    wanted: tuple[Glob, ...] = ()  # of files relative to the source; none: all
    unwanted: tuple[Glob, ...] = ()

    def takes(self, inside: str) -> bool:
        """Whether the mount takes a file, by its path from the source, in."""
        return (not self.wanted or any(each.matches(inside) for each in self.wanted)) and not any(
            each.matches(inside) for each in self.unwanted
        )


class Mounts:
    """The folders of a site that are mounted: those of its settings, else the usual ones."""

    def __init__(
        self, reading: Reading, settings: Mapping[str, Any], languages: Mapping[str, Mapping[str, Any]], default: str
    ) -> None:
        """`languages` are those of the site, with their settings; `default` is the one without a folder."""
        self._reading, self._settings = reading, settings
        self._languages, self._default = languages, default
        rows = table(settings.get("module")).get("mounts")
        self._mounts = [*self._stated(rows[:MOST] if isinstance(rows, list) else [])]
        usual = {each.target.partition("/")[0] for each in self._mounts}
        self._is_stated = "content" in usual
        if not self._is_stated:
            self._mounts += self._contents()
        if "static" not in usual:
            folders = [*islice(strings(settings.get("staticdir")), MOST)] or ["static"]
            self._mounts += [_Mount(self._folder(folder), "static/") for folder in folders]
        if "assets" not in usual:
            self._mounts.append(_Mount(self._folder("assets"), "assets/"))

    def _stated(self, rows: list[Any]) -> Iterator[_Mount]:
        for each in rows:
            row: Mapping[str, Any] = lower(each) if isinstance(each, dict) else {}
            source, target = row.get("source"), row.get("target")
            if not isinstance(source, str) or not isinstance(target, str):
                continue
            matrix = table(table(row.get("sites")).get("matrix")).get("languages")
            language = next(strings(row.get("lang")), "") or next(strings(matrix), "")
            files = [*islice(strings(row.get("files")), MOST)]
            wanted = [name for name in files if not name.startswith("!")] + [*strings(row.get("includefiles"))]
            unwanted = [name[1:].strip() for name in files if name.startswith("!")] + [
                *strings(row.get("excludefiles"))
            ]
            name = self._folder(source)
            is_file = name.rstrip("/") in self._reading.source.files or posixpath.splitext(target)[1] != ""
            yield _Mount(
                name.rstrip("/") if is_file else name,
                target.strip("/") + ("" if is_file else "/"),
                language,
                tuple(map(Glob, wanted[:MOST])),
                tuple(map(Glob, unwanted[:MOST])),
            )

    def _contents(self) -> Iterator[_Mount]:
        for name, row in self._languages.items():
            if isinstance(folder := row.get("contentdir"), str):
                yield _Mount(self._folder(folder), "content/", name)
        content = self._settings.get("contentdir")
        folder = self._folder(content if isinstance(content, str) else "content")
        yield _Mount(self._within(folder) or folder, "content/")

    def _within(self, folder: str) -> str:
        """The only folder in that of the content if it bears the name of the language, whose settings are elsewhere."""
        inside = f"{folder}{self._default}/"
        files = self._reading.below(folder) if len(self._languages) == 1 else []
        return inside if files and all(name.startswith(inside) for name in files) else ""

    def _folder(self, name: str) -> str:
        return posixpath.normpath(self._reading.folder + name.strip("/")) + "/"

    def of(self, component: str, themes: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """(name in a component, file) of what is mounted in `static` or `assets`, and lies in a folder of themes."""
        for mount in (*self._mounts, *(_Mount(folder, f"{component}/") for folder in themes)):
            if mount.target.partition("/")[0] == component:
                before = mount.target.partition("/")[2]
                for name, inside in self._files(mount):
                    yield before + inside, name

    def _files(self, mount: _Mount) -> Iterator[tuple[str, str]]:
        """(file, its path from the source) of a mount."""
        if not mount.source.endswith("/"):
            if mount.source in self._reading.source.files:
                yield mount.source, ""
            return
        for name in self._reading.below(mount.source):
            if mount.takes(inside := name[len(mount.source) :]):
                yield name, inside

    def content(self) -> Iterator[File]:
        """The files of the content; one that several languages have comes once for each."""
        taken: set[tuple[str, str]] = set()
        for mount in self._mounts:
            if mount.target.partition("/")[0] != "content":
                continue
            before = mount.target.partition("/")[2]
            for name, below in self._files(mount):
                file = self._file(name, before + below, mount.language)
                key = (file.language, file.inside) if self._is_stated else ("", name)
                if key not in taken:
                    taken.add(key)
                    yield file

    def _file(self, name: str, inside: str, language: str) -> File:
        stem, extension = posixpath.splitext(inside)
        own = posixpath.splitext(stem)[1][1:]
        if not language and own in self._languages:
            return File(name, stem[: -len(own) - 1] + extension, own)
        return File(name, inside, language or self._default)

    def lacking(self) -> Iterator[tuple[re.Pattern[str], str]]:
        """Paths of the site below which something is mounted that the repository does not hold, and why."""
        for mount in self._mounts if self._is_stated else ():
            component, _, place = mount.target.strip("/").partition("/")
            if self._reading.has(mount.source) or component not in {"content", "static"}:
                continue
            stem, extension = posixpath.splitext(place)
            stem = stem if component == "content" and extension else place
            place = posixpath.dirname(stem) if posixpath.basename(stem) in {"_index", "index"} else stem
            if component == "content":
                place = sanitized(place).lower()
                place = posixpath.join(mount.language if mount.language != self._default else "", place)
            if place:
                yield re.compile(rf"\A{re.escape(place)}(?:/|\Z)"), _NOT_HERE
