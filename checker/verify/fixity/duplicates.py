"""Finds files of a mirror that hold the same bytes. Only files of the same size are read."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from typing import NamedTuple

from checker.sources.base import Source
from checker.sources.index import chosen
from checker.spill import Numbers, divided
from checker.sweep import executor
from checker.verify.fixity.digests import Sums
from checker.verify.fixity.seal import hashed
from checker.words import counted

_SHARE = 1 << 18  # digests that are counted at once


class Duplicate(NamedTuple):
    """Files that hold the same bytes: the first two by name, and how many there are."""

    name: str
    other: str
    number: int
    size: int  # bytes, of each

    @property
    def message(self) -> str:
        """The message of the finding."""
        more = f" and {self.number - 2:,} more" if self.number > 2 else ""
        saved = counted((self.number - 1) * self.size, "byte")
        return f"{self.other}{more} hold the same bytes: {saved} could be saved"


async def duplicates(running: executor.Engine, index: Source) -> list[Duplicate]:
    """Each group of files that hold the same bytes. Empty files, and hard links to one file, are left out."""
    sizes = array("Q", bytes(8 * index.size))  # by number; 0: left out
    for name, size in index.sizes(index.files):
        sizes[index.files[name]] = size
    shared = {size for size, count in Counter(sizes).items() if size and count > 1}
    names = chosen(index.files, lambda number: sizes[number] in shared)
    now = Sums(index.size, "sha256")
    await hashed(running, index, names, now)
    again = _again(now)
    groups: defaultdict[bytes, array[int]] = defaultdict(lambda: array("I"))  # places in `names`
    for place, name in enumerate(names):
        digest = now.get(index.files[name])
        if digest is not None and _key(digest) in again:
            groups[digest].append(place)
    return [
        Duplicate(names[group[0]], names[group[1]], len(group), sizes[index.files[names[group[0]]]])
        for group in groups.values()
        if len(group) > 1
    ]


def _again(now: Sums) -> set[int]:
    """The keys of digests that more than one file has."""
    keys = Numbers()
    for digest in now:
        keys.append(_key(digest))
    again: set[int] = set()
    for share in divided(keys, 1 << (len(keys) // _SHARE).bit_length()):
        again.update(key for key, count in Counter(share).items() if count > 1)
    return again


def _key(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "little")
