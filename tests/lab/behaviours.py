"""The table: what a server may do, and the verdict it must get."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from lab.server import Exchange

HTML = ("Content-Type: text/html; charset=utf-8",)
PAGE = b"<!doctype html><title>A page</title><p id=here>Some words.<a name=there></a><h2 id='caf\xc3\xa9'>x</h2>"
Do = Callable[[Exchange], Awaitable[None]]


class Row(NamedTuple):
    """A behaviour; `rule` is what a link to it breaks, "" where nothing is wrong."""

    path: str
    rule: str
    do: Do
    fragment: str = ""
    tls: str = ""
    fast: bool = False  # shows only with a short timeout


def says(status: int, body: bytes = PAGE, *headers: str) -> Do:
    """Answer so to any method."""

    async def do(exchange: Exchange) -> None:
        await exchange.answer(status, body, headers or HTML)

    return do


def to(location: str, status: int = 301, *headers: str) -> Do:
    """Redirect. `{lab}` is the server."""

    async def do(exchange: Exchange) -> None:
        host = exchange.asked.headers["host"]
        await exchange.answer(status, b"", (f"Location: {location.format(lab=f'http://{host}', host=host)}", *headers))

    return do


def sends(data: bytes, *, closes: bool = True) -> Do:
    """Send bytes as they are."""

    async def do(exchange: Exchange) -> None:
        await exchange.send(data)
        if closes:
            exchange.close()

    return do


def by_method(head: Do, get: Do) -> Do:
    """Answer HEAD in one way and GET in another."""

    async def do(exchange: Exchange) -> None:
        await (head if exchange.asked.method == "HEAD" else get)(exchange)

    return do


def after(times: int, first: Do, then: Do) -> Do:
    """Answer so many requests in one way, and what follows in another."""

    async def do(exchange: Exchange) -> None:
        await (first if exchange.count <= times else then)(exchange)

    return do


async def resets(exchange: Exchange) -> None:
    exchange.reset()


async def closes(exchange: Exchange) -> None:
    exchange.close()


async def hangs(_exchange: Exchange) -> None:
    await asyncio.sleep(15)


def then_resets(data: bytes) -> Do:
    async def do(exchange: Exchange) -> None:
        await exchange.send(data)
        await asyncio.sleep(0.05)
        exchange.reset()

    return do


def slowly(data: bytes, pause: float, rest: bytes = b"") -> Do:
    """Send byte by byte."""

    async def do(exchange: Exchange) -> None:
        for byte in data:
            await exchange.send(bytes((byte,)))
            await asyncio.sleep(pause)
        await exchange.send(rest)

    return do


def endless(head: bytes, block: bytes) -> Do:
    async def do(exchange: Exchange) -> None:
        await exchange.send(head)
        for _ in range(20_000):
            await exchange.send(block)

    return do


async def bomb(exchange: Exchange) -> None:
    """Many zeros in few bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    await exchange.send(head)
    if exchange.asked.method == "GET":
        block = bytes(1 << 20)
        for _ in range(128):
            if data := packer.compress(block):
                await exchange.send(data)
    exchange.close()


async def cookie(exchange: Exchange) -> None:
    """A page for those who bring back its cookie."""
    if "seen=yes" in exchange.asked.headers.get("cookie", ""):
        await exchange.answer(200, PAGE, HTML)
    else:
        await exchange.answer(302, b"", (f"Location: {exchange.asked.path}", "Set-Cookie: seen=yes; Path=/"))


async def chain(exchange: Exchange) -> None:
    """`/chain/N` leads through N redirects."""
    left = int(exchange.asked.path.rpartition("/")[2])
    if left:
        await exchange.answer(302, b"", (f"Location: /chain/{left - 1}",))
    else:
        await exchange.answer(200, PAGE, HTML)


async def agent(exchange: Exchange) -> None:
    """Forbidden to all who do not say that they are browsers."""
    browser = exchange.asked.headers.get("user-agent", "").startswith("Mozilla/")
    await exchange.answer(200 if browser else 403, PAGE, HTML)


async def dated(exchange: Exchange) -> None:
    """429 with a date a second from now, once."""
    if exchange.count > 1:
        await exchange.answer(200, PAGE, HTML)
    else:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
        await exchange.answer(429, b"", (f"Retry-After: {when}",))


OK = b"HTTP/1.1 200 OK\r\n"
MOVED = "remote/moved"
ELSEWHERE = "remote/redirected"
LOST = "remote/bad-redirect"
DEAD = "remote/connection"
GARBLED = "remote/protocol"
SLOW = "remote/timeout"
BLOCKED = "remote/blocked"
FAILS = "remote/server-error"
REFUSED = "remote/client-error"
ODD = "remote/unexpected-status"
LIMITED = "remote/rate-limited"

