"""What a folder shows of its mirror: a sign is a value, its evidence, and how far it can be believed."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Trust(IntEnum):
    """How far a sign can be believed; what is only GUESSED is proposed, not adopted."""

    GUESSED = 0
    HIGH = 1
    EXACT = 2


class Sign(NamedTuple):
    """One thing that was found: an address (ends with `/`) or the name of a layout, and what shows it."""

    value: str
    evidence: str
    trust: Trust
    folder: str = ""  # what is published there, relative to the mirror's root
