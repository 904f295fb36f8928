"""From the bytes of a page to its text: by its byte order mark, else its declaration, else UTF-8, else detection.

Charsets are those of https://encoding.spec.whatwg.org/, where some labels mean another charset: `gb2312` is
GBK, `iso-8859-1` is windows-1252. A declaration is believed even if it is wrong, as browsers do; the places
that it damages are counted.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, NamedTuple

from checker.kinds import KINDS, Declared
from checker.model import Kind
from checker.web import encodings


class Decoded(NamedTuple):
    """A page's text, without its byte order mark."""

    text: str
    encoding: str  # the charset's WHATWG name, lower-case
    sure: bool  # by a mark or a declaration, or valid UTF-8; False if the charset had to be detected
    damaged: int = 0  # places that the charset cannot decode; each is U+FFFD in the text


_HEAD = 1024  # bytes in which a declaration is looked for
_OTHER = rb"[\s=\"']+(?!utf-?8[\"'\s/>;?])[^\s=\"'/>;?]"  # a name that is not UTF-8
_CHARSET, _ENCODING = re.compile(b"charset" + _OTHER), re.compile(b"encoding" + _OTHER)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))


def decode(data: bytes, kind: Kind, *, declared: str | None = None) -> Decoded:
    """Decode a page; `declared` is the charset that the transport names. Never raises."""
    head = data[:_HEAD]
    if declared is None and _may_be_utf8(head):  # nearly every page
        try:
            text = data.decode()
        except UnicodeDecodeError:
            pass
        else:
            if "\x1b" not in text:
                return Decoded(text, "utf-8", True)
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, sure=True)
    named = (declared and _charset(declared)) or _declared(head, kind)
    if named:
        return _decode(data, named, sure=True)
    return _undeclared(data)


# The bytes that https://mimesniff.spec.whatwg.org/#binary-data-byte does not call binary.
_TEXT = bytes(set(range(256)) - {*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)})
_RESOURCE_HEADER = 1445  # bytes, as in the same standard
_STRAY = 20  # a text may have odd bytes: fewer than one in so many


def is_text(data: bytes) -> bool:
    """Whether a page's first bytes are text in some charset: not a picture, an archive, a compressed page."""
    head = data[:_RESOURCE_HEADER]
    if len(head.translate(None, _TEXT)) * _STRAY <= len(head):
        return not head.startswith(b"%PDF-")
    return head.startswith((b"\xfe\xff", b"\xff\xfe")) or _utf_16(head) is not None


def _may_be_utf8(head: bytes) -> bool:
    """Whether nothing in the first bytes speaks against UTF-8 without a byte order mark."""
    if b"\0" in head or head.startswith(b"\xef\xbb\xbf"):
        return False
    low = head.lower()
    return not ((b"charset" in low and _CHARSET.search(low)) or (b"encoding" in low and _ENCODING.search(low)))


def codec(encoding: str) -> str:
    """The Python codec for queries on a page in this charset, as browsers encode them: UTF-8 for UTF-16."""
    known = None if encoding == "utf-8" else _lookup(encoding)
    if known is None or encoding.startswith(("utf", "x-user")):
        return "utf-8"
    return str(known.codec_info.name)


def _decode(data: bytes, encoding: str, *, sure: bool) -> Decoded:
    if encoding == "utf-8":
        text = data.decode("utf-8", "replace")
        own = data.count(b"\xef\xbf\xbd")
    else:
        info = _lookup("gb18030" if encoding == "gbk" else encoding).codec_info  # a superset, as in the standard
        if characters := encodings.one_byte(info.name):
            text = codecs.charmap_decode(data, "strict", characters)[0]
        elif info.name == "iso2022_jp":
            text = _shifted(data)
        else:
            text = _mapped(data, info.name)
        own = 0
    return Decoded(text, encoding, sure, text.count("\ufffd") - own)


def _mapped(data: bytes, name: str) -> str:
    text = data.decode(name, _AS_MAPPED)
    for wrong, right in encodings.misread(name):
        text = text.replace(wrong, right)
    return text


def _shifted(data: bytes) -> str:
    """ISO-2022-JP, whose escapes shift between sets: https://encoding.spec.whatwg.org/#iso-2022-jp-decoder"""
    parts: list[str] = []
    state = b"(B"
    for number, part in enumerate(_SHIFTS.split(data)):
        if number % 2:
            state = part
        elif state[:1] == b"$":  # as in EUC-JP, without the high bits
            parts.append(_mapped(bytes(byte ^ 0x80 for byte in part), "euc_jp"))
        elif state == b"(I":
            parts += [chr(byte + 0xFF40) if 0x21 <= byte <= 0x5F else "\ufffd" for byte in part]
        else:
            text = part.decode("ascii", "replace")
            parts.append(text.translate(_ROMAN) if state == b"(J" else text)
    return "".join(parts)


_SHIFTS = re.compile(rb"\x1b(\([BJI]|\$[@B])")
_ROMAN = {0x5C: "¥", 0x7E: "‾"}


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that only WHATWG's tables map; others become U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if found := encodings.read(error.encoding, error.object[error.start : error.start + 2]):
        return found[0], error.start + found[1]
    return "\ufffd", error.end


