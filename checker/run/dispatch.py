"""Dispatches questions and requests to outposts: each host belongs to one of them, which alone sends requests to it.

The queue stays here: an outpost has a few questions of each host, so that its death costs no more than these. They are
asked once more by others, and then no more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterator
from itertools import count
from typing import Any, NamedTuple

from msgspec.structs import replace
from xxhash import xxh3_64_intdigest

from checker.fetch import Fault, Fetch, FetchError, Request, Response
from checker.model import ClusterError, Unchecked
from checker.run.asker import Asker, Told
from checker.run.messages import (
    Answered,
    Ask,
    Begin,
    Came,
    Message,
    Outcome,
    Refused,
    Rest,
    RetrySilent,
    Send,
    State,
    came,
    frame,
    messages_of,
)
from checker.run.outpost import LostError, Post, Posts
from checker.run.requests import Question
from checker.web import urls

_AHEAD = 2  # times what a host may have in flight: so many of its questions are with an outpost
_BEAT = 0.05  # seconds between two exchanges with an outpost: each takes a cluster's scheduler some milliseconds
_MANY = 8  # outposts; of more, each waits the longer
_PAUSE = 1.0  # seconds for which a host is left alone after who asked it died: it may still be answering


class _Place:
    """A host: whose it is, and what is asked of it."""

    __slots__ = ("again", "ahead", "fresh", "outpost", "rest", "sent", "url")

    def __init__(self, url: str, ahead: int) -> None:
        self.url = url  # some URL of the host
        self.ahead = ahead  # questions that its outpost has at a time
        self.outpost: _Outpost | None = None
        self.again: deque[Question] = deque()  # those that were with one that died
        self.fresh: deque[Question] = deque()
        self.sent = 0
        self.rest = 0.0  # seconds for which its next outpost leaves it alone


class _Sent(NamedTuple):
    """A question that an outpost has."""

    place: _Place
    question: Question
    last: bool  # whether it was with another one that died


class _Outpost:
    """An outpost, as it is seen from here."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.state = State()
        self.sent: dict[int, _Sent] = {}
        self.wanted: dict[int, asyncio.Future[Outcome]] = {}  # requests
        self.doubted: list[tuple[_Sent, Told]] = []  # answers from before it reached any host
        self.tasks: list[asyncio.Task[None]] = []
        self.lost = False
        self._unsent: list[Message] = []
        self._more = asyncio.Event()

    def give(self, message: Message) -> None:
        """Give it a message, soon."""
        self._unsent.append(message)
        self._more.set()

    async def speak(self) -> None:
        """Send what it is given. Raises LostError."""
        while True:
            await self._more.wait()
            await asyncio.sleep(0)  # what is given in the same step goes with it
            unsent, self._unsent = self._unsent, []
            self._more.clear()
            await self.post.give(frame(unsent))


