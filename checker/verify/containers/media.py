"""Media types: by the first bytes, by the name, and those that a role accepts."""

from __future__ import annotations

import re

from checker.kinds import MEDIA_TYPES
from checker.roles import ACCEPTS
from checker.verify.containers import bmp, mp3
from checker.verify.containers.registry import BEGINNINGS, SIGNATURES

HEAD = 1024  # bytes that settle a type

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
        for signature, other in (*SIGNATURES, *BEGINNINGS)
        if other == media
    )


def strong(media: str) -> bool:
    """Whether the signature alone is proof."""
    return media not in _WEAK
