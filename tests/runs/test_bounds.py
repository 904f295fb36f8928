"""Every run ends: whatever a server can stretch has a bound, counted in what it sent and in what it was asked for."""

from __future__ import annotations

import asyncio
import json
import resource
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.assets import SMALL
from lab.behaviours import CHUNKED, HTML, OK, PAGE, by_method, endless, says, sends, to
from lab.process import ALLOWED, found, html, running, started
from lab.server import Behaviour, Exchange, Lab

from checker.config.schema import HostTable, RemoteTable
from checker.extract import Options
from checker.fetch import http
from checker.fetch.session import PublicSession
from checker.model import Unchecked
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.known import Answer

BUFFERS = 30_000_000  # bytes that a server may have sent when its client leaves at once: the kernel keeps megabytes
HOURS = 1 << 20  # seconds


async def ask(url: str, fragment: str = "", role: str = "", **settings: Any) -> Answer:
    defaults = {"allow_private": ("127.0.0.0/8",), "interval": 0.0, "proxy": "", "soft_404": False, "retries": 0}
    config = RemoteTable(**{**defaults, "second_pass": False, "timeout": 15.0, **settings})
    async with Frontier(config, Options()) as frontier:
        frontier.add(url, fragment, role)
        await frontier.finish()
        return frontier.verdicts.answers.get(remote_key(url, fragment), Answer())


# --- before the answer


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("do", "message"),
    [
        pytest.param(endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 1000), "20 interim answers", id="102"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Early Hints\n\n" * 1000), "20 interim answers", id="bare-LF"),
        pytest.param(
            endless(b"", b"HTTP/1.1 103 Early Hints\r\n" + b"Link: </a>\r\n" * 200 + b"\r\n"), "interim", id="103"
        ),
        pytest.param(
            endless(b"", b"HTTP/1.1 103 Early Hints\r\nX: " + b"x" * 60_000 + b"\r\n\r\n"), "262,144 bytes", id="large"
        ),
        pytest.param(endless(OK, b"X: y\r\n" * 1000), "", id="header-lines"),
        pytest.param(endless(OK, b"X: " + b"y" * 30_000 + b"\r\n"), "262,144 bytes", id="large-header-lines"),
        pytest.param(endless(OK + b"X: ", b"y" * 10_000), "", id="a-header-line"),
        pytest.param(endless(b"", b"\r\n" * 1000), "", id="empty-lines"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"OK " * 1000), "", id="a-reason"),
    ],
)
async def test_a_head_has_an_end(do: Behaviour, message: str) -> None:
    async with Lab({"/": do}) as lab:
        answer = await ask(lab.url("/"))

    assert answer.rule == "remote/protocol"
    assert message in answer.message
    assert lab.sent["/"] < 2 * BUFFERS  # to HEAD, and to GET


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "do",
    [
        pytest.param(endless(OK, b"X: y\r\n" * 1000), id="lines"),
        pytest.param(endless(OK, b"X: " + b"y" * 30_000 + b"\r\n"), id="large-lines"),
        pytest.param(endless(OK + b"X: ", b"y" * 10_000), id="a-line"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"OK " * 1000), id="a-reason"),
    ],
)
async def test_the_public_session_bounds_the_lines_of_a_head(do: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "opened", PublicSession)
    async with Lab({"/": do}) as lab:
        answer = await ask(lab.url("/"))

    assert answer.rule == "remote/protocol"
    assert lab.sent["/"] < 2 * BUFFERS


