"""The elements around a place on a page, which help a person to find it."""

from __future__ import annotations

import warnings

from bs4 import BeautifulSoup, ParserRejectedMarkup, Tag, UnusualUsageWarning

_MOST = 1_000_000  # code points before the place; the tree of a longer text takes too long
_SHOWN = 12  # elements, the innermost


def within(text: str, offset: int) -> str:
    """The elements around a place of an HTML or SVG text, outermost first, as a CSS selector.

    `offset` is in code points, inside a start tag or an element's text. "" if no element is open there.
    """
    end = text.find(">", offset) + 1 or len(text)
    if end > _MOST:
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusualUsageWarning)  # a page may well look like a URL or like XML
        try:
            soup = BeautifulSoup(text[:end], "html.parser", multi_valued_attributes=None)
        except ParserRejectedMarkup:
            return ""
    innermost = next((each for each in reversed([*soup.descendants]) if isinstance(each, Tag)), None)
    if innermost is None:
        return ""
    elements = [innermost, *innermost.parents][:-1]
    shown = [_selector(element) for element in reversed(elements[:_SHOWN])]
    return " > ".join(["…"] * (len(elements) > _SHOWN) + shown)


def _selector(element: Tag) -> str:
    identity, classes = element.get("id"), str(element.get("class") or "").split()
    return element.name + (f"#{identity}" if identity else "") + "".join(f".{name}" for name in classes)
