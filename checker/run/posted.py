"""The other side of an outpost: a process that asks what it is told to, and says what came of it."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, NoReturn

from checker.fetch import Fetch, FetchError, Request, Response
from checker.fetch.common import for_all
from checker.fetch.hosts import Hosts
from checker.fetch.throttle import Throttle
from checker.model import CheckerError
from checker.run.asker import Asker, connections, url_of
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
from checker.sweep.serving import LENGTH, pipes
from checker.web import urls

_TOGETHER = 0.01  # seconds in which messages gather
_TICK = 0.5  # seconds between two looks at what has changed beside


def serve() -> NoReturn:
    """Ask until whoever began this process closes the pipe, or ends."""
    asked, answers = pipes()
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        import uvloop

        loop_factory = uvloop.new_event_loop
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner, suppress(asyncio.IncompleteReadError, OSError):
            runner.run(_serve(asked, answers))
    finally:
        os._exit(0)  # requests under way are nobody's any more


async def _serve(asked: int, answers: int) -> None:
    """Raises IncompleteReadError when the pipe is closed."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(asked, "rb", buffering=0))
    pipe, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(answers, "wb", buffering=0))
    voice = _Voice(pipe)
    begin, *told = await _heard(reader)
    assert isinstance(begin, Begin)  # noqa: S101 - for the type checker
    try:
        turns = _Turns(begin, voice)
        asker = Asker(begin.config, begin.options, deep=begin.deep, share=turns)
    except CheckerError as error:
        voice.say(Refused(str(error)))
        await reader.read()  # until whoever is told that ends this process
        return
    async with asker:
        looking = asyncio.create_task(voice.look(lambda: _state_of(asker, turns)))
        try:
            while True:
                for message in told:
                    turns.hear(message)
                told = await _heard(reader)
        finally:
            looking.cancel()


async def _heard(reader: asyncio.StreamReader) -> list[Message]:
    length = await reader.readexactly(LENGTH)
    return messages_of(await reader.readexactly(int.from_bytes(length, "little")))


class _Voice:
    """What is said, many messages in a frame, each with the state of things behind it."""

    def __init__(self, pipe: asyncio.WriteTransport) -> None:
        self._pipe = pipe
        self._unsaid: list[Message] = []
        self._last = State()
        self._state: Callable[[], State] = State

    def say(self, message: Message) -> None:
        """Say it soon."""
        if not self._unsaid:
            asyncio.get_running_loop().call_later(_TOGETHER, self._speak)
        self._unsaid.append(message)

    def _speak(self) -> None:
        self._last = self._state()
        data = frame([*self._unsaid, self._last])
        self._unsaid.clear()
        self._pipe.write(len(data).to_bytes(LENGTH, "little") + data)

    async def look(self, state: Callable[[], State]) -> None:
        """From now on, say how things are. Do so when that has changed and nothing else is said."""
        self._state = state
        while True:
            await asyncio.sleep(_TICK)
            if not self._unsaid and state() != self._last:
                self._speak()


def _state_of(asker: Asker, turns: _Turns) -> State:
    waits = tuple((host, round(seconds, 1)) for host, seconds in turns.waits())
    return State(asker.requests, turns.in_flight, waits, asker.reach.noted, asker.reach.lack())


class _Turns(Throttle[Any]):
    """The turns of an outpost. Its hosts are those that it was told to ask; others send the requests to all others."""

    def __init__(self, begin: Begin, voice: _Voice) -> None:
        config = begin.config
        super().__init__(self._answer, Hosts(config), concurrency=connections(config), patience=config.patience)
        self._remembers = begin.remembers
        self._voice = voice
        self._own: set[str] = set()
        self._wanted: dict[int, asyncio.Future[Outcome]] = {}
        self._numbers = count()
        self._sending: set[asyncio.Task[None]] = set()
        self.requests = 0  # that others send are counted there

    def serve(self, asker: Asker) -> None:
        """Have the asker ask."""
        self._asker = asker

    def close(self) -> None:
        """Nothing is asked together with others."""

    def hear(self, message: Message) -> None:
        """Do what is said."""
        match message:
            case Ask():
                url = url_of(message.question)
                self._own.add(urls.authority(url))
                self.add(url, message)
            case Send():
                self._own.add(urls.authority(message.request.url))
                task = asyncio.create_task(self._send(message))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            case Came():
                self._wanted.pop(message.number).set_result(message.outcome)
            case Rest():
                self.rest(message.url, message.seconds)
            case RetrySilent():
                self.retry_silent()

    async def _answer(self, ask: Ask) -> None:
        with self._telling():
            told = await self._asker.ask(ask.question)
            if told.known and not self._remembers:
                told = told._replace(known=told.known._replace(ids=None))  # a page may have thousands
            self._voice.say(Answered(ask.number, told))

    async def _send(self, send: Send) -> None:
        with self._telling():
            try:
                outcome: Outcome = await self._turned(send.request)
            except FetchError as error:
                outcome = error
            self._voice.say(came(send.number, outcome))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """A block whose faults, which are ours, end the run."""
        try:
            yield
        except Exception:
            self._voice.say(Refused(traceback.format_exc(), fault=True))

    def throttled(self, fetch: Fetch) -> Fetch:
        """`fetch`, at its host's turn; or what comes of a request to a host of others."""
        self._turned = for_all(super().throttled(fetch))

        async def asked(request: Request) -> Response:
            if urls.authority(request.url) in self._own:
                return await self._turned(request)
            self.give_back()
            number = next(self._numbers)
            self._wanted[number] = wanted = asyncio.get_running_loop().create_future()
            self._voice.say(Send(number, request))
            outcome: Outcome = await wanted
            if isinstance(outcome, FetchError):
                raise outcome
            return outcome

        return asked
