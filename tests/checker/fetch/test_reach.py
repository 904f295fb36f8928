"""Whether there is a network, from what a run's requests came to."""

from __future__ import annotations

import pytest

from checker.fetch import Fault, FetchError, Request, Response
from checker.fetch.reach import MANY, Reach

NAME, OTHER, ADDRESS, LOOPBACK = (
    "https://a.example.org/",
    "https://b.example.net/",
    "http://192.0.2.9/",
    "http://127.0.0.5/",
)
MANY_NAMES = [f"https://site{number}.example{number}.org/" for number in range(MANY)]

Outcome = Fault | int


async def lack(outcomes: list[tuple[str, Outcome]], *, proxy: bool = False, routed: bool = True) -> str:
    reach = Reach(lambda _: proxy, routed=lambda: routed)
    left = iter(outcomes)

    async def answer(request: Request) -> Response:
        outcome = next(left)[1]
        if isinstance(outcome, Fault):
            raise FetchError(outcome, outcome.value)
        return Response(request.url, outcome, {})

    fetch = reach.watched(answer)
    for url, outcome in outcomes:
        try:
            await fetch(Request(url))
        except FetchError:
            assert isinstance(outcome, Fault)
    return reach.lack()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("outcomes", "options"),
    [
        pytest.param([(NAME, Fault.RESOLVER)], {}, id="the-resolver-cannot-tell-the-only-name"),
        pytest.param([(NAME, Fault.RESOLVER), (OTHER, Fault.RESOLVER)], {}, id="nor-any"),
        pytest.param([(ADDRESS, Fault.ROUTE)], {"routed": False}, id="no-route"),
        pytest.param([(NAME, Fault.RESOLVER), (ADDRESS, Fault.ROUTE)], {}, id="no-resolver-and-no-way-to-an-address"),
        pytest.param([(NAME, Fault.RESOLVER), (ADDRESS, Fault.TIMEOUT)], {}, id="no-resolver-and-a-silent-address"),
        pytest.param([(NAME, Fault.RESOLVER), (LOOPBACK, Fault.CONNECTION)], {}, id="this-machine-is-no-network"),
        pytest.param([(NAME, Fault.DNS)], {"routed": False}, id="a-resolver-that-denies-names-without-a-route"),
        pytest.param([(NAME, Fault.PROXY)], {"proxy": True}, id="a-proxy-that-fails"),
        pytest.param([(NAME, Fault.TIMEOUT)], {"proxy": True}, id="a-proxy-that-hangs"),
        pytest.param([(NAME, 407), (OTHER, 502)], {"proxy": True}, id="a-proxy-that-refuses"),
        pytest.param([(NAME, 511)], {}, id="a-network-that-asks-for-a-login"),
        pytest.param([(url, Fault.DNS) for url in MANY_NAMES], {}, id="many-names-and-none-exists"),
        pytest.param([(url, Fault.TIMEOUT) for url in MANY_NAMES], {}, id="many-hosts-and-all-are-silent"),
    ],
)
async def test_there_is_no_network(outcomes: list[tuple[str, Outcome]], options: dict[str, bool]) -> None:
    assert await lack(outcomes, **options)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("outcomes", "options"),
    [
        pytest.param([], {}, id="nothing-was-asked"),
        pytest.param([(NAME, Fault.DNS)], {}, id="one-name-that-does-not-exist"),
        pytest.param([(NAME, Fault.DNS), (OTHER, Fault.RESOLVER)], {}, id="the-resolver-knows-of-one"),
        pytest.param([(NAME, Fault.CONNECTION)], {}, id="one-host-that-refuses"),
        pytest.param([(NAME, Fault.TIMEOUT), (OTHER, Fault.RESOLVER)], {}, id="one-name-that-resolves"),
        pytest.param([(NAME, Fault.TLS), (OTHER, Fault.RESOLVER)], {}, id="a-certificate-came"),
        pytest.param([(NAME, Fault.RESOLVER), (LOOPBACK, 404)], {}, id="any-host-answers"),
        pytest.param([(NAME, Fault.PROXY), (OTHER, 200)], {"proxy": True}, id="the-proxy-reaches-one"),
        pytest.param([(NAME, 502)], {}, id="a-server-that-fails-is-there"),
        pytest.param([(LOOPBACK, Fault.CONNECTION)], {"routed": False}, id="this-machine-needs-no-network"),
        pytest.param([("http://[2001:db8::9]/", Fault.ROUTE)], {}, id="only-no-ipv6"),
        pytest.param([(NAME, Fault.PRIVATE)], {"routed": False}, id="what-must-not-be-asked-tells-nothing"),
        pytest.param(
            [(f"https://{name}.example.org/", Fault.DNS) for name in "abcdefghijkl"], {}, id="many-names-of-one-domain"
        ),
        pytest.param([(f"http://127.0.1.{number}/", Fault.CONNECTION) for number in range(MANY)], {}, id="many-near"),
    ],
)
async def test_there_is_a_network_or_it_cannot_be_told(
    outcomes: list[tuple[str, Outcome]], options: dict[str, bool]
) -> None:
    assert await lack(outcomes, **options) == ""
