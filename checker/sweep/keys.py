"""64-bit keys (xxh3) of targets and fragments, so that a million pages fit in memory."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from hashlib import sha1

from xxhash import xxh3_64_intdigest as digest

from checker.mirror.target import Target
from checker.model import Role
from checker.roles import EMBEDDED
from checker.rules import THIRD_PARTY
from checker.rules.codes import Code
from checker.web import urls


def blob_id(data: bytes) -> bytes:
    """The id that git gives a file's content."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


def fragment_key(mount: int, file: str, fragment: str) -> int:
    """The key under which a fragment of a file is used and defined."""
    return text_key(f"{mount}:{file}#{fragment}")


def remote_key(url: str, fragment: str) -> int:
    """The key of a remote URL, or of a fragment of it."""
    return text_key(f"{url}#{fragment}" if fragment else url)


def third_party_key(rule: str, role: Role, target: Target, *, blocked: bool) -> int:
    """The key of a finding that is reported once for all pages.

    It stands for a host that pages embed from, and for mixed content also for what browsers do with it (`blocked`).
    For `mirror/unmirrored` it stands for one URL of the origin. The last bits are the rule, as an index of THIRD_PARTY.
    """
    subject = target.name if rule == Code.MIRROR_UNMIRRORED else urls.hostname(urls.authority(target.name))
    if rule == Code.MIRROR_UNMIRRORED and role not in EMBEDDED:
        subject += " linked"  # no URL has a space
    if rule == Code.ASSET_MIXED_CONTENT and blocked:
        subject += " blocked"  # a text that is not the name of a host
    return text_key(subject) & -4 | THIRD_PARTY.index(rule)


def rule_of_key(key: int) -> Code:
    """The rule of a `third_party_key`."""
    return THIRD_PARTY[key & 3]


def text_key(text: str) -> int:
    """The key of a text: its xxh3, 64 bits."""
    return digest(text.encode("utf-8", "surrogatepass"))


def column(code: str, numbers: Collection[int]) -> bytes:
    """Numbers as the bytes of an array; most pages have none of most."""
    return array(code, numbers).tobytes() if numbers else b""
