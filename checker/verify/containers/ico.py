"""ICO and CUR: every picture of the directory, a PNG or the rows of a bitmap."""

from __future__ import annotations

from struct import Struct

from checker.verify.containers import bmp, png
from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("image/x-icon",)
SIGNATURES = (
    (b"\0\0\1\0", "image/x-icon"),
    (b"\0\0\2\0", "image/x-icon"),
)

_COUNT = Struct("<HHH")
_ENTRY = Struct("<8xII")
_DIB = Struct("<IiiHH")


def walk(data: memoryview) -> Flaw | None:
    """Follow the directory."""
    size = len(data)
    if size < 6:
        return cut("the directory", 0, 6, size)
    count = _COUNT.unpack_from(data, 0)[2]
    if not count:
        return undecodable("the directory names no picture")
    if 6 + 16 * count > size:
        return cut("the directory", 0, 6 + 16 * count, size)
    left = size  # pictures that share their bytes are not read again and again
    for length, offset in _ENTRY.iter_unpack(data[6 : 6 + 16 * count]):
        if offset + length > size:
            return cut("a picture", offset, length, size)
        if offset < 6 + 16 * count or length < 16:
            return undecodable(f"{length} bytes at byte {offset} are too few for a picture, or part of the directory")
        left -= length
        flaw = _picture(data[offset : offset + length], offset) if left >= 0 else None
        if flaw:
            return flaw
    return None


def _picture(data: memoryview, offset: int) -> Flaw | None:
    if bytes(data[:8]) == png.SIGNATURE:
        flaw = png.walk(data)
        return flaw and Flaw(flaw.rule, f"in the picture at byte {offset}: {flaw.message}")
    header, width, height, _, bits = _DIB.unpack_from(data, 0)
    if header not in bmp.HEADERS:
        return undecodable(f"the picture at byte {offset} is neither a PNG nor a bitmap")
    # the height counts the mask as well, which some writers leave out
    if header >= 40 and header + bmp.row(width, bits) * (height // 2) > len(data):
        return truncated(f"the picture at byte {offset} has fewer than its {height // 2} rows in {len(data)} bytes")
    return None
