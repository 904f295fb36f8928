"""Suppressions: `<!-- mirrorcheck: ignore RULE… -- reason -->` silences the next line, `ignore-file` the whole page."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from checker.kinds import KINDS, Comments
from checker.model import Kind

_LONGEST = 2_000  # code points of rules and reason; the limit keeps many comments without an end cheap
_COMMENT = re.compile(
    rf"(?:<!--|/\*)\s*mirrorcheck:\s*(ignore-file|ignore)(?![\w-])(.{{0,{_LONGEST}}}?)(?:-->|\*/)", re.S
)
_LINE_COMMENT = rf"^[ \t]*{{}}[ \t]+mirrorcheck:[ \t]*(ignore-file|ignore)(?![\w-])(.{{{{0,{_LONGEST}}}}})$"
_BRACE = re.compile(r"(?<=\*/)(\s*)\}")  # that ends the expression of MDX in which a comment stands
_REASON = re.compile(r"\s--\s")


class Suppression(NamedTuple):
    """What a comment silences: `rules` are names of rules or families, on `line`, or anywhere (`line` 0)."""

    rules: tuple[str, ...]
    line: int
    at: tuple[int, int]  # line and column of the comment itself
    reason: str


def suppressions(text: str, kind: Kind) -> tuple[Suppression, ...]:
    """The suppressions of a page, except those that it shows as code."""
    matches = list(_COMMENT.finditer(text))
    if mark := KINDS[kind].comment:
        matches += re.finditer(_LINE_COMMENT.format(re.escape(mark)), text, re.M)
        matches.sort(key=lambda match: match.start())
    if matches and KINDS[kind].comments is Comments.RAW_HTML:
        from checker.extract.markdown import raw_html

        spans = raw_html(text)
        starts = [start for start, _ in spans]
        matches = [match for match in matches if _is_within(match.start(), spans, starts)]
    found = []
    line, counted, begin = 1, 0, -1  # of the last comment; the line break before it
    for match in matches:
        start = match.start()
        line += text.count("\n", counted, start)
        begin = max(begin, text.rfind("\n", counted, start))
        counted = start
        last = line + match[0].count("\n")
        if brace := _BRACE.match(text, match.end()) if kind is Kind.MARKDOWN else None:
            last += brace[1].count("\n")
        rules, *reason = _REASON.split(match[2], maxsplit=1)
        names = tuple(re.findall(r"[^\s,]+", rules))
        silenced = 0 if match[1] == "ignore-file" else last + 1
        at = line, start - begin
        found.append(Suppression(names, silenced, at, " ".join("".join(reason).split())))
    return tuple(found)


def _is_within(at: int, spans: list[tuple[int, int]], starts: list[int]) -> bool:
    """Whether an offset lies in one of the spans, which are in order."""
    index = bisect_right(starts, at) - 1
    return index >= 0 and at < spans[index][1]
