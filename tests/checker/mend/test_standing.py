"""Where a suggestion can be written in the place of its reference, by anyone who knows the line and the column."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checker.mend.standing import Standing
from checker.model import Finding, Grade, Level, Role

WRONG = Finding(
    "local/wrong-case", Level.ERROR, "a.md", 2, 4, "", Role.LINK, "B.md", "b.md", suggestion="b.md", grade=Grade.CERTAIN
)


@pytest.mark.parametrize(
    ("text", "changed", "expected"),
    [
        pytest.param("\n[x](B.md)", {"column": 5}, True, id="as it is"),
        pytest.param("\r\né](B.md)", {}, True, id="columns are code points"),
        pytest.param("\n[x](b.md)", {"column": 5}, False, id="changed since"),
        pytest.param("\n[](B.md)", {"line": 9}, False, id="shorter since"),
        pytest.param("\n[](B&#46;md)", {}, False, id="spelt otherwise"),
        pytest.param("\n[](B.md)", {"grade": Grade.LIKELY}, False, id="only likely"),
        pytest.param("\n[](B.md)", {"suggestion": "b(1).md"}, False, id="would need an escape"),
        pytest.param("\n[](B.md)", {"suggestion": None}, False, id="no suggestion"),
        pytest.param("\n[](B.md)", {"page": "../a.md"}, False, id="in another mirror"),
        pytest.param("\n[](B.md)", {"page": "gone.md"}, False, id="no file"),
        pytest.param("\n   B.md。x", {"rule": "url/swallowed-punctuation"}, False, id="text behind it"),
    ],
)
def test_a_suggestion_stands_for_what_is_there(
    text: str, changed: dict[str, Any], expected: bool, write: Callable[..., Path]
) -> None:
    root = write({"a.md": text})

    assert Standing(str(root))(replace(WRONG, **changed)) is expected


def test_where_there_is_no_folder_nothing_stands() -> None:
    assert not Standing("")(WRONG)


def test_a_report_that_is_applied_leaves_nothing_to_mend(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    page = "<!DOCTYPE html>\n<p>ü <a href=\"B.html\">x</a> <img src='I.png'>\n<a href=B.html#x>y</a>"
    root = write({"index.html": page, "b.html": "<p id=x>", "i.png": b""})

    run("check", root, "--offline", "--format", f"sarif={root / 'r.sarif'}")
    (found,) = json.loads((root / "r.sarif").read_text("utf-8"))["runs"]
    lines = page.split("\n")
    for result in reversed(found["results"]):
        for fix in result.get("fixes", ()):
            [change] = fix["artifactChanges"][0]["replacements"]
            place, line = change["deletedRegion"], change["deletedRegion"]["startLine"] - 1
            text = lines[line]
            start, end = place["startColumn"] - 1, place["endColumn"] - 1
            lines[line] = text[:start] + change["insertedContent"]["text"] + text[end:]

    assert "\n".join(lines) == page.replace("B.html", "b.html").replace("I.png", "i.png")
