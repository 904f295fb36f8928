"""EBML: the elements of WebM and Matroska, with their CRCs where they have any. RFC 8794, RFC 9559"""

from __future__ import annotations

from zlib import crc32

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("video/webm",)
SIGNATURES = ((b"\x1a\x45\xdf\xa3", "video/webm"),)

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_TRACKS, _CRC = 0x1654AE6B, 0xBF
_NEEDED = {_SEGMENT, _TRACKS, _CLUSTER}


def walk(data: memoryview) -> Flaw | None:
    """Follow the elements of the segment; those of a cluster only if the cluster does not state its length."""
    size, at = len(data), 0
    seen: set[int] = set()
    while at < size:
        start = at
        identifier, at = _number(data, at, marked=True)
        length, at = _number(data, at)
        if not identifier or length < -1:
            if seen >= _NEEDED:
                return None  # bytes after the segment do no harm
            return undecodable(f"no EBML element begins at byte {start}")
        if start == 0 and identifier != _EBML:
            return undecodable("the file does not begin with an EBML header")
        if identifier in _NEEDED:
            seen.add(identifier)
        if length == -1:  # unknown: the elements that follow are inside
            if identifier not in {_SEGMENT, _CLUSTER}:
                return undecodable(f"the element {identifier:X} at byte {start} has no length")
            continue
        if at + length > size:
            return cut(f"the element {identifier:X}", start, at + length - start, size)
        if identifier == _SEGMENT:
            continue
        if flaw := _checked(data, start, at, at + length):
            return flaw
        at += length
    if not seen >= _NEEDED:
        return truncated(f"the file ends at byte {size}, without any cluster of frames")
    return None


def _number(data: memoryview, at: int, *, marked: bool = False) -> tuple[int, int]:
    """A number of variable length, and the offset after it; -1 means "unknown", -2 that there is no number."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > (4 if marked else 8):
        return (0 if marked else -2), at + 1
    value = int.from_bytes(data[at : at + length], "big")
    if at + length > len(data):
        raise IndexError(at)
    if not marked:
        value &= (1 << 7 * length) - 1
        if value == (1 << 7 * length) - 1:
            value = -1
    return value, at + length


def _checked(data: memoryview, start: int, at: int, end: int) -> Flaw | None:
    """Compare the CRC, if the element begins with one."""
    if end - at >= 6 and data[at] == _CRC and data[at + 1] == 0x84:
        claimed = int.from_bytes(data[at + 2 : at + 6], "little")
        if crc32(data[at + 6 : end]) != claimed:
            return undecodable(f"the element at byte {start} does not match its CRC")
    return None
