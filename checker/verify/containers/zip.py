"""ZIP, and the formats that are built on it (EPUB, DOCX, ODT, JAR …): the directory and its members. APPNOTE 6.3"""

from __future__ import annotations

from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = ("application/zip",)
SIGNATURES = (
    (b"PK\3\4", "application/zip"),
    (b"PK\5\6", "application/zip"),
)

_END = Struct("<4sHHHHIIH")
_END64 = Struct("<4s20xQQQQ")
_LOCATOR = Struct("<4s4xQ")
_ENTRY = Struct("<4s16xI4xHHH8xI")
_LOCAL = Struct("<4s22xHH")
_COMMENT = 0xFFFF  # the longest


def walk(data: memoryview) -> Flaw | None:
    """Find the end record, then follow the directory."""
    size = len(data)
    first = max(size - _END.size - _COMMENT, 0)
    found = data[first:].tobytes().rfind(b"PK\5\6")
    if found < 0 or first + found + _END.size > size:
        return truncated(f"the file ends at byte {size} without the record that ends a ZIP's directory")
    end = first + found
    _, _, _, _, count, length, start, comment = _END.unpack_from(data, end)
    if end + _END.size + comment > size:
        return cut("the end record", end, _END.size + comment, size)
    if count == 0xFFFF or 0xFFFFFFFF in {length, start}:
        magic, record = _LOCATOR.unpack_from(data, end - 20) if end >= 20 else (b"", 0)
        if magic == b"PK\6\7" and bytes(data[record : record + 4]) == b"PK\6\6":
            _, _, count, length, start = _END64.unpack_from(data, record)
            end = record
    before = end - length - start  # bytes before the archive, such as a program that unpacks it
    if before < 0:
        return truncated(f"the directory needs {length} bytes at byte {start}, and ends at byte {end}")
    return _directory(data, start + before, end, count, before)


def _directory(data: memoryview, at: int, end: int, count: int, before: int) -> Flaw | None:
    for number in range(count):
        if at + _ENTRY.size > end:
            return undecodable(f"the directory lists {number} of {count} members")
        magic, packed, name, extra, comment, offset = _ENTRY.unpack_from(data, at)
        if magic != b"PK\1\2":
            return undecodable(f"no member is listed at byte {at}")
        if 0xFFFFFFFF not in {offset, packed}:
            local, names, extras = _LOCAL.unpack_from(data, offset + before)
            if local != b"PK\3\4":
                return undecodable(f"member {number + 1} does not begin at byte {offset + before}")
            if offset + before + _LOCAL.size + names + extras + packed > end:
                return cut(f"member {number + 1}", offset + before, _LOCAL.size + names + extras + packed, end)
        at += _ENTRY.size + name + extra + comment
    return None
