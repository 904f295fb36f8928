"""What is asked of the network: each URL once, hosts in turn, what failed in passing once more at the end.

The sweep adds URLs while it reads; what names no fragment begins at once, the rest when all fragments of a page are
known, so that one request answers for them all.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from aiohttp.abc import AbstractResolver

from checker.config import RemoteTable, selected
from checker.extract import Options
from checker.fetch import Response
from checker.fetch.guard import Guard
from checker.fetch.hosts import Hosts
from checker.fetch.http import Client
from checker.fetch.retry import retrying
from checker.fetch.robots import Robots, robots_of
from checker.fetch.throttle import Throttle
from checker.model import ConfigError
from checker.sweep import remote_key
from checker.verify.remote import Answer, Examiner, Known

if TYPE_CHECKING:
    from checker.tonight import Tonight

_GARBAGE = (
    100_000  # objects more than before, at which Python looks for cycles: every 700, it takes a tenth of the time
)

_MOMENT = 0.1  # seconds between two writes to the history: what a killed run loses beside the requests in flight

INTERRUPTED = "interrupted"
DISALLOWED = "not allowed by robots.txt"
EXCLUDED = "excluded by the configuration"


class Visit(NamedTuple):
    """A page of a live mirror that is to be read: of a media type that may be one, so many bytes of it."""

    url: str
    depth: int  # references from where the crawl began
    media: frozenset[str]
    limit: int


Job = str | tuple[str, tuple[str, ...], Known | None] | Visit  # a URL; one with fragments, and what is known; a page


class Counts(NamedTuple):
    """How far the network is."""

    done: int
    queued: int
    in_flight: int
    waits: tuple[tuple[str, float], ...]  # hosts that are paused, and for how many seconds


class Frontier:
    """The remote URLs of a run. Use as an async context manager, inside one event loop."""

    def __init__(
        self,
        config: RemoteTable,
        options: Options,
        *,
        resolver: Callable[[], AbstractResolver] | None = None,
        tonight: Tonight | None = None,
    ) -> None:
        """`tonight`: this run beside its history, which knows what need not be asked.

        Raises ConfigError for what cannot be used: networks, patterns, TLS files, missing variables."""
        self._config = config
        try:
            guard = Guard(config.allow_private)
        except ValueError as error:
            raise ConfigError(f"[remote] allow_private: {error}") from error
        self._excluded = _patterns(config.exclude)
        self._hosts = Hosts(config)
        self._options = options
        self._client = Client(config, self._hosts, guard, resolver=resolver)
        self._seen: set[int] = set()
        self._fragments: dict[str, set[str]] = {}  # of URLs that wait until all are known
        self._later: list[Job] = []  # what failed in passing
        self._origins: dict[str, asyncio.Task[Robots]] = {}
        self._second = False
        self._writing: asyncio.Task[None] | None = None
        self._tonight = tonight
        self._open: set[tuple[str, tuple[str, ...]]] = set()  # with a history: what is being asked for,
        self._failed: dict[str, Known] = {}  # and what failed in passing
        self.answers: dict[int, Answer] = {}  # by remote_key: only where something is wrong
        self.unchecked: Counter[str] = Counter()  # reason -> URLs
        self.done = 0
        self.queued = 0
        self.on_page: Callable[[Visit, Response], None] = lambda _visit, _response: None

    async def __aenter__(self) -> Self:
        config = self._config
        await self._client.__aenter__()
        self._collector = gc.get_threshold()
        gc.set_threshold(_GARBAGE, *self._collector[1:])
        self._throttle = Throttle(self._run, self._hosts, concurrency=config.concurrency, patience=config.patience)
        once = self._throttle.throttled(self._client.fetch)
        self._fetch = retried = retrying(once, attempts=config.retries + 1, held=self._throttle.held)
        self._examiner = Examiner(retried, once, config, self._hosts, self._options)
        if self._tonight is not None:
            self._writing = asyncio.create_task(_write(self._tonight))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.set_threshold(*self._collector)
        if self._writing is not None:
            self._writing.cancel()
        await self._throttle.stop()
        await self._client.__aexit__(kind, error, trace)

    def add(self, url: str, fragment: str) -> None:
        """Ask for a URL, once, and for a fragment of it."""
        key = remote_key(url, fragment)
        if key in self._seen:
            return
        self._seen.add(key)
        if self._excluded is not None and self._excluded.search(url):
            self.unchecked[EXCLUDED] += 1
        elif fragment:
            self._fragments.setdefault(url, set()).add(fragment)
        elif self._tonight is None:
            self._queue(url, url)
        elif self._tonight.chooses:
            self._fragments.setdefault(url, set())
        else:
            self._ask(url, (), self._tonight)

    def visit(self, visit: Visit) -> None:
        """Ask for a page whole; `on_page` gets it."""
        self._seen.add(remote_key(visit.url, ""))
        self._queue(visit.url, visit)

    async def robots(self, origin: str) -> Robots:
        """The rules of an origin, and its wish for slowness."""
        robots = await robots_of(self._fetch, origin)
        if robots.delay:
            self._throttle.space(origin + "/", robots.delay)
        return robots

    async def _rules(self, url: str) -> Robots:
        origin = url[: url.find("/", 8)]
        task = self._origins.get(origin)
        if task is None:
            task = self._origins[origin] = asyncio.ensure_future(self.robots(origin))
        if not task.done():
            self._throttle.give_back()  # the rules come first, and they need a turn as well
        return await asyncio.shield(task)

    def _queue(self, url: str, job: Job) -> None:
        self.queued += 1
        self._throttle.add(url, job)

    def _ask(self, url: str, fragments: tuple[str, ...], tonight: Tonight) -> None:
        """Ask for what the history does not know."""
        known = tonight.recall(url, fragments)
        if isinstance(known, str):
            self.unchecked[known] += 1
        elif isinstance(known, Answer):
            self._conclude(url, fragments, known)
        else:
            self._open.add((url, fragments))
            self._queue(url, (url, fragments, known))

    async def finish(self) -> None:
        """Wait for all answers."""
        await self._settle()
        if self._later and self._config.second_pass:
            self._second = True
            self._throttle.forgive()
            again, self._later = self._later, []
            self.done -= len(again)
            self.queued -= len(again)
            for job in again:
                self._queue(job if isinstance(job, str) else job[0], job)
            await self._settle()

    async def _settle(self) -> None:
        """Wait until nothing is left; what was read meanwhile may have named fragments of other pages."""
        while True:
            waiting, self._fragments = self._fragments, {}
            if self._tonight is not None:
                self._tonight.admit(waiting)
            for url, fragments in waiting.items():
                if self._tonight is not None:
                    self._ask(url, tuple(fragments), self._tonight)
                else:
                    self._queue(url, (url, tuple(fragments), None))
            await self._throttle.join()
            if not self._fragments:
                return

    def give_up(self, reason: str) -> None:
        """Count what has no answer yet as unchecked."""
        left = self.queued - self.done + sum(map(len, self._fragments.values()))
        if self._tonight is not None and reason != INTERRUPTED:  # the last answer is better than none
            for url, each in self._fragments.items():
                self._open.add((url, tuple(each)))
            for url, fragments in self._open:
                if answer := self._tonight.last(url, fragments):
                    self._conclude(url, fragments, answer)
                    left -= max(len(fragments), 1) if url in self._fragments else 1
            for url, learnt in self._failed.items():
                self._tonight.note(url, learnt)
        if left > 0:
            self.unchecked[reason] += left
        self.queued = self.done
        self._fragments.clear()

    async def _run(self, job: Job) -> None:
        fragments: tuple[str, ...] = ()
        known = None
        if isinstance(job, Visit):
            url = job.url
            answer, response = await self._examiner.visit(url, job.media, job.limit)
            if response is not None:
                self.on_page(job, response)
            learnt = Known(answer)
        else:
            url, fragments, known = job if isinstance(job, tuple) else (job, (), None)
            if self._config.robots and not (await self._rules(url)).allows(url):
                self.unchecked[DISALLOWED] += 1
                self.done += 1
                self._open.discard((url, fragments))
                return
            learnt = await self._examiner.examine(url, fragments, known)
        self.done += 1
        answer = learnt.answer
        again = answer.passing and not self._second and self._config.second_pass
        if again:
            self._later.append(job)
        if answer.rule and self._ignored(url, answer.rule):
            answer = answer._replace(rule="")
        self._conclude(url, fragments, answer)
        if self._tonight is not None:
            self._tonight.requests = self._client.requests
            self._open.discard((url, fragments))
            learnt = learnt._replace(answer=answer)
            if again:
                self._failed[url] = learnt
            else:
                self._failed.pop(url, None)
                self._tonight.note(url, learnt)

    def _conclude(self, url: str, fragments: tuple[str, ...], answer: Answer) -> None:
        """Keep what is wrong with a URL, and with fragments of it."""
        key = remote_key(url, "")
        for each in (key, *(remote_key(url, fragment) for fragment in fragments)):
            self.answers.pop(each, None)
        if answer.rule:
            self.answers[key] = answer
            for fragment in fragments:
                self.answers[remote_key(url, fragment)] = answer
        for fragment in answer.missing:
            self.answers[remote_key(url, fragment)] = answer

    def _ignored(self, url: str, rule: str) -> bool:
        return any(selected(rule, rules) for rules in self._hosts.ignored(url))

    def counts(self) -> Counts:
        """How far the network is."""
        return Counts(self.done, self.queued, self._throttle.in_flight, tuple(self._throttle.waits()))


async def _write(tonight: Tonight) -> None:
    """Write what was learnt, moment by moment."""
    while True:
        await asyncio.sleep(_MOMENT)
        tonight.flush()


def _patterns(rows: Iterable[str]) -> re.Pattern[str] | None:
    parts = []
    for row in rows:
        try:
            re.compile(row)
        except re.error as error:
            raise ConfigError(f"[remote] exclude: {row!r} is no regular expression: {error}") from error
        parts.append(f"(?:{row})")
    return re.compile("|".join(parts)) if parts else None
