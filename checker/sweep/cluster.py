"""The engine for many machines: it has batches mapped by a cluster of dask, https://distributed.dask.org.

The main thread gives batches and takes answers; a thread beside it has the event loop of dask, which it waits in.
A worker that dies costs its batches, which dask has mapped by another. Those in which workers die again and again are
mapped once more one item at a time, at last with nothing else beside it. Only the item that does it then is lost.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import os
import pickle
import re
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from checker.model import ClusterError, ConfigError
from checker.sweep import budget, station
from checker.sweep.executor import BATCH, LARGEST, PATIENCE, Held, shared
from checker.sweep.serving import packed, result
from checker.sweep.station import Carried, Gone, RefusedError, Terms

if TYPE_CHECKING:
    from distributed import Future

T = TypeVar("T")
R = TypeVar("R")

_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_ADDRESS = re.compile(r"(?!local:)(?:\w+://)?[^/?#@]+:\d{1,5}/?")
_AHEAD = 3  # batches per thread of the workers that are under way: enough to keep all busy, and memory flat
_TURNS = 25  # batches per thread, of many pages: one costs the scheduler some milliseconds
_LARGE = 100_000  # bytes of arguments that do not travel with each batch, but once a worker
_CONNECT = 10.0  # seconds until a scheduler must have answered
_WORKERS = 60.0  # seconds until there must be a worker, at the beginning, and when the last one has gone
_LOOK = 1.0  # seconds between two looks at how many workers there are
_FAREWELL = 5.0  # seconds that the workers have to end what is under way


class Cluster:
    """Maps functions by the workers of a cluster."""

    several = False

    def __init__(self, context: Held, address: str) -> None:
        """`address`: of the scheduler, a file that names it, or `local:N` for N workers of this process's own.

        Raises ConfigError.
        """
        if find_spec("distributed") is None:
            raise ConfigError("--cluster ([engine] cluster) needs an extra: pip install 'mirrorcheck[cluster]'")
        self._context = context
        self._address = _address(address)
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
        self._client: Any  # a Client of dask, which has few types
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
        self._thread.join(3 * _FAREWELL)

    # In the thread

    def _connect(self) -> None:
        try:
            with warnings.catch_warnings(), asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                warnings.simplefilter("ignore")
                runner.run(self._serve())
        except Exception as error:
            self._inbox.put(_explained(error, self._address))

    async def _serve(self) -> None:
        import dask.config
        import distributed

        for name in ("distributed", "distributed.client", "distributed.worker", "tornado", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is said by us
        data = packed(self._context)
        terms = Terms(
            self._run,
            os.getcwd(),  # noqa: PTH109 - as a path of another machine
            tuple(str(source.place) for source in self._context.sources),
            station.sampled(self._context.sources),
        )
        async with AsyncExitStack() as stack:
            stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}))
            local = _LOCAL.fullmatch(self._address)
            where = await stack.enter_async_context(_local(int(local[1]))) if local else self._address
            client: Any = distributed.Client
            try:
                self._client = client(where, asynchronous=True, set_as_default=False, timeout=_CONNECT)
                stack.push_async_callback(self._client.close)
                await self._client
            except ValueError as error:  # no protocol of dask
                raise ClusterError(f"--cluster {self._address}: {error}") from error
            await self._wait_for_workers()
            await self._refuse_others()
            self._carried = self._client.submit(Carried, terms, data, key=f"{self._run}-context")
            await self._client.replicate([self._carried])
            try:
                await self._watch()
            finally:
                with suppress(Exception):
                    async with asyncio.timeout(_FAREWELL):
                        await self._client.run(station.end, self._run, on_error="ignore")

    async def _wait_for_workers(self) -> None:
        async with asyncio.timeout(_WORKERS):
            while not await self._count():
                await asyncio.sleep(_LOOK / 10)

    async def _count(self) -> int:
        threads: dict[str, int] = await self._client.scheduler.ncores()
        return sum(threads.values())

    async def _refuse_others(self) -> None:
        own = station.software()
        found: dict[str, Any] = await self._client.run(station.software, on_error="return")
        for worker, theirs in sorted(found.items()):
            if theirs != own:
                has = theirs if isinstance(theirs, str) else f"no mirrorcheck that answers ({theirs})"
                raise ClusterError(f"{worker} has {has}, and this machine {own}: install the same on each machine")

    async def _watch(self) -> None:
        """Look at how many workers there are, until it is over."""
        alone = 0.0
        self._inbox.put(await self._count())
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._over.wait()
                return
            threads = await self._count()
            if threads:
                alone, self.threads = 0.0, threads
            elif (alone := alone + _LOOK) > _WORKERS:
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
                self._inbox.put(_explained(error, self._address))
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


def _address(named: str) -> str:
    """The address of a scheduler, or `local:N`. Raises ConfigError."""
    if _LOCAL.fullmatch(named) or (_ADDRESS.fullmatch(named) and not Path(named).is_file()):
        return named
    try:
        address = json.loads(Path(named).read_bytes())["address"]
    except (OSError, LookupError, TypeError, ValueError):
        address = None
    if isinstance(address, str):
        return address
    raise ConfigError(
        f"--cluster ([engine] cluster) {named!r}: neither a scheduler's address (tcp://HOST:PORT), nor a file that a "
        "scheduler wrote, nor local:N"
    )


def _local(number: int) -> Any:
    """A cluster of this process alone, which opens no port."""
    import distributed

    class Unserved:
        def start_http_server(self, *_: Any, **__: Any) -> None:
            """Nobody is shown how the work goes."""

    scheduler = type("Scheduler", (Unserved, distributed.Scheduler), {})
    worker = type("Worker", (Unserved, distributed.Worker), {})
    options = {"nthreads": 1, "memory_limit": 0}  # the memory of a worker is that of this process
    made: Any = distributed.SpecCluster
    return made(
        {place: {"cls": worker, "options": options} for place in range(number)},
        {"cls": scheduler, "options": {"protocol": "inproc://", "dashboard": False}},
        asynchronous=True,
        silence_logs=False,
    )


def _explained(error: BaseException, address: str) -> BaseException:
    """What became of the cluster, for who reads messages; a bug of ours as it is."""
    match error:
        case ClusterError():
            return error
        case RefusedError():
            return ClusterError(f"--cluster {address}: {error}")
        case TimeoutError() if not str(error):
            return ClusterError(f"--cluster {address}: there is no worker, and none came within {_WORKERS:.0f} s")
        case OSError() | asyncio.CancelledError() | concurrent.futures.CancelledError():
            return ClusterError(f"--cluster {address}: the scheduler does not answer: {error}")
    return error
