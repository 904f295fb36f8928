"""The start tags of HTML in order, with the span of every value: the standard's tokens, without its tree.

It takes one pass over any text (https://html.spec.whatwg.org/multipage/parsing.html#tokenization). Two facts of the
tree decide on tokens, and are kept: whether an element belongs to SVG or MathML, and which elements hold no tags.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from html.entities import html5
from typing import NamedTuple


class Attribute(NamedTuple):
    """A value as a browser has it, and the span of its source without quotes (at the name's end if it has none)."""

    value: str
    start: int
    end: int


class Tag(NamedTuple):
    """A start tag. Names are in lower case, offsets in code points."""

    name: str
    start: int
    attributes: dict[str, Attribute]
    text: tuple[int, int]  # the span of an element's text if it holds no tags; else empty
    foreign: bool  # of SVG or MathML


# Where each foreign root's content is HTML again: https://html.spec.whatwg.org/multipage/parsing.html#html-integration-point
HTML_WITHIN = {
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"mi", "mo", "mn", "ms", "mtext", "annotation-xml"}),
}
# Those of MathML in which these two are its own: https://html.spec.whatwg.org/multipage/parsing.html#mathml-text-integration-point
GLYPHS_WITHIN = frozenset({"mi", "mo", "mn", "ms", "mtext"})
GLYPHS = frozenset({"mglyph", "malignmark"})
# Start tags that close all SVG and MathML: https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inforeign
_CLOSING = frozenset({
    "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3",
    "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby",
    "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
})  # fmt: skip
_TEXTS = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})

_OPENING = re.compile(r"<(?:([a-zA-Z][^ \t\n\f\r/>]*+)|/([a-zA-Z][^ \t\n\f\r/>]*+)|(!--)|(!\[CDATA\[)|[!?/])")
_COMMENT_END = re.compile("--!?>")
_ATTRIBUTE = re.compile(
    r"[ \t\n\f\r/]*+([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"([^\"]*+)(\"?)|'([^']*+)('?)|([^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)?))?"
)
_TAG_END = re.compile(r"[ \t\n\f\r/]*+>")
_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[ \t\n\f\r/>])", re.I)


def tags(text: str) -> Iterator[Tag]:
    """The start tags of a document, or of a part of one. A tag without an end yields nothing."""
    foreign = _Foreign()
    at = 0
    while (opening := _OPENING.search(text, at)) and opening.end() > at:
        start, at = opening.span()
        name, end_name, comment, data = opening.groups()
        if comment:
            at = _comment_end(text, at)
        elif data and foreign.within():
            at = _after(text, "]]>", at)
        elif name or end_name:
            held, at = attributes(text, at)
            if at < 0:
                return
            if end_name:
                foreign.close(end_name.lower())
                continue
            name = name.lower()
            within = "" if name == "annotation-xml" and not holds_html(_value(held, "encoding")) else name
            outside = foreign.open(within, closes=text[at - 2 : at] == "/>")
            inside = (at, at)
            if name == "plaintext" and not outside:
                inside, at = (at, len(text)), len(text)
            elif name in _TEXTS and not outside:
                inside = at, (_script_end if name == "script" else _text_end)(text, at, name)
                at = inside[1]
            yield Tag(name, start, held, inside, outside)
        elif text[at - 1] != "/" or text[at : at + 1]:  # a declaration, an instruction, an end tag without a name
            at = _after(text, ">", at)


def holds_html(encoding: str | None) -> bool:
    """Whether the content of an `annotation-xml` with this `encoding` is HTML: else it is MathML."""
    return (encoding or "").lower() in {"text/html", "application/xhtml+xml"}


def _value(held: dict[str, Attribute], name: str) -> str:
    return held[name].value if name in held else ""


def unfinished(text: str) -> str:
    """What a document ends within, as `the tag <a>`: a sign that it was cut short. "" where it ends between two tokens.

    https://html.spec.whatwg.org/multipage/parsing.html#parse-error-eof-in-tag and its neighbours
    """
    at = 0
    if text.endswith(("<", "</")):
        return "a tag"
    for tag in tags(text):
        at = tag.text[1]
        if at == len(text) and tag.name in _TEXTS and not tag.foreign:
            return f"<{tag.name}>"
    while (opening := _OPENING.search(text, at)) and opening.end() > at:
        at = opening.end()
        name, end_name, comment, _ = opening.groups()
        if comment:
            if _comment_end(text, at) == len(text) and not text.endswith(">"):
                return "a comment"
            at = _comment_end(text, at)
        elif name or end_name:
            at = attributes(text, at)[1]
            if at < 0:
                return f"the tag <{name or '/' + end_name}>"
        elif opening[0] == "<!" and text.find(">", at) < 0:
            return "a declaration"
    return ""


def _after(text: str, mark: str, at: int) -> int:
    """The offset after the next such mark, or the text's end."""
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _comment_end(text: str, at: int) -> int:
    """The offset after a comment; `at` is the one after its `<!--`."""
    if text.startswith((">", "->"), at):
        return text.index(">", at) + 1
    end = _COMMENT_END.search(text, at)
    return end.end() if end else len(text)


def attributes(text: str, at: int) -> tuple[dict[str, Attribute], int]:
    """The attributes of a tag whose name ends at `at`, and the offset after the tag; -1 if it does not end."""
    held: dict[str, Attribute] = {}
    while (attribute := _ATTRIBUTE.match(text, at)) and attribute.end() > at:
        at = attribute.end()
        name, group = attribute[1].lower(), attribute.lastindex or 1
        if group in {3, 5}:
            if not attribute[group]:
                return held, -1  # a quote without end
            group -= 1
        if name not in held:  # else a browser takes the first
            start, end = attribute.span(group) if group > 1 else (at, at)
            held[name] = Attribute(decode(text[start:end]), start, end)
    end_of_tag = _TAG_END.match(text, at)
    return held, end_of_tag.end() if end_of_tag else -1


def _text_end(text: str, at: int, name: str) -> int:
    """The end of the text of an element that holds no tags: the start of its end tag."""
    end = re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.I).search(text, at)
    return end.start() if end else len(text)


