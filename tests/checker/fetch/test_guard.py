"""No spelling, name or redirect leads to a neighbour: nothing reaches a listener that counts connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver
from lab.dns import Answers, Names

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.fetch import http
from checker.fetch.guard import Guard
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.known import Answer
from checker.web import urls

pytestmark = pytest.mark.usefixtures("either_session")

PUBLIC = "93.184.216.34"


class Listener(NamedTuple):
    port: int
    seen: list[bytes]  # the first line of each request that came through
    hosts: list[str]  # and the address it came to


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[Listener]:
    """A server on every loopback address, which counts who comes and redirects where its path says."""
    seen: list[bytes] = []
    hosts: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(b"")
        hosts.append(writer.get_extra_info("sockname")[0])
        try:
            line = await reader.readline()
            seen[-1] = line
            _, _, target = line.split()[1].partition(b"/to/")
            head = b"302 Found\r\nLocation: " + target if target else b"200 OK"
            writer.write(b"HTTP/1.1 " + head + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", 0)  # noqa: S104 - to see what any address would reach
    try:
        yield Listener(server.sockets[0].getsockname()[1], seen, hosts)
    finally:
        server.close()
        await server.wait_closed()


async def verdict(
    url: str,
    *,
    allowed: bool | tuple[str, ...] = False,
    resolver: Callable[[], AbstractResolver] | None = None,
    named: str = "",
) -> Answer:
    return (await verdicts([url], allowed=allowed, resolver=resolver, named=named))[0]


async def verdicts(
    addresses: list[str],
    *,
    allowed: bool | tuple[str, ...] = False,
    resolver: Callable[[], AbstractResolver] | None = None,
    named: str = "",
) -> list[Answer]:
    """The verdicts on URLs that are asked for one after the other."""
    config = RemoteTable(
        allow_private=allowed, retries=0, second_pass=False, interval=0, timeout=60, proxy="", soft_404=False
    )
    async with Frontier(config, Options(), named=named, resolver=resolver) as frontier:
        for url in addresses:
            frontier.add(url, "")
            await frontier.finish()
        return [frontier.verdicts.answers.get(remote_key(url, ""), Answer()) for url in addresses]


SPELLINGS = [
    *("127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.255.255.254", "2130706433", "017700000001", "0x7f000001"),
    *("0x7f.0.0.1", "0177.0.0.1", "0x7f.1", "127.0.0.0x1", "0", "0.0.0", "0x0", "00000000"),
    *("①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "%31%32%37.0.0.1", "127.0.0.%31"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[::ffff:0:127.0.0.1]"),
    *("[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254", "0xc0a80001"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]"),
    *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "[2001:db8::1]"),
    *("user@127.0.0.1", "93.184.216.34@127.0.0.1", "user:secret@127.1"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_an_address_gets_through(host: str, listener: Listener) -> None:
    url = urls.resolve("https://example.org/", f"http://{host}:{listener.port}/")

    answer = await verdict(url)

    assert (answer.rule, listener.seen) == ("remote/private-address", [])


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost."])
async def test_no_name_of_this_machine_gets_through(name: str, listener: Listener) -> None:
    answer = await verdict(urls.resolve("https://example.org/", f"http://{name}:{listener.port}/"))

    assert answer.rule in {"remote/private-address", "remote/dns"}
    assert listener.seen == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([["127.0.0.1"]], id="at-once"),
        pytest.param([["::1", "127.0.0.1"]], id="in-both-families"),
        pytest.param([["::ffff:127.0.0.1"]], id="mapped"),
        pytest.param([["10.0.0.1"], ["127.0.0.1"]], id="from-one-neighbour-to-another"),
        pytest.param([["169.254.169.254"]], id="metadata"),
    ],
)
async def test_a_name_that_leads_to_a_neighbour_is_refused(answers: list[list[str]], listener: Listener) -> None:
    answer = await verdict(f"http://rebind.test:{listener.port}/", resolver=lambda: Names({"rebind.test": answers}))

    assert (answer.rule, listener.seen) == ("remote/private-address", [])


@pytest.mark.asyncio
async def test_a_name_that_changes_its_mind_is_looked_up_once_and_its_bad_addresses_are_kept_back(
    listener: Listener,
) -> None:
    table = Names({"rebind.test": [["127.0.0.9", "127.0.0.1"], ["127.0.0.1"]]})

    answer = await verdict(f"http://rebind.test:{listener.port}/", resolver=lambda: table, allowed=("127.0.0.9/32",))

    assert answer.rule == ""
    assert listener.hosts == ["127.0.0.9"]


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost", "10.0.0.1", "169.254.169.254"])
async def test_a_redirect_does_not_get_through(host: str, listener: Listener) -> None:
    url = f"http://127.0.0.9:{listener.port}/to/http://{host}:{listener.port}/inner"

    answer = await verdict(url, allowed=("127.0.0.9/32",))

    assert answer.rule in {"remote/private-address", "remote/dns"}
    assert answer.hops[0].status == 302
    assert not any(b"inner" in line.split()[1].rpartition(b"/")[2] and b"/to/" not in line for line in listener.seen)


@pytest.mark.asyncio
@pytest.mark.parametrize("allowed", [True, ("127.0.0.0/8",), ("127.0.0.1",), ("open.test",), ("OPEN.test.",)], ids=str)
async def test_what_is_allowed_gets_through(allowed: bool | tuple[str, ...], listener: Listener) -> None:
    table = Names({"open.test": [["127.0.0.1"]]})

    answer = await verdict(f"http://open.test:{listener.port}/", allowed=allowed, resolver=lambda: table)

    assert (answer.rule, len(listener.seen)) == ("", 1)


@pytest.mark.asyncio
async def test_a_host_that_is_allowed_does_not_open_the_others(listener: Listener) -> None:
    table = Names({"open.test": [["127.0.0.1"]]})
    url = f"http://open.test:{listener.port}/to/http://127.0.0.1:{listener.port}/"

    answer = await verdict(url, allowed=("open.test",), resolver=lambda: table)

    assert (answer.rule, len(listener.seen)) == ("remote/private-address", 1)


def test_public_addresses_are_not_refused() -> None:
    guard = Guard()

    assert [address for address in (PUBLIC, "1.1.1.1", "2606:4700:4700::1111") if guard.refuses(address)] == []


def test_what_is_neither_host_nor_network_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        Guard(["10.0.0.0/99"])


# --- the host that was named


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://intranet.test:{port}/", ""),
        ("http://intranet.test:{port}/to/http://intranet.test:{port}/again", "remote/redirected"),
        ("https://intranet.test:{port}/", "remote/private-address"),
        ("http://intranet.test:{other}/", "remote/private-address"),
        ("http://intranet.test/", "remote/private-address"),
        ("http://other.test:{port}/", "remote/private-address"),
        ("http://www.intranet.test:{port}/", "remote/private-address"),
        ("http://127.0.0.1:{port}/", "remote/private-address"),
        ("http://intranet.test:{port}/to/http://127.0.0.1:{port}/", "remote/private-address"),
        ("http://intranet.test:{port}/to/http://other.test:{port}/", "remote/private-address"),
        ("http://intranet.test:{port}/to/http://intranet.test:{other}/", "remote/private-address"),
        ("http://intranet.test:{port}/to/https://intranet.test:{port}/", "remote/private-address"),
    ],
)
async def test_what_is_named_is_allowed_and_nothing_else_of_its_host(url: str, rule: str, listener: Listener) -> None:
    names = Names({name: [["127.0.0.1"]] for name in ("intranet.test", "www.intranet.test", "other.test")})
    port, other = listener.port, listener.port + 1

    answer = await verdict(
        url.format(port=port, other=other), named=f"http://intranet.test:{port}/", resolver=lambda: names
    )

    assert answer.rule == rule


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "[::ffff:127.0.0.1]"])
async def test_an_address_that_is_named_is_allowed_at_its_port(host: str, listener: Listener) -> None:
    named = urls.resolve("about:blank", f"http://{host}:{listener.port}/")

    here, there, elsewhere = await verdicts(
        [f"{named}page", urls.resolve(named, f"http://{host}:1/"), f"http://127.0.0.2:{listener.port}/"], named=named
    )

    assert here.rule in {"", "remote/connection"}  # where the system has no IPv6
    assert (there.rule, elsewhere.rule) == ("remote/private-address", "remote/private-address")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answers", "rules", "hosts"),
    [
        pytest.param([["127.0.0.9"]], ["", ""], ["127.0.0.9"] * 2, id="the-same"),
        pytest.param([["127.0.0.9"], ["127.0.0.1"]], ["", "remote/private-address"], ["127.0.0.9"], id="a-neighbour"),
        pytest.param(
            [["127.0.0.9", "127.0.0.8"], ["127.0.0.8"]], ["", ""], ["127.0.0.9", "127.0.0.8"], id="one-of-two"
        ),
        pytest.param(
            [["127.0.0.9"], ["127.0.0.1", "127.0.0.9"]], ["", ""], ["127.0.0.9"] * 2, id="the-same-and-a-neighbour"
        ),
        pytest.param(
            [socket.EAI_AGAIN, ["127.0.0.9"], ["127.0.0.1"]],
            ["", "remote/private-address"],
            ["127.0.0.9"],
            id="at-first-none",
        ),
    ],
)
async def test_what_a_named_host_resolves_to_later_is_judged_as_any_other(
    answers: Answers,
    rules: list[str],
    hosts: list[str],
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_DNS_KEPT", 0)
    named = f"http://rebind.test:{listener.port}/"
    names = Names({"rebind.test": answers})

    found = await verdicts([f"{named}1", f"{named}2"], named=named, resolver=lambda: names)

    assert [answer.rule for answer in found] == rules
    assert listener.hosts == hosts
