"""Tiny mirrors, one folder a rule: what is expected stands on the faulty line, as `expect: RULE…` in a comment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.rules import RULES

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
    "mirror/duplicate": [("copies/lamp.html", 1, "mirror/duplicate")],  # files that hold the same hold the same mark
}
# Rules whose fault a repository cannot hold, and the test that makes it.
MADE = {
    "local/unreadable": "tests/test_hostile_folders.py",
    "asset/rotten": "tests/test_rot.py",
    "asset/changed": "tests/test_rot.py",
}


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


def test_every_rule_has_a_site() -> None:
    lab = {"mirror/not-live", "mirror/not-here", "asset/placeholder"}  # and all of remote/: tests/runs
    local = {name for name, rule in RULES.items() if rule.family != "remote"} - lab
    assert {folder.relative_to(SITES).as_posix() for folder in FOLDERS} | MADE.keys() == local
