"""An answer's head as browsers read it: what a strict parser would refuse, and browsers forgive, is put in order.

https://www.rfc-editor.org/rfc/rfc9112#section-6.3, and what Chromium does: a line that is no field is skipped, a length
beside chunks or written twice alike is none or one, what is no number is no length, a coding of the transfer that is
not `chunked` is none, and a line without a status says 200.
"""

from __future__ import annotations

import re

END = re.compile(rb"\r?\n\r?\n")
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_CLEAN = re.compile(rb"HTTP/1\.[01] [2-9]\d\d(?: [^\r\n]*)?\r\n(?:" + _TOKEN + rb":[^\r\n]*\r\n)*\r\n")
_JUNK = 4  # bytes that may come before the first line
_STATUS = re.compile(rb"[^\r\n]{0,4}?HTTP(?:/(\d+(?:\.\d+)?))?[^ ]*(?: +(\d*)(.*))?", re.I | re.S)
_FIELD = re.compile(rb"(" + _TOKEN + rb")[ \t]*:[ \t]*(.*)", re.S)
_LENGTH, _TRANSFER = b"content-length", b"transfer-encoding"
_NUMBER = re.compile(rb"\d{1,18}")
_STATED = re.compile(rb"\ncontent-length:[ \t]*+\d{1,18}[ \t]*+\r")


def is_begun(data: bytes | bytearray) -> bool:
    """Whether data may be the begin of a head."""
    first = data[: _JUNK + 4].upper()
    return any(b"HTTP".startswith(first[at : at + 4]) for at in range(_JUNK + 1))


def forgiven(head: bytes) -> bytes:
    """A head, with the empty line at its end, as a strict parser takes it."""
    framed = head.lower()
    if _CLEAN.fullmatch(head) and _TRANSFER not in framed:
        lengths = framed.count(_LENGTH)
        if not lengths or (lengths == 1 and _STATED.search(framed)):
            return head
    first, *lines = re.split(rb"\r?\n", END.sub(b"", head))
    status = _STATUS.fullmatch(first)
    code = (status[2] or b"200") if status else b""
    if status is None or len(code) != 3:
        return head
    if code.startswith(b"1") and code != b"101":  # the answer follows, and only its fields are about the connection
        return b"HTTP/1.1 " + code + b"\r\n\r\n"
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and fields:  # folded: RFC 9112 section 5.2
            fields[-1] = fields[-1][0], fields[-1][1] + b" " + line.strip()
        elif field := _FIELD.fullmatch(line):
            fields.append((field[1], field[2].strip().replace(b"\r", b" ")))
    codings = {
        part.strip().lower() for name, value in fields if name.lower() == _TRANSFER for part in value.split(b",")
    }
    stated = {part.strip() for name, value in fields if name.lower() == _LENGTH for part in value.split(b",")} - {b""}
    kept = [(name, value) for name, value in fields if name.lower() not in {_LENGTH, _TRANSFER}]
    if b"chunked" in codings:
        kept.append((b"Transfer-Encoding", b"chunked"))
        if stated:  # who is wrong of its own lengths is not asked again on the same connection
            kept = [(name, value) for name, value in kept if name.lower() != b"connection"]
            kept.append((b"Connection", b"close"))
    elif len(stated) > 1 or all(map(_NUMBER.fullmatch, stated)):  # two of them are refused
        kept += ((b"Content-Length", length) for length in sorted(stated))
    version = b"1.0" if status[1] in {None, b"1", b"1.0"} else b"1.1"
    text = b"".join(name + b": " + value + b"\r\n" for name, value in kept)
    reason = (status[3] or b"").strip()
    return b" ".join((b"HTTP/" + version, code, *([reason] if reason else ()))) + b"\r\n" + text + b"\r\n"
