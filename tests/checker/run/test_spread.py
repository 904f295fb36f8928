"""Questions that outposts ask: what their servers see and what the frontier learns is as with one asker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from lab.behaviours import HTML, PAGE, says
from lab.outposts import Here
from lab.server import Exchange, Lab

from checker.config.schema import HostTable, RemoteTable
from checker.extract import Options
from checker.fetch.reach import Noted
from checker.model import ClusterError, Unchecked
from checker.run.asker import Told
from checker.run.frontier import Frontier
from checker.run.messages import Answered, Ask, Message, State, frame, messages_of
from checker.run.outpost import LostError, Outpost
from checker.run.spread import Spread
from checker.sweep.keys import remote_key
from checker.verify.known import Answer, Known

HOSTS = [f"127.0.0.{number}" for number in range(2, 12)]
SETTINGS = RemoteTable(allow_private=("127.0.0.0/8",), interval=0.0, proxy="", soft_404=False, retries=0)


class Doomed:
    """An outpost that dies as soon as it has so many questions."""

    def __init__(self, name: str, questions: int = 1) -> None:
        self.name = name
        self.asked: list[str] = []
        self._questions = questions
        self._dead = asyncio.Event()

    async def give(self, data: bytes) -> None:
        self.asked += [str(each.question) for each in messages_of(data) if isinstance(each, Ask)]
        if len(self.asked) >= self._questions:
            self._dead.set()

    async def take(self) -> Sequence[bytes]:
        if not self.asked:
            return [frame([State(requests=1)])]
        await self._dead.wait()
        raise LostError

    async def end(self) -> None:
        pass


class CutOff:
    """An outpost that reaches nobody."""

    name = "cut off"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._said: asyncio.Queue[Message] = asyncio.Queue()

    async def give(self, data: bytes) -> None:
        for each in messages_of(data):
            if isinstance(each, Ask):
                self.asked.append(str(each.question))
                lost = Told(Known(Answer("remote/resolver", "the resolver fails")))
                self._said.put_nowait(Answered(each.number, lost))

    async def take(self) -> Sequence[bytes]:
        said = [await self._said.get()]
        return [frame([*said, State(noted=Noted(ours="the resolver fails"), lack="the resolver fails")])]

    async def end(self) -> None:
        pass


class Fickle(Doomed):
    """An outpost to whose first question a host does not answer, and that dies with the next."""

    told = False

    async def take(self) -> Sequence[bytes]:
        while not self.asked:
            await asyncio.sleep(0.01)
        if len(self.asked) == 1 and not self.told:
            self.told = True
            failure = Told(Known(Answer("remote/timeout", "no answer", passing=True)))
            return [frame([Answered(0, failure), State(requests=1, noted=Noted(reached=True))])]
        await self._dead.wait()
        raise LostError


async def ask(urls: Sequence[str], posts: Here | None = None, settings: RemoteTable = SETTINGS) -> Frontier:
    share = Spread(posts, settings, Options()) if posts else None
    async with Frontier(settings, Options(), share=share) as frontier:
        for url in urls:
            page, _, fragment = url.partition("#")
            frontier.add(page, fragment)
        await frontier.finish()
    return frontier


def learnt(frontier: Frontier) -> tuple[Any, ...]:
    verdicts = frontier.verdicts
    return verdicts.answers, verdicts.unchecked, verdicts.left, frontier.done, frontier.queued


async def onwards(exchange: Exchange) -> None:
    """To the same path on the next host, for good, until /4 is left; each hop sets a cookie that the next one wants."""
    left = int(exchange.asked.path.rsplit("/", 1)[1])
    if not left:
        await exchange.answer(200, PAGE, HTML)
        return
    there = HOSTS[(HOSTS.index(exchange.asked.host) + 1) % len(HOSTS)]
    await exchange.answer(301, b"", (f"Location: {exchange.lab.url(f'/on/{left - 1}', there)}",))


@pytest.mark.asyncio
async def test_verdicts_and_requests_are_those_of_one_asker() -> None:
    behaviours = {"/ok/*": says(200, PAGE, *HTML), "/gone/*": says(410), "/fails/*": says(500), "/on/*": onwards}
    async with Lab(behaviours) as lab:
        await lab.listen(HOSTS)
        paths = ["/ok/1", "/ok/2#nowhere", "/ok/2#here", "/gone/1", "/fails/1", "/on/1", "/on/3"]
        urls = [lab.url(path, host) for path in paths for host in HOSTS]

        alone = await ask(urls)
        requests, lab.log = Counter((each.host, each.method, each.path) for each in lab.log), []
        spread = await ask(urls, Here())

        assert learnt(spread) == learnt(alone)
        assert Counter((each.host, each.method, each.path) for each in lab.log) == requests
        assert spread.asker.requests == requests.total()


@pytest.mark.asyncio
async def test_a_host_to_which_many_others_lead_sees_no_more_than_its_limit() -> None:
    together, *others = HOSTS

    async def there(exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        await exchange.answer(200, PAGE, HTML)

    async def leads(exchange: Exchange) -> None:
        await exchange.answer(302, b"", (f"Location: {exchange.lab.url('/there' + exchange.asked.path, together)}",))

    async with Lab({"/there/*": there, "/leads/*": leads}) as lab:
        await lab.listen(HOSTS)
        urls = [lab.url(f"/leads/{number}", host) for number in range(10) for host in others]

        await ask(urls, Here(), RemoteTable(**{**_fields(SETTINGS), "per_host": 2}))

        assert lab.peak[together] == 2
        assert max(lab.peak.values()) == 2


@pytest.mark.asyncio
async def test_a_path_that_cannot_exist_is_asked_for_once_a_host_however_many_lead_there() -> None:
    there, *others = HOSTS

    async def leads(exchange: Exchange) -> None:
        await exchange.answer(302, b"", (f"Location: {exchange.lab.url('/ok' + exchange.asked.path, there)}",))

    async with Lab({"/*": says(200, PAGE, *HTML), "/leads/*": leads}) as lab:
        await lab.listen(HOSTS)
        settings = RemoteTable(**{**_fields(SETTINGS), "soft_404": True})
        urls = [lab.url("/leads/1", host) for host in others]

        spread = await ask(urls, Here(), settings)
        strangers = [each.path for each in lab.log if each.host == there and not each.path.startswith("/ok/")]

        assert len(strangers) == 1
        assert learnt(spread) == learnt(await ask(urls, settings=settings))


@pytest.mark.asyncio
async def test_a_cookie_goes_with_a_chain_of_redirects_through_several_outposts() -> None:
    first, second = HOSTS[:2]

    async def begins(exchange: Exchange) -> None:
        if exchange.asked.headers.get("cookie") == "been=there":
            await exchange.answer(200, PAGE, HTML)
        else:
            there = exchange.lab.url("/back", second)
            await exchange.answer(302, b"", (f"Location: {there}", "Set-Cookie: been=there"))

    async def back(exchange: Exchange) -> None:
        assert "cookie" not in exchange.asked.headers
        await exchange.answer(302, b"", (f"Location: {exchange.lab.url('/begins', first)}",))

    async with Lab({"/begins": begins, "/back": back}) as lab:
        await lab.listen([first, second])

        frontier = await ask([lab.url("/begins", first)], Here())

        assert frontier.verdicts.answers == {}
        assert [each.path for each in lab.log] == ["/begins", "/back", "/begins"]


@pytest.mark.asyncio
async def test_robots_and_pauses_that_hosts_ask_for_hold_on_outposts() -> None:
    busy: list[float] = []

    async def rules(exchange: Exchange) -> None:
        await exchange.answer(200, b"User-agent: *\nDisallow: /no/\n", ("Content-Type: text/plain",))

    async def once(exchange: Exchange) -> None:
        if busy:
            await exchange.answer(200, PAGE, HTML)
        else:
            busy.append(exchange.asked.at)
            await exchange.answer(429, b"", ("Retry-After: 1",))

    async with Lab({"/robots.txt": rules, "/ok/*": once, "/no/*": says(410)}) as lab:
        settings = RemoteTable(**{**_fields(SETTINGS), "robots": True, "per_host": 1, "retries": 1})
        frontier = await ask([lab.url("/no/1"), *(lab.url(f"/ok/{number}") for number in range(5))], Here(), settings)

        assert frontier.verdicts.unchecked == {Unchecked.DISALLOWED: 1}
        assert frontier.verdicts.answers == {}
        assert min(each.at for each in lab.log if each.at > busy[0]) >= busy[0] + 1 - 0.001


@pytest.mark.asyncio
async def test_what_was_with_an_outpost_that_dies_is_asked_by_others() -> None:
    async with Lab({"/ok/*": says(200), "/gone/*": says(410)}) as lab:
        await lab.listen(HOSTS)
        urls = [lab.url(f"/{kind}/{number}", host) for host in HOSTS for kind in ("ok", "gone") for number in range(30)]
        doomed = Doomed("doomed")

        spread = await ask(urls, Here([doomed, Outpost("other")]))
        seen = Counter(each.path for each in lab.log if each.method == "HEAD")

        assert doomed.asked
        assert learnt(spread) == learnt(await ask(urls))
        assert len(seen) == 60


@pytest.mark.asyncio
async def test_when_all_outposts_died_there_are_new_ones_and_a_question_is_not_asked_a_third_time() -> None:
    async with Lab({"/ok/*": says(200)}) as lab:
        urls = [lab.url(f"/ok/{number}") for number in range(20)]
        settings = RemoteTable(**{**_fields(SETTINGS), "per_host": 1})  # an outpost has two questions of a host
        first, second = Doomed("first", 2), Doomed("second", 2)

        frontier = await ask(urls, Here([first], [second], [Outpost("third")]), settings)

        assert first.asked == second.asked == urls[:2]
        assert frontier.verdicts.unchecked == {Unchecked.WORKER_LOST: 2}
        assert frontier.verdicts.left == {remote_key(url, "") for url in urls[:2]}
        assert {each.path for each in lab.log} == {f"/ok/{number}" for number in range(2, 20)}
        assert (frontier.done, frontier.queued) == (20, 20)


@pytest.mark.asyncio
async def test_a_failure_stays_the_verdict_if_nobody_lives_to_ask_again() -> None:
    url = "https://example.org/1"
    first, second = Fickle("first", 2), Doomed("second")

    frontier = await ask([url], Here([first], [second]))

    assert (first.asked, second.asked) == ([url, url], [url])
    assert [answer.rule for answer in frontier.verdicts.answers.values()] == ["remote/timeout"]
    assert (frontier.verdicts.unchecked, frontier.verdicts.left) == ({}, set())


@pytest.mark.asyncio
async def test_an_outpost_that_alone_has_no_network_is_not_believed() -> None:
    async with Lab({"/ok/*": says(200)}) as lab:
        await lab.listen(HOSTS)
        deaf = CutOff()

        frontier = await ask([lab.url("/ok/1", host) for host in HOSTS], Here([deaf, Outpost("other")]))

        assert deaf.asked
        assert frontier.verdicts.answers == {}
        assert frontier.end() == ""


@pytest.mark.asyncio
async def test_if_no_outpost_has_a_network_there_is_none() -> None:
    frontier = await ask(["https://example.org/1"], Here([CutOff()]))

    assert frontier.verdicts.answers[remote_key("https://example.org/1", "")].rule == "remote/resolver"
    assert frontier.end() == "the resolver fails"


@pytest.mark.asyncio
async def test_an_outpost_that_cannot_begin_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "swordfish")
    host = HostTable(host="example.org", headers={"X-Key": "${SECRET}"})
    settings = RemoteTable(**{**_fields(SETTINGS), "host": (host,)})
    async with Frontier(settings, Options(), share=Spread(Here(), settings, Options())) as frontier:
        monkeypatch.delenv("SECRET")
        frontier.add("https://example.org/1", "")
        with pytest.raises(ClusterError) as raised:
            await frontier.finish()

    assert str(raised.value).startswith("here: the worker outpost ")
    assert str(raised.value).endswith(": [[remote.host]] example.org: the environment has no SECRET")


def _fields(table: RemoteTable) -> dict[str, Any]:
    return {name: getattr(table, name) for name in table.__struct_fields__}
