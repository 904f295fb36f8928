"""One run of a program, measured from outside: wall time, processor time, and the memory of its whole process tree."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.05  # seconds between two samples of memory, and more as a run gets long


class FailedError(Exception):
    """A program ended with an exit code that does not mean it did its job."""


@dataclass(frozen=True, slots=True)
class Run:
    """Wall and processor time in seconds; `memory` in bytes, 0 where it was not sampled; what was printed."""

    seconds: float
    processor: float
    memory: int
    output: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the median and the greatest of some values."""

    least: float
    median: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))


def run(
    command: Sequence[str | os.PathLike[str]],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    codes: frozenset[int] = frozenset({0}),
    memory: bool = False,
) -> Run:
    """Run a command in a folder, its output to files there; sample its memory if asked, which slows it a little.

    Raises FailedError for an exit code that is not among `codes`.
    """
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        before, start = _processor(), time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        sampler = _Sampler(process.pid)
        if memory:
            sampler.start()
        try:
            code = process.wait()
            seconds = time.perf_counter() - start
        finally:
            sampler.ended.set()
            process.kill()
        if memory:
            sampler.join()
    if code not in codes:
        raise FailedError(f"{' '.join(map(str, command))}: exit code {code}\n{_tail(err)}")
    return Run(seconds, _processor() - before, sampler.peak, out.read_text("utf-8", "replace"))


def _processor() -> float:
    """Seconds of processor time, of all processes that have ended below this one."""
    times = os.times()
    return times.children_user + times.children_system


def _tail(file: Path) -> str:
    return "\n".join(file.read_text("utf-8", "replace").splitlines()[-5:])


class _Sampler(threading.Thread):
    """Notes the peak of the sum of PSS, the proportional set size, over a process and all below it.

    PSS counts a page of memory that n processes share as 1/n in each: the sum counts it once.
    https://docs.kernel.org/filesystems/proc.html
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.peak = 0
        self._pid = pid

    def run(self) -> None:
        start = time.monotonic()
        while not self.ended.wait(max(INTERVAL, (time.monotonic() - start) / 500)):
            self.peak = max(self.peak, sum(map(_pss, _tree(self._pid))))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = [*Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # the process has ended
        return
    for children in tasks:
        try:
            below = children.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in below:
            yield from _tree(int(child))


def _pss(pid: int) -> int:
    """In bytes; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
