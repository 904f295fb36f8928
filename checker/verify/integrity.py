"""Subresource Integrity: whether a file is the one that a page's `integrity` attribute asks for.

https://www.w3.org/TR/SRI/: of several hashes only those of the strongest kind count, and one of them must fit.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from checker.sources.base import Source
from checker.sweep.facts import Context

_KINDS = ("sha256", "sha384", "sha512")  # from weak to strong
_HASH = re.compile(r"(sha(?:256|384|512))-([A-Za-z0-9+/_-]+={0,2})(?:\?[!-~]*)?")


class Asked(NamedTuple):
    """What an `integrity` attribute asks for."""

    kind: str
    digests: frozenset[bytes]


def asked(metadata: str) -> Asked | None:
    """The strongest hashes of an attribute's value; None where it holds none that browsers know, so asks nothing."""
    found: dict[str, set[bytes]] = {}
    for word in metadata.split():
        match = _HASH.fullmatch(word)
        if match is None:
            continue
        digest = match[2].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            value = base64.b64decode(digest + "=" * (-len(digest) % 4), validate=True)
        except binascii.Error:
            value = b""  # no file has it
        found.setdefault(match[1], set()).add(value)
    kind = next((kind for kind in reversed(_KINDS) if kind in found), None)
    return Asked(kind, frozenset(found[kind])) if kind else None


def mismatch(data: bytes, metadata: str) -> str:
    """How bytes differ from what an `integrity` attribute asks for; "" where they do not."""
    wanted = asked(metadata)
    return _told(wanted, hashlib.new(wanted.kind, data).digest()) if wanted else ""


def mismatches(context: Context, batch: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The same for files of the mirror: (name, metadata) to (name, metadata, how they differ)."""
    return [(name, metadata, _compare(context.source, name, metadata)) for name, metadata in batch]


def _compare(source: Source, name: str, metadata: str) -> str:
    wanted = asked(metadata)
    if wanted is None:
        return ""
    try:
        digest = hashlib.new(wanted.kind)
        for block in source.blocks(name):
            digest.update(block)
    except OSError:
        return ""  # that it cannot be read is said elsewhere
    return _told(wanted, digest.digest())


def _told(wanted: Asked, digest: bytes) -> str:
    if digest in wanted.digests:
        return ""
    return f"its {wanted.kind} is {base64.b64encode(digest).decode()}, so browsers do not use it"
