"""Reference links of Markdown without their definition: the reader sees `[text][label]`, with its brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract.bare import Bare
from checker.extract.running import running_text
from checker.model import Role

# Not within other brackets, nor an index as in `a[i][j]`; a note's mark is another thing.
_LINK = re.compile(rb"(?<![\w\])\\])\[(?!\^)([^][\n]{1,300})\]\[(?!\^)([^][\n]{0,300})\](?![\[(])")
_NUMBERS = re.compile(rb"[\d\s,.-]+")  # marks of notes in what was copied: `[1][2]`; or no text at all


def undefined(bare: Bare, rendered: str) -> Iterator[tuple[Role, str, int, int]]:
    """(role, reference, span in bytes) of each full or collapsed one; a shortcut without a definition is plain text."""
    if "]" not in rendered or "][" not in rendered:  # most pages, quickly
        return
    data = bare.source.encode()
    for match in _LINK.finditer(running_text(bare.masked)):
        start, end = match.span()
        notes = _NUMBERS.fullmatch(match[1]) and _NUMBERS.fullmatch(match[2] or b"0")
        if not notes and b"\\" not in data[max(0, start - 1) : end]:
            yield Role.UNDEFINED, data[start:end].decode(), start, end
