"""The assets of the mirror: each file that a page embeds is examined once."""

from __future__ import annotations

from collections.abc import Sequence
from mmap import mmap

from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sweep.facts import Context
from checker.verify.containers import Flaw, examine

LOST = Flaw(Code.ASSET_UNDECODABLE, "the process that examines it crashes, or takes minutes")


def assets(context: Context, batch: Sequence[tuple[int, str, str]], deep: bool) -> list[tuple[int, Flaw | None]]:
    """(number, flaw) for each file (number, name, role) of the mirror. `deep`: pictures are decoded."""
    source = context.source
    source.ahead(name for _, name, _ in batch)
    return [(number, _examine(source, name, role, deep)) for number, name, role in batch]


def _examine(source: Source, name: str, role: str, deep: bool) -> Flaw | None:
    try:
        data = source.whole(name)
        if isinstance(data, bytes):
            return _look(data, name, role, deep)
        with data:
            return _look(data, name, role, deep)
    except (OSError, ValueError) as error:
        return Flaw(Code.LOCAL_UNREADABLE, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _look(data: bytes | mmap, name: str, role: str, deep: bool) -> Flaw | None:
    flaw = examine(data, name, role)
    if flaw is None and deep:
        from checker.verify import raster

        return raster.decode(data)
    return flaw
