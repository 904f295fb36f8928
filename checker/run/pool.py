"""The pool: what several frontiers ask for, each URL once. Their hosts are paced together.

Each mirror of a fleet has a frontier of its own, with its own patterns, history and verdicts. Questions wait in the
pool until all mirrors have been read, so that one request answers for all their fragments. At its turn, the first
frontier asks; the others take the answer. Only mirrors whose configurations agree in all that can change an answer
share it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec.structs import replace

from checker.config.schema import Config, RemoteTable
from checker.extract import Options
from checker.fetch import Fetch, Request, Response
from checker.fetch.hosts import Host, Hosts
from checker.fetch.throttle import Throttle
from checker.run.asker import Asker, Examines, connections
from checker.run.frontier import Frontier
from checker.run.requests import Counts, Extra, Link, Question, Visit
from checker.verify.known import Answer, Known, checkable
from checker.web import urls

if TYPE_CHECKING:
    from checker.history.run import RunHistory

Key = str | tuple[str, str]  # a URL; with the role of an asset, or a hash
_Wants = list[tuple["Share", Question]]


class Pool:
    """The questions of several frontiers. Use as an async context manager, inside one event loop."""

    def __init__(self, tables: Sequence[RemoteTable]) -> None:
        """`tables`: the settings of all that will ask. The slowest pace counts, and the shortest patience.

        Raises ConfigError for settings that cannot be used.
        """
        self._pace = _Slowest([Hosts(table) for table in tables])
        self._concurrency = max(map(connections, tables), default=1)
        self._patience = min((table.patience for table in tables), default=0.0)
        self._groups: dict[bytes, Group] = {}
        self._stack = AsyncExitStack()
        self._opened = asyncio.Event()
        self._news = asyncio.Event()
        self.held = 0  # frontiers that wait until the pool opens
        self.cut = False  # whether the run was interrupted: nothing more is asked
        self.queued = 0  # questions, each once
        self.done = 0
        # Questions of all mirrors as the pool opened, and without those that are the same.
        self.wanted = self.distinct = 0
        self.requests = 0  # that were sent

    async def __aenter__(self) -> Self:
        self.throttle: Throttle[tuple[Group | Share, Any]] = Throttle(
            _run, self._pace, concurrency=self._concurrency, patience=self._patience
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.throttle.stop()
        await self._stack.aclose()

    @asynccontextmanager
    async def frontier(
        self,
        config: Config,
        options: Options,
        *,
        assets: bool,
        named: str = "",
        history: RunHistory | None = None,
    ) -> AsyncIterator[Frontier]:
        """A frontier that asks through the pool. `named`: the site that it walks, which it asks by itself."""
        group = await self._group(config, options)
        share = Share(self, group)
        async with Frontier(
            config.remote,
            options,
            assets=assets,
            deep=config.assets.deep,
            named=named,
            history=history,
            share=share,
        ) as frontier:
            frontier.asker.ask_through(group.lead, _Once, apart=bool(named))
            yield frontier

    async def _group(self, config: Config, options: Options) -> Group:
        """The group of those who ask alike: what they extract from their own pages changes no answer.

        Its asker asks for all of them.
        """
        table = replace(config.remote, time_limit=0.0, per_host=1, concurrency=1, interval=0.0, archive="")
        key = msgspec.json.encode((table, config.assets.deep))
        group = self._groups.get(key)
        if group is None:
            group = Group(self)
            lead = Asker(config.remote, options, deep=config.assets.deep, share=Share(self, group))
            group.lead = await self._stack.enter_async_context(lead)
            self._groups[key] = group
        return group

    # --- two times: until it opens, questions only wait

    @property
    def is_open(self) -> bool:
        """Whether questions are asked at once."""
        return self._opened.is_set()

    def begin(self) -> None:
        """Ask all that waits, and from now on at once."""
        self._opened.set()
        self.distinct = sum(len(group.waiting) for group in self._groups.values())
        self.wanted = sum(len(wants) for group in self._groups.values() for wants in group.waiting.values())
        for group in self._groups.values():
            for key in [*group.waiting]:
                self.ask(group, key)

    def ask(self, group: Group, key: Key) -> None:
        """Queue a question of a group."""
        self.throttle.add(key if isinstance(key, str) else key[0], (group, key))

    async def settle(self) -> None:
        """Wait until all that was queued is done. Before the pool opens, wait for that first."""
        if self.cut:
            return
        await self.throttle.join()
        if self.is_open:
            return
        self.held += 1
        self._news.set()
        await self._opened.wait()
        await self.throttle.join()

    async def gather(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Wait until each of these new tasks has ended, or waits for the pool to open."""
        before = self.held
        for task in tasks:
            task.add_done_callback(lambda _: self._news.set())
        while self.held - before < sum(not task.done() for task in tasks):
            self._news.clear()
            await self._news.wait()

    async def stop(self) -> None:
        """Ask nothing more: the run was interrupted."""
        self.cut = True
        self._opened.set()
        await self.throttle.stop()

    def counts(self) -> Counts:
        """The progress of the network, with each URL once."""
        return Counts(self.done, self.queued, self.throttle.in_flight, tuple(self.throttle.waits()))


