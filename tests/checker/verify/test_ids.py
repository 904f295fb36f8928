"""The ids of files, and the fragments that are no names of ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROUTES = ["#/a/", "#!a", "#!/a", "#?a", "#tab=a", "#/with space/"]


@pytest.mark.parametrize(
    ("page", "broken"),
    [
        ("<p id=b>x</p><script src=app.js></script>", False),
        ("<p id=b>x</p><SCRIPT>start()</SCRIPT>", False),
        ("<p id=b>x</p>", True),
        ('<p id=b>x</p><script type="application/ld+json">{}</script>', True),
        ("<p id=b>x</p><script-like></script-like>", True),
    ],
)
@pytest.mark.parametrize("itself", [False, True])
def test_a_route_is_read_by_a_program_of_its_page_if_that_has_one(
    page: str, broken: bool, itself: bool, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    links = "".join(f'<a href="{"" if itself else "app.html"}{route}">x</a>' for route in [*ROUTES, "#c", "#b"])
    files = {"app.html": page + links} if itself else {"app.html": page, "index.html": links}
    arguments = ("--offline", "--no-history", "--ignore", "asset", "--fail-on", "never", "--format", "json")
    report = run("check", write(files), *arguments).report
    found = {each["reference"].removeprefix("app.html") for each in report["findings"] if each["verdict"] == "broken"}

    assert found - {"app.js"} == {"#c", *(ROUTES if broken else ())}
    assert report["totals"]["unchecked"].get("for a script of its page (#/…, #!…, #a=b)", 0) == (0 if broken else 6)


def test_markdown_runs_no_program(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"README.md": "[x](a.md#/b)\n", "a.md": "# A\n\n<script>start()</script>\n"})
    report = run("check", root, "--offline", "--no-history", "--fail-on", "never", "--format", "json").report

    assert [each["reference"] for each in report["findings"] if each["verdict"] == "broken"] == ["a.md#/b"]
