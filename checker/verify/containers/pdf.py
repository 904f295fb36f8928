"""PDF: the trailer, and the place of the table that it names. ISO 32000-1, section 7.5"""

from __future__ import annotations

import re

from checker.verify.containers.flaw import Flaw, truncated, undecodable

TYPES = ("application/pdf",)
SIGNATURES = ((b"%PDF-", "application/pdf"),)

_WINDOW = 1 << 16
_LINEAR = re.compile(rb"/Linearized\s[^>]{0,500}?/L\s+(\d{1,15})")
_OBJECT = re.compile(rb"\d{1,10}\s+\d{1,5}\s+obj\b")
_START = re.compile(rb"startxref\s+(\d{1,15})\s*(?:%[^\r\n]*\s+)*\Z")


def walk(data: memoryview) -> Flaw | None:
    """Look at the end, as a reader does."""
    size = len(data)
    linear = _LINEAR.search(data, 0, 2048)
    if linear and int(linear[1]) > size:
        return truncated(f"the file says that it has {int(linear[1])} bytes, and ends after {size}")
    first = max(size - _WINDOW, 0)
    tail = data[first:].tobytes()
    end = tail.rfind(b"%%EOF")
    if end < 0 or _OBJECT.search(tail, end):
        return truncated(f"the file ends at byte {size} without %%EOF")
    start = _START.search(tail, max(end - 100, 0), end)
    if start is None:
        return undecodable(f"no startxref stands before %%EOF at byte {first + end}")
    at = int(start[1])
    if at >= first + end:
        return truncated(f"startxref names byte {at}, and the file ends after {size}")
    return None