async def _run(job: tuple[Group | Share, Any]) -> None:
    owner, question = job
    _ASKING.set(None)  # a job begins in the context of the one that made room for it
    await owner.run(question)


class _Slowest:
    """For each URL, the slowest pace that any configuration wants."""

    def __init__(self, hosts: Sequence[Hosts]) -> None:
        self._hosts = hosts

    def of(self, url: str) -> Host:
        """How the host of a URL is paced."""
        found = [hosts.of(url) for hosts in self._hosts]
        return found[0]._replace(
            per_host=min(each.per_host for each in found), interval=max(each.interval for each in found)
        )


class _ClosedError(Exception):
    """The frontier that asked takes no more answers."""


class _Asking:
    """A question that is being asked for several frontiers."""

    def __init__(self, wants: _Wants) -> None:
        links = [job for _, job in wants if isinstance(job, Link)]
        self.fragments = tuple({fragment: None for link in links for fragment in link.fragments})
        self.known = next((link.known for link in links if link.known), None)
        self.answer: Known | str | None = None
        self.share = wants[0][0] if wants else None  # of the frontier that asks

    def check(self) -> None:
        """Raise _ClosedError if that takes no more answers."""
        if self.share is not None and self.share.closed:
            raise _ClosedError


_ASKING: ContextVar[_Asking | None] = ContextVar("_ASKING", default=None)


class Group:
    """Frontiers that ask alike, and their questions."""

    lead: Asker

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.waiting: dict[Key, _Wants] = {}
        self._running: dict[int, _Wants] = {}

    def want(self, share: Share, job: Question) -> None:
        """Add a question of a frontier."""
        key: Key = job if isinstance(job, str) else job.url if isinstance(job, Link) else (job[0], str(job[1]))
        wants = self.waiting.get(key)
        if wants is not None:
            wants.append((share, job))
            return
        self.waiting[key] = [(share, job)]
        self._pool.queued += 1
        if self._pool.is_open:
            self._pool.ask(self, key)

    async def run(self, key: Key) -> None:
        """Ask a question once, and let all who want it take the answer."""
        wants = [want for want in self.waiting.pop(key) if not want[0].closed]
        asking = _Asking(wants)
        _ASKING.set(asking)
        self._running[id(wants)] = wants
        try:
            while wants:
                share, job = wants.pop(0)
                asking.share = share
                with suppress(_ClosedError):
                    await share.take(job)
        finally:
            del self._running[id(wants)]
            self._pool.done += 1

    def left(self, share: Share) -> Iterator[Question]:
        """The questions of a frontier that were not asked."""
        for wants in (*self.waiting.values(), *self._running.values()):
            yield from (job for owner, job in wants if owner is share)


