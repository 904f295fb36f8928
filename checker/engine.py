"""Where the sweep runs: this process, worker processes, or a cluster. Nothing else in the program knows which."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

from checker.model import CheckerError
from checker.sweep import Context

T = TypeVar("T")
R = TypeVar("R")

_FEW = 300  # pages up to which starting processes costs more than it saves
_BATCH = 48  # pages a task
_AHEAD = 3  # tasks in flight a worker: enough to keep it busy, few enough to keep memory flat

_context: Context | None = None  # a worker's own


class Engine:
    """Maps functions of (Context, batch, …) over batches."""

    def __init__(self, context: Context, pool: Executor | None, workers: int) -> None:
        self._context = context
        self._pool = pool
        self._ahead = workers * _AHEAD

    async def map(
        self, function: Callable[..., Sequence[R]], items: Sequence[T], *arguments: Any, size: int = _BATCH
    ) -> AsyncIterator[Sequence[R]]:
        """Results of `function(context, batch, *arguments)`, in no order. Raises CheckerError where a worker dies."""
        batches = (items[start : start + size] for start in range(0, len(items), size))
        if self._pool is None:
            for batch in batches:
                await asyncio.sleep(0)  # where an interrupt is heard
                with _uncollected():
                    results = function(self._context, batch, *arguments)
                yield results
            return
        waiting: set[asyncio.Future[Sequence[R]]] = set()
        try:
            for batch in batches:
                waiting.add(asyncio.wrap_future(self._pool.submit(_call, function, batch, *arguments)))
                if len(waiting) >= self._ahead:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except RuntimeError as error:  # BrokenExecutor is one
            raise CheckerError(f"a worker process died: {error}") from error
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def start(context: Context, pages: int, jobs: int) -> Iterator[Engine]:
    """An engine for so many pages. `jobs` 0 is one worker a processor, 1 this process."""
    workers = jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else jobs or os.cpu_count() or 1
    if workers == 1 or pages <= _FEW:
        yield Engine(context, None, 1)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context
    from threading import active_count

    # Forked workers share the index of files; threads and forks do not mix.
    method = "fork" if "fork" in get_all_start_methods() and active_count() == 1 and os.name == "posix" else "spawn"
    gc.freeze()
    pool = ProcessPoolExecutor(workers, get_context(method), _begin, (context,))
    try:
        yield Engine(context, pool, workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(context: Context) -> None:
    import signal

    global _context  # noqa: PLW0603 - a worker has one context for its whole life
    _context = context
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends the run
    gc.freeze()
    gc.disable()


def _call(function: Callable[..., R], batch: Any, *arguments: Any) -> R:
    if _context is None:
        raise RuntimeError("a worker was not given its context")
    with _uncollected():
        return function(_context, batch, *arguments)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cycle collector, which would walk a page's elements again and again: a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()
