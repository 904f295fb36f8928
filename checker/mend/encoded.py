"""Edits of a page's text, made in its bytes: all else stays as it is, whatever its charset, line ends and marks."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from checker.extract import charset
from checker.mend.page import Edit, applied
from checker.model import Kind

_PYTHON = {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "gbk": "gb18030", "x-user-defined": ""}
_COUNTED = frozenset({"utf-8", "utf-16-le", "utf-16-be"})  # whose bytes can be counted from the text


def rewritten(data: bytes, decoded: charset.Decoded, kind: Kind, edits: Sequence[Edit]) -> bytes | None:
    """A page's bytes with its edits; None if its charset cannot tell where they are, or cannot write them."""
    codec = _codec(decoded.encoding)
    if decoded.damaged or codec is None:
        return None
    ends = _offsets(data, decoded.text, codec, [point for edit in edits for point in edit[:2]])
    parts: list[bytes] = []
    at = 0
    for edit, start, end in zip(edits, ends[::2], ends[1::2], strict=True):
        try:
            parts += data[at:start], codec.encode(edit.text)[0]
        except UnicodeError:
            return None
        at = end
    new = b"".join((*parts, data[at:]))
    return new if charset.decode(new, kind).text == applied(decoded.text, edits) else None


def _codec(encoding: str) -> codecs.CodecInfo | None:
    try:
        return codecs.lookup(_PYTHON.get(encoding, encoding))
    except LookupError:
        return None


def _offsets(data: bytes, text: str, codec: codecs.CodecInfo, points: Sequence[int]) -> list[int]:
    """The offsets in bytes of ascending offsets in code points."""
    found: list[int] = []
    if codec.name in _COUNTED:
        byte, at = next((len(mark) for mark, _ in charset.MARKS if data.startswith(mark)), 0), 0
        for point in points:
            byte += len(codec.encode(text[at:point])[0])
            at = point
            found.append(byte)
        return found
    reader, byte, done = codec.incrementaldecoder("replace"), 0, 0
    for point in points:
        while done < point and byte < len(data):
            done += len(reader.decode(data[byte : byte + 1]))
            byte += 1
        found.append(byte)
    return found
