"""What runs beside the reading of pages: the network, the time limit, the progress."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from checker.judge.state import FromNetwork, RunState
from checker.model import Unchecked
from checker.run.job import Network, Progress
from checker.sweep import budget
from checker.sweep.facts import Context

if TYPE_CHECKING:
    from checker.run.frontier import Frontier

_TICK = 0.2  # seconds between two updates of the progress


@asynccontextmanager
async def asked_for(network: Network | None, context: Context, learnt: RunState) -> AsyncIterator[Frontier | None]:
    """Open the network; at the end, even after an error, put its results into the state."""
    if network is None:
        yield None
        return
    async with network(context.options) as frontier:
        try:
            yield frontier
        finally:
            cut_off, verdicts = frontier.end(), frontier.verdicts
            learnt.network = FromNetwork(verdicts.answers, verdicts.unchecked, verdicts.left, cut_off)
            learnt.mismatches |= verdicts.mismatches


@asynccontextmanager
async def within(seconds: float | None, frontier: Frontier | None) -> AsyncIterator[None]:
    """A block that the time limit ends after so many seconds; None: there is no limit."""
    if frontier is None:
        try:
            with budget.limited(seconds):
                yield
        except budget.Interrupted as broken:
            if broken.reason is not Unchecked.TIME_LIMIT:
                raise
        return
    import asyncio

    try:
        async with asyncio.timeout(seconds):
            with budget.limited(seconds):
                yield
    except TimeoutError:
        frontier.give_up(Unchecked.TIME_LIMIT)


@asynccontextmanager
async def showing_progress(
    progress: Progress | None, learnt: RunState, pages: int | None, frontier: Frontier | None
) -> AsyncIterator[None]:
    """A block during which the progress is shown. `pages` None: their number is not known.

    Without a network, `read` shows it.
    """
    if progress is None or frontier is None:
        yield
        return
    import asyncio

    counts = frontier.counts

    async def show() -> None:
        while True:
            progress(learnt.read, learnt.read if pages is None else pages, counts())
            await asyncio.sleep(_TICK)

    showing = asyncio.create_task(show())
    try:
        yield
    finally:
        showing.cancel()
