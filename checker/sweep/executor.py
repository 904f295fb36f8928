"""The executor: it runs the sweep in this process or in worker processes. No other module knows which.

Pages are hostile input, and their parsers are written in C. A page may crash its worker, or keep it busy for minutes.
Then the pages of its batch are mapped again one by one, and only the page that does it again is given up as lost.
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

_FEW = 300  # pages; for so many or fewer, starting processes costs more than it saves
BATCH = 48  # pages per task
_AHEAD = 3  # tasks in flight per worker: enough to keep it busy, few enough to keep memory flat
PATIENCE = 120.0  # seconds; if no task ends within them, the workers are stuck


class Held(Protocol):
    """An object that each worker gets once, such as a Context."""

    @property
    def online(self) -> bool:
        """Whether the main process also serves the network."""


_context: Held | None = None  # of this worker


class Engine:
    """Maps functions of (Context, batch, …) over batches."""

    def __init__(self, context: Held | None, workers: int) -> None:
        """With one worker, functions run in this process."""
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
        """Results of `function(context, batch, *arguments)`, in no order. Each is a sequence as long as its batch.

        The workers start at once. `lost(item)` is the result for an item that crashes its worker. `size` is the number
        of items in a batch.
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
            await asyncio.sleep(0)  # lets the event loop handle the signal that interrupted a batch
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
        suspected: deque[Sequence[T]] = deque()  # single items; one of them crashed a worker
        try:
            while batches or suspected or running:
                self._fill(running, batches, function, arguments)
                if not running:  # one suspected item at a time, so that the one that crashes is known
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
            if running:  # a page may keep its worker busy for long
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
        """Make a new pool, after the last task of the broken one has ended."""
        if not running and self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = _pool(self._context, self._workers)

    def abandon(self) -> None:
        """End the workers at once, even in the middle of a task. New ones start when there is more to map."""
        if self._pool is not None:
            _kill_workers()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = _pool(self._context, self._workers)

    def stop(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


class Aside:
    """One other process for calls that would block the event loop. They run one after the other."""

    def __init__(self) -> None:
        self._pool: Executor | None = None
        self._turn = asyncio.Lock()

    async def call(self, function: Callable[[T], R], item: T, *, lost: R) -> R:
        """The result of `function(item)`; `lost` if the call crashes the process."""
        async with self._turn:
            self._pool = self._pool or _spawned(1, None)
            try:
                return await asyncio.wrap_future(self._pool.submit(function, item))
            except BrokenExecutor:
                self.stop()
                return lost

    def stop(self) -> None:
        """End the process, even in the middle of a call."""
        if self._pool is not None:
            if self._turn.locked():
                _kill_workers()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@contextmanager
def start(context: Held | None, pages: int, jobs: int) -> Iterator[Engine]:
    """An engine for so many pages. `jobs` 0: one worker per processor; 1: this process."""
    workers = jobs or _processors()
    few = BATCH if context and context.online else _FEW  # online, this process has to load and serve the network
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
    """Processes that share nothing with this one, not even connections."""
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
    """End this worker when the main process was killed, and so cannot end it."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT = 40 << 20  # bytes


def _keep_memory() -> None:
    """Keep the memory of a page's tree for the next page, if the C library can.

    By default the memory goes back to the system after each page, and getting it again takes longer than parsing.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def _call(function: Callable[..., R], batch: Any, *arguments: Any) -> R:
    return _uncollected(function, _context, batch, *arguments)


def _uncollected(function: Callable[..., R], *arguments: Any) -> R:
    """Call without the cycle collector, which takes a third of the time to walk a page's elements again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return function(*arguments)
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()
