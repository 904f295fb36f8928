"""The engine: what a page does to its worker, it does to itself alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from checker.config.schema import Config
from checker.mirror.opening import open_mirror
from checker.run.prepare import context_of
from checker.sweep import executor
from checker.sweep.executor import Aside
from checker.sweep.facts import Context

pytestmark = pytest.mark.slow

Answered = tuple[int, str]


def exits(_context: Context, batch: Iterable[int]) -> list[Answered]:
    """Leaves without a word at 77, and by a signal at 500."""
    for number in batch:
        if number == 77:
            os._exit(3)
        if number == 500:
            os.kill(os.getpid(), signal.SIGSEGV)
    return [(number, "ok") for number in batch]


def hangs(_context: Context, batch: Iterable[int]) -> list[Answered]:
    """Never answers for 33."""
    for number in batch:
        if number == 33:
            time.sleep(600)
    return [(number, "ok") for number in batch]


@pytest.fixture
def context(write: Callable[..., Path]) -> Context:
    root = write({"a.md": "[a](a.md)"})
    return context_of(Config(), open_mirror(Config(), root), None)[0]


async def mapped(context: Context, function: Callable[..., list[Answered]], patience: float) -> list[Answered]:
    answers: list[Answered] = []
    with executor.start(context, 1_000, 2) as running:
        batches = running.map(function, range(1_000), lost=lambda number: (number, "lost"), patience=patience)
        async for batch in batches:
            answers += batch
    return sorted(answers)


@pytest.mark.asyncio
async def test_a_page_that_kills_its_worker_is_lost_alone(context: Context) -> None:
    answers = await mapped(context, exits, 60)

    assert [number for number, _ in answers] == list(range(1_000))
    assert [number for number, answer in answers if answer == "lost"] == [77, 500]


@pytest.mark.asyncio
async def test_what_takes_long_is_abandoned_and_others_are_mapped(context: Context) -> None:
    with executor.start(context, 1_000, 2) as running:
        batches = running.map(hangs, [33], lost=lambda number: (number, "lost"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(batches), 1)
        running.abandon()
        later = running.map(exits, [1, 2], lost=lambda number: (number, "lost"))
        async with asyncio.timeout(60):
            answers = [answer async for batch in later for answer in batch]

    assert answers == [(1, "ok"), (2, "ok")]


@pytest.mark.asyncio
async def test_a_page_that_keeps_its_worker_busy_is_lost_alone(context: Context) -> None:
    answers = await mapped(context, hangs, 2)

    assert [number for number, _ in answers] == list(range(1_000))
    assert [number for number, answer in answers if answer == "lost"] == [33]


@pytest.mark.asyncio
async def test_few_pages_are_mapped_in_this_process(context: Context) -> None:
    with executor.start(context, 10, 0) as running:
        pids = [batch async for batch in running.map(lambda _context, batch: [os.getpid()] * len(batch), [1], lost=str)]

    assert pids == [[os.getpid()]]


KILLED = """
import sys, time
from checker.sweep import executor
pool = executor._pool(None, 2)
for _ in range(4):
    pool.submit(time.sleep, 600)
print("working", flush=True)
time.sleep(600)
"""


def test_workers_end_with_a_main_process_that_was_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        process.kill()

        process.communicate(timeout=120)  # to the end of what the workers too could write to


def process(_item: int) -> int:
    return os.getpid()


def fall(_item: int) -> int:
    os._exit(1)


@pytest.mark.asyncio
async def test_what_is_called_aside_costs_only_itself() -> None:
    aside = Aside()
    try:
        first, second = await asyncio.gather(aside.call(process, 1, lost=0), aside.call(process, 2, lost=0))
        lost = await aside.call(fall, 3, lost=-1)
        third = await aside.call(process, 4, lost=0)
    finally:
        aside.stop()

    assert first == second != os.getpid()
    assert lost == -1
    assert third not in {0, first, os.getpid()}
