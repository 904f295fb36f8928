"""RIFF: the chunks of WebP, WAV and AVI, and of the 64-bit forms RF64 and BW64."""

from __future__ import annotations

from struct import Struct

from checker.verify.containers.flaw import Flaw, cut, truncated, undecodable

TYPES = (
    "image/webp",
    "video/x-msvideo",
    "audio/wav",
)
BEGINNINGS = (
    (b"RIFF", "image/webp"),
    (b"RIFF", "audio/wav"),
    (b"RIFF", "video/x-msvideo"),
)

_CHUNK = Struct("<4sI")
_FORM = Struct("<4sI4s")
_OPEN = 0xFFFFFFFF  # a length that was not known when it was written, or that stands in the chunk ds64
_NEEDED = {b"WEBP": {b"VP8 ", b"VP8L", b"ANMF"}, b"WAVE": {b"data"}, b"AVI ": {b"LIST"}}  # one of them
_SLACK = 8  # some writers count the head of the file as its content


def walk(data: memoryview) -> Flaw | None:
    """Follow the chunks of each form. An AVI has a form for every gigabyte."""
    size, at = len(data), 0
    while size - at >= 12:
        head, length, form = _FORM.unpack_from(data, at)
        if head not in {b"RIFF", b"RF64", b"BW64"}:
            break  # bytes after the last form do no harm
        end = size if length in {0, _OPEN} else at + 8 + length
        flaw = _form(data, at, end, form)
        if flaw:
            return flaw
        at = end + (end & 1)
    return None if at else cut("the RIFF header", 0, 12, size)


def _form(data: memoryview, start: int, end: int, form: bytes) -> Flaw | None:
    size, at, found = len(data), start + 12, False
    name, needed = form.decode("latin-1").strip(), _NEEDED.get(form)
    if form == b"WEBP" and end > size:
        return cut("the WEBP", start, end - start, size)
    while at + 8 <= min(size, end):
        kind, length = _CHUNK.unpack_from(data, at)
        if not kind.isascii() or not kind[:1].isalnum():
            if found and form != b"WEBP":
                break  # bytes that fill up the form
            return undecodable(f"no {name} chunk begins at byte {at}: {kind!r}")
        found = found or (needed is not None and kind in needed)
        if kind == b"data" and length in {0, _OPEN}:
            at = size
            break
        if at + 8 + length > size:
            return cut(f"the chunk {kind.decode()}", at, 8 + length, size)
        if flaw := _frame(data, at, kind, length) if form == b"WEBP" else None:
            return flaw
        at += 8 + length + (length & 1)
    if end > size and (at < size or end - size > _SLACK):
        return cut(f"the {name}", start, end - start, size)
    if needed and not found:
        wanted = " or ".join(sorted(kind.decode().strip() for kind in needed))
        return truncated(f"the {name} ends at byte {min(end, size)}, without {wanted}")
    return None


def _frame(data: memoryview, at: int, kind: bytes, length: int) -> Flaw | None:
    """The start codes of WebP's two kinds of frame. RFC 6386, section 9.1; RFC 9649, section 2."""
    if (kind == b"VP8 " and (length < 10 or bytes(data[at + 11 : at + 14]) != b"\x9d\x01\x2a")) or (
        kind == b"VP8L" and (length < 5 or data[at + 8] != 0x2F)
    ):
        return undecodable(f"the frame at byte {at} has no start code")
    return None
