"""Finds files of a mirror that hold the same bytes. Only files of the same size are read."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from checker.sources.base import Source
from checker.sweep import executor
from checker.verify.fixity.digests import Sums
from checker.verify.fixity.seal import hashed
from checker.words import counted


class Duplicate(NamedTuple):
    """Files that hold the same bytes, sorted by name."""

    names: tuple[str, ...]
    size: int  # bytes, of each

    @property
    def message(self) -> str:
        """The message of the finding."""
        others = len(self.names) - 1
        more = f" and {others - 1:,} more" if others > 1 else ""
        return f"{self.names[1]}{more} hold the same bytes: {counted(others * self.size, 'byte')} could be saved"


async def duplicates(running: executor.Engine, index: Source) -> list[Duplicate]:
    """Each group of files that hold the same bytes. Empty files, and hard links to one file, are left out."""
    sizes = {name: size for name, size in index.sizes(index.files).items() if size}
    shared = {size for size, count in Counter(sizes.values()).items() if count > 1}
    names = [name for name, size in sizes.items() if size in shared]
    now = Sums(index.size, "sha256")
    await hashed(running, index, names, now)
    groups: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for name in names:
        digest = now.get(index.files[name])
        if digest is not None:
            groups[sizes[name], digest].append(name)
    return [Duplicate(tuple(group), size) for (size, _), group in groups.items() if len(group) > 1]
