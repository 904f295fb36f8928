"""The assets of the mirror: each file that a page embeds, looked at once."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable

from checker.rules.codes import Code
from checker.sweep.facts import Context
from checker.verify.containers import Flaw, examine

LOST = Flaw(Code.ASSET_UNDECODABLE, "nothing that looks at it survives it, or it takes minutes")
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_FIRST = 1 << 16  # bytes that most files have less of, and for which no memory is asked of the system
_MAPPED = 1 << 20  # bytes from which a file is mapped into memory instead of read


def assets(context: Context, batch: Iterable[tuple[int, str, str]], deep: bool) -> list[tuple[int, Flaw | None]]:
    """What is wrong with files of the mirror: (number, name, role) to (number, flaw); `deep`: pictures are decoded."""
    path = context.mounts[0].names.path
    return [(number, _examine(path(name), name, role, deep)) for number, name, role in batch]


def _examine(path: str, name: str, role: str, deep: bool) -> Flaw | None:
    try:
        file = os.open(path, _READ)  # the hot path: a file object costs as much as the system's own calls
        try:
            data = os.read(file, _FIRST)
            if len(data) == _FIRST:
                data += os.read(file, _MAPPED - _FIRST)
            if len(data) < _MAPPED:
                return _look(data, name, role, deep)
            with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as whole:
                return _look(whole, name, role, deep)
        finally:
            os.close(file)
    except (OSError, ValueError) as error:
        return Flaw(Code.LOCAL_UNREADABLE, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _look(data: bytes | mmap.mmap, name: str, role: str, deep: bool) -> Flaw | None:
    flaw = examine(data, name, role)
    if flaw is None and deep:
        from checker.verify import raster

        return raster.decode(data)
    return flaw
