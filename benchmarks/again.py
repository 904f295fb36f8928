"""What a run costs that remembers the one before: `python -m benchmarks.again [rust|git …]`.

`rust`: Debian's rust-doc, unchanged. `git`: a generated mirror in a clone, unchanged; then with one page renamed that
500 pages link to, checked with --changed-since, which must name all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import corpora, measure

ROOT = Path(__file__).parents[1]
REFERRERS = 500
BEFORE, AFTER = "pages/renamed.md", "pages/other.md"


class Remembering:
    """Runs on one mirror that keep their history in a folder."""

    def __init__(self, mirror: Path, work: Path, *options: str | Path) -> None:
        self._work, self._history, self.report = work, work / "history.sqlite", work / "report.json"
        check = [sys.executable, "-m", "checker", "check", mirror, "--offline", "--history", self._history, *options]
        self._command = [*check, "--format", f"json={self.report}"]

    def seconds(self, *options: str) -> float:
        """The wall time of a run."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        codes = frozenset({0, 1})
        return measure.run([*self._command, *options], self._work, environment=environment, codes=codes).seconds

    def first_and_again(self, runs: int) -> tuple[float, float]:
        """The seconds of a run that remembers nothing, and the median of those after it. Files are read before."""
        warmed = self.seconds("--no-history")
        first = self.seconds()
        print(f"  a run without a history takes {warmed:.2f} s", file=sys.stderr)
        return first, statistics.median(self.seconds() for _ in range(runs))

    def changed_since(self, revision: str, runs: int) -> float:
        """The median of runs that each know as much as the first."""
        kept = self._history.with_suffix(".pages")
        before, seconds = kept.read_bytes(), []
        for _ in range(runs):
            kept.write_bytes(before)
            seconds.append(self.seconds("--changed-since", revision))
        return statistics.median(seconds)


def git(clone: Path, *arguments: str) -> None:
    """Run git in a clone."""
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=clone, check=True, stdout=subprocess.DEVNULL)


def clone_of(mirror: Path, folder: Path) -> Path:
    """A generated mirror in a clone, with a page that 500 pages link to; made once."""
    if not (folder / ".git" / "refs" / "tags" / "before").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(mirror, folder)
        (folder / BEFORE).write_text("# Renamed\n\n[home](../README.md)\n")
        for page in sorted((folder / "pages").glob("*/*.md"))[:REFERRERS]:
            page.write_bytes(page.read_bytes() + b"\n[renamed](../renamed.md)\n")
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "before")
        git(folder, "tag", "before")
    git(folder, "reset", "--quiet", "--hard", "before")
    return folder


def main() -> int:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.again", description=__doc__)
    parser.add_argument("rows", nargs="*", default=["rust", "git"])
    parser.add_argument("--pages", type=int, default=100_000, help="of the generated mirror")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=corpora.cache_folder())
    arguments = parser.parse_args()
    with TemporaryDirectory() as work:
        for row in arguments.rows:
            folder = Path(work, row)
            folder.mkdir()
            if row == "rust":
                mirror = corpora.debian("rust-doc", arguments.cache)
                first, again = Remembering(mirror, folder).first_and_again(arguments.runs)
                print(f"rust: first {first:.2f} s, again {again:.2f} s, {again / first:.3f} of it (to reach: 0.15)")
            elif row == "git":
                generated = corpora.markdown(arguments.pages, arguments.cache)
                clone = clone_of(generated, arguments.cache / f"again-{arguments.pages}")
                runs = Remembering(clone, folder, "--config", clone / "config.toml")
                first, again = runs.first_and_again(arguments.runs)
                print(f"git: first {first:.2f} s, again {again:.2f} s, {again / first:.3f} of it (to reach: 0.05)")
                git(clone, "mv", BEFORE, AFTER)
                git(clone, "commit", "--quiet", "--message", "after")
                since = runs.changed_since("before", arguments.runs)
                findings = json.loads(runs.report.read_text("utf-8"))["findings"]
                named = len({each["page"] for each in findings if each["target"] == BEFORE})
                print(f"git: --changed-since names {named:,} pages in {since:.2f} s (to reach: 500 in 1.5 s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
