"""The throttle: limits requests in flight, in all and per host, keeps intervals, and obeys hosts that ask for pauses.

A job waits in the queue of its host and begins at the host's turn. So a million jobs are a million small objects, not
tasks. Hosts take turns; a host that is slow, silent or paused does not delay others. The throttle only does arithmetic
with the loop's clock, between two steps of the loop.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from math import inf
from typing import Any, Generic, Protocol, TypeVar

from checker.config.schema import RemoteTable
from checker.fetch import Fault, Fetch, FetchError, Request, Response
from checker.fetch.hosts import Host
from checker.web import urls

_DEFAULT = RemoteTable().interval
_SLOWING = frozenset({429, 503})
_PATIENT = 0.95  # the part of the interval that is kept in any case between two requests
_STEADY = 16  # answers in a row, after which a host that was slowed down is asked a little faster
_SLOWEST = 10.0  # seconds: the longest interval to which a host is slowed down
_PAUSE = 1.0  # seconds of pause for a host that asks for one without a time; doubled each time
_BEGUN = 4096  # jobs that have begun are removed from a host's queue after so many
_TIRED = 5  # times our patience: a host that asks for pauses for so long, and answers nothing else, is given up
_SILENT = frozenset({Fault.TIMEOUT, Fault.CONNECTION, Fault.PROXY, Fault.DNS, Fault.RESOLVER, Fault.ROUTE})
_TOGETHER = 0.5  # of the requests that a host may have in flight: as many as one that is paced should have
_SLIGHT = 0.001  # seconds between two requests; less is no pause
_STRIKES = 4  # requests in a row without an answer, after which a host that never answered is given up


class _Host:
    """A host's queues, limits and pauses."""

    __slots__ = (
        "active",
        "answered",
        "begun",
        "closed",
        "error",
        "fresh",
        "interval",
        "least",
        "limit",
        "most",
        "mute",
        "name",
        "next",
        "paced",
        "pauses",
        "ready",
        "refuses",
        "steady",
        "strikes",
        "waiting",
    )

    def __init__(self, name: str, most: int, interval: float) -> None:
        self.name = name
        self.most = most
        self.limit = most  # requests in flight, now
        self.least = interval
        self.interval = interval  # seconds between the beginnings of two requests, now
        self.next = 0.0  # when the next may begin
        self.closed = 0.0  # the end of the pause that it asks for, if that is beyond our patience
        self.refuses = 0.0  # since when it only asks for pauses; 0: it does not
        self.paced = False  # whether the interval follows its latency
        self.active = 0
        self.ready = False  # whether it is in a queue of hosts
        self.fresh: list[Any] = []  # jobs; those from index `begun` on have not begun
        self.begun = 0
        self.waiting: list[asyncio.Future[None]] = []  # further requests of jobs that have begun
        self.steady = 0
        self.pauses = 0
        self.strikes = 0
        self.error: FetchError | None = None  # the last one
        self.mute = False  # whether more failed than HEAD requests in a timeout
        self.answered = False


class Paces(Protocol):
    """The settings by which hosts are paced: see Hosts."""

    def of(self, url: str) -> Host: ...


J = TypeVar("J")


