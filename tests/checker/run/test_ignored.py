"""What does not count: references by pattern, rules by level, pages that git is told to ignore."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OFFLINE = ("--offline", "--no-history", "--format", "json")


def broken(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(finding["page"], finding["reference"]) for finding in report["findings"]}


# --- references by pattern


def test_references_that_a_pattern_finds_do_not_count_and_are_counted_as_unchecked(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {
            "index.html": "<a href='/api/users'>1</a><a href='b.html#fn3'>2</a><a href='b.html#no'>3</a><a href='#fn1'>4</a>"
            "<img src='/api/x.png'><a href='/apiary'>5</a>",
            "b.html": "<a href=index.html>x</a>",
            "c.toml": "[references]\nignore = ['^/api/', '#fn\\d+$']\n",
        }
    )
    result = run("check", root, "--config", root / "c.toml", *OFFLINE)

    assert broken(result.report) == {("index.html", "b.html#no"), ("index.html", "/apiary")}
    assert result.report["totals"]["unchecked"] == {"ignored by [references] ignore": 4}


def test_a_page_that_only_an_ignored_reference_names_is_no_orphan(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {
            "index.html": "<a href='b.html#x'>2</a>",
            "b.html": "<a href=index.html>x</a>",
            "c.toml": "[references]\nignore = ['b']\n",
        }
    )
    result = run("check", root, "--config", root / "c.toml", *OFFLINE)

    assert result.report["findings"] == []


def test_a_pattern_that_is_none_is_an_error_that_names_its_line(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": "", "c.toml": "[references]\nignore = ['(']\n"})
    result = run("check", root, "--config", root / "c.toml", *OFFLINE)

    assert result.code == 2
    assert "c.toml:2: references.ignore: '(' is not a regular expression" in result.err


# --- levels


@pytest.mark.parametrize(
    ("level", "expected", "code"),
    [
        ('"local/missing-file" = "note"', {"local/missing-file": "note", "local/missing-fragment": "error"}, 1),
        ('"local" = "warning"', {"local/missing-file": "warning", "local/missing-fragment": "warning"}, 0),
        (
            '"local" = "note"\n"local/missing-file" = "error"',
            {"local/missing-file": "error", "local/missing-fragment": "note"},
            1,
        ),
    ],
    ids=["rule", "family", "rule-over-family"],
)
def test_a_rule_has_the_level_that_it_is_given(
    level: str, expected: dict[str, str], code: int, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": "<a href=gone.html>x</a><a href='#gone'>y</a>", "c.toml": f"[rules.level]\n{level}\n"})
    result = run("check", root, "--config", root / "c.toml", *OFFLINE)

    assert {finding["rule"]: finding["level"] for finding in result.report["findings"]} == expected
    assert result.code == code


def test_a_level_of_no_rule_is_an_error(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": "", "c.toml": "[rules.level]\n'local/missing' = 'note'\n"})
    result = run("check", root, "--config", root / "c.toml", *OFFLINE)

    assert result.code == 2
    assert "local/missing" in result.err


# --- what git ignores


@pytest.fixture
def clone(write: Callable[..., Path]) -> Path:
    root = write(
        {
            ".gitignore": "build/\n*.draft.html\n!kept.draft.html\n",
            "index.html": "<a href=kept.draft.html>x</a><a href=new.html>x</a>",
            "kept.draft.html": "<a href=gone-kept>x</a>",
            "added.draft.html": "<a href=gone-added>x</a>",
            "a.draft.html": "<a href=gone-a>x</a>",
            "new.html": "<a href=gone-new>x</a>",
            "build/b.html": "<a href=gone-b>x</a>",
        }
    )
    for command in (["init", "-q"], ["add", "index.html"], ["add", "-f", "added.draft.html"]):
        subprocess.run(["git", "-C", root, *command], check=True)
    return root


def gone(root: Path, run: Callable[..., Any], *more: str | Path) -> set[str]:
    report = run("check", *(more or (root,)), "--ignore", "mirror", *OFFLINE).report
    return {finding["reference"] for finding in report["findings"]}


@pytest.mark.needs("git")
def test_pages_that_git_ignores_are_not_read_and_those_it_holds_or_may_hold_are(
    clone: Path, run: Callable[..., Any]
) -> None:
    assert gone(clone, run) == {"gone-kept", "gone-added", "gone-new"}


@pytest.mark.needs("git")
def test_pages_that_git_ignores_are_read_where_that_is_wanted(clone: Path, run: Callable[..., Any]) -> None:
    (clone / "c.toml").write_text("[pages]\ngitignore = false\n")

    assert gone(clone, run, clone, "--config", clone / "c.toml") == {
        f"gone-{n}" for n in ("kept", "added", "new", "a", "b")
    }
    assert gone(clone, run, clone / "build") == {"gone-b"}
    assert gone(clone, run, clone / "a.draft.html") == {"gone-a"}


@pytest.mark.needs("git")
def test_the_page_cache_hears_of_a_gitignore_that_changed(clone: Path, run: Callable[..., Any]) -> None:
    def found() -> set[str]:
        arguments = (
            "check",
            clone,
            "--ignore",
            "mirror",
            "--offline",
            "--format",
            "json",
            "--history",
            clone / "h.sqlite",
        )
        return {finding["reference"] for finding in run(*arguments).report["findings"]}

    before = found()
    (clone / ".gitignore").write_text("new.html\n")

    assert found() == before - {"gone-new"} | {"gone-a", "gone-b"}
    assert found() == before - {"gone-new"} | {"gone-a", "gone-b"}
