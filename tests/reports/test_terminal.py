"""The terminal: grouped as asked, as loud on what was not checked, and deaf to hostile names."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from syrupy.assertion import SnapshotAssertion

import reports
from checker.model import Report
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
    first = shown(report, View()).splitlines()

    assert first[0] == "error   local/missing-file  x.png  7 pages"
    assert first[2] == "        at pages/1.md:1:1  ../x.png"
    assert first[5].strip() == "… and 4 more (-v shows all)"
    assert first[6].strip() == "did you mean ../y.png"


def test_what_was_not_checked_is_said_with_its_reasons(report: Report) -> None:
    assert "not checked: 57 targets: 50 offline; 6 not a web address" in shown(report, View())


def test_an_interrupted_run_says_so(report: Report) -> None:
    assert "interrupted: this is what was learnt until then" in shown(report, View())


def test_a_clean_run_says_what_it_looked_at(clean_report: Report) -> None:
    text = shown(clean_report, View())

    assert "3 pages, 4 references" in text
    assert "nothing is broken in what was checked" in text
    assert shown(clean_report, View(quiet=True)) == ""


@pytest.mark.parametrize("view", [View(), View(by="page"), View(verbose=True)])
def test_no_control_of_a_name_reaches_the_terminal(view: View, report: Report) -> None:
    text = shown(report, view)

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", text)
    assert "\\x1b]0;owned\\x07" in text
    assert "\\u202egnp.exe" in text
    assert "\\xd6\\xd0.html" in text


def test_with_links_the_only_escapes_are_our_own(report: Report) -> None:
    text = shown(report, View(color=True, links=True))

    assert set(re.findall("\x1b(?:\\][^\x1b]*\x1b\\\\|\\[[0-9;]*m|.)", text)) >= {"\x1b[0m"}
    assert not re.sub("\x1b\\]8;;(?:file://[\\w/.%~-]*)?\x1b\\\\|\x1b\\[[0-9;]*m", "", text).count("\x1b")
    assert "file:///srv/mirror/%D6%D0.html" in text


def test_plain_text_stays_as_it_is() -> None:
    assert clean("pages/中文 é.md") == "pages/中文 é.md"
