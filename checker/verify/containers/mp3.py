"""MP3: frame after frame between the tags, as many as its own index counts. ISO/IEC 11172-3 and 13818-3"""

from __future__ import annotations

import re
from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("audio/mpeg",)
BEGINNINGS = (
    (b"ID3", "audio/mpeg"),
    (b"\xff", "audio/mpeg"),
)

_LAYER_II = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)  # kbit/s by index
_LAYER_III = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_HALVED = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG 2 and 2.5, either layer
_FREQUENCIES = (44100, 48000, 32000)  # of MPEG 1; MPEG 2 has a half, MPEG 2.5 a quarter
_SYNC = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x10-\xef]")
_INDEX = re.compile(rb"(?:Xing|Info)\0\0\0[\x01\x03\x05\x07\x09\x0b\x0d\x0f]|VBRI")
_TAIL = re.compile(rb"TAG|APETAGEX|LYRICSBEGIN|ID3|3DI")
_COUNT = Struct(">I")


def _lengths() -> dict[int, tuple[int, int]]:
    """The length of a frame without and with padding, by the bits of its header that settle it."""
    lengths = {}
    for version, divisor in ((3, 1), (2, 2), (0, 4)):
        for layer, rates in ((2, _LAYER_II), (1, _LAYER_III)):
            for rate, kilobits in enumerate(rates if version == 3 else _HALVED):
                for index, frequency in enumerate(_FREQUENCIES if kilobits else ()):
                    samples = 576 if layer == 1 and version != 3 else 1152
                    length = samples // 8 * kilobits * 1000 // (frequency // divisor)
                    lengths[version << 11 | layer << 9 | rate << 4 | index << 2] = (length, length + 1)
    return lengths


_SETTLING = 0x1EFC  # version, layer, rate and frequency in the second and third byte of a header
_LENGTHS = _lengths()


def walk(data: memoryview) -> Flaw | None:
    """Follow the frames."""
    size, at = len(data), skip_id3(data)
    if at > size:
        return cut("the ID3 tag", 0, at, size)
    if at == size:
        return truncated(f"the file ends at byte {size}, after its tag, without any sound")
    start = at if at + 4 <= size and _length(data, at) else _next(data, at)
    if start is None:
        return undecodable(f"no frame of sound begins at or after byte {at}")
    frames, at = 0, start
    while at + 4 <= size:
        length = _length(data, at)
        if not length:
            following = None if _TAIL.match(data, at) else _next(data, at)
            if following is None:
                break
            at = following
            continue
        if at + length > size:
            return cut("the frame", at, length, size)
        frames += 1
        at += length
    if at < size < at + 4 and data[at] == 0xFF:
        return cut("the frame", at, 4, size)
    counted = _counted(data, start)
    if counted is not None and frames < counted:
        return truncated(f"{frames} of {counted} frames follow the index at byte {start}; the last ends at byte {at}")
    return None


def skip_id3(data: memoryview) -> int:
    """The offset of the sound, after any ID3 tags."""
    at = 0
    while bytes(data[at : at + 3]) == b"ID3" and at + 10 <= len(data):
        sizes = data[at + 6 : at + 10]
        length = sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3]
        at += 20 + length if data[at + 5] & 0x10 else 10 + length
    return at


def begins(head: bytes) -> bool:
    """Whether the first bytes begin a frame."""
    return len(head) >= 4 and _length(head, 0) > 0


def _length(data: memoryview | bytes, at: int) -> int:
    """The length of the frame whose header stands at `at`, 0 if none does."""
    if data[at] != 0xFF or data[at + 1] < 0xE0:
        return 0
    bits = data[at + 1] << 8 | data[at + 2]
    lengths = _LENGTHS.get(bits & _SETTLING)
    return lengths[bits >> 1 & 1] if lengths else 0


def _next(data: memoryview, at: int) -> int | None:
    """The next frame that another one, or the end of the file, follows."""
    size = len(data)
    for match in _SYNC.finditer(data, at):
        start = match.start()
        length = _length(data, start)
        if length and (start + length == size or (start + length + 4 <= size and _length(data, start + length))):
            return start
    return None


def _counted(data: memoryview, at: int) -> int | None:
    """The number of frames that the index in the first frame states; None if it has no index."""
    index = _INDEX.search(data, at, at + 64)
    if index is None:
        return None
    count = _COUNT.unpack_from(data, index.start() + (14 if index[0] == b"VBRI" else 8))[0]
    return int(count)
