"""A rule is called by its code, and by nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from checker.rules import RULES
from checker.rules.codes import Code

ROOT = Path(__file__).parents[3]


def texts() -> Iterator[tuple[str, int, str]]:
    """(file, line, value) of each text in the program, but for those that document it."""
    for path in sorted([*ROOT.glob("checker/**/*.py"), *ROOT.glob("reports/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.lineno, node.value


def test_every_code_has_a_row_in_the_table_and_every_row_a_code() -> None:
    assert list(RULES) == list(Code)
    assert [code.name for code in Code] == [code.upper().replace("/", "_").replace("-", "_") for code in Code]


def test_no_rule_is_named_by_a_text() -> None:
    named = [(file, line, text) for file, line, text in texts() if text in RULES and file != "codes.py"]

    assert named == []
