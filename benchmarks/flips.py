"""How many cut and flipped files each way of looking finds: `python -m benchmarks.flips`.

The files are those of the tests, from real encoders. Each is cut at 20 places, and 200 times one bit of it is flipped;
the places come from a seed. The walk, the walk with `--deep` and a manifest (`seal`) look at the same files.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from checker import cli
from checker.verify import raster
from checker.verify.containers import examine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from corpus import SAMPLES

CUTS, FLIPS = 20, 200
FILLED = ("ttf", "otf", "ttc", "tiff")  # a few zero bytes may fill up what ends such a file


def cuts(data: bytes, dice: random.Random) -> list[bytes]:
    """The file, cut at seeded places."""
    return [data[:place] for place in [*dice.sample(range(1, len(data)), CUTS - 1), len(data) - 1]]


def flips(data: bytes, dice: random.Random) -> list[bytes]:
    """The file with one bit flipped, often."""
    changed = []
    for _ in range(FLIPS):
        copy = bytearray(data)
        copy[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        changed.append(bytes(copy))
    return changed


def differing(whole: bytes, changed: list[bytes]) -> int:
    """How many of the changed files `seal` tells from those that it recorded."""
    with TemporaryDirectory() as folder:
        for number in range(len(changed)):
            Path(folder, f"{number:03}").write_bytes(whole)
        _sealed(folder)
        for number, data in enumerate(changed):
            Path(folder, f"{number:03}").write_bytes(data)
        return sum(line.startswith("changed") for line in _sealed(folder).splitlines())


def _sealed(folder: str) -> str:
    out = io.StringIO()
    cli.run(["seal", folder, "--jobs", "1"], stdout=out, stderr=io.StringIO())
    return out.getvalue()


def main() -> int:
    """Print a row a file of the corpus, then one an extension."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flips", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SAMPLES), help="of the corpus; all without any")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    arguments = parser.parse_args()
    print(f"{'file':<20}{'whole':>7}{'cuts: walk':>12}{'flips: walk':>13}{'deep':>7}{'manifest':>10}   of {FLIPS}, %")
    by_extension: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for name in arguments.names:
        try:
            data = SAMPLES[name]()
        except pytest.skip.Exception as reason:
            print(f"{name:<20}{reason}")
            continue
        dice = random.Random(f"{arguments.seed} {name}")
        kept = data.rstrip(b"\0") if name.endswith(FILLED) else data
        seen = sum(examine(each, name) is not None for each in cuts(kept, dice))
        changed = flips(data, dice)
        walked = [examine(each, name) is not None for each in changed]
        deep = sum(walk or raster.decode(each) is not None for walk, each in zip(walked, changed, strict=True))
        row = sum(walked), deep, differing(data, changed)
        by_extension[name.rpartition(".")[2]].append(row)
        whole = "sound" if examine(data, name) is None and raster.decode(data) is None else "FLAWED"
        print(f"{name:<20}{whole:>7}{seen:>9}/{CUTS}" + _shares([row]))
    for extension, rows in by_extension.items():
        print(f"{extension:<39}" + _shares(rows))
    return 0


def _shares(rows: list[tuple[int, int, int]]) -> str:
    walk, deep, manifest = (100 * sum(column) / len(rows) / FLIPS for column in zip(*rows, strict=True))
    return f"{walk:>13.1f}{deep:>7.1f}{manifest:>10.1f}"


if __name__ == "__main__":
    sys.exit(main())
