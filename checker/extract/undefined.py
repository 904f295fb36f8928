"""Reference links of Markdown without their definition: the reader sees `[text][label]`, with its brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from checker.extract.bare import Bare
from checker.extract.gfm import GFM
from checker.model import Role

# Not within other brackets, nor an index as in `a[i][j]`; a note's mark is another thing.
_LINK = re.compile(rb"(?<![\w\])\\])\[(?!\^)([^][\n]{1,300})\]\[(?!\^)([^][\n]{0,300})\](?![\[(])")
_NUMBERS = re.compile(rb"[\d\s,.-]+")  # marks of notes in what was copied: `[1][2]`; or no text at all


def undefined(bare: Bare, rendered: str) -> Iterator[tuple[Role, str, int, int]]:
    """(role, reference, span in bytes) of each full or collapsed one; a shortcut without a definition is plain text."""
    if "][" not in rendered:  # most pages, quickly
        return
    data, masked = bare.source.encode(), bare.masked.encode()
    text = bytearray(b" ") * len(data)
    code = False
    events: Iterable[tuple[Any, Any]] = GFM.events_with_range(bare.masked)
    for event, span in events:
        if event.__class__ is str:
            continue
        ((kind, value),) = event.items()
        if kind == "Text" and not code:
            text[span["start"] : span["end"]] = masked[span["start"] : span["end"]]
        elif kind in {"Start", "End"}:
            code = kind == "Start" and value.__class__ is dict and "CodeBlock" in value
    for match in _LINK.finditer(text):
        start, end = match.span()
        notes = _NUMBERS.fullmatch(match[1]) and _NUMBERS.fullmatch(match[2] or b"0")
        if not notes and b"\\" not in data[max(0, start - 1) : end]:
            yield Role.UNDEFINED, data[start:end].decode(), start, end
