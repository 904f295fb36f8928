"""Suppressions: `<!-- mirrorcheck: ignore RULE… -- reason -->` silences the next line, `ignore-file` the whole page."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.model import Kind

_COMMENT = re.compile(
    r"(?:<!--|/\*)\s*mirrorcheck:\s*(ignore-file|ignore)(?![\w-])([^\n]*?)(?:\s+--\s+([^\n]*?))?\s*(?:-->|\*/)"
)


class Suppression(NamedTuple):
    """What a comment silences: `rules` are names of rules or families, on `line`, or anywhere (`line` 0)."""

    rules: tuple[str, ...]
    line: int
    at: tuple[int, int]  # line and column of the comment itself
    reason: str


def suppressions(text: str, kind: Kind) -> tuple[Suppression, ...]:
    """The suppressions of a page, but for those that Markdown shows as code."""
    matches = list(_COMMENT.finditer(text))
    if matches and kind is Kind.MARKDOWN:
        from checker.extract.markdown import raw_html

        spans = raw_html(text)
        matches = [match for match in matches if any(start <= match.start() < end for start, end in spans)]
    found = []
    for match in matches:
        start = match.start()
        line = text.count("\n", 0, start) + 1
        last = line + match[0].count("\n")
        names = tuple(re.split(r"[\s,]+", match[2].strip())) if match[2].strip() else ()
        silenced = 0 if match[1] == "ignore-file" else last + 1
        found.append(Suppression(names, silenced, (line, start - text.rfind("\n", 0, start)), match[3] or ""))
    return tuple(found)
