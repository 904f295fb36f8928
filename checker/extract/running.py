"""The running text of Markdown: what the parser leaves as text, so that brackets in it mean nothing to the renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from checker.extract.gfm import GFM


def running_text(source: str, *, linked: bool = True) -> bytearray:
    """The source in UTF-8 with blanks for all else, code too. `linked`: with the texts of links and images."""
    data = source.encode()
    text = bytearray(b" ") * len(data)
    code = False
    links = 0  # open ones
    events: Iterable[tuple[Any, Any]] = GFM.events_with_range(source)
    for event, span in events:
        if event.__class__ is str:
            continue
        ((kind, value),) = event.items()
        if kind == "Text" and not code and (linked or not links):
            text[span["start"] : span["end"]] = data[span["start"] : span["end"]]
        elif kind == "Start":
            code = value.__class__ is dict and "CodeBlock" in value
            links += value.__class__ is dict and not value.keys().isdisjoint(_LINKS)
        elif kind == "End":
            code = False
            links -= value in _LINKS
    return text


_LINKS = ("Link", "Image")
