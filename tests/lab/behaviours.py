"""The table: what a server may do, and the verdict it must get."""

from __future__ import annotations

import asyncio
import base64
import gzip
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
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


def _named(body: bytes) -> bytes:
    """A gzip file with a name in its header, RFC 1952 section 2.3, as the program of this name writes it."""
    file = BytesIO()
    with gzip.GzipFile("page.html", "wb", fileobj=file) as packed:
        packed.write(body)
    return file.getvalue()


def across(path: str, tls: str) -> Do:
    """Redirect to another port of the lab."""

    async def do(exchange: Exchange) -> None:
        await exchange.answer(301, b"", (f"Location: {exchange.lab.url(path, tls=tls)}",))

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


async def hangs(exchange: Exchange) -> None:
    await exchange.left()


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


def in_turn(*parts: bytes) -> Do:
    """Send parts so far apart that each comes by itself."""

    async def do(exchange: Exchange) -> None:
        for part in parts:
            await exchange.send(part)
            await asyncio.sleep(0.03)

    return do


def endless(head: bytes, block: bytes) -> Do:
    async def do(exchange: Exchange) -> None:
        await exchange.send(head)
        for _ in range(20_000):
            await exchange.send(block)

    return do


def bomb(size: int = 1 << 30) -> bytes:
    """So many zeros in a thousandth of the bytes: after a flush, each block is packed as the one before it."""
    block = bytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\2\xff" + packed * (size // len(block)) + b"\3\0" + bytes(8)


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


async def jar(exchange: Exchange) -> None:
    """A new cookie every time, and never the page."""
    await exchange.answer(302, b"", (f"Location: {exchange.asked.path}", f"Set-Cookie: n={exchange.count}; Path=/"))


async def login(exchange: Exchange) -> None:
    """A page for those who know the password."""
    if exchange.asked.headers.get("authorization") == "Basic " + base64.b64encode(b"reader:pass").decode():
        await exchange.answer(200, PAGE, HTML)
    else:
        await exchange.answer(401, b"", ('WWW-Authenticate: Basic realm="lab"',))


async def agent(exchange: Exchange) -> None:
    """Forbidden to all who do not say that they are browsers."""
    browser = exchange.asked.headers.get("user-agent", "").startswith("Mozilla/")
    await exchange.answer(200 if browser else 403, PAGE, HTML)


def dated(status: int) -> Do:
    """Busy until a date a second from now."""

    async def do(exchange: Exchange) -> None:
        if exchange.count > 1:
            await exchange.answer(200, PAGE, HTML)
        else:
            when = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
            await exchange.answer(status, b"", (f"Retry-After: {when}",))

    return do


OK = b"HTTP/1.1 200 OK\r\n"
NOTHING = b"Content-Length: 0\r\n\r\n"
CHUNKED = OK + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = OK + b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
LEADS = b"HTTP/1.1 301 Moved\r\nLocation: /status/200\r\n"
BOMB = bomb()
PACKED = ("Content-Encoding: gzip", *HTML)
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
ABSENT = "remote/missing-fragment"

