"""WOFF 2: the directory, and the one compressed block that it describes. https://www.w3.org/TR/WOFF2/"""

from __future__ import annotations

from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, undecodable
from checker.words import counted

TYPES = ("font/woff2",)
SIGNATURES = ((b"wOF2", "font/woff2"),)

_HEAD = Struct(">4sIIHHIIHHIIIII")
_GLYF, _LOCA = 10, 11  # in the table of known tags
_OWN = 63  # the tag is spelled out


def walk(data: memoryview) -> Flaw | None:
    """Follow the directory, and add up what must come after it."""
    size = len(data)
    if size < 48:
        return cut("the header", 0, 48, size)
    _, flavour, length, count, _, _, packed, _, _, meta, metas, _, private, privates = _HEAD.unpack_from(data, 0)
    if length > size:
        return cut("the font", 0, length, size)
    if not count or not packed or flavour not in {0x00010000, 0x4F54544F, 0x74727565, 0x74746366}:
        return undecodable(f"the header announces {counted(count, 'table')} in {packed} bytes, version {flavour:#010x}")
    at = 48
    for _ in range(count):
        flags = data[at]
        at += 5 if flags & 63 == _OWN else 1
        at = _after(data, at)
        transformed = flags >> 6 != 3 if flags & 63 in {_GLYF, _LOCA} else flags >> 6 != 0
        if transformed:
            at = _after(data, at)
    if flavour != 0x74746366 and at + packed > length:
        return undecodable(f"the tables, {packed} bytes at byte {at}, do not fit the font's {length} bytes")
    for part, start, needs in (("metadata", meta, metas), ("private data", private, privates)):
        if start + needs > length:
            return undecodable(f"the {part}, {needs} bytes at byte {start}, do not fit the font's {length} bytes")
    return None


def _after(data: memoryview, at: int) -> int:
    """The offset after a number of up to five bytes."""
    for end in range(at, at + 5):
        if data[end] < 0x80:
            return end + 1
    raise IndexError(at)
