"""Generated mirrors: the same bytes for a seed, and the planted faults are all that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cluster import WORKERS, Dask, Stage, simulated
from benchmarks.generate import faults_of, generate

PAGES, FAULTY = 60, 4


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "mirror"
    generate(folder, PAGES, seed=7, faulty=FAULTY)
    return folder


def test_a_seed_gives_the_same_mirror_again(mirror: Path, tmp_path: Path) -> None:
    generate(tmp_path / "mirror", PAGES, seed=7, faulty=FAULTY)

    assert contents(tmp_path / "mirror") == contents(mirror)
    assert faults_of(tmp_path / "mirror").read_bytes() == faults_of(mirror).read_bytes()


def test_another_seed_gives_another_mirror(mirror: Path, tmp_path: Path) -> None:
    generate(tmp_path / "mirror", PAGES, seed=8, faulty=FAULTY)

    assert contents(tmp_path / "mirror") != contents(mirror)


def test_exactly_the_planted_faults_are_found(mirror: Path, run: Callable[..., Any]) -> None:
    planted = json.loads(faults_of(mirror).read_text("utf-8"))

    ran = run("check", "--config", mirror / "config.toml", "--offline", "--format", "json")

    found = [
        {key: finding[key] for key in ("page", "line", "rule", "target")}
        for finding in ran.report["findings"]
        if finding["rule"].partition("/")[0] in {"local", "url"}
    ]
    assert len(planted) == PAGES // FAULTY
    assert found == planted


def test_pages_have_the_shape_of_copied_ones(mirror: Path) -> None:
    for page in (mirror / "pages").rglob("*.md"):
        blocks = [block for block in page.read_text("utf-8").split("\n\n") if block.startswith(("<div", "<hr"))]

        assert any("<a href=" in block for block in blocks)
        assert all("：https://" in block for block in blocks)
        assert max(len(line) for block in blocks for line in block.splitlines()) > 150


def test_every_kind_of_fault_is_planted(mirror: Path) -> None:
    rules = {fault["rule"] for fault in json.loads(faults_of(mirror).read_text("utf-8"))}

    assert rules == {
        "local/missing-file",
        "local/missing-fragment",
        "local/wrong-case",
        "local/wrong-normalisation",
        "url/double-encoded",
        "url/empty",
        "url/invalid",
        "url/local-path",
        "url/repaired-by-browsers",
        "url/swallowed-punctuation",
        "url/unknown-scheme",
    }


def test_no_page_is_an_orphan(mirror: Path, run: Callable[..., Any]) -> None:
    ran = run("check", "--config", mirror / "config.toml", "--offline", "--format", "json", "--select", "mirror")

    assert ran.report["findings"] == []


def test_a_simulated_cluster_takes_what_its_parts_take() -> None:
    stages = [
        Stage("read", 0.1, 1_000, 0, [0.048] * 20 + [0.040], 0, 0, 0.01),
        Stage("look", 0.0, 3, 1, [0.3], 0, 0, 0.0),
    ]
    dask = Dask(client=0.002, scheduler=0.003, worker=0.004)

    runs = {workers: simulated(workers, stages, 0.2, 10.0, dask, 1.0) for workers in WORKERS}

    assert runs == {workers: simulated(workers, stages, 0.2, 10.0, dask, 1.0) for workers in WORKERS}
    assert all(run.alone == pytest.approx(1.0 + 0.1 * 10 + 0.2 * 10) for run in runs.values())
    assert runs[1].seconds > runs[1].alone + runs[1].worker > runs[1].alone + 10 + 3
    for workers, run in runs.items():
        assert max(run.client, run.scheduler, run.worker) < run.seconds - run.alone
        assert runs[1].seconds / workers <= run.seconds
    assert runs[10].seconds < runs[2].seconds < runs[1].seconds
