"""Tiny mirrors, one folder a rule: what is expected stands on the faulty line, as `expect: RULE…` in a comment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.rules import RULES, Scope

SITES = Path(__file__).parent / "sites"
FOLDERS = sorted(folder for folder in SITES.glob("*/*") if folder.is_dir())
EXPECT = re.compile(r"expect: ([a-z/ -]+?) *(?:-->|\*/)")

# Findings on files in which no comment can stand.
MUTE = {
    "local/bad-symlink": [
        ("dangling.html", 1, "local/bad-symlink"),
        ("loop.html", 1, "local/bad-symlink"),
        ("outside.html", 1, "local/bad-symlink"),
    ],
    "local/empty": [(name, 1, "local/empty") for name in ("book.pdf", "frame.html", "page.html", "wiki/Lamp")],
    "mirror/duplicate": [("copies/lamp.html", 1, "mirror/duplicate")],  # files that hold the same hold the same mark
}
# Rules whose fault a repository cannot hold, and the test that makes it. Those of remote/ have the lab.
MADE = {
    "local/unreadable": "runs/test_hostile_folders.py",
    "local/untracked": "runs/test_git_mirrors.py",
    "asset/rotten": "checker/verify/fixity/test_committed.py",
    "asset/changed": "checker/verify/fixity/test_committed.py",
    "asset/placeholder": "runs/test_assets.py",
    "mirror/not-live": "runs/test_runs.py",
    "mirror/not-here": "runs/test_runs.py",
}
OF_REFERENCES = {Scope.REFERENCE, Scope.TARGET, Scope.HOST}  # what a finding on a reference can be about


def expected(folder: Path) -> Counter[tuple[str, int, str]]:
    """(page, line, rule) of each mark in a folder's files."""
    marks: Counter[tuple[str, int, str]] = Counter(MUTE.get(folder.relative_to(SITES).as_posix(), []))
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n"), 1):
                for match in EXPECT.finditer(line):
                    marks.update((path.relative_to(folder).as_posix(), number, rule) for rule in match[1].split())
    return marks


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.relative_to(SITES).as_posix() for folder in FOLDERS])
def test_a_site_breaks_its_rule_where_it_is_marked_and_nowhere_else(folder: Path, run: Callable[..., Any]) -> None:
    config = folder / "config.toml"
    source = ["--config", config] if config.exists() else [folder]

    result = run("check", *source, "--offline", "--no-history", "--format", "json", "--fail-on", "note")

    found = Counter((finding["page"], finding["line"], finding["rule"]) for finding in result.report["findings"])
    assert found == expected(folder)
    assert result.code == 1
    for finding in result.report["findings"]:
        assert (finding["role"] is not None) == (RULES[finding["rule"]].scope in OF_REFERENCES)


def test_every_rule_has_a_site() -> None:
    local = {name for name, rule in RULES.items() if rule.family != "remote"}
    assert {folder.relative_to(SITES).as_posix() for folder in FOLDERS} | MADE.keys() == local


@pytest.mark.parametrize("rule", MADE)
def test_the_test_of_a_rule_without_a_site_names_it(rule: str) -> None:
    assert f'"{rule}"' in (SITES.parent / MADE[rule]).read_text("utf-8")
