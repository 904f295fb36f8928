"""Ogg: every page, its number and its CRC, to the end of every stream. RFC 3533"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("application/ogg",)
SIGNATURES = ((b"OggS", "application/ogg"),)

_PAGE = Struct("<4sBBqIIIB")
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_OPEN, _CLOSED = 0x02, 0x04  # the first and the last page of a stream
_STREAMS = 1000


def walk(data: memoryview) -> Flaw | None:
    """Follow the pages."""
    size, at = len(data), 0
    streams: dict[int, int] = {}  # the number that the next page of each open stream must have
    while at < size:
        if bytes(data[at : at + 4]) != b"OggS":
            if at and not streams:
                break  # bytes after the last stream do no harm
            return undecodable(f"no Ogg page begins at byte {at}") if size - at >= 4 else cut("the page", at, 27, size)
        if at + 27 > size:
            return cut("the page", at, 27, size)
        _, _, flags, _, serial, number, claimed, segments = _PAGE.unpack_from(data, at)
        head = at + 27 + segments
        end = head + sum(data[at + 27 : head])
        if head > size or end > size:
            return cut("the page", at, end - at, size)
        if _crc(data, at, end) != claimed:
            return undecodable(f"the page at byte {at} does not match its CRC")
        if not flags & _OPEN and streams.get(serial) != number:
            return undecodable(f"pages of stream {serial:#x} are missing before byte {at}")
        streams[serial] = number + 1
        if flags & _CLOSED:
            del streams[serial]
        if len(streams) > _STREAMS:
            return undecodable(f"more than {_STREAMS} streams at a time at byte {at}")
        at = end
    if streams:
        count = f"{len(streams)} stream{'s' * (len(streams) != 1)}"
        return truncated(f"the file ends at byte {size}, before the last page of {count}")
    return None


def _crc(data: memoryview, at: int, end: int) -> int:
    """Ogg's CRC: that of zlib with the bits of each byte mirrored; the CRC's own field counts as zero."""
    page = data[at : at + 22].tobytes() + b"\0\0\0\0" + data[at + 26 : end].tobytes()
    mirrored = crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
