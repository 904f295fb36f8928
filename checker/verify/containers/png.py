"""PNG and APNG: every chunk and its CRC, to IEND. https://www.w3.org/TR/png-3/"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TYPES = ("image/png",)
SIGNATURES = ((SIGNATURE, "image/png"),)

_CHUNK = Struct(">I4s")
_CRC = Struct(">I")
_IHDR = Struct(">IIBB")
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}  # bits allowed for a colour type


def walk(data: memoryview) -> Flaw | None:
    """Follow the chunks."""
    size, at, pixels = len(data), 8, False
    if size >= 33 and (flaw := _header(data)):
        return flaw
    chunk, crc = _CHUNK.unpack_from, _CRC.unpack_from
    while at + 12 <= size:
        length, kind = chunk(data, at)
        end = at + length + 12
        if not kind.isalpha():
            return undecodable(f"no PNG chunk begins at byte {at}: {kind!r}")
        if end > size:
            return cut(f"the chunk {kind.decode()}", at, length + 12, size)
        if crc32(data[at + 4 : end - 4]) != crc(data, end - 4)[0]:
            return undecodable(f"the chunk {kind.decode()} at byte {at} does not match its CRC")
        if kind == b"IEND":
            return None if pixels else undecodable(f"the PNG ends at byte {at} without any IDAT, so without pixels")
        if kind == b"IDAT":
            pixels = True
        at = end
    if at < size:
        return cut("the chunk", at, 12, size)
    return truncated(f"the PNG ends at byte {size}, between two chunks, without IEND")


def _header(data: memoryview) -> Flaw | None:
    length, kind = _CHUNK.unpack_from(data, 8)
    if kind != b"IHDR" or length != 13:
        return undecodable(f"the PNG begins with {kind!r} of {length} bytes instead of IHDR")
    width, height, depth, colour = _IHDR.unpack_from(data, 16)
    if not width or not height or depth not in _DEPTHS.get(colour, ()):
        return undecodable(f"IHDR claims {width} x {height} pixels of {depth} bits, colour type {colour}")
    return None
