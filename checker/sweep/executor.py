"""The executor: it runs the sweep in this process or in worker processes. No other module knows which.

Pages are hostile input, and their parsers are written in C. A page may crash its worker, or keep it busy for minutes.
Then the pages of its batch are mapped again one by one, and only the page that does it again is given up as lost.

A run without a network waits for nothing but its workers. It needs no event loop: its coroutines end without a pause.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any, Protocol, TypeVar

from checker.sweep import budget, workers
from checker.sweep.workers import Worker

T = TypeVar("T")
R = TypeVar("R")

_FEW = 60  # pages; for so many or fewer, starting processes costs more than it saves
BATCH = 48  # pages per task
_LARGEST = 4 * BATCH  # of many pages: a task costs this process half a millisecond, as much as a hundred small pages
_TURNS = 8  # tasks per worker at least, as long as there are pages
_LAST = 4  # tasks per worker in what is left: the last ones are small, and all workers end at about the same time
PATIENCE = 120.0  # seconds; if a task takes longer, its worker is stuck


class Held(Protocol):
    """An object that each worker gets once, such as a Context."""

    @property
    def online(self) -> bool:
        """Whether the main process also serves the network."""


class Engine:
    """Maps functions of (Context, batch, …) over batches."""

    def __init__(self, context: Held | None, workers_: int) -> None:
        """With one worker, functions run in this process."""
        self._context = context
        self._number = workers_
        self._workers: list[Worker] = []
        self._beside = context is not None and context.online
        workers.keep_memory()

    @property
    def several(self) -> bool:
        """Whether workers run the functions, and not this process: each would load what this one did not."""
        return self._number > 1

    def map(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        *arguments: Any,
        lost: Callable[[T], R],
        patience: float = PATIENCE,
        size: int = 0,
    ) -> AsyncIterator[Sequence[R]]:
        """Results of `function(context, batch, *arguments)`, in no order. Each is a sequence as long as its batch.

        The workers start at once. `lost(item)` is the result for an item that crashes its worker. `size` is the number
        of items in a batch at most; 0: as many as leave each worker a hundred batches, within bounds. Raises what
        `budget.endings` names, when the run is interrupted.
        """
        size = size or min(max(BATCH, len(items) // (self._number * 100)), _LARGEST)
        if self._number == 1:
            alike = deque(items[start : start + size] for start in range(0, len(items), size))
            return self._mapped_here(function, alike, arguments)
        batches = _shared(items, size, self._number)
        if any(worker.running for worker in self._workers):  # of a map that was not read to its end
            self.abandon()
        if batches and not self._workers:
            self._start()
        self._give(function, batches, arguments)
        return self._mapped(function, batches, arguments, lost, patience)

    async def _mapped_here(
        self, function: Callable[..., Sequence[R]], batches: deque[Sequence[T]], arguments: tuple[Any, ...]
    ) -> AsyncIterator[Sequence[R]]:
        while batches:
            if self._beside:
                from asyncio import sleep

                await sleep(0)  # lets the event loop handle the signal that interrupted a batch
            try:
                with budget.breakable():
                    results = workers.uncollected(function, self._context, batches[0], *arguments)
            except budget.Interrupted:
                if self._beside:
                    continue
                raise
            batches.popleft()
            yield results

    async def _mapped(
        self,
        function: Callable[..., Sequence[R]],
        batches: deque[Sequence[T]],
        arguments: tuple[Any, ...],
        lost: Callable[[T], R],
        patience: float,
    ) -> AsyncIterator[Sequence[R]]:
        try:
            while batches or any(worker.running for worker in self._workers):
                self._give(function, batches, arguments)
                await self._wait(patience)
                for place, worker in enumerate(self._workers):
                    try:
                        for results in worker.answers():
                            yield results
                    except EOFError:
                        self._replace(place)
                        unread: Sequence[T] = worker.running.popleft() if worker.running else ()
                        batches.extendleft(worker.running)
                        if len(unread) == 1:
                            yield [lost(unread[0])]
                        else:  # one of them crashed the worker
                            batches.extendleft(unread[at : at + 1] for at in range(len(unread)))
                    else:
                        if worker.running and monotonic() - worker.since > patience:
                            worker.kill()
        except BaseException:  # a page may keep its worker busy for long
            if any(worker.running for worker in self._workers):
                self.abandon()
            raise

    def _give(
        self, function: Callable[..., Sequence[R]], batches: deque[Sequence[T]], arguments: tuple[Any, ...]
    ) -> None:
        """Keep the workers busy: each gets one batch before any gets the next."""
        for depth in range(max((worker.ahead for worker in self._workers), default=0)):
            for worker in self._workers:
                if batches and len(worker.running) <= depth < worker.ahead:
                    worker.give((function, batches.popleft(), arguments))

    async def _wait(self, seconds: float) -> None:
        if self._beside:
            await workers.wait_beside(self._workers, seconds)
            return
        with budget.breakable():
            workers.wait(self._workers, seconds)

    def _start(self) -> None:
        gc.freeze()
        for _ in range(self._number):
            self._workers.append(self._worker())

    def _replace(self, place: int) -> None:
        """Put a new worker in the place of one that died."""
        self._workers.pop(place).close()
        self._workers.insert(place, self._worker())

    def _worker(self) -> Worker:
        kind: Any = workers.kind()
        worker: Worker = kind(self._context, [each for each in self._workers if isinstance(each, kind)])
        return worker

    def abandon(self) -> None:
        """End the workers at once, even in the middle of a task. New ones start when there is more to map."""
        for worker in self._workers:
            worker.kill()
        self.stop()

    def stop(self) -> None:
        """End the workers."""
        while self._workers:
            self._workers.pop().close()


def _shared(items: Sequence[T], size: int, workers_: int) -> deque[Sequence[T]]:
    """Batches for so many workers, of `size` items at most and towards the end of ever fewer."""
    size = max(1, min(size, len(items) // (workers_ * _TURNS)))
    least = max(1, size // 6)
    batches: deque[Sequence[T]] = deque()
    start = 0
    while left := len(items) - start:
        end = start + min(size, max(least, left // (workers_ * _LAST)), left)
        batches.append(items[start:end])
        start = end
    return batches


@contextmanager
def start(context: Held | None, pages: int, jobs: int) -> Iterator[Engine]:
    """An engine for so many pages. `jobs` 0: one worker per processor; 1: this process."""
    few = min(BATCH, _FEW) if context and context.online else _FEW  # online, this process has to serve the network
    engine = Engine(context, 1 if pages <= few else jobs or _processors())
    try:
        yield engine
    finally:
        engine.stop()


def finished(coroutine: Coroutine[Any, Any, R]) -> R:
    """The result of a coroutine that waits for nothing but an engine without a network."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    raise RuntimeError("the coroutine waits, for an event loop")


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
