"""The file of a history: opening, locking, migrating, and what becomes of it when something goes wrong."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from lab.remembered import FIRST, GOOD, SETTINGS, URL, Runs, finding, report

from checker.history import schema
from checker.history.database import DamagedError
from checker.history.store import open_for_reading, open_for_writing
from checker.model import (
    CheckerError,
    ConfigError,
)
from checker.verify.known import Known


def test_the_folder_of_a_history_ignores_itself(tmp_path: Path) -> None:
    open_for_writing(tmp_path / ".mirrorcheck" / "history.sqlite").close()

    assert (tmp_path / ".mirrorcheck" / ".gitignore").read_text() == "*\n"


def test_a_folder_that_is_not_ours_is_left_as_it_is(tmp_path: Path) -> None:
    open_for_writing(tmp_path / "own" / "h.sqlite").close()

    assert not (tmp_path / "own" / ".gitignore").exists()


def filled(path: Path) -> None:
    with closing(open_for_writing(path)) as history:
        Runs(history).pass_(*((f"{URL}{number}", GOOD) for number in range(500)), findings=[finding("a")])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _data: b"not a database at all, only text" * 100, id="text"),
        pytest.param(lambda data: data[:2_000], id="cut"),
        pytest.param(lambda data: data[:100] + b"\xff" * 4_000 + data[4_100:], id="overwritten"),
    ],
)
def test_a_damaged_file_is_moved_aside(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    data = damage(path.read_bytes())
    path.write_bytes(data)

    with closing(open_for_writing(path)) as history:
        aside = [name for name in tmp_path.iterdir() if ".corrupt-" in name.name]
        assert [name.read_bytes() for name in aside] == [data]
        assert aside[0].name in history.warning
        assert history.begin("mirror", SETTINGS, FIRST, resume=True) == (1, 1, False)


def test_damage_in_the_middle_of_a_run_costs_the_history_and_not_the_run(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff" * (len(data) // 2))

    with closing(open_for_writing(path)) as history:
        run = Runs(history).begin(resume=False)
        for number in range(500):
            run.note(f"{URL}{number}", GOOD)
        told = run.conclude(report([finding("b")]))

    assert "damaged" in str(run.failed)
    assert [name.name.partition("corrupt-")[0] for name in tmp_path.glob("h*corrupt*")] == ["h.sqlite."]
    assert [each.reference for each in told.findings] == ["b"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("PRAGMA user_version = 0", id="no version"),
        pytest.param("PRAGMA user_version = -1", id="a version below all"),
        pytest.param("DROP TABLE run", id="no table"),
        pytest.param("ALTER TABLE run RENAME COLUMN settings TO theirs", id="no column"),
        pytest.param("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END", id="a trigger"),
        pytest.param("ALTER TABLE run RENAME TO r; CREATE VIEW run AS SELECT * FROM r", id="a view for a table"),
    ],
)
def test_tables_that_are_not_ours_are_moved_aside(statement: str, tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(statement)

    with closing(open_for_writing(path)) as history, suppress(DamagedError):  # at once, or when it begins
        history.begin("mirror", SETTINGS, FIRST, resume=True)

    assert len(list(tmp_path.glob("h.sqlite.corrupt-*"))) == 1
    with closing(open_for_writing(path)) as history:
        assert not history.warning
        assert history.begin("mirror", SETTINGS, FIRST, resume=False)[2] is False


def test_damage_that_only_the_text_shows_costs_the_history_and_not_the_run(tmp_path: Path) -> None:
    for column in ("report = 'no json'", "report = '{}'"):
        path = tmp_path / "h.sqlite"
        filled(path)
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"UPDATE run SET {column}")  # noqa: S608
            db.commit()

        with closing(open_for_reading(path)) as history, pytest.raises(DamagedError, match="never written"):
            history.report(1)
        with closing(open_for_writing(path)) as history:
            run = Runs(history).begin(resume=False)
            told = run.conclude(report([finding("b")]))

        assert isinstance(run.failed, DamagedError)
        assert [each.reference for each in told.findings] == ["b"]
        assert not path.exists()


@pytest.mark.parametrize("column", ["verdict = 'fine'", "hops = '[1]'", "flaw = '{'"])
def test_a_target_that_makes_no_sense_is_asked_again(column: str, tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE target SET {column}")  # noqa: S608
        db.commit()

    with closing(open_for_writing(path)) as history:
        assert Runs(history).begin(resume=False).recall(f"{URL}1", ("a",)) is None


def test_ids_that_make_no_sense_were_never_read(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE target SET ids = x'00'")
        db.commit()

    with closing(open_for_writing(path)) as history:
        known = Runs(history).begin(resume=False).recall(f"{URL}1", ("a",))

    assert isinstance(known, Known)
    assert (known.read, known.ids, known.conditions) == (False, None, ())


def test_a_text_that_was_named_by_mistake_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("of value " * 500)

    with pytest.raises(ConfigError, match=r"notes\.txt: not a history of mirrorcheck"):
        open_for_writing(path)
    assert path.read_text() == "of value " * 500


def test_an_empty_file_is_a_history_that_begins(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    path.touch()

    filled(path)

    with closing(open_for_reading(path)) as history:
        assert history.last() == (1, 1)


def test_what_is_set_aside_twice_in_a_moment_is_kept_twice(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    for number in range(3):
        path.write_bytes(b"garbage %d " % number * 100)
        open_for_writing(path).close()

    assert len({aside.read_bytes() for aside in tmp_path.glob("h.sqlite.corrupt-*")}) == 3


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    data = path.read_bytes()

    for opens in (open_for_writing, open_for_reading):
        with pytest.raises(ConfigError, match="a newer mirrorcheck"):
            opens(path)
    assert path.read_bytes() == data


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.commit()
    data = path.read_bytes()

    with pytest.raises(ConfigError, match="another program"):
        open_for_writing(path)
    assert path.read_bytes() == data


def test_an_older_file_is_brought_to_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    later = (*schema.MIGRATIONS, ("CREATE TABLE page (content BLOB PRIMARY KEY, facts BLOB)",))
    monkeypatch.setattr(schema, "MIGRATIONS", later)

    with closing(open_for_writing(path)) as history:
        assert history.rows("PRAGMA user_version") == [(len(later),)]
        assert history.rows("SELECT * FROM page") == []
        assert [each.reference for each in history.report(1).findings] == ["a"]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    faulty = ("CREATE TABLE page (content BLOB)", "CREATE TABLE run (id)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, faulty))
    with pytest.raises(CheckerError, match="already exists"):
        open_for_writing(path)
    assert list(tmp_path.glob("*corrupt*")) == []
    monkeypatch.undo()

    with closing(open_for_writing(path)) as history:
        assert history.rows("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
        assert history.rows("SELECT name FROM sqlite_master WHERE name = 'page'") == []


PROGRAM = """
import sys
from pathlib import Path
from checker.history.store import open_for_writing
history = open_for_writing(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file open for writing."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def test_only_one_process_writes_and_a_killed_one_writes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    filled(path)
    with another(path) as process:
        with pytest.raises(ConfigError, match=f"another run writes to it .process {process.pid}, since 20.*--wait"):
            open_for_writing(path)
        with closing(open_for_reading(path)) as history:
            assert history.last() == (1, 1)
        process.send_signal(signal.SIGKILL)
        process.wait()

        open_for_writing(path).close()


def test_who_waits_gets_the_file_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    with another(path) as process:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        program = PROGRAM.replace("(Path(sys.argv[1]))", "(Path(sys.argv[1]), wait=True)")
        with subprocess.Popen(
            [sys.executable, "-c", program, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(0.5)
            process.kill()
            assert second.stdout is not None
            assert second.stdout.readline() == "open\n"
            second.kill()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    root = os.geteuid() == 0
    if root:  # who may write everywhere
        os.seteuid(65_534)
    try:
        with pytest.raises(CheckerError, match="cannot be written"):
            open_for_writing(tmp_path / "h.sqlite")
    finally:
        if root:
            os.seteuid(0)


def test_a_place_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(CheckerError, match="cannot be written"):
        open_for_writing(tmp_path / "file" / "h.sqlite")


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from checker.history.store import open_for_writing
from lab.remembered import GOOD, Runs, URL, finding, report
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
history = open_for_writing(Path(sys.argv[1]))
run = Runs(history).begin()
run.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for number in range(5_000):
    run.note(f"{URL}{number}", GOOD)
told = run.conclude(report([finding("a")]))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
history.close()
print(len(told.findings), run.failed)
"""


def test_a_full_disk_costs_the_history_and_not_the_run(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    paths = [str(Path(__file__).parents[2]), *filter(None, sys.path)]
    result = subprocess.run(
        [sys.executable, "-c", FULL, path, *paths], capture_output=True, text=True, timeout=60, check=False
    )

    assert result.stdout.startswith("1 "), result.stderr
    assert "the history cannot be read or written" in result.stdout
    with closing(open_for_writing(path)) as history:
        assert history.warning == ""
        series, _run, resumed = history.begin("mirror", b"", FIRST, resume=False)
        assert (series, resumed) == (1, False)
        assert history.rows("PRAGMA integrity_check") == [("ok",)]