class Throttle(Generic[J]):
    """Begins jobs and admits their requests, host by host. Belongs to one event loop."""

    def __init__(self, run: Callable[[J], Awaitable[None]], hosts: Paces, *, concurrency: int, patience: float) -> None:
        """`run(job)` does a job. `patience`: the longest pause in seconds that a host may ask for."""
        self._run = run
        self._settings = hosts
        self._free = concurrency
        self._patience = patience
        self._hosts: dict[str, _Host] = {}
        self._ready: deque[_Host] = deque()
        self._later: list[tuple[float, int, _Host]] = []
        self._order = count()
        self._timer: asyncio.Handle | None = None
        self._rings = 0.0  # when the timer rings
        self._begun: dict[asyncio.Task[None], _Host] = {}  # jobs that still have the turn for their first request
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._failure: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self.in_flight = 0

    def add(self, url: str, job: J) -> None:
        """Queue a job whose first request goes to `url`."""
        host = self._host(url)
        host.fresh.append(job)
        self._unfinished += 1
        self._idle.clear()
        self._line_up(host)
        self._pump()

    def left(self) -> Iterator[J]:
        """The jobs that have not begun."""
        for host in self._hosts.values():
            yield from host.fresh[host.begun :]

    async def join(self) -> None:
        """Wait until every job is done. Raises the first exception of a job."""
        await self._idle.wait()
        if self._failure is not None:
            raise self._failure

    async def settle(self) -> None:
        """Wait until every job is done, of all that ask together."""
        await self.join()

    async def stop(self) -> None:
        """Drop the jobs that have not begun, and cancel those that have."""
        for host in self._hosts.values():
            host.fresh, host.begun = [], 0
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def retry_silent(self) -> None:
        """Let hosts that did not answer be asked once more."""
        for host in self._hosts.values():
            host.strikes = min(host.strikes, _STRIKES - 2)  # leaves a HEAD and a GET

    def held(self, url: str) -> bool:
        """Whether the host of a URL asks for a longer pause than our patience allows."""
        return self._host(url).closed > self._loop.time()

    def give_back(self) -> None:
        """Give up the turn with which the running job began."""
        task = asyncio.current_task()
        begun = self._begun.pop(task, None) if task is not None else None
        if begun is not None:
            self._leave(begun)

    def space(self, url: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests to the host of a URL."""
        host = self._host(url)
        host.least = host.interval = max(host.interval, seconds)
        host.paced = False

    def pace(self, url: str) -> None:
        """Ask the host of a URL as fast as it answers, unless the configuration or the host says how fast."""
        host = self._host(url)
        if host.least == _DEFAULT:
            host.paced, host.least = True, 0.0

    def rest(self, url: str, seconds: float) -> None:
        """Leave the host of a URL alone for so many seconds."""
        host = self._host(url)
        host.next = max(host.next, self._loop.time() + seconds)

    def waits(self) -> list[tuple[str, float]]:
        """(host, seconds) of the hosts that are paused now, for the progress."""
        now = self._loop.time()
        return [(host.name, host.next - now) for _, _, host in self._later if host.next - now > 1]

    def throttled(self, fetch: Fetch) -> Fetch:
        """`fetch`, delayed until it is the turn of the request's host."""

        async def asked(request: Request) -> Response:
            host = self._host(request.url)
            await self._turn(host)
            began = self._loop.time()
            try:
                self._refuse(host, request.method)
                response = await fetch(request)
                if host.paced:
                    self._follow(host, self._loop.time() - began, response)
                self._adapt(host, response)  # before the turn of the next request
                return response
            except FetchError as error:
                self._missed(host, error, request.method)
                raise
            finally:
                self._leave(host)

        return asked

    # --- turns

    def _host(self, url: str) -> _Host:
        name = urls.authority(url)
        host = self._hosts.get(name)
        if host is None:
            settings = self._settings.of(url)
            host = self._hosts[name] = _Host(name, settings.per_host, settings.interval)
        return host

    async def _turn(self, host: _Host) -> None:
        task = asyncio.current_task()
        begun = self._begun.pop(task, None) if task is not None else None
        if begun is host:
            return
        if begun is not None:
            self._leave(begun)
        turn = self._loop.create_future()
        host.waiting.append(turn)
        self._line_up(host)
        self._pump()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(host)
            raise

    def _line_up(self, host: _Host) -> None:
        """Put a host into the queue of those that may be asked now, or of those that may be asked later."""
        if host.ready or host.active >= host.limit or not (host.fresh or host.waiting):
            return
        host.ready = True
        if host.next > self._loop.time():
            heapq.heappush(self._later, (host.next, next(self._order), host))
        else:
            self._ready.append(host)

    def _pump(self) -> None:
        """Begin all requests that may begin now."""
        while self._later or self._ready:
            now = self._loop.time()
            while self._later and self._later[0][0] <= now:
                host = heapq.heappop(self._later)[2]
                if host.next > now:  # it has asked for a pause since
                    heapq.heappush(self._later, (host.next, next(self._order), host))
                else:
                    self._ready.append(host)
            if not self._ready or not self._free:
                break
            host = self._ready.popleft()
            host.ready = False
            if host.active < host.limit and host.next <= now:
                self._begin(host, now)
            self._line_up(host)
        self._wake()

    def _begin(self, host: _Host, now: float) -> None:
        while host.waiting:
            turn = host.waiting.pop(0)
            if not turn.done():
                self._take(host, now)
                turn.set_result(None)
                return
        if host.fresh:
            self._take(host, now)
            job = host.fresh[host.begun]
            host.begun += 1
            if host.begun == len(host.fresh):
                host.fresh, host.begun = [], 0
            elif host.begun > _BEGUN:
                del host.fresh[: host.begun]
                host.begun = 0
            task = self._loop.create_task(self._job(job))
            self._begun[task] = host
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _take(self, host: _Host, now: float) -> None:
        host.active += 1
        self._free -= 1
        self.in_flight += 1
        if host.interval:  # after a late start, the next request may come a little earlier
            host.next = max(host.next + host.interval, now + _PATIENT * host.interval)

    def _leave(self, host: _Host) -> None:
        host.active -= 1
        self._free += 1
        self.in_flight -= 1
        self._line_up(host)
        self._pump()

    def _wake(self) -> None:
        """Set the timer for the next host that may be asked."""
        if not self._later or not self._free:
            return
        when = self._later[0][0]
        if self._timer is not None:
            if self._rings <= when:
                return
            self._timer.cancel()
        self._rings = when
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._pump()

    async def _job(self, job: J) -> None:
        await self._run(job)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        begun = self._begun.pop(task, None)
        if begun is not None:
            self._leave(begun)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
        self._unfinished -= 1
        if not self._unfinished or self._failure is not None:
            self._idle.set()

    # --- politeness

    def _refuse(self, host: _Host, method: str) -> None:
        """Raise FetchError if the host is given up: it asks for too long a pause, or never answers."""
        left = host.closed - self._loop.time()
        if left > 0:
            wish = f"asks for a pause of {left:,.0f} s" if left < inf else "only asks for one pause after another"
            raise FetchError(Fault.LIMITED, f"the host {wish} ([remote] patience)", asked=False)
        given_up = host.mute or method == "HEAD"  # some hosts do not answer HEAD, but GET
        if given_up and host.error is not None and not host.answered and host.strikes >= _STRIKES:
            raise FetchError(host.error.fault, host.error.message, passing=host.error.passing, asked=False)

    def _missed(self, host: _Host, error: FetchError, method: str) -> None:
        if error.fault in _SILENT:
            host.mute = host.mute or method != "HEAD" or error.fault is not Fault.TIMEOUT
            host.strikes += 1
            host.error = error
            host.steady = 0
            if error.fault is Fault.TIMEOUT:
                host.limit = max(1, host.limit // 2)
                self._slow_down(host, _PAUSE)

    def _follow(self, host: _Host, latency: float, response: Response) -> None:
        """Let the interval of a host follow its latency: up at once, down by halves, and by no error, which is quick.

        https://docs.scrapy.org/en/latest/topics/autothrottle.html#throttling-algorithm
        """
        aim = latency / max(1.0, _TOGETHER * host.most)
        if aim >= host.interval or response.status < 400:
            host.interval = min(_SLOWEST, max(aim, (host.interval + aim) / 2, host.least))
        if response.status == 503:
            self._slow_down(host, _PAUSE)

    def _slow_down(self, host: _Host, most: float) -> None:
        """Ask a host that is paced more slowly for a while, but not for more than so many seconds."""
        if host.paced:
            host.least = max(host.least, min(most, max(2 * host.interval, 0.1)))
            host.interval = max(host.interval, host.least)

    def _adapt(self, host: _Host, response: Response) -> None:
        """Slow down for a host that is overloaded; speed up again for one that answers."""
        host.answered = True
        host.strikes = 0
        if response.status in _SLOWING:
            asked = retry_after(response)
            if asked is None and response.status == 503:
                host.steady = 0
                return
            host.pauses += 1
            pause = asked if asked is not None else min(_PAUSE * 2 ** (host.pauses - 1), self._patience)
            now = self._loop.time()
            host.refuses = host.refuses or now
            if pause > self._patience:
                host.closed = now + pause
            elif now + pause - host.refuses > _TIRED * self._patience:
                host.closed = inf
            else:
                host.next = max(host.next, now + pause)
            host.limit = max(1, host.limit // 2)
            if host.paced:
                self._slow_down(host, _SLOWEST)
            else:
                host.interval = max(host.least, min(_SLOWEST, max(2 * host.interval, 0.1)))
            host.steady = 0
            return
        host.refuses = 0.0
        if host.limit < host.most or host.interval > host.least or (host.paced and host.least):
            host.steady += 1
            if host.steady >= _STEADY:
                host.steady = 0
                host.pauses = 0
                host.limit = min(host.most, host.limit + 1)
                if host.paced:
                    host.least = host.least / 2 if host.least > _SLIGHT else 0.0
                else:
                    host.interval = max(host.least, host.interval / 2)


def retry_after(response: Response) -> float | None:
    """Seconds to wait, from a `Retry-After` in either of its forms; None if there is none, or it cannot be parsed.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
