"""Whether a file is the asset that its name promises: its type by signature, and a walk over its container to the end.

Nothing is decoded, executed or loaded. A walk takes time in proportion to the file's size, and almost no memory.
"""

from __future__ import annotations

import re
import struct
from mmap import mmap

from checker.kinds import BYTES
from checker.roles import ASSETS, BINARY, MAY_BE_EMPTY, MAY_BE_JSON
from checker.rules.codes import Code
from checker.verify.containers import media, mp3
from checker.verify.containers.flaw import Flaw, truncated, undecodable
from checker.verify.containers.registry import WALKS

__all__ = ["Buffer", "Flaw", "examine", "glance", "media_of"]

Buffer = bytes | mmap | memoryview

_SEARCHED = frozenset({"application/pdf", "application/zip", "audio/mpeg"})  # may begin with other bytes
_PAGES = frozenset({"", "text/html", "application/xml"})  # types of names under which a page is expected
_MARKUP = frozenset({"text/html", "application/xml", "image/svg+xml"})
_LOCKED = ("application/zip", "application/x-ole-storage")  # an Office document with a password is not a ZIP
_ZEROS = bytes(16)
_POINTER = 1 << 15  # no pointer is longer
_LFS = re.compile(rb"version https://(?:git-lfs\.github|hawser\.github)\.com/spec/v\d+\n(?:[^\n]*\n)*?oid (\S+)")
_ANNEX = re.compile(rb"(?:(?:\.\./)*\.git)?/annex/objects/(\S+)")
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_TITLE = re.compile(rb"(?i)<title[^>]*>\s*([^<]{1,200})")
_ERROR_TEXT = re.compile(
    rb"(?i)\s*+(?:error\b\W*+)?(?:[45]\d\d\b\W*+)?(?:(?:file |page |object )?not found|forbidden|access denied"
    rb"|unauthori[sz]ed|bad (?:gateway|request)|service (?:temporarily )?unavailable|internal server error"
    rb"|gateway time-?out|too many requests|(?:couldn't|could not|cannot|can't) find|no such (?:file|key))"
    rb"[^{};=]{0,300}\Z"
)
_ERROR_JSON = re.compile(rb"""(?i)\s*+\{[^{}]*?"(?:errors?|message|detail|status(?:_?code)?|code)"\s*+:""")


def examine(data: Buffer, name: str, role: str = "") -> Flaw | None:
    """The flaw of a file; None if it is whole and of the type that its name and its role promise."""
    with memoryview(data) as view:
        if not view:
            return None if role in MAY_BE_EMPTY else Flaw(Code.ASSET_EMPTY, "the file has no bytes")
        head = bytes(view[: media.HEAD])
        found, wanted = _found(view, head), media.named(name)
        if found and found == wanted and found not in media.TEXT and media.fits(found, role):
            return _walk(found, view)
        return (
            _pointer(head, len(view))
            or _error_page(head, found, wanted, role)
            or _typed(view, head, found, wanted, role)
        )


def glance(start: bytes, name: str, role: str) -> Flaw | None:
    """The flaw that the first bytes of a file show; None if they may be of the promised type."""
    head = start[: media.HEAD]
    found = "audio/mpeg" if head.startswith(b"ID3") else media.sniff(head)
    wanted = media.named(name)
    if flaw := _error_page(head, found, wanted, role):
        return flaw
    if found:
        return None if media.fits(found, role) else _wrong(found, wanted, role)
    return None if wanted else _unknown(memoryview(start), head, wanted, role)


def media_of(data: Buffer) -> str:
    """The media type by signature, "" if unknown. All ISO films are video/mp4, Matroska is video/webm."""
    with memoryview(data) as view:
        return _found(view, bytes(view[: media.HEAD]))


def _found(view: memoryview, head: bytes) -> str:
    if head.startswith(b"ID3"):  # a tag before sound of any kind
        start = mp3.skip_id3(view)
        head = bytes(view[start : start + media.HEAD])
    return media.sniff(head)


def _walk(found: str, view: memoryview) -> Flaw | None:
    walk = WALKS.get(found)
    try:
        return walk(view) if walk else None
    except (struct.error, IndexError, OverflowError):  # a number would stand after the last byte
        return truncated(f"the file ends at byte {len(view)}, inside the structure of {found}")


