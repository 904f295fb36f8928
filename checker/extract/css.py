"""CSS: the URLs in `url()`, `src()`, `image-set()` and `@import`, in a style sheet or a `style` attribute.

A scan for the few tokens that matter (https://www.w3.org/TR/css-syntax-3/#tokenization) gives the same result as
a whole tokenizer, many times faster. A function or at-rule whose own name holds escapes is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker.extract import Extract, Options, Place
from checker.model import Role


def extract(text: str, options: Options) -> Extract:  # noqa: ARG001 - the contract
    """Read a style sheet."""
    found = Extract()
    for role, raw in urls(text):
        found.add(role, raw)
    return found


def places(text: str, options: Options) -> Iterator[Place]:  # noqa: ARG001 - the contract
    """Every place of a style sheet; its span is the URL without quotes."""
    return scan(text)


SIGNS = ("url(", "@import", "image-set(", "src(")  # in lower case; a text with none of them names no URL


def may_name_any(text: str) -> bool:
    """Whether a style sheet or a list of declarations may name a URL: most of them, quickly, do not."""
    low = text.lower()
    return any(sign in low for sign in SIGNS)


def urls(text: str) -> list[tuple[Role, str]]:
    """(role, reference) of each place in a style sheet or a list of declarations."""
    return [place[:2] for place in scan(text)] if may_name_any(text) else []


_ESCAPE = r"\\(?:[0-9a-fA-F]{1,6}(?:\r\n|[ \t\n\r\f])?|[^0-9a-fA-F\n\r\f])"
_MOST = 10_000  # escapes in one string, URL or name, which is cut after them
_STRING = "|".join(
    rf"{quote}(?>(?:[^{quote}\\\n\r\f]++|{_ESCAPE}|\\(?:\r\n|[\n\r\f])){{0,{2 * _MOST}}})(?:{quote}|\\?\Z)?"
    for quote in "\"'"
)
_SPACE = r"[ \t\n\r\f]*+"
_BARE = rf"(?P<bare>(?>(?:[^\x01-\x20\x7f\"'()\\]++|{_ESCAPE}){{0,{2 * _MOST}}})){_SPACE}(?:\)|\Z)"
_BAD = rf"(?>(?:[^)\\]++|{_ESCAPE}|\\){{0,{2 * _MOST}}})\)?"
_BREAK = r"\x01-\"$-,./:-?\[\]^`{-\x7f"  # neither part of a name, nor the start of another kind of name
_TOKENS = rf"""/\*(?:.*?\*/|.*)
    |(?P<string>{_STRING})
    |{_ESCAPE}(?>(?:[^{_BREAK}#@\\]++|{_ESCAPE}){{0,{2 * _MOST}}})
    |(?<![^{_BREAK}])(?:
        [uU][rR][lL]\({_SPACE}(?:(?P<url>{_STRING})|{_BARE}|{_BAD})
        |[sS][rR][cC]\({_SPACE}(?P<src>{_STRING})
        |(?P<images>(?i:-webkit-image-set|image-set)\())
    |@(?P<rule>(?i:import|font-face|namespace|supports|(?:-moz-)?document))(?![^{_BREAK}#@])"""


@cache  # to compile it takes a start 2 ms, and most runs meet no style
def _token(*, marks: bool = False) -> re.Pattern[str]:
    """The pattern of the tokens that matter, and of brackets and semicolons too within an at-rule or a function."""
    return re.compile(rf"{_TOKENS}|(?P<mark>[{{}}();])" if marks else _TOKENS, re.S | re.X)


def scan(text: str) -> Iterator[Place]:
    """The places, in order."""
    edited = "-inside" in text or "-subtract" in text or "-inkscape-" in text
    bundled = "@" in text and _BUNDLER.search(text) is not None
    within, depth = "", 0  # the at-rule or function that changes the meaning of its parts, and open brackets in it
    at = 0
    outside = _token()
    while (match := (_token(marks=True) if within else outside).search(text, at)) and match.end() > at:
        at = match.end()
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "mark":
            within, depth = _inside(within, depth, match[0])
        elif kind == "rule":
            within, depth = match[0].lower(), 0
        elif kind == "images":
            if within in {"", "images"}:
                within, depth = "images", depth + 1
        else:
            depth += within == "images" and kind in {"url", "src"}  # the bracket after the string is to come
            role = _ROLES.get(within, Role.IMAGE)
            if kind == "string" and not (within == "@import" or (within == "images" and depth == 1)):
                continue
            if role is None or (span := _span(match, kind)) is None:
                continue
            raw = _unescape(text[slice(*span)])
            if edited and _OF_EDITORS.search(text, max(0, match.start() - _NEAR), match.start()):
                continue
            if not (bundled and _is_module(raw, within)):
                yield Place(role, raw, *span)
            if within == "@import":
                within = "@import …"  # what follows are conditions


# SVG 2's text in shapes, which editors write and no browser has, and what Inkscape keeps for itself.
_OF_EDITORS = re.compile(r"(?:shape-(?:inside|subtract)|-inkscape-[\w-]+)\s*:[^:;{}]*\Z", re.I)
_NEAR = 100  # code points before a URL in which its property stands
# At-rules of Tailwind and PostCSS: no browser loads what holds them, and a module's name is no address in it.
_BUNDLER = re.compile(
    r"@(?:tailwind|apply|plugin|theme|source|custom-variant|custom-media|utility|config|reference|screen|variants?|mixin"
    r"|include|extend|value)[\s{]|@import\s+[\"']~\w"
)
_FILE = re.compile(r"\.{0,2}/|[\w.-]+\.css\Z|[a-z][a-z0-9+.-]*:", re.I)


def _is_module(raw: str, within: str) -> bool:
    """Whether what a bundler reads names a module, or begins with an alias."""
    return raw.startswith(("~", "@", "$")) or (within == "@import" and _FILE.match(raw) is None)


_ROLES: dict[str, Role | None] = {
    "@import": Role.STYLESHEET,
    "@import …": None,
    "@namespace": None,
    "@supports": None,
    "@document": None,
    "@-moz-document": None,
    "@font-face": Role.FONT,
}


def _inside(within: str, depth: int, mark: str) -> tuple[str, int]:
    """The at-rule or function that is still open after a bracket or a semicolon, and the brackets open in it."""
    opening, closing = "()" if within == "images" else "{}"
    if mark in (opening, closing) and within in {"images", "@font-face"}:
        depth += 1 if mark == opening else -1
        return (within, depth) if depth > 0 else ("", 0)
    ends = mark in "{};" and (within != "@font-face" or depth == 0)
    return ("", 0) if ends else (within, depth)


def _span(match: re.Match[str], kind: str) -> tuple[int, int] | None:
    """The span of a URL without its quotes; None for a string that a line break cuts off."""
    start, end = match.span(kind)
    if kind == "bare":
        return start, end
    written = match[kind]
    body = written[1:-1]
    escaped = (len(body) - len(body.rstrip("\\"))) % 2  # the last quote is part of the string
    if len(written) > 1 and written[0] == written[-1] and not escaped:
        return start + 1, end - 1
    return (start + 1, end) if end == len(match.string) else None


def _unescape(written: str) -> str:
    if "\0" in written:
        written = written.replace("\0", "\ufffd")
    return _ESCAPED.sub(_character, written) if "\\" in written else written


_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|\r\n|[\n\r\f]|(.)|\Z)")


def _character(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return match[2] or ""
