"""Whether a remote asset is what it claims to be, from its first bytes, its promised lengths and the way it is sent."""

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

FIRST = 65_536  # bytes that are asked for: what is no larger is walked to its end
_FIRST = {"media": 4_096}  # films and sounds are larger, and their first bytes say what they are
_NAMES = {"stylesheet": "a.css", "script": "a.js", "manifest": "a.webmanifest"}  # a URL's own name promises nothing
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
    """How much of an asset there is, and how much has come."""

    whole: bool
    total: int | None  # bytes that the server has; None where it does not say


def first_bytes(url: str, role: str) -> Request:
    """Asks for the beginning, as it is stored: half of a compressed body proves nothing."""
    size = _FIRST.get(role, FIRST)
    ranged = ("Range", f"bytes=0-{size - 1}"), ("Accept-Encoding", "identity")
    return Request(url, "GET", size, headers=(*_accept(role), *ranged))


def whole(url: str, role: str, limit: int) -> Request:
    """Asks for all, for servers that know no ranges and where all is wanted."""
    return Request(url, "GET", limit, headers=_accept(role))


def _accept(role: str) -> tuple[tuple[str, str], ...]:
    """As browsers ask, so that we are given what they are."""
    return (("Accept", ASKS[role]),) if role in ASKS else ()


def received(response: Response) -> Received | None:
    """What an answer brought; None for a range that is not the one asked for.

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
    """Whether there is more than has come, and no more than a limit."""
    got = received(response)
    return got is not None and not got.whole and len(response.body) < (got.total or limit) <= limit


def is_whole(response: Response) -> bool:
    """Whether all of an asset has come."""
    got = received(response)
    return got is not None and got.whole and not response.fault


def picture_hash(response: Response) -> int:
    """A hash by which two pictures are the same: of the first bytes, and of the number of all bytes."""
    got = received(response)
    return xxh3_64_intdigest(response.body, seed=(got and got.total) or 0)


def look(response: Response, role: str) -> Flaw | None:
    """The flaw of an asset that is embedded in a role, as far as an answer shows it."""
    got = received(response)
    if got is None or response.status in {204, 205}:  # a beacon's way to say that it heard
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
        of = f" of {got.total}" if got.total is not None else ""
        return truncated(f"the connection ends after {came}{of} bytes")
    if response.fault == UNENDING and got.total is not None and role != "media":  # which may be meant to have no end
        return truncated(f"only {came} of {got.total} bytes come in time ([remote] timeout)")
    return undecodable(response.fault) if response.fault == GARBLED else None


def _promised(head: bytes) -> int:
    """How many bytes there must be, by what the first ones say; 0 where they do not."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return 8 + int.from_bytes(head[4:8], "little")
    if head[:4] in {b"wOFF", b"wOF2"}:
        return int.from_bytes(head[8:12], "big")
    return iso.reach(head) if head[4:8] == b"ftyp" else 0


def _sent(response: Response, role: str) -> Flaw | None:
    """What browsers refuse for the type that it is sent as, whatever it is."""
    media = media_of(response.headers)[0]
    strict = response.headers.get("X-Content-Type-Options", "").partition(",")[0].strip().lower() == "nosniff"
    sent = f"sent as {media[:80]}" if media else "sent without a type"
    if strict:
        sent += " with nosniff"
    refused = ""
    if role == "stylesheet" and media != "text/css" and (media or strict):
        refused = "browsers take a style sheet of another host as text/css only"
    elif role == "script":
        if media.startswith(_NO_SCRIPTS) or (strict and not _SCRIPTS.fullmatch(media)):
            refused = "browsers do not run it"
    elif role in PICTURES and containers.media_of(response.body) == "image/svg+xml":
        refused = "browsers show SVG as image/svg+xml only" if media != "image/svg+xml" else ""
    elif (role in PICTURES or role == Role.MEDIA) and strict and _KEPT_BACK.fullmatch(media):
        refused = "browsers keep it from pages of other hosts"
    return Flaw(Code.ASSET_WRONG_TYPE, f"{sent}: {refused}") if refused else None
