"""The executor: it runs the sweep, where the user says and where that is worth it. No other module knows which runs.

An engine is one of three: this process (`here.py`), worker processes (`processes.py`), a cluster (`cluster.py`).
A run without a network waits for nothing but its engine. It needs no event loop: its coroutines end without a pause.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from checker.config.schema import EngineTable
    from checker.sources.base import Source

T = TypeVar("T")
R = TypeVar("R")

_FEW = 60  # pages; for so many or fewer, starting processes costs more than it saves
BATCH = 48  # pages per task
LARGEST = 4 * BATCH  # of many pages: a task costs this process half a millisecond, as much as a hundred small pages
_TURNS = 8  # tasks per worker at least, as long as there are pages
_LAST = 4  # tasks per worker in what is left: the last ones are small, and all workers end at about the same time
PATIENCE = 120.0  # seconds; if a task takes longer, its worker is stuck


class Held(Protocol):
    """An object that each worker gets once, such as a Context."""

    @property
    def online(self) -> bool:
        """Whether the main process also serves the network."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files that it makes sense of."""


class Engine(Protocol):
    """Maps functions of (Context, batch, …) over batches."""

    @property
    def several(self) -> bool:
        """Whether copies of this process run the functions: each would load what this one did not."""

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

        The workers start at once. `lost(item)` is the result for an item that crashes its worker, or keeps it busy for
        longer than `patience`, in seconds. `size` is the number of items in a batch at most; 0: as many as leave each
        worker some dozens of batches, within bounds. Raises what `budget.endings` names, when the run is interrupted.
        """

    def abandon(self) -> None:
        """End what is under way at once, even in the middle of a batch. There may be more to map after that."""

    def stop(self) -> None:
        """End the workers."""


def shared(items: Sequence[T], size: int, workers: int) -> deque[Sequence[T]]:
    """Batches for so many workers, of `size` items at most and towards the end of ever fewer."""
    size = max(1, min(size, len(items) // (workers * _TURNS)))
    least = max(1, size // 6)
    batches: deque[Sequence[T]] = deque()
    start = 0
    while left := len(items) - start:
        end = start + min(size, max(least, left // (workers * _LAST)), left)
        batches.append(items[start:end])
        start = end
    return batches


@contextmanager
def start(context: Held, pages: int, wanted: EngineTable) -> Iterator[Engine]:
    """An engine for so many pages. Raises ConfigError for a cluster that there cannot be."""
    engine = _engine(context, pages, wanted)
    try:
        yield engine
    finally:
        engine.stop()


def _engine(context: Held, pages: int, wanted: EngineTable) -> Engine:
    if wanted.cluster:
        from checker.sweep.cluster import Cluster

        return Cluster(context, wanted.cluster)
    few = min(BATCH, _FEW) if context.online else _FEW  # online, this process has to serve the network
    number = 1 if pages <= few else wanted.jobs or _processors()
    if number == 1:
        from checker.sweep.here import Here

        return Here(context)
    from checker.sweep.processes import Processes

    return Processes.of(context, number)


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
