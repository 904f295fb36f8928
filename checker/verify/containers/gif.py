"""GIF: block after block, to the trailer. https://www.w3.org/Graphics/GIF/spec-gif89a.txt"""

from __future__ import annotations

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("image/gif",)
SIGNATURES = (
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_STRIDE = 64 * 256


def walk(data: memoryview) -> Flaw | None:
    """Follow the blocks."""
    size = len(data)
    if size < 13:
        return cut("the screen descriptor", 0, 13, size)
    at, images = 13 + _palette(data[10]), 0
    while at < size:
        kind = data[at]
        if kind == _TRAILER:
            return None if images else undecodable(f"the GIF ends at byte {at} without any image")
        start = at
        if kind == _IMAGE:
            if at + 11 > size:
                return cut("the image descriptor", at, 11, size)
            at += 10 + _palette(data[at + 9])
            if at < size and not 1 <= data[at] <= 11:
                return undecodable(f"the image at byte {start} has a code size of {data[at]} bits")
            at += 1
            images += 1
        elif kind == _EXTENSION:
            at += 2
        else:
            return undecodable(f"no GIF block begins at byte {at}: {kind:#04x}")
        while at < size and (length := data[at]):
            at += length + 1
            if length == 255:  # encoders fill every block except the last: skip many at a time
                run = data[at : at + _STRIDE : 256].tobytes()
                at += 256 * (len(run) - len(run.lstrip(b"\xff")))
        if at >= size:
            return truncated(f"the block at byte {start} goes on after the last byte ({size})")
        at += 1
    return truncated(f"the GIF ends at byte {size}, without its trailer")


def _palette(flags: int) -> int:
    """The bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
