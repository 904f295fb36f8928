"""A large index of files is as a dict, and lies in temporary files."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.generate import CONFIG, generate
from checker.sources import index as module
from checker.sources.folder import Folder
from checker.sources.index import Bases, Gathered, Index, Part
from checker.verify.fixity import duplicates

NAMES = st.sets(st.text(alphabet="abB/文é\udc80\n", min_size=1, max_size=8), min_size=8, max_size=60)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_SHARE", 3)
    monkeypatch.setattr(module, "MANY", 5)
    monkeypatch.setattr(module, "_BLOCK", 16)
    monkeypatch.setattr(module, "_NEAR", 3)


@pytest.mark.usefixtures("low")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, others=NAMES)
def test_an_index_is_as_a_dict(names: set[str], others: set[str]) -> None:
    known = {name: number for number, name in enumerate(sorted(names))}
    index = Gathered(names).index()

    assert isinstance(index, Index)
    assert [*index.items()] == [*known.items()]
    assert [*index] == [*known]
    assert len(index) == len(known)
    assert all(index[name] == number for name, number in known.items())
    assert {name: index.get(name, -1) for name in others} == {name: known.get(name, -1) for name in others}
    assert index.keys() & others == names & others
    assert pickle.loads(pickle.dumps(index)) == known  # noqa: S301 - of this very test
    with pytest.raises(KeyError):
        index["no such name"]


@pytest.mark.usefixtures("low")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
def test_a_part_is_sent_as_a_list(names: set[str]) -> None:
    index = Index.of(sorted(names), len(names))
    part = Part(index, range(0, len(names), 2))

    assert [*part] == sorted(names)[::2]
    assert part[1] == sorted(names)[2]
    assert pickle.loads(pickle.dumps(part[1:3])) == sorted(names)[::2][1:3]  # noqa: S301 - of this very test


@pytest.mark.usefixtures("low")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
def test_a_last_part_that_one_file_has_finds_it(names: set[str]) -> None:
    bases = Bases(Index.of(sorted(names), len(names)))
    count = Counter(name.rpartition("/")[2] for name in names)

    for name in names:
        base = name.rpartition("/")[2]
        assert bases.only(base) == (name if count[base] == 1 else None)
    assert bases.only("no such name") is None


@pytest.mark.usefixtures("low")
def test_a_report_is_the_same(tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror"
    generate(mirror, 130, seed=5, faulty=3)
    assert run("seal", mirror).code == 0
    (mirror / "README.md").write_text("# The mirror\n")
    (mirror / "config.toml").write_text(f"{CONFIG}[assets]\nduplicates = true\n")

    def report(*options: str) -> dict[str, Any]:
        command = ("check", "--config", mirror / "config.toml", "--offline", "--format", "json", "--fail-on", "never")
        found: dict[str, Any] = run(*command, *options, mirror).report
        return {key: value for key, value in found.items() if key not in {"started", "finished"}}

    assert Folder(mirror).is_large
    large = report("--no-history"), report("--no-history", "--all"), report("--no-history", "--jobs", "1")
    assert {"mirror/duplicate", "fixity/changed"} <= {finding["rule"] for finding in large[0]["findings"]}
    monkeypatch.undo()
    assert not Folder(mirror).is_large
    assert (report("--no-history"), report("--no-history", "--all"), report("--no-history", "--jobs", "1")) == large


def test_a_mirror_that_has_grown_is_read_without_its_page_cache(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror, history = tmp_path / "mirror", tmp_path / "history.sqlite"
    generate(mirror, 30, seed=5, faulty=3)
    command = ("check", "--config", mirror / "config.toml", "--offline", "--format", "json", "--fail-on", "never")
    first = run(*command, "--history", history, mirror).report
    monkeypatch.setattr(module, "MANY", 5)

    again = run(*command, "--history", history, mirror).report

    assert again["totals"] == first["totals"]
    assert len(again["findings"]) == len(first["findings"])
