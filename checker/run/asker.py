"""The asker: it asks hosts, each at its own pace, and says of each question what came of it.

It knows nothing of pages, of earlier runs and of what a run may spend: the frontier chooses what is asked, and
concludes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, assert_never

from aiohttp.abc import AbstractResolver

from checker import logins
from checker.config.schema import LoginTable, RemoteTable
from checker.extract import Options
from checker.fetch import Fetch, NotAskedError, Request, Response
from checker.fetch.hosts import Hosts
from checker.fetch.http import Client
from checker.fetch.reach import Reach, routed
from checker.fetch.retry import afresh, retrying
from checker.fetch.robots import Robots, robots_of
from checker.fetch.session import files
from checker.fetch.throttle import Throttle
from checker.fetch.visitor import Visitor
from checker.model import Bound, Reason, Unchecked
from checker.run.requests import Asset, Extra, Link, Question, Signed, Visit
from checker.sweep.aside import Aside
from checker.verify.known import Answer, Known
from checker.verify.remote import Examiner
from checker.web import urls
from checker.web.globs import any_of

if TYPE_CHECKING:
    from checker.fetch.login import Login
    from checker.verify.containers import Flaw

_SPARED = 1.0  # seconds between two requests to a service that many programs ask


class Told(NamedTuple):
    """What came of a question: a verdict, the evidence against a hash, or the reason why it was not asked."""

    known: Known | None = None
    left: Reason | None = None
    evidence: str = ""
    response: Response | None = None  # the page of a visit, if there is one to read


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


class Turns(Protocol):
    """Gives questions and requests their turns: see Throttle."""

    def add(self, url: str, job: Question, /) -> None: ...

    def left(self) -> Iterable[Question]: ...

    async def join(self) -> None: ...

    async def settle(self) -> None: ...

    async def stop(self) -> None: ...

    def retry_silent(self) -> None: ...

    def held(self, url: str) -> bool: ...

    def give_back(self) -> None: ...

    def space(self, url: str, seconds: float) -> None: ...

    def pace(self, url: str) -> None: ...

    def waits(self) -> list[tuple[str, float]]: ...

    def throttled(self, fetch: Fetch) -> Fetch: ...

    @property
    def in_flight(self) -> int: ...


class Shared(Turns, Protocol):
    """A part of what several ask together. To its asker, it is the throttle."""

    @property
    def requests(self) -> int:
        """How many others sent for its questions."""

    def serve(self, asker: Asker) -> None:
        """Have the asker run questions."""

    def close(self) -> None:
        """Take no more answers."""


def connections(config: RemoteTable) -> int:
    """How many requests may be in flight: each takes a connection, and others are kept open."""
    return min(config.concurrency, files() // 3)


class Asker:
    """Who asks for remote URLs. Use as an async context manager, inside one event loop."""

    def __init__(
        self,
        config: RemoteTable,
        options: Options,
        *,
        deep: bool = False,
        named: str = "",
        resolver: Callable[[], AbstractResolver] | None = None,
        client: Asks | None = None,
        share: Shared | None = None,
    ) -> None:
        """`deep`: download and decode what pages embed. `named`: a URL whose origin may be asked although it is
        private. `client` replaces the HTTP client. `share`: instead of a throttle of its own.

        Raises ConfigError for unusable networks, cookies and TLS files, and missing environment variables.
        """
        self._config = config
        self._options = options
        self._aside = Aside() if deep else None
        self.hosts = Hosts(config)
        self._visitor = Visitor(config.cookies)
        self._client: Asks = client or Client(config, self.hosts, named=named, resolver=resolver)
        # A resolver that is not the system's may find names although there is no route.
        self.reach = Reach(self._proxied, routed=(lambda: True) if resolver else routed)
        self._share = share
        self._excluded = any_of(config.exclude)
        self._origins: dict[str, asyncio.Task[Robots]] = {}
        self._walked: dict[str, Robots] = {}  # of the origins that are walked
        self._unwilling: dict[str, Bound] = {}  # hosts that ask for a longer interval than our patience allows
        self._running: dict[int, Question] = {}  # by id
        self._login: Login | None = None
        self._astray = ""  # the first page that led to the login
        self.wanted: Callable[[Question], bool] = lambda _question: True  # asked at the turn of each
        self.answered: Callable[[Question, Told], None] = lambda _question, _told: None

    async def __aenter__(self) -> Self:
        config = self._config
        await self._client.__aenter__()
        self.turns: Turns
        if self._share is None:
            self.turns = Throttle(self.run, self.hosts, concurrency=connections(config), patience=config.patience)
        else:
            self.turns = self._share
            self._share.serve(self)
        client = self._visitor.remembering(self.reach.watched(self._client.fetch))
        attempts = config.retries + 1
        self._plain = plain = afresh(self.turns.throttled(client))
        self._once = once = self._permitting(plain)
        self._fetch = retried = retrying(once, attempts=attempts, held=self.turns.held)
        self._for_robots = retrying(plain, attempts=attempts, held=self.turns.held)
        decode = self._decode if self._aside else None
        self._examiner: Examines = Examiner(retried, once, config, self.hosts, self._options, decode=decode)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.turns.stop()
        if self._aside is not None:
            self._aside.stop()
        await self._client.__aexit__(kind, error, trace)

    def ask_through(self, other: Asker, examiner: Callable[[Examines, Examines], Examines], *, apart: bool) -> None:
        """Ask as another asker does, that asks alike. `examiner(own, the other's)` asks instead of its own.

        `apart`: it walks a site, with cookies and a pace that are for that site only.
        """
        self._examiner = examiner(self._examiner, other._examiner)
        if not apart:
            self._once, self._fetch, self._for_robots = other._once, other._fetch, other._for_robots
            self.reach, self._origins, self._unwilling = other.reach, other._origins, other._unwilling

    async def _decode(self, data: bytes) -> Flaw | None:
        from checker.verify import asset, raster

        assert self._aside is not None  # noqa: S101 - for the type checker
        return await self._aside.call(raster.decode, data, lost=asset.LOST)

    def _proxied(self, request: Request) -> bool:
        return bool(request.proxy or self.hosts.proxy(request.url))

    # --- questions

    def left(self) -> Iterator[Question]:
        """The questions without an answer."""
        yield from self.turns.left()
        yield from self._running.values()

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._client.requests + (self._share.requests if self._share else 0)

    def close(self) -> None:
        """Let go of what is asked together with others, who go on."""
        if self._share:
            self._share.close()

    async def run(self, job: Question) -> None:
        """Ask a question whose turn it is, if it is still to be asked, and have the answer taken."""
        self._running[id(job)] = job
        try:
            if self.wanted(job):
                self.answered(job, await self.ask(job))
        finally:
            self._running.pop(id(job), None)

    async def ask(self, job: Question) -> Told:
        """Ask a question, whose turn it is."""
        try:
            return await self._asked(job, url_of(job))
        except NotAskedError as error:
            return Told() if isinstance(job, Extra) else Told(left=error.reason)

    async def _asked(self, job: Question, url: str) -> Told:
        if isinstance(job, Visit):
            reason: Reason | None = self.unwilling(url) if job.depth else None  # the first page is asked for anyway
        else:
            reason = await self._refused(url)
        if reason:
            return Told(left=reason)
        match job:
            case str():
                return Told(await self._examiner.examine(url, (), None))
            case Link():
                return Told(await self._examiner.examine(*job))
            case Asset():
                return Told(await self._examiner.asset(*job))
            case Signed():
                return Told(evidence=await self._examiner.integrity(*job))
            case Extra():
                await job.ask(self._fetch)
                return Told()
            case Visit():
                answer, response = await self._examiner.visit(url, job.media, job.limit, job.role)
                if self._login and not self._astray and self._login.ends_at(url, answer.hops):
                    self._astray = url
                return Told(Known(answer), response=response)
            case _:
                assert_never(job)

    def _permitting(self, fetch: Fetch) -> Fetch:
        """`fetch`, but for where redirects lead to what is not to be asked for: then it raises NotAskedError."""

        async def asked(request: Request) -> Response:
            if request.led and (reason := await self._forbidden(request.url)):
                raise NotAskedError(reason)
            return await fetch(request)

        return asked

    async def _forbidden(self, url: str) -> Unchecked | None:
        """Why a URL may not be asked for, whoever leads there."""
        if self.excludes(url):
            return Unchecked.EXCLUDED
        origin = url[: url.find("/", 8)]
        rules = await self._rules(url) if self._config.robots else self._walked.get(origin)
        return None if rules is None or rules.allows(url) else Unchecked.DISALLOWED

    def excludes(self, url: str) -> bool:
        """Whether the configuration wants a URL never to be asked for."""
        return self._excluded is not None and self._excluded.search(url) is not None

    async def _refused(self, url: str) -> Reason | None:
        """Why a URL may not be asked for: by robots.txt, if it is obeyed."""
        if self._config.robots and not (await self._rules(url)).allows(url):
            return Unchecked.DISALLOWED
        return self.unwilling(url)

    # --- hosts

    def spare(self, url: str) -> None:
        """Ask the host of a URL once a second at most, unless the configuration says how often."""
        if self.hosts.of(url).interval == self._config.interval:
            self.turns.space(url, _SPARED)

    async def robots(self, origin: str) -> Robots:
        """The robots.txt of an origin. Its Crawl-delay is obeyed. If it exceeds our patience, the host is not asked."""
        robots = await robots_of(self._for_robots, origin, self.hosts.agent(origin + "/"))
        if robots.delay and robots.delay > self._config.patience:
            host = urls.authority(origin)
            wish = f"{host} wants {robots.delay:,.0f} s between two requests ([remote] patience)"
            self._unwilling[host] = Bound(wish)
        elif robots.delay:
            self.turns.space(origin + "/", robots.delay)
        return robots

    async def _rules(self, url: str) -> Robots:
        origin = url[: url.find("/", 8)]
        task = self._origins.get(origin)
        if task is None:
            task = self._origins[origin] = asyncio.ensure_future(self.robots(origin))
        if not task.done():
            self.turns.give_back()  # robots.txt is fetched first, and needs a turn as well
        return await asyncio.shield(task)

    def unwilling(self, url: str) -> Bound | None:
        """Why the host of a URL is not asked: it wants a longer interval than our patience allows."""
        return self._unwilling.get(urls.authority(url)) if self._unwilling else None

    # --- a site that is walked

    def log_in(self, login: logins.Login) -> None:
        """Use a login for all URLs of the origin that it was given for."""
        self.hosts.login = login

    async def log_in_by(self, table: LoginTable) -> None:
        """Fill in and send the form of a login. Raises SourceError if it fails, ConfigError for what is not sent."""
        from checker.fetch.login import Login  # most walks have none

        self._visitor.follow()
        self._login = Login(self._plain, table)
        await self._login.begin()

    def obey(self, origin: str, robots: Robots) -> None:
        """Follow no redirect to what the robots.txt of an origin that is walked does not allow."""
        self._walked[origin] = robots

    async def logged_out(self) -> str:
        """The sign that the login does not hold any more; "" if it does, or there was none."""
        if self._login is None or await self._login.holds():
            return ""
        return f"{self._astray} led to it" if self._astray else "the page that followed it is closed again"

    def enter(self, url: str) -> None:
        """Ask the host of a site's first page as fast as it answers, and keep the cookies of all hosts on the way."""
        self._visitor.follow()
        self.turns.pace(url)

    def stay(self, url: str) -> None:
        """Keep the cookies of the host of a URL only, and ask it as fast as it answers."""
        self._visitor.stay(url)
        self.turns.pace(url)


def url_of(question: Question) -> str:
    """The URL that is asked for."""
    return question if isinstance(question, str) else question.url
