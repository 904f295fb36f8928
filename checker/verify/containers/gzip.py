"""gzip: each member is unpacked, and compared with the CRC and the length in its trailer. RFC 1952"""

from __future__ import annotations

import zlib

from checker.verify.containers.flaw import Flaw, truncated, undecodable

TYPES = ("application/gzip",)
SIGNATURES = ((b"\x1f\x8b\x08", "application/gzip"),)

_WINDOW = 1 << 16
_PIECE = 1 << 18


def walk(data: memoryview) -> Flaw | None:
    """Unpack, keeping nothing. Give up on a file that unpacks to far more than its size."""
    size, at, left = len(data), 0, budget(len(data))
    while bytes(data[at : at + 3]) == b"\x1f\x8b\x08":
        try:
            end, left = unpack(data, at, size, 31, left)
        except zlib.error as error:
            return undecodable(f"the gzip member at byte {at} cannot be unpacked: {error}")
        if left < 0:
            return None  # a bomb, or something very even: too much to unpack just for its trailer
        if end is None:
            return truncated(f"the file ends at byte {size}, inside the gzip member at byte {at}")
        at = end
    return None


def budget(size: int) -> int:
    """The bytes that `size` bytes may unpack to, so that the time stays linear."""
    return (1 << 24) + 64 * size


def unpack(data: memoryview, at: int, end: int, bits: int, left: int) -> tuple[int | None, int]:
    """The end of the compressed data, None if it does not end before `end`; and what is left of the budget."""
    stream = zlib.decompressobj(bits)
    while at < end:
        piece: memoryview | bytes = data[at : min(at + _WINDOW, end)]
        at += len(piece)
        while piece:
            left -= len(stream.decompress(piece, _PIECE))
            piece = stream.unconsumed_tail
            if left < 0:
                return None, left
        if stream.eof:
            return at - len(stream.unused_data), left
    return None, left
