"""What `check` says of a folder beside the manifest of its files."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.config.schema import AssetsTable, Config
from checker.run import check
from checker.run.job import Job

SUMS = "SHA256SUMS"
FILES: dict[str, str | bytes] = {"index.md": "[a](sub/a.bin)\n", "sub/a.bin": b"\x00\x01" * 50, "sub/b.md": "b\n"}
NONE: list[tuple[str, int, str]] = []


def sums(files: dict[str, str | bytes], algorithm: str = "sha256") -> str:
    return "".join(
        f"{hashlib.new(algorithm, content.encode() if isinstance(content, str) else content).hexdigest()}  {name}\n"
        for name, content in files.items()
    )


@pytest.fixture
def found(run: Callable[..., Any]) -> Callable[..., list[tuple[str, int, str]]]:
    def find(*arguments: str | Path) -> list[tuple[str, int, str]]:
        result = run("check", *arguments, "--offline", "--format", "json", "--ignore", "mirror/orphan")
        return [(each["page"], each["line"], each["rule"]) for each in result.report["findings"]]

    return find


def test_a_folder_as_recorded_has_no_finding(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    assert found(write({**FILES, SUMS: sums(FILES)})) == NONE


def test_each_difference_is_found_once_and_where_it_is(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: sums({**FILES, "old.md": "new\n", "gone.md": "gone\n"}), "new.md": "new\n"})
    (root / "sub" / "b.md").write_text("B\n")
    (root / "extra.md").write_text("extra\n")

    assert found(root) == [
        (SUMS, 4, "fixity/renamed"),
        (SUMS, 5, "fixity/missing"),
        ("extra.md", 1, "fixity/added"),
        ("sub/b.md", 1, "fixity/changed"),
    ]


def test_a_rename_is_suggested_by_its_new_name(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: sums(FILES)})
    (root / "sub" / "b.md").rename(root / "美国.md")

    findings = run("check", root, "--offline", "--format", "json", "--select", "fixity").report["findings"]

    assert [(each["target"], each["suggestion"]) for each in findings] == [("sub/b.md", "美国.md")]


@pytest.mark.parametrize("copies", [1, 2], ids=["as-many", "fewer"])
def test_files_that_hold_the_same_are_renamed_one_for_one(
    copies: int, write: Callable[..., Path], found: Callable[..., Any]
) -> None:
    old = {f"old{number}.md": "same\n" for number in range(copies)}
    root = write({**FILES, SUMS: sums({**FILES, **old}), "new.md": "same\n"})

    rules = [rule for _, _, rule in found(root)]

    assert rules == ["fixity/renamed", "fixity/missing"][:copies]


def test_a_partial_run_compares_what_it_names(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: sums({**FILES, "gone.md": "gone\n"})})
    (root / "index.md").write_text("# changed\n")
    (root / "sub" / "b.md").write_text("# changed\n")
    (root / "config.toml").write_text("[mirror]\n")

    assert found("--config", root / "config.toml", root / "sub") == [("sub/b.md", 1, "fixity/changed")]


def test_a_manifest_of_downloads_misses_no_other_file(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: sums({"sub/a.bin": FILES["sub/a.bin"]})})
    config = root.parent / "config.toml"
    config.write_text(f'[mirror]\nroot = "mirror"\n[assets]\nmanifest = "{SUMS}"\n')

    assert found(root) == NONE
    assert [rule for _, _, rule in found("--config", config)] == ["fixity/added"] * 2


@pytest.mark.parametrize("arguments", [("--ignore", "fixity"), ("--select", "local")], ids=["ignored", "not-selected"])
def test_a_manifest_that_nobody_asks_for_is_not_read(
    arguments: tuple[str, ...], write: Callable[..., Path], found: Callable[..., Any]
) -> None:
    assert found(write({**FILES, SUMS: "no manifest"}), *arguments) == NONE


def test_a_manifest_is_turned_off_by_its_setting(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: "no manifest", "config.toml": '[assets]\nmanifest = ""\n'})

    assert found("--config", root / "config.toml", root) == NONE


def test_a_manifest_that_is_named_and_not_there_is_found(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, "config.toml": '[assets]\nmanifest = "SUMS"\n'})

    assert found("--config", root / "config.toml", root) == [("SUMS", 1, "fixity/invalid-manifest")]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_bag_is_compared_with_its_payload(
    algorithm: str, write: Callable[..., Path], found: Callable[..., Any]
) -> None:
    payload: dict[str, str | bytes] = {"data/index.md": "[b](b.md)\n", "data/b.md": "b\n", "data/c.md": "c\n"}
    root = write(
        {
            **payload,
            "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            f"manifest-{algorithm}.txt": sums({**payload, "data/100%25.md": "100\n"}, algorithm),
        }
    )
    (root / "data" / "b.md").write_text("B\n")
    (root / "data" / "new.md").write_text("new\n")

    assert found(root) == [
        ("data/b.md", 1, "fixity/changed"),
        ("data/new.md", 1, "fixity/added"),
        (f"manifest-{algorithm}.txt", 4, "fixity/missing"),
    ]


def test_a_page_can_silence_what_its_sum_says(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write({**FILES, SUMS: sums(FILES)})
    (root / "sub" / "b.md").write_text("<!-- mirrorcheck: ignore-file fixity/changed -->\n")

    assert found(root) == NONE


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_many_files_are_compared_in_worker_processes_too(
    jobs: str, write: Callable[..., Path], found: Callable[..., Any]
) -> None:
    files: dict[str, str | bytes] = {f"n{number}.md": f"# {number}\n" for number in range(600)}
    root = write({**files, SUMS: sums(files)})
    for number in (0, 300, 599):
        (root / f"n{number}.md").write_text("#\n")

    assert found(root, "--jobs", jobs) == [(f"n{number}.md", 1, "fixity/changed") for number in (0, 300, 599)]


def test_a_name_that_is_not_utf_8_is_compared(write: Callable[..., Path], found: Callable[..., Any]) -> None:
    root = write(FILES)
    (root / os.fsdecode(b"\xff.bin")).write_bytes(b"x")
    (root / SUMS).write_bytes(sums(FILES).encode() + hashlib.sha256(b"y").hexdigest().encode() + b"  \xff.bin\n")

    assert [rule for _, _, rule in found(root)] == ["fixity/changed"]


def test_a_run_that_remembers_pages_compares_them_all_the_same(write: Callable[..., Path], tmp_path: Path) -> None:
    """Files that come and go leave gaps in the numbers of the others."""
    files: dict[str, str | bytes] = {f"n{number}.md": f"# {number}\n" for number in range(20)}
    root = write({**files, SUMS: sums(files)})
    config = Config(assets=AssetsTable(duplicates=True))

    def found() -> set[tuple[str, str]]:
        report = asyncio.run(check.check(Job(config=config, source="mirror", cache=tmp_path / "kept"), root))
        return {(each.target, each.rule) for each in report.findings if each.rule != "mirror/orphan"}

    assert found() == set()
    for number in (1, 7):
        (root / f"n{number}.md").unlink()
    for name in ("a.md", "zz.md"):
        (root / name).write_text("new\n")
    differences = {("n1.md", "fixity/missing"), ("n7.md", "fixity/missing"), ("a.md", "mirror/duplicate")}
    differences |= {("a.md", "fixity/added"), ("zz.md", "fixity/added")}

    assert found() == differences
    assert found() == differences
