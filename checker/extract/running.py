"""The running text of Markdown: what the parser leaves as text, so that brackets in it mean nothing to the renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from checker.extract.gfm import GFM


def running_text(source: str, *, linked: bool = True, html: bool = False) -> bytearray:
    """The source in UTF-8 with blanks for all else, code too. `linked`: with the texts of links and images.

    `html`: with raw HTML, beside which no `<` is left in the text.
    """
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
            written = data[span["start"] : span["end"]]
            text[span["start"] : span["end"]] = written.replace(b"<", b" ") if html else written
        elif html and kind in ("Html", "InlineHtml"):
            text[span["start"] : span["end"]] = data[span["start"] : span["end"]]
        elif kind == "Start":
            code = value.__class__ is dict and "CodeBlock" in value
            links += value.__class__ is dict and not value.keys().isdisjoint(_LINKS)
        elif kind == "End":
            code = False
            links -= value in _LINKS
    return text


_LINKS = ("Link", "Image")
