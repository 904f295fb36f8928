"""Snippets: text of other files that a page of Markdown brings in.

https://facelessuser.github.io/pymdown-extensions/extensions/snippets/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from textwrap import dedent
from typing import NamedTuple

_MARK = "8<-"  # a quick test, before the exact one
_SNIPPET = re.compile(r"""^([ \t]*)-+8<-+(?:[ \t]+(?:"([^"\n]+)"|'([^'\n]+)')[ \t]*|[ \t]*)\r?$""")
_SECTION = re.compile(r"(?<!-)-++8<-+[ \t]+\[[ \t]*(start|end)[ \t]*:[ \t]*([a-z][-_0-9a-z]*)[ \t]*\]", re.I)
_NAMED = re.compile(r"(.*?)(?::([a-z][-_0-9a-z]*)|:(-?\d*)(?::(-?\d*))?)?\Z", re.I)
_DEEPEST = 8  # snippets within snippets
_LARGEST = 1 << 20  # characters that a page may bring in

Read = Callable[[str], str]  # the text of a file of the mirror; "" if there is none


class Brought(NamedTuple):
    """A page with the text that it brings in."""

    text: str
    lines: tuple[int, ...]  # of each of its lines, the line of the page itself; negative if it was brought in there


def brought(text: str, read: Read, bases: Sequence[str], last: Sequence[str] = ()) -> Brought | None:
    """The page with its snippets in place; None if it brings in nothing. What is not found stays as it is written.

    `bases` are folders, "" or "docs/"; `last` are files that every page brings in at its end.
    """
    if _MARK not in text and not last:
        return None
    bringer = _Bringer(read, bases)
    lines = text.split("\n")
    found = bringer.bring(lines, 0)
    for name in last:
        found += [(line, -len(lines)) for line in ("", *(bringer.named(name) or ()))]
    if not bringer.taken:
        return None
    return Brought("\n".join(line for line, _ in found), tuple(number for _, number in found))


class _Bringer:
    def __init__(self, read: Read, bases: Sequence[str]) -> None:
        self._read = read
        self._bases = bases
        self.taken = 0  # characters, and one for each snippet

    def bring(self, lines: Sequence[str], depth: int) -> list[tuple[str, int]]:
        """(line, number): a number is negative if the line was brought in there."""
        found: list[tuple[str, int]] = []
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            match = _SNIPPET.match(line) if _MARK in line else None
            if match is None:
                found.append((line, at))
                continue
            names, end = [match[2] or match[3]], at
            if names[0] is None:
                end = next((number for number in range(at, len(lines)) if _closes(lines[number])), at - 1) + 1
                names = [name.strip() for name in lines[at : end - 1]]
            for name in names:
                inside = self.named(name, depth) if name and not name.startswith(";") else []
                if inside is None:
                    found.append((f"{match[1]}--8<-- '{name}'", at))  # it stays unknown
                else:
                    found += [(match[1] + each, -at) for each in inside]
            at = max(at, end)
        return found

    def named(self, name: str, depth: int = 0) -> list[str] | None:
        """The lines that a snippet brings in; None if that is not known."""
        match = _NAMED.match(name)
        if match is None or "://" in name or depth >= _DEEPEST or self.taken > _LARGEST:
            return None
        path, section, start, end = match.groups()
        text = next((text for base in self._bases if (text := self._read(posixpath.normpath(base + path)))), "")
        if not text:
            return None
        self.taken += len(text) + 1
        lines = text.replace("\r\n", "\n").split("\n")
        if section:
            lines = _section(lines, section)
        elif start or end:
            lines = lines[_bound(start, -1) : _bound(end, 0)]
        lines = [line for line in lines if _MARK not in line or not _SECTION.search(line)]
        return [line for line, _ in self.bring(lines, depth + 1)]


def _closes(line: str) -> bool:
    match = _SNIPPET.match(line) if _MARK in line else None
    return match is not None and match.lastindex == 1


def _bound(number: str | None, less: int) -> int | None:
    if not number or number == "-":
        return None
    bound = int(number[:9])
    return bound if bound < 0 else max(0, bound + less)


def _section(lines: Sequence[str], name: str) -> list[str]:
    found: list[str] = []
    within = False
    for line in lines:
        mark = _SECTION.search(line) if _MARK in line else None
        if mark and mark[2] == name:
            if mark[1].lower() == "end":
                break
            within = True
        elif within:
            found.append(line)
    return dedent("\n".join(found)).split("\n")
