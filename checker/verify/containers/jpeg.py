"""JPEG: segment after segment and scan after scan, to EOI. ITU-T T.81, annex B."""

from __future__ import annotations

import re
from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("image/jpeg",)
SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"),)

_SEGMENT = Struct(">BBH")
_FRAME = Struct(">BHHB")
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in a scan: no stuffed byte, no restart, no fill byte
_OTHER = re.compile(rb"[^\xff]")
_EOI, _SOS = 0xD9, 0xDA
_SEGMENTS = frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA))  # with a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def walk(data: memoryview) -> Flaw | None:
    """Follow the markers."""
    size, at, framed, scanned = len(data), 2, False, False
    segment = _SEGMENT.unpack_from
    while at + 4 <= size:
        lead, marker, length = segment(data, at)
        if lead != 0xFF:
            return undecodable(f"no JPEG marker at byte {at}: {lead:#04x}")
        if marker in _SEGMENTS:
            end = at + 2 + length
            if length < 2:
                return undecodable(f"the segment {marker:#04x} at byte {at} is shorter than its own length")
            if end > size:
                return cut(f"the segment {marker:#04x}", at, end - at, size)
            if marker == _SOS:
                if not framed:
                    return undecodable(f"the scan at byte {at} comes before any frame header")
                scanned = True
                following = _MARKER.search(data, end)
                if following is None:
                    return truncated(f"the scan at byte {at} goes on to the last byte ({size}), without EOI")
                end = following.start()
            elif marker in _FRAMES:
                framed = True
                if flaw := _frame(data, at, end):
                    return flaw
            at = end
        elif marker == 0xFF:  # fill bytes
            filled = _OTHER.search(data, at)
            at = filled.start() - 1 if filled else size
        elif marker == _EOI:
            break
        else:
            return undecodable(f"no JPEG marker at byte {at}: 0xff {marker:#04x}")
    if bytes(data[at : at + 2]) != b"\xff\xd9":
        return truncated(f"the JPEG ends at byte {size}, without EOI")
    return None if scanned else undecodable(f"the JPEG ends at byte {at} without any scan, so without pixels")


def _frame(data: memoryview, at: int, end: int) -> Flaw | None:
    if end - at < 10:
        return undecodable(f"the frame header at byte {at} is too short")
    precision, _, width, components = _FRAME.unpack_from(data, at + 4)
    if end - at != 10 + 3 * components or not width or not components or not 2 <= precision <= 16:
        return undecodable(f"the frame header at byte {at} makes no sense: {components} components of {precision} bits")
    return None