@pytest.mark.asyncio
@pytest.mark.parametrize(("interim", "rule"), [(1, ""), (3, ""), (20, ""), (21, "remote/protocol")])
@pytest.mark.parametrize("code", [100, 102, 103])
async def test_a_few_interim_answers_are_passed_over(code: int, interim: int, rule: str) -> None:
    before = b"HTTP/1.1 %d Wait\r\nLink: </a>\r\n\r\n" % code * interim
    async with Lab({"/": sends(before + OK + b"Content-Length: 0\r\n\r\n", closes=False)}) as lab:
        answer = await ask(lab.url("/"))

    assert answer.rule == rule


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_interim_answers_are_counted_anew_for_each_request_of_a_connection() -> None:
    answers = b"HTTP/1.1 103 Hints\r\n\r\n" * 15 + OK + b"Content-Length: 0\r\n\r\n"
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, per_host=1)
    async with Lab({"/*": sends(answers, closes=False)}) as lab, Frontier(config, Options()) as frontier:
        for number in range(4):
            frontier.add(lab.url(f"/{number}"), "")
        await frontier.finish()

    assert frontier.verdicts.answers == {}
    assert {asked.connection for asked in lab.log} == {1}


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_tls_handshake_has_an_end() -> None:
    came: list[str] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append("")
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        answer = await ask(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout=0.3)

    assert answer.rule == "remote/timeout"
    assert 1 <= len(came) <= 2


# --- the body


