"""Runs by a cluster: a scheduler and workers on loopback, which report as one machine does, whatever dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # of dask
import pytest
from lab import PATIENCE
from lab.behaviours import says
from lab.cluster import Cluster, children, cluster
from lab.process import ALLOWED, running, started, until

from benchmarks.generate import generate
from checker import spill
from checker.sources import index
from checker.sources.folder import Folder

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror with faults, and a manifest that it does not quite agree with."""
    root = tmp_path_factory.mktemp("generated") / "mirror"
    generate(root, 400, 1, faulty=10)
    seal = [sys.executable, "-m", "checker", "seal", str(root)]
    path = os.pathsep.join(filter(None, sys.path))
    subprocess.run(seal, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True)
    changed = next(root.rglob("*.md"))
    changed.write_text(changed.read_text("utf-8") + "\n[new](nowhere.md)\n", "utf-8")
    (root / "config.toml").write_text(
        (root / "config.toml").read_text("utf-8") + "[assets]\nduplicates = true\n", "utf-8"
    )
    return root


def of(text: str) -> dict[str, Any]:
    """A report without its times."""
    report: dict[str, Any] = json.loads(text)
    del report["started"], report["finished"]
    return report


def check(root: Path, *options: str | Path) -> subprocess.Popen[str]:
    return started("check", ".", "--offline", "--no-history", "--format", "json", "-q", *options, cwd=root)


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, of(out) if out else {}, err


@pytest.fixture(scope="module")
def expected(mirror: Path) -> dict[str, Any]:
    """The report of one machine."""
    code, report, err = ended(check(mirror, "--jobs", "1"))
    assert (code, err) == (1, "")
    rules = {finding["rule"] for finding in report["findings"]}
    assert {"local/missing-file", "local/missing-fragment", "mirror/duplicate", "fixity/changed"} <= rules
    return report


@pytest.mark.parametrize("options", [[], ["--all"], ["--deep"]], ids=["plain", "every reference", "decoded"])
def test_a_cluster_reports_as_one_machine_does(
    two: Cluster, mirror: Path, expected: dict[str, Any], options: list[str]
) -> None:
    alone = ended(check(mirror, "--jobs", "1", *options)) if options else (1, expected, "")

    assert ended(check(mirror, "--cluster", two.file, *options)) == alone


