"""XML as mirrors hold it, often not well-formed: tags, text and their positions.

A scan instead of a parser: it reads on after an error, expands no entity of a DTD and loads nothing. In
well-formed XML without a DTD it finds what expat finds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from html import unescape
from typing import NamedTuple

Spans = tuple[tuple[int, int, bool], ...]  # parts of the source that make up a text: start, end, whether as is (CDATA)


class Attribute(NamedTuple):
    """An attribute's value, entities decoded, and the span of its source."""

    value: str
    start: int
    end: int

    @property
    def spans(self) -> Spans:
        return ((self.start, self.end, False),)


class Tag(NamedTuple):
    """The start, the end, or (both) the whole of an element. Names are in lower case."""

    name: str  # without its prefix
    opens: bool
    closes: bool
    attributes: dict[str, Attribute]


class Text(NamedTuple):
    """Text between two tags, or a part of it."""

    start: int
    end: int
    verbatim: bool  # CDATA


class Instruction(NamedTuple):
    """A processing instruction with its pseudo-attributes."""

    target: str
    attributes: dict[str, Attribute]


# A tag of more parts than these limits is cut, so that memory does not grow with its size.
# An attribute's value holds no `<`, so that a missing quote costs one tag and not the rest of the page.
_MARKUP = re.compile(
    r"""<!--(?:.*?-->|.*)
    |<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
    |<\?(?P<target>[^\s?>]*)(?P<pseudo>.*?)(?:\?>|\Z)
    |<![A-Za-z](?>(?:[^<>"']++|"[^"]*+"|'[^']*+'){0,100000})>?
    |<(?P<end>/?)(?P<name>[^\s<>/="'!?][^\s<>/="']*+)(?P<inside>(?>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'){0,100000}))>?""",
    re.S | re.X,
)
_ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s<>="'/]++)\s*+=\s*+(?:"([^"<]*)"|'([^'<]*)')""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def scan(
    text: str, signs: tuple[str, ...] = ("",), wanted: Callable[[str], bool] = bool
) -> Iterator[Tag | Text | Instruction]:
    """Tags, text and processing instructions in order; comments and declarations are passed over.

    The attributes of a tag are left out if its source, in lower case, has none of the signs; of the others, those whose
    names (in lower case) are `wanted` are kept.
    """
    low = text.lower()
    signs = tuple(sign for sign in signs if sign in low)
    del low
    at = 0
    for match in _MARKUP.finditer(text):
        if match.start() > at:
            yield Text(at, match.start(), False)
        at = match.end()
        name = match["name"]
        if name is not None:
            start, end = match.span("inside")
            told = end - start > 3 and _has(match["inside"], signs)
            attributes = _attributes(text, start, end, wanted) if told else {}
            yield Tag(
                name[name.rfind(":") + 1 :].lower(),
                not match["end"],
                bool(match["end"]) or text.endswith("/", start, end),
                attributes,
            )
        elif match["cdata"] is not None:
            yield Text(*match.span("cdata"), True)
        elif match["target"]:
            yield Instruction(match["target"], _attributes(text, *match.span("pseudo"), bool))
    if at < len(text):
        yield Text(at, len(text), False)


def _has(inside: str, signs: tuple[str, ...]) -> bool:
    return any(map(inside.lower().__contains__, signs))  # a drawing has thousands of tags


def _attributes(text: str, start: int, end: int, wanted: Callable[[str], bool]) -> dict[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    for match in _ATTRIBUTE.finditer(text, start, end):
        name = match[1].lower()
        if name not in attributes and wanted(name):
            group = match.lastindex or 0
            attributes[name] = Attribute(_decode(match[group]), *match.span(group))
    return attributes


def _decode(written: str) -> str:
    return _ENTITY.sub(lambda entity: unescape(entity[0]), written) if "&" in written else written


def value(text: str, spans: Spans) -> str:
    """The text of these spans, entities decoded."""
    return "".join(text[start:end] if verbatim else _decode(text[start:end]) for start, end, verbatim in spans)


def source(text: str, spans: Spans) -> Callable[[int], int]:
    """Return a function from an offset in `value(text, spans)` to one in the source."""
    offsets, sources, length = [0], [0], 0
    for start, end, verbatim in spans:
        at = start
        offsets.append(length)
        sources.append(at)
        for entity in () if verbatim else _ENTITY.finditer(text, start, end):
            length += entity.start() - at + len(unescape(entity[0]))
            at = entity.end()
            offsets.append(length)
            sources.append(at)
        length += end - at

    def position(offset: int) -> int:
        index = bisect_right(offsets, offset) - 1
        return sources[index] + offset - offsets[index]

    return position


def trimmed(text: str, spans: Spans) -> tuple[str, int, int]:
    """The text of these spans without the white space around it, and its span in the source."""
    whole = value(text, spans)
    inner = whole.strip()
    first = whole.find(inner)
    if len(spans) == 1 and len(whole) == spans[0][1] - spans[0][0]:  # nothing was decoded
        return inner, spans[0][0] + first, spans[0][0] + first + len(inner)
    position = source(text, spans)
    return inner, position(first), position(first + len(inner) - 1) + 1
