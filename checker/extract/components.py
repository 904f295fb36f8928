"""Components that are known to be links, wherever they stand in a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract.directives import Named
from checker.model import Role

_CODE = (
    r"^[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t])?[ \t]*(?P<fence>`{3,}+|~{3,}+)[^\n]*\n"
    r"(?s:.*?)(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<span>`++)[^`]+(?P=span)(?!`)|<!--(?s:.*?)(?:-->|\Z)|\{/\*(?s:.*?)(?:\*/\}|\Z)"
)


def pattern(names: str) -> re.Pattern[str]:
    """What finds code, comments and the components of these names; group `to` is where a component leads."""
    value = r"\{?(?P<quote>[\"'])(?P<to>[^\"'{}<>\n]+)(?P=quote)"
    others = r"(?:[^<>\"'{}]|\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\{[^{}\n]{0,500}\}){0,500}?"
    return re.compile(rf"{_CODE}|<(?:{names})(?=\s){others}\s(?:to|href)={value}", re.M)


def links(text: str, found: re.Pattern[str]) -> Iterator[Named]:
    """The references of the components that a pattern finds."""
    for match in found.finditer(text):
        if match["to"]:
            yield Role.LINK, match["to"], *match.span("to")
