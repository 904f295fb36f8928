"""The likest of many names, for a suggestion: never one with another number, which is another member of a series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_NUMBER = re.compile(r"[0-9]+")

Series = Mapping[tuple[str, ...], Sequence[str]]  # names by the numbers in them


def series(names: Iterable[str]) -> Series:
    """Names by their numbers; zeros in front make none."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        found.setdefault(_numbers(name), []).append(name)
    return found


def load() -> None:
    """Load what compares names: it takes as long as to read a dozen pages."""
    import rapidfuzz  # noqa: F401


def likest(name: str, among: Series, cutoff: float) -> str | None:
    """The name that is the likest to this one, from a similarity between 0 and 1 on; None where none is."""
    names = among.get(_numbers(name))
    if not names:
        return None
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    best = process.extractOne(name, names, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=cutoff)
    return best[0] if best else None


def _numbers(name: str) -> tuple[str, ...]:
    return tuple([digits.lstrip("0") for digits in _NUMBER.findall(name)])
