"""Signs: values that a folder shows about its mirror, each with its evidence and the trust in it."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Trust(IntEnum):
    """How reliable a sign is. A GUESSED one is only proposed; the others are adopted."""

    GUESSED = 0
    HIGH = 1
    EXACT = 2


class Sign(NamedTuple):
    """An address (ends with `/`) or the name of a layout that was found, and the evidence for it."""

    value: str
    evidence: str
    trust: Trust
    folder: str = ""  # the folder that is published at the address, relative to the mirror's root
