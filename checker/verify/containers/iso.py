"""ISO base media: the boxes of MP4, QuickTime, AVIF and HEIC. ISO/IEC 14496-12"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, unpack

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = (
    "image/avif",
    "image/heic",
    "video/mp4",
)
BEGINNINGS = (
    (b"\0\0\0", "video/mp4"),
    (b"\0\0\0", "image/avif"),
    (b"\0\0\0", "image/heic"),
)

_BOX = Struct(">I4s")
_LONG = Struct(">Q")
_COUNT = Struct(">I")
_PATH = (b"trak", b"mdia", b"minf", b"stbl")  # from moov to the tables of chunks
_OUTER = frozenset(
    (b"ftyp styp pdin moov moof mfra mdat imda free skip wide meta meco sidx ssix prft emsg uuid udta pnot").split()
)
_KNOWN = frozenset({b"ftyp", b"moov", b"meta", b"mdat", b"moof", b"sidx", b"styp"})
_WIDTHS = {b"stco": 4, b"co64": 8}
_WINDOW = 1 << 16


def walk(data: memoryview) -> Flaw | None:
    """Follow the outer boxes, then look whether the file holds the places that the index names."""
    size, at = len(data), 0
    seen: dict[bytes, tuple[int, int]] = {}
    last = b""
    while at < size:
        if size - at < 8:
            if seen and not any(data[at:]):
                break  # a terminator of QuickTime
            return cut("the box", at, 8, size)
        length, kind = _BOX.unpack_from(data, at)
        head = 8
        if length == 1:
            if size - at < 16:
                return cut("the box", at, 16, size)
            length, head = _LONG.unpack_from(data, at + 8)[0], 16
        elif not length:
            length = size - at
        if length < head or not _named(kind):
            if b"moov" in seen or b"meta" in seen:
                break  # bytes after the last box do no harm
            return undecodable(f"no box begins at byte {at}: {kind!r} of {length} bytes")
        if at + length > size:
            if seen and kind not in _OUTER:
                break  # such bytes can look like a box by chance
            return cut(f"the box {kind.decode('latin-1')}", at, length, size)
        if kind not in {b"free", b"skip"}:
            last = kind
        if kind in _KNOWN:
            seen.setdefault(kind, (at + head, at + length))
        at += length
    return _whole(data, seen, last)


def reach(head: bytes) -> int:
    """The end of the last outer box whose head is among the first bytes of a file."""
    at = 0
    while at + 16 <= len(head):
        length, kind = _BOX.unpack_from(head, at)
        if length == 1:
            length = _LONG.unpack_from(head, at + 8)[0]
        if length < 8 or kind not in _OUTER:
            break
        at += length
    return at


def _whole(data: memoryview, seen: dict[bytes, tuple[int, int]], last: bytes) -> Flaw | None:
    size = len(data)
    if last == b"moof":
        return truncated(f"the file ends at byte {size}, after the head of a fragment, without its mdat")
    if b"moov" in seen:
        return _chunks(data, *seen[b"moov"])
    if b"meta" in seen:  # a picture: its pixels are in mdat, or small ones in meta itself
        start, end = seen[b"meta"]
        if b"mdat" in seen or any(kind == b"idat" for kind, _, _ in _boxes(data, start + 4, end)):
            return None
        return truncated(f"the file ends at byte {size}, without the box mdat, so without pixels")
    if b"moof" in seen or b"sidx" in seen or b"styp" in seen:
        return None  # a segment of a stream, whose moov is in another file
    return truncated(f"the file ends at byte {size}, without the box moov")


def _boxes(data: memoryview, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind, start and end of the content of each box in a box."""
    while at + 8 <= end:
        length, kind = _BOX.unpack_from(data, at)
        head = 8
        if length == 1 and at + 16 <= end:
            length, head = _LONG.unpack_from(data, at + 8)[0], 16
        if length < head or at + length > end:
            return
        yield kind, at + head, at + length
        at += length


def _chunks(data: memoryview, start: int, end: int, depth: int = 0) -> Flaw | None:
    """Whether the tables of chunks stay within the file."""
    size = len(data)
    for kind, inside, beyond in _boxes(data, start, end):
        if depth < len(_PATH):
            if kind == _PATH[depth] and (flaw := _chunks(data, inside, beyond, depth + 1)):
                return flaw
        elif width := _WIDTHS.get(kind):
            if beyond - inside < 8 or beyond - inside - 8 < width * (count := _COUNT.unpack_from(data, inside + 4)[0]):
                return undecodable(f"the table {kind.decode()} at byte {inside} is longer than its box")
            if count and (furthest := _furthest(data, inside + 8, count, width)) >= size:
                return truncated(f"the samples at byte {furthest} are beyond the end of the file ({size})")
    return None


def _furthest(data: memoryview, start: int, count: int, width: int) -> int:
    """The largest number of a table, which is read a window at a time."""
    end, largest = start + count * width, 0
    for at in range(start, end, _WINDOW):
        window = data[at : min(at + _WINDOW, end)]
        largest = max(largest, *unpack(f">{len(window) // width}{'I' if width == 4 else 'Q'}", window))
    return largest


def _named(kind: bytes) -> bool:
    return all(32 <= byte < 127 or byte == 0xA9 for byte in kind)
