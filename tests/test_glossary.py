"""The glossary and the page on troubleshooting know the words that reports use."""

from __future__ import annotations

import re
from pathlib import Path

from checker.model import Level, State, Unchecked, Verdict
from checker.rules import RULES

DOCS = Path(__file__).parents[1] / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text("utf-8")
WORDS = re.findall(r"^- \*\*(.+?)\*\*:", GLOSSARY, re.MULTILINE)


def test_each_word_stands_once_and_in_its_place() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert sorted(WORDS, key=str.casefold) == WORDS


def test_every_verdict_state_and_level_and_family_is_explained() -> None:
    assert {*Verdict, *State} <= set(WORDS)
    assert [name for name in (*Level, *{rule.family for rule in RULES.values()}) if name not in GLOSSARY] == []


def test_every_reason_for_which_a_target_is_unchecked_has_its_advice() -> None:
    rows = re.findall(r"^\| `(.+?)` \|", (DOCS / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(Unchecked)


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")

    assert [path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"({path.name})" not in index] == []
