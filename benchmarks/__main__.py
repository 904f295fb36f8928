"""mirrorcheck and lychee on the same mirrors, by turns: `python -m benchmarks [ROW…]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import corpora, real
from benchmarks.corpora import UnavailableError
from benchmarks.measure import FailedError, Spread
from benchmarks.programs import LIMIT, Figures, Program, checker, figures_of, lychee, met, ours, run, words

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "mirror"
SCALES = (1_000, 10_000, 100_000)  # generated pages
FLAT = 1.15  # times the processor time of a page of the next smaller mirror, at most
STARTS = 10  # runs of a start
ROWS = ("cppreference", "openjdk", "boost", "rust", "markdown-10k", "scale", "startup")
COMPARED: dict[str, tuple[str, float]] = {  # row -> Debian package, share of the peer's wall time to reach
    "cppreference": ("cppreference-doc-en-html", 0.4),
    "openjdk": ("openjdk-17-doc", 0.25),
    "boost": ("libboost1.74-doc", 0.3),
    "rust": ("rust-doc", 0.2),
}
MARKDOWN = 0.3
REAL = "real"  # the row that needs clones


def main() -> int:
    """Run the rows that are asked for; 0, or 2 where one could not be measured. A missed target is no failure."""
    arguments = _arguments()
    cache: Path = arguments.cache.absolute()
    measured: dict[str, Any] = {}
    with TemporaryDirectory() as work:
        programs = [ours(Path(work), *(real.OPTIONS if arguments.rows == [REAL] else ("--ignore", "asset")))]
        if arguments.only != "ours" and set(arguments.rows) - {"scale", "startup"}:
            try:
                programs.insert(0, lychee(Path(work)))
            except UnavailableError as error:
                print(error, file=sys.stderr)
                return 2
        about = _about(programs, arguments.runs, Path(work))
        print(*(f"{key}: {value}" for key, value in about.items()), sep="\n", end="\n\n")
        for row in arguments.rows:
            try:
                if row == REAL:
                    measured[row] = real.measure(arguments.clones, programs, arguments.runs, Path(work))
                    continue
                if row == "scale":
                    measured[row] = _scale(arguments.pages, arguments.runs, cache, Path(work))
                    continue
                measured[row] = _measure(row, programs, arguments.runs, cache, Path(work))
            except (UnavailableError, FailedError) as error:
                print(f"{row}: not measured: {error}", file=sys.stderr)
    if arguments.json:
        arguments.json.write_text(json.dumps(about | {"rows": measured}, indent=1) + "\n", "utf-8")
    return 0 if len(measured) == len(arguments.rows) else 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(ROWS)}; all of them without one; or {REAL}")
    parser.add_argument("--from", type=Path, dest="clones", metavar="DIR", help="the clones of the row `real`, alone")
    sizes = {"type": int, "nargs": "+", "default": SCALES, "metavar": "N"}
    parser.add_argument("--pages", **sizes, help="of the row `scale`: each takes 20 kB on the disk")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="timed runs of each program (%(default)s)")
    parser.add_argument("--only", choices=["ours"], help="leave the peer out")
    parser.add_argument("--cache", type=Path, default=corpora.cache_folder(), metavar="DIR", help="%(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure, for programs")
    arguments = parser.parse_args()
    for row in arguments.rows:
        if row not in (*ROWS, REAL):
            parser.error(f"no row is called {row!r}: {', '.join((*ROWS, REAL))}")
    if (REAL in arguments.rows) != bool(arguments.clones) or (REAL in arguments.rows and len(arguments.rows) > 1):
        parser.error(f"the row {REAL!r} stands alone, with --from DIR")
    if arguments.runs < 1:
        parser.error("--runs: at least 1")
    arguments.rows = arguments.rows or list(ROWS)
    return arguments


def _measure(row: str, programs: list[Program], runs: int, cache: Path, work: Path) -> Any:
    if row == "startup":
        return _startup(corpora.markdown(10, cache), work)
    if row == "markdown-10k":
        return _compare(row, corpora.markdown(10_000, cache), "md", MARKDOWN, programs, runs, work)
    package, target = COMPARED[row]
    return _compare(row, corpora.debian(package, cache), "html,htm", target, programs, runs, work)


# The rows


def _compare(
    row: str, mirror: Path, extensions: str, target: float, programs: list[Program], runs: int, work: Path
) -> dict[str, Any]:
    figures = figures_of(programs, mirror, extensions, runs, work)
    print(row)
    for program, figure in zip(programs, figures, strict=True):
        print(f"  {program.name:<12}{words(figure)}")
    result: dict[str, Any] = {program.name: asdict(each) for program, each in zip(programs, figures, strict=True)}
    ours = figures[-1]
    if len(figures) == 2:
        peer = figures[0]
        ratio = statistics.median(ours.seconds) / statistics.median(peer.seconds)
        paired = statistics.median(a / b for a, b in zip(ours.seconds, peer.seconds, strict=True))
        print(f"  time: {ratio:.2f} of lychee's ({paired:.2f} in pairs), target {target:.2f}: {met(ratio <= target)}")
        result |= {"ratio": ratio, "paired": paired, "target": target}
    print(
        f"  memory: {ours.memory / 1e6:.0f} MB, target {LIMIT / 1e6:.0f} MB: {met(ours.memory <= LIMIT)}\n", flush=True
    )
    return result


def _scale(sizes: Sequence[int], runs: int, cache: Path, work: Path) -> dict[str, Any]:
    """Whole runs with all rules, mirrorcheck only: of each the time, and the memory."""
    result: dict[str, Any] = {}
    before: Figures | None = None
    print("scale")
    for size in sizes:
        mirror = corpora.markdown(size, cache)
        program = ours(work, config=corpora.configured(mirror, work / "scale.toml"))
        ran = [run(program.command(mirror, "md"), work, memory=True) for _ in range(runs)]
        figures = Figures(
            *program.counts(ran[-1], mirror, "md"),
            [each.seconds for each in ran],
            [each.processor for each in ran],
            max(each.memory for each in ran),
        )
        speed, each = figures.pages / statistics.median(figures.seconds), _each(figures)
        more = ""
        if before:
            grown = (figures.memory - before.memory) / (figures.pages - before.pages)
            more = f"; {each / _each(before):.2f} of that before (flat: {met(each <= FLAT * _each(before))})"
            more += f", {grown:,.0f} bytes of memory a page more"
        print(f"  {words(figures)}  {speed:5,.0f} pages/s  {each * 1e3:.3f} ms a page{more}", flush=True)
        result[str(size)] = asdict(figures) | {"pages_per_second": speed}
        before = figures
    print()
    return result


def _each(figures: Figures) -> float:
    """The processor time of a page, in seconds."""
    return statistics.median(figures.processor) / figures.pages


def _startup(ten: Path, work: Path) -> dict[str, Any]:
    page = EXAMPLE / "pages" / "abc" / "n1001.md"
    options = ("--config", EXAMPLE / "config.toml", "--offline", "--fail-on", "never")
    commands: tuple[tuple[str, list[str | Path], float | None], ...] = (
        ("bare Python", [sys.executable, "-c", "pass"], None),
        ("--version", checker("--version"), 0.05),
        ("page", checker("page", page, *options), 0.18),
        ("ten pages", checker("check", "--config", ten / "config.toml", "--no-history", *options[2:]), 0.2),
    )
    result = {}
    print("startup")
    for name, command, target in commands:
        run(command, work)
        seconds = [run(command, work).seconds for _ in range(STARTS)]
        spread = Spread.of(seconds)
        against = f", target {target} s: {met(spread.median <= target)}" if target else ""
        print(f"  {name:<12}{spread.least:.3f} / {spread.median:.3f} / {spread.greatest:.3f} s{against}", flush=True)
        result[name] = {"seconds": seconds, "target": target}
    print()
    return result


def _about(programs: list[Program], runs: int, work: Path) -> dict[str, Any]:
    versions = [run(checker("--version"), work).output.strip()]
    if len(programs) == 2:
        binary = programs[0].command(work, "")[0]
        versions.insert(0, run([binary, "--version"], work).output.strip())
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "programs": f"{', '.join(versions)} on Python {platform.python_version()}",
        "times": f"least / median / greatest of {runs} runs, wall; memory: peak of the sum of PSS, in a run of its own",
    }


if __name__ == "__main__":
    sys.exit(main())