_AS_MAPPED = "mirrorcheck.mapped"
codecs.register_error(_AS_MAPPED, _replace)


# --- what the page declares ---------------------------------------------------------------------------------


def _charset(label: str) -> str | None:
    """The charset that a label names; None for unknown labels and for charsets that browsers refuse."""
    known = _lookup(label)
    return None if known is None or known.name == "replacement" else known.name


def load() -> None:
    """Load the table of labels before it is needed."""
    _lookup("utf-8")


def _lookup(label: str) -> Any:
    from webencodings import lookup  # type: ignore[import-untyped]

    return lookup(label)


def _declared(head: bytes, kind: Kind) -> str | None:
    return next(filter(None, (_DECLARATIONS[place](head) for place in KINDS[kind].declares)), None)


_AT_CHARSET = re.compile(rb'@charset "([^"]*)";')
_XML = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_MARKUP = re.compile(rb"<!(?=--).*?-->|<(/?)([a-z][^\s/>]*)|<[!/?][^>]*>", re.I | re.S)
_ATTRIBUTE = re.compile(rb"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*+)?))?""")
_CONTENT = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"'][^\s;]*))""", re.I)


def _xml(head: bytes) -> str | None:
    match = _XML.match(head)
    return _self_declared(match[1]) if match else None


def _at_charset(head: bytes) -> str | None:
    match = _AT_CHARSET.match(head)
    return _self_declared(match[1]) if match else None


def _self_declared(label: bytes) -> str | None:
    """The charset that a page declares for itself. It is not UTF-16, or the declaration could not be read."""
    name = _charset(label.decode("latin-1"))
    return {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}.get(name or "", name)


def _prescan(head: bytes) -> str | None:
    """The charset of the first `<meta>` that names one."""
    at = 0
    while (match := _MARKUP.search(head, at)) and match.end() > at:
        at = match.end()
        name = match[2]
        if name is None:
            continue
        attributes: dict[bytes, bytes] = {}
        while (attribute := _ATTRIBUTE.match(head, at)) and attribute.end() > at:
            at = attribute.end()
            value = attribute[2] or attribute[3] or attribute[4] or b""
            attributes.setdefault(attribute[1].lower(), value)
        if name.lower() == b"meta" and not match[1]:
            label = attributes.get(b"charset")
            if label is None and attributes.get(b"http-equiv", b"").lower() == b"content-type":
                content = _CONTENT.search(attributes.get(b"content", b""))
                label = content and next(group for group in content.groups() if group is not None)
            if label and (charset := _self_declared(label)):
                return charset
    return None


_DECLARATIONS = {Declared.META: _prescan, Declared.XML: _xml, Declared.AT_CHARSET: _at_charset}


# --- detection ----------------------------------------------------------------------------------------------

_ENOUGH = 3  # bytes beyond ASCII; with fewer, windows-1252 is assumed, as in browsers
_READ = 1 << 16  # bytes that the detector reads
# The detector's name of each charset, and WHATWG's.
_DETECTED = {
    "gb18030": "gbk",
    "big5hkscs": "big5",
    "cp932": "shift_jis",
    "euc-jp": "euc-jp",
    "euc_jis_2004": "euc-jp",
    "cp949": "euc-kr",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "cp1257": "windows-1257",
    "cp1258": "windows-1258",
    "cp874": "windows-874",
    "cp866": "ibm866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "iso8859-2": "iso-8859-2",
    "iso8859-5": "iso-8859-5",
    "iso8859-7": "iso-8859-7",
}


def _undeclared(data: bytes) -> Decoded:
    if b"\0" in data[:_HEAD]:
        order = _utf_16(data[:_HEAD])
        if order:
            return _decode(data, order, sure=False)
    utf8 = _decode(data, "utf-8", sure=True)
    if not utf8.damaged and b"\x1b$" in data:
        japanese = _decode(data, "iso-2022-jp", sure=False)
        return utf8 if japanese.damaged else japanese
    high = data.translate(None, _ASCII)
    # Text in another charset is hardly ever valid UTF-8, not even in part: this is UTF-8 with some bad bytes.
    if not utf8.damaged or utf8.damaged * 8 < len(high):
        return utf8
    if len(high) < _ENOUGH:
        return _decode(data, "windows-1252", sure=False)
    from chardet import detect

    start = max(next(at for at, byte in enumerate(data) if byte > 0x7F) - _HEAD, 0)
    found = detect(
        data[start : start + _READ],
        compat_names=False,
        include_encodings=_DETECTED,
        no_match_encoding="cp1252",
    )
    name = found["encoding"] or "cp1252"
    return _decode(data, _DETECTED.get(name, "windows-1252"), sure=False)


_ASCII = bytes(range(0x80))


def _utf_16(head: bytes) -> str | None:
    """The name of UTF-16 without a byte order mark, or None. Its ASCII has NULs, and markup always holds ASCII."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 8 * even and odd * 10 > len(head):
        return "utf-16le"
    return "utf-16be" if even > 8 * odd and even * 10 > len(head) else None
