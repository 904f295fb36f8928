"""The lab does on the wire what its table says, seen by a plain socket; and it ends without a trace."""

from __future__ import annotations

import asyncio
import re
import signal
import ssl
import subprocess
import sys
import zlib
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from lab import PATIENCE, server
from lab.behaviours import BOMB, TABLE, Row, chain, hangs, says
from lab.certificates import contexts
from lab.server import Behaviour, Exchange, Lab

ENOUGH = 150_000  # bytes read of an answer
BEHAVIOURS: dict[str, Behaviour] = {row.path: row.do for row in TABLE} | {"/chain/*": chain}


class Seen(NamedTuple):
    """What came over a connection, and how it ended."""

    data: bytes
    end: str  # "closed", "reset", or "cut" where there is more


async def seen(lab: Lab, path: str, method: str = "GET", tls: str = "") -> Seen:
    """Send one request and no more, and read what comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT")  # those of old servers too
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.ports[tls], ssl=context if tls else None)
    data, end = b"", "cut"
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{lab.ports[tls]}\r\n\r\n".encode())
        if not tls:
            writer.write_eof()  # so that a connection that is kept alive ends with the answer
        while len(data) < ENOUGH:
            if tls and b"\r\n\r\n" in data:
                return Seen(data, end)
            block = await reader.read(65_536)
            if not block:
                end = "closed"
                break
            data += block
    except ConnectionResetError:
        end = "reset"
    finally:
        writer.transport.abort()
    return Seen(data, end)


# Path (a pattern, whose first group may be used as \1) -> what its first bytes match. The first that fits counts.
GET = (
    (r"/status/(\d+)(?:-of-cloudflare)?", r"HTTP/1\.1 \1 Reason\r\n"),
    (r"/100-first", r"HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 "),
    (r"/102-twice-first", r"(HTTP/1\.1 102 Processing\r\n\r\n){2}HTTP/1\.1 200 "),
    (r"/103-first", r"HTTP/1\.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1\.1 200 "),
    (r"/100-that-closes", r"HTTP/1\.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1\.1 200 "),
    (r"/101-unasked", r"HTTP/1\.1 101 "),
    (r"/100-for-ever", r"(HTTP/1\.1 100 Continue\r\n\r\n){100}"),
    (r"/heals/(?:429|503)-(?:date|past)", r"HTTP/1\.1 (?:429|503) Reason\r\nRetry-After: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n"),
    (r"/heals/(\d+)-(?:twice|once)", r"HTTP/1\.1 \1 "),
    (r"/heals/(\d+)-two-wishes", r"HTTP/1\.1 \1 Reason\r\nRetry-After: 0\r\nRetry-After: 1\r\n"),
    (r"/heals/(\d+)-.*", r"HTTP/1\.1 \1 Reason\r\nRetry-After:(?: [\w.-]+)?\r\n"),
    (r"/(429)-for-.*", r"HTTP/1\.1 \1 Reason\r\nRetry-After: \d{5,}\r\n"),
    (r"/to/(missing)", r"HTTP/1\.1 301 Reason\r\n(?!Location)"),
    (r"/to/an-app", r"HTTP/1\.1 303 Reason\r\nLocation: tg://"),
    (r"/to/empty", r"HTTP/1\.1 301 Reason\r\nLocation: \r\n"),
    (r"/to/(?:same-twice|two-places)", r"HTTP/1\.1 301 Reason\r\nLocation: /status/200\r\nLocation: /status/20[01]\r\n"),
    (r"/to/raw-gbk", rb"HTTP/1\.1 301 Reason\r\nLocation: /\xc3\xc0\r\n"),
    (r"/to/raw-utf-8", rb"HTTP/1\.1 301 Reason\r\nLocation: /caf\xc3\xa9\r\n"),
    (r"/to/(30\d)", r"HTTP/1\.1 \1 Reason\r\nLocation: /status/200\r\n"),
    (r"/to/query\?.*|/to/slash/|/to/refresh-page", r"HTTP/1\.1 200 "),
    (r"/to/refresh-header", r"HTTP/1\.1 200 Reason\r\nRefresh: 0; url="),
    (r"/to/(\d+)-with-a-place", r"HTTP/1\.1 \1 Reason\r\nLocation: /status/\d+\r\n"),
    (r"/to/(?:cookie|ever-new-cookies)", r"HTTP/1\.1 302 Reason\r\nLocation: /to/(?:cookie|ever-new-cookies)\r\nSet-Cookie: "),
    (r"/to/.*", r"HTTP/1\.1 30[12] Reason\r\nLocation: .+\r\n"),
    (r"/chain/\d+", r"HTTP/1\.1 302 Reason\r\nLocation: /chain/\d+\r\n"),
    (r"/reset/in-headers", r"HTTP/1\.1 200 OK\r\nContent-$"),
    (r"/reset/after-headers", r"HTTP/1\.1 200 OK\r\nContent-Length: 100\r\n\r\n$"),
    (r"/(?:reset|closes)/before", r"$"),
    (r"/closes/in-headers", r"HTTP/1\.1 200 OK\r\nContent-Le$"),
    (r"/closes/unannounced", r"HTTP/1\.1 200 OK\r\nContent-Length: 0\r\n\r\n$"),
    (r"/closes/every-time", r"HTTP/1\.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$"),
    (r"/body/truncated", r"HTTP/1\.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort$"),
    (r"/body/too-long-.*", r"HTTP/1\.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 97\r\n\r\n<.*<p"),
    (r"/body/too-long", r"HTTP/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger$"),
    (r"/body/length-.*", r"HTTP/1\.1 200 OK\r\nContent-Length: (?:-1|many|9{30}|9000000000000)\r\n\r\n"),
    (r"/body/(?:chunk|broken-chunk|no-last-chunk|trailers).*", r"HTTP/1\.1 200 OK\r\n(?:Content-Type: text/html\r\n)?Transfer-Encoding: chunked\r\n\r\n\w+"),
    (r"/body/endless.*", r"HTTP/1\.1 200 OK\r\n.*?\r\nx{60000}"),
    (r"/body/(?:bomb|broken-gzip).*", rb"HTTP/1\.1 200 Reason\r\nContent-Encoding: gzip\r\n[^\x1f]*\x1f\x8b\x08"),
    (r"/body/unknown-coding|/page/brotli", r"HTTP/1\.1 200 Reason\r\nContent-Encoding: br\r\n"),
    (r"/body/of-[23]04.*", r"HTTP/1\.1 [23]04 N[\w ]+\r\n(?:Content-Length: 7\r\n)?\r\nunasked$"),
    (r"/body/of-\d+-too-long", r"HTTP/1\.1 [34]0[14] \w+\r\n(?:Location: /status/200\r\n)?Content-Length: 2\r\n\r\nlonger$"),
    (r"/garbage/(?:no-colon|null|two-lengths)", rb"HTTP/1\.1 200 OK\r\n(?:no colon here|X: a\x00b|Content-Length: 5\r\nContent-Length: 6)\r\n\r\n"),
    (r"/garbage/status-.*", r"HTTP/1\.1 (?:42 What|OK 200|2000 OK)\r\n\r\n$"),
    (r"/garbage/no-version", r"HTTP 200 OK\r\n\r\n$"),
    (r"/garbage/.*", r"(?!HTTP)"),
    (r"/headers/one-of-a-megabyte", r"HTTP/1\.1 200 OK\r\nX: x{100000}"),
    (r"/headers/of-100-kb", r"HTTP/1\.1 200 OK\r\nX: x{100000}\r\nContent-Length: 0\r\n\r\n$"),
    (r"/headers/of-16-kb", r"HTTP/1\.1 200 OK\r\nX: x{16000}\r\nContent-Length: 0\r\n\r\n$"),
    (r"/headers/a-thousand", r"HTTP/1\.1 200 OK\r\n(?:X: y\r\n){1000}Content-Length: 0\r\n\r\n$"),
    (r"/headers/endless", r"HTTP/1\.1 200 OK\r\n(?:X: y\r\n){10000}"),
    (r"/headers/two-hundred", r"HTTP/1\.1 200 OK\r\n(?:X: y\r\n){200}Content-Length: 0\r\n\r\n$"),
    (r"/headers/latin-1", rb"HTTP/1\.1 200 OK\r\nX: caf\xe9\r\n"),
    (r"/headers/(?:no|empty)-reason", r"HTTP/1\.1 200 ?\r\nContent-Length: 0\r\n\r\n$"),
    (r"/headers/.*", r"HTTP/1\.1 200 OK\r\n(?:X: one\r\n two|X:|: y|X Y: z|X: a\rb)\r\nContent-Length: 0\r\n\r\n$"),
    (r"/http-1\.0.*", r"HTTP/1\.0 200 OK\r\n"),
    (r"/slow/headers", r"HTTP/1\.1 200 OK\r\nContent-Length: 0\r\n\r\n$"),
    (r"/slow/head-only", r"HTTP/1\.1 200 "),
    (r"/head/404-get-410", r"HTTP/1\.1 410 "),
    (r"/head/405-get-404|/head/lies", r"HTTP/1\.1 404 "),
    (r"/head/404-get-resets", r"$"),
    (r"/head/.*", r"HTTP/1\.1 200 "),
    (r"/agent", r"HTTP/1\.1 403 "),
    (r"/auth", r"HTTP/1\.1 401 Reason\r\nWWW-Authenticate: Basic realm="),
    (r"/challenge/(?:header|in-a-200)", r"HTTP/1\.1 (?:403|200) Reason\r\ncf-mitigated: challenge\r\n"),
    (r"/challenge/.*", r"HTTP/1\.1 (?:403|503|200) Reason\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: \d+\r\n\r\n<"),
    (r"/page/(?:moved).*", r"HTTP/1\.1 301 Reason\r\nLocation: /page/"),
    (r"/page/gone", r"HTTP/1\.1 404 "),
    (r"/page/(?:cut|resets)", r"HTTP/1\.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<.{0,200}$"),
    (r"/page/without-last-chunk", r"HTTP/1\.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>hi\r\n$"),
    (r"/page/without-a-type", r"HTTP/1\.1 200 Reason\r\n(?!.*Content-Type)"),
    (r"/page/.*", r"HTTP/1\.1 200 Reason\r\nContent-(?:Type|Encoding):"),
    (r"/(?:|en/|login|accounts/login\?.*|a%20b|caf%C3%A9|%C3%C0|%zz|tls/.*)", r"HTTP/1\.1 200 Reason\r\n"),
)  # fmt: skip
HEAD = (
    (r"/head/(\d{3})", r"HTTP/1\.1 \1 [^<]*$"),
    (r"/head/(\d{3})-get-.*", r"HTTP/1\.1 \1 [^<]*$"),
    (r"/head/(?:reset|closes)", r"$"),
    (r"/head/garbage", r"(?!HTTP)"),
    (r"/head/goes.*", r"HTTP/1\.1 302 Reason\r\nLocation: /"),
    (r"/head/lies|/head/with-a-length-only|/head/chunked", r"HTTP/1\.1 200 [^<]*\r\n\r\n$"),
    (r"/head/with-body", r"HTTP/1\.1 200 OK\r\nContent-Length: 5\r\n\r\nhello$"),
    (r"/(?:status/200|page/there|to/301)", r"HTTP/1\.1 \d+ [^<]*\r\n\r\n$"),
)
RESETS = {"/heals/reset-once", "/reset/before", "/reset/in-headers", "/reset/after-headers", "/head/404-get-resets"}
SILENT = {"/slow/never", "/slow/drip"}  # drips for longer than a test may take


def pattern(expected: tuple[tuple[str, str | bytes], ...], path: str) -> re.Pattern[bytes] | None:
    for wanted, found in expected:
        if match := re.fullmatch(wanted, path):
            text = found if isinstance(found, bytes) else found.encode()
            return re.compile(text.replace(rb"\1", match[1].encode()) if match.groups() else text, re.S)
    return None


async def every(rows: list[Row], method: str, folder: Path) -> dict[str, Seen]:
    few = asyncio.Semaphore(16)
    made, _ = contexts(folder)
    async with Lab(BEHAVIOURS, made) as lab:

        async def look(row: Row) -> tuple[str, Seen]:
            async with few:
                return row.path, await seen(lab, row.path, method, row.tls)

        return dict(await asyncio.gather(*map(look, rows)))


@pytest.mark.asyncio
async def test_every_behaviour_does_what_its_row_says(tmp_path: Path) -> None:
    wanted = {row.path: pattern(GET, row.path) for row in TABLE if not row.path.startswith("/heals/reset")}
    rows = [row for row in TABLE if row.path not in SILENT]

    found = await every(rows, "GET", tmp_path)

    unsaid = {path for path, expected in wanted.items() if expected is None}
    assert unsaid == SILENT | {"/heals/closed-once"}
    assert {path: found[path].data[:99] for path, it in wanted.items() if it and not it.match(found[path].data)} == {}
    assert {path for path, it in found.items() if it.end == "reset"} == RESETS | {"/page/resets"}
    assert {path for path, it in found.items() if it.end == "closed" and not it.data} == {
        "/closes/before",
        "/heals/closed-once",
    }


@pytest.mark.asyncio
async def test_HEAD_is_answered_without_a_body_unless_its_row_says_so(tmp_path: Path) -> None:
    wanted = {row.path: it for row in TABLE if (it := pattern(HEAD, row.path))}

    found = await every([row for row in TABLE if row.path in wanted], "HEAD", tmp_path)

    assert {path: found[path].data[:99] for path, it in wanted.items() if not it.match(found[path].data)} == {}
    assert {row.path for row in TABLE if row.path.startswith("/head/")} <= wanted.keys()


@pytest.mark.asyncio
@pytest.mark.parametrize("row", [row for row in TABLE if row.path.startswith("/heals/")], ids=lambda row: row.path)
async def test_what_passes_has_passed_after_three_requests(row: Row) -> None:
    async with Lab(BEHAVIOURS) as lab:
        answers = [await seen(lab, row.path) for _ in range(3)]

    assert not answers[0].data.startswith(b"HTTP/1.1 200 ")
    assert answers[-1].data.startswith(b"HTTP/1.1 200 ")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("valid", 0),
        ("expired", 10),
        ("not-yet-valid", 9),
        ("wrong-host", 64),
        ("self-signed", 18),
        ("unknown-issuer", 20),
    ],
)
async def test_each_certificate_has_its_own_fault(fault: str, code: int, tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    client = ssl.create_default_context(cafile=str(authority))
    found = 0
    async with Lab({"/": says(200)}, made) as lab:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", lab.ports[fault], ssl=client)
            writer.transport.abort()
        except ssl.SSLCertVerificationError as error:
            found = error.verify_code

    assert found == code


def test_the_bomb_is_a_gigabyte() -> None:
    unpacker, size = zlib.decompressobj(-15), 0
    block = unpacker.decompress(BOMB[10:], 1 << 24)
    while block:
        size += len(block)
        block = unpacker.decompress(unpacker.unconsumed_tail, 1 << 24)

    assert (size, unpacker.eof) == (1 << 30, True)
    assert len(BOMB) < 2_000_000


@pytest.mark.asyncio
async def test_the_log_says_who_asked_what_and_how_many_at_a_time() -> None:
    arrived, go = asyncio.Semaphore(0), asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        arrived.release()
        await go.wait()
        await exchange.answer(200)

    async with Lab({"/wait/*": waits, "/wait/no": says(204)}) as lab:
        asking = [asyncio.ensure_future(seen(lab, f"/wait/{number}")) for number in range(3)]
        for _ in asking:
            await arrived.acquire()
        go.set()
        await asyncio.gather(*asking)
        other = await seen(lab, "/wait/no", "HEAD")
        unknown = await seen(lab, "/none")

    assert [answer.data[:12] for answer in (other, unknown)] == [b"HTTP/1.1 204", b"HTTP/1.1 404"]
    assert lab.peak == {"127.0.0.1": 3}
    assert sorted(asked.path for asked in lab.log) == ["/none", "/wait/0", "/wait/1", "/wait/2", "/wait/no"]
    assert [asked.at for asked in lab.log] == sorted(asked.at for asked in lab.log)
    assert len({asked.connection for asked in lab.log}) == 5
    assert (lab.log[3].method, lab.log[3].host, lab.log[3].headers) == (
        "HEAD",
        "127.0.0.1",
        {"host": f"127.0.0.1:{lab.ports['']}"},
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/slow/never", "/slow/drip", "/body/endless", "/headers/endless", "/100-for-ever"])
async def test_the_lab_ends_while_somebody_waits_and_leaves_nothing_behind(path: str) -> None:
    before = asyncio.all_tasks()
    async with Lab(BEHAVIOURS) as lab:
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.ports[""])
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        while not lab.log:
            await asyncio.sleep(0.001)

    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", lab.ports[""])
    writer.transport.abort()
    del reader


@pytest.mark.asyncio
async def test_no_behaviour_lasts_longer_than_the_lab_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_LONGEST", 0.05)
    async with Lab({"/": hangs}) as lab:
        assert await seen(lab, "/") == Seen(b"", "closed")


def test_the_lab_runs_by_itself_and_says_where_everything_is(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", tmp_path],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(len(TABLE) + 1)]
        url = lines[1].partition("\t")[0]
        where = urlsplit(url)
        connection = HTTPConnection(where.netloc, timeout=PATIENCE)
        connection.request("GET", where.path)
        status = connection.getresponse().status
        connection.close()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)

    assert lines[0] == f"# authority: {tmp_path / 'authority.pem'}\n"
    assert [line.rpartition("\t")[2].strip() for line in lines[1:]] == [row.rule or "ok" for row in TABLE]
    assert (url.endswith(TABLE[0].path), status, errors, process.returncode) == (True, 200, "", 0)