class Share:
    """What a frontier has of the pool. To its asker, it is the throttle: see there."""

    def __init__(self, pool: Pool, group: Group) -> None:
        self._pool = pool
        self._group = group
        self._own: set[str] = set()  # hosts of the site that is walked: strangers may see other pages there
        self._dropped: list[Question] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished = 0
        self.closed = False
        self.requests = 0  # that were sent for its questions

    def serve(self, asker: Asker) -> None:
        """Have the asker run questions."""
        self._run = asker.run

    async def take(self, job: Question) -> None:
        """Do a job, if the frontier still wants it."""
        if not self.closed:
            await self._run(job)
            self._unfinished -= 1

    async def run(self, job: Question) -> None:
        """Do a job that no other frontier has."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is one of the throttle's
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await self.take(job)

    def add(self, url: str, job: Question) -> None:
        """Queue a job."""
        self._unfinished += 1
        if self.closed or self._pool.cut:
            self._dropped.append(job)
            return
        if isinstance(job, Visit):
            self._own.add(urls.authority(url))
        if isinstance(job, Visit | Extra) or (self._own and urls.authority(url) in self._own):
            self._pool.throttle.add(url, (self, job))
        else:
            self._group.want(self, job)

    def left(self) -> Iterator[Question]:
        """The jobs that have not begun."""
        yield from self._dropped
        yield from self._group.left(self)
        yield from (job for owner, job in self._pool.throttle.left() if owner is self)

    async def join(self) -> None:
        """Wait until every job is done that does not wait for the pool to open."""
        await self._pool.throttle.join()

    async def settle(self) -> None:
        """Wait until every job is done, of all frontiers of the pool."""
        if self._unfinished or not self._pool.is_open:
            await self._pool.settle()
        if self._pool.cut and self._unfinished:
            raise asyncio.CancelledError

    def close(self) -> None:
        """Take no more answers."""
        self.closed = True
        self._unfinished = 0

    async def stop(self) -> None:
        """Drop the jobs that have not begun, and cancel those that have and that no other frontier waits for."""
        self.closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def throttled(self, fetch: Fetch) -> Fetch:
        """`fetch`, delayed until it is the turn of the request's host."""
        turned = self._pool.throttle.throttled(fetch)

        async def asked(request: Request) -> Response:
            asking = _ASKING.get()
            self._pool.requests += 1
            if asking and asking.share:
                asking.share.requests += 1
            return await turned(request)

        return asked

    def retry_silent(self) -> None:
        """Let hosts that did not answer be asked once more."""
        self._pool.throttle.retry_silent()

    def held(self, url: str) -> bool:
        """Whether the host of a URL asks for a longer pause than our patience allows."""
        return self._pool.throttle.held(url)

    def give_back(self) -> None:
        """Give up the turn with which the running job began."""
        self._pool.throttle.give_back()

    def space(self, url: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests to the host of a URL."""
        self._pool.throttle.space(url, seconds)

    def pace(self, url: str) -> None:
        """Ask the host of a URL as fast as it answers."""
        self._pool.throttle.pace(url)

    def waits(self) -> list[tuple[str, float]]:
        """The hosts that are paused now."""
        return self._pool.throttle.waits()

    @property
    def in_flight(self) -> int:
        """Requests of all frontiers."""
        return self._pool.throttle.in_flight


class _Once:
    """The examiner of a frontier in a group: what is asked for several is asked once, by the group's examiner."""

    def __init__(self, own: Examines, group: Examines) -> None:
        self._own = own
        self._group = group

    async def examine(self, url: str, fragments: tuple[str, ...], known: Known | None) -> Known:
        """The verdict on a URL and on its fragments."""
        asking = _ASKING.get()
        if asking is None:
            return await self._own.examine(url, fragments, known)
        if not isinstance(asking.answer, Known):
            asking.answer = await self._group.examine(url, asking.fragments, known or asking.known)
        asking.check()
        return _part(asking.answer, fragments)

    async def asset(self, url: str, role: str) -> Known:
        """The verdict on a URL that pages embed."""
        asking = _ASKING.get()
        if asking is None:
            return await self._own.asset(url, role)
        if not isinstance(asking.answer, Known):
            asking.answer = await self._group.asset(url, role)
        asking.check()
        return asking.answer

    async def integrity(self, url: str, metadata: str) -> str:
        """The evidence that a URL lacks a hash."""
        asking = _ASKING.get()
        if asking is None:
            return await self._own.integrity(url, metadata)
        if not isinstance(asking.answer, str):
            asking.answer = await self._group.integrity(url, metadata)
        asking.check()
        return asking.answer

    async def visit(self, url: str, media: frozenset[str], limit: int, role: str) -> tuple[Answer, Response | None]:
        """The verdict on a page of the site that is walked."""
        return await self._own.visit(url, media, limit, role)


def _part(known: Known, fragments: Collection[str]) -> Known:
    """The part of an answer that concerns some of the fragments which were asked for."""
    answer, mine = known.answer, frozenset(fragments)
    answer = answer._replace(
        missing=tuple(name for name in answer.missing if name in mine),
        unread=tuple(name for name in answer.unread if name in mine),
    )
    if checkable(fragments):
        return known._replace(answer=answer)
    return known._replace(answer=answer, read=False, ids=None, etag="", modified="")
