"""Pages that a file or another program names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OFFLINE = ("--offline", "--no-history", "--ignore", "mirror", "--format", "json")


@pytest.fixture
def folder(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write(
        {
            "a.html": "<a href=gone-a>x</a><a href='d/b.html'>x</a>",
            "d/b.html": "<a href=gone-b>x</a>",
            "c d.html": "<a href=gone-c>x</a>",
            "e.py": "",
        }
    )
    monkeypatch.chdir(root)
    return root


def gone(result: Any) -> set[str]:
    return {finding["reference"] for finding in result.report["findings"]}


@pytest.mark.parametrize("text", ["d/b.html\nc d.html\n", "d/b.html\r\n\r\nc d.html", "e.py\0d/b.html\0c d.html\0"])
def test_the_pages_that_a_file_names_are_checked(text: str, folder: Path, run: Callable[..., Any]) -> None:
    (folder / "list.txt").write_bytes(text.encode())

    assert gone(run("check", "--files-from", "list.txt", *OFFLINE)) == {"gone-b", "gone-c"}
    assert gone(run("check", "a.html", "--files-from", "list.txt", *OFFLINE)) == {"gone-a", "gone-b", "gone-c"}


def test_the_names_may_come_from_another_program(folder: Path) -> None:
    command = [sys.executable, "-m", "checker", "check", "--files-from", "-", *OFFLINE]
    ended = subprocess.run(command, input=b"d\n", capture_output=True, cwd=folder, check=False)

    assert (b"gone-b" in ended.stdout, b"gone-a" in ended.stdout, ended.returncode) == (True, False, 1)


def test_a_list_without_pages_is_no_fault(folder: Path, run: Callable[..., Any]) -> None:
    (folder / "list.txt").write_text("e.py\n")
    result = run("check", "--files-from", "list.txt", *OFFLINE)

    assert (result.code, result.out) == (0, "")
    assert "list.txt names no page" in result.err


def test_a_list_of_pages_that_are_excluded_is_no_fault_either(folder: Path, run: Callable[..., Any]) -> None:
    (folder / "list.txt").write_text("d/b.html\n")
    (folder / "mirrorcheck.toml").write_text('[pages]\nexclude = ["d/"]\n')
    listed, named = run("check", "--files-from", "list.txt", *OFFLINE), run("check", "d/b.html", *OFFLINE)

    assert (listed.code, listed.out, named.code) == (0, "", 2)
    for result in (listed, named):
        assert "1 page is left out by the configuration ([pages] include, exclude)" in result.err


@pytest.mark.parametrize(
    ("text", "said"), [("lost.html\n", "lost.html: no such file"), (None, "list.txt: cannot be read")]
)
def test_a_name_of_nothing_is_an_error(text: str | None, said: str, folder: Path, run: Callable[..., Any]) -> None:
    if text is not None:
        (folder / "list.txt").write_text(text)
    result = run("check", "--files-from", "list.txt", *OFFLINE)

    assert result.code == 2
    assert said in result.err
