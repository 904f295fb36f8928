"""Politeness, proved from the server's log."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, PAGE, after, resets, says
from lab.server import Behaviour, Exchange, Lab

from checker.config.schema import HostTable, RemoteTable, VantageTable
from checker.extract import Options
from checker.fetch.hosts import Hosts
from checker.model import ConfigError
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key

HOSTS = [f"127.0.0.{number}" for number in range(2, 8)]
_TICK = 0.001  # seconds by which a timer may be early


def held(count: int, *, by_host: bool) -> Behaviour:
    """Keep the first requests until so many are there together, and then a little longer, in case there are more."""
    there: Counter[str] = Counter()
    full: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def do(exchange: Exchange) -> None:
        who = exchange.asked.host if by_host else ""
        there[who] += 1
        if there[who] == count:
            full[who].set()
        await full[who].wait()
        await asyncio.sleep(0.03)
        await exchange.answer(200, PAGE, HTML)

    return do


async def ask(urls: list[str], **settings: Any) -> Frontier:
    defaults = {"allow_private": ("127.0.0.0/8",), "interval": 0.0, "proxy": "", "soft_404": False}
    async with Frontier(RemoteTable(**{**defaults, **settings}), Options()) as frontier:
        for url in urls:
            frontier.add(url, "")
        await frontier.finish()
    return frontier


def starts(lab: Lab, host: str) -> list[float]:
    return [asked.at for asked in lab.log if asked.host == host]


def early(times: list[float], begin: float, interval: float) -> list[float]:
    """Which of a host's requests came before they could be their turn: the throttle allows a twentieth less a gap."""
    return [at - begin for number, at in enumerate(times) if at - begin < 0.95 * interval * number - _TICK]


@pytest.mark.asyncio
async def test_no_host_sees_more_than_its_limit_and_the_others_make_use_of_the_rest() -> None:
    async with Lab({"/ok/*": held(3, by_host=True)}) as lab:
        await lab.listen(HOSTS)

        await ask([lab.url(f"/ok/{n}", host) for host in HOSTS for n in range(20)], per_host=3)

        assert {host: lab.peak[host] for host in HOSTS} == dict.fromkeys(HOSTS, 3)


@pytest.mark.asyncio
async def test_no_more_requests_are_in_flight_than_all_hosts_together_may_have() -> None:
    together = peak = 0
    hold = held(7, by_host=False)

    async def counted(exchange: Exchange) -> None:
        nonlocal together, peak
        together += 1
        peak = max(peak, together)
        await hold(exchange)
        together -= 1

    async with Lab({"/ok/*": counted}) as lab:
        await lab.listen(HOSTS)

        await ask([lab.url(f"/ok/{n}", host) for host in HOSTS for n in range(10)], concurrency=7)

    assert peak == 7


@pytest.mark.asyncio
async def test_requests_to_a_host_are_spaced() -> None:
    """None comes before its turn, however late others came: the turns themselves are in the throttle's own tests."""
    async with Lab({"/ok/*": says(200)}) as lab:
        await lab.listen(HOSTS)
        begin = time.monotonic()

        await ask([lab.url(f"/ok/{n}", host) for host in HOSTS for n in range(8)], interval=0.05)

        for host in HOSTS:
            assert early(starts(lab, host), begin, 0.05) == []


@pytest.mark.asyncio
async def test_a_host_that_asks_for_silence_gets_it_while_the_others_go_on() -> None:
    busy, *others = HOSTS
    limited: dict[str, float] = {}

    async def once(exchange: Exchange) -> None:
        if exchange.asked.host == busy and not limited:
            limited[busy] = exchange.asked.at
            await exchange.answer(429, b"", ("Retry-After: 3",))
        else:
            await exchange.answer(200, PAGE, HTML)

    async with Lab({"/ok/*": once}) as lab:
        await lab.listen(HOSTS)

        frontier = await ask(
            [lab.url(f"/ok/{n}", host) for host in HOSTS for n in range(30)], interval=0.05, per_host=1
        )

        assert frontier.verdicts.answers == {}
        end = min(at for at in starts(lab, busy) if at > limited[busy])
        assert end - limited[busy] >= 3 - _TICK
        assert all(any(limited[busy] < at < end for at in starts(lab, host)) for host in others)


@pytest.mark.asyncio
async def test_a_host_that_is_overburdened_is_asked_more_slowly_from_then_on() -> None:
    async def sometimes(exchange: Exchange) -> None:
        if len(exchange.lab.log) == 10:
            await exchange.answer(429, b"", ("Retry-After: 0",))
        else:
            await exchange.answer(200, PAGE, HTML)

    async with Lab({"/ok/*": sometimes}) as lab:
        await ask([lab.url(f"/ok/{n}") for n in range(20)], per_host=1)

        times = starts(lab, "127.0.0.1")
        assert early(times[10:], times[9], 0.1) == []
        assert len(times) == 21