@pytest.mark.parametrize("shown", [True, False], ids=["the same files", "copies"])
def test_a_large_index_is_sent_as_files(
    two: Cluster, mirror: Path, expected: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    monkeypatch.setattr(index, "MANY", 5)
    if not shown:
        monkeypatch.setattr(spill, "_machine", lambda: b"another one")
    assert Folder(mirror).is_large

    options = ("--offline", "--no-history", "--format", "json", "--cluster", two.file)
    ran = run("check", mirror, "--config", mirror / "config.toml", *options)

    assert {key: ran.report[key] for key in ("findings", "totals")} == {
        key: expected[key] for key in ("findings", "totals")
    }


def test_a_cluster_of_this_process_is_used_alike_and_opens_no_port(mirror: Path, expected: dict[str, Any]) -> None:
    process = check(mirror, "--cluster", "local:2")
    until(lambda: bool(children(process)))

    assert psutil.Process(process.pid).net_connections() == []
    assert ended(process) == (1, expected, "")


def test_a_folder_is_sealed_by_a_cluster_as_by_one_machine(two: Cluster, write: Callable[..., Path], run: Run) -> None:
    root = write({f"{number}.md": f"page {number}" for number in range(70)})

    alone = run("seal", root)
    by_cluster = run("seal", root, "--cluster", two.address)

    assert (alone.code, by_cluster.code) == (0, 0)
    assert by_cluster.err.endswith("all 70 files are as recorded\n")


def test_a_cluster_reads_while_the_network_is_asked(two: Cluster, write: Callable[..., Path]) -> None:
    with running({"/gone/*": says(410), "/ok/*": says(200)}) as lab:
        pages = {
            f"{number}.md": f"<{lab.url(f'/gone/{number % 7}')}> <{lab.url(f'/ok/{number}')}> [x](nowhere.md)"
            for number in range(130)
        }
        root = write({**pages, "config.toml": ALLOWED})
        command = ("check", ".", "--no-history", "--format", "json", "-q")
        alone = ended(started(*command, "--jobs", "2", cwd=root))
        asked = len(lab.log)
        by_cluster = ended(started(*command, "--cluster", two.file, cwd=root))

    assert alone[0] == 1
    assert by_cluster == alone
    assert len(lab.log) == 2 * asked


def test_workers_that_are_killed_cost_only_their_batches(
    tmp_path: Path, mirror: Path, expected: dict[str, Any]
) -> None:
    with cluster(tmp_path / "dask") as made:
        for _ in range(2):
            until(lambda: made.seen()["workers"] == 2)
            process = check(mirror, "--cluster", made.file)
            until(lambda: bool(children(made.workers[-1])))
            made.workers[-1].kill()
            made.add()
            assert ended(process) == (1, expected, "")
        until(lambda: not any(children(worker) for worker in made.workers))


def test_an_interrupt_leaves_nothing_under_way(two: Cluster, mirror: Path) -> None:
    process = check(mirror, "--cluster", two.file)
    until(lambda: any(children(worker) for worker in two.workers))
    process.send_signal(signal.SIGINT)
    code, report, err = ended(process)

    assert (code, report["complete"]) == (130, False), err
    assert two.seen() == {"workers": 2, "clients": 0, "tasks": 0}
    until(lambda: not any(children(worker) for worker in two.workers))


def test_a_run_that_is_killed_leaves_nothing_under_way(two: Cluster, mirror: Path) -> None:
    process = check(mirror, "--cluster", two.file)
    until(lambda: any(children(worker) for worker in two.workers))
    process.kill()
    process.communicate(timeout=PATIENCE)

    until(lambda: two.seen() == {"workers": 2, "clients": 0, "tasks": 0})
    until(lambda: not any(children(worker) for worker in two.workers))


def test_the_time_limit_ends_what_a_cluster_does(two: Cluster, mirror: Path) -> None:
    code, report, err = ended(check(mirror, "--cluster", two.file, "--time-limit", "0.2"))

    assert report["totals"]["unchecked"]["not read: time limit"] > 400, err
    assert (code, report["complete"]) == (130, False)  # as on one machine
    until(lambda: two.seen()["tasks"] == 0)


def test_a_worker_with_another_version_is_an_error(tmp_path: Path, write: Callable[..., Path], run: Run) -> None:
    old = write({"sitecustomize.py": "import checker\nchecker.__version__ = '0.0.1'\n"}, "old")
    root = write({"a.md": "[a](a.md)"})
    with cluster(tmp_path / "dask", 0) as made:
        made.add(path=old)
        result = run("check", root, "--offline", "--cluster", made.file)

    assert result.code == 2
    assert " has mirrorcheck 0.0.1 on Python " in result.err
    assert result.err.endswith(": install the same on each machine\n")


def test_a_worker_that_does_not_see_the_mirror_is_an_error(two: Cluster, write: Callable[..., Path], run: Run) -> None:
    root = os.open(write({"a.md": "[a](a.md)"}), os.O_RDONLY)
    mine = f"/proc/self/fd/{root}"  # of this process alone
    try:
        result = run("check", mine, "--offline", "--no-history", "--cluster", two.file)
    finally:
        os.close(root)

    assert result.code == 2
    assert result.err.startswith(f"mirrorcheck: --cluster {two.address}: the worker tcp://127.0.0.1:")
    assert result.err.endswith(f" does not see {mine}, which each machine must have at the same path\n")


def test_a_scheduler_that_dies_is_an_error(tmp_path: Path, mirror: Path) -> None:
    with cluster(tmp_path / "dask") as made:
        process = check(mirror, "--cluster", made.file)
        until(lambda: any(children(worker) for worker in made.workers))
        address = made.address
        made.scheduler.kill()
        code, report, err = ended(process)

    assert (code, report) == (2, {})
    assert err.startswith(f"mirrorcheck: --cluster {address}: the scheduler does not answer")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "the scheduler does not answer"),
        ("ftp://127.0.0.1:1", "unknown address scheme 'ftp'"),
        ("local:0", "neither a scheduler's address"),
        ("lamp", "neither a scheduler's address"),
        ("lamp.json", "neither a scheduler's address"),
        ("page.json", "neither a scheduler's address"),
    ],
)
def test_what_is_no_cluster_is_said_at_once(
    address: str, said: str, write: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[a](a.md)", "page.json": "<p>"})
    monkeypatch.chdir(root)

    result = run("check", "--offline", "--no-history", "--cluster", address)

    assert result.code == 2
    assert said in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("options", [["--offline"], []], ids=["offline", "online"])
def test_without_a_cluster_nothing_of_dask_is_loaded(write: Callable[..., Path], options: list[str]) -> None:
    root = write({f"{number}.md": "[x](0.md)" for number in range(70)})
    program = "import sys; from checker import cli; cli.run(sys.argv[1:], stdout=sys.stdout, stderr=sys.stderr); "
    program += "print([name for name in ('dask', 'distributed', *OURS) if name in sys.modules])"
    ours = ("checker.sweep.station", "checker.run.cluster", "checker.run.dispatch", "checker.run.messages")
    program = f"OURS = {ours}; {program}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command: list[str | Path] = [sys.executable, "-c", program, "check", root, "--jobs", "2", *options]
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=root, timeout=PATIENCE, check=True
    )

    assert result.stdout.endswith("[]\n")
