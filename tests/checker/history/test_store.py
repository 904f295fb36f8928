"""What a history keeps, and what it tells of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.remembered import BLOCKED, FIRST, GONE, GOOD, URL, Opened, Runs, finding, ran, report
from msgspec.structs import replace

from checker.history.rows import packed, unpacked
from checker.history.runs import WINDOW
from checker.history.spans import TURNS
from checker.model import (
    Grade,
    Level,
    State,
    Verdict,
)

# --- findings


@pytest.mark.parametrize("written", ["", "as &amp; written"])
@pytest.mark.parametrize("grade", [None, *Grade])
def test_a_suggestion_keeps_its_grade(opened: Opened, written: str, grade: Grade | None) -> None:
    kept = replace(finding("a"), written=written, suggestion="b", grade=grade)
    with opened() as history:
        ran(history, 0, [kept])

        assert history.report(1).findings == (kept,)


STANDING = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from(list(Level)), st.integers(1, 3)))


@settings(max_examples=30, deadline=None)
@given(st.lists(STANDING, min_size=1, max_size=2 * WINDOW))
def test_every_run_is_told_again_as_it_was_with_the_state_of_each_finding(
    opened: Opened,
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


def test_findings_that_share_a_fingerprint_are_told_apart(opened: Opened) -> None:
    with opened() as history:
        ran(history, 0, [finding("a"), finding("a", line=2)])
        series, run = ran(history, 1, [finding("a"), finding("a", line=2), finding("a", line=3)])

        states = [each.state for each in history.report(run).findings]

    assert (series, states) == (1, [State.KNOWN, State.KNOWN, State.NEW])


def test_two_runs_are_compared_and_a_span_of_time_with_its_first(opened: Opened) -> None:
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


def test_a_run_in_which_nothing_changes_adds_no_row(opened: Opened) -> None:
    with opened() as history:
        ran(history, 0, [finding(str(number)) for number in range(50)])
        rows = len(history.rows("SELECT * FROM span"))
        ran(history, 1, [finding(str(number)) for number in range(50)])

        assert len(history.rows("SELECT * FROM span")) == rows == 50


# --- targets


def test_the_life_of_a_target(opened: Opened) -> None:
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


def test_two_ports_of_a_name_are_two_hosts(opened: Opened) -> None:
    first, second = "http://h.example:81/x", "http://h.example:82/x"
    with opened() as history:
        told = Runs(history).pass_((first, GOOD), (second, GONE), findings=[finding("a", target=second)])

    assert told.health is not None
    assert [(host.name, host.since is None) for host in told.health.hosts] == [
        ("h.example:81", True),
        ("h.example:82", False),
    ]


@given(st.frozensets(st.text(st.characters(exclude_characters="\0"), min_size=1)))
def test_ids_come_back_as_they_were(ids: frozenset[str]) -> None:
    assert unpacked(packed(ids)) == ids


# --- pruning


def test_pruning_forgets_what_only_old_runs_knew(opened: Opened) -> None:
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


def test_the_last_run_is_never_pruned(opened: Opened) -> None:
    with opened() as history:
        ran(history, 0, [finding("a")])

        assert history.prune(FIRST + timedelta(days=900)) == 0
        assert [each.reference for each in history.report(1).findings] == ["a"]


def test_a_finding_says_since_when_it_stands_without_a_gap(opened: Opened) -> None:
    with opened() as history:
        for number, names in enumerate(("ab", "a", "ab", "ab")):
            ran(history, number, [finding(name, line=number + 1) for name in names])
        told = [history.report(run) for run in (1, 2, 4)]

    first, third = "2026-01-01T03:00:00Z", "2026-01-03T03:00:00Z"
    since = [{f.reference: each.health.stood[f.fingerprint] for f in each.findings} for each in told if each.health]
    assert since == [
        {"a": first, "b": first},
        {"a": first},
        {"a": first, "b": third},
    ]
