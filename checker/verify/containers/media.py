"""Media types: by the first bytes, by the name, and those that a role accepts."""

from __future__ import annotations

import re

from checker.kinds import MEDIA_TYPES
from checker.roles import ACCEPTS
from checker.verify.containers import bmp, mp3

HEAD = 1024  # bytes that settle a type

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0\x08\0\0\0", "image/tiff"),
    (b"MM\0+\0\x08\0\0", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"\0\0\2\0", "image/x-icon"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"OggS", "application/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\0\1\0\0", "font/sfnt"),
    (b"OTTO\0", "font/sfnt"),
    (b"true\0", "font/sfnt"),
    (b"ttcf\0", "font/sfnt"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"%PDF-", "application/pdf"),
    (b"PK\3\4", "application/zip"),
    (b"PK\5\6", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\0asm\1\0\0\0", "application/wasm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_BEGINNINGS = (  # of types that the first bytes alone do not settle
    (b"RIFF", "image/webp"),
    (b"RIFF", "audio/wav"),
    (b"RIFF", "video/x-msvideo"),
    (b"BM", "image/bmp"),
    (b"\0\0\0", "video/mp4"),
    (b"\0\0\0", "image/avif"),
    (b"\0\0\0", "image/heic"),
    (b"ID3", "audio/mpeg"),
    (b"\xff", "audio/mpeg"),
)
_SETTLED = 18  # bytes
_BY_FIRST_BYTE: dict[int, list[tuple[bytes, str]]] = {}
for _signature, _media in SIGNATURES:
    _BY_FIRST_BYTE.setdefault(_signature[0], []).append((_signature, _media))
_FORMS = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_RIFF = frozenset({b"RIFF", b"RF64", b"BW64"})
_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"sidx", b"moof"})
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_WEAK = frozenset({"image/x-icon", "image/bmp", "font/sfnt", "audio/mpeg"})  # a few bytes that begin other files too

# Text that may stand before the first element of a page, and the elements that a page begins with.
_BETWEEN = rb"(?>(?:\s++|<!--(?s:(?>.*?-->)))*)"
_BLANK = rb"(?:\xef\xbb\xbf)?" + _BETWEEN + rb"(?:<\?xml\s[^>]*+>" + _BETWEEN + rb")?"
_HTML = re.compile(
    _BLANK + rb"(?i:<!doctype\s++html\b|<(?:html|head|body|title|meta|link|script|iframe|h[1-6]|div|p|center"
    rb"|table|br|font|pre|form|noscript)(?=[\s>/]))"
)
_SVG = re.compile(_BLANK + rb"(?:<!DOCTYPE\s++(?:[\w.-]++:)?svg\b|<(?:[\w.-]++:)?svg(?=[\s>/]))")
_FAULT = re.compile(_BLANK + rb"<Error\b[^>]*+>[^<]*+<Code>")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<\?xml\s")

TEXT = frozenset({"text/css", "text/javascript", "text/html", "application/xml", "application/json", "image/svg+xml"})


def sniff(head: bytes) -> str:
    """The media type by signature, "" if unknown. All ISO films are video/mp4, Matroska is video/webm."""
    for signature, media in _BY_FIRST_BYTE.get(head[0], ()) if head else ():
        if head.startswith(signature) and head[4:8] != b"ftyp":
            return media
    kind = head[4:8]
    if kind == b"ftyp":
        return _brand(head)
    if kind in _BOXES:
        return "video/mp4"
    if head[:4] in _RIFF:
        return _FORMS.get(head[8:12], "")
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in bmp.HEADERS:
        return "image/bmp"
    if mp3.begins(head):
        return "audio/mpeg"
    return markup(head)


def _brand(head: bytes) -> str:
    brands = head[8 : min(int.from_bytes(head[:4], "big"), len(head))]
    major = brands[:4]
    if major in {b"avif", b"avis"}:
        return "image/avif"
    if major in _HEIC:
        return "image/avif" if b"avif" in brands else "image/heic"
    return "video/mp4"


def markup(head: bytes) -> str:
    """The media type of a file that begins with a tag, "" if unknown."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    if _HTML.match(head):
        return "text/html"
    if _SVG.match(head):
        return "image/svg+xml"
    return "application/xml" if _XML.match(head) or _FAULT.match(head) else ""


def fault(head: bytes) -> bool:
    """Whether this is the error document of an object store."""
    return _FAULT.match(head) is not None


def named(name: str) -> str:
    """The media type that a file's name promises, "" if none; a query that a copy keeps in the name does not count."""
    dot = name.rfind(".")
    if dot > 0 and "?" not in name and (known := MEDIA_TYPES.get(name[dot:])):
        return known
    stem, dots, extension = name[name.rfind("/") + 1 :].partition("?")[0].lower().rpartition(".")
    suffix = dots + extension
    if suffix == ".map":  # of a script or a style sheet; there are others
        return "application/json" if stem.endswith((".js", ".css", ".mjs")) else ""
    return MEDIA_TYPES.get(suffix) or MEDIA_TYPES.get(suffix.partition("@")[0], "") if stem else ""


def fits(media: str, role: str) -> bool:
    """Whether an asset of this type can do for the role."""
    return role not in ACCEPTS or media.startswith(ACCEPTS[role])


def begun(head: bytes, media: str) -> bool:
    """Whether a file ends inside a signature of the type."""
    return any(
        len(head) < max(len(signature), _SETTLED) and head.startswith(signature[: len(head)])
        for signature, other in (*SIGNATURES, *_BEGINNINGS)
        if other == media
    )


def strong(media: str) -> bool:
    """Whether the signature alone is proof."""
    return media not in _WEAK
