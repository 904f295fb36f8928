"""SVG: whether it is well-formed to its end, by a parser that loads nothing and expands almost nothing."""

from __future__ import annotations

import re
from xml.parsers import expat

from checker.rules.codes import Code
from checker.verify.containers.flaw import Flaw, truncated, undecodable

TYPES = ("image/svg+xml",)

_WINDOW = 1 << 20
_TOKEN = 1 << 25  # bytes of a tag: expat starts it again with every window that does not complete it
_ATTRIBUTES = 1000  # declared in a DTD: expat looks at all of them with every element
_DEPTH = 5000  # nested elements; browsers stop earlier
_LARGE = 1 << 20  # below this, no nesting takes memory worth counting, and counting takes half of the time
_EXPANSION = 1 << 24  # characters that entities may come to; drawing programs declare a few namespaces
_ENCODING = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_SCRIPT = re.compile(rb"(?i)<(?:[\w.-]{1,100}:)?script[\s/>]")  # quick, before the exact look
_KNOWN = re.compile(rb"(?i)utf-?8|utf-16(?:le|be)?|us-ascii|(?:iso-8859|windows)-\d+|koi8-r")


class _RefusedError(Exception):
    """The file holds something that no drawing needs."""


class _RootError(Exception):
    """The file is another kind of XML."""


def walk(data: memoryview) -> Flaw | None:
    """Parse, a window at a time."""
    encoding = _ENCODING.match(data)
    if encoding and not _KNOWN.fullmatch(encoding[1]):
        return None  # expat does not know the charset
    parser = expat.ParserCreate(namespace_separator=" ")
    _refuse_bombs(parser, data)
    _watch(parser, deep=len(data) > _LARGE)
    try:
        return _parse(parser, data) or _scripted(data)
    except _RootError as root:
        return Flaw(Code.ASSET_WRONG_TYPE, f"the root element is {root}, not svg")
    except _RefusedError as refused:
        return undecodable(f"refused at byte {parser.CurrentByteIndex}: {refused}")
    finally:
        parser.StartElementHandler = None  # it refers to the parser, and the parser to it


def _parse(parser: expat.XMLParserType, data: memoryview) -> Flaw | None:
    try:
        for at in range(0, len(data), _WINDOW):
            parser.Parse(data[at : at + _WINDOW], False)
            if at - parser.CurrentByteIndex > _TOKEN:
                return None  # it cannot be read in linear time
    except expat.ExpatError as error:
        return undecodable(f"not well-formed at byte {parser.ErrorByteIndex}: {expat.ErrorString(error.code)}")
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        return truncated(f"the file ends at byte {len(data)}, before the drawing does: {expat.ErrorString(error.code)}")
    return None


def _scripted(data: memoryview) -> Flaw | None:
    """The first script of a well-formed drawing."""
    if not _SCRIPT.search(data):
        return None
    found: list[int] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def opened(name: str, _: dict[str, str]) -> None:
        if name.rpartition(" ")[2].lower() == "script":
            found.append(parser.CurrentLineNumber)
            parser.StartElementHandler = None

    parser.StartElementHandler = opened
    _parse(parser, data)
    parser.StartElementHandler = None
    return Flaw(Code.ASSET_SCRIPTED, f"a script begins on line {found[0]} of the drawing") if found else None


def _refuse_bombs(parser: expat.XMLParserType, data: memoryview) -> None:
    """Refuse entities that can grow without bounds. One that stands for a little text is harmless."""
    attributes, references = 0, -1

    def entity(name: str, parameter: bool, value: str | None, *_: str | None) -> None:
        nonlocal references
        if references < 0:
            references = sum(bytes(data[at : at + _WINDOW]).count(b"&") for at in range(0, len(data), _WINDOW))
        if parameter or value is None or "&" in value or len(value) * references > _EXPANSION:
            raise _RefusedError(f"the entity {name} stands for other entities, for another file, or for too much text")

    def attribute(*_: object) -> None:
        nonlocal attributes
        attributes += 1
        if attributes > _ATTRIBUTES:
            raise _RefusedError(f"more than {_ATTRIBUTES} attributes are declared")

    parser.EntityDeclHandler = entity
    parser.AttlistDeclHandler = attribute


def _watch(parser: expat.XMLParserType, *, deep: bool) -> None:
    """Look at the root element; if `deep`, also at the nesting of the others."""
    depth = 0

    def opened(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1:
            if name.rpartition(" ")[2] != "svg":
                raise _RootError(name)
            if not deep:
                parser.StartElementHandler = None
        if depth > _DEPTH:
            raise _RefusedError(f"more than {_DEPTH} nested elements")

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed if deep else None