class Dispatch:
    """What outposts ask for an asker."""

    def __init__(self, posts: Posts, begin: Begin, asker: Asker, fetch: Fetch) -> None:
        """`asker` wants the answers. `fetch` sends a request of an outpost to a host that is not its own."""
        self._posts = posts
        self._begin = begin
        self._asker = asker
        self._fetch = fetch
        self._outposts: list[_Outpost] = []
        self._doubtful: list[_Outpost] = []  # those that have not reached any host
        self._places: dict[str, _Place] = {}  # by host
        self._numbers = count()
        self._unfinished = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._failure: Exception | None = None
        self._opening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.requests = 0  # that outposts sent

    @property
    def begun(self) -> bool:
        """Whether there was anything to dispatch."""
        return bool(self._places)

    def add(self, url: str, question: Question) -> None:
        """Queue a question."""
        self._unfinished += 1
        self._idle.clear()
        place = self._place(url)
        place.fresh.append(question)
        if self._outposts:
            self._hand_out(place)
        elif self._opening is None:
            self._open()

    def left(self) -> Iterator[Question]:
        """The questions without an answer."""
        for place in self._places.values():
            yield from place.again
            yield from place.fresh
        for outpost in self._outposts:
            yield from (sent.question for sent in outpost.sent.values())
            yield from (sent.question for sent, _ in outpost.doubted)

    async def settle(self) -> None:
        """Wait until every question is done. Raises ClusterError if nobody is left to ask."""
        await self._idle.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Hand out nothing more, and take no more answers."""
        self._closed = True

    async def stop(self) -> None:
        """End all outposts."""
        self._closed = True
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._posts.close()

    def retry_silent(self) -> None:
        """Let hosts that did not answer be asked once more."""
        for outpost in self._outposts:
            outpost.give(RetrySilent())

    def waits(self) -> list[tuple[str, float]]:
        """The hosts that are paused now."""
        return [each for outpost in self._outposts for each in outpost.state.waits]

    @property
    def in_flight(self) -> int:
        """Requests."""
        return sum(outpost.state.in_flight for outpost in self._outposts)

    async def fetched(self, request: Request) -> Response:
        """The answer to a request, from the outpost that its host belongs to."""
        for _ in range(2):
            while not self._outposts:
                await self._until_open()
            outpost, number = self._owner(self._place(request.url)), next(self._numbers)
            outpost.wanted[number] = wanted = asyncio.get_running_loop().create_future()
            outpost.give(Send(number, request))
            try:
                outcome: Outcome = await wanted
            except LostError:
                continue
            finally:
                outpost.wanted.pop(number, None)
            if isinstance(outcome, FetchError):
                raise outcome
            return outcome
        raise FetchError(Fault.CONNECTION, f"{Unchecked.WORKER_LOST}", passing=True)

    # --- hosts

    def _place(self, url: str) -> _Place:
        host = urls.authority(url)
        place = self._places.get(host)
        if place is None:
            ahead = _AHEAD * self._asker.hosts.of(url).per_host
            place = self._places[host] = _Place(url, ahead)
        return place

    def _owner(self, place: _Place) -> _Outpost:
        """The outpost that a host belongs to: of those that there are, the one with the highest hash beside it.

        https://en.wikipedia.org/wiki/Rendezvous_hashing: when one goes, only its hosts change hands.
        """
        if place.outpost is None:
            host = urls.authority(place.url)
            place.outpost = max(self._outposts, key=lambda each: xxh3_64_intdigest(f"{each.post.name} {host}".encode()))
            if place.rest:
                place.outpost.give(Rest(place.url, place.rest))
                place.rest = 0.0
        return place.outpost

    def _hand_out(self, place: _Place) -> None:
        """Give the outpost of a host as many questions as it may have."""
        while self._outposts and not self._closed and place.sent < place.ahead and (place.again or place.fresh):
            last = bool(place.again)
            question = (place.again or place.fresh).popleft()
            if not self._asker.wanted(question):
                self._finish()
                continue
            number, outpost = next(self._numbers), self._owner(place)
            outpost.sent[number] = _Sent(place, question, last)
            place.sent += 1
            outpost.give(Ask(number, question))

    def _finish(self) -> None:
        self._unfinished -= 1
        if not self._unfinished:
            self._idle.set()

    def _answer(self, question: Question, told: Told) -> None:
        if not self._closed:
            self._asker.answered(question, told)
        self._finish()

    # --- outposts

    async def _pass_on(self, outpost: _Outpost, number: int, request: Request) -> None:
        """Answer a request of an outpost to a host that belongs to another, or to this process."""
        try:
            outcome: Outcome = await self._fetch(request)
        except FetchError as error:
            outcome = error
        outpost.give(came(number, outcome))

    def _open(self) -> None:
        self._opening = self._spawn(self._opened())

    async def _opened(self) -> None:
        config = self._begin.config
        posts = await self._posts.open()
        share, rest = divmod(config.concurrency, len(posts))
        for number, post in enumerate(posts):
            outpost = _Outpost(post)
            own = replace(config, concurrency=max(1, share + (number < rest)))
            outpost.give(self._begin._replace(config=own))
            self._outposts.append(outpost)
            self._doubtful.append(outpost)
            outpost.tasks = [self._until_lost(outpost, work) for work in (outpost.speak(), self._listen(outpost))]
        self._opening = None
        for place in self._places.values():
            self._hand_out(place)

    async def _until_open(self) -> None:
        if self._opening is None:
            self._open()
        assert self._opening is not None  # noqa: S101 - for the type checker
        await asyncio.wait([self._opening])
        if self._failure is not None:
            raise FetchError(Fault.CONNECTION, str(self._failure))

    def _until_lost(self, outpost: _Outpost, work: Awaitable[None]) -> asyncio.Task[None]:
        async def working() -> None:
            try:
                await work
            except LostError:
                self._lose(outpost)

        return self._spawn(working())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something whose failure is the run's."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or (error if isinstance(error, Exception) else RuntimeError(str(error)))
            self._idle.set()

    async def _listen(self, outpost: _Outpost) -> None:
        """Take what an outpost says. Raises LostError."""
        while not outpost.lost:
            for data in await outpost.post.take():
                for message in messages_of(data):
                    self._hear(outpost, message)
            await asyncio.sleep(_BEAT * max(1.0, len(self._outposts) / _MANY))

    def _hear(self, outpost: _Outpost, message: Message) -> None:
        if outpost.lost:
            return
        match message:
            case Answered():
                self._take(outpost, outpost.sent.pop(message.number), message.told)
            case Send():
                self._spawn(self._pass_on(outpost, message.number, message.request))
            case Came():
                wanted = outpost.wanted.get(message.number)
                if wanted is not None and not wanted.done():
                    wanted.set_result(message.outcome)
            case State():
                self._note(outpost, message)
            case Refused():
                if message.fault:
                    raise RuntimeError(message.text)
                raise ClusterError(f"{self._posts.name}: the worker {outpost.post.name}: {message.text}")
            case _:
                raise RuntimeError(f"an outpost says {message}")

    def _take(self, outpost: _Outpost, sent: _Sent, told: Told) -> None:
        sent.place.sent -= 1
        if outpost.state.noted.reached:
            self._answer(sent.question, told)
        else:
            outpost.doubted.append((sent, told))
        self._hand_out(sent.place)

    def _note(self, outpost: _Outpost, state: State) -> None:
        """Note how far an outpost is. What it said before it reached any host is believed once it reaches one, or if
        nobody else can tell more; if it alone has no network, others ask.
        """
        self.requests += state.requests - outpost.state.requests
        outpost.state = state
        self._asker.reach.note(state.noted)
        if state.noted.reached and outpost in self._doubtful:
            self._doubtful.remove(outpost)
            self._believe(outpost)
        nobody_else = self._unfinished == sum(len(each.doubted) for each in self._doubtful)
        for each in [*self._doubtful]:
            if each.state.lack and self._asker.reach.reached and len(self._outposts) > 1:
                self._lose(each, deaf=True)
            elif nobody_else:
                self._believe(each)

    def _believe(self, outpost: _Outpost) -> None:
        doubted, outpost.doubted = outpost.doubted, []
        for sent, told in doubted:
            self._answer(sent.question, told)

    def _lose(self, outpost: _Outpost, *, deaf: bool = False) -> None:
        """Give the hosts of an outpost to others. `deaf`: it has no network, and so has asked nobody."""
        if outpost.lost:
            return
        outpost.lost = True
        self._outposts.remove(outpost)
        if outpost in self._doubtful:
            self._doubtful.remove(outpost)
        if not (self._outposts or outpost.state.requests):
            raise ClusterError(
                f"{self._posts.name}: the worker {outpost.post.name} starts a process that ends before it asks"
            )
        for task in outpost.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._spawn(outpost.post.end())
        waits = dict(outpost.state.waits)
        moved = [place for place in self._places.values() if place.outpost is outpost]
        for place in moved:
            place.outpost, place.sent = None, 0
            interval = self._asker.hosts.of(place.url).interval
            place.rest = max(_PAUSE, interval, waits.get(urls.authority(place.url), 0.0))
        for wanted in outpost.wanted.values():
            if not wanted.done():
                wanted.set_exception(LostError())
        for sent, _ in outpost.doubted:
            sent.place.fresh.append(sent.question)
        for sent in outpost.sent.values():
            if deaf:
                sent.place.fresh.append(sent.question)
            elif sent.last:
                self._answer(sent.question, Told(left=Unchecked.WORKER_LOST))
            else:
                sent.place.again.append(sent.question)
        if self._unfinished and not self._outposts:
            self._open()
        for place in moved:
            self._hand_out(place)
