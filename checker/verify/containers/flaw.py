"""What can be wrong with an asset, and how the walks over its structure say so."""

from __future__ import annotations

from typing import NamedTuple

from checker.rules.codes import Code


class Flaw(NamedTuple):
    """The rule that a file breaks, and the evidence for a person, with byte offsets."""

    rule: str
    message: str


def truncated(message: str) -> Flaw:
    """The file ends before its container does."""
    return Flaw(Code.ASSET_TRUNCATED, message)


def undecodable(message: str) -> Flaw:
    """The bytes are there, but no decoder can read them."""
    return Flaw(Code.ASSET_UNDECODABLE, message)


def cut(what: str, start: int, needs: int, size: int) -> Flaw:
    """A part of the container that reaches beyond the end of the file."""
    return truncated(
        f"{what} at byte {start} needs {needs} bytes, and the file ends after {max(size - start, 0)} of them"
    )
