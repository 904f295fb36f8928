"""From a reference that is wrong back to the places where it stands, by line and column.

Every page of a mirror may name one missing icon, so the common case must be cheap: a reference that is the whole value
of an attribute is found by searching. What that leaves open is settled by the close-up: the extractor's `places`.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable

from checker.extract import Options, extractor
from checker.model import Kind, Role

# Text that holds no element: what looks like one in it is none. In the spellings that occur.
_RAW_TEXT = (
    ("<!--", "-->"),
    *((f"<{name}", f"</{name}") for name in ("script", "style", "textarea", "title", "SCRIPT", "STYLE", "TITLE")),
)
_FEW = 20  # offsets up to which counting lines for each is quicker than a table of all lines
_NEWLINE = re.compile("\n")
_NEAR = 60  # code points before a value in which its attribute's name must stand
_SRC_ROLES = frozenset({Role.IMAGE, Role.SCRIPT, Role.MEDIA, Role.FRAME, Role.OBJECT})
_CLOSE_UP = 8_000_000  # code points beyond which a page is too large for a second, slower parser

Spots = tuple[tuple[int, int], ...]


def spots(text: str, kind: Kind, wanted: Iterable[tuple[Role, str]], options: Options) -> dict[tuple[Role, str], Spots]:
    """(line, column) of each place of each wanted reference; `((1, 1),)` where no place can be told."""
    wanted = set(wanted)
    offsets: dict[tuple[Role, str], list[int]] = {}
    left = wanted
    if kind is Kind.HTML:
        offsets = _plain(text, wanted, options)
        left = wanted - offsets.keys()
    if left and len(text) < _CLOSE_UP:
        for place in extractor(kind).places(text, options):
            if (place.role, place.raw) in left:
                offsets.setdefault((place.role, place.raw), []).append(place.start)
    for reference in wanted - offsets.keys():
        offsets[reference] = [max(text.find(reference[1]), 0)]
    positions = _positions(text, sum(map(len, offsets.values())))
    return {reference: tuple(map(positions, sorted(set(found)))) for reference, found in offsets.items()}


def _positions(text: str, number: int) -> Callable[[int], tuple[int, int]]:
    """Offset to (line, column), in the way that is quick for so many offsets."""
    if number <= _FEW:
        return lambda offset: (text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def position(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return position


def _plain(text: str, wanted: set[tuple[Role, str]], options: Options) -> dict[tuple[Role, str], list[int]]:
    """Places of references that stand as a whole attribute value, spelt as in the source."""
    roles: dict[str, list[Role]] = {}
    for wanted_role, raw in wanted:
        roles.setdefault(raw, []).append(wanted_role)
    candidates: list[tuple[Role, str, int]] = []
    for raw, fitting in roles.items():
        if not raw:
            continue
        for spelling in {raw, raw.replace("&", "&amp;")}:
            start = text.find(spelling)
            while start >= 0:
                name = _attribute(text, start, start + len(spelling))
                role = _role_of(name, fitting, options) if name is not None else None
                if role is not None:
                    candidates.append((role, raw, start))
                start = text.find(spelling, start + len(spelling))
    found: dict[tuple[Role, str], list[int]] = {}
    masks = _masks(text, max((start for *_, start in candidates), default=0))
    for role, raw, start in candidates:
        if not _inside(masks, start):
            found.setdefault((role, raw), []).append(start)
    return found


def _attribute(text: str, start: int, end: int) -> str | None:
    """The attribute whose whole value is text[start:end], or None."""
    before = text[max(0, start - _NEAR) : start].rstrip()
    quote = before[-1:] if before[-1:] in {'"', "'"} else ""
    name, equals, rest = before[: len(before) - len(quote)].rpartition("=")
    if not equals or rest.strip():
        return None
    after = text[end : end + 1]
    if quote and after.isspace():
        after = text[end : end + _NEAR].lstrip()[:1]
    if after != quote if quote else after not in {">", " ", "\n", "\t", "\r"}:
        return None
    words = name.split()
    return words[-1].lstrip("\"'/").lower() if words else None


def _role_of(name: str, candidates: list[Role], options: Options) -> Role | None:
    """Which of a reference's roles an attribute gives it; None where the attribute does not tell."""
    if name in {"href", "xlink:href"}:
        fitting = [role for role in candidates if role not in _SRC_ROLES] or candidates
    elif name in {"src", "poster", "background", "data"} or name in options.lazy:
        fitting = [role for role in candidates if role in _SRC_ROLES]
    elif name in {"action", "formaction"}:
        fitting = [role for role in candidates if role is Role.FORM]
    elif name in {"cite", "longdesc"}:
        fitting = [role for role in candidates if role is Role.CITE]
    elif name == "content":
        fitting = [role for role in candidates if role is Role.META]
    else:
        return None
    return fitting[0] if len(fitting) == 1 else None


def _masks(text: str, last: int) -> list[tuple[int, int]]:
    """Spans of comments and of the text inside scripts and the like that begin before `last`, each to its own end."""
    masks = []
    for opening, closing in _RAW_TEXT:
        start = text.find(opening, 0, last)
        while start >= 0:
            begin = start + 4 if opening == "<!--" else text.find(">", start)
            end = text.find(closing, begin) if begin >= 0 else -1
            if end < 0:
                masks.append((start, len(text)))
                break
            masks.append((begin, end))
            start = text.find(opening, end, last)
    return sorted(masks)


def _inside(masks: list[tuple[int, int]], offset: int) -> bool:
    return any(start <= offset < end for start, end in masks[: bisect_right(masks, (offset, sys.maxsize))])
