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


_OF_SINDRESORHUS = str.maketrans(
    {
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "Æ": "AE",
        "æ": "ae",
        "Ð": "D",
        "ð": "d",
        "Þ": "TH",
        "þ": "th",
        "Ø": "O",
        "ø": "o",
        "Đ": "D",
        "đ": "d",
        "Ħ": "H",
        "ħ": "h",
        "ı": "i",
        "Ł": "L",
        "ł": "l",
        "&": " and ",
        "🦄": " unicorn ",
        "♥": " love ",
    }
)
_CONTRACTED = re.compile(r"([a-z\d]+)'([ts])(\s|$)")
_CAPITALS = (
    (re.compile(r"([A-Z]{2,})(\d+)"), r"\1 \2"),
    (re.compile(r"([a-z\d])([A-Z]{2,})"), r"\1 \2"),
    (re.compile(r"([a-z\d])([A-Z])"), r"\1 \2"),
    (re.compile(r"([A-Z])([A-Z][a-rt-z\d])"), r"\1 \2"),
)


def slugify(text: str) -> str:
    """The anchor, and the filter `slugify`, of Eleventy, for Latin letters: @sindresorhus/slugify, undivided."""
    text = unicodedata.normalize("NFC", text).translate(_OF_SINDRESORHUS)
    text = _MARKS.sub("", unicodedata.normalize("NFD", text)).lower()
    return re.sub(r"[^a-z\d]+", "-", _CONTRACTED.sub(r"\1\2\3", text)).strip("-")


def decamelized(text: str) -> str:
    """The same with words that capitals divide, as @sindresorhus/slugify has it by itself."""
    for pattern, parts in _CAPITALS:
        text = pattern.sub(parts, text)
    return slugify(text)


_SPECIAL = re.compile(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?/]+")
_CONTROLS = re.compile(r"[\u0000-\u001f]")
_OF_HEXO = str.maketrans(
    {"ß": "s", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h"}
    | {"ı": "i", "Ł": "L", "ł": "l", "Œ": "OE", "œ": "oe", "Ŧ": "T", "ŧ": "t"}
)
_ACCENTED = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")


def slugized(text: str, case: object = 0) -> str:
    """A slug as Hexo has it: `slugize` of hexo-util. `case` is 1 for lower case, 2 for upper case."""
    plain = _ACCENTED.sub(
        lambda letter: _MARKS.sub("", unicodedata.normalize("NFD", letter[0])), text.translate(_OF_HEXO)
    )
    slug = _SPECIAL.sub("-", _CONTROLS.sub("", plain)).strip("-")
    return slug.lower() if case == 1 else slug.upper() if case == 2 else slug
