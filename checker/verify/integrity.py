"""Subresource Integrity: whether a file has the hash that a page's `integrity` attribute states.

https://www.w3.org/TR/SRI/: of several hashes, only those of the strongest kind count, and one of them must match.
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


class Stated(NamedTuple):
    """The strongest hashes that an `integrity` attribute states."""

    kind: str
    digests: frozenset[bytes]


def stated(metadata: str) -> Stated | None:
    """The strongest hashes in an attribute's value; None if browsers know none of them, and so check nothing."""
    found: dict[str, set[bytes]] = {}
    for word in metadata.split():
        match = _HASH.fullmatch(word)
        if match is None:
            continue
        digest = match[2].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            value = base64.b64decode(digest + "=" * (-len(digest) % 4), validate=True)
        except binascii.Error:
            value = b""  # a hash that no file has
        found.setdefault(match[1], set()).add(value)
    kind = next((kind for kind in reversed(_KINDS) if kind in found), None)
    return Stated(kind, frozenset(found[kind])) if kind else None


def mismatch(data: bytes, metadata: str) -> str:
    """The evidence that bytes lack the hash that an `integrity` attribute states; "" if they have it."""
    wanted = stated(metadata)
    return _difference(wanted, hashlib.new(wanted.kind, data).digest()) if wanted else ""


def mismatches(context: Context, batch: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The same for files of the mirror: (name, metadata, evidence) for each (name, metadata)."""
    return [(name, metadata, _compare(context.source, name, metadata)) for name, metadata in batch]


def _compare(source: Source, name: str, metadata: str) -> str:
    wanted = stated(metadata)
    if wanted is None:
        return ""
    try:
        digest = hashlib.new(wanted.kind)
        for block in source.blocks(name):
            digest.update(block)
    except OSError:
        return ""  # another finding says that it cannot be read
    return _difference(wanted, digest.digest())


def _difference(wanted: Stated, digest: bytes) -> str:
    if digest in wanted.digests:
        return ""
    return f"its {wanted.kind} is {base64.b64encode(digest).decode()}, so browsers do not use it"
