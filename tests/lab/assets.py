"""The table of embedded things: what a server may give for one, and the verdict it must get."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from corpus import SAMPLES, noise

from lab.behaviours import (
    BOMB,
    CHUNKED,
    HTML,
    NOTHING,
    OK,
    PAGE,
    Do,
    after,
    by_method,
    endless,
    resets,
    says,
    sends,
    to,
)
from lab.server import Exchange


class Row(NamedTuple):
    """A behaviour; `rules` are what a reference that embeds it breaks. `do` makes it: some need an encoder."""

    path: str
    role: str
    rules: tuple[str, ...]
    do: Callable[[], Do]
    sent: int | None = None  # bytes that may be sent at most
    asked: int = 1


def png(size: int) -> bytes:
    """A picture of about so many bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width = size // 100 - 1
    header = struct.pack(">IIBBBBB", width, 100, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + noise(f"{size} {row}").randbytes(width) for row in range(100))
    pixels = chunk(b"IDAT", zlib.compress(rows, 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def serves(data: bytes, *headers: str, ignores: bool = False, stored: str = "") -> Do:
    """A server of files, with ranges if it does not ignore them."""

    async def do(exchange: Exchange) -> None:
        asked = re.fullmatch(r"bytes=0-(\d+)", exchange.asked.headers.get("range", ""))
        size = len(data)
        if ignores or asked is None:
            await exchange.answer(200, data, headers)
        elif not size:
            await exchange.answer(416, b"", ("Content-Range: bytes */0", *headers))
        else:
            last = min(int(asked[1]), size - 1)
            part = stored or f"bytes 0-{last}/{size}"
            await exchange.answer(206, data[: last + 1], (f"Content-Range: {part}", *headers))

    return do


def file(name: str, media: str, *headers: str) -> Callable[[], Do]:
    """A whole file of the corpus."""
    return lambda: serves(SAMPLES[name](), f"Content-Type: {media}", *headers)


def given(data: bytes | str, *headers: str, ignores: bool = False, stored: str = "") -> Callable[[], Do]:
    body = data.encode() if isinstance(data, str) else data
    return lambda: serves(body, *headers, ignores=ignores, stored=stored)


def cut(name: str, media: str, share: float) -> Callable[[], Do]:
    """A file of the corpus that ends too early, and is sent as if it did not."""

    def make() -> Do:
        data = SAMPLES[name]()
        return serves(data[: int(len(data) * share)], f"Content-Type: {media}")

    return make


def breaks(name: str, media: str) -> Callable[[], Do]:
    """A connection that ends before the file does."""

    def make() -> Do:
        data = SAMPLES[name]()
        head = f"Content-Type: {media}\r\nContent-Length: {len(data)}\r\n\r\n"
        return sends(OK + head.encode() + data[: len(data) // 2])

    return make


def just(do: Do) -> Callable[[], Do]:
    return lambda: do


IMAGE, STYLE, SCRIPT, FONT, MEDIA, ICON, MANIFEST = (
    "image",
    "stylesheet",
    "script",
    "font",
    "media",
    "icon",
    "manifest",
)
FINE: tuple[str, ...] = ()
TYPE, ERROR, EMPTY, CUT = ("asset/wrong-type",), ("asset/error-page",), ("asset/empty",), ("asset/truncated",)
DAMAGED = ("asset/undecodable",)
PNG, JPEG, SVG, CSS, JS, PLAIN, JSON, XML = (
    f"Content-Type: {media}"
    for media in (
        "image/png",
        "image/jpeg",
        "image/svg+xml",
        "text/css; charset=utf-8",
        "text/javascript",
        "text/plain",
        "application/json",
        "application/xml",
    )
)
BINARY = "Content-Type: application/octet-stream"
NOSNIFF = "X-Content-Type-Options: nosniff"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>'
LARGE_DRAWING = DRAWING.replace(b"<rect", b"<!--" + b"drawn by hand " * 9000 + b"--><rect")
DENIED = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>no</Message></Error>'
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
SMALL = png(400)
HUGE = png(3_000_000)
GLANCE = 70_000  # the bytes that are asked for, and what comes with them
CODED = "Content-Encoding: gzip"


def webp(says_: int, has: int) -> bytes:
    return (
        b"RIFF" + struct.pack("<I", says_ - 8) + b"WEBPVP8 " + struct.pack("<I", says_ - 20) + noise(1).randbytes(has)
    )


def font(says_: int, has: int) -> bytes:
    return b"wOF2" + b"\0\1\0\0" + struct.pack(">I", says_) + noise(2).randbytes(has)


def film(box: int, has: int) -> bytes:
    return b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + struct.pack(">I", box) + b"mdat" + noise(3).randbytes(has)


TABLE: tuple[Row, ...] = (
    # --- what is whole
    *(
        Row(f"/whole/{name}", role, FINE, file(name, media))
        for role, names in {
            IMAGE: {
                "rgb.png": "image/png",
                "baseline.jpg": "image/jpeg",
                "animated.gif": "image/gif",
                "lossy.webp": "image/webp",
                "still.avif": "image/avif",
                "rgb.bmp": "image/bmp",
                "drawing.svg": "image/svg+xml",
            },
            ICON: {
                "pictures.ico": "image/x-icon",
                "bitmaps.ico": "image/vnd.microsoft.icon",
                "palette.png": "image/png",
            },
            FONT: {"truetype.woff2": "font/woff2", "truetype.woff": "font/woff", "opentype.otf": "font/otf"},
            STYLE: {"sheet.css": "text/css; charset=utf-8"},
            MANIFEST: {"icons.webmanifest": "application/manifest+json"},
        }.items()
        for name, media in names.items()
    ),
    *(
        Row(f"/whole/{name}", MEDIA, FINE, file(name, media), sent=8_192)
        for name, media in {
            "film.mp4": "video/mp4",
            "film.webm": "video/webm",
            "tone.mp3": "audio/mpeg",
            "vorbis.ogg": "audio/ogg",
        }.items()
    ),
    Row("/whole/app.js", SCRIPT, FINE, given("let a = 1\n", JS)),
    # --- what browsers make do with
    Row("/called/ico-a-png", ICON, FINE, given(SMALL, "Content-Type: image/x-icon")),
    Row("/called/jpeg-a-png", IMAGE, FINE, given(SMALL, JPEG)),
    Row("/called/nothing", IMAGE, FINE, given(SMALL)),
    Row("/called/html-a-png", IMAGE, FINE, given(SMALL, *HTML)),
    Row("/called/octets-a-png", IMAGE, FINE, given(SMALL, BINARY, NOSNIFF)),
    Row("/called/jpeg-a-png-strictly", IMAGE, FINE, given(SMALL, JPEG, NOSNIFF)),
    Row("/called/octets-a-font", FONT, FINE, file("truetype.woff2", "application/octet-stream", NOSNIFF)),
    Row("/called/plain-a-script", SCRIPT, FINE, given("let a = 1", PLAIN)),
    Row("/called/x-javascript", SCRIPT, FINE, given("let a = 1", "Content-Type: application/x-javascript", NOSNIFF)),
    Row("/called/nothing-a-style", STYLE, FINE, given("a { color: red }")),
    Row(
        "/called/a-list-of-streams",
        MEDIA,
        FINE,
        given("<?xml version='1.0'?><MPD/>", "Content-Type: application/dash+xml"),
    ),
    Row("/called/a-list-of-parts", MEDIA, FINE, given("#EXTM3U\n", "Content-Type: application/vnd.apple.mpegurl")),
    Row("/beacon", IMAGE, FINE, just(says(204, b"", "X: y"))),
    # --- what they refuse for what it is called
    Row("/refused/html-a-png", IMAGE, TYPE, given(SMALL, *HTML, NOSNIFF)),
    Row("/refused/html-a-style", STYLE, TYPE, given("a { color: red }", *HTML)),
    Row("/refused/plain-a-style", STYLE, TYPE, given("a { color: red }", PLAIN, NOSNIFF)),
    Row("/refused/nothing-a-style", STYLE, TYPE, given("a { color: red }", NOSNIFF)),
    Row("/refused/plain-a-script", SCRIPT, TYPE, given("let a = 1", PLAIN, NOSNIFF)),
    Row("/refused/nothing-a-script", SCRIPT, TYPE, given("let a = 1", NOSNIFF)),
    Row("/refused/image-a-script", SCRIPT, TYPE, given("let a = 1", PNG)),
    Row("/refused/plain-an-svg", IMAGE, TYPE, given(DRAWING, PLAIN)),
    Row("/refused/xml-an-svg", IMAGE, TYPE, given(DRAWING, XML)),
    # --- what it is not
    Row("/wrong/html-a-png", IMAGE, ERROR, given(PAGE, PNG)),
    Row("/wrong/html-a-page", IMAGE, ERROR, given(PAGE, *HTML)),
    Row("/wrong/large-html", IMAGE, ERROR, given(PAGE + b"x" * 100_000, PNG), sent=GLANCE),
    Row("/wrong/html-a-style", STYLE, ERROR, given(PAGE, CSS)),
    Row("/wrong/html-a-script", SCRIPT, ERROR, given(PAGE, JS)),
    Row("/wrong/html-a-font", FONT, ERROR, given(PAGE, "Content-Type: font/woff2")),
    Row("/wrong/html-a-film", MEDIA, ERROR, given(PAGE, "Content-Type: video/mp4")),
    Row("/wrong/denied", IMAGE, ERROR, given(DENIED, XML)),
    Row("/wrong/json", IMAGE, ERROR, given('{"error": "no such picture"}', JSON)),
    Row("/wrong/words", IMAGE, ERROR, given("404 page not found\n", PLAIN)),
    Row("/wrong/other-words", IMAGE, TYPE, given("a line of a diary", PLAIN)),
    Row("/wrong/pointer", IMAGE, ("asset/lfs-pointer",), given(POINTER, PLAIN)),
    Row("/wrong/pointer-a-font", FONT, ("asset/lfs-pointer",), given(POINTER, BINARY)),
    Row("/wrong/image-a-font", FONT, TYPE, given(SMALL, "Content-Type: font/woff2")),
    Row("/wrong/film-a-picture", IMAGE, TYPE, file("film.mp4", "image/png")),
    Row("/wrong/large-image-a-font", FONT, TYPE, given(HUGE, "Content-Type: font/woff2"), sent=GLANCE),
    Row("/wrong/still-packed", IMAGE, TYPE, given(gzip.compress(DRAWING), SVG)),
    # --- what is not all there
    Row("/empty/range", IMAGE, EMPTY, given(b"", PNG), asked=2),
    Row("/empty/no-range", IMAGE, EMPTY, given(b"", PNG, ignores=True)),
    Row(
        "/empty/style",
        STYLE,
        (),
        just(sends(OK + b"Content-Type: text/css\r\nContent-Length: 0\r\n\r\n", closes=False)),
    ),
    Row("/empty/chunked", IMAGE, EMPTY, just(sends(CHUNKED + b"0\r\n\r\n", closes=False))),
    Row("/empty/without-a-length", IMAGE, EMPTY, just(sends(OK + b"Content-Type: image/png\r\n\r\n"))),
    Row("/cut/picture", IMAGE, CUT, cut("baseline.jpg", "image/jpeg", 0.6)),
    Row("/cut/drawing", IMAGE, CUT, cut("drawing.svg", "image/svg+xml", 0.6)),
    Row("/cut/font", FONT, CUT, cut("truetype.woff2", "font/woff2", 0.6)),
    Row("/cut/style", STYLE, CUT, cut("sheet.css", "text/css", 0.6)),
    Row("/cut/connection", IMAGE, CUT, breaks("baseline.jpg", "image/jpeg")),
    Row("/cut/script", SCRIPT, CUT, just(sends(OK + JS.encode() + b"\r\nContent-Length: 99\r\n\r\nlet a"))),
    Row("/cut/chunks", IMAGE, CUT, just(sends(CHUNKED + b"5\r\nhello\r\n"))),
    Row("/cut/reset", IMAGE, CUT, just(sends(OK + b"Content-Length: 100\r\n\r\n"))),
    Row("/cut/large-webp", IMAGE, CUT, given(webp(300_000, 200_000), "Content-Type: image/webp"), sent=GLANCE),
    Row("/cut/large-font", FONT, CUT, given(font(300_000, 200_000), "Content-Type: font/woff2"), sent=GLANCE),
    Row("/cut/large-film", MEDIA, CUT, given(film(300_000, 200_000), "Content-Type: video/mp4"), sent=8_192),
    Row("/cut/large-film-with-a-length-only", MEDIA, CUT, given(film(900_000, 400_000), ignores=True)),
    Row("/damaged/picture", IMAGE, DAMAGED, given(SMALL[:60] + b"?" + SMALL[61:], PNG)),
    Row("/damaged/style", STYLE, DAMAGED, given(b"a { color: red }" + bytes(64), CSS)),
    Row("/damaged/zeros", IMAGE, DAMAGED, given(bytes(2000), PNG)),
    Row("/damaged/packing", STYLE, DAMAGED, given("a { color: red }", CSS, CODED, ignores=True)),
    # --- as few bytes as settle it
    Row("/few/huge", IMAGE, FINE, given(HUGE, PNG), sent=GLANCE),
    Row("/few/huge-film", MEDIA, FINE, given(film(3_000_000, 2_999_992), "Content-Type: video/mp4"), sent=8_192),
    Row("/few/large-drawing", IMAGE, FINE, given(LARGE_DRAWING, SVG), sent=GLANCE),
    Row("/few/large-style", STYLE, FINE, given("a { color: red }\n" * 9000, CSS), sent=GLANCE),
    Row("/few/no-range", IMAGE, FINE, given(SMALL, PNG, ignores=True)),
    Row("/few/endless", IMAGE, FINE, just(endless(OK + b"Content-Type: image/png\r\n\r\n" + HUGE, b"x" * 65_536))),
    Row("/few/other-range", IMAGE, FINE, given(SMALL, PNG, stored="bytes 5-9/400"), asked=2),
    Row("/few/range-of-another-size", IMAGE, FINE, given(SMALL, PNG, stored="bytes 0-9/10"), asked=2),
    Row("/few/range-without-a-total", IMAGE, FINE, given(SMALL, PNG, stored=f"bytes 0-{len(SMALL) - 1}/*")),
    Row("/few/no-such-range", IMAGE, FINE, just(after(1, says(416, b"", "X: y"), says(200, SMALL, PNG))), asked=2),
    # --- packed on the way
    Row("/packed/drawing", IMAGE, FINE, given(gzip.compress(DRAWING), SVG, CODED, ignores=True)),
    Row("/packed/drawing-in-a-range", IMAGE, FINE, given(gzip.compress(LARGE_DRAWING), SVG, CODED), asked=2),
    Row("/packed/cut", STYLE, CUT, given(gzip.compress(b"a { color: red }")[:-9], CSS, CODED, ignores=True)),
    Row("/packed/html", IMAGE, ERROR, given(gzip.compress(PAGE), PNG, CODED, ignores=True)),
    Row("/packed/bomb", STYLE, DAMAGED, given(BOMB, CSS, CODED, ignores=True)),
    Row("/packed/unasked", IMAGE, FINE, given(b"\x0b\x02\x80<p>\x03", PNG, "Content-Encoding: br", ignores=True)),
    # --- where it leads
    Row("/to/picture", IMAGE, ("remote/moved",), just(to("/few/huge"))),
    Row("/to/page", IMAGE, ("asset/error-page", "remote/redirected"), just(to("/wrong/html-a-page", 302))),
    Row("/to/home", IMAGE, ("asset/error-page", "remote/redirected-home"), just(to("/", 302))),
    Row("/", "", FINE, just(says(200))),
    Row("/to/members", IMAGE, ("remote/blocked",), just(to("/login?next=x", 302))),
    Row("/login?next=x", "", FINE, just(says(200))),
    Row("/gone", IMAGE, ("remote/gone",), just(says(410)), asked=2),  # as browsers ask, too
    Row("/forbidden", IMAGE, ("remote/blocked",), just(says(403, DENIED.encode(), XML))),
    Row("/challenge", SCRIPT, ("remote/blocked",), just(says(200, b"<title>Just a moment...</title>", *HTML))),
    Row("/to/an-app", IMAGE, ("remote/bad-redirect",), just(to("tg://resolve?domain=example", 302))),
    Row("/resets", IMAGE, ("remote/connection",), just(resets), asked=2),
    Row("/no-head", IMAGE, FINE, just(by_method(says(405), says(200, SMALL, PNG)))),
    Row(
        "/heals", IMAGE, FINE, just(after(1, sends(OK + b"Content-Length: 9\r\n\r\n"), says(200, SMALL, PNG))), asked=2
    ),
    Row("/no-length", IMAGE, FINE, just(sends(OK + b"Content-Type: image/png\r\n\r\n" + SMALL))),
    Row("/nothing-at-all", FONT, EMPTY, just(sends(OK + NOTHING, closes=False))),
)
