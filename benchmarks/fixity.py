"""`mirrorcheck seal` beside `sha256sum`, on the same files: `python -m benchmarks.fixity`.

The files have the sizes of pages (median 5 kB, most of the bytes in few of them) and random bytes, from a seed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import measure
from benchmarks.measure import FailedError, Spread

ROOT = Path(__file__).parents[1]
FILES = 100_000
TARGET = 1.3
A_FOLDER = 1000  # files
SUMS = "SHA256SUMS"


def mirror(root: Path, files: int, seed: int) -> int:
    """Write the files; how many bytes they are."""
    draw = random.Random(seed)
    total = 0
    for number in range(files):
        folder = root / f"{number // A_FOLDER:04}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True)
        content = draw.randbytes(min(int(draw.lognormvariate(8.5, 1.2)), 400_000))
        (folder / f"n{number:07}.md").write_bytes(content)
        total += len(content)
    return total


def commands(root: Path) -> dict[str, list[str]]:
    """What is timed; `sha256sum` writes its sums to standard output."""
    listed = f"find . -type f ! -name {SUMS} -print0 | xargs -0"
    return {
        "seal": [sys.executable, "-m", "checker", "seal", str(root), "--jobs", "2"],
        "sha256sum": ["sh", "-c", f"cd '{root}' && {listed} sha256sum"],
        "sha256sum, two": ["sh", "-c", f"cd '{root}' && {listed} -n 500 -P 2 sha256sum"],
        "check": ["sh", "-c", f"cd '{root}' && sha256sum --check --quiet {SUMS}"],
    }


def main() -> int:
    """Run all of it by turns, after a turn that warms the cache of files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fixity", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, metavar="N", help="%(default)s")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="timed runs of each program (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    arguments = parser.parse_args()
    if shutil.which("sha256sum") is None:
        print("no sha256sum on PATH", file=sys.stderr)
        return 2
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with TemporaryDirectory() as folder:
        root, work = Path(folder, "mirror"), Path(folder)
        size = mirror(root, arguments.files, arguments.seed)
        print(f"{arguments.files:,} files, {size / 1e6:,.0f} MB")
        seconds: dict[str, list[float]] = {}
        processor: dict[str, list[float]] = {}
        try:
            for turn in range(arguments.runs + 1):
                for name, command in commands(root).items():
                    if name == "seal":
                        (root / SUMS).unlink(missing_ok=True)
                    run = measure.run(command, work, environment=environment)
                    if turn:
                        seconds.setdefault(name, []).append(run.seconds)
                        processor.setdefault(name, []).append(run.processor)
        except FailedError as error:
            print(error, file=sys.stderr)
            return 2
    for name, each in seconds.items():
        spread = Spread.of(each)
        ratio = statistics.median(seconds["seal"]) / spread.median
        beside = f"   seal takes {ratio:.2f} of it" if name != "seal" else ""
        print(
            f"  {name:<16}{spread.least:6.2f} / {spread.median:6.2f} / {spread.greatest:6.2f} s  "
            f"{statistics.median(processor[name]):6.2f} s processor{beside}"
        )
    print(f"  to reach: at most {TARGET} of sha256sum's time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
