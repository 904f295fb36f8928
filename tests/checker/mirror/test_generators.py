"""The sites that are found in a repository, and what is read of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

MADE = {".vitepress/config.ts": "export default {}", "index.md": "# A\n"}


def check(run: Callable[..., Any], root: Path) -> list[tuple[str, str]]:
    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
    return [(each["page"], each["rule"]) for each in report["findings"] if each["verdict"] == "broken"]


def test_html_of_tests_and_examples_is_read_by_nobody(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    app = '<script src="/src/main.ts"></script>\n'
    others = {
        "playground/app/index.html": app,
        "create/template-lit/index.html": app,
        "tests/fixtures/a.css": "@import 'b';",
    }

    site = write(
        {**{f"docs/{name}": text for name, text in MADE.items()}, **others, "examples/README.md": "[a](a.md)\n"}
    )

    assert check(run, site) == [("examples/README.md", "local/missing-file")]


def test_html_elsewhere_and_html_of_no_site_is_read_as_before(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    assert check(run, write({"playground/index.html": '<a href="a.html">a</a>\n'})) == [
        ("playground/index.html", "local/missing-file")
    ]