@pytest.mark.asyncio
async def test_a_silent_host_is_given_up_and_costs_nobody_else() -> None:
    silent, *others = HOSTS

    async def some(exchange: Exchange) -> None:
        if exchange.asked.host == silent:
            await asyncio.sleep(15)
        await exchange.answer(200, PAGE, HTML)

    async with Lab({"/ok/*": some}) as lab:
        await lab.listen(HOSTS)
        urls = [lab.url(f"/ok/{n}", host) for host in HOSTS for n in range(40)]

        frontier = await ask(urls, timeout=1.0, per_host=4)

        rules = {url: frontier.verdicts.answers[remote_key(url, "")].rule for url in urls if f"//{silent}:" in url}
        assert set(rules.values()) == {"remote/timeout"}
        assert len(rules) == len(frontier.verdicts.answers) == 40
        assert len(starts(lab, silent)) < 20
        # No other has waited: all are done when the silent one's first requests have only just been given up.
        assert max(at for host in others for at in starts(lab, host)) < starts(lab, silent)[4]


@pytest.mark.asyncio
async def test_each_url_is_asked_once_however_often_it_is_added() -> None:
    async with Lab({"/ok/*": says(200)}) as lab:
        await ask([lab.url("/ok/1")] * 5)

        assert [asked.method for asked in lab.log] == ["HEAD"]


@pytest.mark.asyncio
async def test_one_request_answers_for_all_fragments_of_a_page() -> None:
    async with Lab({"/ok/*": says(200)}) as lab:
        config = RemoteTable(allow_private=("127.0.0.1",), proxy="", soft_404=False)
        async with Frontier(config, Options()) as frontier:
            for fragment in ("here", "there", "nowhere", "gone"):
                frontier.add(lab.url("/ok/1"), fragment)
            await frontier.finish()

        assert [asked.method for asked in lab.log] == ["GET"]
        assert frontier.verdicts.answers.keys() == {remote_key(lab.url("/ok/1"), name) for name in ("nowhere", "gone")}


@pytest.mark.asyncio
async def test_what_failed_in_passing_is_tried_again_at_the_end() -> None:
    async with Lab({"/flaky": after(4, resets, says(200))}) as lab:
        urls = [lab.url("/flaky")]

        first = await ask(urls, retries=1, second_pass=False)
        lab.counts.clear()
        both = await ask(urls, retries=1)

        assert [answer.rule for answer in first.verdicts.answers.values()] == ["remote/connection"]
        assert both.verdicts.answers == {}


@pytest.mark.asyncio
async def test_headers_and_logins_go_to_their_own_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", "keeper:s3cret")
    own, other = HOSTS[:2]

    async def leads(exchange: Exchange) -> None:
        port = exchange.lab.ports[""]
        await exchange.answer(302, b"", (f"Location: http://{other}:{port}/ok",))

    async with Lab({"/ok": says(200), "/leads": leads}) as lab:
        await lab.listen(HOSTS)
        row = HostTable(host=f"{own}:*", auth="${LAB_SECRET}", headers={"X-Token": "t0ken"}, allow_http=True)

        await ask([lab.url("/leads", own)], host=(row,))

        sent = {asked.host: ("authorization" in asked.headers, asked.headers.get("x-token")) for asked in lab.log}
        assert sent == {own: (True, "t0ken"), other: (False, None)}


def test_headers_and_logins_go_over_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", "keeper:s3cret")
    closed = HostTable(host="lamps.test", auth="${LAB_SECRET}", headers={"X-Token": "t0ken"}, timeout=3.0)
    hosts = Hosts(RemoteTable(host=(closed, HostTable(host="open.lamps.test", auth="ann:x", allow_http=True))))

    assert [name for name, _ in hosts.of("https://lamps.test/a").headers] == ["X-Token", "Authorization"]
    assert hosts.of("http://lamps.test/a").headers == ()
    assert hosts.of("http://lamps.test/a").timeout == 3.0
    assert [name for name, _ in hosts.of("http://open.lamps.test/a").headers] == ["Authorization"]


def test_a_secret_that_the_environment_lacks_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_SECRET", raising=False)

    with pytest.raises(ConfigError, match="the environment has no LAB_SECRET"):
        Frontier(RemoteTable(host=(HostTable(host="*", auth="${LAB_SECRET}"),)), Options())


@pytest.mark.asyncio
async def test_cookies_go_back_to_the_host_that_gave_them_only() -> None:
    own, other = HOSTS[:2]

    async def leads(exchange: Exchange) -> None:
        await exchange.answer(
            302, b"", (f"Location: http://{other}:{exchange.lab.ports['']}/ok", "Set-Cookie: id=secret")
        )

    async with Lab({"/ok": says(200), "/leads": leads}) as lab:
        await lab.listen(HOSTS)

        await ask([lab.url("/leads", own)])

        assert [asked.headers.get("cookie") for asked in lab.log if asked.host == other] == [None]


