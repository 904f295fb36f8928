"""Characters that may stand in the words of a slug."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable


class Table(dict[int, str | None]):
    """A `str.translate` table that is filled as characters are met."""

    def __init__(self, translate: Callable[[str], str | None]) -> None:
        super().__init__()
        self._translate = translate

    def __missing__(self, code: int) -> str | None:
        self[code] = translated = self._translate(chr(code))
        return translated


# Alphabetic symbols are kept. Of the categories that are deleted, only circled and squared letters are alphabetic.
_LETTER_SYMBOLS = re.compile("[Ⓐ-ⓩ\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]")


_JOINERS = "\u200c\u200d"  # within words and emoji; Ruby's \\p{Word} has them, https://www.unicode.org/reports/tr18/


def lower(character: str) -> str:
    """A letter in lower case: Ruby and Go look at one alone, so that Σ is σ at the end of a word too, İ is i."""
    return character.lower()[:1]


# Combining classes of vowel signs, which are alphabetic; tones and accents have others, a virama has 9.
_VOWELS = frozenset({0, *range(10, 36), 84, 91, 103, 118, 129, 130, 132})
_VARIANTS = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def is_alphanumeric(character: str) -> bool:
    """Near to \\p{Alphabetic} and \\p{N}: `str.isalnum`, with signs of vowels (हि) and letters in circles."""
    if character.isalnum():
        return True
    if unicodedata.category(character) in {"Mn", "Mc"}:
        return unicodedata.combining(character) in _VOWELS and not _VARIANTS.match(character)
    return _LETTER_SYMBOLS.match(character) is not None


def _word(character: str) -> str | None:
    if character in " -":
        return "-"
    character = lower(character)
    kind = unicodedata.category(character)
    deleted = kind == "No" or (kind[0] in "PSZC" and kind != "Pc" and character not in _JOINERS)
    return None if deleted and not _LETTER_SYMBOLS.match(character) else character


GITHUB = Table(_word)
"""Of github-slugger, for `str.translate`."""
