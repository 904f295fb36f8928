"""What is asked of the network, and how often; the network is a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from types import TracebackType

import pytest

from checker.config.schema import HostTable, RedirectTable, RemoteTable
from checker.extract import Options
from checker.fetch import Fault, FetchError, Request, Response
from checker.model import Bound, ConfigError, Unchecked
from checker.run.frontier import Frontier
from checker.run.requests import Visit
from checker.sweep.keys import remote_key

HTML = {"Content-Type": "text/html"}
SITE = "https://example.org/"


class Table:
    """A network: URL -> status and body, or why there is no answer. What it does not hold is a 404."""

    def __init__(self, answers: Mapping[str, tuple[int, str] | FetchError]) -> None:
        self._answers = answers
        self.requests = 0
        self.asked: list[tuple[str, str]] = []

    async def __aenter__(self) -> Table:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def fetch(self, request: Request) -> Response:
        self.requests += 1
        self.asked.append((request.method, request.url))
        answer = self._answers.get(request.url, (404, ""))
        if isinstance(answer, FetchError):
            raise answer
        status, text = answer
        headers = {**HTML, "Location": text} if 300 <= status < 400 else HTML
        body = text.encode() if request.method == "GET" else b""
        return Response(request.url, status, headers, body=body, whole=True)

    @property
    def times(self) -> Counter[str]:
        """How often each URL was asked for."""
        return Counter(url for _, url in self.asked)


QUICK = RemoteTable(interval=0.0, retries=0, soft_404=False, proxy="")


async def frontier_over(
    table: Table, *asked: tuple[str, str] | tuple[str, str, str], config: RemoteTable = QUICK
) -> Frontier:
    async with Frontier(config, Options(), client=table) as frontier:
        for each in asked:
            frontier.add(*each)
        await frontier.finish()
    return frontier


def rules(frontier: Frontier) -> dict[int, str]:
    return {key: answer.rule for key, answer in frontier.verdicts.answers.items()}


@pytest.mark.asyncio
async def test_a_url_is_asked_for_once_however_many_pages_refer_to_it() -> None:
    table = Table({SITE: (200, "")})

    frontier = await frontier_over(table, *[(SITE, "")] * 3)

    assert table.times[SITE] == 1
    assert rules(frontier) == {}
    assert (frontier.done, frontier.queued) == (1, 1)


@pytest.mark.asyncio
async def test_one_request_answers_for_all_fragments_of_a_page() -> None:
    table = Table({SITE: (200, "<!doctype html><p id=here>")})

    frontier = await frontier_over(table, (SITE, "here"), (SITE, "gone"), (SITE, "lost"))

    assert [method for method, _ in table.asked] == ["GET"]
    assert sorted(rules(frontier)) == sorted([remote_key(SITE, "gone"), remote_key(SITE, "lost")])


@pytest.mark.asyncio
async def test_what_failed_in_passing_is_asked_once_more_at_the_end() -> None:
    table = Table({SITE: FetchError(Fault.TIMEOUT, "no answer in time", passing=True)})

    frontier = await frontier_over(table, (SITE, ""))
    without = Table({SITE: FetchError(Fault.TIMEOUT, "no answer in time", passing=True)})
    await frontier_over(without, (SITE, ""), config=RemoteTable(interval=0.0, retries=0, proxy="", second_pass=False))

    assert table.times[SITE] == 2 * without.times[SITE]
    assert rules(frontier) == {remote_key(SITE, ""): "remote/timeout"}


@pytest.mark.asyncio
async def test_what_is_excluded_is_counted_and_not_asked_for() -> None:
    table = Table({})

    frontier = await frontier_over(
        table, (SITE, "part"), config=RemoteTable(exclude=("example",), interval=0.0, proxy="")
    )

    assert table.asked == []
    assert frontier.verdicts.unchecked == {Unchecked.EXCLUDED: 1}
    assert frontier.verdicts.left == {remote_key(SITE, ""), remote_key(SITE, "part")}


@pytest.mark.asyncio
async def test_robots_are_heeded_where_that_is_asked_for() -> None:
    table = Table({f"{SITE}robots.txt": (200, "User-agent: *\nDisallow: /private/"), f"{SITE}open": (200, "")})
    config = RemoteTable(interval=0.0, retries=0, soft_404=False, robots=True, proxy="")

    frontier = await frontier_over(table, (f"{SITE}private/a", ""), (f"{SITE}open", ""), config=config)

    assert f"{SITE}private/a" not in table.times
    assert table.times[f"{SITE}robots.txt"] == 1
    assert frontier.verdicts.unchecked == {Unchecked.DISALLOWED: 1}


@pytest.mark.asyncio
async def test_a_host_that_wants_more_than_our_patience_is_left_alone() -> None:
    table = Table({f"{SITE}robots.txt": (200, "User-agent: *\nCrawl-delay: 3600")})
    config = RemoteTable(interval=0.0, retries=0, robots=True, proxy="")

    frontier = await frontier_over(table, (f"{SITE}a", ""), config=config)

    wish = Bound("example.org wants 3,600 s between two requests ([remote] patience)")
    assert frontier.verdicts.unchecked == {wish: 1}


@pytest.mark.asyncio
async def test_what_a_host_may_do_is_no_fault() -> None:
    table = Table({f"{SITE}old": (301, f"{SITE}new"), f"{SITE}new": (200, "")})
    allowed = RemoteTable(
        interval=0.0, retries=0, soft_404=False, proxy="", host=(HostTable(host="example.org", ignore=("remote",)),)
    )
    meant = RemoteTable(
        interval=0.0,
        retries=0,
        soft_404=False,
        proxy="",
        redirect=(RedirectTable(source=f"{SITE}old", to=f"{SITE}new"),),
    )

    assert rules(await frontier_over(table, (f"{SITE}old", ""))) == {remote_key(f"{SITE}old", ""): "remote/moved"}
    assert rules(await frontier_over(table, (f"{SITE}old", ""), config=allowed)) == {}
    assert rules(await frontier_over(table, (f"{SITE}old", ""), config=meant)) == {}


@pytest.mark.asyncio
async def test_the_end_of_a_run_counts_what_has_no_answer() -> None:
    table = Table({})
    async with Frontier(QUICK, Options(), client=table) as frontier:
        frontier.add(SITE, "here")
        lack = frontier.end()

    assert lack == ""
    assert frontier.verdicts.unchecked == {Unchecked.INTERRUPTED: 1}
    assert frontier.verdicts.left == {remote_key(SITE, ""), remote_key(SITE, "here")}


@pytest.mark.asyncio
async def test_a_visit_hands_its_page_over() -> None:
    table = Table({SITE: (200, "<!doctype html><p id=here>")})
    seen: list[tuple[str, bytes]] = []
    async with Frontier(QUICK, Options(), client=table) as frontier:
        frontier.on_page = lambda visit, response: seen.append((visit.url, response.body))
        frontier.visit(Visit(SITE, 0, frozenset({"text/html"}), 1000))
        await frontier.finish()

    assert seen == [(SITE, b"<!doctype html><p id=here>")]


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}"])
def test_a_pattern_that_is_none_is_a_mistake_of_the_configuration(pattern: str) -> None:
    with pytest.raises((ConfigError, re.error, OverflowError)):
        Frontier(RemoteTable(exclude=(pattern,)), Options())
