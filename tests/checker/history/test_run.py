"""One run beside its history: what it need not ask, whose turn it is, and what it is sure of."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lab.remembered import FIRST, GONE, GOOD, MOVED, URL, Opened, Runs, finding, report
from msgspec.structs import replace

from checker.config.schema import FreshTable, HistoryTable, RemoteTable
from checker.history import schema
from checker.history.database import DamagedError
from checker.history.run import RunHistory, urgency
from checker.history.spans import TURNS
from checker.history.store import open_for_writing
from checker.model import (
    Finding,
    Gap,
    Hop,
    Level,
    State,
    Unchecked,
    Verdict,
)
from checker.verify.containers.flaw import Flaw
from checker.verify.known import Answer, Known


def test_a_good_answer_of_an_unfinished_run_keeps_every_fact(opened: Opened) -> None:
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


def test_what_an_asset_looks_like_is_kept_for_the_role_that_it_was_looked_at_in(opened: Opened) -> None:
    picture = Known(Answer("", "", 200), role="image", picture_hash=(1 << 64) - 3)
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
def test_a_run_is_not_taken_up_again(opened: Opened, remote: dict[str, Any], resume: bool, days: float) -> None:
    with opened() as history:
        first = RunHistory(history, "mirror", HistoryTable(), RemoteTable(), now=lambda: FIRST)
        first.note(URL, GOOD)
        first.flush()

        later = FIRST + timedelta(days=days)
        second = RunHistory(history, "mirror", HistoryTable(), RemoteTable(**remote), resume=resume, now=lambda: later)

        assert (second.resumed, second.run) == (False, first.run + 1)
        assert second.recall(URL, ()) is None


def test_how_fast_is_asked_decides_on_no_answer(opened: Opened) -> None:
    with opened() as history:
        RunHistory(history, "mirror", HistoryTable(), RemoteTable(), now=lambda: FIRST).flush()

        other = RunHistory(history, "mirror", HistoryTable(), RemoteTable(interval=1.0, per_host=1), now=lambda: FIRST)

    assert other.resumed


def test_what_is_known_is_asked_for_on_condition(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD))

        known = runs.begin().recall(URL, ("a",))

    assert known == GOOD
    assert isinstance(known, Known)
    assert known.conditions == (("If-None-Match", '"tag"'), ("If-Modified-Since", "yesterday"))


def test_a_link_without_a_fragment_leaves_what_the_page_holds(opened: Opened) -> None:
    head = Known(Answer("", "", 200), 0.1, "text/html")
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD), (URL, head))
        run = runs.begin()
        run.note(URL, head)
        run.flush()

        assert run.recall(URL, ("a",)) == GOOD._replace(latency=0.1)
        assert runs.begin(days=1).recall(URL, ("a",)) == GOOD._replace(latency=0.1)


def test_a_fresh_answer_is_not_asked_for_until_a_day_of_its_own(opened: Opened) -> None:
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


def test_urls_with_credentials_are_asked_each_time_and_kept_without(opened: Opened) -> None:
    secret = "https://user:secret@example.org/page"  # noqa: S105 - nobody's
    with opened() as history:
        runs = Runs(history, HistoryTable(fresh=FreshTable(ok="10d")))
        runs.pass_((secret, GOOD._replace(answer=Answer("", "", 200, (Hop(302, secret),)))))

        assert runs.begin().recall(secret, ()) is None
        assert "secret" not in str(history.rows("SELECT * FROM target"))
        assert [stored.url for stored, _ in history.show(secret)] == ["https://***@example.org/page"]


def test_a_run_that_is_taken_up_again_counts_once(opened: Opened) -> None:
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
def test_a_target_is_called_broken_after_some_failures(opened: Opened, confirm: str, levels: str) -> None:
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


def test_the_budget_goes_to_what_is_new_then_by_the_formula(opened: Opened) -> None:
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


def test_what_has_no_answer_and_no_turn_is_unchecked(opened: Opened) -> None:
    with opened() as history:
        run = Runs(history, HistoryTable(budget=1)).begin()

        run.admit({URL: (), URL + "2": ()})

        assert sorted(map(str, (run.recall(url, ()) for url in (URL, URL + "2")))) == sorted(["None", Unchecked.BUDGET])


def test_what_waits_to_be_called_broken_is_asked_before_what_is_new(opened: Opened) -> None:
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


# --- whose turn it is


def test_without_a_budget_everything_has_its_turn(opened: Opened) -> None:
    with opened() as history:
        run = Runs(history).begin()

        run.admit({URL: ()})

        assert not run.chooses
        assert run.recall(URL, ("a",)) is None


def test_what_was_asked_before_a_run_was_killed_counts_against_its_budget(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history, HistoryTable(budget=3))
        killed = runs.begin()
        killed.note(URL, GONE)
        killed.note(URL + "2", GOOD)
        killed.flush()
        run = runs.begin(days=0.1)

        run.admit({f"{URL}{number}": () for number in range(3, 8)})

        said = [run.recall(f"{URL}{number}", ()) for number in range(3, 8)]
        assert run.resumed
        assert (said.count(None), said.count(Unchecked.BUDGET)) == (1, 4)


def test_assets_share_the_budget_with_pages(opened: Opened) -> None:
    picture = Known(Answer("", "", 200), role="image", picture_hash=7)
    with opened() as history:
        Runs(history).pass_((URL, picture))
        runs = Runs(history, HistoryTable(budget=1))
        runs.at += timedelta(days=2)
        run = runs.begin()

        run.admit({URL + "page": ()}, {URL: "image", URL + "new": "image"})

        said = [run.recall(URL + "page", ()), run.recall_asset(URL + "new", "image")]
        assert sorted(map(str, said)) == ["None", str(Unchecked.BUDGET)]
        assert run.recall_asset(URL, "image") == picture  # the last answer is better than none
        assert run.recalled == 1


def test_what_is_fresh_needs_no_turn(opened: Opened) -> None:
    with opened() as history:
        Runs(history).pass_((URL, GOOD))
        runs = Runs(history, HistoryTable(budget=1, fresh=FreshTable(ok="9d")))
        runs.at += timedelta(days=1)
        run = runs.begin()

        run.admit({URL: ("a",), URL + "new": ()})

        assert run.recall(URL, ("a",)) == GOOD.answer
        assert run.recall(URL + "new", ()) is None


def test_the_last_answer_stands_for_what_could_not_be_asked_for(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD), (URL + "2", GONE))
        run = runs.begin()

        assert run.last(URL, ("a", "b")) == GOOD.answer._replace(missing=("b",))
        assert run.last(URL + "2", ()) == GONE.answer
        assert run.last(URL + "3", ()) is None
        assert run.recalled == 2


def test_what_was_learnt_with_other_settings_is_not_known(opened: Opened) -> None:
    with opened() as history:
        Runs(history).pass_((URL, GOOD))
        other = Runs(history, HistoryTable(fresh=FreshTable(ok="9d")), user_agent="another")
        other.at += timedelta(days=1)

        assert other.begin().last(URL, ()) is None


# --- what is kept, and when


def test_so_many_answers_are_written_at_once_and_the_rest_when_a_moment_is_over(opened: Opened) -> None:
    with opened() as history:
        run = Runs(history).begin()
        for number in range(501):
            run.note(f"{URL}{number}", GOOD)
        before = history.rows("SELECT count(*) FROM target")
        run.flush()

        assert (before, history.rows("SELECT count(*) FROM target")) == ([(500,)], [(501,)])


def test_requests_are_counted_once(opened: Opened) -> None:
    with opened() as history:
        run = Runs(history).begin()
        for requests in (3, 3, 8):
            run.requests = requests
            run.flush()

        assert history.rows("SELECT requests FROM run") == [(8,)]


def test_nothing_is_written_while_there_may_be_no_network(opened: Opened) -> None:
    with opened() as history:
        run = Runs(history).begin()
        run.withheld = True
        run.note(URL, GONE)
        run.flush()
        before = history.rows("SELECT url FROM target")
        run.withheld = False
        run.flush()

        assert (before, history.rows("SELECT url FROM target")) == ([], [(URL,)])


def test_a_run_without_a_network_leaves_the_history_as_if_it_had_not_been(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history)
        first = runs.pass_((URL, GOOD), findings=[finding("a")])
        run = runs.begin()
        run.note(URL, GONE)
        told = run.conclude(replace(report([finding("a"), finding("b")]), cut_off="nothing was reached"))

        assert [each.state for each in told.findings] == [State.KNOWN, State.NEW]
        assert told.health is None
        assert [(number, complete) for number, _, complete, _ in history.list()] == [(1, True)]
        assert history.rows("SELECT verdict FROM target") == [("ok",)]
        assert history.report(1).findings == first.findings


def test_an_interrupted_run_is_told_and_taken_up_again(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_((URL, GOOD), findings=[finding("a")])
        run = runs.begin()
        run.note(URL, GONE)
        told = run.conclude(report([finding("b")], complete=False))
        again = runs.begin(days=0.1)

        assert [each.state for each in told.findings] == [State.NEW]
        assert (again.resumed, again.run) == (True, run.run)
        assert again.last(URL, ()) == GONE.answer


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_that_failed_as_it_started_is_none_to_take_up_again(opened: Opened, *, kept: bool) -> None:
    with opened() as history:
        runs = Runs(history)
        run = runs.begin()
        if kept:
            run.note(URL, GOOD)
            run.flush()
        run.fail()

        assert len(history.rows("SELECT * FROM run")) == kept
        assert runs.begin(days=0.1).resumed == kept


# --- what is gone, and what is sure


def test_what_a_run_did_not_look_at_is_not_fixed(opened: Opened) -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_(findings=[finding(name) for name in "abc"])
        run = runs.begin()
        findings = run.compare([finding("a")], lambda each: each.reference == "b")
        told = run.conclude(report(findings))

    assert told.health is not None
    assert [each.reference for each in told.health.fixed] == ["b"]
    assert [(each.reference, each.state) for each in told.health.unchecked] == [("c", State.UNCHECKED)]


@pytest.mark.parametrize(("everywhere", "fixed"), [(True, []), (False, ["a"])])
def test_a_rule_that_was_not_looked_for_anywhere_has_nothing_fixed(
    opened: Opened, *, everywhere: bool, fixed: list[str]
) -> None:
    with opened() as history:
        runs = Runs(history)
        runs.pass_(findings=[finding("a")])
        run = runs.begin()
        findings = run.compare([], lambda _: True)
        told = run.conclude(replace(report(findings), gaps={"local/missing-file": Gap("a reason", everywhere)}))

    assert told.health is not None
    assert [each.reference for each in told.health.fixed] == fixed
    assert len(told.health.unchecked) == 1 - len(fixed)


BROKEN = Finding("remote/gone", Level.ERROR, "a.md", 1, 1, "410", target=f"{URL}#x", fingerprint="00" * 10)


@pytest.mark.parametrize(
    ("given", "level"),
    [
        pytest.param(replace(BROKEN, level=Level.NOTE), Level.NOTE, id="a note stays one"),
        pytest.param(replace(BROKEN, target=f"{URL}-new"), Level.WARNING, id="never seen before"),
    ],
)
def test_what_fails_for_the_first_time_is_suspect(opened: Opened, given: Finding, level: Level) -> None:
    with opened() as history:
        runs = Runs(history, HistoryTable(confirm="2"))
        runs.pass_((URL, GOOD))
        run = runs.begin()
        run.note(URL, GONE)

        (told,) = run.confirm([given])

    assert (told.verdict, told.level) == (Verdict.SUSPECT, level)
    assert told.message == "410 (failing run 1 in a row; called broken when it fails in 2 runs)"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(replace(BROKEN, rule="remote/missing-fragment"), id="the page is there"),
        pytest.param(replace(BROKEN, verdict=Verdict.SUSPECT), id="suspect already"),
        pytest.param(finding("a"), id="a file"),
    ],
)
def test_what_is_not_about_a_target_that_fails_needs_no_second_run(opened: Opened, given: Finding) -> None:
    with opened() as history:
        run = Runs(history, HistoryTable(confirm="9")).begin()

        assert run.confirm([given]) == [given]


# --- a history that fails


def test_whatever_is_asked_of_a_history_that_fails_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    with closing(open_for_writing(path)) as history:
        Runs(history).pass_((URL, GOOD), findings=[finding("a")])
    asked: list[tuple[str, Callable[[RunHistory], object], object]] = [
        ("admit", lambda run: run.admit({URL: ()}), None),
        ("recall", lambda run: run.recall(URL, ("a",)), None),
        ("recall_asset", lambda run: run.recall_asset(URL, "image"), None),
        ("last", lambda run: run.last(URL, ()), None),
        ("flush", lambda run: (run.note(URL, GOOD), run.flush())[1], None),
        ("confirm", lambda run: run.confirm([BROKEN]), [BROKEN]),
        ("compare", lambda run: run.compare([BROKEN], lambda _: True), [BROKEN]),
        ("conclude", lambda run: run.conclude(report([BROKEN])), report([BROKEN])),
    ]
    for name, ask, answer in asked:
        copy = tmp_path / f"{name}.sqlite"
        shutil.copy(path, copy)
        with closing(open_for_writing(copy)) as history:
            runs = Runs(history, HistoryTable(confirm="2", budget=1))
            runs.at += timedelta(days=1)
            run = runs.begin(resume=False)
            with closing(sqlite3.connect(copy)) as other:
                other.executescript("DROP TABLE target; DROP TABLE span")

            assert ask(run) == answer, name
            assert isinstance(run.failed, DamagedError), name
            first = run.failed
            run.note(URL, GONE)
            run.flush()
            run.admit({URL: ()})
            assert run.confirm([BROKEN]) == [BROKEN]
            assert run.compare([BROKEN], lambda _: True) == [BROKEN]
            assert run.conclude(report([BROKEN])) == report([BROKEN])
            run.fail()
            assert run.failed is first
