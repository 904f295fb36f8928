"""TrueType and OpenType fonts and their collections: the tables of the directory. ISO/IEC 14496-22"""

from __future__ import annotations

from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable
from checker.words import counted

TYPES = ("font/sfnt",)
SIGNATURES = (
    (b"\0\1\0\0", "font/sfnt"),
    (b"OTTO\0", "font/sfnt"),
    (b"true\0", "font/sfnt"),
    (b"ttcf\0", "font/sfnt"),
)

_HEAD = Struct(">4sH6x")
_TABLE = Struct(">4s4xII")
_NUMBER = Struct(">I")
_NEEDED = frozenset({b"cmap", b"head", b"maxp"})
_VERSIONS = frozenset({b"\0\1\0\0", b"OTTO", b"true", b"typ1"})


def walk(data: memoryview) -> Flaw | None:
    """Follow the directory, or those of all fonts of a collection."""
    size = len(data)
    if size < 12:
        return cut("the directory", 0, 12, size)
    if bytes(data[:4]) != b"ttcf":
        return _font(data, 0)
    count = _NUMBER.unpack_from(data, 8)[0]
    if 12 + 4 * count > size:
        return cut("the list of fonts", 12, 4 * count, size)
    left = size  # directories that overlap are not read again and again
    for (at,) in _NUMBER.iter_unpack(data[12 : 12 + 4 * count]):
        if at + 12 > size:
            return cut("the directory", at, 12, size)
        left -= 12 + 16 * _HEAD.unpack_from(data, at)[1]
        flaw = _font(data, at) if left >= 0 else undecodable("the directories of the fonts overlap")
        if flaw:
            return flaw
    return None if count else truncated("the collection has no font")


def _font(data: memoryview, at: int) -> Flaw | None:
    size = len(data)
    version, count = _HEAD.unpack_from(data, at)
    if version not in _VERSIONS or not count:
        return undecodable(f"no directory begins at byte {at}: version {version!r}, {counted(count, 'table')}")
    end = at + 12 + 16 * count
    if end > size:
        return cut("the directory", at, end - at, size)
    missing = set(_NEEDED)
    for tag, offset, length in _TABLE.iter_unpack(data[at + 12 : end]):
        if offset + length > size:
            return cut(f"the table {tag.decode('latin-1')}", offset, length, size)
        if tag == b"head" and (length < 54 or bytes(data[offset + 12 : offset + 16]) != b"\x5f\x0f\x3c\xf5"):
            return undecodable(f"the table head at byte {offset} lacks its magic number")
        missing.discard(tag)
    if missing:
        return undecodable(f"the font lacks the tables {', '.join(sorted(tag.decode() for tag in missing))}")
    return None
