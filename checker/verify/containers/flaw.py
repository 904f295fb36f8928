"""The flaw of an asset, as the walks over its structure report it."""

from __future__ import annotations

from typing import NamedTuple

from checker.rules.codes import Code


class Flaw(NamedTuple):
    """The rule that a file breaks, and the evidence in words, with byte offsets."""

    rule: str
    message: str


def truncated(message: str) -> Flaw:
    """The flaw of a file that ends before its container does."""
    return Flaw(Code.ASSET_TRUNCATED, message)


def undecodable(message: str) -> Flaw:
    """The flaw of a file whose bytes are there, but no decoder can read them."""
    return Flaw(Code.ASSET_UNDECODABLE, message)


def cut(what: str, start: int, needs: int, size: int) -> Flaw:
    """The flaw of a file that ends before a part of its container does."""
    return truncated(
        f"{what} at byte {start} needs {needs} bytes, and the file ends after {max(size - start, 0)} of them"
    )
