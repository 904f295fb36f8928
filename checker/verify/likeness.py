"""The likest of many names, for a suggestion: never one of another number, letter or language, which is another of a
series.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_NUMBER = re.compile(r"[0-9]+")
# ISO 639-1: https://www.loc.gov/standards/iso639-2/php/code_list.php
_LANGUAGES = (
    " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja "
    "jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd "
    "ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr "
    "ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
)
# A language at the end of a name, before its extension, perhaps with a region: `guide-fr.md`, `fr`, `guide.pt_BR.html`.
_LANGUAGE = re.compile(r"(?:^|[-_.])([a-z]{2})(?:[-_][A-Za-z]{2,4})?(?:\.[A-Za-z0-9]+)?\Z")

_LETTER = re.compile(r"(?<![^\W\d_])[A-Za-z](?![^\W_])")  # one that stands alone: `part-b.html`, `fig2a.png`

Series = Mapping[tuple[str, ...], Sequence[str]]  # names by the language, the letters and the numbers in them


def series(names: Iterable[str]) -> Series:
    """Names by what tells members of a series apart; zeros in front of a number do not."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        found.setdefault(_member(name), []).append(name)
    return found


def load() -> None:
    """Load what compares names: it takes as long as to read a dozen pages."""
    import rapidfuzz  # noqa: F401


def likest(name: str, among: Series, cutoff: float) -> str | None:
    """The name that is the likest to this one, from a similarity between 0 and 1 on; None where none is."""
    names = among.get(_member(name))
    if not names:
        return None
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    best = process.extractOne(name, names, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=cutoff)
    return best[0] if best else None


def _member(name: str) -> tuple[str, ...]:
    """Which member of a series a name is."""
    found = _LANGUAGE.search(name)
    numbers = [digits.lstrip("0") for digits in _NUMBER.findall(name)]
    language = found[1] if found and f" {found[1]} " in _LANGUAGES else ""
    return (language, _letters(name), *numbers)


def _letters(name: str) -> str:
    return "".join(_LETTER.findall(name)).lower()


def is_another(path: str, other: str) -> bool:
    """Whether a path differs from another in numbers and languages of its folders alone: `v1.2/a.md`, `v1.3/a.md`."""
    return path != other and _pattern(path) == _pattern(other)


def _pattern(path: str) -> str:
    folders = ["*" if f" {folder} " in _LANGUAGES else _NUMBER.sub("0", folder) for folder in path.split("/")[:-1]]
    return "/".join(folders)
