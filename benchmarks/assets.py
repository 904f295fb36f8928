"""Looking at assets beside what is least for it: `python -m benchmarks.assets [walk|deep …]`.

`walk`: the structure of 20,000 mixed images, beside reading the files. `deep`: `check --deep` on 5,000 JPEGs of some
100 kB, beside Pillow in a bare loop, with one and with two processes. Each is a whole process of its own, by turns.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from benchmarks import measure
from benchmarks.measure import FailedError, Spread

ROOT = Path(__file__).parents[1]
IMAGES, JPEGS = 20_000, 5_000
DISTINCT = 100
A_FOLDER = 500  # files

# What is timed inside a process, the start of Python apart.
READ = """
def look(path):
    with open(path, "rb") as file:
        file.read()
"""
LEAST = """
import os
def look(path):
    file = os.open(path, os.O_RDONLY)
    os.read(file, 1 << 16)
    os.close(file)
"""
WALK = """
from checker.verify.asset import _examine
def look(path):
    assert _examine(path, path, "image", False) is None
"""
LOOP = """
import gc, sys, time
paths = sys.stdin.read().split("\\n")
gc.disable()
wall, processor = time.perf_counter(), time.process_time()
for path in paths:
    look(path)
print(time.perf_counter() - wall, time.process_time() - processor)
"""
# Pillow alone, in one process or in several.
PILLOW = """
import sys
from concurrent.futures import ProcessPoolExecutor
from PIL import Image
def decode(path):
    with Image.open(path) as picture:
        DRAFT
        picture.load()
if __name__ == "__main__":
    paths, jobs = open(sys.argv[1]).read().split("\\n"), int(sys.argv[2])
    if jobs == 1:
        for path in paths:
            decode(path)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            list(pool.map(decode, paths, chunksize=8))
"""


def noise(draw: random.Random, width: int, height: int) -> Image.Image:
    """A picture with some detail, which compresses as a photograph does."""
    size = max(width // 8, 1), max(height // 8, 1)
    return Image.frombytes("RGB", size, draw.randbytes(3 * size[0] * size[1])).resize((width, height))


def encoded(draw: random.Random, form: str, width: int, height: int, **options: int) -> bytes:
    """A picture's file."""
    stream = BytesIO()
    noise(draw, width, height).save(stream, form, **options)
    return stream.getvalue()


def mixed(root: Path, files: int, seed: int) -> list[str]:
    """PNG, JPEG, GIF and WebP of the sizes that pages have."""
    draw = random.Random(seed)
    made = []
    for number in range(DISTINCT):
        form = ("PNG", "JPEG", "JPEG", "GIF", "WEBP")[number % 5]
        side = int(min(draw.lognormvariate(4.3, 0.6), 400))
        made.append((form.lower().replace("jpeg", "jpg"), encoded(draw, form, side, side)))
    return written(root, files, made)


def photographs(root: Path, files: int, seed: int) -> list[str]:
    """JPEGs of some 100 kB, and pages that show them."""
    draw = random.Random(seed)
    made = [("jpg", encoded(draw, "JPEG", 800, 600, quality=75)) for _ in range(DISTINCT)]
    paths = written(root, files, made)
    for folder in root.iterdir():
        shown = "".join(f'<img src="{path.name}">\n' for path in sorted(folder.iterdir()))
        (folder / "index.html").write_text(f"<!doctype html><title>{folder.name}</title>\n{shown}")
    return paths


def written(root: Path, files: int, made: list[tuple[str, bytes]]) -> list[str]:
    """The paths of files that hold these by turns."""
    paths = []
    for number in range(files):
        extension, data = made[number % len(made)]
        path = root / f"{number // A_FOLDER:03}" / f"n{number:06}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        paths.append(str(path))
    size = sum(len(made[number % len(made)][1]) for number in range(files))
    print(f"{files:,} files, {size / 1e6:,.0f} MB, {size / files / 1e3:.1f} kB each")
    return paths


def timed(commands: dict[str, list[str]], work: Path, runs: int, *, told: bool) -> dict[str, list[float]]:
    """Seconds of each, by turns, after a turn that warms the cache of files; `told`: those that the process prints of
    its loop, the processor's beside them.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    seconds: dict[str, list[float]] = {}
    for turn in range(runs + 1):
        for name, command in commands.items():
            run = measure.run(command, work, environment=environment, codes=frozenset({0, 1}))
            if turn:
                wall, processor = map(float, run.output.split()) if told else (run.seconds, run.processor)
                seconds.setdefault(name, []).append(wall)
                seconds.setdefault(f"{name}, processor", []).append(processor)
    return seconds


def shown(seconds: dict[str, list[float]], name: str, beside: str, files: int, target: float) -> None:
    """Print a row, and what it takes of another: as medians, and the median of the ratios of turns."""
    spread = Spread.of(seconds[name])
    ratio = spread.median / statistics.median(seconds[beside])
    pairs = statistics.median(one / other for one, other in zip(seconds[name], seconds[beside], strict=True))
    print(
        f"  {name:<29}{spread.least:7.2f} / {spread.median:6.2f} / {spread.greatest:6.2f} s"
        f"{files / spread.median:>10,.0f} files/s  {ratio:5.2f} of {beside} ({pairs:.2f} in pairs; to reach: {target})"
    )


def walk(work: Path, files: int, runs: int, seed: int) -> None:
    """The structure walk beside reading alone."""
    listed = work / "paths"
    listed.write_text("\n".join(mixed(work / "mixed", files, seed)))
    read = f"sys.stdin = open({str(listed)!r})\n"
    loops = {"read": READ, "read by os.read": LEAST, "walk": WALK}
    commands = {name: [sys.executable, "-c", f"import sys\n{read}{look}{LOOP}"] for name, look in loops.items()}
    seconds = timed(commands, work, runs, told=True)
    for suffix in ("", ", processor"):
        for name in loops:
            shown(seconds, name + suffix, "read" + suffix, files, 1.5)


def deep(work: Path, files: int, runs: int, seed: int) -> None:
    """`check --deep` beside Pillow."""
    listed, root = work / "paths", work / "photographs"
    listed.write_text("\n".join(photographs(root, files, seed)))
    bare, eighth = work / "bare.py", work / "eighth.py"
    bare.write_text(PILLOW.replace("DRAFT", "pass"))
    eighth.write_text(PILLOW.replace("DRAFT", 'picture.draft("L", (1, 1))'))
    check = [sys.executable, "-m", "checker", "check", str(root), "--offline", "--no-history", "--select", "asset"]
    for jobs in ("1", "2"):
        commands = {
            "Pillow": [sys.executable, str(bare), str(listed), jobs],
            "Pillow, an eighth": [sys.executable, str(eighth), str(listed), jobs],
            "check": [*check, "--jobs", jobs],
            "check --deep": [*check, "--deep", "--jobs", jobs],
        }
        seconds = timed(commands, work, runs, told=False)
        print(f"  processes: {jobs}")
        for suffix in ("", ", processor"):
            for name in commands:
                shown(seconds, name + suffix, "Pillow" + suffix, files, 1.15)


def main() -> int:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assets", description=__doc__)
    parser.add_argument("rows", nargs="*", default=["walk", "deep"])
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N", help="of `walk` (%(default)s)")
    parser.add_argument("--jpegs", type=int, default=JPEGS, metavar="N", help="of `deep` (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="timed runs of each (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        try:
            if "walk" in arguments.rows:
                walk(Path(folder), arguments.images, arguments.runs, arguments.seed)
            if "deep" in arguments.rows:
                deep(Path(folder), arguments.jpegs, arguments.runs, arguments.seed)
        except FailedError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
