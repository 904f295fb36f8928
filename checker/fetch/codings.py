"""The content codings of a body, undone as browsers undo them: RFC 9110 section 8.4.

A coding that browsers do not know is passed through, and `deflate` is read with the header of zlib and without. The
checksum behind a body is not looked at: browsers show a page without one, or with a wrong one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_GZIP = frozenset({"gzip", "x-gzip"})
_DEFLATE = "deflate"
_UNASKED = frozenset({"br", "zstd", "dcb", "dcz", "compress", "x-compress"})  # browsers, or some, undo them: we do not
_MOST = 4  # codings on top of each other
_HEADER = 131_072  # bytes of the header of a coding
_BETWEEN = 1_048_576  # bytes of a piece between two codings: what is packed twice hardly shrinks the second time


class Decoder:
    """Undoes the codings of one body, piece by piece."""

    def __init__(self, fields: Iterable[str]) -> None:
        """`fields`: the values of all `Content-Encoding`."""
        names = [name.strip().lower() for field in fields for name in field.split(",")]
        self.unasked = next((name for name in names if name in _UNASKED), "")  # one that we cannot undo
        known = [name for name in names if name in _GZIP or name == _DEFLATE]
        self._layers = [] if self.unasked else [_Layer(name) for name in reversed(known[:_MOST])]

    def decode(self, block: bytes, most: int) -> bytes:
        """The next piece, without its codings, and of what it brings at most so many bytes. Raises zlib.error."""
        for left, layer in enumerate(self._layers, 1 - len(self._layers)):
            block = layer.decode(block, _BETWEEN if left else most)
        return block

    @property
    def ended(self) -> bool:
        """Whether all codings came to their end."""
        return all(layer.ended for layer in self._layers)


class _Layer:
    """One coding: a header, which is not kept, and the data."""

    def __init__(self, name: str) -> None:
        self._header = _gzip_header if name in _GZIP else _zlib_header
        self._begin = b""  # what came, until it holds the header
        self._inflate: zlib._Decompress | None = None

    def decode(self, block: bytes, most: int) -> bytes:
        if self._inflate is None:
            self._begin += block
            length = self._header(self._begin)
            if length is None or length >= len(self._begin):
                if len(self._begin) > _HEADER:
                    raise zlib.error("the header does not end")
                return b""
            block, self._begin = self._begin[length:], b""
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        return b"" if self._inflate.eof else self._inflate.decompress(block, most)

    @property
    def ended(self) -> bool:
        return self._inflate is not None and self._inflate.eof


def _gzip_header(data: bytes) -> int | None:
    """The length of the header of gzip, RFC 1952 section 2.3; None if it goes on. Raises zlib.error."""
    if data[:3] != b"\x1f\x8b\x08"[: len(data)]:
        raise zlib.error("no header of gzip")
    if len(data) < 12:
        return None
    flags, end = data[3], 10
    if flags & 4:  # FEXTRA
        end += 2 + data[10] + data[11] * 256
    for flag in (8, 16):  # FNAME, FCOMMENT
        if flags & flag:
            end = data.find(0, end) + 1
            if not end:
                return None
    return end + 2 if flags & 2 else end  # FHCRC


def _zlib_header(data: bytes) -> int | None:
    """The length of the header of zlib, RFC 1950 section 2.2, which some servers leave out; None if it goes on."""
    if data and (data[0] & 0x0F != 8 or data[0] >> 4 > 7):
        return 0
    if len(data) < 2:
        return None
    return 0 if (data[0] * 256 + data[1]) % 31 else 2
