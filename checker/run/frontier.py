"""The frontier: the queue of remote URLs. Each is asked for once, with the hosts taking turns.

Temporary failures are tried once more at the end. The sweep adds URLs while it reads pages. A URL without a fragment is
asked for at once. One with fragments waits until all of its fragments are known, so that one request answers for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from aiohttp.abc import AbstractResolver

from checker import logins
from checker.config.schema import LoginTable, RemoteTable
from checker.extract import Options
from checker.fetch import Fetch, Request, Response
from checker.fetch.hosts import Hosts
from checker.fetch.http import Client
from checker.fetch.reach import Reach, routed
from checker.fetch.retry import afresh, retrying
from checker.fetch.robots import Robots, robots_of
from checker.fetch.session import files
from checker.fetch.throttle import Throttle
from checker.fetch.visitor import Visitor
from checker.model import Bound, Reason, Unchecked
from checker.roles import ASSETS
from checker.rules import selected
from checker.run.requests import Asset, Counts, Extra, Link, Question, Signed, Visit
from checker.run.verdicts import Verdicts
from checker.sweep.aside import Aside
from checker.sweep.facts import SIGNED
from checker.sweep.keys import remote_key
from checker.verify.known import Answer, Known
from checker.verify.remote import Examiner
from checker.web import urls
from checker.web.globs import any_of

if TYPE_CHECKING:
    from checker.fetch.login import Login
    from checker.history.run import RunHistory
    from checker.run.pool import Share
    from checker.verify.containers import Flaw


_SPARED = 1.0  # seconds between two requests to a service that many programs ask
_MOMENT = 0.1  # seconds between two writes to the history: a killed run loses that much, and the requests in flight


class Asks(Protocol):
    """The interface of the HTTP client: `fetch` sends one request."""

    requests: int  # how many were sent

    async def fetch(self, request: Request) -> Response: ...

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Examines(Protocol):
    """Asks for URLs, and judges the answers: see Examiner."""

    async def examine(self, url: str, fragments: tuple[str, ...], known: Known | None) -> Known: ...

    async def asset(self, url: str, role: str) -> Known: ...

    async def integrity(self, url: str, metadata: str) -> str: ...

    async def visit(self, url: str, media: frozenset[str], limit: int, role: str) -> tuple[Answer, Response | None]: ...


def connections(config: RemoteTable) -> int:
    """How many requests may be in flight: each takes a connection, and others are kept open."""
    return min(config.concurrency, files() // 3)


class Frontier:
    """The remote URLs of a run. Use as an async context manager, inside one event loop."""

    def __init__(
        self,
        config: RemoteTable,
        options: Options,
        *,
        assets: bool = True,
        deep: bool = False,
        named: str = "",
        resolver: Callable[[], AbstractResolver] | None = None,
        client: Asks | None = None,
        history: RunHistory | None = None,
        share: Share | None = None,
    ) -> None:
        """`assets`: examine what pages embed. `deep`: download and decode it. `named`: a URL whose origin may be asked
        although it is private. `client` replaces the HTTP client. `history` knows which URLs need not be asked for.
        `share`: its part of what several frontiers ask together, instead of a throttle of its own.

        Raises ConfigError for unusable networks, patterns, cookies and TLS files, and missing environment variables.
        """
        self._config = config
        self.assets = assets
        self._aside = Aside() if deep else None
        self._excluded = any_of(config.exclude)
        self._hosts = Hosts(config)
        self._visitor = Visitor(config.cookies)
        self._options = options
        self._client: Asks = client or Client(config, self._hosts, named=named, resolver=resolver)
        # A resolver that is not the system's may find names although there is no route.
        self._reach = Reach(self._proxied, routed=(lambda: True) if resolver else routed)
        self._seen: set[int] = set()
        self._assets: dict[str, str] = {}  # embedded URL -> role; they wait until all are known
        self._fragments: dict[str, set[str]] = {}  # URL -> its fragments; they wait until all are known
        self._later: list[Question] = []  # temporary failures, for the second pass
        self._origins: dict[str, asyncio.Task[Robots]] = {}
        self._unwilling: dict[str, Bound] = {}  # hosts that ask for a longer interval than our patience allows
        self._second = False
        self._writing: asyncio.Task[None] | None = None
        self._history = history
        self._share = share
        # Only with a history:
        self._open: set[tuple[str, tuple[str, ...]]] = set()  # (URL, fragments) that are being asked for
        self._failed: dict[str, Known] = {}  # temporary failures
        self.verdicts = Verdicts(self._ignored)
        self._running: dict[int, Question] = {}  # by id
        self.done = 0
        self.queued = 0
        self._login: Login | None = None
        self._astray = ""  # the first page that led to the login
        self.on_page: Callable[[Visit, Response], None] = lambda _visit, _response: None

    async def __aenter__(self) -> Self:
        config = self._config
        await self._client.__aenter__()
        self._throttle: Throttle[Question] | Share
        if self._share is None:
            self._throttle = Throttle(self._run, self._hosts, concurrency=connections(config), patience=config.patience)
        else:
            self._throttle = self._share
            self._share.serve(self._run)
        client = self._visitor.remembering(self._reach.watched(self._client.fetch))
        self._once = once = afresh(self._throttle.throttled(client))
        self._fetch = retried = retrying(once, attempts=config.retries + 1, held=self._throttle.held)
        decode = self._decode if self._aside else None
        self._examiner: Examines = Examiner(retried, once, config, self._hosts, self._options, decode=decode)
        if self._history is not None:
            self._history.withheld = True
            self._writing = asyncio.create_task(_write(self._history))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writing is not None:
            self._writing.cancel()
        await self._throttle.stop()
        if self._aside is not None:
            self._aside.stop()
        await self._client.__aexit__(kind, error, trace)

    def ask_through(self, other: Frontier, examiner: Callable[[Examines, Examines], Examines], *, apart: bool) -> None:
        """Ask as another frontier does, that asks alike. `examiner(own, the other's)` asks instead of its own.

        `apart`: it walks a site, with cookies and a pace that are for that site only.
        """
        self._examiner = examiner(self._examiner, other._examiner)
        if not apart:
            self._once, self._fetch = other._once, other._fetch
            self._reach, self._origins, self._unwilling = other._reach, other._origins, other._unwilling

    async def _decode(self, data: bytes) -> Flaw | None:
        from checker.verify import asset, raster

        assert self._aside is not None  # noqa: S101 - for the type checker
        return await self._aside.call(raster.decode, data, lost=asset.LOST)

    def add(self, url: str, fragment: str, role: str = "") -> None:
        """Queue a URL, if it is new, and a fragment of it. A URL that is embedded in a role is examined as an asset."""
        if role == SIGNED:
            self._sign(url, fragment)
            return
        embedded = role in ASSETS and self.assets
        if role in ASSETS and not self.assets:
            self.verdicts.unlooked.add(remote_key(url, ""))
        key = remote_key(url, "" if embedded else fragment)
        if embedded and key not in self.verdicts.embedded:
            self.verdicts.embedded.add(key)
            if not self.excludes(url):
                self._seen.add(key)  # the answer is a link's as well
                if self._history is None:
                    self._queue(url, Asset(url, role))
                elif self._history.chooses:
                    self._assets[url] = role
                else:
                    self._ask_asset(url, role, self._history)
        if key in self._seen:
            return
        self._seen.add(key)
        if self.excludes(url):
            self.verdicts.leave(Unchecked.EXCLUDED, url, (fragment,) if fragment else ())
        elif fragment:
            self._fragments.setdefault(url, set()).add(fragment)
        elif self._history is None:
            self._queue(url, url)
        elif self._history.chooses:
            self._fragments.setdefault(url, set())
        else:
            self._ask(url, (), self._history)

    def _sign(self, url: str, integrity: str) -> None:
        key = remote_key(url, integrity)
        if self.assets and key not in self._seen and not self.excludes(url):
            self._seen.add(key)
            self._queue(url, Signed(url, integrity))

    def ask(self, url: str, ask: Callable[[Fetch], Awaitable[None]]) -> None:
        """Queue what is asked of a URL beside its verdict, unless it is excluded."""
        if not self.excludes(url):
            self._queue(url, Extra(url, ask))

    def spare(self, url: str) -> None:
        """Ask the host of a URL once a second at most, unless the configuration says how often."""
        if self._hosts.of(url).interval == self._config.interval:
            self._throttle.space(url, _SPARED)

    def excludes(self, url: str) -> bool:
        """Whether the configuration wants a URL never to be asked for."""
        return self._excluded is not None and self._excluded.search(url) is not None

    def visit(self, visit: Visit) -> None:
        """Queue a page of a live site to be read whole. `on_page` is called with it."""
        key = remote_key(visit.url, "")
        self._seen.add(key)
        if visit.role:
            self.verdicts.embedded.add(key)
        self._queue(visit.url, visit)

    def log_in(self, login: logins.Login) -> None:
        """Use a login for all URLs of the origin that it was given for."""
        self._hosts.login = login

    async def log_in_by(self, table: LoginTable) -> None:
        """Fill in and send the form of a login. Raises SourceError if it fails, ConfigError for what is not sent."""
        from checker.fetch.login import Login  # most walks have none

        self._visitor.follow()
        self._login = Login(self._once, table)
        await self._login.begin()

    async def logged_out(self) -> str:
        """The sign that the login does not hold any more; "" if it does, or there was none."""
        if self._login is None or await self._login.holds():
            return ""
        return f"{self._astray} led to it" if self._astray else "the page that followed it is closed again"

    async def first(self, visit: Visit) -> Response | None:
        """The first page of a live mirror, asked for before all else; None where none came. From then on, the
        cookies of its host go with all requests to it, as fast as it answers.
        """
        self._visitor.follow()
        self._throttle.pace(visit.url)
        came: list[Response] = []
        self.on_page = lambda _visit, response: came.append(response)
        self.visit(visit)
        await self._throttle.join()
        response = came[0] if came else None
        there = response.url if response else visit.url
        self._visitor.stay(there)
        self._throttle.pace(there)
        return response

    async def robots(self, origin: str) -> Robots:
        """The robots.txt of an origin. Its Crawl-delay is obeyed. If it exceeds our patience, the host is not asked."""
        robots = await robots_of(self._fetch, origin, self._config.user_agent)
        if robots.delay and robots.delay > self._config.patience:
            host = urls.authority(origin)
            wish = f"{host} wants {robots.delay:,.0f} s between two requests ([remote] patience)"
            self._unwilling[host] = Bound(wish)
        elif robots.delay:
            self._throttle.space(origin + "/", robots.delay)
        return robots

    async def _rules(self, url: str) -> Robots:
        origin = url[: url.find("/", 8)]
        task = self._origins.get(origin)
        if task is None:
            task = self._origins[origin] = asyncio.ensure_future(self.robots(origin))
        if not task.done():
            self._throttle.give_back()  # robots.txt is fetched first, and needs a turn as well
        return await asyncio.shield(task)

    def _queue(self, url: str, job: Question) -> None:
        self.queued += 1
        self._throttle.add(url, job)

    def _ask(self, url: str, fragments: tuple[str, ...], history: RunHistory) -> None:
        """Queue a URL, unless the history knows its answer."""
        known = history.recall(url, fragments)
        if isinstance(known, str):
            self.verdicts.leave(known, url, fragments)
        elif isinstance(known, Answer):
            self.verdicts.conclude(url, fragments, known, embedded=False)
        else:
            self._open.add((url, fragments))
            self._queue(url, Link(url, fragments, known))

    def _ask_asset(self, url: str, role: str, history: RunHistory) -> None:
        """Queue an asset, unless the history knows its answer."""
        known = history.recall_asset(url, role)
        if isinstance(known, str):
            self.verdicts.leave(known, url)
        elif known is not None:
            self.verdicts.conclude(url, (), known.answer, embedded=True)
            self.verdicts.note_picture(url, known.picture_hash)
        else:
            self._open.add((url, ()))
            self._queue(url, Asset(url, role))

    async def finish(self) -> None:
        """Wait for all answers."""
        try:
            await self._answers()
        finally:
            self.verdicts.compare_pictures()

    async def _answers(self) -> None:
        await self._settle()
        if self._later and self._config.second_pass:
            self._second = True
            self._throttle.retry_silent()
            again, self._later = self._later, []
            self.done -= len(again)
            self.queued -= len(again)
            for job in again:
                self._queue(job if isinstance(job, str) else job.url, job)
            await self._settle()

    async def _settle(self) -> None:
        """Wait until the queue is empty. Pages that are read meanwhile may add fragments of other pages."""
        while True:
            waiting, self._fragments = self._fragments, {}
            assets, self._assets = self._assets, {}
            if self._history is None:
                for url, fragments in waiting.items():
                    self._queue(url, Link(url, tuple(fragments)))
            else:
                self._consult(waiting, assets, self._history)
            await self._throttle.settle()
            if not self._fragments:
                return

    def _consult(self, waiting: dict[str, set[str]], assets: dict[str, str], history: RunHistory) -> None:
        """Queue URLs and assets, unless the history knows their answers."""
        history.admit(waiting, assets)
        for url, _ in history.ahead({**assets, **waiting}.items()):
            if url in assets:
                self._ask_asset(url, assets[url], history)
            if url in waiting:
                self._ask(url, tuple(waiting[url]), history)

    def expect(self, asked: Iterable[tuple[str, str, str]]) -> None:
        """Look up together what the history knows of URLs (with fragment and role) that are added next."""
        if self._history is not None and self._history.recalls and not self._history.chooses:
            new = {url for url, fragment, _ in asked if not fragment and remote_key(url, "") not in self._seen}
            self._history.expect(new)

    def _proxied(self, request: Request) -> bool:
        return bool(request.proxy or self._hosts.proxy(request.url))

    def end(self) -> str:
        """Count URLs without an answer as interrupted. Returns why there is no network, if no host at all was reached;
        then no answer counts, and each target is unchecked for that reason. Otherwise returns "".
        """
        self.give_up(Unchecked.INTERRUPTED)
        lack = self._reach.lack()
        if lack:
            self.verdicts.answers.clear()
        if self._history is not None:
            self._history.withheld = bool(lack)
        return lack

    def give_up(self, reason: Unchecked) -> None:
        """Count URLs without an answer as unchecked."""
        left = self.queued - self.done + sum(map(len, self._fragments.values())) + len(self._assets)
        if left > 0:
            for job in (*self._throttle.left(), *self._running.values()):
                self.verdicts.miss(
                    job if isinstance(job, str) else job.url, job.fragments if isinstance(job, Link) else ()
                )
            for url, each in self._fragments.items():
                self.verdicts.miss(url, each)
            for url in self._assets:
                self.verdicts.miss(url, ())
        if self._history is not None and reason is not Unchecked.INTERRUPTED:  # the last answer is better than none
            for url, each in self._fragments.items():
                self._open.add((url, tuple(each)))
            self._open.update((url, ()) for url in self._assets)
            for url, fragments in self._history.ahead(self._open):
                if answer := self._history.last(url, fragments):
                    self.verdicts.conclude(url, fragments, answer, embedded=not fragments)
                    self.verdicts.found(url, fragments)
                    left -= max(len(fragments), 1) if url in self._fragments else 1
            for url, learnt in self._failed.items():
                self._history.note(url, learnt)
        if left > 0:
            self.verdicts.unchecked[reason] += left
            self.verdicts.left.difference_update(self.verdicts.answers)  # a temporary failure is an answer
        self.queued = self.done
        self._fragments.clear()
        self._assets.clear()
        if self._share:
            self._share.close()  # the pool goes on for the others

    async def _run(self, job: Question) -> None:
        self._running[id(job)] = job
        try:
            await self._do(job)
        finally:
            self._running.pop(id(job), None)

    async def _do(self, job: Question) -> None:
        if isinstance(job, Signed | Extra):
            if await self._allowed(job.url, ()):
                await self._do_beside(job)
                self.done += 1
            return
        url = job if isinstance(job, str) else job.url
        fragments: tuple[str, ...] = ()
        embedded = False
        match job:
            case Visit():
                if job.depth and (wish := self.unwilling(url)):  # the first page is asked for in any case
                    self._leave(url, fragments, wish)
                    return
                role = job.role if self.assets else ""
                answer, response = await self._examiner.visit(url, job.media, job.limit, role)
                if self._login and not self._astray and self._login.ends_at(url, answer.hops):
                    self._astray = url
                if response is not None:
                    self.on_page(job, response)
                learnt, embedded = Known(answer), bool(role)
            case Asset():
                if not await self._allowed(url, fragments):
                    return
                learnt = await self._examiner.asset(url, job.role)
                embedded = True
                self.verdicts.note_picture(url, learnt.picture_hash)
            case _:
                known = None
                if isinstance(job, Link):
                    _, fragments, known = job
                if not fragments and remote_key(url, "") in self.verdicts.embedded:
                    self.queued -= 1  # its answer as an asset counts for the link as well
                    return
                if not await self._allowed(url, fragments):
                    return
                learnt = await self._examiner.examine(url, fragments, known)
        self.done += 1
        answer = learnt.answer
        again = answer.passing and not self._second and self._config.second_pass
        if again:
            self._later.append(job)
        answer = self.verdicts.allowed(url, answer)
        self.verdicts.conclude(url, fragments, answer, embedded=embedded)
        self.verdicts.leave_parts(url, answer.unread)
        if self._history is not None:
            self._history.requests = self._client.requests + (self._share.requests if self._share else 0)
            self._history.withheld = not self._reach.reached
            self._open.discard((url, fragments))
            learnt = learnt._replace(answer=answer)
            if again:
                self._failed[url] = learnt
            else:
                self._failed.pop(url, None)
                self._history.note(url, learnt)

    async def _do_beside(self, job: Signed | Extra) -> None:
        if isinstance(job, Extra):
            await job.ask(self._fetch)
        elif evidence := await self._examiner.integrity(*job):
            self.verdicts.mismatch(*job, evidence)

    async def _allowed(self, url: str, fragments: tuple[str, ...]) -> bool:
        """Whether a URL may be asked for, by robots.txt if it is obeyed. One that may not is counted as unchecked."""
        disallowed = self._config.robots and not (await self._rules(url)).allows(url)
        reason = Unchecked.DISALLOWED if disallowed else self.unwilling(url)
        if reason:
            self._leave(url, fragments, reason)
        return reason is None

    def _leave(self, url: str, fragments: tuple[str, ...], reason: Reason) -> None:
        """Count a queued URL as unchecked, without asking for it."""
        self.verdicts.leave(reason, url, fragments)
        self.done += 1
        self._open.discard((url, fragments))

    def unwilling(self, url: str) -> Bound | None:
        """Why the host of a URL is not asked: it wants a longer interval than our patience allows."""
        return self._unwilling.get(urls.authority(url)) if self._unwilling else None

    def _ignored(self, url: str, rule: str) -> bool:
        return any(selected(rule, rules) for rules in self._hosts.ignored(url))

    def counts(self) -> Counts:
        """The progress of the network."""
        return Counts(self.done, self.queued, self._throttle.in_flight, tuple(self._throttle.waits()))


async def _write(history: RunHistory) -> None:
    """Write to the history at regular intervals, for a tenth of the time at most: nothing else happens meanwhile."""
    moment = _MOMENT
    while True:
        await asyncio.sleep(moment)
        began = monotonic()
        history.flush()
        moment = max(_MOMENT, 9 * (monotonic() - began))
