"""What reports call a reference is what stands in the file; what a finding is known by from run to run is older."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = "# fünf äpfel\n\n[1](#fünf-Äpfel) [2](<weg ä.md>) [3](#f%C3%BCnf)\n\n[4][four]\n\n[four]: https://u:pw@[/ü\n"
SHOWN = ["#fünf-Äpfel", "weg ä.md", "#f%C3%BCnf", "https://***@[/ü"]


@pytest.fixture
def root(write: Callable[..., Path]) -> Path:
    return write({"a.md": PAGE, "README.md": "[a](a.md)"})


def reported(run: Callable[..., Any], root: Path, *options: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("check", root, "--offline", "--format", "json", *options).out)
    return result


def test_findings_and_the_list_of_all_references_say_what_stands_in_the_file(
    run: Callable[..., Any], root: Path
) -> None:
    report = reported(run, root, "--no-history", "--all")

    assert [found["reference"] for found in report["findings"]] == SHOWN
    assert {row["reference"] for row in report["references"]} == {*SHOWN, "a.md"}


def test_one_page_is_told_alike(run: Callable[..., Any], root: Path) -> None:
    report = json.loads(run("page", root / "a.md", "--offline", "--format", "json").out)

    assert {found["reference"] for found in report["findings"]} == set(SHOWN)


def test_a_page_in_another_encoding_is_told_in_letters(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    root = write({"a.md": "[一](不在.md)，中文的一页，有许多字。".encode("gb18030")})

    assert "不在.md" in [found["reference"] for found in reported(run, root, "--no-history")["findings"]]


@pytest.mark.parametrize(
    "name", ["csv", "github", "gitlab", "html", "json", "jsonl", "junit", "markdown", "sarif", "terminal"]
)
def test_every_report_names_the_reference_so(run: Callable[..., Any], root: Path, name: str) -> None:
    out = run("check", root, "--offline", "--no-history", "--format", name).out

    assert any(spelling in out for spelling in ("weg ä.md", r"weg \u00e4.md"))
    assert "weg%20" not in out


def test_explain_takes_both_spellings(run: Callable[..., Any], root: Path) -> None:
    for spelling in ("#fünf-Äpfel", "#f%C3%BCnf-%C3%84pfel"):
        lines = run("explain", root / "a.md", spelling).out.splitlines()

        assert "reference  '#fünf-Äpfel' (link)" in lines
        assert "  rendered '#f%C3%BCnf-%C3%84pfel'" in lines
    assert "pw" not in run("explain", root / "a.md").out


def test_a_finding_is_known_by_what_it_was_known_by(run: Callable[..., Any], root: Path, tmp_path: Path) -> None:
    """A history and a baseline that were written before reports told the author's spelling."""
    history, baseline = tmp_path / "history.db", tmp_path / "baseline.toml"
    reported(run, root, "--history", history)
    with sqlite3.connect(history) as db:
        bodies = [
            (json.dumps(json.loads(body)[:14]), finding)
            for finding, body in db.execute("SELECT finding, body FROM span")
        ]
        db.executemany("UPDATE span SET body = ? WHERE finding = ?", bodies)
    run("baseline", "write", root, "--offline", "--baseline", baseline)
    text = baseline.read_text("utf-8")

    report = reported(run, root, "--history", history, "--baseline", baseline)

    assert '"local/wrong-case #f%C3%BCnf-%C3%84pfel" = 1' in text
    assert report["fixed"] == []
    assert {found["state"] for found in report["findings"]} == {"known"}
    assert report["totals"]["baselined"] == len(SHOWN)


def test_the_name_of_a_wiki_page_is_told_with_its_blanks(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    text = "[[Oil Lamp]] [a](Oil-Lamp) [[lost|Lost Lamp]]\n"
    root = write({"Home.md": text, "Oil-Lamp.md": "# Oil\n"})

    report = reported(run, root, "--no-history", "--all", "--published", "https://github.com/ann/lamps/wiki")

    assert {row["reference"] for row in report["references"]} == {"Lost Lamp", "Oil Lamp", "Oil-Lamp"}
    assert [found["reference"] for found in report["findings"]] == ["Lost Lamp"]
