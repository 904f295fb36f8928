"""The history's file: what it keeps, what it says of it, and what becomes of it when something goes wrong."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.config.schema import FreshTable, HistoryTable, RemoteTable
from checker.history import schema
from checker.history.files import DamagedError
from checker.history.rows import packed, unpacked
from checker.history.run import RunHistory, urgency
from checker.history.runs import WINDOW
from checker.history.spans import TURNS
from checker.history.store import History, open_for_reading, open_for_writing
from checker.model import (
    CheckerError,
    ConfigError,
    Finding,
    Hop,
    Level,
    Report,
    Role,
    State,
    Totals,
    Unchecked,
    Verdict,
)
from checker.sweep.keys import remote_key
from checker.verify.containers.flaw import Flaw
from checker.verify.remote import Answer, Known
from checker.web import durations

FIRST = datetime(2026, 1, 1, 3, tzinfo=UTC)
SETTINGS = b"settings"


def finding(name: str, level: Level = Level.ERROR, line: int = 1, target: str = "x") -> Finding:
    fingerprint = blake2b(name.encode(), digest_size=10).hexdigest()
    return Finding(
        "local/missing-file",
        level,
        f"{name}\udcff.md",
        line,
        2,
        "not there",
        Role.LINK,
        name,
        target,
        hops=(Hop(301, "https://example.org/"),),
        fingerprint=fingerprint,
    )


def report(findings: list[Finding], *, complete: bool = True) -> Report:
    totals = Totals(pages=3, levels={Level.ERROR: len(findings)}, verdicts={Verdict.OK: 2}, unchecked={"offline": 1})
    ordered = tuple(sorted(findings, key=lambda finding: finding.order))
    stamps = "2026-01-01T03:00:00Z", "2026-01-01T03:05:00Z"
    return Report(
        "1", *stamps, "mirror", "/root\udcff", ("https://mirror.example/",), totals, ordered, complete=complete
    )


@contextmanager
def opened() -> Iterator[History]:
    with tempfile.TemporaryDirectory() as folder, closing(open_for_writing(Path(folder) / "h.sqlite")) as history:
        yield history


def ran(history: History, number: int, findings: list[Finding]) -> tuple[int, int]:
    series, run, _ = history.begin("mirror", SETTINGS, FIRST + timedelta(days=number), resume=True)
    history.end(series, run, report(findings), ())
    return series, run


# --- findings

STANDING = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from(list(Level)), st.integers(1, 3)))


@settings(max_examples=30, deadline=None)
@given(st.lists(STANDING, min_size=1, max_size=2 * WINDOW))
def test_every_run_is_told_again_as_it_was_with_the_state_of_each_finding(
    runs: list[dict[str, tuple[Level, int]]],
) -> None:
    with opened() as history:
        for number, standing in enumerate(runs):
            ran(history, number, [finding(name, *each) for name, each in standing.items()])

        for number, standing in enumerate(runs):
            told = history.report(number + 1)
            assert [(f.reference, f.level, f.line) for f in told.findings] == sorted(
                (name, *each) for name, each in standing.items()
            )
            assert told.totals == report([finding(name) for name in standing]).totals
            assert {f.reference: f.state for f in told.findings} == {
                name: expected(runs[: number + 1], name) for name in standing
            }
            assert told.health is not None
            before = runs[number - 1] if number else {}
            assert {f.reference for f in told.health.fixed} == before.keys() - standing.keys()
            assert len(told.health.runs) == number + 1
            last, states = told.health.runs[-1], [f.state for f in told.findings]
            assert (last.new, last.known, last.flapping) == tuple(
                states.count(state) for state in (State.NEW, State.KNOWN, State.FLAPPING)
            )
            assert (last.fixed, last.unchecked) == (len(told.health.fixed), 0)


def expected(runs: list[dict[str, tuple[Level, int]]], name: str) -> State | None:
    """The state of a finding in the last of these runs, by the definition."""
    if len(runs) == 1:
        return None
    there = [name in standing for standing in runs[-WINDOW:]]
    if sum(before != after for before, after in pairwise(there)) >= TURNS:
        return State.FLAPPING
    order = list(Level)
    before, now = runs[-2].get(name), runs[-1][name]
    if before is None or order.index(now[0]) < order.index(before[0]):
        return State.NEW
    return State.KNOWN


def test_findings_that_share_a_fingerprint_are_told_apart() -> None:
    with opened() as history:
        ran(history, 0, [finding("a"), finding("a", line=2)])
        series, run = ran(history, 1, [finding("a"), finding("a", line=2), finding("a", line=3)])

        states = [each.state for each in history.report(run).findings]

    assert (series, states) == (1, [State.KNOWN, State.KNOWN, State.NEW])


def test_two_runs_are_compared_and_a_span_of_time_with_its_first() -> None:
    with opened() as history:
        for number, names in enumerate(["ab", "bc", "cd", "d"]):
            ran(history, number, [finding(name) for name in names])

        compared = history.report(3, against=1)
        since = history.report(4, since=FIRST + timedelta(days=0.5))

    assert compared.health is not None
    assert since.health is not None
    assert {f.reference: f.state for f in compared.findings} == {"c": State.NEW, "d": State.NEW}
    assert [f.reference for f in compared.health.fixed] == ["a", "b"]
    assert [figures.run for figures in since.health.runs] == [2, 3, 4]
    assert [f.reference for f in since.health.fixed] == ["b", "c"]


def test_a_run_in_which_nothing_changes_adds_no_row() -> None:
    with opened() as history:
        ran(history, 0, [finding(str(number)) for number in range(50)])
        rows = len(history.rows("SELECT * FROM span"))
        ran(history, 1, [finding(str(number)) for number in range(50)])

        assert len(history.rows("SELECT * FROM span")) == rows == 50


# --- targets

URL = "https://example.org/page"
GOOD = Known(Answer("", "", 200), 0.25, "text/html", True, frozenset({"a", "é"}), '"tag"', "yesterday")
GONE = Known(Answer("remote/gone", "410: gone for good", 410), 0.5)
MOVED = Known(
    Answer("remote/moved", "301: elsewhere", 200, (Hop(301, "https://example.org/b"),), "https://example.org/b")
)
BLOCKED = Known(Answer("remote/blocked", "403", 403))


class Runs:
    """Runs of one mirror, a day apart."""

    def __init__(self, history: History, table: HistoryTable | None = None, **remote: Any) -> None:
        self.history = history
        self.table = table or HistoryTable()
        self.remote = RemoteTable(**remote)
        self.at = FIRST - timedelta(days=1)

    def begin(self, *, resume: bool = True, days: float = 1.0) -> RunHistory:
        self.at += timedelta(days=days)
        return RunHistory(self.history, "mirror", self.table, self.remote, resume=resume, now=lambda: self.at)

    def pass_(self, *answers: tuple[str, Known], findings: list[Finding] | None = None) -> Report:
        run = self.begin()
        for url, known in answers:
            run.note(url, known)
        told = run.conclude(report(run.confirm(findings or [])))
        assert run.failed is None
        return told


def key(url: str) -> int:
    return remote_key(url, "")


def test_a_good_answer_of_an_unfinished_run_keeps_every_fact() -> None:
    with opened() as history:
        runs = Runs(history)
        first = runs.begin()
        first.note(URL, GOOD)
        first.note(URL + "2", MOVED)
        first.note(URL + "3", GONE)
        first.flush()

        second = runs.begin(days=0.2)

        assert (second.resumed, second.run) == (True, first.run)
        assert second.recall(URL, ("a", "b", "é")) == Answer("", "", 200, missing=("b",))
        assert second.recall(URL + "2", ()) == MOVED.answer
        assert second.recall(URL + "3", ()) is None


def test_what_an_asset_looks_like_is_kept_for_the_role_that_it_was_looked_at_in() -> None:
    picture = Known(Answer("", "", 200), role="image", looks=(1 << 64) - 3)
    cut = Known(Answer("", "", 200, flaw=Flaw("asset/truncated", "breaks off")), role="image")
    with opened() as history:
        runs = Runs(history)
        first = runs.begin()
        first.note(URL, picture)
        first.note(URL + "2", cut)
        first.note(URL + "3", Known(Answer("", "", 200)))
        first.flush()

        second = runs.begin(days=0.2)

        assert second.recall_asset(URL, "image") == picture
        assert second.recall_asset(URL, "script") is None
        assert second.recall_asset(URL + "2", "image") is None
        assert second.recall_asset(URL + "3", "image") is None
        assert second.recall(URL, ()) == picture.answer


@pytest.mark.parametrize(
    ("remote", "resume", "days"),
    [
        pytest.param({}, False, 0.2, id="as-it-was-told"),
        pytest.param({"soft_404": False}, True, 0.2, id="other-settings"),
        pytest.param({}, True, 1.1, id="too-old"),
    ],
)
def test_a_run_is_not_taken_up_again(remote: dict[str, Any], resume: bool, days: float) -> None:
    with opened() as history:
        first = RunHistory(history, "mirror", HistoryTable(), RemoteTable(), now=lambda: FIRST)
        first.note(URL, GOOD)
        first.flush()

        later = FIRST + timedelta(days=days)
        second = RunHistory(history, "mirror", HistoryTable(), RemoteTable(**remote), resume=resume, now=lambda: later)

        assert (second.resumed, second.run) == (False, first.run + 1)
        assert second.recall(URL, ()) is None


def test_how_fast_is_asked_decides_on_no_answer() -> None:
    with opened() as history:
        RunHistory(history, "mirror", HistoryTable(), RemoteTable(), now=lambda: FIRST).flush()

        other = RunHistory(history, "mirror", HistoryTable(), RemoteTable(interval=1.0, per_host=1), now=lambda: FIRST)

    assert other.resumed


def test_what_is_known_is_asked_for_on_condition() -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD))

        known = runs.begin().recall(URL, ("a",))

    assert known == GOOD
    assert isinstance(known, Known)
    assert known.conditions == (("If-None-Match", '"tag"'), ("If-Modified-Since", "yesterday"))


def test_a_link_without_a_fragment_leaves_what_the_page_holds() -> None:
    head = Known(Answer("", "", 200), 0.1, "text/html")
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD), (URL, head))
        run = runs.begin()
        run.note(URL, head)
        run.flush()

        assert run.recall(URL, ("a",)) == GOOD._replace(latency=0.1)
        assert runs.begin(days=1).recall(URL, ("a",)) == GOOD._replace(latency=0.1)


def test_a_fresh_answer_is_not_asked_for_until_a_day_of_its_own() -> None:
    table = HistoryTable(fresh=FreshTable(ok="10d"))
    pages = [f"{URL}{number}" for number in range(200)]
    with opened() as history:
        runs = Runs(history, table)
        runs.pass_(*((url, GOOD) for url in pages), (URL, GONE), (URL + "m", MOVED))
        asked = []
        for _ in range(15):
            run = runs.begin()
            asked.append(sum(not isinstance(run.recall(url, ("a",)), Answer) for url in pages))
            assert run.recall(URL, ()) is None
            assert run.recall(URL + "m", ()) is None

    assert asked[:7] == [0] * 7
    assert asked[12:] == [200] * 3
    assert asked == sorted(asked)
    assert len(set(asked)) > 4  # not all in one run


def test_urls_with_credentials_are_asked_each_time_and_kept_without() -> None:
    secret = "https://user:secret@example.org/page"  # noqa: S105 - nobody's
    with opened() as history:
        runs = Runs(history, HistoryTable(fresh=FreshTable(ok="10d")))
        runs.pass_((secret, GOOD._replace(answer=Answer("", "", 200, (Hop(302, secret),)))))

        assert runs.begin().recall(secret, ()) is None
        assert b"secret" not in history.path.read_bytes()
        assert b"secret" not in history.path.with_name("h.sqlite-wal").read_bytes()
        assert [stored.url for stored, _ in history.show(secret)] == ["https://***@example.org/page"]


def test_the_life_of_a_target() -> None:
    with opened() as history:
        runs = Runs(history)
        for known in (GOOD, GOOD, GONE, BLOCKED, GONE):
            told = runs.pass_((URL, known), findings=[finding("a", target=f"{URL}#part")])

    assert told.health is not None
    (past,) = told.health.past
    assert (past.target, past.failures) == (f"{URL}#part", 2)
    assert (past.first_broken, past.last_good) == ("2026-01-03T03:00:00Z", "2026-01-02T03:00:00Z")
    assert [(seen.run, seen.verdict, seen.status) for seen in past.seen] == [
        (1, "ok", 200),
        (2, "ok", 200),
        (3, "broken", 410),
        (4, "suspect", 403),
        (5, "broken", 410),
    ]
    (host,) = told.health.hosts
    assert (host.name, host.targets, host.verdicts) == ("example.org", 1, {Verdict.BROKEN: 1})
    assert (host.since, host.latency) == ("2026-01-02T03:00:00Z", 0.5)


def test_a_run_that_is_taken_up_again_counts_once() -> None:
    with opened() as history:
        runs = Runs(history)
        for _ in range(3):
            run = runs.begin(days=0.1)
            run.note(URL, GONE)
            run.flush()
        run.conclude(report([]))

        ((stored, past),) = history.show(URL)

    assert (stored.failures, len(past.seen)) == (1, 1)


@pytest.mark.parametrize(
    ("confirm", "levels"),
    [
        pytest.param("1", "EEEE", id="at-once"),
        pytest.param("3", "WWEE", id="three-runs"),
        pytest.param("2d", "WWEE", id="two-days"),
        pytest.param("9", "WWWW", id="not-yet"),
    ],
)
def test_a_target_is_called_broken_after_some_failures(confirm: str, levels: str) -> None:
    broken = Finding("remote/gone", Level.ERROR, "a.md", 1, 1, "410", target=f"{URL}#x", fingerprint="00" * 10)
    with opened() as history:
        runs = Runs(history, HistoryTable(confirm=confirm))
        runs.pass_((URL, GOOD))
        told = [runs.pass_((URL, GONE), findings=[broken]).findings[0] for _ in levels]

    assert "".join({"error": "E", "warning": "W"}[each.level] for each in told) == levels
    assert [each.verdict for each in told] == [{"E": "broken", "W": "suspect"}[level] for level in levels]
    assert all(("in a row" in each.message) == (level == "W") for each, level in zip(told, levels, strict=True))
    if levels == "WWEE":  # what is confirmed is new once more, so that somebody hears of it
        assert [each.state for each in told] == [State.NEW, State.KNOWN, State.NEW, State.KNOWN]


def test_the_budget_goes_to_what_is_new_then_by_the_formula() -> None:
    with opened() as history:
        plain = Runs(history)
        plain.pass_(*((f"{URL}{number}", GOOD) for number in range(20)), (f"{URL}-bad", GONE))
        for number in range(3):
            plain.pass_(*((f"{URL}{number}", GOOD) for number in range(10)), (f"{URL}-bad", GONE))
        limited = Runs(history, HistoryTable(budget=6))
        limited.at = plain.at
        run = limited.begin()
        wanted = {f"{URL}{number}": () for number in range(20)} | {f"{URL}-bad": (), f"{URL}-1": (), f"{URL}-2": ()}

        run.admit(wanted)

        said = {url.removeprefix(URL): run.recall(url, ()) for url in wanted}
        asked = {name for name, answer in said.items() if answer is None or isinstance(answer, Known)}
        assert asked >= {"-bad", "-1", "-2"}
        assert len(asked) == 6
        assert {int(name) for name in asked if not name.startswith("-")} <= set(range(10, 20))
        assert {name: answer for name, answer in said.items() if name not in asked} == {
            name: GOOD.answer for name in said if name not in asked
        }


def test_what_has_no_answer_and_no_turn_is_unchecked() -> None:
    with opened() as history:
        run = Runs(history, HistoryTable(budget=1)).begin()

        run.admit({URL: (), URL + "2": ()})

        assert sorted(map(str, (run.recall(url, ()) for url in (URL, URL + "2")))) == sorted(["None", Unchecked.BUDGET])


def test_what_waits_to_be_called_broken_is_asked_before_what_is_new() -> None:
    with opened() as history:
        Runs(history, HistoryTable(confirm="3")).pass_((URL, GONE))
        run = Runs(history, HistoryTable(confirm="3", budget=1)).begin()
        run.admit({URL: (), URL + "2": ()})
        sure = Runs(history, HistoryTable(confirm="1", budget=1)).begin(resume=False)
        sure.admit({URL: (), URL + "2": ()})

        assert [run.recall(url, ()) for url in (URL, URL + "2")] == [None, Unchecked.BUDGET]
        assert [sure.recall(url, ()) for url in (URL, URL + "2")] == [GONE.answer, None]


def test_nothing_waits_for_ever_behind_what_fails() -> None:
    def row(verdict: Verdict, days: float) -> schema.Stored:
        values: dict[str, Any] = dict.fromkeys(schema.Stored.__struct_fields__)
        values |= {"id": 1, "verdict": verdict, "asked": int(FIRST.timestamp() - days * 86_400)}
        return schema.Stored(**values)

    now = FIRST.timestamp()
    assert urgency(None, {}, now) > urgency(row(Verdict.BROKEN, 100), {}, now)
    assert urgency(row(Verdict.BROKEN, 1), {}, now) == 8
    assert urgency(row(Verdict.OK, 1), {1: TURNS}, now) == 4
    assert urgency(row(Verdict.OK, 9), {}, now) == 9


@given(st.frozensets(st.text(st.characters(exclude_characters="\0"), min_size=1)))
def test_ids_come_back_as_they_were(ids: frozenset[str]) -> None:
    assert unpacked(packed(ids)) == ids


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5h", 5400), ("10m", 600), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert durations.seconds(text, "x") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1d", "3 fortnights"])
def test_what_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="no duration"):
        durations.confirmation(text, "confirm")


# --- the file


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

    with pytest.raises(ConfigError, match=r"notes\.txt: no history of mirrorcheck"):
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
from test_store import GOOD, Runs, URL, finding, report
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
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
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


def test_pruning_forgets_what_only_old_runs_knew() -> None:
    with opened() as history:
        runs = Runs(history)
        for number in range(30):
            findings = [finding("stays"), finding(f"only{number}")]
            runs.pass_((URL, GOOD if number % 2 else GONE), (f"{URL}{number}", GOOD), findings=findings)
        whole = [history.report(run) for run in range(26, 31)]

        gone = history.prune(FIRST + timedelta(days=24.5))

        assert gone == 25
        assert [figures.run for _, _, _, figures in history.list() if figures] == [26, 27, 28, 29, 30]
        for before in whole:
            after = history.report(before.health.runs[-1].run if before.health else 0)
            assert [each.reference for each in after.findings] == [each.reference for each in before.findings]
            assert after.totals == before.totals
        assert len(history.rows("SELECT * FROM finding")) == 6
        assert len(history.rows("SELECT * FROM target")) == 6
        assert len(history.rows("SELECT * FROM stretch")) == 4


def test_the_last_run_is_never_pruned() -> None:
    with opened() as history:
        ran(history, 0, [finding("a")])

        assert history.prune(FIRST + timedelta(days=900)) == 0
        assert [each.reference for each in history.report(1).findings] == ["a"]
