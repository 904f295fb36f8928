"""What grows with the pages goes to the disk when it is large, and is the same there."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.generate import generate
from checker import spill
from checker.mirror.git.checkout import Entries, Recorded
from checker.model import Kind
from checker.spill import Distinct, Names, Numbers, divided
from checker.sweep.facts import Facts
from checker.sweep.ledger import Ledger, Uses

KEYS = st.lists(st.integers(0, (1 << 64) - 1), max_size=40)
LOW = {"ROOM": 64, "MANY": 4, "_BLOCK": 32, "_NEAR": 3, "_PIECE": 7}


@pytest.fixture(autouse=True)
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of more than a few numbers is on the disk."""
    for name, value in LOW.items():
        monkeypatch.setattr(spill, name, value)


anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@anew
@given(st.lists(KEYS, max_size=8))
def test_numbers_are_as_in_an_array(parts: list[list[int]]) -> None:
    numbers, known = Numbers(), array("Q")
    for part in parts:
        numbers.frombytes(array("Q", part).tobytes())
        known.extend(part)

    assert [*numbers] == [*known]
    assert len(numbers) == len(known)
    for start in range(0, len(known) + 2, 3):
        assert numbers[start : start + 5] == known[start : start + 5]
    shares = [*divided(numbers, 4)]
    assert sorted(key for share in shares for key in share) == sorted(known)
    assert all(key & 3 == place for place, share in enumerate(shares) for key in share)


@anew
@given(st.lists(st.text(alphabet="a/文\udc80\n", max_size=6), max_size=60))
def test_names_are_as_in_a_list(given_: list[str]) -> None:
    names = Names()
    assert [names.add(name) for name in given_] == [*range(len(given_))]

    assert [*names] == given_
    assert [names[at] for at in reversed(range(len(given_)))] == given_[::-1]
    assert names[2:9] == given_[2:9]


@anew
@given(st.lists(KEYS, max_size=8), KEYS)
def test_a_set_is_as_a_set(parts: list[list[int]], others: list[int]) -> None:
    some = Distinct()
    for part in parts:
        some.update(array("Q", part))
    known = set().union(*parts)

    assert some == known
    assert len(some) == len(known)
    assert bool(some) == bool(known)
    assert some.among([*others, *sorted(known)[:3]]) == known.intersection([*others, *sorted(known)[:3]])
    assert all(key in some for key in known)
    assert some.isdisjoint(others) == known.isdisjoint(others)
    assert some - set(others) == known - set(others)


@anew
@given(st.lists(st.tuples(st.frozensets(st.integers(0, 30)), st.frozensets(st.integers(0, 30))), max_size=30))
def test_fragments_are_settled_on_the_disk(pages: list[tuple[frozenset[int], frozenset[int]]]) -> None:
    names = Names()
    ledger, uses = Ledger(names), Uses(names)
    for number, (used, defined) in enumerate(pages):
        page = names.add(f"{number}.html")
        packed = array("Q", used).tobytes()
        uses.add(page, packed)
        ledger.add(page, Facts(f"{number}.html", Kind.HTML, uses=packed, defines=array("Q", defined).tobytes()))

    used = frozenset[int]().union(*(used for used, _ in pages))
    missing = used.difference(*(defined for _, defined in pages))
    assert ledger.settle() == missing
    assert ledger.used == len(used)
    assert {page: set(keys) for page, keys in uses} == {
        f"{at}.html": used for at, (used, _) in enumerate(pages) if used
    }
    assert dict(ledger.users(missing)) == {
        f"{at}.html": used & missing for at, (used, _) in enumerate(pages) if used & missing
    }
    spans = uses.by(lambda page: str(int(page.partition(".")[0]) // 7))
    grouped = {name: [key for span in each for key in uses.keys[span]] for name, each in spans.items()}
    assert grouped == {
        str(group): keys
        for group in range(len(pages))
        if (keys := [key for used, _ in pages[group * 7 : group * 7 + 7] for key in array("Q", used)])
    }


def _but_times(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key not in {"started", "finished"}}


def test_a_report_is_the_same(tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror"
    generate(mirror, 130, seed=3, faulty=4)

    def report(*options: str) -> dict[str, Any]:
        command = ("check", "--config", mirror / "config.toml", "--offline", "--format", "json", "--fail-on", "never")
        return _but_times(run(*command, "--no-history", *options, mirror).report)

    on_disk = report(), report("--all")
    monkeypatch.undo()
    assert (report(), report("--all")) == on_disk


HELD = """
import pickle, sys
from checker import spill
if sys.argv[1] == "elsewhere":
    spill._machine = lambda: b"another one"
held = pickle.load(sys.stdin.buffer)
print(held.read(0, held.size).decode(), spill.written())
"""


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_file_that_is_sent_is_the_same_here_and_a_copy_elsewhere(where: str) -> None:
    held = spill.File()
    held.add(b"Some words, ")
    held.add(b"and more.")

    command = [sys.executable, "-c", HELD, where]
    got = subprocess.run(command, input=pickle.dumps(held), capture_output=True, check=True).stdout.decode().split()

    assert got[:-1] == ["Some", "words,", "and", "more."]
    shown = Path("/proc/self/fd").exists() and where == "here"
    assert int(got[-1]) == (0 if shown else held.size)


def test_a_file_that_is_no_longer_there_comes_as_a_copy() -> None:
    held = spill.File()
    held.add(b"words")
    data = pickle.dumps(held)
    del held
    others = [spill.File() for _ in range(3)]
    for other in others:
        other.add(b"WORDS")  # under the number of the former, and as long

    assert pickle.loads(data).read(0, 5) == b"words"  # noqa: S301 - of this very test


FILLING = f"""
import os, signal, sys
from checker import cli, spill
for name, value in {LOW!r}.items():
    setattr(spill, name, value)
"""


def _filling(more: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TMPDIR": str(folder)}
    command = [sys.executable, "-c", FILLING + more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal ends a process there")
def test_a_killed_run_leaves_no_file(tmp_path: Path) -> None:
    ended = _filling(
        "numbers = spill.Numbers(); numbers.extend(range(99)); assert numbers._file; os.kill(os.getpid(), 9)", tmp_path
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    mirror, held = tmp_path / "mirror", tmp_path / "held"
    generate(mirror, 30, seed=3)
    held.mkdir()

    ended = _filling(
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16));"
        f"sys.exit(cli.run(['check', '--offline', '--no-history', {str(mirror)!r}], stdout=sys.stdout, stderr=sys.stderr))",
        held,
    )

    assert ended.returncode == 2
    assert f"{held}: cannot take what is learnt of so many pages" in ended.stderr
    assert "TMPDIR" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not [*held.iterdir()]


def test_no_temporary_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    with pytest.raises(spill.SpillError, match="gone: cannot take"):
        Numbers().extend(range(99))


@anew
@given(
    st.lists(
        st.tuples(
            st.text(alphabet="a/文\udc80", min_size=1, max_size=6),
            st.integers(0, 2**32 - 1),
            st.integers(-1, 2**62),
            st.integers(0, 2**62),
        ),
        max_size=30,
    ),
    st.sampled_from([40, 64]),
)
def test_entries_of_git_are_as_they_were_added(rows: list[tuple[str, int, int, int]], digits: int) -> None:
    entries = Entries()
    known = []
    for name, size, mtime, ctime in rows:
        known.append(Recorded(name, f"{size * 2**100 + ctime:0{digits}x}", size, mtime, ctime))
        entries.add(known[-1])

    assert len(entries) == len(known)
    assert [entries[at] for at in range(len(known))] == known
    assert entries[2:9] == known[2:9]
