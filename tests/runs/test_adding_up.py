"""New, known, flapping, fixed and unchecked add up, night by night, and every format says the same of them."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import reports
from checker.history.rows import keyed
from checker.history.store import History, open_for_writing
from checker.model import Finding, Level, Report, State, Totals, Verdict

FIRST = datetime(2026, 1, 1, 3, tzinfo=UTC)
NAMES = "abcde"
BASES = (State.NEW, State.KNOWN, State.FLAPPING)


class Night(NamedTuple):
    """What is wrong, each thing at so many places of one fingerprint; what is not looked for; what a baseline holds."""

    wrong: dict[str, tuple[Level, Verdict, int]]
    blind: frozenset[str]
    held: frozenset[str]


LEVELS, VERDICTS = st.sampled_from([Level.ERROR, Level.WARNING]), st.sampled_from([Verdict.BROKEN, Verdict.SUSPECT])
NIGHT = st.builds(
    Night,
    st.dictionaries(st.sampled_from(NAMES), st.tuples(LEVELS, VERDICTS, st.integers(1, 2))),
    st.frozensets(st.sampled_from(NAMES), max_size=2),
    st.frozensets(st.sampled_from(NAMES), max_size=1),
)


def fingerprint(name: str) -> str:
    return blake2b(name.encode(), digest_size=10).hexdigest()


def report(night: Night) -> Report:
    """What a run reports: of what it does not look for, nothing."""
    findings = [
        Finding(
            "remote/gone", level, f"{name}.md", 1, place, "gone", None, name, f"https://{name}.example.org/", verdict
        )
        for name, (level, verdict, places) in sorted(night.wrong.items())
        for place in range(1, places + 1)
        if name not in night.blind
    ]
    findings = [replace(finding, fingerprint=fingerprint(finding.reference)) for finding in findings]
    verdicts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    levels = {level: sum(finding.level is level for finding in findings) for level in Level}
    held = frozenset(fingerprint(name) for name in night.held) & {finding.fingerprint for finding in findings}
    stamp = "2026-01-01T03:00:00Z"
    totals = Totals(5, 9, remote=5, verdicts=verdicts, levels=levels)
    return Report("1", stamp, stamp, "mirror", "", (), totals, tuple(findings), baselined=held)


@contextmanager
def opened() -> Iterator[History]:
    with tempfile.TemporaryDirectory() as folder, closing(open_for_writing(Path(folder) / "h.sqlite")) as history:
        yield history


def keep(history: History, number: int, night: Night) -> Report:
    """A night, kept and told."""
    series, run, _ = history.begin("mirror", b"", FIRST + timedelta(days=number), resume=True)
    found = report(night)
    blind = {fingerprint(name) for name in night.blind}
    unlooked = {key for key, f in history.absent(series, run, found.findings).items() if f.fingerprint in blind}
    findings = history.end(series, run, found, (), unlooked)
    return replace(found, findings=findings, health=history.health(series, run, findings))


def figures(told: Report) -> Counter[State]:
    counts = Counter(finding.state for finding in told.findings if finding.state)
    if told.health:
        counts[State.FIXED], counts[State.UNCHECKED] = len(told.health.fixed), len(told.health.unchecked)
    return +counts


@settings(max_examples=60, deadline=None)
@given(st.lists(NIGHT, min_size=2, max_size=14))
def test_what_was_and_what_is_add_up_every_night(nights: list[Night]) -> None:
    with opened() as history:
        before: Report | None = None
        for number, night in enumerate(nights):
            told = keep(history, number, night)
            counts = figures(told)
            assert told.health
            last = told.health.runs[-1]
            again = history.report(last.run)

            assert again.findings == told.findings
            assert again.baselined == told.baselined
            assert figures(again) == counts
            assert Counter({state: getattr(last, state) for state in State}) == counts
            if before is None:
                assert not counts
            else:
                assert before.health
                stood = {key for key, _ in keyed((*before.findings, *before.health.unchecked))}
                there = {key for key, _ in keyed(told.findings)}
                gone = counts[State.FIXED] + counts[State.UNCHECKED]
                assert sum(counts[state] for state in BASES) == len(told.findings)
                assert len(before.findings) + len(before.health.unchecked) == len(stood & there) + gone
                assert {f.reference for f in told.health.unchecked} <= night.blind
                assert not {f.reference for f in told.health.fixed} & night.blind
                assert all(f.state is State.KNOWN for f in told.findings if f.fingerprint in told.baselined)
                never(told, before)
            before = told


def never(told: Report, before: Report) -> None:
    """Never is it said that nothing new is wrong where more is broken than before."""
    broken = [sum(f.verdict is Verdict.BROKEN for f in each.findings) for each in (before, told)]
    if broken[1] > broken[0]:
        words = " ".join(re.sub(r"<[^>]*>", " ", written("html", told).partition("<footer")[0]).split())
        assert "Nothing new is wrong" not in words
        assert "none of them new" not in words


def written(name: str, told: Report) -> str:
    stream = StringIO()
    reports.write(name, told, stream)
    return stream.getvalue()


def in_words(text: str) -> Counter[State]:
    """The figures of `1 new, 2 known`."""
    return Counter({State(state): int(number) for number, state in re.findall(rf"(\d+) ({'|'.join(State)})\b", text)})


def said(name: str, told: Report) -> Counter[State]:
    """What a format says of how many are in each state."""
    text = written(name, told)
    match name:
        case "json":
            tree = json.loads(text)
            return Counter(f["state"] for f in (*tree["findings"], *tree["fixed"], *tree["unchecked"]))
        case "jsonl":
            lines = [json.loads(line) for line in text.splitlines()]
            return Counter(
                f["state"] for line in lines for kind, f in line.items() if kind in {"finding", "fixed", "unchecked"}
            )
        case "csv":
            return Counter(State(row["state"]) for row in csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
        case "prometheus":
            found = re.findall(r'findings_by_state\{.*state="(\w+)"\} (\d+)', text)
            return Counter({State(state): int(number) for state, number in found})
        case "junit":
            root = ET.fromstring(text)  # noqa: S314 - our own
            values = {each.get("name"): each.get("value") for each in root.findall("properties/property")}
            return Counter({state: int(values[f"findings {state}"] or 0) for state in State})
        case "sarif":
            (run,) = json.loads(text)["runs"]
            counts = Counter(State(result["properties"]["state"]) for result in run["results"])
            counts[State.FIXED] = len(run["properties"]["fixed"])
            counts[State.UNCHECKED] = len(run["properties"]["notLookedFor"])
            return counts
        case "terminal":
            return in_words(next((line for line in text.splitlines() if line.startswith("state: ")), ""))
        case "markdown":
            return in_words(text.splitlines()[0])
        case "github":
            return in_words(text.splitlines()[-1])
        case "html":
            return in_words(text.partition("Findings: ")[2].partition(".</p>")[0])
        case _:  # a list of issues, each with its state
            return Counter(State(issue["description"].rpartition("(")[2].rstrip(")")) for issue in json.loads(text))


WITHOUT_STATES = {"badge", "comment", "shields"}  # they tell the worst level, or what is new, and no more


@pytest.mark.parametrize("name", sorted(set(reports.FORMATS) - WITHOUT_STATES))
@settings(max_examples=12, deadline=None)
@given(st.lists(NIGHT, min_size=2, max_size=6))
def test_every_format_says_the_same_figures(name: str, nights: list[Night]) -> None:
    with opened() as history:
        told = [keep(history, number, night) for number, night in enumerate(nights)][-1]

    expected = figures(told)
    if name == "gitlab":  # which is of what is there
        expected = +Counter({state: expected[state] for state in BASES})
    assert +Counter({State(state): count for state, count in said(name, told).items()}) == expected


def test_pruning_leaves_runs_whose_figures_are_those_of_their_reports() -> None:
    nights = [
        Night(dict.fromkeys(names, (Level.ERROR, Verdict.BROKEN, 1)), frozenset(), frozenset())
        for names in ("ab", "b", "ab", "b", "abc", "bc")
    ]
    with opened() as history:
        for number, night in enumerate(nights):
            keep(history, number, night)
        history.prune(FIRST + timedelta(days=2.5))

        told = [history.report(run) for run in (4, 5, 6)]

    for each in told:
        assert each.health
        assert Counter({state: getattr(each.health.runs[-1], state) for state in State}) == figures(each)


def test_the_list_of_runs_says_what_the_report_says(
    write: Callable[..., Path], run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[a](a.md) [x](x.md)", "b.md": "[a](a.md) [y](y.md)", "config.toml": ""})
    monkeypatch.chdir(root)
    run("check", "--offline")
    write({"a.md": "[a](a.md) [z](z.md) [zz](zz.md)", "config.toml": '[pages]\nexclude = ["b.md"]\n'})

    told = run("check", "--offline", "--format", "json").report
    terminal = run("report").out
    listed = run("history", "list").out.splitlines()

    states = Counter(f["state"] for f in (*told["findings"], *told["fixed"], *told["unchecked"]))
    assert [f["reference"] for f in told["fixed"]] == ["x.md"]
    assert [f["reference"] for f in told["unchecked"]][:1] == [""]  # the page b.md that nothing refers to
    assert "y.md" in [f["reference"] for f in told["unchecked"]]
    assert in_words(terminal) == states
    assert +in_words(listed[1]) == states


def test_a_finding_that_was_not_looked_for_is_known_when_it_is_seen_again(
    write: Callable[..., Path], run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[a](a.md)", "b.md": "[a](a.md) [y](y.md)", "config.toml": ""})
    monkeypatch.chdir(root)
    run("check", "--offline")
    (root / "config.toml").write_text('[rules]\nignore = ["local"]\n')
    second = run("check", "--offline", "--format", "json").report
    (root / "config.toml").write_text("")
    third = run("check", "--offline", "--format", "json").report
    (root / "b.md").write_text("[a](a.md)")
    fourth = run("check", "--offline", "--format", "json").report

    assert [f["rule"] for f in second["unchecked"]] == ["local/missing-file"]
    assert second["fixed"] == []
    assert {f["state"] for f in third["findings"]} == {"known"}
    assert third["unchecked"] == []
    assert [f["rule"] for f in fourth["fixed"]] == ["local/missing-file"]


def test_what_a_baseline_holds_is_known_in_the_list_of_runs_and_in_the_report_again(
    write: Callable[..., Path], run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[a](a.md) [x](x.md)", "config.toml": '[rules]\nbaseline = "known.toml"\n'})
    monkeypatch.chdir(root)
    run("baseline", "write", "--offline")
    first = run("check", "--offline", "--format", "json").report
    write({"a.md": "[a](a.md) [x](x.md) [y](y.md)"})
    second = run("check", "--offline", "--format", "json").report
    again = run("report", "--format", "json").report
    listed = run("history", "list").out.splitlines()

    assert {f["reference"]: f["state"] for f in second["findings"] if f["role"]} == {"x.md": "known", "y.md": "new"}
    assert again == second
    assert first["totals"]["baselined"] == second["totals"]["baselined"] == len(first["findings"])
    assert ["1 new" in line for line in listed] == [False, True]


def test_a_history_of_before_is_read_and_goes_on() -> None:
    night = Night({"a": (Level.ERROR, Verdict.BROKEN, 1)}, frozenset(), frozenset())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "h.sqlite"
        with closing(open_for_writing(file)) as history:
            keep(history, 0, night)
        with closing(sqlite3.connect(file)) as db, db:  # as the first version left it
            for table, columns in (("span", ("verdict", "seen", "held")), ("run", ("known", "flapping", "unchecked"))):
                for column in columns:
                    db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
            db.execute("PRAGMA user_version = 1")
        with closing(open_for_writing(file)) as history:
            told = keep(history, 1, night)

    assert [finding.state for finding in told.findings] == [State.KNOWN]
