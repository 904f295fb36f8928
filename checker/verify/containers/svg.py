"""SVG: well-formed to its end, by a parser that loads nothing and expands next to nothing."""

from __future__ import annotations

import re
from xml.parsers import expat

from checker.verify.containers.flaw import Flaw, truncated, undecodable

_WINDOW = 1 << 16
_DEPTH = 5000  # elements in each other; browsers stop before
_ENTITY = 1024  # characters that an entity may stand for: enough for the namespaces that drawing programs declare
_ENCODING = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_KNOWN = re.compile(rb"(?i)utf-?8|utf-16(?:le|be)?|us-ascii|(?:iso-8859|windows)-\d+|koi8-r")


class _RefusedError(Exception):
    """What no drawing needs."""


def walk(data: memoryview) -> Flaw | None:
    """Parse, a window at a time."""
    encoding = _ENCODING.match(data)
    if encoding and not _KNOWN.fullmatch(encoding[1]):
        return None  # expat cannot tell
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.EntityDeclHandler = _declared
    _limit_depth(parser)
    try:
        for at in range(0, len(data), _WINDOW):
            parser.Parse(data[at : at + _WINDOW], False)
    except expat.ExpatError as error:
        return undecodable(f"not well-formed at byte {parser.ErrorByteIndex}: {expat.ErrorString(error.code)}")
    except _RefusedError as refused:
        return undecodable(f"{refused} at byte {parser.CurrentByteIndex}")
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        return truncated(f"the file ends at byte {len(data)}, before the drawing does: {expat.ErrorString(error.code)}")
    return None


def _declared(
    name: str,
    parameter: bool,
    value: str | None,
    base: str | None,
    system: str | None,
    public: str | None,
    note: str | None,
) -> None:
    """Entities that stand for a little text are harmless; those that stand for others can grow without bounds."""
    del base, system, public, note
    if parameter or value is None or len(value) > _ENTITY or "&" in value:
        raise _RefusedError(f"the entity {name} is refused: it stands for other entities, another file, or a long text")


def _limit_depth(parser: expat.XMLParserType) -> None:
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        del name, attributes
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise _RefusedError(f"more than {_DEPTH} elements in each other")

    def closed(name: str) -> None:
        del name
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
