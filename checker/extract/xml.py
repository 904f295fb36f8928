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


def scan(text: str) -> Iterator[Tag | Text | Instruction]:
    """Tags, text and processing instructions in order; comments and declarations are passed over."""
    at = 0
    for match in _MARKUP.finditer(text):
        if match.start() > at:
            yield Text(at, match.start(), False)
        at = match.end()
        if event := _event(match, bool):
            yield event
    if at < len(text):
        yield Text(at, len(text), False)


def scan_for(
    text: str, signs: tuple[str, ...], wanted: Callable[[str], bool], element: str
) -> Iterator[Tag | Text | Instruction]:
    """What `scan` finds, without what does not matter: a drawing has thousands of tags, and refers to a few files.

    Left out are tags that hold none of the `signs` (in lower case; `x=` stands for an attribute), the attributes whose
    names (in lower case) are not `wanted`, and all text but that of this `element`.
    """
    signs = (*signs, *_APART)
    at, opened = 0, False
    for match in _MARKUP.finditer(text):
        if opened and match.start() > at:
            yield Text(at, match.start(), False)
        at = match.end()
        name = match["name"]
        if name is None or element in name.lower() or any(map(match["inside"].lower().__contains__, signs)):
            event = _event(match, wanted)
            if isinstance(event, Tag):
                opened = event.name == element and event.opens and not event.closes
            if event:
                yield event
        else:
            opened = False
    if opened and at < len(text):
        yield Text(at, len(text), False)


_APART = (" =", "\t=", "\n=", "\r=")  # an attribute's name may stand apart from its value


def _event(match: re.Match[str], wanted: Callable[[str], bool]) -> Tag | Text | Instruction | None:
    """What a piece of markup is; None for a comment or a declaration."""
    if (name := match["name"]) is not None:
        start, end = match.span("inside")
        return Tag(
            name[name.rfind(":") + 1 :].lower(),
            not match["end"],
            bool(match["end"]) or match.string.endswith("/", start, end),
            _attributes(match.string, start, end, wanted) if end - start > 3 else {},
        )
    if match["cdata"] is not None:
        return Text(*match.span("cdata"), True)
    if match["target"]:
        return Instruction(match["target"], _attributes(match.string, *match.span("pseudo"), bool))
    return None


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


def unfinished(text: str) -> str:
    """The root that a document ends within, as `<rss>`: a sign that it was cut short. "" where it is closed."""
    root = next((event for event in scan(text) if isinstance(event, Tag)), None)
    if root is None or root.closes:
        return ""
    end = re.compile(rf"</(?:[\w.-]+:)?{re.escape(root.name)}\s*>", re.I)
    return "" if end.search(text, max(0, len(text) - _TAIL)) or end.search(text) else f"<{root.name}>"


_TAIL = 256  # code points, in which the end tag of the root mostly stands


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
