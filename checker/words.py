"""Words that all messages share."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 page`, `2,345 pages`. `many`: the plural, if it has not only an `s` more."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
