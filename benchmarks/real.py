"""Real repositories, from clones that lie in one folder: `python -m benchmarks real --from DIR`.

None of them is part of this project. A clone has the name that stands below; the table says at which commit it is.
"""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.programs import LIMIT, Figures, Program, figures_of, met

QUICK = 0.25  # seconds: so much is quick, whatever the peer needs
WALL, PROCESSOR = 1.0, 1.5  # of the peer's, to reach
EXTENSIONS = "md,markdown,html,htm"  # that the peer reads
OPTIONS = ("--ignore", "asset", "--ignore", "mirror")  # what the peer does not look at


class Repository(NamedTuple):
    """A repository on GitHub, and the folder of its clone."""

    name: str
    folder: str


REPOSITORIES = (
    Repository("gfw-breaker/mh-news", "mh-news"),
    Repository("fastapi/fastapi", "fastapi"),
    Repository("rust-lang/book", "book"),
    Repository("apachecn/ailearning", "ailearning"),
    Repository("EbookFoundation/free-programming-books", "free-programming-books"),
    Repository("tldr-pages/tldr", "tldr"),
    Repository("jekyll/jekyll, branch gh-pages", "jekyll-pages"),
    Repository("nodejs/nodejs.org", "nodejs.org"),
    Repository("cstkennedy/course-site-mirror", "course-site-mirror"),
)

_HEAD = """\
| repository | commit | pages, references | lychee: wall, processor s, MB | mirrorcheck: wall, processor s, MB \
| wall, ratio | processor, ratio | to reach |
|---|---|---|---|---|---|---|---|"""


def measure(clones: Path, programs: list[Program], runs: int, work: Path) -> dict[str, Any]:
    """The figures of each repository whose clone is there, printed as a table; those that are missing are named."""
    measured: dict[str, Any] = {}
    print(_HEAD)
    for repository in REPOSITORIES:
        clone = clones / repository.folder
        if not (clone / ".git").exists():
            print(f"| {repository.name} | no clone: {repository.folder} | | | | | | |")
            continue
        commit = _commit(clone)
        figures = figures_of(programs, clone.absolute(), EXTENSIONS, runs, work)
        print(f"| {repository.name} | `{commit[:10]}` | {' | '.join(_cells(figures))} |", flush=True)
        by_program = {program.name: asdict(each) for program, each in zip(programs, figures, strict=True)}
        measured[repository.name] = {"commit": commit} | by_program
    print()
    return measured


def _commit(clone: Path) -> str:
    command = ["git", "-C", clone, "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _cells(figures: list[Figures]) -> Iterator[str]:
    ours = figures[-1]
    yield f"{ours.pages:,}, {ours.references:,}"
    if len(figures) == 1:
        yield from ("", _figures(ours), "", "", _reached(ours, 0.0, 0.0))
        return
    peer = figures[0]
    wall = statistics.median(ours.seconds) / statistics.median(peer.seconds)
    processor = statistics.median(ours.processor) / statistics.median(peer.processor)
    yield from (_figures(peer), _figures(ours), f"{wall:.2f}", f"{processor:.2f}", _reached(ours, wall, processor))


def _figures(figures: Figures) -> str:
    wall, processor = statistics.median(figures.seconds), statistics.median(figures.processor)
    return f"{wall:.2f}, {processor:.2f}, {figures.memory / 1e6:.0f}"


def _reached(ours: Figures, wall: float, processor: float) -> str:
    quick = wall <= WALL or statistics.median(ours.seconds) < QUICK
    return f"wall {met(quick)}, processor {met(processor <= PROCESSOR)}, memory {met(ours.memory <= LIMIT)}"
