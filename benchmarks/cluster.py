"""How far a cluster scales: `python -m benchmarks.cluster [--pages N] [--measured N]`.

The tasks of a whole run over a generated mirror are measured one by one, in one process: what each takes, the bytes of
its pages and of its answer, and what the main process does before, between and after them. Empty tasks with answers as
long tell what the scheduler and the client take of dask. Then runs by ever more workers are simulated: the client, the
scheduler and each worker do one thing at a time, and take as long for it as was measured.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks import corpora
from checker import cli
from checker.sources.folder import Folder
from checker.sweep import cluster, executor, serving
from checker.sweep.executor import BATCH, LARGEST, Held, finished, shared
from checker.verify.fixity.digests import Files

WORKERS = (1, 2, 10, 25, 50, 100, 200)
PAGES, MEASURED = 1_000_000, 10_000
SLOWER = (1, 10)
EMPTY = 400  # tasks that do nothing
LINE = 125e6  # bytes a second, of a network of 1 Gbit/s
BEGIN = 0.5  # seconds until a worker's child has loaded what it needs


class Stage(NamedTuple):
    """The batches of a map, and what the main process did for it. Seconds are of processor time."""

    name: str
    before: float  # seconds of the main process alone, since the last batch of the map before
    items: int
    size: int  # of a batch, where it was said; 0: by the number of workers
    seconds: list[float]  # of each batch of at most BATCH items
    sent: int  # bytes of all batches
    answered: int  # bytes of all answers
    door: float  # seconds of the main process, for all answers


class Measured:
    """An engine that maps in this process, and notes what that takes."""

    several = False

    def __init__(self, context: Held) -> None:
        self.context = context
        self.stages: list[Stage] = []
        self.begun = self.since = time.process_time()
        serving.keep_memory()

    async def map(
        self,
        function: Callable[..., Sequence[Any]],
        items: Sequence[Any],
        *arguments: Any,
        lost: Callable[[Any], Any],  # noqa: ARG002 - see Engine
        patience: float = 0,  # noqa: ARG002
        size: int = 0,
    ) -> AsyncIterator[Sequence[Any]]:
        """See Engine."""
        start, seconds, sent, answered = time.process_time(), [], 0, 0
        before = start - self.since
        for at in range(0, len(items), BATCH):
            call = serving.message((function, items[at : at + BATCH], arguments))
            given = time.process_time()
            _, batch, more = pickle.loads(call[serving.LENGTH :])  # noqa: S301 - of this very process
            answer = serving.message((serving.uncollected(function, self.context, batch, *more), None))
            seconds.append(time.process_time() - given)
            sent, answered = sent + len(call), answered + len(answer)
            yield serving.result(pickle.loads(answer[serving.LENGTH :]))  # noqa: S301
        self.since = time.process_time()
        door = self.since - start - sum(seconds)
        self.stages.append(Stage(function.__qualname__, before, len(items), size, seconds, sent, answered, door))

    def abandon(self) -> None:
        """See Engine."""

    stop = abandon


def measured(mirror: Path, work: Path) -> tuple[list[Stage], float, int, float]:
    """The stages of a run; the seconds after them; the bytes of the packed context, and the seconds to unpack it.

    What is loaded once should be there before.
    """
    engines: list[Measured] = []

    def engine(context: Held, _pages: int, _wanted: object) -> Measured:
        engines.append(Measured(context))
        return engines[-1]

    executor._engine = engine
    command = ["check", "--config", corpora.configured(mirror, work / "scale.toml"), "--no-history", "--offline", "-q"]
    command += ["--format", f"json={work / 'report.json'}"]
    begun = time.process_time()
    cli.run([*map(str, command)], stdout=sys.stdout, stderr=sys.stderr)
    after = time.process_time() - engines[0].since
    engines[0].stages[0] = engines[0].stages[0]._replace(before=engines[0].begun - begun)
    data = serving.packed(engines[0].context)
    start = time.process_time()
    serving.unpacked(data)
    return engines[0].stages, after, len(data), time.process_time() - start


class Dask(NamedTuple):
    """What an empty task takes, in seconds of processor time."""

    client: float
    scheduler: float
    worker: float  # with the child's


def nothing(_context: Held, batch: Sequence[int], size: int) -> list[bytes]:
    """An answer of so many bytes for a batch."""
    return [bytes(size)] + [b""] * (len(batch) - 1)


@contextmanager
def _running(work: Path, workers: int) -> Iterator[tuple[Path, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, each a process of its own, once all have joined."""
    from distributed import Client

    file = work / "scheduler.json"
    common = ["--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard"]
    one = ["worker", *common, "--no-nanny", "--nthreads", "1", "--local-directory", work]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, *arguments in (["scheduler", *common, "--port", "0"], *(one for _ in range(workers))):
            command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
            started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment))
        while not file.exists():
            time.sleep(0.1)
        script: Any = Client
        with script(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(workers)
        yield file, started[0], started[1:]
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def empty_tasks(work: Path, workers: int, sent: int, answered: int) -> Dask:
    """The law of empty tasks whose batches and answers have so many bytes."""
    import psutil

    from benchmarks.cluster import nothing  # as the children import it

    (work / "mirror").mkdir(exist_ok=True)
    (work / "mirror" / "a.md").write_text("# A page")
    items = [bytes(sent)] * EMPTY

    def used(process: subprocess.Popen[bytes]) -> float:
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        return sum(sum(each.cpu_times()[:2]) for each in family)

    with _running(work, workers) as (file, scheduler, others):
        engine = cluster.Cluster(Files(Folder(work / "mirror")), str(file))

        async def run() -> None:
            async for _ in engine.map(nothing, items, answered, lost=bool, size=1):
                pass

        try:
            finished(run())  # the first time, children start
            before = time.process_time(), used(scheduler), sum(map(used, others))
            finished(run())
            after = time.process_time(), used(scheduler), sum(map(used, others))
        finally:
            engine.stop()
    return Dask(*((now - then) / EMPTY for now, then in zip(after, before, strict=True)))


class Simulated(NamedTuple):
    """A simulated run: its seconds, and for how many of them each was busy."""

    seconds: float
    alone: float  # of the client, while no worker has anything to do
    client: float  # beside the workers
    scheduler: float
    worker: float  # one, on average


def simulated(workers: int, stages: Sequence[Stage], after: float, times: float, dask: Dask, begin: float) -> Simulated:
    """A run by so many workers over a mirror that is so many `times` as large as the measured one."""
    now, alone, door, queue, busy = begin, begin, 0.0, 0.0, 0.0
    for stage in stages:
        now += stage.before * times
        alone += stage.before * times
        end, used = _mapped(workers, stage, times, dask, now)
        now, door, queue, busy = end, door + used[0], queue + used[1], busy + used[2]
    return Simulated(now + after * times, alone + after * times, door, queue, busy / workers)


def _mapped(workers: int, stage: Stage, times: float, dask: Dask, start: float) -> tuple[float, tuple[float, ...]]:
    """When the last batch of a map is taken, and for how long client, scheduler and workers were busy.

    A batch goes from the client by the scheduler to a worker, and back. Events are handled in the order of their times.
    """
    items = round(stage.items * times)
    size = stage.size or min(max(BATCH, items // (workers * cluster._TURNS)), LARGEST)
    batches = deque(_costs(stage, shared(range(items), size, workers)))
    door = stage.door / max(stage.items, 1)
    events: list[tuple[float, int, str, tuple[int, float]]] = []
    free = {"client": start, "scheduler": start}
    used = {"client": 0.0, "scheduler": 0.0, "worker": 0.0}
    idle, waiting, count, end = workers, deque[tuple[int, float]](), 0, start

    def served(who: str, now: float, cost: float) -> float:
        free[who] = max(free[who], now) + cost
        used[who] += cost
        return free[who]

    def then(when: float, what: str, batch: tuple[int, float]) -> None:
        nonlocal count
        count += 1
        heappush(events, (when, count, what, batch))

    for _ in range(min(len(batches), workers * cluster._AHEAD)):
        then(served("client", start, dask.client / 2), "given", batches.popleft())
    while events:
        now, _, what, batch = heappop(events)
        if what == "given":
            then(served("scheduler", now, dask.scheduler / 2), "queued", batch)
            continue
        if what == "queued":
            waiting.append(batch)
        elif what == "read":
            idle += 1
            then(served("scheduler", now, dask.scheduler / 2), "answered", batch)
        elif what == "answered":
            end = served("client", now, dask.client / 2 + door * batch[0])
            if batches:
                then(served("client", end, dask.client / 2), "given", batches.popleft())
        while idle and waiting:
            batch = waiting.popleft()
            idle -= 1
            used["worker"] += batch[1] + dask.worker
            then(now + batch[1] + dask.worker, "read", batch)
    return end, tuple(used.values())


def _costs(stage: Stage, batches: Sequence[range]) -> Iterator[tuple[int, float]]:
    """The items and the seconds of each batch: item by item as the measured ones, again and again."""
    each = [seconds / min(BATCH, stage.items - at * BATCH) for at, seconds in enumerate(stage.seconds)]
    for batch in batches:
        yield len(batch), sum(each[at // BATCH % len(each)] for at in batch)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES, metavar="N", help="of the simulated run (%(default)s)")
    parser.add_argument("--measured", type=int, default=MEASURED, metavar="N", help="pages that are read (%(default)s)")
    parser.add_argument("--cache", type=Path, default=corpora.cache_folder(), metavar="DIR", help="%(default)s")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        work = Path(name)
        measured(corpora.markdown(10, arguments.cache), work)
        stages, after, packed, unpacking = measured(corpora.markdown(arguments.measured, arguments.cache), work)
        for stage in stages:
            batches = max(len(stage.seconds), 1)
            print(
                f"{stage.name:<12}{stage.items:>9,} items, each {sum(stage.seconds) / stage.items * 1e3:.3f} ms for a"
                f" worker and {stage.door / stage.items * 1e3:.3f} ms for the client; {BATCH} of them:"
                f" {stage.sent / batches:,.0f} bytes, and {stage.answered / batches:,.0f} answered;"
                f" before: {stage.before:.2f} s of the client"
            )
        print(f"after: {after:.2f} s; context: {packed:,} bytes, {unpacking:.2f} s to unpack")
        sweep = max(stages, key=lambda stage: sum(stage.seconds))
        longer = LARGEST / BATCH / len(sweep.seconds)
        dask = empty_tasks(work, 2, round(sweep.sent * longer), round(sweep.answered * longer))
    print("empty tasks: " + ", ".join(f"{who} {each * 1e3:.2f} ms" for who, each in dask._asdict().items()), end="\n\n")
    times = arguments.pages / arguments.measured
    for slower in SLOWER:
        slow = [stage._replace(seconds=[each * slower for each in stage.seconds]) for stage in stages]
        print(f"{arguments.pages:,} pages, each {slower} times as long to read as a measured one")
        print("| workers | s | times as fast | client, scheduler, workers busy | client alone |\n|---|---|---|---|---|")
        one = 0.0
        for workers in WORKERS:
            begin = BEGIN + unpacking * times + packed * times / LINE * math.ceil(math.log2(workers + 1))
            found = simulated(workers, slow, after, times, dask, begin)
            one = one or found.seconds
            busy = ", ".join(f"{part / found.seconds:.0%}" for part in (found.client, found.scheduler, found.worker))
            faster, alone = one / found.seconds, found.alone / found.seconds
            print(f"| {workers} | {found.seconds:,.0f} | {faster:.1f} | {busy} | {alone:.0%} |")


if __name__ == "__main__":
    main()
