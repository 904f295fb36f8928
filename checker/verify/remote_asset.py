"""Flaws of remote assets, found in their first bytes, their stated lengths and the header fields of the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from checker.fetch import BROKEN_OFF, GARBLED, UNENDING, Request, Response, media_of
from checker.model import Role
from checker.roles import ASKS, PICTURES
from checker.rules.codes import Code
from checker.verify import containers
from checker.verify.containers import Flaw, iso
from checker.verify.containers.flaw import truncated, undecodable
from checker.words import counted

FIRST = 65_536  # bytes that are requested: a smaller file is walked to its end
_FIRST = {"media": 4_096}  # films and sounds are larger, and a few bytes tell what they are
_NAMES = {
    "stylesheet": "a.css",
    "script": "a.js",
    "manifest": "a.webmanifest",
}  # a URL's name may not fit
_ZEROS = bytes(16)
_RANGE = re.compile(r"bytes 0-(\d{1,18})/(?:(\d{1,18})|\*)", re.I)
# https://mimesniff.spec.whatwg.org/#javascript-mime-type
_SCRIPTS = re.compile(
    r"(?:application|text)/(?:x-)?(?:java|ecma)script|text/(?:javascript1\.[0-5]|jscript|livescript)", re.I
)
_NO_SCRIPTS = ("image/", "audio/", "video/", "text/csv")
# https://fetch.spec.whatwg.org/#orb-algorithm
_KEPT_BACK = re.compile(r"text/(?:html|plain|xml|json)|application/(?:json|xml)|[^;]+\+(?:json|xml)")


class Received(NamedTuple):
    """How much of an asset was received."""

    whole: bool
    total: int | None  # bytes that the server has; None if it does not say


def first_bytes(url: str, role: str) -> Request:
    """A request for the first bytes, uncompressed: half of a compressed body could not be read."""
    size = _FIRST.get(role, FIRST)
    ranged = ("Range", f"bytes=0-{size - 1}"), ("Accept-Encoding", "identity")
    return Request(url, "GET", size, headers=(*_accept(role), *ranged))


def whole(url: str, role: str, limit: int) -> Request:
    """A request for the whole asset, if it is needed or if the server does not support ranges."""
    return Request(url, "GET", limit, headers=_accept(role))


def _accept(role: str) -> tuple[tuple[str, str], ...]:
    """As browsers ask, so that we are given what they are."""
    return (("Accept", ASKS.get(role, "*/*")),)


def received(response: Response) -> Received | None:
    """How much of an asset an answer contains; None if it is not the requested range.

    https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
    """
    headers, size = response.headers, len(response.body)
    coded = headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}
    if response.status == 416:
        return None
    if response.status != 206:
        length = headers.get("Content-Length", "")
        promised = int(length[:18]) if not coded and length.isascii() and length.isdigit() else None
        return Received(response.whole, size if response.whole else promised)
    match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None or coded or (response.whole and size != int(match[1]) + 1):
        return None
    total = int(match[2]) if match[2] else None
    return Received(response.whole and total == size, total)


def more(response: Response, limit: int) -> bool:
    """Whether a part of the asset is still to be received, and the whole is not larger than a limit."""
    got = received(response)
    return got is not None and not got.whole and len(response.body) < (got.total or limit) <= limit


def is_whole(response: Response) -> bool:
    """Whether an asset was received whole."""
    got = received(response)
    return got is not None and got.whole and not response.fault


def picture_hash(response: Response) -> int:
    """A hash of the first bytes and of the number of all bytes. Pictures with the same hash are the same."""
    got = received(response)
    return xxh3_64_intdigest(response.body, seed=(got and got.total) or 0)


def look(response: Response, role: str) -> Flaw | None:
    """The flaw of an asset that is embedded in a role, if the answer shows one."""
    got = received(response)
    if got is None or response.status in {204, 205}:  # trackers answer without a body
        return None
    if response.fault:
        return _broken(response, got, role)
    if role == "image" and media_of(response.headers)[0] == "multipart/x-mixed-replace":  # motion JPEG
        return None
    flaw = _looked(response, role, got)
    if flaw is not None and role == "media" and media_of(response.headers)[0].endswith("+xml"):
        return None  # a list of streams
    return flaw or _sent(response, role)


def _looked(response: Response, role: str, got: Received) -> Flaw | None:
    if response.body.startswith(_ZEROS):
        return undecodable("the file begins with zero bytes")
    if got.whole:
        return containers.examine(response.body, _NAMES.get(role, ""), role)
    promised = _promised(response.body)
    if got.total is not None and promised > got.total:
        return truncated(f"its first bytes promise {promised} bytes, and the server has {got.total}")
    return containers.glance(response.body, _NAMES.get(role, ""), role)


def _broken(response: Response, got: Received, role: str) -> Flaw | None:
    came = len(response.body)
    if response.fault == BROKEN_OFF:
        part = f"{came} of {got.total} bytes" if got.total is not None else counted(came, "byte")
        return truncated(f"the connection ends after {part}")
    if response.fault == UNENDING and got.total is not None and role != "media":  # media may be endless on purpose
        return truncated(f"only {came} of {got.total} bytes come in time ([remote] timeout)")
    return undecodable(response.fault) if response.fault == GARBLED else None


def _promised(head: bytes) -> int:
    """The length in bytes that the first bytes state; 0 if they state none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return 8 + int.from_bytes(head[4:8], "little")
    if head[:4] in {b"wOFF", b"wOF2"}:
        return int.from_bytes(head[8:12], "big")
    return iso.reach(head) if head[4:8] == b"ftyp" else 0


def _sent(response: Response, role: str) -> Flaw | None:
    """The flaw that browsers refuse the asset because of the media type that the server sends."""
    media = media_of(response.headers)[0]
    strict = response.headers.get("X-Content-Type-Options", "").partition(",")[0].strip().lower() == "nosniff"
    sent = f"sent as {media[:80]}" if media else "sent without a type"
    if strict:
        sent += " with nosniff"
    refused = ""
    if role == "stylesheet" and media != "text/css" and (media or strict):
        refused = "browsers accept a style sheet of another host only as text/css"
    elif role == "script":
        if media.startswith(_NO_SCRIPTS) or (strict and not _SCRIPTS.fullmatch(media)):
            refused = "browsers do not run it"
    elif role in PICTURES and containers.media_of(response.body) == "image/svg+xml":
        refused = "browsers show SVG only as image/svg+xml" if media != "image/svg+xml" else ""
    elif (role in PICTURES or role == Role.MEDIA) and strict and _KEPT_BACK.fullmatch(media):
        refused = "browsers do not give it to pages of other hosts"
    return Flaw(Code.ASSET_WRONG_TYPE, f"{sent}: {refused}") if refused else None
