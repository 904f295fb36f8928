"""Files of a mirror that hold the same bytes. Only those of the same size are read."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import NamedTuple

from checker.sources.folder import Index
from checker.sweep import executor
from checker.verify.fixity.digests import Sums
from checker.verify.fixity.seal import hashed


class Duplicate(NamedTuple):
    """Files that hold the same, in the order of names."""

    names: tuple[str, ...]
    size: int  # bytes, of each

    @property
    def message(self) -> str:
        """For a person."""
        others = len(self.names) - 1
        more = f" and {others - 1:,} more" if others > 1 else ""
        return f"{self.names[1]}{more} hold the same: {others * self.size:,} bytes to save"


async def duplicates(running: executor.Engine, index: Index) -> list[Duplicate]:
    """Each group of files that hold the same, once. Empty files, and hard links to one file, save nothing."""
    sizes = _sizes(index)
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


def _sizes(index: Index) -> dict[str, int]:
    """Bytes of each file that has any, in the order of names."""
    sizes: dict[str, int] = {}
    linked: set[tuple[int, int]] = set()
    for name in index.files:
        try:
            status = os.stat(index.path(name), follow_symlinks=False)  # noqa: PTH116 - the paths are strings
        except OSError:
            continue
        if status.st_nlink > 1:
            file = status.st_dev, status.st_ino
            if file in linked:
                continue
            linked.add(file)
        if status.st_size:
            sizes[name] = status.st_size
    return sizes
