"""Suppressions: `<!-- mirrorcheck: ignore RULE… -- reason -->` silences the next line, `ignore-file` the whole page."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.model import Kind

_LONGEST = 2_000  # code points of rules and reason, so that many comments that do not end cost no time
_COMMENT = re.compile(
    rf"(?:<!--|/\*)\s*mirrorcheck:\s*(ignore-file|ignore)(?![\w-])(.{{0,{_LONGEST}}}?)(?:-->|\*/)", re.S
)
_REASON = re.compile(r"\s--\s")


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
        rules, *reason = _REASON.split(match[2], maxsplit=1)
        names = tuple(re.findall(r"[^\s,]+", rules))
        silenced = 0 if match[1] == "ignore-file" else last + 1
        at = line, start - text.rfind("\n", 0, start)
        found.append(Suppression(names, silenced, at, " ".join("".join(reason).split())))
    return tuple(found)
