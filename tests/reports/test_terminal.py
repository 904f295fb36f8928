"""The terminal: grouped as asked, as loud on what was not checked, and deaf to hostile names."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

import reports
from checker.model import Level, Report
from reports import View
from reports.terminal import clean


def shown(report: Report, view: View) -> str:
    stream = StringIO()
    reports.write("terminal", report, stream, view)
    return stream.getvalue()


@pytest.mark.parametrize(
    "view",
    [View(), View(by="page"), View(color=True, links=True), View(verbose=True)],
    ids=["target", "page", "color", "verbose"],
)
def test_it_looks_as_it_did(view: View, report: Report, snapshot: SnapshotAssertion) -> None:
    assert shown(report, view) == snapshot


def test_the_target_that_most_pages_name_comes_first(report: Report) -> None:
    lines = shown(report, View()).splitlines()

    assert lines[:8] == [
        "error   local/missing-file  x.png: 7 pages, first at pages/1.md:1:1  ../x.png",
        "        no such file",
        "        did you mean ../y.png",
        "        pages/2.md:2:1  ../x.png; did you mean ../../y.png",
        "        pages/3.md:3:1  ../x.png",
        "        pages/4.md:4:1  ../x.png",
        "        … and 3 more (-v shows all)",
        "",
    ]
    levels = [Level(line.split()[0]) for line in lines if line.startswith(tuple(Level))]
    assert levels == sorted(levels, key=list(Level).index)


@pytest.mark.parametrize("by", ["target", "page"])
def test_a_place_is_named_as_it_is_in_the_working_folder(
    by: Literal["target", "page"], report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "site" / "docs"
    below.mkdir(parents=True)
    report = replace(report, root=str(below))
    places = {}
    for folder in (tmp_path, below, Path("/")):
        monkeypatch.chdir(folder)
        places[folder] = re.findall(r"(?<!\S)(?:\S*/)?pages/1\.md", shown(report, View(by=by)))[0]

    assert places[tmp_path] == "site/docs/pages/1.md"
    assert places[below] == "pages/1.md"
    assert places[Path("/")] == f"{below}/pages/1.md"[1:]


def test_reach_goes_before_rule(report: Report) -> None:
    wide = [replace(report.findings[0], rule="url/invalid", target="wide", page=f"{n}.md") for n in range(8)]
    text = shown(replace(report, findings=(*report.findings, *wide)), View())

    assert text.startswith("error   url/invalid  wide: 8 pages")


@pytest.mark.parametrize(
    ("view", "places"), [(View(limit=0), 1), (View(limit=1), 2), (View(), 4), (View(limit=1, verbose=True), 7)]
)
def test_as_many_places_are_shown_as_asked_for(view: View, places: int, report: Report) -> None:
    assert len(re.findall(r"pages/\d\.md:", shown(report, view))) == places


def test_references_that_resolve_to_nothing_are_not_taken_for_one(report: Report) -> None:
    text = shown(report, View())

    assert "url/invalid  http://[10: 1 page, at a.md:10:7\n" in text
    assert "url/invalid  http://[11: 1 page, at a.md:11:7\n" in text


def test_a_page_that_is_wrong_as_a_whole_is_named_once(report: Report) -> None:
    assert "note    mirror/orphan  lonely.md:1:1\n        no other page refers to it\n" in shown(report, View())


@pytest.mark.parametrize(("level", "targets"), [(Level.ERROR, 60), (Level.WARNING, 50), (Level.NOTE, 50)])
def test_errors_are_all_shown_and_what_is_held_back_of_the_rest_is_counted(
    level: Level, targets: int, report: Report
) -> None:
    many = [replace(report.findings[0], level=level, rule="mirror/leak", target=f"leak{n}") for n in range(60)]
    report = replace(report, findings=tuple(many))

    text = shown(report, View())

    assert len(re.findall("^ *[a-z]+ +mirror/leak  leak", text, re.MULTILINE)) == targets
    assert ("mirror/leak  … and 10 more targets (-v shows all)" in text) is (targets == 50)
    assert len(set(re.findall(r"leak\d+", shown(report, View(verbose=True))))) == 60


def test_notes_are_few_and_counted_beside_what_is_worse(report: Report) -> None:
    error = replace(report.findings[0], level=Level.ERROR)
    notes = [replace(error, level=Level.NOTE, rule="mirror/orphan", target=f"lost{n}") for n in range(60)]
    report = replace(report, findings=(error, *notes))

    assert len(set(re.findall(r"lost\d+", shown(report, View())))) == 3
    assert "mirror/orphan  … and 57 more targets (-v shows all)" in shown(report, View())
    assert len(set(re.findall(r"lost\d+", shown(report, View(verbose=True))))) == 60


def test_what_was_not_checked_is_said_with_its_reasons(report: Report) -> None:
    assert "not checked: 57 targets: 50 offline; 6 not a web address" in shown(report, View())


def test_an_interrupted_run_says_so(report: Report) -> None:
    assert "interrupted: this is what was learnt until then" in shown(report, View())


def test_a_clean_run_says_what_it_looked_at(clean_report: Report) -> None:
    text = shown(clean_report, View())

    assert "3 pages, 4 references" in text
    assert "nothing is broken in what was checked" in text
    assert shown(clean_report, View(quiet=True)) == ""


def test_a_quiet_run_that_was_interrupted_still_says_so(clean_report: Report) -> None:
    assert "interrupted" in shown(replace(clean_report, complete=False), View(quiet=True))


@pytest.mark.parametrize("view", [View(), View(by="page"), View(verbose=True)])
def test_no_control_of_a_name_reaches_the_terminal(view: View, report: Report) -> None:
    text = shown(report, view)

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", text)
    assert "\\x1b]0;owned\\x07" in text
    assert "\\u202egnp.exe" in text
    assert "\\xd6\\xd0.html" in text


def test_with_links_the_only_escapes_are_our_own(report: Report) -> None:
    text = shown(report, View(color=True, links=True))

    assert "\x1b[31;1merror\x1b[0m" in text
    assert "\x1b]8;;file:///srv/mirror/%D6%D0.html-h7h\x1b\\" in text
    assert "\x1b" not in re.sub("\x1b\\]8;;(?:file://[\\w/.%~-]*)?\x1b\\\\|\x1b\\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("root", "link"),
    [
        ("/srv/my mirror#1", "file:///srv/my%20mirror%231/lonely.md"),
        ("/", "file:///lonely.md"),
        ("/srv/\udcd6", "file:///srv/%D6/lonely.md"),
    ],
    ids=["space and hash", "root", "not UTF-8"],
)
def test_links_are_addresses_of_files(root: str, link: str, report: Report) -> None:
    assert f"\x1b]8;;{link}\x1b\\lonely.md:1:1\x1b]8;;\x1b\\" in shown(replace(report, root=root), View(links=True))


def test_a_mirror_that_is_no_folder_has_no_links(report: Report) -> None:
    assert "\x1b" not in shown(replace(report, root=""), View(links=True))


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("pages/中文 é 👩‍👧.md", "pages/中文 é 👩‍👧.md"),
        ("a\tb\r\n", "a\\x09b\\x0d\\x0a"),
        ("\x1b[2J\x00\x7f", "\\x1b[2J\\x00\\x7f"),
        ("\x9b31m\x9d8;;\x85", "\\x9b31m\\x9d8;;\\x85"),
        ("\u202e\u2066\u200f\u061c", "\\u202e\\u2066\\u200f\\u061c"),
        ("\u2028\u2029\ufeff\u200b", "\\u2028\\u2029\\ufeff\\u200b"),
        ("\udc80\udcff", "\\x80\\xff"),
        ("\ud800\udc7f", "\\ud800\\udc7f"),
        ("\U000e0041", "\\U000e0041"),
    ],
    ids=[
        "plain",
        "white space",
        "C0",
        "C1",
        "direction",
        "separators and what is invisible",
        "bytes",
        "surrogates",
        "tags",
    ],
)
def test_what_a_terminal_would_act_on_is_shown(text: str, harmless: str) -> None:
    assert clean(text) == harmless
