"""An answer's head as browsers read it: what a strict parser would refuse, and browsers forgive, is put in order.

https://www.rfc-editor.org/rfc/rfc9112#section-6.3, and what Chromium does: a line that is no field is skipped, a length
beside chunks or written twice alike is none or one, a coding of the transfer that is not `chunked` is none.
"""

from __future__ import annotations

import re

END = re.compile(rb"\r?\n\r?\n")
START = b"HTTP/"
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_CLEAN = re.compile(rb"HTTP/1\.[01] \d{3}(?: [^\r\n]*)?\r\n(?:" + _TOKEN + rb":[^\r\n]*\r\n)*\r\n")
_STATUS = re.compile(rb"HTTP/(\d+(?:\.\d+)?)[ \t]+(\d{3}(?![^ \t])[^\r\n]*)", re.I)
_FIELD = re.compile(rb"(" + _TOKEN + rb")[ \t]*:[ \t]*(.*)", re.S)
_LENGTH, _TRANSFER = b"content-length", b"transfer-encoding"


def is_begun(data: bytes | bytearray) -> bool:
    """Whether data may be the begin of a head."""
    return START.startswith(data[: len(START)].upper())


def forgiven(head: bytes) -> bytes:
    """A head, with the empty line at its end, as a strict parser takes it."""
    framed = head.lower()
    if _CLEAN.fullmatch(head) and _TRANSFER not in framed and framed.count(_LENGTH) < 2 and b"length: \r" not in framed:
        return head
    first, *lines = re.split(rb"\r?\n", END.sub(b"", head))
    status = _STATUS.fullmatch(first)
    if status is None:
        return head
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and fields:  # folded: RFC 9112 section 5.2
            fields[-1] = fields[-1][0], fields[-1][1] + b" " + line.strip()
        elif field := _FIELD.fullmatch(line):
            fields.append((field[1], field[2].strip()))
    chunked = any(name.lower() == _TRANSFER and b"chunked" in value.lower() for name, value in fields)
    lengths = {part.strip() for name, value in fields if name.lower() == _LENGTH for part in value.split(b",")} - {b""}
    kept = [(name, value) for name, value in fields if name.lower() not in {_LENGTH, _TRANSFER}]
    if chunked:
        kept.append((b"Transfer-Encoding", b"chunked"))
        if lengths:  # who is wrong of its own lengths is not asked again on the same connection
            kept = [(name, value) for name, value in kept if name.lower() != b"connection"]
            kept.append((b"Connection", b"close"))
    else:
        kept += ((b"Content-Length", length) for length in sorted(lengths))  # two of them are refused
    version = b"1.0" if status[1] in {b"1", b"1.0"} else b"1.1"
    text = b"".join(name + b": " + value + b"\r\n" for name, value in kept)
    return START + version + b" " + status[2] + b"\r\n" + text + b"\r\n"