TABLE: tuple[Row, ...] = (
    # --- statuses
    *(Row(f"/status/{code}", "", says(code)) for code in (200, 201, 202, 203, 206, 207, 208, 226, 299)),
    Row("/status/204", "", says(204, b"")),
    Row("/status/205", "", says(205, b"")),
    *(Row(f"/status/{code}", ODD, says(code)) for code in (300, 305, 306, 600, 777)),
    Row("/status/304", ODD, says(304, b"")),
    Row("/status/404", "remote/not-found", says(404)),
    Row("/status/410", "remote/gone", says(410)),
    *(Row(f"/status/{code}", BLOCKED, says(code)) for code in (401, 403, 407, 451, 999)),
    # To a reader's request they are no answer of HTTP's: walls against programs give them.
    *(Row(f"/status/{code}", BLOCKED, says(code)) for code in (406, 412, 418, 419, 441, 468, 499, 521)),
    *(
        Row(f"/status/{code}", REFUSED, says(code))
        for code in (400, 402, 405, 409, 411, *range(413, 418), 421, 422, 424, 425, 426, 428, 431)
    ),
    *(Row(f"/status/{code}", FAILS, says(code)) for code in (*range(500, 509), 510, 511, 520, 525, 530, 599)),
    Row("/status/521-of-cloudflare", FAILS, says(521, PAGE, "Server: cloudflare", *HTML)),
    Row("/status/408", SLOW, says(408)),
    Row("/status/429", LIMITED, says(429)),
    Row("/100-first", "", sends(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", closes=False)),
    Row("/103-first", "", sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n")),
    Row("/102-twice-first", "", sends(b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + OK + NOTHING)),
    Row("/101-unasked", ODD, sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
    Row("/100-that-closes", "", sends(b"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" + OK + NOTHING)),
    Row("/100-for-ever", GARBLED, endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)),
    # --- what passes
    Row("/heals/503-twice", "", after(2, says(503), says(200))),
    Row("/heals/500-once", "", after(1, says(500), says(200))),
    Row("/heals/425-once", "", after(1, says(425), says(200))),
    Row("/heals/reset-once", "", after(1, resets, says(200))),
    Row("/heals/429-seconds", "", after(1, says(429, b"", "Retry-After: 1"), says(200))),
    Row("/heals/429-date", "", dated(429)),
    Row("/heals/429-zero", "", after(1, says(429, b"", "Retry-After: 0"), says(200))),
    Row("/heals/429-past", "", after(1, says(429, b"", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"), says(200))),
    Row("/heals/429-negative", "", after(1, says(429, b"", "Retry-After: -5"), says(200))),
    Row("/heals/429-garbage", "", after(1, says(429, b"", "Retry-After: soon"), says(200))),
    Row("/heals/503-seconds", "", after(1, says(503, b"", "Retry-After: 1"), says(200))),
    Row("/heals/503-date", "", dated(503)),
    Row("/heals/429-empty", "", after(1, says(429, b"", "Retry-After:"), says(200))),
    Row("/heals/429-fraction", "", after(1, says(429, b"", "Retry-After: 0.5"), says(200))),
    Row("/heals/429-two-wishes", "", after(1, says(429, b"", "Retry-After: 0", "Retry-After: 1"), says(200))),
    Row("/heals/closed-once", "", after(1, closes, says(200))),
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
    Row("/to/raw-gbk", MOVED, to("/\udcc3\udcc0")),
    Row("/%C3%C0", "", says(200)),
    Row("/to/inner-space", MOVED, to("/a b")),
    Row("/a%20b", "", says(200)),
    Row("/to/percent-garbage", MOVED, to("/%zz")),
    Row("/%zz", "", says(200)),
    Row("/to/tab", MOVED, to("/sta\ttus/200")),
    Row("/to/backslashes", MOVED, to("\\status\\200")),
    Row("/to/dots", MOVED, to("/a/../../status/./200")),
    Row("/to/capitals", MOVED, to("HTTP://{host}/status/200")),
    Row("/to/one-slash", MOVED, to("http:/status/200")),
    Row("/to/login-data", MOVED, to("http://reader:pass@{host}/status/200")),
    Row("/to/with-a-body", MOVED, says(301, PAGE, "Location: /status/200", *HTML)),
    Row("/to/same-twice", MOVED, says(301, b"", "Location: /status/200", "Location: /status/200")),
    Row("/to/two-places", GARBLED, says(301, b"", "Location: /status/200", "Location: /status/201")),
    Row("/to/http", MOVED, across("/status/200", ""), tls="valid"),
    Row("/to/https", MOVED, across("/status/200", "valid")),
    Row("/to/expired", "remote/tls", across("/status/200", "expired")),
    Row("/to/300-with-a-place", ODD, to("/status/200", 300)),
    Row("/to/201-with-a-place", "", to("/status/404", 201)),
    Row("/to/refresh-header", "", says(200, PAGE, "Refresh: 0; url=/status/404", *HTML)),
    Row("/to/refresh-page", "", says(200, b"<meta http-equiv=refresh content='0; url=/status/404'>", *HTML)),
    Row("/to/missing", LOST, says(301, b"")),
    Row("/to/empty", LOST, to("")),
    Row("/to/malformed", LOST, to("http://[")),
    Row("/to/mailto", ELSEWHERE, to("mailto:a@b.test", 302)),  # browsers hand it to the program for it
    Row("/to/tel", ELSEWHERE, to("tel:+15550100")),
    Row("/to/an-app", ELSEWHERE, to("tg://resolve?domain=example", 303)),
    Row("/to/file", LOST, to("file:///etc/passwd")),
    Row("/to/data", LOST, to("data:text/html,x")),
    Row("/to/ftp", ELSEWHERE, to("ftp://127.0.0.1/x")),
    Row("/to/no-host", LOST, to("http://")),
    Row("/to/bad-port", LOST, to("http://127.0.0.1:99999/")),
    Row("/to/view-source", LOST, to("view-source:http://127.0.0.1/")),
    Row("/to/blob", LOST, to("blob:http://127.0.0.1/x")),
    Row("/to/javascript", LOST, to("javascript:alert(1)")),
    Row("/to/self", "remote/redirect-loop", to("/to/self")),
    Row("/to/own-fragment", "remote/redirect-loop", to("#here")),
    Row("/to/ever-new-cookies", "remote/redirect-loop", jar),
    Row("/to/ring-a", "remote/redirect-loop", to("/to/ring-b")),
    Row("/to/ring-b", "remote/redirect-loop", to("/to/ring-a")),
    Row("/chain/5", ELSEWHERE, chain),
    Row("/chain/10", ELSEWHERE, chain),
    Row("/chain/20", ELSEWHERE, chain),  # as many as browsers follow
    Row("/chain/21", "remote/redirect-loop", chain),
    Row("/chain/30", "remote/redirect-loop", chain),
    Row("/to/cookie", "", cookie),  # back to itself: the reader is where the reference points to
    Row("/to/home/deep/page", "remote/redirected-home", to("/")),
    Row("/to/home/in-english", "remote/redirected-home", to("/en/", 302)),
    Row("/", "", says(200)),
    Row("/en/", "", says(200)),
    Row("/to/members-only", BLOCKED, to("/accounts/login?next=x", 302)),
    Row("/accounts/login?next=x", "", says(200)),
    Row("/to/private", "remote/private-address", to("http://10.0.0.1/")),
    Row("/to/metadata", "remote/private-address", to("http://169.254.169.254/latest/meta-data/")),
    Row("/to/404", "remote/not-found", to("/status/404")),
    Row("/to/410", "remote/gone", to("/status/410")),
    Row("/to/403", BLOCKED, to("/status/403")),
    Row("/to/500", FAILS, to("/status/500")),
    Row("/to/reset", DEAD, to("/reset/before")),
    Row("/to/garbage", GARBLED, to("/garbage/binary")),
    Row("/to/a-long-place", "remote/connection", to("/" + "x" * 100_000)),
    Row("/to/silence", SLOW, to("/slow/never"), fast=True),
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
    Row("/body/too-long", "", sends(OK + b"Content-Length: 2\r\n\r\nlonger")),
    Row("/body/too-long-with-a-page", "", sends(SHORT + PAGE + b"<p>more", closes=False), fragment="here"),
    Row("/body/too-long-without-it", ABSENT, sends(SHORT + PAGE + b"<p id=more>", closes=False), fragment="more"),
    Row("/body/too-long-later", "", in_turn(SHORT, PAGE, b"<p id=more>"), fragment="here"),
    Row("/body/broken-chunks", "", sends(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")),
    Row("/body/broken-chunks-for-ids", "", sends(CHUNKED + b"zz\r\nhello\r\n", closes=False), fragment="here"),
    Row("/body/broken-chunks-later", "", in_turn(CHUNKED, b"5\r\nhello\r\n", b"zz\r\n"), fragment="here"),
    Row("/body/no-last-chunk", "", sends(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
    Row("/body/endless", "", endless(OK + b"\r\n", b"x" * 65_536)),
    Row("/body/bomb", "", says(200, BOMB, *PACKED)),
    Row("/body/bomb-for-ids", "", says(200, BOMB, *PACKED), fragment="here"),
    Row("/body/of-204", "", sends(b"HTTP/1.1 204 No Content\r\n\r\nunasked")),
    Row("/body/of-204-with-its-length", "", sends(b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\nunasked")),
    Row("/body/of-304", ODD, sends(b"HTTP/1.1 304 Not Modified\r\n\r\nunasked")),
    Row("/body/of-404-too-long", "remote/not-found", sends(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nlonger")),
    Row("/body/of-301-too-long", MOVED, sends(LEADS + b"Content-Length: 2\r\n\r\nlonger")),
    Row("/body/length-negative", "", sends(OK + b"Content-Length: -1\r\n\r\n")),
    Row("/body/length-garbage", "", sends(OK + b"Content-Length: many\r\n\r\n")),
    Row("/body/length-beyond-64-bits", "", sends(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n")),
    Row("/body/length-of-terabytes", "", sends(OK + b"Content-Length: 9000000000000\r\n\r\nshort")),
    Row("/body/chunk-extensions", "", sends(CHUNKED + b"5;a=b\r\nhello\r\n0\r\n\r\n", closes=False)),
    Row("/body/trailers", "", sends(CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", closes=False)),
    Row("/body/chunks-of-a-byte", "", sends(CHUNKED + b"1\r\nx\r\n" * 500 + b"0\r\n\r\n", closes=False)),
    Row("/body/endless-for-ids", "", endless(OK + b"Content-Type: text/html\r\n\r\n", b"x" * 65_536), fragment="here"),
    Row("/body/broken-gzip", "", says(200, b"\x1f\x8b\x08garbage", "Content-Encoding: gzip"), fragment="here"),
    Row("/body/unknown-coding", "", says(200, b"\x00\x01", "Content-Encoding: br", *HTML)),
    # --- not HTTP
    Row("/garbage/text", GARBLED, sends(b"what do you want?\r\n\r\n")),
    Row("/garbage/binary", GARBLED, sends(bytes(range(256)))),
    Row("/garbage/http-0.9", GARBLED, sends(b"<title>old</title>")),
    Row("/garbage/http-2", GARBLED, sends(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18))),
    Row("/garbage/status-42", GARBLED, sends(b"HTTP/1.1 42 What\r\n\r\n")),
    Row("/garbage/no-colon", "", sends(OK + b"no colon here\r\n\r\n")),
    Row("/garbage/no-version", "", sends(b"HTTP 200 OK\r\n\r\n")),
    Row("/garbage/null", GARBLED, sends(OK + b"X: a\x00b\r\n\r\n")),
    Row("/garbage/two-lengths", GARBLED, sends(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")),
    Row("/headers/one-of-a-megabyte", GARBLED, sends(OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n")),
    Row("/headers/endless", GARBLED, endless(OK, b"X: y\r\n" * 1000)),
    Row("/headers/of-16-kb", "", sends(OK + b"X: " + b"x" * 16_000 + b"\r\nContent-Length: 0\r\n\r\n")),
    Row("/headers/of-100-kb", "", sends(OK + b"X: " + b"x" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n")),
    Row("/headers/a-thousand", "", sends(OK + b"X: y\r\n" * 1000 + b"Content-Length: 0\r\n\r\n")),
    Row("/headers/latin-1", "", sends(OK + b"X: caf\xe9\r\nContent-Length: 0\r\n\r\n")),
    Row("/headers/folded", "", sends(OK + b"X: one\r\n two\r\n" + NOTHING, closes=False)),
    Row("/headers/no-reason", "", sends(b"HTTP/1.1 200\r\n" + NOTHING, closes=False)),
    Row("/headers/empty-reason", "", sends(b"HTTP/1.1 200 \r\n" + NOTHING, closes=False)),
    Row("/headers/two-hundred", "", sends(OK + b"X: y\r\n" * 200 + NOTHING, closes=False)),
    Row("/headers/empty-value", "", sends(OK + b"X:\r\n" + NOTHING, closes=False)),
    Row("/headers/no-name", "", sends(OK + b": y\r\n" + NOTHING)),
    Row("/headers/blank-in-name", "", sends(OK + b"X Y: z\r\n" + NOTHING)),
    Row("/headers/bare-cr", "", sends(OK + b"X: a\rb\r\n" + NOTHING)),
    Row("/garbage/icy", GARBLED, sends(b"ICY 200 OK\r\n\r\n")),
    Row("/garbage/ssh", GARBLED, sends(b"SSH-2.0-OpenSSH_9.9\r\n")),
    Row("/garbage/tls-alert", GARBLED, sends(b"\x15\x03\x01\x00\x02\x02\x46")),
    Row("/garbage/status-in-words", "", sends(b"HTTP/1.1 OK 200\r\n\r\n")),
    Row("/garbage/status-2000", GARBLED, sends(b"HTTP/1.1 2000 OK\r\n\r\n")),
    Row("/http-1.0-kept-alive", "", sends(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + NOTHING, closes=False)),
    Row("/http-1.0", "", sends(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE)),
    # --- time
    Row("/slow/headers", "", slowly(OK, 0.01, b"Content-Length: 0\r\n\r\n")),
    Row("/slow/never", SLOW, hangs, fast=True),
    Row("/slow/drip", SLOW, slowly(OK * 10, 0.2), fast=True),
    Row("/slow/head-only", "", by_method(hangs, says(200)), fast=True),
    # --- HEAD
    *(
        Row(f"/head/{code}", "", by_method(says(code), says(200)))
        for code in (400, 401, 403, 404, 405, 406, 410, 500, 501, 503, 999)
    ),
    Row("/head/reset", "", by_method(resets, says(200))),
    Row("/head/garbage", "", by_method(sends(b"\x00\x01\x02\r\n\r\n"), says(200))),
    Row("/head/closes", "", by_method(closes, says(200))),
    Row("/head/lies", "", by_method(says(200), says(404))),  # only a GET each could tell: not worth it
    Row("/head/404-get-410", "remote/gone", by_method(says(404), says(410))),
    Row("/head/405-get-404", "remote/not-found", by_method(says(405), says(404))),
    Row("/head/404-get-resets", DEAD, by_method(says(404), resets)),
    Row("/head/goes/home", "", by_method(to("/", 302), says(200))),
    Row("/head/goes-to-a-login", "", by_method(to("/login", 302), says(200))),
    Row("/login", "", says(200)),
    Row("/head/goes-in-circles", "", by_method(to("/head/goes-in-circles", 302), says(200))),
    Row("/head/with-a-length-only", "", sends(OK + b"Content-Length: 1000\r\n\r\n", closes=False)),
    Row("/head/chunked", "", by_method(sends(CHUNKED, closes=False), sends(CHUNKED + b"0\r\n\r\n"))),
    Row("/head/with-body", "", sends(OK + b"Content-Length: 5\r\n\r\nhello")),
    # --- who asks
    Row("/agent", BLOCKED, agent),
    Row("/challenge/header", BLOCKED, says(403, b"", "cf-mitigated: challenge")),
    Row("/auth", BLOCKED, login),
    Row("/challenge/in-a-200", BLOCKED, says(200, b"", "cf-mitigated: challenge")),
    Row("/challenge/incapsula", BLOCKED, says(403, b"<script src='/_Incapsula_Resource?x'></script>", *HTML)),
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
    Row("/page/in-another-case", "remote/missing-fragment", says(200), fragment="HERE"),
    Row("/page/moved-there", MOVED, to("/page/there"), fragment="here"),
    Row("/page/moved-to-a-place", MOVED, to("/page/there#here"), fragment="nowhere"),
    Row("/page/gone", "remote/not-found", says(404), fragment="here"),
    Row("/page/xhtml", "remote/missing-fragment", says(200, PAGE, "Content-Type: application/xhtml+xml"), "no"),
    Row("/page/without-a-type", "", says(200, PAGE, "X: y"), fragment="nowhere"),
    Row("/page/empty-type", "", says(200, PAGE, "Content-Type:"), fragment="nowhere"),
    Row("/page/plain-text", "", says(200, PAGE, "Content-Type: text/plain"), fragment="nowhere"),
    Row("/page/unknown-charset", "", says(200, PAGE, "Content-Type: text/html; charset=x-none"), fragment="here"),
    Row("/page/gbk", "", says(200, "<meta charset=gbk><p id=中文>".encode("gbk"), "Content-Type: text/html"), "中文"),
    Row(
        "/page/shift-jis",
        "",
        says(200, "<p id=日本>".encode("sjis"), "Content-Type: text/html; charset=Shift_JIS"),
        "日本",
    ),
    Row("/page/utf-16", "", says(200, "<p id=é>".encode("utf-16"), "Content-Type: text/html"), fragment="é"),
    Row(
        "/page/deflate",
        "remote/missing-fragment",
        says(200, zlib.compress(PAGE), "Content-Encoding: deflate", *HTML),
        "no",
    ),
    Row(
        "/page/x-gzip",
        "remote/missing-fragment",
        says(200, gzip.compress(PAGE), "Content-Encoding: X-GZIP", *HTML),
        "no",
    ),
    Row("/page/identity", "remote/missing-fragment", says(200, PAGE, "Content-Encoding: identity", *HTML), "no"),
    # What could not be read whole, or not at all, is not said to lack anything.
    Row(
        "/page/raw-deflate",
        "",
        says(200, zlib.compress(PAGE)[2:-4], "Content-Encoding: deflate", *HTML),
        fragment="here",
    ),
    Row("/page/brotli", "", says(200, b"\x0b\x02\x80<p>\x03", "Content-Encoding: br", *HTML), fragment="here"),
    Row(
        "/page/gzip-twice",
        "",
        says(200, gzip.compress(gzip.compress(PAGE)), "Content-Encoding: gzip, gzip", *HTML),
        "here",
    ),
    *(
        Row(f"/page/coding-{name}", ABSENT, says(200, body, f"Content-Encoding: {coding}", *HTML), "no")
        for name, coding, body in (
            ("unknown", "none", PAGE),
            ("of-a-cloud", "aws-chunked", PAGE),
            ("charset", "utf-8", PAGE),
            ("raw-deflate", "Deflate", zlib.compress(PAGE)[2:-4]),
            ("twice", "gzip, gzip", gzip.compress(gzip.compress(PAGE))),
            ("two-kinds", "deflate, identity, gzip", gzip.compress(zlib.compress(PAGE))),
            # Chromium looks neither at the checksum behind the data nor at what follows it.
            ("wrong-sum", "gzip", gzip.compress(PAGE)[:-8] + b"whatever"),
            ("without-a-sum", "gzip", gzip.compress(PAGE)[:-8]),
            ("cut-sum", "deflate", zlib.compress(PAGE)[:-2]),
            ("with-a-name", "gzip", _named(PAGE)),
        )
    ),
    Row(
        "/page/bomb-in-a-bomb",
        "",
        says(200, gzip.compress(BOMB[:1_000_000]), "Content-Encoding: gzip, gzip", *HTML),
        "no",
    ),
    Row("/page/gzip-cut", "", says(200, gzip.compress(PAGE)[:-12], *PACKED), fragment="nowhere"),
    Row("/page/not-gzip", "", says(200, PAGE, *PACKED), fragment="nowhere"),
    Row(
        "/page/cut",
        "",
        sends(OK + b"Content-Type: text/html\r\nContent-Length: 1000\r\n\r\n" + PAGE),
        fragment="nowhere",
    ),
    Row("/page/without-last-chunk", "", sends(CHUNKED + b"5\r\n<p>hi\r\n"), fragment="nowhere"),
    Row(
        "/page/resets",
        "",
        then_resets(OK + b"Content-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p>"),
        fragment="nowhere",
    ),
    Row("/page/beyond-the-limit", "", says(200, b"<p>" + b"x" * 5_000_000 + PAGE, *HTML), fragment="here"),
    # --- TLS
    Row("/tls/valid", "", says(200), tls="valid"),
    *(Row(f"/tls/{old}", "", says(200), tls=old) for old in ("rsa-key-exchange", "cbc-and-sha-1")),
    *(
        Row(f"/tls/{fault}", "remote/tls", says(200), tls=fault)
        for fault in ("expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-issuer")
    ),
)
