"""The content codings of a body, undone as browsers undo them: RFC 9110 section 8.4.

A coding that browsers do not know is passed through, and `deflate` is read with the header of zlib and without.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_GZIP = frozenset({"gzip", "x-gzip"})
_DEFLATE = "deflate"
_UNASKED = frozenset({"br", "zstd", "dcb", "dcz", "compress", "x-compress"})  # browsers, or some, undo them: we do not
_MOST = 4  # codings on top of each other
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
    """One coding."""

    def __init__(self, name: str) -> None:
        self._wrapped = zlib.MAX_WBITS | 16 if name in _GZIP else zlib.MAX_WBITS
        self._inflate: zlib._Decompress | None = None
        self._may_be_raw = name == _DEFLATE

    def decode(self, block: bytes, most: int) -> bytes:
        if not block:
            return b""
        if self._inflate is None:
            raw = self._may_be_raw and not _is_zlib(block)
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS if raw else self._wrapped)
        return b"" if self._inflate.eof else self._inflate.decompress(block, most)

    @property
    def ended(self) -> bool:
        return self._inflate is None or self._inflate.eof


def _is_zlib(block: bytes) -> bool:
    """Whether a body begins with a header of zlib, RFC 1950 section 2.2; its second byte may not be there yet."""
    if block[0] & 0x0F != 8 or block[0] >> 4 > 7:
        return False
    return len(block) < 2 or (block[0] * 256 + block[1]) % 31 == 0
