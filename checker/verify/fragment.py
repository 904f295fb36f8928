"""A fragment and the ids of the file it names: there, there in another spelling, or missing."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from checker.mirror import forges

_CUTOFF = 75


class Answer(NamedTuple):
    """`rule` is "" where the fragment is there; else the evidence, and the nearest id."""

    rule: str
    message: str = ""
    nearest: str | None = None


def verify(fragment: str, ids: frozenset[str], lines: int, *, forge: bool, page: bool) -> Answer:
    """The verdict on a decoded fragment. `lines` counts the file's lines, which a forge shows; a `page` can have ids.

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#find-a-potential-indicated-element
    """
    if fragment in ids:
        return Answer("")
    span = forges.lines(fragment) if forge else None
    if span is not None:
        last = max(span)
        return (
            Answer("")
            if min(span) >= 1 and last <= lines
            else Answer("local/missing-fragment", f"the file has {lines} lines")
        )
    if not page:
        return Answer("")  # a viewer's own business: PDF pages, times of a film
    first, dash, second = fragment.partition("-")
    if dash and first.isdigit() and second.isdigit() and first in ids and second in ids:
        return Answer("")  # lines of a source listing, each with its number as id
    wanted = unicodedata.normalize("NFC", fragment)
    for other in sorted(ids):
        form = unicodedata.normalize("NFC", other)
        if form == wanted:
            return Answer("local/wrong-normalisation", "the id exists only in another Unicode form", other)
    folded = wanted.casefold()
    for other in sorted(ids):
        if unicodedata.normalize("NFC", other).casefold() == folded:
            return Answer("local/wrong-case", f"the id is written {other!r}", other)
    if not ids:
        return Answer("local/missing-fragment", "the page has no ids")
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    best = process.extractOne(
        fragment, sorted(ids), scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_CUTOFF / 100
    )
    return Answer("local/missing-fragment", "no element has this id", best[0] if best else None)