TABLE: tuple[Row, ...] = (
    # --- statuses
    *(Row(f"/status/{code}", "", says(code)) for code in (200, 201, 202, 203, 206, 207, 226)),
    Row("/status/204", "", says(204, b"")),
    Row("/status/205", "", says(205, b"")),
    *(Row(f"/status/{code}", ODD, says(code)) for code in (300, 305, 306, 600, 777)),
    Row("/status/304", ODD, says(304, b"")),
    Row("/status/404", "remote/not-found", says(404)),
    Row("/status/410", "remote/gone", says(410)),
    *(Row(f"/status/{code}", BLOCKED, says(code)) for code in (401, 403, 407, 451, 999)),
    *(Row(f"/status/{code}", REFUSED, says(code)) for code in (400, 402, 405, 406, 409, 412, 414, 418, 421, 422, 431)),
    *(Row(f"/status/{code}", FAILS, says(code)) for code in (500, 501, 502, 503, 504, 505, 507, 511, 520, 525, 530)),
    Row("/status/408", SLOW, says(408)),
    Row("/status/429", LIMITED, says(429)),
    Row("/100-first", "", sends(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", closes=False)),
    Row("/103-first", "", sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n")),
    # --- what passes
    Row("/heals/503-twice", "", after(2, says(503), says(200))),
    Row("/heals/500-once", "", after(1, says(500), says(200))),
    Row("/heals/425-once", "", after(1, says(425), says(200))),
    Row("/heals/reset-once", "", after(1, resets, says(200))),
    Row("/heals/429-seconds", "", after(1, says(429, b"", "Retry-After: 1"), says(200))),
    Row("/heals/429-date", "", dated),
    Row("/heals/429-zero", "", after(1, says(429, b"", "Retry-After: 0"), says(200))),
    Row("/heals/429-past", "", after(1, says(429, b"", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"), says(200))),
    Row("/heals/429-negative", "", after(1, says(429, b"", "Retry-After: -5"), says(200))),
    Row("/heals/429-garbage", "", after(1, says(429, b"", "Retry-After: soon"), says(200))),
    Row("/heals/503-seconds", "", after(1, says(503, b"", "Retry-After: 1"), says(200))),
    Row("/429-for-a-day", LIMITED, says(429, b"", "Retry-After: 86400")),
    Row("/429-for-ever", LIMITED, says(429, b"", "Retry-After: 99999999999999999999")),
    # --- redirects
    *(Row(f"/to/{code}", MOVED, to("/status/200", code)) for code in (301, 308)),
    *(Row(f"/to/{code}", ELSEWHERE, to("/status/200", code)) for code in (302, 303, 307)),
    Row("/to/absolute", MOVED, to("{lab}/status/200")),
    Row("/to/scheme-relative", MOVED, to("//{host}/status/200")),
    Row("/to/relative", MOVED, to("../status/200")),
    Row("/to/query", MOVED, to("?x=1")),
    Row("/to/query?x=1", "", says(200)),
    Row("/to/fragment", MOVED, to("/status/200#here")),
    Row("/to/raw-utf-8", MOVED, to("/caf\u00e9")),
    Row("/caf%C3%A9", "", says(200)),
    Row("/to/spaces", MOVED, to(" /status/200 ")),
    Row("/to/slash", MOVED, to("/to/slash/")),
    Row("/to/slash/", "", says(200)),
    Row("/to/missing", LOST, says(301, b"")),
    Row("/to/empty", LOST, to("")),
    Row("/to/malformed", LOST, to("http://[")),
    Row("/to/mailto", LOST, to("mailto:a@b.test")),
    Row("/to/file", LOST, to("file:///etc/passwd")),
    Row("/to/javascript", LOST, to("javascript:alert(1)")),
    Row("/to/self", "remote/redirect-loop", to("/to/self")),
    Row("/to/ring-a", "remote/redirect-loop", to("/to/ring-b")),
    Row("/to/ring-b", "remote/redirect-loop", to("/to/ring-a")),
    Row("/chain/5", ELSEWHERE, chain),
    Row("/chain/10", ELSEWHERE, chain),
    Row("/chain/11", "remote/redirect-loop", chain),
    Row("/chain/30", "remote/redirect-loop", chain),
    Row("/to/cookie", ELSEWHERE, cookie),
    Row("/to/home/deep/page", "remote/redirected-home", to("/")),
    Row("/to/home/in-english", "remote/redirected-home", to("/en/", 302)),
    Row("/", "", says(200)),
    Row("/en/", "", says(200)),
    Row("/to/members-only", BLOCKED, to("/accounts/login?next=x", 302)),
    Row("/accounts/login?next=x", "", says(200)),
    Row("/to/private", "remote/private-address", to("http://10.0.0.1/")),
    Row("/to/metadata", "remote/private-address", to("http://169.254.169.254/latest/meta-data/")),
    Row("/to/404", "remote/not-found", to("/status/404")),
    Row("/to/nowhere", "remote/dns", to("http://nowhere.test/")),
    Row("/to/refused", DEAD, to("http://127.0.0.1:1/")),
    # --- connections
    Row("/reset/before", DEAD, resets),
    Row("/reset/in-headers", DEAD, then_resets(OK + b"Content-")),
    Row("/reset/after-headers", "", then_resets(OK + b"Content-Length: 100\r\n\r\n")),
    Row("/closes/before", DEAD, closes),
    Row("/closes/in-headers", DEAD, sends(OK + b"Content-Le")),
    Row("/closes/every-time", "", sends(OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n")),
    Row("/closes/unannounced", "", sends(OK + b"Content-Length: 0\r\n\r\n")),
    # --- bodies: a link needs none
    Row("/body/truncated", "", sends(OK + b"Content-Length: 1000\r\n\r\nshort")),
    Row("/body/too-long", GARBLED, sends(OK + b"Content-Length: 2\r\n\r\nlonger")),
    Row("/body/broken-chunks", GARBLED, sends(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")),
    Row("/body/no-last-chunk", "", sends(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
    Row("/body/endless", "", endless(OK + b"\r\n", b"x" * 65_536)),
    Row("/body/bomb", "", bomb),
    Row("/body/bomb-for-ids", "", bomb, fragment="here"),
    Row("/body/endless-for-ids", "", endless(OK + b"Content-Type: text/html\r\n\r\n", b"x" * 65_536), fragment="here"),
    Row("/body/broken-gzip", "", says(200, b"\x1f\x8b\x08garbage", "Content-Encoding: gzip"), fragment="here"),
    Row("/body/unknown-coding", "", says(200, b"\x00\x01", "Content-Encoding: br", *HTML)),
    # --- not HTTP
    Row("/garbage/text", GARBLED, sends(b"what do you want?\r\n\r\n")),
    Row("/garbage/binary", GARBLED, sends(bytes(range(256)))),
    Row("/garbage/http-0.9", GARBLED, sends(b"<title>old</title>")),
    Row("/garbage/http-2", GARBLED, sends(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18))),
    Row("/garbage/status-42", GARBLED, sends(b"HTTP/1.1 42 What\r\n\r\n")),
    Row("/garbage/no-colon", GARBLED, sends(OK + b"no colon here\r\n\r\n")),
    Row("/garbage/null", GARBLED, sends(OK + b"X: a\x00b\r\n\r\n")),
    Row("/garbage/two-lengths", GARBLED, sends(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")),
    Row("/headers/one-of-a-megabyte", GARBLED, sends(OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n")),
    Row("/headers/endless", GARBLED, endless(OK, b"X: y\r\n" * 1000)),
    Row("/headers/of-16-kb", "", sends(OK + b"X: " + b"x" * 16_000 + b"\r\nContent-Length: 0\r\n\r\n")),
    Row("/headers/latin-1", "", sends(OK + b"X: caf\xe9\r\nContent-Length: 0\r\n\r\n")),
    Row("/http-1.0", "", sends(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE)),
    # --- time
    Row("/slow/headers", "", slowly(OK, 0.01, b"Content-Length: 0\r\n\r\n")),
    Row("/slow/never", SLOW, hangs, fast=True),
    Row("/slow/drip", SLOW, slowly(OK * 10, 0.2), fast=True),
    Row("/slow/head-only", "", by_method(hangs, says(200)), fast=True),
    # --- HEAD
    *(Row(f"/head/{code}", "", by_method(says(code), says(200))) for code in (400, 403, 404, 405, 500, 501, 503)),
    Row("/head/reset", "", by_method(resets, says(200))),
    Row("/head/garbage", "", by_method(sends(b"\x00\x01\x02\r\n\r\n"), says(200))),
    Row("/head/with-body", "", sends(OK + b"Content-Length: 5\r\n\r\nhello")),
    # --- who asks
    Row("/agent", BLOCKED, agent),
    Row("/challenge/header", BLOCKED, says(403, b"", "cf-mitigated: challenge")),
    Row("/challenge/503", BLOCKED, says(503, b"<title>Just a moment...</title>", *HTML)),
    Row("/challenge/on-ids", BLOCKED, says(200, b"<form id='challenge-form'></form>", *HTML), fragment="here"),
    # --- pages
    Row("/page/there", "", says(200), fragment="here"),
    Row("/page/by-name", "", says(200), fragment="there"),
    Row("/page/encoded", "", says(200), fragment="caf\u00e9"),
    Row("/page/missing", "remote/missing-fragment", says(200), fragment="nowhere"),
    Row("/page/moved-missing", "remote/missing-fragment", to("/page/missing"), fragment="nowhere"),
    Row("/page/script", "", says(200), fragment="!/route"),
    Row("/page/pdf", "", says(200, b"%PDF-1.7", "Content-Type: application/pdf"), fragment="nowhere"),
    Row("/page/gzip", "remote/missing-fragment", says(200, gzip.compress(PAGE), "Content-Encoding: gzip", *HTML), "no"),
    Row(
        "/page/latin-1", "", says(200, b"<p id='\xe9'>", "Content-Type: text/html; charset=latin-1"), fragment="\u00e9"
    ),
    # --- TLS
    Row("/tls/valid", "", says(200), tls="valid"),
    *(
        Row(f"/tls/{fault}", "remote/tls", says(200), tls=fault)
        for fault in ("expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-issuer")
    ),
)
