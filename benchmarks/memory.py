"""The memory of a sweep, without its files: `python -m benchmarks.memory [--pages N…]`.

The facts of generated pages, as the sweep reads them, are made from their numbers and given to what the main process
keeps of a run: the state, the settling of fragments, third parties, the sections and the report. Each size runs in a
process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from benchmarks.generate import Shape
from checker import spill
from checker.config.schema import Config
from checker.judge.report import Frame, report_of
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.model import Kind
from checker.run.returning import third_parties_of
from checker.sources.index import Gathered
from checker.sweep.facts import Facts
from checker.sweep.keys import text_key

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_OTHERS = 12  # pages that a page leads to
_IDS = 9  # of a page
_BITS = (1 << 64) - 1
_PARTIES = array("Q", [text_key("192.0.2.1") & -4, text_key("origin.example") & -4, 3]).tobytes()


def facts(pages: int) -> Iterator[Facts]:
    """As many facts as the sweep learns of each page that `benchmarks.generate` writes, with keys made by arithmetic.

    Page n is file 2n, its picture 2n + 1.
    """
    draw, shape = Random(1).randrange, Shape(pages)
    for number in range(pages):
        others = [draw(pages) for _ in range(_OTHERS)]
        picture = _key(draw(2000), 60)
        remote = [_key(number, 61), picture, _key(number, 62), _key(number, 63), *(_key(draw(400), 59) for _ in "tags")]
        yield Facts(
            shape.page(number),
            Kind.MARKDOWN,
            36,
            array("I", [2 * other for other in (number, *others)] + [2 * number + 1]).tobytes(),
            ((2 * number + 1, "image"),),
            array("Q", [_key(other, other % _IDS) for other in others[:5]]).tobytes(),
            array("Q", [_key(number, anchor) for anchor in range(_IDS)]).tobytes(),
            array("Q", remote).tobytes(),
            array("Q", remote[:2]).tobytes(),
            _PARTIES,
        )


def _key(number: int, kind: int) -> int:
    """A number in the place of a key: as far from the others as a hash."""
    mixed = (number << 6 | kind) * 0x9E3779B97F4A7C15 & _BITS
    return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & _BITS


def measure(pages: int) -> dict[str, float]:
    """Seconds and bytes for so many pages, in this process."""
    start = time.process_time()
    for _ in facts(min(pages, 10_000)):
        pass
    making = (time.process_time() - start) * pages / min(pages, 10_000)
    before, start = _peak(), time.process_time()
    learnt, judging = RunState(2 * pages), Judge(Config())
    for each in facts(pages):
        learnt.add(each)
    read, kept = time.process_time() - start - making, _peak()
    start = time.process_time()
    third_parties_of(learnt, judging, None)
    missing = learnt.ledger.settle()
    now = datetime.now(UTC)
    frame = Frame(
        source="", addresses=(), started=now, finished=now, complete=True, rows=False, online=False, met=frozenset()
    )
    report = report_of(learnt, [], judging, frame)
    if missing or report.totals.pages != pages:
        raise AssertionError(report.totals)
    return {
        "pages": pages,
        "before": before,
        "read": kept,
        "peak": _peak(),
        "disk": spill.written(),
        "seconds": read,
        "judging": time.process_time() - start,
    }


def measure_index(pages: int) -> dict[str, float]:
    """Seconds and bytes of the index of the files of so many pages, in this process."""
    before, shape, start = _peak(), Shape(pages), time.process_time()
    files = Gathered(name for number in range(pages) for name in (shape.page(number), f"{shape.page(number)}.png"))
    index = files.index()
    made, looked = time.process_time() - start, time.process_time()
    for number in range(0, pages, max(pages // 100_000, 1)):
        if shape.page(number) not in index or f"{shape.page(number)}.txt" in index:
            raise AssertionError(number)
    return {
        "files": len(index),
        "before": before,
        "peak": _peak(),
        "disk": spill.written(),
        "seconds": made,
        "look": (time.process_time() - looked) / min(2 * pages, 200_000),
    }


def _peak() -> int:
    """Bytes of memory that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


PARTS = {"index": measure_index, "state": measure}


def _measured(part: str, pages: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", "--here", part, "--pages", str(pages)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--here", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(PARTS[arguments.here](*arguments.pages)))
        return
    for pages in arguments.pages:
        found = _measured("index", pages)
        print(
            f"{found['files']:>12,} files: {found['peak'] / 1e6:7.0f} MB at most,"
            f" {found['before'] / 1e6:.0f} at the start; {found['disk'] / 1e6:7.0f} MB on disk;"
            f" {found['seconds'] / found['files'] * 1e6:5.1f} µs a file to list, {found['look'] * 1e6:5.1f} to look up",
            flush=True,
        )
        found = _measured("state", pages)
        print(
            f"{pages:>12,} pages: {found['peak'] / 1e6:7.0f} MB at most, {found['read'] / 1e6:7.0f} after reading,"
            f" {found['before'] / 1e6:.0f} at the start; {found['disk'] / 1e6:7.0f} MB on disk;"
            f" {found['seconds'] / pages * 1e6:5.1f} µs a page to keep, {found['judging'] / pages * 1e6:5.1f} to judge",
            flush=True,
        )


if __name__ == "__main__":
    main()
