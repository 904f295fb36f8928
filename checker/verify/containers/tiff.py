"""TIFF and BigTIFF: the chain of directories, their values, strips and tiles."""

from __future__ import annotations

from struct import Struct, unpack_from
from typing import NamedTuple

from checker.verify.containers.flaw import Flaw, cut, undecodable

TYPES = ("image/tiff",)
SIGNATURES = (
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0\x08\0\0\0", "image/tiff"),
    (b"MM\0+\0\x08\0\0", "image/tiff"),
)

_LENGTHS = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)  # bytes of a value, by type
_CODES = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # the types an offset or a length can have
_PIXELS = ((273, 279), (324, 325), (513, 514))  # offsets and lengths of strips, tiles, and an embedded JPEG
_TAGS = frozenset(tag for pair in _PIXELS for tag in pair)
_WINDOW = 4096


class _Values(NamedTuple):
    """Where the numbers of a tag stand."""

    code: str
    width: int
    start: int
    length: int

    def read(self, data: memoryview, first: int) -> tuple[int, ...]:
        """A window of them."""
        numbers = f"{self.code[0]}{min(_WINDOW, self.length - first)}{self.code[1]}"
        return unpack_from(numbers, data, self.start + first * self.width)


class _Layout(NamedTuple):
    """How a TIFF of 32 or of 64 bits writes its directories."""

    order: str
    number: Struct
    entry: Struct  # tag, type, count
    offset: Struct
    first: int  # where the offset of the first directory stands

    @property
    def room(self) -> int:
        """The bytes of an entry."""
        return self.entry.size + self.offset.size


def walk(data: memoryview) -> Flaw | None:
    """Follow the directories. Together they cannot be larger than the file."""
    size = len(data)
    order = "<" if data[0] == 0x49 else ">"
    big = Struct(order + "H").unpack_from(data, 2)[0] == 43
    layout = _Layout(
        order,
        number=Struct(order + ("Q" if big else "H")),
        entry=Struct(order + ("HHQ" if big else "HHI")),
        offset=Struct(order + ("Q" if big else "I")),
        first=8 if big else 4,
    )
    left = size
    at = layout.offset.unpack_from(data, layout.first)[0]
    if not at:
        return undecodable("the header names no directory")
    while at:
        if at + layout.number.size > size:
            return cut("the directory", at, layout.number.size, size)
        count = layout.number.unpack_from(data, at)[0]
        length = layout.number.size + count * layout.room + layout.offset.size
        if at + length > size:
            return cut("the directory", at, length, size)
        left -= length
        if left < 0:
            return undecodable(f"the directory at byte {at} is part of a loop, or overlaps others")
        values: dict[int, _Values] = {}
        for entry in range(at + layout.number.size, at + length - layout.offset.size, layout.room):
            if flaw := _entry(data, layout, entry, values):
                return flaw
        for offsets, lengths in _PIXELS:
            if offsets in values and lengths in values:
                left -= 2 * values[offsets].length
                flaw = _pixels(data, values[offsets], values[lengths]) if left >= 0 else None
                if flaw:
                    return flaw
        at = layout.offset.unpack_from(data, at + length - layout.offset.size)[0]
    return None


def _entry(data: memoryview, layout: _Layout, at: int, values: dict[int, _Values]) -> Flaw | None:
    tag, kind, count = layout.entry.unpack_from(data, at)
    length = count * (_LENGTHS[kind] if kind < len(_LENGTHS) else 0)
    start = at + layout.entry.size
    if length > layout.offset.size:
        start = layout.offset.unpack_from(data, start)[0]
        if start + length > len(data):
            return cut(f"the value of tag {tag}", start, length, len(data))
    if tag in _TAGS and kind in _CODES:
        values[tag] = _Values(layout.order + _CODES[kind], _LENGTHS[kind], start, count)
    return None


def _pixels(data: memoryview, offsets: _Values, lengths: _Values) -> Flaw | None:
    """Whether every strip or tile lies within the file."""
    size = len(data)
    for first in range(0, min(offsets.length, lengths.length), _WINDOW):
        for start, length in zip(offsets.read(data, first), lengths.read(data, first), strict=False):
            if start + length > size:
                return cut("a strip or tile of pixels", start, length, size)
    return None
