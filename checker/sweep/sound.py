"""The assets that an earlier run found to be sound, with their stamps, in columns: all of them are compared at once."""

from __future__ import annotations

from array import array
from collections.abc import Sequence, Set

import msgspec

from checker.model import Role
from checker.sources.base import UNREAD, Source, Stamp

Asset = tuple[int, str, str]  # number, name, and the role in which a page embeds it

ROLE_NUMBERS = tuple(Role)
_NUMBER_OF = {str(role): number for number, role in enumerate(ROLE_NUMBERS)}

# The number of the role in which it was examined, its stamp then, and whether it was decoded
_Known = tuple[int, Stamp, bool]


class Sound(msgspec.Struct, array_like=True):
    """Assets without a flaw."""

    names: bytes = b""  # one after the other, with zeros between them
    roles: bytes = b""
    stamps: bytes = b""
    decoded: bytes = b""

    def doubted(
        self, source: Source, assets: Sequence[Asset], settled: int, *, every: bool, deep: bool
    ) -> tuple[list[Asset], Sound]:
        """The assets that changed or are not known to be sound, and the same as if they were. See PageCache.doubted.
        `settled`: what has a later time may change once more without another stamp.
        """
        names = [name for _, name, _ in assets]
        roles = bytes([_NUMBER_OF[role] for _, _, role in assets])
        now = source.stamped(names)
        if self._are(names, roles, now) and not (deep and 0 in self.decoded):
            return [], self
        known = self._by_name() if every else self._of(names)
        sound: dict[str, _Known] = {}
        doubted = []
        for at, asset in enumerate(assets):
            name, role, stamp = names[at], roles[at], (now[at * 3], now[at * 3 + 1], now[at * 3 + 2])
            before = known.get(name)
            stands = before is not None and before[:2] == (role, stamp) and (before[2] or not deep)
            if not stands:
                doubted.append(asset)
            if stamp != UNREAD and stamp[2] < settled:
                sound[name] = before if before is not None and stands else (role, stamp, deep)
        if every:
            return doubted, _packed(sound)
        return doubted, _packed(self._by_name() | sound) if doubted else self

    def without(self, names: Set[str]) -> Sound:
        """The same but for some assets."""
        known = self._by_name() if names else {}
        kept = {name: row for name, row in known.items() if name not in names}
        return self if len(kept) == len(known) else _packed(kept)

    def _are(self, names: Sequence[str], roles: bytes, stamps: array[int]) -> bool:
        return self.roles == roles and self.stamps == stamps.tobytes() and self.names == joined(names)

    def _of(self, names: Sequence[str]) -> dict[str, _Known]:
        """What is known of a few files."""
        places = dict(zip(split(self.names), range(len(self.roles)), strict=True))
        stamps = memoryview(self.stamps).cast("Q")
        found: dict[str, _Known] = {}
        for name in names:
            if (at := places.get(name)) is not None:
                size, modified, changed = stamps[at * 3 : at * 3 + 3]
                found[name] = self.roles[at], (size, modified, changed), bool(self.decoded[at])
        return found

    def _by_name(self) -> dict[str, _Known]:
        stamps = memoryview(self.stamps).cast("Q").tolist()
        rows = zip(stamps[::3], stamps[1::3], stamps[2::3], strict=True)
        return {
            name: (role, stamp, bool(decoded))
            for name, role, stamp, decoded in zip(split(self.names), self.roles, rows, self.decoded, strict=True)
        }


def _packed(known: dict[str, _Known]) -> Sound:
    stamps = array("Q", [number for _, stamp, _ in known.values() for number in stamp])
    roles, decoded = bytes([row[0] for row in known.values()]), bytes([row[2] for row in known.values()])
    return Sound(joined(known), roles, stamps.tobytes(), decoded)


def joined(names: Sequence[str] | dict[str, _Known]) -> bytes:
    """Names as the page cache keeps them."""
    return "\0".join(names).encode("utf-8", "surrogateescape")


def split(data: bytes) -> list[str]:
    """The reverse of `joined`."""
    return data.decode("utf-8", "surrogateescape").split("\0") if data else []
