"""The assets of the mirror: each file that a page embeds, looked at once."""

from __future__ import annotations

import mmap
from collections.abc import Iterable

from checker.sweep import Context
from checker.verify.containers import Flaw, examine

_MAPPED = 1 << 20  # bytes from which a file is mapped into memory instead of read


def assets(context: Context, batch: Iterable[tuple[int, str, str]]) -> list[tuple[int, Flaw | None]]:
    """What is wrong with files of the mirror: (number, name, role) to (number, flaw)."""
    return [(number, _examine(context.mounts[0].names.path(name), name, role)) for number, name, role in batch]


def _examine(path: str, name: str, role: str) -> Flaw | None:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the hot path
            data = file.read(_MAPPED)
            if len(data) < _MAPPED:
                return examine(data, name, role)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                return examine(whole, name, role)
    except (OSError, ValueError) as error:
        return Flaw("local/unreadable", f"cannot be read: {getattr(error, 'strerror', None) or error}")
