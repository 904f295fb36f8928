"""FLAC: the metadata, and the last frame, which must hold the last sample of those that it announces. RFC 9639"""

from __future__ import annotations

import re
from struct import Struct

from checker.verify.containers import mp3
from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("audio/flac",)
SIGNATURES = ((b"fLaC", "audio/flac"),)

_INFO = Struct(">IH2x3x3sQ")
_INFO_LENGTH = 34
_SYNC = re.compile(rb"\xff[\xf8\xf9][\x10-\xff]")
_LARGEST = 1 << 21  # bytes of the longest frame, if the metadata does not state them
_TRIES = 32


def walk(data: memoryview) -> Flaw | None:
    """Follow the metadata, then look from the end for the last frame."""
    size, at = len(data), mp3.skip_id3(data) + 4
    head, block, largest, packed = _INFO.unpack_from(data, at)
    if head & 0x7FFFFFFF != _INFO_LENGTH:
        return undecodable(f"the first metadata block, at byte {at}, is not STREAMINFO")
    last = False
    while not last:
        if at + 4 > size:
            return cut("the metadata block", at, 4, size)
        last, length = data[at] >= 0x80, int.from_bytes(data[at + 1 : at + 4], "big")
        if at + 4 + length > size:
            return cut("the metadata block", at, 4 + length, size)
        at += 4 + length
    return _sound(data, at, block, int.from_bytes(largest, "big") or _LARGEST, packed & (1 << 36) - 1)


def _sound(data: memoryview, at: int, block: int, largest: int, samples: int) -> Flaw | None:
    size = len(data)
    end = size - 128 if size > 128 and bytes(data[size - 128 : size - 125]) == b"TAG" else size  # a tag of ID3v1
    starts = [match.start() for match in _SYNC.finditer(data, max(at, end - largest), end)]
    tries = 0
    for start in reversed(starts):
        beyond = _samples(data, start, block)
        if beyond is None or (samples and beyond != samples):
            continue
        if not _remainder(int.from_bytes(data[start:end], "big")):
            return None
        tries += 1
        if tries == _TRIES:
            break
    if tries and samples:
        return truncated(f"the file ends at byte {end}, inside its last frame")
    return truncated(f"the file ends at byte {end}, before the frame with its last sample ({samples or 'unknown'})")


def _samples(data: memoryview, at: int, block: int) -> int | None:
    """The samples of the stream up to the end of the frame at `at`; None if no frame header stands there."""
    head = bytes(data[at : at + 16])
    length = 8 - (head[4] ^ 0xFF).bit_length() if len(head) == 16 else 8
    if head[3] & 1 or length == 1 or length > 7:
        return None
    number = head[4] & 0x7F >> length
    for byte in head[5 : 4 + (length or 1)]:
        number = number << 6 | byte & 0x3F
    end = 4 + (length or 1)
    code, rate = head[2] >> 4, head[2] & 15
    if code in {6, 7}:
        size = int.from_bytes(head[end : end + code - 5], "big") + 1
        end += code - 5
    else:
        size = 192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8
    end += {12: 1, 13: 2, 14: 2}.get(rate, 0)
    crc = 0
    for byte in head[:end]:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 & 0xFF ^ (7 if crc & 0x80 else 0)
    if end >= 16 or crc != head[end]:
        return None
    return (number if head[1] & 1 else number * block) + size


def _remainder(frame: int) -> int:
    """A frame with its CRC-16, as a polynomial modulo P = x^16 + x^15 + x^2 + 1: zero if they match.

    P squared has the same four terms at twice the power, and so on; large steps come first.
    """
    step = 1 << max(frame.bit_length() // 16, 1).bit_length()
    while step:
        while high := frame >> 16 * step:
            frame = frame & (1 << 16 * step) - 1 ^ high << 15 * step ^ high << 2 * step ^ high
        step >>= 1
    return frame
