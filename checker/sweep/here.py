"""The engine for few pages: it maps them in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from checker.sweep import budget, serving
from checker.sweep.executor import BATCH, LARGEST, PATIENCE, Held

T = TypeVar("T")
R = TypeVar("R")


class Here:
    """Maps functions in this process, which a page may crash, and keep busy for as long as its budget is."""

    several = False

    def __init__(self, context: Held) -> None:
        self._context = context
        serving.keep_memory()

    def map(
        self,
        function: Callable[..., Sequence[R]],
        items: Sequence[T],
        *arguments: Any,
        lost: Callable[[T], R],  # noqa: ARG002 - what crashes its worker crashes this process
        patience: float = PATIENCE,  # noqa: ARG002
        size: int = 0,
    ) -> AsyncIterator[Sequence[R]]:
        size = size or min(max(BATCH, len(items) // 100), LARGEST)
        return self._mapped(function, deque(items[at : at + size] for at in range(0, len(items), size)), arguments)

    async def _mapped(
        self, function: Callable[..., Sequence[R]], batches: deque[Sequence[T]], arguments: tuple[Any, ...]
    ) -> AsyncIterator[Sequence[R]]:
        while batches:
            if self._context.online:
                from asyncio import sleep

                await sleep(0)  # lets the event loop handle the signal that interrupted a batch
            try:
                with budget.breakable():
                    results = serving.uncollected(function, self._context, batches[0], *arguments)
            except budget.Interrupted:
                if self._context.online:
                    continue
                raise
            batches.popleft()
            yield results

    def abandon(self) -> None:
        """Nothing is under way: a batch ends before its results are waited for."""

    stop = abandon