def _script_end(text: str, at: int, _: str) -> int:
    """The end of a script. `<!-- <script>` in it needs an end tag of its own, unless the comment ends first."""
    commented = inner = False
    while (match := _SCRIPT.search(text, at)) and match.end() > at:
        at = match.end()
        if match[0] == "<!--":
            commented, at = True, match.start() + 2  # `<!-->` opens no comment
        elif match[0] == "-->":
            commented = inner = False
        elif not match[1]:
            inner = commented
        elif inner:
            inner = False
        else:
            return match.start()
    return len(text)


class _Foreign:
    """The open elements that decide whether the next one belongs to SVG or MathML."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()  # of their names, so that an end tag without a start tag costs nothing

    def within(self) -> bool:
        """Whether the next element is inside SVG or MathML."""
        return bool(self._open) and (self._open[-1] in HTML_WITHIN or self._open[-1] in GLYPHS)

    def open(self, name: str, *, closes: bool) -> bool:
        """Note a start tag. Return whether its element is foreign."""
        if self.within() and name in _CLOSING:
            while self.within():
                self._pop()
        root = self._open[-1] if self.within() else ""
        if root in GLYPHS:
            root = "math"
        glyph = not root and name in GLYPHS and bool(self._open) and self._open[-1] in GLYPHS_WITHIN
        if not root and name not in HTML_WITHIN and not glyph:
            return False
        if not closes and (glyph or name in HTML_WITHIN or name in HTML_WITHIN[root]):
            self._open.append(name)
            self._counts[name] += 1
        return True

    def close(self, name: str) -> None:
        """Note an end tag."""
        if self._counts[name]:
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        name = self._open.pop()
        self._counts[name] -= 1
        return name


# --- values ---------------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[A-Za-z][A-Za-z0-9]*+(?:;|(?!=)))|\r\n?|\0")
_LONGEST_NUMBER = 12  # characters of a numeric reference; a longer one names no character


def decode(written: str) -> str:
    """An attribute's value as a browser has it: entities decoded, each line break one character."""
    if "&" in written or "\r" in written or "\0" in written:
        return _REFERENCE.sub(_character, written)
    return written


def _character(match: re.Match[str]) -> str:
    written = match[0]
    if written[0] != "&":
        return "\ufffd" if written == "\0" else "\n"
    if written[1] == "#":
        return unescape(written) if len(written) < _LONGEST_NUMBER else "\ufffd"
    return html5.get(written[1:], written)


def offsets(text: str, attribute: Attribute) -> Callable[[int], int]:
    """Return a function from an offset in an attribute's value to one in the text."""
    if len(attribute.value) == attribute.end - attribute.start:
        return lambda offset: attribute.start + offset
    values, sources, length, at = [0], [attribute.start], 0, attribute.start
    for match in _REFERENCE.finditer(text, attribute.start, attribute.end):
        length += match.start() - at + len(_character(match))
        at = match.end()
        values.append(length)
        sources.append(at)

    def position(offset: int) -> int:
        index = bisect_right(values, offset) - 1
        return sources[index] + offset - values[index]

    return position
