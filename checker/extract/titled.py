"""Links of Docsify whose titles make something else of them: see web/titled.py."""

from __future__ import annotations

from collections.abc import Iterator

from checker.extract.directives import Named
from checker.model import Role
from checker.web.titled import links


def blanked(source: str) -> str:
    """A page without such links: every position stays."""
    found, at = [], 0
    for link in links(source):
        start, end = link.whole
        found += [source[at:start], " " * (end - start)]
        at = end
    return "".join(found) + source[at:] if found else source


def names(text: str) -> Iterator[Named]:
    """What such links refer to, `include:y.md`, `ignore:y.html`; one that is disabled, to nothing."""
    for link in links(text):
        if link.what != "disabled":
            yield Role.LINK, f"{link.what}:{link.target}", *link.span
