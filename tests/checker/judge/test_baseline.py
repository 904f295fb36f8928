"""The baseline: what it reads and writes, and what becomes of the findings it holds."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checker.config.schema import AssetsTable, Config, RulesTable
from checker.judge import baseline
from checker.judge.baseline import Baseline, Entry
from checker.model import ConfigError, Finding, Level, Named, Report, Scope, State, Totals
from checker.rules import RULES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ENTRIES = st.lists(
    st.builds(
        Entry,
        page=TEXT,
        rule=st.sampled_from(sorted(RULES)),
        reference=TEXT,
        places=st.integers(1, 10**9),
        owner=TEXT,
        reason=TEXT,
        expires=st.none() | st.dates(),
        line=st.just(0),
    ),
    unique_by=lambda entry: entry.key,
)


@given(ENTRIES)
def test_what_is_written_is_read_back(entries: list[Entry]) -> None:
    text = baseline.render(entries)

    read = baseline.parse(text, "b")
    assert [entry._replace(line=0) for entry in read] == sorted(entries, key=lambda entry: entry.key)
    assert baseline.render(read) == text


@given(ENTRIES)
def test_it_is_toml_to_others_too(entries: list[Entry]) -> None:
    tree = tomllib.loads(baseline.render(entries))

    found = {
        (page, key): value if isinstance(value, int) else value["count"]
        for page, lines in tree.get("page", {}).items()
        for key, value in lines.items()
    }
    assert found == {
        (entry.page, f"{entry.rule} {entry.reference}" if entry.reference else entry.rule): entry.places
        for entry in entries
    }


@given(ENTRIES)
def test_a_reviewer_sees_every_character_and_an_entry_is_a_line(entries: list[Entry]) -> None:
    text = baseline.render(entries)

    assert all(character.isprintable() or character == "\n" for character in text)
    lines = text.split("\n")
    for entry in baseline.parse(text, "b"):
        assert lines[entry.line - 1].startswith(f'"{entry.rule}')


WHOLE = '[page."a.md"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("version = 2\n", "b:1: version 2 is not one", id="another version"),
        pytest.param('"url/empty" = 1\n', "b:1: an entry before the first page", id="no page"),
        pytest.param(
            WHOLE + '"url/emty" = 1\n', "b:2: no rule is called 'url/emty'; did you mean 'url/empty'", id="no such rule"
        ),
        pytest.param(WHOLE + '"url" = 1\n', "b:2: no rule is called 'url'", id="a family"),
        pytest.param(WHOLE + '"url/empty" = 0\n', "b:2: count is a number from 1, not 0", id="a count of nothing"),
        pytest.param(WHOLE + '"url/empty" = true\n', "b:2: count is a number from 1, not True", id="a truth"),
        pytest.param(WHOLE + '"url/empty" = "1"\n', "b:2: count is a number from 1, not '1'", id="a count in quotes"),
        pytest.param(WHOLE + '"url/empty" = { until = 1 }\n', "b:2: no key is called 'until'", id="no such key"),
        pytest.param(
            WHOLE + '"url/empty" = { owner = 1 }\n',
            "b:2: owner is a text in quotes, not 1",
            id="an owner without quotes",
        ),
        pytest.param(
            WHOLE + '"url/empty" = { expires = "2030" }\n',
            "b:2: expires is a date, as 2030-12-31, not '2030'",
            id="a date in quotes",
        ),
        pytest.param(
            WHOLE + '"url/empty" = { expires = 2030-02-30 }\n', "b:2: not a line of a baseline", id="no such day"
        ),
        pytest.param(
            WHOLE + '"url/empty" = { expires = 2030-12-31T00:00:00 }\n', "b:2: expires is a date", id="a time"
        ),
        pytest.param(WHOLE + '"url/empty" = {\n', "b:2: not a line of a baseline", id="over several lines"),
        pytest.param(WHOLE + "\n<<<<<<< ours\n", "b:3: not a line of a baseline", id="a merge that is not done"),
        pytest.param(WHOLE + '"url/empty" = 1\n"url/empty" = 2\n', "b:3: the same entry as on line 2", id="twice"),
        pytest.param('[pages."a.md"]\n', "b:1: not a page of a baseline", id="another table"),
        pytest.param('[[page."a.md"]]\n', "b:1: not a page of a baseline", id="an array"),
        pytest.param("[page.a.md]\n", "b:1: not a page of a baseline", id="a page without quotes"),
        pytest.param("url/empty = 1\n", "b:1: not a line of a baseline", id="an entry without quotes"),
        pytest.param("\x00\x01", "b:1: not a line of a baseline", id="no text"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        baseline.parse(text, "b")

    assert str(raised.value).startswith(message)


def test_what_people_write_is_read_too() -> None:
    text = "\r\n".join(
        [
            "# ours",
            "[ page . 'a.md' ] # the first",
            "  'url/empty'=1 # one",
            '"local/missing-file ..\\\\x \\u00e9" = { owner = "ann", expires = 2030-12-31 }',
        ]
    )

    assert baseline.parse(text, "b") == (
        Entry("a.md", "url/empty", "", line=3),
        Entry("a.md", "local/missing-file", "..\\x é", owner="ann", expires=date(2030, 12, 31), line=4),
    )


def found(*places: tuple[str, str, str]) -> Report:
    """A report on (page, rule, reference), a line each."""
    findings = tuple(
        Finding(rule, RULES[rule].level, page, line, 1, "", reference=reference, target=page, fingerprint=f"{line}")
        for line, (page, rule, reference) in enumerate(places, 1)
    )
    time = "2026-06-15T03:04:05Z"
    return Report("1", time, time, "m", "/m", (), Totals(), findings)


def applied(entries: list[Entry], report: Report, scope: Scope = Scope(), config: Config = Config()) -> Report:  # noqa: B008
    return baseline.apply(Baseline(Path("/m/baseline.toml"), tuple(entries)), report, scope, config)


def test_as_many_places_as_an_entry_counts_are_known_and_the_rest_is_new() -> None:
    report = applied(
        [Entry("a.md", "local/missing-file", "x", 2, line=7)], found(*[("a.md", "local/missing-file", "x")] * 3)
    )

    assert [finding.state for finding in report.findings] == [State.KNOWN, State.KNOWN, State.NEW]
    assert report.baselined == {"1", "2"}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Entry("b.md", "local/missing-file", "x"), id="another page"),
        pytest.param(Entry("a.md", "local/wrong-case", "x"), id="another rule"),
        pytest.param(Entry("a.md", "local/missing-file", "y"), id="another reference"),
    ],
)
def test_what_no_entry_holds_is_new(entry: Entry) -> None:
    report = applied([entry], found(("a.md", "local/missing-file", "x")))

    assert [f.state for f in report.findings if f.rule == "local/missing-file"] == [State.NEW]
    assert report.baselined == frozenset()


def test_the_word_of_the_history_stands_but_for_what_the_baseline_holds() -> None:
    report = found(("a.md", "url/empty", ""), ("a.md", "local/missing-file", "x"))
    flapping = tuple(replace(finding, state=State.FLAPPING) for finding in report.findings)

    states = applied([Entry("a.md", "url/empty", "")], replace(report, findings=flapping)).findings

    assert [finding.state for finding in states] == [State.KNOWN, State.FLAPPING]


@pytest.mark.parametrize(
    ("expires", "known"),
    [
        pytest.param(None, True, id="never"),
        pytest.param(date(2026, 6, 15), True, id="today"),
        pytest.param(date(2026, 6, 14), False, id="yesterday"),
    ],
)
def test_an_entry_holds_through_its_last_day(expires: date | None, *, known: bool) -> None:
    report = applied([Entry("a.md", "url/empty", "", expires=expires, line=9)], found(("a.md", "url/empty", "")))

    outdated = [(f.rule, f.page, f.line) for f in report.findings if f.rule.startswith("baseline/")]
    assert outdated == ([] if known else [("baseline/expired", "baseline.toml", 9)])
    assert bool(report.baselined) is known


ONLINE = Scope(online=True)


@pytest.mark.parametrize(
    ("entry", "scope", "stale"),
    [
        pytest.param(Entry("a.md", "url/empty", ""), Scope(), True, id="a page that was read"),
        pytest.param(
            Entry("a.md", "url/empty", ""), Scope(only=Named(frozenset({"b.md"}))), False, id="a page that was not"
        ),
        pytest.param(Entry("a.md", "remote/gone", "http://h.test/"), Scope(), False, id="remote, offline"),
        pytest.param(Entry("a.md", "remote/gone", "http://h.test/"), ONLINE, True, id="remote, online"),
        pytest.param(Entry("a.md", "asset/empty", "//h.test/x.png"), Scope(), False, id="remote asset, offline"),
        pytest.param(Entry("a.md", "asset/empty", "x.png"), Scope(), True, id="asset of the mirror"),
        pytest.param(Entry("a.md", "mirror/orphan", ""), Scope(), True, id="orphan of all pages"),
        pytest.param(
            Entry("a.md", "mirror/orphan", ""), Scope(only=Named(frozenset({"a.md"}))), False, id="orphan of some"
        ),
        pytest.param(Entry("a.md", "mirror/not-live", ""), ONLINE, False, id="not compared with the live site"),
        pytest.param(Entry("a.md", "mirror/not-live", ""), Scope(None, True, False, True), True, id="compared"),
        pytest.param(
            Entry("http://h.test/", "mirror/not-here", ""), Scope(None, True, False, True), True, id="compared, theirs"
        ),
        pytest.param(Entry("a.md", "url/empty", ""), Scope(None, True, True), False, id="a file, on a walk of a site"),
        pytest.param(Entry("http://h.test/", "url/empty", ""), Scope(None, True, True), True, id="a page of a site"),
        pytest.param(Entry("http://h.test/", "url/empty", ""), Scope(), False, id="a page of a site, on a folder"),
        pytest.param(Entry("a.md", "url/invalid", "x"), Scope(), False, id="a rule that is ignored"),
    ],
)
def test_an_entry_is_stale_only_where_the_run_looked(entry: Entry, scope: Scope, *, stale: bool) -> None:
    config = Config(rules=RulesTable(ignore=("url/invalid",)))

    report = applied([entry._replace(line=3)], found(), scope, config)

    assert [(f.rule, f.line) for f in report.findings] == ([("baseline/stale", 3)] if stale else [])


@pytest.mark.parametrize("rule", ["asset/undecodable", "asset/bomb"])
def test_what_may_only_be_seen_by_decoding_is_stale_with_deep_alone(rule: str) -> None:
    entries = [Entry("a.md", rule, "x.png", line=3)]

    assert applied(entries, found()).findings == ()
    deep = applied(entries, found(), config=Config(assets=AssetsTable(deep=True)))
    assert [f.rule for f in deep.findings] == ["baseline/stale"]


def test_a_target_that_fails_in_another_way_tonight_makes_no_entry_stale() -> None:
    entry = Entry("a.md", "remote/timeout", "http://h.test/", owner="ann")
    report = found(("a.md", "remote/server-error", "http://h.test/"))

    assert [(f.rule, f.state) for f in applied([entry], report, ONLINE).findings] == [
        ("remote/server-error", State.NEW)
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"complete": False}, id="interrupted"),
        pytest.param({"totals": Totals(unchecked={"time limit": 3})}, id="out of time"),
        pytest.param({"totals": Totals(unchecked={"not this run's turn (--budget)": 3})}, id="out of requests"),
    ],
)
def test_a_run_that_did_not_come_to_its_end_calls_nothing_remote_stale(change: dict[str, Any]) -> None:
    report = applied([Entry("a.md", "remote/gone", "http://h.test/")], replace(found(), **change), ONLINE)

    assert report.findings == ()


def test_a_report_says_whose_a_finding_of_the_baseline_is() -> None:
    entry = Entry("a.md", "remote/gone", "http://h.test/", owner="ann")
    report = found(("a.md", "remote/gone", "http://h.test/"), ("b.md", "remote/gone", "http://h.test/"))
    told = applied([entry], report, ONLINE)

    assert {f.page: told.owners.get(f.fingerprint) for f in told.findings} == {"a.md": "ann", "b.md": None}


def test_the_rules_of_the_baseline_can_be_ignored() -> None:
    config = Config(rules=RulesTable(ignore=("baseline",)))

    assert applied([Entry("a.md", "url/empty", "", line=3)], found(), config=config).findings == ()


def test_levels_count_what_the_baseline_adds() -> None:
    report = applied([Entry("a.md", "url/empty", "", line=3)], found(("a.md", "local/missing-file", "x")))

    assert report.totals.levels == {Level.ERROR: 1, Level.WARNING: 0, Level.NOTE: 1}


# The command line.

PAGE = '<!DOCTYPE html>\n<title>t</title>\n<p><a href="gone.html">a</a>\n<p><a href="gone.html">b</a>\n'


@pytest.fixture
def mirror(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return write({"index.html": PAGE})


def test_a_run_with_the_baseline_of_today_fails_on_nothing(mirror: Path, run: Callable[..., Any]) -> None:
    assert run("check", mirror, "--offline").code == 1

    wrote = run("baseline", "write", mirror, "--offline")
    result = run("check", mirror, "--offline", "--baseline", "baseline.toml", "--format", "json")

    assert (wrote.code, wrote.out, wrote.err) == (0, "", "wrote baseline.toml: 1 entry, 1 new, 0 gone\n")
    assert result.code == 0
    assert [finding["state"] for finding in result.report["findings"]] == ["known", "known"]
    assert result.report["totals"]["baselined"] == 2


def test_lines_that_move_do_not_matter_and_what_is_new_fails(mirror: Path, run: Callable[..., Any]) -> None:
    run("baseline", "write", mirror, "--offline")
    (mirror / "index.html").write_text(PAGE.replace("<p>", "<p>\n\n", 1) + '<p><a href="new.html">c</a>\n')

    result = run("check", mirror, "--offline", "--baseline", "baseline.toml", "--format", "json")

    assert result.code == 1
    states = {finding["reference"]: finding["state"] for finding in result.report["findings"]}
    assert states == {"gone.html": "known", "new.html": "new"}


def test_one_more_place_of_what_is_known_fails(mirror: Path, run: Callable[..., Any]) -> None:
    run("baseline", "write", mirror, "--offline")
    (mirror / "index.html").write_text(PAGE + '<p><a href="gone.html">c</a>\n')

    assert run("check", mirror, "--offline", "--baseline", "baseline.toml").code == 1


def test_writing_anew_keeps_what_people_added_and_drops_what_is_gone(
    mirror: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    (mirror / "index.html").write_text(PAGE + '<p><a href="other.html">c</a>\n')
    run("baseline", "write", mirror, "--offline")
    file = tmp_path / "baseline.toml"
    owned = '{ count = 2, owner = "ann", reason = "asked", expires = 2020-01-01 }'
    file.write_text(file.read_text().replace('gone.html" = 2', f'gone.html" = {owned}'))
    (mirror / "index.html").write_text(PAGE)

    wrote = run("baseline", "write", mirror, "--offline")

    assert wrote.err == "wrote baseline.toml: 1 entry, 0 new, 1 gone, 1 expired\n"
    assert f'"local/missing-file gone.html" = {owned}\n' in file.read_text()
    assert "other.html" not in file.read_text()


def test_writing_for_one_page_keeps_the_entries_of_the_others(
    write: Callable[..., Path], run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = write({"index.html": PAGE + '<a href="b.html">b</a>', "b.html": PAGE, ".git/HEAD": "ref: refs/heads/main\n"})
    run("baseline", "write", root, "--offline")
    whole = (tmp_path / "baseline.toml").read_text()
    (root / "b.html").write_text(PAGE.replace("gone", "lost"))

    run("baseline", "write", root / "b.html", "--offline")

    assert (tmp_path / "baseline.toml").read_text() == whole.replace(
        '[page."b.html"]\n"local/missing-file gone', '[page."b.html"]\n"local/missing-file lost'
    )


def test_writing_twice_gives_the_same_bytes(mirror: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    run("baseline", "write", mirror, "--offline")
    first = (tmp_path / "baseline.toml").read_bytes()

    run("baseline", "write", mirror, "--offline")

    assert (tmp_path / "baseline.toml").read_bytes() == first


@pytest.mark.needs("git")
def test_two_branches_that_mend_and_break_on_pages_of_their_own_merge(tmp_path: Path) -> None:
    base = [Entry(f"{page}.md", "local/missing-file", f"{n}.png") for page in "abcd" for n in range(3)]
    ours = [entry for entry in base if entry.page != "b.md"]
    theirs = [*base, Entry("d.md", "local/missing-file", "new.png")]
    for name, entries in (("base", base), ("ours", ours), ("theirs", theirs)):
        (tmp_path / name).write_text(baseline.render(entries), "utf-8")

    merging = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(merging, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == baseline.render([*ours, theirs[-1]])


def test_the_configuration_names_a_baseline_beside_itself(
    write: Callable[..., Path], run: Callable[..., Any], tmp_path: Path
) -> None:
    settings = '[mirror]\nroot = "site"\n[rules]\nbaseline = "known.toml"\n'
    config = write({"config.toml": settings, "site/index.html": PAGE}, "docs") / "config.toml"

    wrote = run("baseline", "write", "--config", config, "--offline")
    result = run("check", "--config", config, "--offline", "--format", "json")
    (tmp_path / "docs" / "site" / "index.html").write_text("<!DOCTYPE html><title>t</title>")
    mended = run("check", "--config", config, "--offline", "--format", "json")

    assert (wrote.code, result.code) == (0, 0)
    assert [(f["rule"], f["page"], f["line"]) for f in mended.report["findings"]] == [
        ("baseline/stale", "../known.toml", 7)
    ]


def test_the_baseline_of_one_mirror_says_nothing_of_another(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"config.toml": '[mirror]\nroot = "site"\n[rules]\nbaseline = "gone.toml"\n', "site/index.html": PAGE})
    other = write({"index.html": PAGE}, "other")
    monkeypatch.chdir(root)

    assert run("check", other, "--offline").code == 1
    assert run("check", "--offline").code == 2


def test_a_name_that_is_not_utf_8_is_held_too(mirror: Path, run: Callable[..., Any]) -> None:
    name = b"\xd6\xd0.html".decode("utf-8", "surrogateescape")
    try:
        (mirror / name).write_text(PAGE)
    except OSError:
        pytest.skip("this file system takes no such name")

    run("baseline", "write", mirror, "--offline")

    assert run("check", mirror, "--offline", "--baseline", "baseline.toml").code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "no such baseline; `mirrorcheck baseline write` writes one", id="not there"),
        pytest.param(b"\xff\n", "it is not UTF-8", id="not UTF-8"),
        pytest.param(b"x\n", "baseline.toml:1: not a line of a baseline", id="not a baseline"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_told_before_the_run(
    content: bytes | None, message: str, mirror: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "baseline.toml").write_bytes(content)

    result = run("check", mirror, "--offline", "--baseline", "baseline.toml")

    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_a_baseline_that_cannot_be_read_is_not_written_over(
    mirror: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "baseline.toml").write_text("<<<<<<< ours\n")

    assert run("baseline", "write", mirror, "--offline").code == 2
    assert (tmp_path / "baseline.toml").read_text() == "<<<<<<< ours\n"
