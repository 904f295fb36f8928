"""GFM's tagfilter: the tags whose content HTML would not read, and which a forge therefore shows as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

# https://github.github.com/gfm/#disallowed-raw-html-extension-
_TAG = re.compile(r"<(title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?=[\s/>]|\Z)", re.I)
# Those that hold no text for readers. One that ends in its own block is left: every other renderer takes it as it is.
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in ("script", "style", "iframe")}
_LINES = frozenset({"script", "style"})  # at the start of a line, they hold blank lines too
_INDENT = 40  # code points; what stands further in is not at the start of its line
_LINE_START = re.compile(r"(?:\n|\A)[ \t>]*\Z")
_RENDERED_BLOCK = re.compile(r"\n<(?:p|h[1-6]|[uo]l|pre|blockquote|table|hr)\b|</(?:p|h[1-6]|li|t[dh])>")
_SOURCE_BLOCK = re.compile(r"\n[ \t]*\n")


def rendered(tags: Iterable[str], html: str) -> str:
    """The HTML of a page of Markdown as the forge has it; `tags` has those of its source that are notable."""
    if not any(map(_TAG.match, tags)):  # most pages, quickly
        return html
    return _filtered(html, "&lt;", _RENDERED_BLOCK)


def in_source(raw: str) -> str:
    """The raw HTML of a page, where it stands among blanks, with the same tags made text: every position stays."""
    return _filtered(raw, " ", _SOURCE_BLOCK)


def _filtered(html: str, opening: str, block: re.Pattern[str]) -> str:
    passed = 0  # the end of the last element that was left
    next_of: dict[re.Pattern[str], int] = {}

    def find(pattern: re.Pattern[str], at: int) -> int:
        """Where the pattern is found next; asked in order, it passes over the text once."""
        if next_of.get(pattern, -1) < at:
            found = pattern.search(html, at)
            next_of[pattern] = found.start() if found else len(html)
        return next_of[pattern]

    def replaced(match: re.Match[str]) -> str:
        nonlocal passed
        at, name = match.start(), match[1].lower()
        if at < passed:
            return match[0]
        if name in _ENDS:
            end = find(_ENDS[name], at)
            own_line = name in _LINES and _LINE_START.search(html, max(0, at - _INDENT), at) is not None
            if end < len(html) and (own_line or end < find(block, at)):
                passed = end
                return match[0]
        return opening + match[0][1:]

    return _TAG.sub(replaced, html)
