"""Whether the file that a fragment refers to has its id: exactly, in another spelling, or not at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from checker.extract import slugs
from checker.mirror import forge_views
from checker.model import Grade, Unchecked
from checker.rules.codes import Code
from checker.verify.likeness import Series, likest, series
from checker.words import counted

_CUTOFF = 0.75  # similarity from which an id is worth suggesting
_COMPARED = 1_000_000  # ids that are compared for one file, in a second or two; the later faults resemble the first


_FOR_SCRIPTS = re.compile(r"[!/?]|[^=]*=")


class Answer(NamedTuple):
    """`rule` is "" if the fragment is found; else the rule that it breaks, with the evidence and the nearest id."""

    rule: str
    message: str = ""
    nearest: str | None = None
    grade: Grade | None = None  # of the nearest, as a suggestion
    unknown: Unchecked | None = None  # why nobody can tell


def is_for_script(fragment: str) -> bool:
    """Whether a fragment is no name of an id, but a route of a program (`#/a`, `#!a`) or a setting of one (`#a=b`)."""
    return _FOR_SCRIPTS.match(fragment) is not None


def verify_all(
    fragments: Iterable[str], ids: frozenset[str], lines: int, *, forge: bool, page: bool, folds: bool = False
) -> dict[str, Answer]:
    """The verdict on each fragment that refers to one file."""
    most = _COMPARED // max(len(ids), 1)
    return {
        fragment: verify(fragment, ids, lines, forge=forge, page=page, folds=folds, guess=number < most)
        for number, fragment in enumerate(sorted(fragments))
    }


def verify(
    fragment: str,
    ids: frozenset[str],
    lines: int,
    *,
    forge: bool,
    page: bool,
    folds: bool = False,
    guess: bool = True,
) -> Answer:
    """The verdict on a decoded fragment.

    `lines` is the number of the file's lines, which a `forge` shows with ids. A `page` can have ids of its own.
    `folds`: the fragment is looked for in lower case as well. `guess`: name the most similar one.

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#find-a-potential-indicated-element
    """
    if fragment in ids or (folds and fragment.lower() in ids):
        return Answer("")
    span = forge_views.lines(fragment) if forge else None
    if span is not None:
        last = max(span)
        return (
            Answer("")
            if min(span) >= 1 and last <= lines
            else Answer(Code.LOCAL_MISSING_FRAGMENT, f"the file has {counted(lines, 'line')}")
        )
    if not page:
        return Answer("")  # only a viewer can tell: a page of a PDF, a time in a film
    first, dash, second = fragment.partition("-")
    if dash and first.isdigit() and second.isdigit() and first in ids and second in ids:
        return Answer("")  # lines of a source listing, each with its number as id
    if not ids:
        return Answer(Code.LOCAL_MISSING_FRAGMENT, "the page has no ids")
    ordered, composed, folded = _forms(ids)
    wanted = unicodedata.normalize("NFC", fragment)
    if wanted in composed:
        message = "the id exists only in another Unicode form"
        return Answer(Code.LOCAL_WRONG_NORMALISATION, message, composed[wanted], Grade.CERTAIN)
    if others := folded.get(wanted.casefold()):
        one = len(others) == 1
        message = f"the id is written {' or '.join(map(repr, others[:_NAMED]))}"
        return Answer(Code.LOCAL_WRONG_CASE, message, others[0] if one else None, Grade.CERTAIN if one else None)
    if (slug := slugs.github(fragment)) in ids:
        return Answer(Code.LOCAL_MISSING_FRAGMENT, _NO_ID, slug, Grade.CERTAIN)
    nearest = likest(fragment, ordered, _CUTOFF) if guess else None
    return Answer(Code.LOCAL_MISSING_FRAGMENT, _NO_ID, nearest, Grade.LIKELY if nearest else None)


def maps_of(names: Iterable[str], maps: frozenset[str]) -> dict[str, Answer]:
    """The verdict on each name of an image map that a page with these maps is asked for.

    https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#rules-for-parsing-a-hash-name-reference
    """
    most = _COMPARED // max(len(maps), 1)
    return {name: _map_of(name, maps, guess=number < most) for number, name in enumerate(sorted(names))}


def _map_of(name: str, maps: frozenset[str], *, guess: bool) -> Answer:
    if name in maps:
        return Answer("")
    ordered, _, folded = _forms(maps)
    if others := folded.get(unicodedata.normalize("NFC", name).casefold()):
        one = len(others) == 1
        message = f"the map is called {' or '.join(map(repr, others[:_NAMED]))}"
        return Answer(Code.LOCAL_WRONG_CASE, message, others[0] if one else None, Grade.CERTAIN if one else None)
    nearest = likest(name, ordered, _CUTOFF) if guess else None
    return Answer(Code.LOCAL_MISSING_FRAGMENT, _NO_MAP, nearest, Grade.LIKELY if nearest else None)


_NO_ID, _NO_MAP = "no element has this id", "no map has this name"
_NAMED = 3  # spellings that a message names


@lru_cache(maxsize=1)
def _forms(ids: frozenset[str]) -> tuple[Series, dict[str, str], dict[str, list[str]]]:
    """Ids in order, the first of each composed and all of each folded form: of one file many are asked in a row."""
    ordered = sorted(ids)
    composed = {unicodedata.normalize("NFC", name): name for name in reversed(ordered)}
    folded: dict[str, list[str]] = {}
    for name in ordered:
        folded.setdefault(unicodedata.normalize("NFC", name).casefold(), []).append(name)
    return series(ordered), composed, folded
