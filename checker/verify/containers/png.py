"""PNG and APNG: every chunk and its CRC, to IEND. https://www.w3.org/TR/png-3/"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK = Struct(">I4s")
_CRC = Struct(">I")
_IHDR = Struct(">IIBB")
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}  # bits allowed for a colour type


def walk(data: memoryview) -> Flaw | None:
    """Follow the chunks."""
    size, at, kind, pixels = len(data), 8, b"", False
    while at < size:
        if size - at < 12:
            return cut("the chunk", at, 12, size)
        first = at == 8
        length, kind = _CHUNK.unpack_from(data, at)
        if length > 0x7FFFFFFF or not kind.isalpha():
            return undecodable(f"no PNG chunk begins at byte {at}: {kind!r}")
        end = at + length + 12
        if end > size:
            return cut(f"the chunk {kind.decode()}", at, length + 12, size)
        if crc32(data[at + 4 : end - 4]) != _CRC.unpack_from(data, end - 4)[0]:
            return undecodable(f"the chunk {kind.decode()} at byte {at} does not match its CRC")
        if first and (flaw := _header(data, kind, length)):
            return flaw
        if kind == b"IEND":
            return None if pixels else undecodable(f"the PNG ends at byte {at} without any IDAT, so without pixels")
        pixels = pixels or kind == b"IDAT"
        at = end
    return truncated(f"the PNG ends at byte {size}, after {kind.decode() or 'its signature'}, without IEND")


def _header(data: memoryview, kind: bytes, length: int) -> Flaw | None:
    if kind != b"IHDR" or length != 13:
        return undecodable(f"the PNG begins with {kind.decode()} of {length} bytes instead of IHDR")
    width, height, depth, colour = _IHDR.unpack_from(data, 16)
    if not width or not height or depth not in _DEPTHS.get(colour, ()):
        return undecodable(f"IHDR claims {width} x {height} pixels of {depth} bits, colour type {colour}")
    return None
