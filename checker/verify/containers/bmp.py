"""BMP: the pixels that its header announces."""

from __future__ import annotations

from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, undecodable

TYPES = ("image/bmp",)
BEGINNINGS = ((b"BM", "image/bmp"),)

HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # how long an information header can be
_PLAIN = frozenset({0, 3, 6})  # compressions under which a row has a fixed length
_FILE = Struct("<2sIHHII")
_CORE = Struct("<HHHH")
_INFO = Struct("<iiHHII")


def walk(data: memoryview) -> Flaw | None:
    """Compare the length of the rows with that of the file."""
    size = len(data)
    if size < 26:
        return cut("the header", 0, 26, size)
    _, _, _, _, pixels, header = _FILE.unpack_from(data, 0)
    if header not in HEADERS:
        return undecodable(f"no BMP has a header of {header} bytes")
    if 14 + header > size:
        return cut("the header", 14, header, size)
    if header <= 16:
        width, height, planes, bits = _CORE.unpack_from(data, 18)
        compression = length = 0
    else:
        width, height, planes, bits, compression, length = _INFO.unpack_from(data, 18)
    if width <= 0 or not height or planes != 1 or bits not in {0, 1, 2, 4, 8, 16, 24, 32, 64}:
        return undecodable(f"the header claims {width} x {height} pixels of {bits} bits")
    if pixels < 14 + header:
        return undecodable(f"the pixels would begin at byte {pixels}, inside the header")
    if compression in _PLAIN:
        length = row(width, bits) * abs(height)
    return cut("the rows of pixels", pixels, length, size) if pixels + length > size else None


def row(width: int, bits: int) -> int:
    """The bytes of a row, which is padded to a multiple of four."""
    return (width * bits + 31) // 32 * 4