def streams(media: str, *, length: int = 0, first: bytes = b"") -> Behaviour:
    """Answer GET with a body that begins, and goes on until the client leaves, which is told to the lab."""

    async def do(exchange: Exchange) -> None:
        if exchange.asked.method == "HEAD":
            await exchange.answer(405)
            return
        promised = f"Content-Length: {length}\r\n" if length else "Connection: close\r\n"
        await exchange.send(OK + f"Content-Type: {media}\r\n{promised}\r\n".encode() + first)
        await exchange.left()
        exchange.lab.counts["left"] += 1
        exchange.close()

    return do


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    "media",
    ["audio/mpeg", "text/event-stream", "multipart/x-mixed-replace;boundary=x", "video/mp4", "application/json"],
)
async def test_nobody_waits_for_a_body_of_which_nothing_is_wanted(media: str) -> None:
    async with Lab({"/": streams(media)}) as lab:
        answer = await ask(lab.url("/"), timeout=HOURS)
        await asyncio.wait_for(_until(lambda: lab.counts["left"] == 1), PATIENCE)

    assert answer.rule == ""


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    ("fragment", "role", "media", "rule", "flaw"),
    [
        pytest.param("", "", "text/html", "", "", id="a-link"),
        pytest.param("nowhere", "", "text/html", "", "", id="a-fragment-that-may-yet-come"),
        pytest.param("", "image", "multipart/x-mixed-replace;boundary=x", "", "", id="motion-JPEG"),
        pytest.param("", "media", "audio/mpeg", "", "", id="radio"),
        pytest.param("", "image", "image/png", "", "", id="a-picture-of-no-stated-length"),
    ],
)
async def test_what_does_not_end_in_time_is_there_all_the_same(
    fragment: str, role: str, media: str, rule: str, flaw: str
) -> None:
    async with Lab({"/": streams(media, first=b"<p id=here>")}) as lab:
        answer = await ask(lab.url("/"), fragment, role, timeout=0.3)

    assert (answer.rule, answer.flaw.rule if answer.flaw else "", answer.missing) == (rule, flaw, ())


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_picture_of_which_half_comes_in_time_is_cut() -> None:
    picture = SMALL
    async with Lab({"/": streams("image/png", length=len(picture), first=picture[: len(picture) // 2])}) as lab:
        answer = await ask(lab.url("/"), role="image", timeout=0.3)

    assert answer.flaw is not None
    assert answer.flaw.rule == "asset/truncated"
    assert f"of {len(picture)} bytes come in time" in answer.flaw.message


GZIP = OK + b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
NOTHING_PACKED = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
PACKED = zlib.compressobj(9, zlib.DEFLATED, 31)
WHOLE = PACKED.compress(PAGE) + PACKED.flush()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "do",
    [
        pytest.param(endless(CHUNKED + b"5;", b"a=b;" * 5000), id="a-chunk-extension"),
        pytest.param(endless(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\ny\r\n"), id="chunk-extensions"),
        pytest.param(endless(CHUNKED + b"5\r\nhello\r\n0\r\n", b"X: y\r\n" * 1000), id="trailers"),
        pytest.param(endless(CHUNKED, b"0" * 10_000), id="zeros-of-a-size"),
        pytest.param(endless(GZIP + NOTHING_PACKED, b"\0\0\0\xff\xff" * 5000), id="empty-blocks-of-gzip"),
        pytest.param(endless(GZIP + WHOLE, b"junk" * 5000), id="junk-after-gzip"),
        pytest.param(endless(OK + b"Content-Type: text/html\r\n\r\n", b"x" * 60_000), id="a-body"),
    ],
)
async def test_what_brings_nothing_of_a_body_has_an_end(do: Behaviour) -> None:
    async with Lab({"/": do}) as lab:
        answer = await ask(lab.url("/"), "here", max_body=100_000)

    assert answer.rule == ""  # the head said 200
    assert lab.sent["/"] < BUFFERS


@pytest.mark.asyncio
@pytest.mark.parametrize("length", ["0000000000000000000100", "000000000000000000000000099999999999"])
async def test_a_length_with_zeros_before_it_is_not_taken_for_a_short_one(length: str) -> None:
    head = OK + f"Content-Type: image/png\r\nContent-Length: {length}\r\n\r\n".encode()
    async with Lab({"/": by_method(says(405), endless(head, b"x" * 60_000))}) as lab:
        answer = await ask(lab.url("/"))

    assert answer.rule == ""
    assert lab.sent["/"] < BUFFERS


# --- redirects and cookies


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_cookies_of_a_chain_cost_no_more_than_they_are_long() -> None:
    """Values full of escapes: to be unquoted, they would take minutes."""

    async def do(exchange: Exchange) -> None:
        flood = [f'Set-Cookie: a{n}="' + '\\"' * 4090 + '"' for n in range(30)]
        await exchange.answer(302, b"", (f"Location: /{exchange.count}{exchange.asked.path}", *flood))

    async with Lab({"/*": do}) as lab:
        answer = await ask(lab.url("/x"), max_redirects=5)

    assert answer.rule == "remote/redirect-loop"
    assert len(lab.log) == 12  # six each of HEAD and GET


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_chain_of_ever_longer_places_has_an_end() -> None:
    async def do(exchange: Exchange) -> None:
        await exchange.answer(302, b"", (f"Location: {exchange.asked.path}{'x' * 10_000}",))

    async with Lab({"/*": do}) as lab:
        answer = await ask(lab.url("/"), max_redirects=10)

    assert answer.rule in {"remote/redirect-loop", "remote/protocol", "remote/connection"}
    assert len(lab.log) <= 24


# --- wishes of robots.txt


def robots(text: str) -> Behaviour:
    return says(200, text.encode(), "Content-Type: text/plain")


def walked(site: dict[str, Behaviour], write: Callable[..., Path], *tables: str) -> tuple[dict[str, Any], Lab]:
    """The report on a live site by a whole run, and the lab that it ran against."""
    with running({"/favicon.ico": says(404), **site}) as lab:
        root = write({"config.toml": "\n".join((ALLOWED, *tables))})
        process = started("check", lab.url("/"), "--format", "json", "--all", cwd=root)
        out, err = process.communicate(timeout=100)
    assert process.returncode in {0, 1}, err
    return json.loads(out), lab


def unchecked(report: dict[str, Any]) -> dict[str, int]:
    result: dict[str, int] = report["totals"]["unchecked"]
    return result


def test_who_wants_more_between_two_requests_than_our_patience_is_asked_for_one_page(
    write: Callable[..., Path],
) -> None:
    site = {
        "/": html("/a", "/b#x", "/c.png"),
        "/robots.txt": robots("User-agent: *\nCrawl-delay: 100000\nSitemap: /sitemap.xml\n"),
    }
    report, lab = walked(site, write)

    assert [asked.path for asked in lab.log] == ["/robots.txt", "/"]
    host = f"127.0.0.1:{lab.ports['']}"
    assert unchecked(report) == {f"{host} wants 100,000 s between two requests ([remote] patience)": 3}
    verdicts = {row["reference"]: row["verdict"] for row in report["references"]}
    assert verdicts == {"/a": "unchecked", "/b#x": "unchecked", "/c.png": "unchecked"}


def test_a_wish_that_we_have_the_patience_for_is_granted(write: Callable[..., Path]) -> None:
    site = {
        "/": html("/a", "/b"),
        **dict.fromkeys(("/a", "/b"), html()),
        "/robots.txt": robots("User-agent: *\nCrawl-delay: 0.3\n"),
    }
    report, lab = walked(site, write, "[site]\nsitemaps = false")

    times = [asked.at for asked in lab.log if asked.path in {"/", "/a", "/b"}]
    assert len(times) == 3
    assert all(later - earlier > 0.2 for earlier, later in pairwise(times))
    assert unchecked(report) == {}


@pytest.mark.asyncio
async def test_single_links_that_obey_robots_txt_are_not_followed_to_what_it_forbids() -> None:
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, robots=True)
    behaviours = {"/robots.txt": robots("User-agent: *\nDisallow: /inner\n"), "/enter": to("/inner", 302)}
    async with Lab(behaviours) as lab, Frontier(config, Options()) as frontier:
        frontier.add(lab.url("/enter"), "")
        await frontier.finish()

    assert frontier.verdicts.unchecked == {Unchecked.DISALLOWED: 1}
    assert [asked.path for asked in lab.log] == ["/robots.txt", "/enter"]


@pytest.mark.asyncio
async def test_the_name_that_a_host_is_told_is_the_name_that_obeys_its_robots_txt() -> None:
    row = HostTable(host="127.0.0.1*", headers={"User-Agent": "OtherBot/1.0"}, allow_http=True)
    config = RemoteTable(
        allow_private=("127.0.0.1",), interval=0.0, proxy="", robots=True, user_agent="ExampleBot/1.0", host=(row,)
    )
    rules = robots("User-agent: OtherBot/1.0\nDisallow: /other\n\nUser-agent: ExampleBot\nDisallow: /example\n")
    async with Lab({"/robots.txt": rules, "/example": says(200)}) as lab, Frontier(config, Options()) as frontier:
        frontier.add(lab.url("/other"), "")
        frontier.add(lab.url("/example"), "")
        await frontier.finish()

    assert frontier.verdicts.unchecked == {Unchecked.DISALLOWED: 1}
    assert {asked.path for asked in lab.log} & {"/other", "/example"} == {"/example"}


@pytest.mark.asyncio
async def test_single_links_that_obey_robots_txt_are_left_alone_too() -> None:
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, robots=True)
    rules = robots("User-agent: mirrorcheck\nCrawl-delay: 3600\n")
    async with Lab({"/robots.txt": rules}) as lab, Frontier(config, Options()) as frontier:
        for number in range(3):
            frontier.add(lab.url(f"/{number}"), "")
        await frontier.finish()

    assert [asked.path for asked in lab.log] == ["/robots.txt"]
    assert [(str(reason).partition(" ")[2][:13], count) for reason, count in frontier.verdicts.unchecked.items()] == [
        ("wants 3,600 s", 3)
    ]
    assert frontier.verdicts.answers == {}


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(endless(OK + b"Content-Type: text/plain\r\n\r\n", b"User-agent: x\n" * 1000), id="endless"),
        pytest.param(to("/robots.txt?", 302), id="redirects-to-itself"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Hints\r\n\r\n" * 1000), id="never-answered"),
    ],
)
def test_rules_without_end_hold_up_no_walk(rules: Behaviour, write: Callable[..., Path]) -> None:
    report, lab = walked({"/": html("/a"), "/a": html("/gone"), "/robots.txt": rules}, write)

    assert found(report) == [("remote/not-found", "/gone")]
    assert lab.sent["/robots.txt"] < 2 * BUFFERS
    assert sum(asked.path.startswith("/robots.txt") for asked in lab.log) <= 12


# --- sites without end


def number_of(path: str) -> int:
    digits = "".join(filter(str.isdigit, path))
    return int(digits or 0)


async def calendar(exchange: Exchange) -> None:
    """A page of its own for any month, which names the next."""
    month = number_of(exchange.asked.path)
    await exchange.answer(200, f'<title>A month</title><a href="/month/{month + 1}">on</a>'.encode(), HTML)


async def tree(exchange: Exchange) -> None:
    """A page of its own for any path, which names ten others."""
    links = "".join(f'<a href="{exchange.asked.path}{n}">x</a>' for n in range(10))
    await exchange.answer(200, f"<title>{exchange.asked.path}</title>{links}".encode(), HTML)


async def sitemaps(exchange: Exchange) -> None:
    """A sitemap that names another."""
    other = exchange.lab.url(f"/sitemap{number_of(exchange.asked.path) + 1}.xml")
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{other}</loc></sitemap>'
    await exchange.answer(200, f"{body}</sitemapindex>".encode(), ("Content-Type: application/xml",))


ENDLESS: dict[str, dict[str, Behaviour]] = {
    "calendar": {"/": html("/month/0"), "/month/*": calendar},
    "tree": {"/": html("/t/1"), "/t/*": tree},
    "sitemaps": {"/": html(), "/sitemap*": sitemaps},
}


@pytest.mark.parametrize(
    ("site", "limit", "asked", "reason"),
    [
        pytest.param("calendar", "", 501, "farther than 500 references from the first page ([site] endless)", id="0"),
        pytest.param("sitemaps", "", 502, "farther than 500 references from the first page ([site] endless)", id="1"),
        pytest.param(
            "calendar", "endless = 3", 4, "farther than 3 references from the first page ([site] endless)", id="2"
        ),
        pytest.param("tree", "max_pages = 30", 30, "more than 30 pages ([site] max_pages)", id="3"),
        pytest.param("sitemaps", "max_pages = 30", 31, "more than 30 pages ([site] max_pages)", id="4"),
        pytest.param("tree", "max_bytes = 9000", 0, "more than 9,000 bytes of pages ([site] max_bytes)", id="5"),
    ],
)
def test_a_site_without_end_is_walked_up_to_a_limit_that_the_report_names(
    site: str, limit: str, asked: int, reason: str, write: Callable[..., Path]
) -> None:
    report, lab = walked(ENDLESS[site], write, f"[site]\n{limit}")

    pages = {one.path for one in lab.log if one.path == "/" or one.path.startswith(tuple(ENDLESS[site])[1].strip("*"))}
    assert unchecked(report)[f"not read: {reason}"] >= 1
    if asked:
        assert len(pages) == asked  # and what is beyond is not asked for as a link either
    assert len(pages) <= 502


def test_a_site_that_is_only_long_is_walked_to_its_end(write: Callable[..., Path]) -> None:
    async def chapter(exchange: Exchange) -> None:
        number = number_of(exchange.asked.path)
        on = f'<a href="/novel/{number + 1}">on</a>' if number < 400 else '<a href="/gone">the end</a>'
        await exchange.answer(200, f"<title>Chapter {number}!</title>{on}".encode(), HTML)

    report, _ = walked({"/": html("/novel/1"), "/novel/*": chapter}, write)

    assert report["totals"]["pages"] == 401
    assert ("remote/not-found", "/gone") in found(report)
    assert unchecked(report) == {}


def test_a_page_without_end_is_told_and_what_came_of_it_is_checked(write: Callable[..., Path]) -> None:
    site = {"/": html("/stream"), "/stream": streams("text/html", first=b"<a href=/gone>x</a>")}
    report, _ = walked(site, write, "[[remote.host]]\nhost = '*'\npath = '/stream'\ntimeout = 0.5")

    assert found(report) == [("local/unreadable", ""), ("remote/not-found", "/gone")]
    said = {finding["rule"]: finding["message"] for finding in report["findings"]}
    assert said["local/unreadable"] == "the body does not end in time ([remote] timeout)"


# --- hosts without end


def test_more_hosts_than_the_system_allows_files_are_all_asked(write: Callable[..., Path]) -> None:
    hosts = [f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(300)]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with running({"/": says(200)}, hosts) as lab:
        text = "".join(f"<{lab.url('/', host)}>\n\n" for host in hosts)
        root = write({"README.md": text, "config.toml": f"{ALLOWED}second_pass = false\n"})
        process = started("check", "--format", "json", cwd=root, files=(150, hard))
        out, err = process.communicate(timeout=60)

    assert json.loads(out)["findings"] == [], err
    assert {asked.host for asked in lab.log} == set(hosts)
