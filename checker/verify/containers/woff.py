"""WOFF 1: the tables of the directory, each unpacked. https://www.w3.org/TR/WOFF/"""

from __future__ import annotations

import zlib
from struct import Struct

from checker.verify.containers import gzip
from checker.verify.containers.flaw import Flaw, cut, undecodable
from checker.words import counted

TYPES = ("font/woff",)
SIGNATURES = ((b"wOFF", "font/woff"),)

_HEAD = Struct(">8xIH")
_TABLE = Struct(">4sIII4x")


def walk(data: memoryview) -> Flaw | None:
    """Follow the directory; no table may be larger than it says, or be part of another."""
    size = len(data)
    if size < 44:
        return cut("the header", 0, 44, size)
    length, count = _HEAD.unpack_from(data, 0)
    if length > size:
        return cut("the font", 0, length, size)
    if not count or 44 + 20 * count > size:
        return undecodable(f"the header announces {counted(count, 'table')} in {size} bytes")
    left, room = gzip.budget(size), size
    for tag, offset, packed, whole in _TABLE.iter_unpack(data[44 : 44 + 20 * count]):
        name, end = tag.decode("latin-1"), offset + packed
        if end > size:
            return cut(f"the table {name}", offset, packed, size)
        room -= packed
        if packed > whole or room < 0:
            return undecodable(f"the table {name} at byte {offset} is larger than it says, or overlaps others")
        if packed < whole <= left:
            try:
                packed_end, missing = gzip.unpack(data, offset, end, 15, whole)
            except zlib.error as error:
                return undecodable(f"the table {name} at byte {offset} cannot be unpacked: {error}")
            if packed_end is None or missing:
                return undecodable(f"the table {name} at byte {offset} does not unpack to its {whole} bytes")
            left -= whole
    return None
