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
from lab.cluster import cluster

from checker.config.schema import Config, EngineTable
from checker.mirror.opening import open_mirror
from checker.model import Unchecked
from checker.run.prepare import context_of
from checker.sweep import budget, executor
from checker.sweep.aside import Aside
from checker.sweep.facts import Context
from checker.sweep.workers import Forked, Spawned

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


async def mapped(
    context: Context,
    function: Callable[..., list[Answered]],
    patience: float,
    by: str = "",
    numbers: range = range(1_000),
) -> list[Answered]:
    answers: list[Answered] = []
    with executor.start(context, 1_000, EngineTable(jobs=2, cluster=by)) as running:
        batches = running.map(function, numbers, lost=lambda number: (number, "lost"), patience=patience)
        async for batch in batches:
            answers += batch
    return sorted(answers)


@pytest.fixture(params=["alone", "beside an event loop", "without forks", "by a cluster"])
def finish(
    request: pytest.FixtureRequest, context: Context, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[..., list[Answered]], float], list[Answered]]:
    """Map a thousand numbers in the ways in which an engine can."""
    if request.param == "beside an event loop":
        online = context._replace(online=True)
        return lambda function, patience: asyncio.run(mapped(online, function, patience))
    if request.param == "by a cluster":
        return lambda function, patience: executor.finished(mapped(context, function, patience, "local:2"))
    if request.param == "without forks":
        monkeypatch.delattr(os, "fork")
    return lambda function, patience: executor.finished(mapped(context, function, patience))


Finish = Callable[[Callable[..., list[Answered]], float], list[Answered]]


def test_a_page_that_kills_its_worker_is_lost_alone(finish: Finish) -> None:
    answers = finish(exits, 60)

    assert [number for number, _ in answers] == list(range(1_000))
    assert [number for number, answer in answers if answer == "lost"] == [77, 500]


def test_a_page_that_keeps_its_worker_busy_is_lost_alone(finish: Finish) -> None:
    answers = finish(hangs, 4)

    assert [number for number, _ in answers] == list(range(1_000))
    assert [number for number, answer in answers if answer == "lost"] == [33]


@pytest.mark.asyncio
async def test_what_takes_long_is_abandoned_and_others_are_mapped(context: Context) -> None:
    with executor.start(context._replace(online=True), 1_000, EngineTable(jobs=2)) as running:
        batches = running.map(hangs, [33], lost=lambda number: (number, "lost"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(batches), 1)
        running.abandon()
        later = running.map(exits, [1, 2], lost=lambda number: (number, "lost"))
        async with asyncio.timeout(60):
            answers = [answer async for batch in later for answer in batch]

    assert sorted(answers) == [(1, "ok"), (2, "ok")]


def test_without_an_event_loop_the_time_limit_ends_what_takes_long(context: Context) -> None:
    async def both() -> list[Answered]:
        with executor.start(context, 1_000, EngineTable(jobs=2)) as running:
            batches = running.map(hangs, [33], lost=lambda number: (number, "lost"))
            with budget.limited(0.5), pytest.raises(budget.Interrupted) as ended:
                await anext(batches)
            assert ended.value.reason is Unchecked.TIME_LIMIT
            later = running.map(exits, [1, 2], lost=lambda number: (number, "lost"))
            return sorted([answer async for batch in later for answer in batch])

    assert executor.finished(both()) == [(1, "ok"), (2, "ok")]


def test_a_signal_that_comes_between_two_batches_ends_the_next(context: Context) -> None:
    async def read() -> None:
        with executor.start(context, 1, EngineTable(jobs=1)) as running:
            async for _ in running.map(exits, range(100), lost=lambda number: (number, "lost")):
                os.kill(os.getpid(), signal.SIGTERM)

    with budget.heard(), pytest.raises(budget.Interrupted) as ended:
        executor.finished(read())
    assert ended.value.reason is Unchecked.INTERRUPTED


def kills(_context: Context, batch: Iterable[int]) -> list[Answered]:
    """Ends the machine's own worker at 77, as a system does that has no memory left."""
    if 77 in batch:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return [(number, "ok") for number in batch]


def test_what_kills_the_workers_of_a_cluster_is_lost_alone(context: Context, tmp_path: Path) -> None:
    with cluster(tmp_path / "dask", 0) as made:
        for _ in range(2):
            made.add(path=os.pathsep.join(filter(None, sys.path)), nanny=True)
        answers = executor.finished(mapped(context, kills, 60, made.address, range(60, 90)))

    assert [number for number, _ in answers] == list(range(60, 90))
    assert [number for number, answer in answers if answer == "lost"] == [77]


def large(_context: Context, batch: Iterable[bytes]) -> list[bytes]:
    return [each * 2 for each in batch]


def test_batches_and_results_may_be_larger_than_a_pipe(finish: Finish, context: Context) -> None:
    assert finish(exits, 60)
    items = [bytes([number]) * 300_000 for number in range(40)]

    async def doubled() -> list[bytes]:
        with executor.start(context, 1_000, EngineTable(jobs=2)) as running:
            batches = running.map(large, items, lost=lambda _each: b"")
            return sorted([answer async for batch in batches for answer in batch])

    assert executor.finished(doubled()) == [each * 2 for each in items]


def fails(_context: Context, batch: Iterable[int]) -> list[Answered]:
    raise LookupError(f"nothing for {batch}")


def test_a_bug_in_a_worker_is_one_of_the_main_process(finish: Finish) -> None:
    with pytest.raises(LookupError, match="nothing for") as raised:
        finish(fails, 60)

    assert "in fails" in "".join(raised.value.__notes__)


@pytest.mark.asyncio
async def test_few_pages_are_mapped_in_this_process(context: Context) -> None:
    with executor.start(context, 10, EngineTable()) as running:
        pids = [batch async for batch in running.map(lambda _context, batch: [os.getpid()] * len(batch), [1], lost=str)]

    assert pids == [[os.getpid()]]


KILLED = """
import sys, time
from checker.sweep import workers
if __name__ == "__main__":
    pool = []
    for _ in range(2):
        pool.append(workers.{kind}(600, pool))
    for worker in pool:
        worker.give((time.sleep, (), ()))
    time.sleep(1)
    print("working", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("kind", [Forked, Spawned])
def test_workers_end_with_a_main_process_that_was_killed(kind: type, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    script = tmp_path / "main.py"
    script.write_text(KILLED.format(kind=kind.__name__))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as process:
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


@pytest.mark.parametrize("count", [1, 15, 16, 61, 1_000, 20_000])
def test_the_last_batches_are_small_and_no_item_is_left_out(count: int) -> None:
    batches = list(executor.shared(range(count), 48, 2))
    assert [item for batch in batches for item in batch] == list(range(count))
    sizes = [len(batch) for batch in batches]
    assert sizes[-1] <= sizes[0] <= 48
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] <= max(1, sizes[0] // 6)
