"""A fleet whose pages are read by a cluster, whose mirrors lie in object stores, and whose history is in a database."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import postgresql
from lab.behaviours import says, to
from lab.cluster import Cluster, children, cluster
from lab.process import ALLOWED, running, started, until
from lab.server import Behaviour, Lab
from lab.stores import KEYS, Store, moto

pytestmark = pytest.mark.slow

TIMES = ("started", "finished", "mirror", "source", "root")
ANSWERS: dict[str, Behaviour] = {"/ok/*": says(200), "/gone/*": says(404), "/moved/*": to("/ok/new")}
KINDS = ("ok", "ok", "gone", "moved")
PAGES = 40  # so many that a cluster has several batches of them
HTML = {"ContentType": "text/html; charset=utf-8"}
CONFIG = f'[mirror]\nlayout = "plain"\n{ALLOWED}'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with moto(tmp_path_factory.mktemp("moto")) as made:
        yield made


@pytest.fixture
def s3(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A server whose users need to name nothing."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return store


def contents(lab: Lab, name: str) -> dict[str, bytes]:
    """The files of a mirror: each page has a URL of its own and one of all mirrors, a missing file and fragment."""
    files = {"cut.gif": b"GIF89a\x01\0"}
    for number in range(PAGES):
        urls = [lab.url(f"/{KINDS[number % 4]}/{owner}-{number % 8}") for owner in ("all", name)]
        links = "".join(f'<a href="{url}">there</a>' for url in urls)
        body = f'{links}<a href="lost{number % 3}.html">x</a><a href="p0.html#lost">y</a><img src="cut.gif" alt="">'
        files[f"p{number}.html"] = f"<!doctype html><title>{name}</title>{body}".encode()
    return files


def filled(store: Store, lab: Lab, name: str) -> str:
    """The address of a bucket with the files of a mirror."""
    files = contents(lab, name).items()
    bucket = f"{name}-{uuid.uuid4().hex}"
    return store.fill(bucket, {file: (data, HTML) if file.endswith(".html") else data for file, data in files})


def fleet(root: Path, places: dict[str, str]) -> None:
    """FLEET.toml: names, and where the mirrors are. Those in folders and in stores have one configuration."""
    (root / "config.toml").write_text(CONFIG)
    rows = [f'[[mirror]]\nname = "{name}"\npath = "{place}"\nconfig = "config.toml"' for name, place in places.items()]
    (root / "FLEET.toml").write_text("\n".join(rows))


def folders(root: Path, lab: Lab, names: str) -> dict[str, str]:
    for name in names:
        (root / name).mkdir(exist_ok=True)
        for file, data in contents(lab, name).items():
            (root / name / file).write_bytes(data)
    return {name: name for name in names}


def report(text: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(text).items() if key not in TIMES}


def together(root: Path, names: str, *options: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The overview, and the reports of the mirrors."""
    formats = ("--format", "json", "--format", "json={name}.json")
    process = started("fleet", "FLEET.toml", "-q", *formats, *options, cwd=root)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, ""), out
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in out
    return json.loads(out), {name: report((root / f"{name}.json").read_text()) for name in names}


def asked(lab: Lab) -> Counter[tuple[str, str]]:
    found = Counter((each.method, each.path) for each in lab.log)
    lab.log.clear()
    return found


