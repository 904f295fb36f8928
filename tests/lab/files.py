"""Files as servers keep them: with validators, for conditional requests, and in ranges; and each way to get that wrong.

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests, https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from lab.server import Behaviour, Exchange

TEXT = b"0123456789" * 10
PLAIN = ("Content-Type: text/plain",)
TAG, OTHER, WEAK = '"v1"', '"v2"', 'W/"v1"'
DATE, LATER, EARLIER = (f"Wed, 0{day} Jan 2025 00:00:00 GMT" for day in (8, 9, 7))


def file(
    body: bytes = TEXT,
    *headers: str,
    etag: str = "",
    modified: str = "",
    conditions: bool = True,
    ranges: bool = True,
) -> Behaviour:
    """A file as it should be served; `conditions` and `ranges`: whether they are heeded."""

    async def do(exchange: Exchange) -> None:
        asked = exchange.asked.headers
        own = (*(headers or PLAIN), *_validators(etag, modified))
        if conditions and _unchanged(asked, etag, modified):
            await exchange.answer(304, b"", own)
            return
        part = _range(asked, len(body), etag, modified) if ranges and exchange.asked.method == "GET" else None
        if ranges:
            own += ("Accept-Ranges: bytes",)
        if part is None:
            await exchange.answer(200, body, own)
        elif not part:
            await exchange.answer(416, b"", (*own, f"Content-Range: bytes */{len(body)}"))
        else:
            await exchange.answer(206, body[part.start : part.stop], (*own, _content_range(part, len(body))))

    return do


def _validators(etag: str, modified: str) -> tuple[str, ...]:
    return (*((f"ETag: {etag}",) if etag else ()), *((f"Last-Modified: {modified}",) if modified else ()))


def _content_range(part: range, length: int) -> str:
    return f"Content-Range: bytes {part.start}-{part.stop - 1}/{length}"


def _unchanged(asked: dict[str, str], etag: str, modified: str) -> bool:
    """Whether 304 is the answer: `If-None-Match`, by weak comparison, takes the place of `If-Modified-Since`."""
    wanted = asked.get("if-none-match")
    if wanted is not None:
        tags = re.findall(r'(?:W/)?("[^"]*")', wanted)
        return wanted.strip() == "*" or (bool(etag) and etag.removeprefix("W/") in tags)
    since = _moment(asked.get("if-modified-since", ""))
    at = _moment(modified)
    return since is not None and at is not None and at <= since


def _range(asked: dict[str, str], length: int, etag: str, modified: str) -> range | None:
    """The bytes that are wanted, none for 416, None for all: `If-Range` asks for all of what has changed."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.get("range", ""))
    if match is None or match[0] == "bytes=-":
        return None
    condition = asked.get("if-range")
    if condition is not None and (condition.startswith("W/") or condition not in {etag, modified}):
        return None
    first, last = match.groups()
    if not first:
        return range(max(length - int(last), 0), length)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else length, length))


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None


def answers(status: int, body: bytes, *headers: str, media: str = "text/plain") -> Behaviour:
    """Answer so to any range and condition; without either, the file."""

    async def do(exchange: Exchange) -> None:
        if {"range", "if-none-match", "if-modified-since"} & exchange.asked.headers.keys():
            await exchange.answer(status, body, (f"Content-Type: {media}", *headers))
        else:
            await exchange.answer(200, TEXT, (*PLAIN, "Accept-Ranges: bytes", f"ETag: {TAG}"))

    return do


async def changing(exchange: Exchange) -> None:
    """Another file, of another tag, each time."""
    count = exchange.count
    await file(TEXT + b"%d" % count, etag=f'"v{count}"')(exchange)


FILES: dict[str, Behaviour] = {
    "/file/plain": file(ranges=False),
    "/file/etag": file(etag=TAG),
    "/file/weak-etag": file(etag=WEAK),
    "/file/modified": file(modified=DATE),
    "/file/both": file(etag=TAG, modified=DATE),
    "/file/bad-date": file(modified="yesterday"),
    "/file/changing": changing,
    "/file/empty": file(b"", etag=TAG),
    # What a server may get wrong.
    "/file/conditions-ignored": file(etag=TAG, modified=DATE, conditions=False),
    "/file/304-bare": answers(304, b""),
    "/file/304-of-another": answers(304, b"", f"ETag: {OTHER}"),
    "/file/ranges-ignored": file(etag=TAG, ranges=False),
    "/file/ranges-refused": file(TEXT, *PLAIN, "Accept-Ranges: none", etag=TAG, ranges=False),
    "/file/ranges-never-fit": answers(416, b"", f"Content-Range: bytes */{len(TEXT)}"),
    "/file/ranges-never-fit-anything": answers(416, b""),
    "/file/ranges-from-the-start": answers(206, TEXT[:10], f"Content-Range: bytes 0-9/{len(TEXT)}"),
    "/file/ranges-unsaid": answers(206, TEXT[:10]),
    "/file/ranges-of-unknown-length": answers(206, TEXT[:10], "Content-Range: bytes 0-9/*"),
    "/file/ranges-of-garbage": answers(206, TEXT[:10], "Content-Range: some bytes"),
    "/file/ranges-whole": answers(206, TEXT, f"Content-Range: bytes 0-{len(TEXT) - 1}/{len(TEXT)}"),
    "/file/ranges-shorter-than-said": answers(206, TEXT[:5], f"Content-Range: bytes 0-9/{len(TEXT)}"),
    "/file/ranges-in-parts": answers(
        206,
        b"--x\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-9/100\r\n\r\n0123456789\r\n--x--\r\n",
        media="multipart/byteranges; boundary=x",
    ),
}
