"""The table of targets is described once; a file that the version before wrote opens, and goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checker.history.answers import known_of, row_of
from checker.history.schema import Answered, Stored
from checker.history.store import open_for_writing
from checker.model import Hop, Report, State, Totals
from checker.sweep.keys import remote_key
from checker.verify.containers.flaw import Flaw
from checker.verify.known import Answer, Known

URL = "https://example.org/"
NOW = datetime(2026, 1, 3, 4, tzinfo=UTC)
LEARNT = {  # what its two runs learnt, by the end of the URL
    "": Known(
        Answer("", "", 200), 0.25, "text/html", True, frozenset({"a", "é"}), '"tag"', "Thu, 01 Jan 2026 00:00:00 GMT"
    ),
    "moved": Known(Answer("remote/redirected", "moved", 200, (Hop(301, URL),), URL), 0.5, "text/html"),
    "gone": Known(Answer("remote/gone", "410 Gone", 410), 0.5),
    "picture": Known(
        Answer("", "", 200, flaw=Flaw("asset/truncated", "breaks off")), role="image", picture_hash=(1 << 64) - 3
    ),
}


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A history as mirrorcheck 0.1.0 wrote it: two runs, and one that was killed. Dumped by `Connection.iterdump`."""
    file = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(Path(__file__).with_name("written_by_0.1.0.sql").read_text("utf-8"))
    return file


def schema_of(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as db:
        return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def test_every_field_of_a_record_is_a_column_of_the_table(tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "h.sqlite")) as history:
        columns = [row[1] for row in history.rows("PRAGMA table_info(target)")]

    life = {"id", "named", "was", "was_status", "since", "until", "times", "failures", "first_broken", "last_good"}
    assert set(columns) == set(Answered.__struct_fields__) | life
    assert set(Stored.__struct_fields__) <= set(columns)


def test_the_tables_are_those_of_the_version_before(before: Path, tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "new.sqlite")):
        pass

    assert schema_of(tmp_path / "new.sqlite") == schema_of(before)


def test_what_the_version_before_kept_is_told_again(before: Path) -> None:
    with closing(open_for_writing(before)) as history:
        told = history.report(2)
        rows = {end: history.target(1, remote_key(URL + end, "")) for end in LEARNT}
        listed = [(run, name, complete) for run, name, complete, _ in history.list()]

    assert history.warning == ""
    assert listed == [(1, "mirror", True), (2, "mirror", True), (3, "mirror", False)]
    assert [(each.line, each.state) for each in told.findings] == [(1, State.KNOWN), (2, State.NEW)]
    assert {end: known_of(row) for end, row in rows.items() if row} == LEARNT


def test_a_run_that_the_version_before_left_unfinished_is_taken_up_and_ended(before: Path) -> None:
    gone = URL + "gone"
    with closing(open_for_writing(before)) as history:
        series, run, resumed = history.begin("mirror", bytes.fromhex("098736CAF677893F"), NOW, resume=True)
        history.add([row_of(gone, LEARNT["gone"], series, run, NOW)], series, run, 1)
        stamp = "2026-01-03T04:00:00Z"
        history.end(series, run, Report("1", stamp, stamp, "mirror", "/mirror", (), Totals(), ()), ())
        told = history.report(run)
        ((stored, past),) = history.show(gone)

    assert (run, resumed) == (3, True)
    assert told.health is not None
    assert [each.line for each in told.health.fixed] == [1, 2]
    assert (stored.failures, [seen.run for seen in past.seen]) == (3, [1, 2, 3])


def test_what_was_not_read_or_looked_at_this_time_stays(tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "h.sqlite")) as history:
        for day, known in enumerate((LEARNT[""], LEARNT["picture"], LEARNT["gone"])):
            series, run, _ = history.begin("mirror", b"", NOW.replace(day=day + 1), resume=False)
            history.add([row_of(URL, known, series, run, NOW)], series, run, 1)
        row = history.target(series, remote_key(URL, ""))

    assert row is not None
    assert (row.run, row.read, row.looked, row.status, row.rule) == (3, 1, 2, 410, "remote/gone")
    assert (known_of(row).ids, row.etag, row.role) == (frozenset({"a", "é"}), '"tag"', "image")
    assert known_of(row).picture_hash == (1 << 64) - 3
    assert known_of(row).answer.flaw == Flaw("asset/truncated", "breaks off")