@pytest.mark.parametrize("options", [("--offline",), ()], ids=["offline", "online"])
def test_a_cluster_reads_for_all_mirrors_as_one_machine_does(
    two: Cluster, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with running(ANSWERS) as lab:
        fleet(tmp_path, folders(tmp_path, lab, "abc"))
        overview, alone = together(tmp_path, "abc", "--no-history", "--jobs", "1", *options)
        before = asked(lab)
        other, by_cluster = together(tmp_path, "abc", "--no-history", "--cluster", str(two.file), *options)
        assert asked(lab) == before
    assert by_cluster == alone
    assert [each["totals"] for each in other["mirrors"]] == [each["totals"] for each in overview["mirrors"]]
    assert two.seen() == {"workers": 2, "clients": 0, "tasks": 0}


def test_a_worker_that_dies_costs_no_mirror_of_the_fleet(tmp_path: Path) -> None:
    with running(ANSWERS) as lab, cluster(tmp_path / "dask") as made:
        fleet(tmp_path, folders(tmp_path, lab, "abc"))
        _, alone = together(tmp_path, "abc", "--no-history", "--jobs", "1")
        before = asked(lab)
        until(lambda: made.seen()["workers"] == 2)
        formats = ("--format", "json", "--format", "json={name}.json")
        process = started(
            "fleet", "FLEET.toml", "-q", "--no-history", *formats, "--cluster", str(made.file), cwd=tmp_path
        )
        until(lambda: bool(children(made.workers[-1])))
        made.workers[-1].kill()
        made.add()
        out, err = process.communicate()
        assert (process.returncode, err) == (1, ""), out
        assert asked(lab) == before
    assert {name: report((tmp_path / f"{name}.json").read_text()) for name in "abc"} == alone


def test_a_cluster_of_its_own_serves_mirror_after_mirror(tmp_path: Path) -> None:
    with running(ANSWERS) as lab:
        fleet(tmp_path, folders(tmp_path, lab, "ab"))
        _, alone = together(tmp_path, "ab", "--no-history", "--jobs", "1")
        assert together(tmp_path, "ab", "--no-history", "--cluster", "local:2")[1] == alone


def test_mirrors_in_stores_have_the_reports_of_their_folders(s3: Store, tmp_path: Path) -> None:
    with running(ANSWERS) as lab:
        fleet(tmp_path, folders(tmp_path, lab, "abc"))
        _, alone = together(tmp_path, "abc", "--no-history")
        before = asked(lab)
        buckets = {name: filled(s3, lab, name) for name in "ab"}
        fleet(tmp_path, {**buckets, "c": "c"})
        assert together(tmp_path, "abc", "--no-history")[1] == alone
        assert asked(lab) == before
        together(tmp_path, "abc")
        read = pages_read(s3)
        assert read > 2 * PAGES
        overview, again = together(tmp_path, "abc")
    assert pages_read(s3) == read + 2  # the page of each that has not the fragment
    assert [each["states"]["known"] for each in overview["mirrors"]] == [
        len(each["findings"]) for each in again.values()
    ]


def pages_read(store: Store) -> int:
    """How many pages the store has given until now."""
    return sum(method == "GET" and ".html" in path for method, path in store.asked())


@pytest.mark.needs("initdb")
def test_a_database_has_a_series_for_each_mirror_of_each_fleet(postgresql: postgresql.Server, tmp_path: Path) -> None:
    url = postgresql.afresh()
    answers = dict(ANSWERS)
    with running(answers) as lab:
        for place in ("one", "other"):
            (tmp_path / place).mkdir()
            fleet(tmp_path / place, folders(tmp_path / place, lab, "ab"))
        for _ in range(2):
            overview, _ = together(tmp_path / "one", "ab", "--history", url)
        assert [[run["run"] for run in each["runs"]] for each in overview["mirrors"]] == [[1, 3], [2, 4]]
        assert [each["states"]["new"] for each in overview["mirrors"]] == [0, 0]
        other, _ = together(tmp_path / "other", "ab", "--history", url)
        assert [len(each["runs"]) for each in other["mirrors"]] == [1, 1]
        answers |= {"/ok/*": says(410)}
        changed, _ = together(tmp_path / "one", "ab", "--history", url)
        assert all(each["states"]["new"] for each in changed["mirrors"])


@pytest.mark.needs("initdb")
def test_a_cluster_stores_and_a_database_go_together(s3: Store, postgresql: postgresql.Server, tmp_path: Path) -> None:
    url = postgresql.afresh()
    with running(ANSWERS) as lab, cluster(tmp_path / "dask") as made:  # whose workers know the keys of the store
        fleet(tmp_path, folders(tmp_path, lab, "ab"))
        _, alone = together(tmp_path, "ab", "--no-history", "--jobs", "1")
        before = asked(lab)
        fleet(tmp_path, {"a": filled(s3, lab, "a"), "b": "b"})
        until(lambda: made.seen()["workers"] == 2)
        overview, found = together(tmp_path, "ab", "--cluster", str(made.file), "--history", url)
        assert asked(lab) == before
        again, _ = together(tmp_path, "ab", "--cluster", str(made.file), "--history", url)
        assert made.seen() == {"workers": 2, "clients": 0, "tasks": 0}
    assert {name: places(each) for name, each in found.items()} == {name: places(each) for name, each in alone.items()}
    assert [len(each["runs"]) for each in (*overview["mirrors"], *again["mirrors"])] == [1, 1, 2, 2]
    assert [each["states"]["known"] for each in again["mirrors"]] == [len(alone[name]["findings"]) for name in "ab"]


def places(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(each[key] for key in ("rule", "page", "line", "reference", "message")) for each in found["findings"]]
