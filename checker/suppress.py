"""Suppressions: `<!-- mirrorcheck: ignore RULE… -- reason -->` silences the next line, `ignore-file` the whole page."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.model import Kind

_COMMENT = re.compile(
    r"(?:<!--|/\*)\s*mirrorcheck:\s*(ignore-file|ignore)(?![\w-])([^\n]*?)(?:\s+--\s+([^\n]*?))?\s*(?:-->|\*/)"
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*[ \t]*$", re.M | re.S)


class Suppression(NamedTuple):
    """What a comment silences: `rules` are names of rules or families, on `line`, or anywhere (`line` 0)."""

    rules: tuple[str, ...]
    line: int
    at: tuple[int, int]  # line and column of the comment itself
    reason: str


def suppressions(text: str, kind: Kind) -> tuple[Suppression, ...]:
    """The suppressions of a page, but for those that Markdown shows as code."""
    code = [match.span() for match in _FENCE.finditer(text)] if kind is Kind.MARKDOWN else []
    found = []
    for match in _COMMENT.finditer(text):
        start = match.start()
        if any(begin <= start < end for begin, end in code):
            continue
        line = text.count("\n", 0, start) + 1
        last = line + match[0].count("\n")
        names = tuple(re.split(r"[\s,]+", match[2].strip())) if match[2].strip() else ()
        silenced = 0 if match[1] == "ignore-file" else last + 1
        found.append(Suppression(names, silenced, (line, start - text.rfind("\n", 0, start)), match[3] or ""))
    return tuple(found)
