"""What `fix` would write in the place of a reference is told as lines and columns, for those who apply it themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checker.extract import Options
from checker.mend.replacing import Replacing
from checker.model import Finding, Grade, Level, Replacement, Role

WRONG = Finding(
    "local/wrong-case", Level.ERROR, "a.md", 2, 5, "", Role.LINK, "B.md", "b.md", suggestion="b.md", grade=Grade.CERTAIN
)


@pytest.mark.parametrize(
    ("text", "changed", "expected"),
    [
        pytest.param("\n[x](B.md)", {}, (2, 5, 2, 9, "b.md"), id="as it is"),
        pytest.param("\r\n[é](B.md)", {}, (2, 5, 2, 9, "b.md"), id="columns are code points"),
        pytest.param("\n[x](b.md)", {}, None, id="changed since"),
        pytest.param("\n[](B.md)", {"line": 9}, None, id="shorter since"),
        pytest.param("\n[x](B&#46;md)", {}, (2, 5, 2, 13, "b&#46;md"), id="spelt otherwise"),
        pytest.param("\n[x](B\\.md)", {}, (2, 5, 2, 10, "b\\.md"), id="with an escape"),
        pytest.param("\n[x](B.md)", {"grade": Grade.LIKELY}, None, id="only likely"),
        pytest.param("\n[x](B.md)", {"suggestion": "b(1.md"}, (2, 5, 2, 9, "b\\(1.md"), id="needs an escape"),
        pytest.param("\n[x](B.md)", {"suggestion": "b.md?x&y"}, (2, 5, 2, 9, "b.md?x&y"), id="needs none"),
        pytest.param("\n[x](B.md)", {"suggestion": None}, None, id="no suggestion"),
        pytest.param("\n[x](B.md)", {"rule": "remote/moved"}, None, id="only if asked"),
        pytest.param("\n[x](B.md)", {"page": "../a.md"}, None, id="in another mirror"),
        pytest.param("\n[x](B.md)", {"page": "gone.md"}, None, id="no file"),
        pytest.param("\n    [l]\n\n[l]: B.md", {"column": 5}, None, id="in code"),
        pytest.param("\n... [l]\n\n[l]:\nB.md", {}, (5, 1, 5, 5, "b.md"), id="a definition"),
        pytest.param(
            "\nsee https://o.test/B.md。x",
            {
                "rule": "url/swallowed-punctuation",
                "role": Role.BARE,
                "reference": "https://o.test/B.md。x",
                "suggestion": "https://o.test/B.md",
            },
            (2, 5, 2, 26, "<https://o.test/B.md>。x"),
            id="text behind it",
        ),
        pytest.param(
            "\n[x](https://u:pw@o.test/B.md)",
            {"reference": "https://***@o.test/B.md", "suggestion": "https://***@o.test/b.md"},
            None,
            id="a login",
        ),
    ],
)
def test_a_page_is_read_for_what_would_be_written(
    text: str, changed: dict[str, Any], expected: tuple[int, int, int, int, str] | None, write: Callable[..., Path]
) -> None:
    root, wrong = write({"a.md": text.encode()}), replace(WRONG, **changed)

    told = Replacing(str(root), [wrong], Options())(wrong)

    assert told == (Replacement(*expected) if expected else None)


def test_where_there_is_no_folder_nothing_is_told() -> None:
    assert Replacing("", [WRONG], Options())(WRONG) is None


ESCAPED = {
    "index.html": (
        "<!DOCTYPE html>\n<meta charset=utf-8><p>ü <a href=\"B.html?x&amp;y\">x</a> <img src='I.png'>\n"
        "<a href=B.html#x>y</a>\n<p style=\"background: url(I\\.png?a&amp;b)\"><a href=' B&#46;html\n'>z</a>"
    ),
    "sub/a.md": "# ü\r\n\r\n[x](../B.html?a=1\\&b=2) [l], https://m.test/b.html，然后\r\n\r\n[l]: <../F(1\\>).html>\r\n",
    "sub/gbk.html": "<meta charset=gbk><p>中文<a href=../B.html>中文</a>",
    "feed.xml": "<rss><channel><item><description>&lt;a href=&quot;B.html?x&amp;amp;y&quot;&gt;</description></item>",
}


def test_a_report_that_is_applied_is_what_fix_writes(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    pages = {name: text.encode("gbk" if "gbk" in name else "utf-8") for name, text in ESCAPED.items()}
    root = write({**pages, "b.html": "<p id=x>", "i.png": b"", "f(1>).html": "<p>"})
    options = (root, "--offline", "--published", "https://m.test/", "--fail-on", "never")

    run("check", *options, "--no-history", "--format", f"sarif={root / 'r.sarif'}")
    (found,) = json.loads((root / "r.sarif").read_text("utf-8"))["runs"]
    lines = {name: data.decode("gbk" if "gbk" in name else "utf-8").split("\n") for name, data in pages.items()}
    edits: dict[str, set[tuple[int, int, int, int, str]]] = {}
    for result in found["results"]:
        for fix in result.get("fixes", ()):
            [change] = fix["artifactChanges"]
            [new] = change["replacements"]
            place = new["deletedRegion"]
            span = place["startLine"], place["startColumn"], place["endLine"], place["endColumn"]
            edits.setdefault(change["artifactLocation"]["uri"], set()).add((*span, new["insertedContent"]["text"]))
    for page, each in edits.items():
        for line, column, end_line, end_column, text in sorted(each, reverse=True):
            rest = lines[page][end_line - 1][end_column - 1 :]
            lines[page][line - 1 : end_line] = [lines[page][line - 1][: column - 1] + text + rest]
    (root / "r.sarif").unlink()
    run("fix", *options, "--write")

    assert edits.keys() == pages.keys()
    applied = {name: "\n".join(text).encode("gbk" if "gbk" in name else "utf-8") for name, text in lines.items()}
    written = {name: (root / name).read_bytes() for name in pages}
    assert applied == written
    assert all(written[name] != pages[name] for name in pages)
