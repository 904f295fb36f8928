"""Where the sweep runs: this process or worker processes. Nothing else in the program knows which.

Pages are hostile input and their parsers are written in C: a page that kills its worker, or keeps it busy for minutes,
costs only itself. Its batch is mapped again page by page, and what it takes down alone is given up as lost.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from checker.sweep import budget

T = TypeVar("T")
R = TypeVar("R")

_FEW = 300  # pages up to which starting processes costs more than it saves
BATCH = 48  # pages a task
_AHEAD = 3  # tasks in flight a worker: enough to keep it busy, few enough to keep memory flat
PATIENCE = 120.0  # seconds in which no task ends, after which the workers are taken to be stuck


class Held(Protocol):
    """What each worker is given once, such as a Context."""

    @property
    def online(self) -> bool:
        """Whether this process attends to the network meanwhile."""


_context: Held | None = None  # a worker's own


class Engine:
    """Maps functions of (Context, batch, …) over batches."""

    def __init__(self, context: Held | None, workers: int) -> None:
        """`workers` 1 is this process."""
        self._context = context
        self._workers = workers
        self._pool = _pool(context, workers) if workers > 1 else None
        if self._pool is None:
            _keep_memory()

    def map(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        *arguments: Any,
        lost: Callable[[T], R],
        patience: float = PATIENCE,
        size: int = BATCH,
    ) -> AsyncIterator[Sequence[R]]:
        """Results of `function(context, batch, *arguments)`, a sequence as long as its batch, in no order.

        Workers begin at once. `lost(item)` is the result of an item that takes its worker down. `size` is a batch's.
        """
        batches = deque(items[start : start + size] for start in range(0, len(items), size))
        if self._pool is None:
            return self._mapped_here(function, batches, arguments)
        running: dict[asyncio.Future[Sequence[R]], Sequence[T]] = {}
        self._fill(running, batches, function, arguments)
        return self._mapped(function, batches, running, arguments, lost, patience)

    async def _mapped_here(
        self, function: Callable[..., Sequence[R]], batches: deque[Sequence[T]], arguments: tuple[Any, ...]
    ) -> AsyncIterator[Sequence[R]]:
        while batches:
            await asyncio.sleep(0)  # where the event loop hears what broke in
            try:
                with budget.breakable():
                    results = _uncollected(function, self._context, batches[0], *arguments)
            except budget.Interrupted:
                continue
            batches.popleft()
            yield results

    async def _mapped(
        self,
        function: Callable[..., Sequence[R]],
        batches: deque[Sequence[T]],
        running: dict[asyncio.Future[Sequence[R]], Sequence[T]],
        arguments: tuple[Any, ...],
        lost: Callable[[T], R],
        patience: float,
    ) -> AsyncIterator[Sequence[R]]:
        suspected: deque[Sequence[T]] = deque()  # batches of which one item took a worker down
        try:
            while batches or suspected or running:
                self._fill(running, batches, function, arguments)
                if not running:  # the suspects, alone: then the culprit is known
                    batch = suspected.popleft()
                    running[self._submit(function, batch, *arguments)] = batch
                done, _ = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    _kill_workers()
                    continue
                for future in done:
                    batch = running.pop(future)
                    try:
                        yield future.result()
                    except BrokenExecutor:
                        if len(batch) == 1 and not running:
                            yield [lost(batch[0])]
                        else:
                            suspected.extend(batch[at : at + 1] for at in range(len(batch)))
                        self._renew(running)
        except (asyncio.CancelledError, GeneratorExit):
            if running:  # a page can take its workers long
                self.abandon()
            raise

    def _fill(
        self,
        running: dict[asyncio.Future[Sequence[R]], Sequence[T]],
        batches: deque[Sequence[T]],
        function: Callable[..., Sequence[R]],
        arguments: tuple[Any, ...],
    ) -> None:
        """Keep the workers busy."""
        while batches and len(running) < self._workers * _AHEAD:
            batch = batches.popleft()
            running[self._submit(function, batch, *arguments)] = batch

    def _submit(
        self, function: Callable[..., Sequence[R]], batch: Sequence[T], *arguments: Any
    ) -> asyncio.Future[Sequence[R]]:
        assert self._pool is not None  # noqa: S101 - for the type checker
        try:
            return asyncio.wrap_future(self._pool.submit(_call, function, batch, *arguments))
        except BrokenExecutor:  # it broke while idle
            self._pool = _pool(self._context, self._workers)
            return asyncio.wrap_future(self._pool.submit(_call, function, batch, *arguments))

    def _renew(self, running: dict[asyncio.Future[Sequence[R]], Sequence[T]]) -> None:
        """A new pool, once the last task of the broken one has been told."""
        if not running and self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = _pool(self._context, self._workers)

    def abandon(self) -> None:
        """End the workers at once, whatever they do; others begin when there is more to map."""
        if self._pool is not None:
            _kill_workers()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = _pool(self._context, self._workers)

    def stop(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


class Aside:
    """One process beside this one, for calls that would hold up the event loop: one after the other."""

    def __init__(self) -> None:
        self._pool: Executor | None = None
        self._turn = asyncio.Lock()

    async def call(self, function: Callable[[T], R], item: T, *, lost: R) -> R:
        """The result of `function(item)`; `lost` where that takes the process down."""
        async with self._turn:
            self._pool = self._pool or _spawned(1, None)
            try:
                return await asyncio.wrap_future(self._pool.submit(function, item))
            except BrokenExecutor:
                self.stop()
                return lost

    def stop(self) -> None:
        """End the process, in the middle of a call too."""
        if self._pool is not None:
            if self._turn.locked():
                _kill_workers()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@contextmanager
def start(context: Held | None, pages: int, jobs: int) -> Iterator[Engine]:
    """An engine for so many pages. `jobs` 0 is one worker a processor, 1 this process."""
    workers = jobs or _processors()
    few = BATCH if context and context.online else _FEW  # this process has the network to load and to attend to
    engine = Engine(context, 1 if pages <= few else workers)
    try:
        yield engine
    finally:
        engine.stop()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pool(context: Held | None, workers: int) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from threading import active_count

    # Forked workers share the index of files; threads and forks do not mix.
    if "fork" not in multiprocessing.get_all_start_methods() or active_count() > 1:
        return _spawned(workers, context)
    gc.freeze()
    return ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (context,))


def _spawned(workers: int, context: Held | None) -> Executor:
    """Processes that share nothing with this one: no connection either."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (context,))


def _kill_workers() -> None:
    import multiprocessing

    for process in multiprocessing.active_children():
        process.kill()


def _begin(context: Held | None) -> None:
    import signal
    import threading

    global _context  # noqa: PLW0603 - a worker has one context for its whole life
    _context = context
    _keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends the run
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()


def _end_with_parent() -> None:
    """End this worker when the main process was killed, and cannot tell it to."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT = 40 << 20  # bytes


def _keep_memory() -> None:
    """Keep what a page's tree took for the next page's, where the C library knows how.

    By default it goes back to the system after each page, and filling it anew takes longer than the parser does.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def _call(function: Callable[..., R], batch: Any, *arguments: Any) -> R:
    return _uncollected(function, _context, batch, *arguments)


def _uncollected(function: Callable[..., R], *arguments: Any) -> R:
    """Call without the cycle collector, which would walk a page's elements again and again: a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return function(*arguments)
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()
