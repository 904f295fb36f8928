"""Placeholders of templates in Markdown: their blanks, which would end the destination of a link, are held."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

# A generator fills a placeholder in before it reads Markdown. Here, a blank in one is a character that nobody uses.
_BLANK, _ENCODED = "\ue000", "%EE%80%80"
_HELD = re.compile(r"%7B(?:%7B|%(?!7))(?:[^%{}]|%(?!7[BD]))*%7D(?:%7D)?|\{[{%][^{}\n]*\}\}?", re.I)


def held(source: str, placeholder: re.Pattern[str]) -> str:
    """Markdown in which a link's destination, or an attribute, may hold a placeholder: every position stays."""
    return placeholder.sub(_hold, source) if "{{" in source or "{%" in source else source


def _hold(match: re.Match[str]) -> str:
    """A placeholder without blanks, and without the quotes that would end an attribute of raw HTML."""
    start, text = match.start(), match.string
    if (start and text[start - 1] > " ") or text.startswith("]: ", max(0, start - 3)):
        return match[0].replace(" ", _BLANK).replace('"', "'")
    return match[0]


def holds(source: str) -> bool:
    """Whether a blank is held in what is read as Markdown."""
    return _BLANK in source


def released(raw: str) -> str:
    """A reference as it is written, with the blanks of its placeholders."""
    if _BLANK not in raw and _ENCODED not in raw:
        return raw
    return _HELD.sub(lambda held: _as_written(held[0]), raw)


@lru_cache(maxsize=100)  # a page may name one setting a thousand times
def _as_written(held: str) -> str:
    return unquote(held).replace(_BLANK, " ")
