"""The documentation says what the code does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from checker import cli
from checker.config.options import ROWS
from checker.rules import RULES
from reports import FORMATS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def rules_page() -> str:
    """docs/rules.md as the table of rules has it."""
    lines = ["# Rules", "", "| rule | level | what is wrong |", "|---|---|---|"]
    lines += [
        f"| [`{rule.name}`](#{rule.name.replace('/', '')}) | {rule.level} | {rule.summary} |" for rule in RULES.values()
    ]
    for rule in RULES.values():
        lines += ["", f"## {rule.name}", "", f"{rule.level.capitalize()}, verdict `{rule.verdict}`. {rule.summary}", ""]
        lines += [f"{rule.why}", "", f"{rule.mend}"]
    return "\n".join(lines) + "\n"


def usage_page() -> str:
    """docs/usage.md with each command's own help."""
    text = (DOCS / "usage.md").read_text("utf-8") if (DOCS / "usage.md").exists() else ""
    head = text.partition("## Commands")[0]
    parts = [head.rstrip(), "", "## Commands"]
    with cli.main.make_context("mirrorcheck", ["rules"], max_content_width=100, terminal_width=100) as parent:
        for name, command in _commands(cli.main):
            context = click.Context(command, parent, info_name=name, max_content_width=100, terminal_width=100)
            parts += ["", f"### {name}", "", "```text", command.get_help(context), "```"]
    return "\n".join(parts) + "\n"


def configuration_page() -> str:
    """docs/configuration.md with the options that lie over its keys."""
    head, title, rest = (DOCS / "configuration.md").read_text("utf-8").partition("## Options and keys\n")
    lines = ["| option | key | what becomes of the file's value |", "|---|---|---|"]
    for option in (row.option for row in ROWS.values() if row.option.over):
        table, key = option.over
        becomes = "the option adds to it" if option.adds else "the option replaces it"
        lines.append(f"| `{option.name}` | `[{table}] {key}` | {becomes} |")
    return "\n".join([f"{head}{title}", *lines, "", rest[rest.index("## ") :]])


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} ")
        else:
            yield above + name, command


@pytest.mark.parametrize(
    ("name", "made"), [("rules.md", rules_page), ("usage.md", usage_page), ("configuration.md", configuration_page)]
)
def test_a_page_that_is_made_from_the_code_is_up_to_date(name: str, made: Callable[[], str]) -> None:
    """`REWRITE_DOCS=1 pytest tests/test_docs.py` writes the pages anew."""
    if os.environ.get("REWRITE_DOCS"):
        (DOCS / name).write_text(made(), "utf-8")

    assert (DOCS / name).read_text("utf-8") == made()


def test_every_format_is_documented() -> None:
    text = (DOCS / "reports.md").read_text("utf-8")

    assert [name for name in FORMATS if not re.search(rf"\b{name}\b", text)] == []


def test_the_documentation_has_no_broken_reference(run: Callable[..., Any]) -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md", DOCS]

    result = run(
        "check",
        *pages,
        "--offline",
        "--format",
        "json",
        "--ignore",
        "mirror/orphan",
        "--published",
        "https://mirror.example/",
    )

    assert [(f["page"], f["line"], f["reference"], f["rule"]) for f in result.report["findings"]] == []


def test_the_documentation_names_no_place_of_one_machine() -> None:
    for path in (*ROOT.glob("*.md"), *DOCS.glob("*.md")):
        assert not re.search(r"(?<![\w.])/(?:home|root|work|tmp)/\w", path.read_text("utf-8")), path.name