def host_that_never_says_404(own: dict[str, Behaviour]) -> dict[str, Behaviour]:
    return {"*": says(200, b"<title>Welcome</title><p>What are you looking for today, dear reader?", *HTML), **own}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("behaviours", "rule"),
    [
        pytest.param(host_that_never_says_404({}), "remote/soft-404", id="the-same-page-for-any-path"),
        pytest.param(host_that_never_says_404({"/a/page": says(200)}), None, id="a-page-of-its-own"),
        pytest.param({"/a/page": says(200)}, None, id="a-host-that-says-404"),
        pytest.param({"/a/page": says(200, b"<title>404 Not Found</title>", *HTML)}, None, id="seen-by-HEAD-only"),
        pytest.param(
            {"/a/page": says(200, b"%PDF", "Content-Type: application/pdf"), "*": says(200)}, None, id="no-html"
        ),
    ],
)
async def test_a_page_that_is_gone_though_the_server_says_200(
    behaviours: dict[str, Behaviour], rule: str | None
) -> None:
    async with Lab(behaviours) as lab:
        url = lab.url("/a/page")

        frontier = await ask([url], soft_404=True)

        answer = frontier.verdicts.answers.get(remote_key(url, ""))
        assert (answer and answer.rule) == rule


@pytest.mark.asyncio
async def test_a_host_is_asked_once_for_a_path_that_cannot_exist() -> None:
    async with Lab({"/ok/*": says(200)}) as lab:
        await ask([lab.url(f"/ok/{n}") for n in range(10)], soft_404=True)

        by_path: defaultdict[bool, int] = defaultdict(int)
        for asked in lab.log:
            by_path[asked.path.startswith("/ok/")] += 1
        assert by_path == {True: 10, False: 1}


@pytest.mark.asyncio
async def test_single_links_obey_robots_txt_by_choice() -> None:
    rules = says(200, b"User-agent: *\nDisallow: /private/\n", "Content-Type: text/plain")
    async with Lab({"/robots.txt": rules, "/ok": says(200), "/private/*": says(404)}) as lab:
        urls = [lab.url("/ok"), lab.url("/private/a"), lab.url("/private/b")]

        frontier = await ask(urls, robots=True, per_host=1)

        assert frontier.verdicts.answers == {}
        assert frontier.verdicts.unchecked == {"not allowed by robots.txt": 2}
        assert sorted(asked.path for asked in lab.log) == ["/ok", "/robots.txt"]


@pytest.mark.asyncio
async def test_a_proxy_elsewhere_tells_dead_from_unreachable_here() -> None:
    async with Lab({"http://here.test/alive": says(200), "http://here.test/dead": says(404)}) as lab:
        vantage = VantageTable(name="from Tokyo", proxy=lab.url("/"))

        frontier = await ask(["http://here.test/alive", "http://here.test/dead"], vantage=(vantage,), retries=0)

        alive, dead = (
            frontier.verdicts.answers[remote_key(f"http://here.test/{name}", "")] for name in ("alive", "dead")
        )
        assert (alive.rule, alive.message.rpartition("; ")[2]) == (
            "remote/unreachable-here",
            "but it answers from Tokyo",
        )
        assert (dead.rule, dead.message.rpartition("; ")[2]) == ("remote/dns", "it also fails from Tokyo")


@pytest.mark.asyncio
async def test_a_proxy_is_no_way_around_the_guard() -> None:
    async with Lab({"http://10.0.0.1/": says(200)}) as lab:
        frontier = await ask(["http://10.0.0.1/"], proxy=lab.url("/"), allow_private=False)

        assert [answer.rule for answer in frontier.verdicts.answers.values()] == ["remote/private-address"]
        assert lab.log == []


@pytest.mark.needs("openssl")
@pytest.mark.asyncio
async def test_a_server_with_an_old_tls_only_is_told_from_a_bad_certificate(tmp_path: Path) -> None:
    made = subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"],
            *["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")],
        ],
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(
        *["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-www"],
        *["-key", str(tmp_path / "key.pem"), "-cert", str(tmp_path / "certificate.pem")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
    )
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            await asyncio.sleep(0.05)
        frontier = await ask([f"https://127.0.0.1:{port}/"], retries=0)
    finally:
        server.terminate()
        await server.wait()

    (answer,) = frontier.verdicts.answers.values()
    assert answer.rule == "remote/tls"
    assert answer.message.startswith("no TLS connection:")


# A ServerHello of TLS 1.2 without an extension: RFC 5246 section 7.4.1.3.
_HELLO = b"\x03\x03" + bytes(32) + b"\x00\xc0\x2f\x00"
_OLD_HELLO = b"\x16\x03\x03" + (len(_HELLO) + 4).to_bytes(2, "big") + b"\x02\x00\x00" + bytes([len(_HELLO)]) + _HELLO


@pytest.mark.asyncio
async def test_a_server_that_does_not_know_of_secure_renegotiation_is_connected_to() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(_OLD_HELLO)  # and its certificate would follow
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        frontier = await ask([url], retries=0, timeout=0.5, second_pass=False)

    (answer,) = frontier.verdicts.answers.values()
    assert answer.rule == "remote/timeout"  # and no alert: it waits for the certificate
