"""Links of Markdown that are none: the reader sees `[text][label]` or `[text](a b.md)`, with their brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract.bare import Bare
from checker.extract.running import running_text
from checker.kinds import is_asset, is_download, kind_of
from checker.model import Role

# Not within other brackets, nor an index as in `a[i][j]`; a note's mark is another thing. It begins with a bracket,
# which is searched for as such.
_LINK = re.compile(rb"\[(?<![\w\])\\]\[)(?!\^)([^][\n]{1,300})\]\[(?!\^)([^][\n]{0,300})\](?![\[(])")
# With an address that may hold blanks, the extension of a file, and perhaps a title.
_INLINE = re.compile(
    rb"\[(?<![\w\])\\]\[)[^][\n]{0,300}\]\([ \t]*([^][()\n<>\"':#]{1,300}\.[A-Za-z][A-Za-z0-9]{1,4})"
    rb"(?:#[\w%-]{0,300})?[ \t]*(?:\"[^\"\n]{0,300}\"[ \t]*)?\)"
)
_NUMBERS = re.compile(rb"[\d\s,.-]+")  # marks of notes in what was copied: `[1][2]`; or no text at all


def may_hold_any(rendered: str, tags: frozenset[str] | None) -> bool:
    """Whether the rendered text of a page may hold one: most pages, quickly, do not. In code, brackets are an index.

    `tags`: those of raw HTML in the page that are notable; in code that is written as HTML, text is read as text.
    """
    if "]" not in rendered:
        return False
    told = not any(tag[:5].lower() == "<code" for tag in tags or ())
    return _shows(rendered, "][", told=told) or _shows(rendered, "](", told=told)


def _shows(rendered: str, brackets: str, *, told: bool) -> bool:
    """Whether brackets stand outside of code."""
    passed, code = 0, False
    while (at := rendered.find(brackets, passed)) >= 0:
        if not told:
            return True
        if (tag := rendered.rfind("<", passed, at)) >= 0:
            code = rendered.startswith(("<code>", "<code "), tag)
        if not code:
            return True
        passed = at + 1
    return False


def undefined(bare: Bare, *, blanks: bool) -> Iterator[tuple[Role, str, int, int]]:
    """(role, reference, span in bytes) of each full or collapsed one; a shortcut without a definition is plain text.
    And of each inline one with blanks in its address, unless a renderer takes such `blanks`.
    """
    data = bare.source.encode()
    if b"][" not in data and (blanks or b"](" not in data):
        return
    text = running_text(bare.masked)
    for match in () if blanks else _INLINE.finditer(text):
        start, end = match.span()
        if b" " not in match[1] or b"\\" in data[max(0, start - 1) : end]:
            continue
        name = match[1].decode(errors="replace")
        if kind_of(name) or is_asset(name) or is_download(name):
            yield Role.UNDEFINED, data[start:end].decode(), start, end
    for match in _LINK.finditer(text):
        start, end = match.span()
        notes = _NUMBERS.fullmatch(match[1]) and _NUMBERS.fullmatch(match[2] or b"0")
        if not notes and b"\\" not in data[max(0, start - 1) : end]:
            yield Role.UNDEFINED, data[start:end].decode(), start, end
