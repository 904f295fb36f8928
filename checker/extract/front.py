"""References in the front matter of a page, which its theme shows as links and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checker.extract.aside import front_matter
from checker.extract.directives import Named
from checker.model import Role

# The lines of YAML that matter: `key: value`, `- key: value`, `- { key: value }`.
_LINE = re.compile(r"([ \t]*(?:-[ \t]+)*)(?:([\w-]{1,80}):(?=[ \t\r\n]|\Z)[ \t]*+)?([^\r\n]*+)")
_INNER = re.compile(r"([\w-]{1,80}):[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^,{}\[\]\n]+)")
_PLAIN = re.compile(r"([\"'])([^\"'\\]*)\1|([^\s\"'&*!|>{\[#][^\n]*?)(?=[ \t]*(?:[ \t]#.*)?\Z)")
_DEEPEST = 10  # keys within keys


def references(text: str, roles: Mapping[str, Role]) -> Iterator[Named]:
    """The values of those keys that a theme takes for references: `hero.actions.link` names one of any item."""
    if not text.startswith(("---", "\ufeff---")):
        return
    end, start = front_matter(text), 0
    above: list[tuple[int, str]] = []  # the keys that hold a line, with their columns
    while start < end:
        line = _LINE.match(text, start, end)
        following = text.find("\n", start, end) + 1
        if line is None:
            break
        column = len(line[1])
        if line[2] or line[3]:
            while above and above[-1][0] >= column:
                above.pop()
        path = ".".join([*(key for _, key in above), *([line[2]] if line[2] else [])])
        if line[3].startswith("{"):
            for inner in _INNER.finditer(text, line.start(3), line.end(3)):
                yield from _of(f"{path}.{inner[1]}", inner[2], inner.start(2), roles)
        elif line[2]:
            yield from _of(path, line[3], line.start(3), roles)
        if line[2] and len(above) < _DEEPEST:
            above.append((column, line[2]))
        start = following or end


def _of(path: str, written: str, start: int, roles: Mapping[str, Role]) -> Iterator[Named]:
    if (role := roles.get(path)) is not None and (value := _PLAIN.match(written)):
        group = 2 if value[1] else 3
        if value[group]:
            yield role, value[group], start + value.start(group), start + value.end(group)
