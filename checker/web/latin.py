"""Text in Latin letters: slugs of ASCII alone."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "đ": "d", "ł": "l", "Ł": "L", "œ": "oe", "þ": "th"}
)


def slug(text: str) -> str:
    """A slug as the crate slug has it (https://docs.rs/slug). What is of no Latin script is left as it is."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_LETTERS))).lower()
    return re.sub(r"[\W_]+", "-", plain).strip("-")
