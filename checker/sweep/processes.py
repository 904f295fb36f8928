"""The engine for one machine: it maps batches in worker processes.

Pages are hostile input, and their parsers are written in C. A page may crash its worker, or keep it busy for minutes.
Then the pages of its batch are mapped again one by one, and only the page that does it again is given up as lost.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from time import monotonic
from typing import Any, TypeVar

from checker.sweep import budget, serving, workers
from checker.sweep.executor import BATCH, LARGEST, PATIENCE, Held, shared
from checker.sweep.workers import Worker

T = TypeVar("T")
R = TypeVar("R")

Made = Callable[[Sequence[Worker]], Worker]  # from the workers that there are already


class Processes:
    """Maps functions in worker processes."""

    several = True

    def __init__(self, number: int, made: Made, *, online: bool = False) -> None:
        """`made` makes each of so many workers. `online`: this process also serves the network, with an event loop."""
        self._number = number
        self._made = made
        self._workers: list[Worker] = []
        self._online = online

    @classmethod
    def of(cls, context: Held, number: int) -> Processes:
        """Workers of the kind that there can be, each with the context."""
        serving.keep_memory()  # forks have it from this process

        def made(others: Sequence[Worker]) -> Worker:
            if not others:
                gc.freeze()
            kind: Any = workers.kind()
            worker: Worker = kind(context, [each for each in others if isinstance(each, kind)])
            return worker

        return cls(number, made, online=context.online)

    def map(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        *arguments: Any,
        lost: Callable[[T], R],
        patience: float = PATIENCE,
        size: int = 0,
    ) -> AsyncIterator[Sequence[R]]:
        size = size or min(max(BATCH, len(items) // (self._number * 100)), LARGEST)
        batches = shared(items, size, self._number)
        if any(worker.running for worker in self._workers):  # of a map that was not read to its end
            self.abandon()
        self._give(function, batches, arguments)
        return self.mapped(function, batches, arguments, lost, patience)

    async def mapped(
        self,
        function: Callable[..., Sequence[R]],
        batches: deque[Sequence[T]],
        arguments: tuple[Any, ...],
        lost: Callable[[T], R],
        patience: float,
    ) -> AsyncIterator[Sequence[R]]:
        """The results of batches, among which are those that the workers have already."""
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
        while batches and len(self._workers) < self._number:
            self._workers.append(self._made(self._workers))
        for depth in range(max((worker.ahead for worker in self._workers), default=0)):
            for worker in self._workers:
                if batches and len(worker.running) <= depth < worker.ahead:
                    worker.give((function, batches.popleft(), arguments))

    async def _wait(self, seconds: float) -> None:
        if self._online:
            await workers.wait_beside(self._workers, seconds)
            return
        with budget.breakable():
            workers.wait(self._workers, seconds)

    def _replace(self, place: int) -> None:
        """Put a new worker in the place of one that died."""
        self._workers.pop(place).close()
        self._workers.insert(place, self._made(self._workers))

    def abandon(self) -> None:
        """End the workers at once, even in the middle of a task. New ones start when there is more to map."""
        self.kill()
        self.stop()

    def kill(self) -> None:
        """End the workers at once, which shows when their answers are read."""
        for worker in self._workers:
            worker.kill()

    def stop(self) -> None:
        """End the workers."""
        while self._workers:
            self._workers.pop().close()
