"""Titles by which Docsify makes something else of a link, `[x](y.md ':include')`: https://docsify.js.org/#/helpers"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_MARKS = (":include", ":ignore", ":disabled")  # the last is rare: pages with it alone are not looked for
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`++)[^`\n]++\1(?!`)")
_LINK = re.compile(
    r"""(?<![!\\])\[[^\[\]\n]{0,500}\]\([ \t]*([^\s()<>]+)[ \t]+(['"])([^'"\n()]*?"""
    r""":(include|ignore|disabled)(?![\w-])[^'"\n()]*)\2[ \t]*\)"""
)


class Titled(NamedTuple):
    """A link that is something else."""

    what: str
    target: str
    title: str
    line: int
    span: tuple[int, int]  # of the target
    whole: tuple[int, int]


@lru_cache(maxsize=1)  # a page is asked for them twice in a row
def links(text: str) -> tuple[Titled, ...]:
    """The links of a page, in order."""
    return tuple(_found(text)) if ":i" in text and (":include" in text or ":ignore" in text) else ()


def _found(text: str) -> Iterator[Titled]:
    fence, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        opens = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            fence = "" if opens and opens[1].startswith(fence) and not line[opens.end() :].strip() else fence
        elif opens:
            fence = opens[1]
        elif any(mark in line for mark in _MARKS):
            shown = _CODE.sub(lambda code: " " * len(code[0]), line)
            for match in _LINK.finditer(shown):
                if "//" not in match[1]:
                    (begin, end), (first, last) = match.span(1), match.span()
                    yield Titled(
                        match[4],
                        match[1],
                        match[3],
                        number,
                        (start + begin, start + end),
                        (start + first, start + last),
                    )
        start += len(line) + 1
