"""The engine for many machines: it has batches mapped by a cluster of dask, https://distributed.dask.org.

The main thread gives batches and takes answers; a thread beside it has the event loop of dask, which it waits in.
A worker that dies costs its batches, which dask has mapped by another. Those in which workers die again and again are
mapped once more one item at a time, at last with nothing else beside it. Only the item that does it then is lost.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from checker.sweep import budget, station
from checker.sweep.connection import FAREWELL, LOOK, WORKERS, address_of, connected, explained, threads_of
from checker.sweep.executor import BATCH, LARGEST, PATIENCE, Held, shared
from checker.sweep.serving import packed, result
from checker.sweep.station import Carried, Gone, Terms

if TYPE_CHECKING:
    from distributed import Future

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3  # batches per thread of the workers that are under way: enough to keep all busy, and memory flat
_TURNS = 25  # batches per thread, of many pages: one costs the scheduler some milliseconds
_LARGE = 100_000  # bytes of arguments that do not travel with each batch, but once a worker


class Cluster:
    """Maps functions by the workers of a cluster."""

    several = False

    def __init__(self, context: Held, address: str) -> None:
        """`address`: of the scheduler, a file that names it, or `local:N` for N workers of this process's own.

        Raises ConfigError.
        """
        self._context = context
        self._address = address_of(address)
        self._line: _Line | None = None

    def map(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        *arguments: Any,
        lost: Callable[[T], R],
        patience: float = PATIENCE,
        size: int = 0,
    ) -> AsyncIterator[Sequence[R]]:
        if items and self._line is None:
            self._line = _Line(self._context, self._address)
        return self._mapped(function, items, arguments, lost, patience, size)

    async def _mapped(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        arguments: tuple[Any, ...],
        lost: Callable[[T], R],
        patience: float,
        size: int,
    ) -> AsyncIterator[Sequence[R]]:
        line = self._line
        if not items or line is None:
            return
        try:
            threads = await line.begun()
            size = size or min(max(BATCH, len(items) // (threads * _TURNS)), LARGEST)
            batches, under_way = shared(items, size, threads), 0
            suspects: list[Sequence[T]] = []  # an item each, at whose time a worker was killed again and again
            work = _Work(pickle.dumps(function), pickle.dumps(arguments, pickle.HIGHEST_PROTOCOL), patience)
            while batches or suspects or under_way:
                room = max(0, line.threads * _AHEAD - under_way)
                given = [batches.popleft() for _ in range(min(room, len(batches)))]
                alone = not (given or under_way)
                if alone and suspects:
                    given = [suspects.pop()]
                line.give(work, given)
                under_way += len(given)
                batch, answers = await line.answer()
                under_way -= 1
                for each in answers or ():
                    if isinstance(each, Gone):
                        yield [lost(each.item)]
                    else:
                        yield result(pickle.loads(each))  # noqa: S301 - of workers that the user named
                if answers is None and len(batch) > 1:
                    batches.extendleft(batch[at : at + 1] for at in range(len(batch)))
                elif answers is None and not alone:
                    suspects.append(batch)
                elif answers is None:
                    yield [lost(batch[0])]
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """End what is under way, and leave the cluster. There is a new connection when there is more to map."""
        line, self._line = self._line, None
        if line is not None:
            line.end()

    stop = abandon


class _Work:
    """What is done with each batch of a map."""

    def __init__(self, function: bytes, arguments: bytes, patience: float) -> None:
        self.function = function
        self.arguments: Any = arguments  # or, of large ones, the task that has them
        self.patience = patience


Answers = list[bytes | Gone] | None  # None: whoever mapped the batch was killed, again and again
_Given = tuple[Sequence[Any], Answers]


class _Line:
    """The connection to a cluster, in a thread of its own. Only what is named in public is for the main thread."""

    def __init__(self, context: Held, address: str) -> None:
        self.threads = 0  # of all workers, each of which maps a batch
        self._context = context
        self._address = address
        self._run = uuid4().hex
        self._numbers = count()
        self._inbox = _Inbox(online=context.online)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._client: Any
        self._carried: Future[Carried]
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._connect, daemon=True)
        self._thread.start()

    async def begun(self) -> int:
        """The number of threads of the workers, once there are any. Raises ClusterError."""
        if not self.threads:
            self.threads = await self._inbox.take()
        return self.threads

    def give(self, work: _Work, batches: Sequence[Sequence[Any]]) -> None:
        """Have batches mapped."""
        if batches:
            self._loop.call_soon_threadsafe(self._submit, work, batches)

    async def answer(self) -> _Given:
        """A batch that was given, and the answers to it. Raises ClusterError, and what `budget.endings` names."""
        given: _Given = await self._inbox.take()
        return given

    def end(self) -> None:
        """End what is under way, on all workers, and leave the cluster."""
        with suppress(RuntimeError):  # it was left already
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(3 * FAREWELL)

    # In the thread

    def _connect(self) -> None:
        try:
            with warnings.catch_warnings(), asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                warnings.simplefilter("ignore")
                runner.run(self._serve())
        except Exception as error:
            self._inbox.put(explained(error, self._address))

    async def _serve(self) -> None:
        data = packed(self._context)
        terms = Terms(
            self._run,
            os.getcwd(),  # noqa: PTH109 - as a path of another machine
            tuple(str(source.place) for source in self._context.sources),
            station.sampled(self._context.sources),
        )
        async with connected(self._address) as self._client:
            self._carried = self._client.submit(Carried, terms, data, key=f"{self._run}-context")
            await self._client.replicate([self._carried])
            try:
                await self._watch()
            finally:
                with suppress(Exception):
                    async with asyncio.timeout(FAREWELL):
                        await self._client.run(station.end, self._run, on_error="ignore")

    async def _count(self) -> int:
        return sum((await threads_of(self._client)).values())

    async def _watch(self) -> None:
        """Look at how many workers there are, until it is over."""
        alone = 0.0
        self._inbox.put(await self._count())
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._over.wait()
                return
            threads = await self._count()
            if threads:
                alone, self.threads = 0.0, threads
            elif (alone := alone + LOOK) > WORKERS:
                raise TimeoutError

    def _submit(self, work: _Work, batches: Sequence[Sequence[Any]]) -> None:
        if isinstance(work.arguments, bytes) and len(work.arguments) > _LARGE:
            work.arguments = self._client.submit(bytes, work.arguments, key=f"{self._run}-{next(self._numbers)}")
        futures = self._client.map(
            station.mapped,
            [pickle.dumps(batch, pickle.HIGHEST_PROTOCOL) for batch in batches],
            carried=self._carried,
            function=work.function,
            arguments=work.arguments,
            patience=work.patience,
            key=[(self._run, next(self._numbers)) for _ in batches],
            pure=False,
        )
        for batch, future in zip(batches, futures, strict=True):
            task = self._loop.create_task(self._collect(batch, future))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _collect(self, batch: Sequence[Any], future: Future[list[bytes | Gone]]) -> None:
        from distributed import KilledWorker

        given: _Given = batch, None
        try:
            given = batch, await future
        except KilledWorker:
            pass
        except (Exception, asyncio.CancelledError) as error:
            if not self._over.is_set():
                self._inbox.put(explained(error, self._address))
            return
        self._inbox.put(given)


class _Inbox:
    """What the thread leaves for the main thread, which may have an event loop, or none."""

    def __init__(self, *, online: bool) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._loop = asyncio.get_running_loop() if online else None
        self._bell = asyncio.Event()

    def put(self, content: object) -> None:
        """Leave something; an exception is raised where it is taken."""
        self._queue.put(content)
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._bell.set)

    async def take(self) -> Any:
        """The first of it, once there is some. Raises what `budget.endings` names."""
        if self._loop is None:
            with budget.breakable():
                content = self._queue.get()
        else:
            while True:
                self._bell.clear()
                with suppress(Empty):
                    content = self._queue.get_nowait()
                    break
                await self._bell.wait()
        if isinstance(content, BaseException):
            raise content
        return content
