"""Files that hold the same, on request."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES: dict[str, str | bytes] = {
    "index.md": "# one\n",
    "a/one.bin": b"x" * 100_000,
    "b/two.bin": b"x" * 100_000,
    "b/other.bin": b"x" * 99_999 + b"y",
    "three.bin": b"x" * 100_000,
    "empty": b"",
    "void": b"",
}


@pytest.fixture
def found(run: Callable[..., Any]) -> Callable[..., list[tuple[str, str]]]:
    def find(root: Path, *arguments: str) -> list[tuple[str, str]]:
        config = root.parent / "config.toml"
        config.write_text('[mirror]\nroot = "mirror"\n[assets]\nduplicates = true\n')
        options = ("--config", config, "--offline", "--select", "mirror/duplicate", "--format", "json")
        report = run("check", *options, *arguments).report
        return [(each["page"], each["message"]) for each in report["findings"]]

    return find


def test_each_group_is_told_once_with_what_it_costs(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    assert found(write(FILES)) == [
        ("a/one.bin", "b/two.bin and 1 more hold the same bytes: 200,000 bytes could be saved")
    ]


def test_links_to_one_file_take_no_room(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({"index.md": "# one\n", "a.bin": b"x" * 1000})
    os.link(root / "a.bin", root / "b.bin")
    (root / "c.bin").symlink_to("a.bin")

    assert found(root) == []


def test_nobody_looks_for_copies_unasked(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    assert run("check", write(FILES), "--offline", "--fail-on", "note").code == 0


def test_a_run_on_some_pages_says_nothing_of_copies(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write(FILES)

    assert found(root, str(root / "a"), str(root / "index.md")) == []