def _pointer(head: bytes, size: int) -> Flaw | None:
    if size <= _POINTER:
        if lfs := _LFS.match(head):
            return Flaw(Code.ASSET_LFS_POINTER, f"a pointer of Git LFS to {_quoted(lfs[1])} instead of the file")
        if annex := _ANNEX.match(head):
            return Flaw(Code.ASSET_LFS_POINTER, f"a link of git-annex to {_quoted(annex[1])} instead of the file")
    return None


def _error_page(head: bytes, found: str, wanted: str, role: str) -> Flaw | None:
    """The flaw of a server's error page or message that was stored in place of the file."""
    embedded = role in ASSETS
    kind = ""
    if media.fault(head):
        kind = "the error document of an object store"
    elif wanted not in _PAGES or embedded:
        if found == "text/html":
            kind = "an HTML page"
        elif not found and _ERROR_TEXT.match(head):
            kind = "an error message"
        elif not found and wanted not in media.TEXT and role not in MAY_BE_JSON and _ERROR_JSON.match(head):
            kind = "an error document in JSON"
    if not kind:
        return None
    title = _TITLE.search(head)
    says = _quoted(title[1] if title else head.strip()[:60])
    promised = _promise("" if embedded and wanted in _PAGES else wanted, role)
    return Flaw(Code.ASSET_ERROR_PAGE, f"{kind} in place of {promised}: {says}")


def _typed(view: memoryview, head: bytes, found: str, wanted: str, role: str) -> Flaw | None:
    """The flaw of a file that is not, or not certainly, of the type that its name promises."""
    if found and not media.fits(found, role):
        return _wrong(found, wanted, role)
    if wanted in media.TEXT:
        return _text_flaw(view, head, found, wanted, role)
    if not found:
        return _unknown(view, head, wanted, role)
    if (wanted, found) == _LOCKED:
        return None
    if found == wanted or (not wanted and (media.strong(found) or role in ASSETS)):
        return _walk(found, view)
    if wanted in {"", BYTES}:
        return None
    return (_walk(found, view) if media.strong(found) else None) or _wrong(found, wanted, role)


def _text_flaw(view: memoryview, head: bytes, found: str, wanted: str, role: str) -> Flaw | None:
    if found and found != wanted and not {found, wanted} <= _MARKUP:
        return _wrong(found, wanted, role)
    if head.startswith(_ZEROS):
        return undecodable("the file begins with zero bytes")
    if view[-16:] == _ZEROS:
        return undecodable(f"the file, of {len(view)} bytes, ends in zero bytes")
    return _walk(wanted, view)


def _unknown(view: memoryview, head: bytes, wanted: str, role: str) -> Flaw | None:
    """The flaw of a file without a known signature."""
    size = len(view)
    if media.begun(head, wanted):
        return truncated(f"the file ends at byte {size}, inside the signature of {wanted}")
    searched = _walk(wanted, view) if wanted in _SEARCHED else None
    if wanted in _SEARCHED and not searched:
        return None
    if not _CONTROL.search(head):
        if wanted or role in BINARY:
            return Flaw(Code.ASSET_WRONG_TYPE, f"plain text in place of {_promise(wanted, role)}: {_quoted(head[:60])}")
        return None
    if searched:
        return searched
    if wanted in WALKS:
        return undecodable(f"the file does not begin as {wanted} does: {head[:8].hex(' ')}")
    return None


def _wrong(found: str, wanted: str, role: str) -> Flaw:
    stored = " (a response's body, still compressed)" if found == "application/gzip" else ""
    return Flaw(Code.ASSET_WRONG_TYPE, f"{found}{stored} in place of {_promise(wanted, role)}")


def _promise(wanted: str, role: str) -> str:
    return wanted or (f"the {role}" if role else "the file")


def _quoted(raw: bytes) -> str:
    """A few words of the file, quoted, short enough for a line of a report."""
    text = " ".join(raw.decode("utf-8", "replace").split())
    return repr(text if len(text) <= 80 else text[:79] + "…")
