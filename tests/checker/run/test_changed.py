"""`--changed-since`: what a change touched, and what refers to what it took away; nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGES = {
    "README.md": "# Home\n\n[one](pages/one.md) [gone already](pages/never.md)\n",
    "pages/one.md": "# One\n\n## First part\n\n## Second part\n\n![dot](dot.svg)\n",
    "pages/two.md": "[first](one.md#first-part) [second](one.md#second-part) [folder](../more/)\n",
    "pages/three.md": "[also](one.md) ![dot](dot.svg)\n",
    "pages/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "more/alone.md": "# Alone\n\n[elsewhere](https://known.test/page)\n",
}


def git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=Keeper", "-c", "user.email=keeper@example.test", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    root = tmp_path / "mirror"
    for name, text in PAGES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


def found(run: Callable[..., Any], root: Path, *options: str) -> list[tuple[str, str, str]]:
    done = run("check", root, "--format", "json", "--offline", "--ignore", "mirror/orphan", *options)
    assert done.code in {0, 1}, done.err
    return [(finding["page"], finding["rule"], finding["target"]) for finding in json.loads(done.out)["findings"]]


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


MISSING, FRAGMENT = "local/missing-file", "local/missing-fragment"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _root: None, []),
        (
            lambda root: (root / "pages/one.md").rename(root / "pages/first.md"),
            [
                ("README.md", MISSING, "pages/one.md"),
                ("pages/three.md", MISSING, "pages/one.md"),
                ("pages/two.md", MISSING, "pages/one.md#first-part"),
                ("pages/two.md", MISSING, "pages/one.md#second-part"),
            ],
        ),
        (
            lambda root: edit(root, "pages/one.md", "## Second part", "## Last part"),
            [("pages/two.md", FRAGMENT, "pages/one.md#second-part")],
        ),
        (
            lambda root: edit(root, "README.md", "# Home", "# At home"),
            [("README.md", MISSING, "pages/never.md")],
        ),
        (
            lambda root: (root / "pages/new.md").write_text("[x](nowhere.md)\n"),
            [("pages/new.md", MISSING, "pages/nowhere.md")],
        ),
        (lambda root: shutil.rmtree(root / "more"), [("pages/two.md", MISSING, "more/")]),
        (
            lambda root: (root / "pages/dot.svg").write_text(""),
            [("pages/one.md", "asset/empty", "pages/dot.svg"), ("pages/three.md", "asset/empty", "pages/dot.svg")],
        ),
    ],
    ids=[
        "nothing",
        "a page moved",
        "an id went",
        "a page was edited",
        "a page came",
        "a folder went",
        "an image broke",
    ],
)
def test_only_what_a_change_can_have_broken_is_reported(
    run: Callable[..., Any], mirror: Path, change: Callable[[Path], object], expected: list[tuple[str, str, str]]
) -> None:
    change(mirror)

    assert found(run, mirror, "--changed-since", "HEAD") == expected


def test_a_branch_is_compared_with_where_it_began(run: Callable[..., Any], mirror: Path) -> None:
    git(mirror, "checkout", "-qb", "work")
    (mirror / "pages/new.md").write_text("[x](nowhere.md)\n")
    git(mirror, "add", "-A")
    git(mirror, "commit", "-qm", "new")
    git(mirror, "checkout", "-q", "main")
    edit(mirror, "README.md", "# Home", "# Main")
    git(mirror, "commit", "-qam", "meanwhile")
    git(mirror, "checkout", "-q", "work")

    assert found(run, mirror, "--changed-since", "main") == [("pages/new.md", MISSING, "pages/nowhere.md")]


def test_what_the_repository_would_have_executed_is_not(run: Callable[..., Any], mirror: Path, tmp_path: Path) -> None:
    (mirror / ".gitattributes").write_text("*.md filter=planted diff=planted\n")
    git(mirror, "add", "-A")
    git(mirror, "commit", "-qm", "attributes")
    for setting in ("filter.planted.clean", "diff.planted.textconv", "diff.planted.command", "core.fsmonitor"):
        git(mirror, "config", setting, f"touch {tmp_path}/executed; cat")
    edit(mirror, "README.md", "# Home", "# At home")

    assert found(run, mirror, "--changed-since", "HEAD") == [("README.md", MISSING, "pages/never.md")]
    assert not (tmp_path / "executed").exists()


def test_a_file_that_was_only_touched_is_no_change(run: Callable[..., Any], mirror: Path) -> None:
    (mirror / "README.md").touch()

    assert found(run, mirror, "--changed-since", "HEAD") == []


def test_what_is_staged_counts(run: Callable[..., Any], mirror: Path) -> None:
    git(mirror, "rm", "-q", "pages/one.md")
    (mirror / "pages/new.md").write_text("[x](nowhere.md)\n")
    git(mirror, "add", "-A")

    pages = [page for page, _, _ in found(run, mirror, "--changed-since", "HEAD")]
    assert pages == ["README.md", "pages/new.md", "pages/three.md", "pages/two.md", "pages/two.md"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--changed-since", "no-such-branch"], "does not have 'no-such-branch'"),
        (["--changed-since", "--output=x"], "does not have '--output=x'"),
        (["--changed-since", "HEAD", "--all"], "cannot be used with --all"),
    ],
)
def test_what_cannot_be_compared_is_said(
    run: Callable[..., Any], mirror: Path, options: list[str], complaint: str
) -> None:
    done = run("check", mirror, "--offline", *options)

    assert done.code == 2
    assert complaint in done.err
    assert "Traceback" not in done.err


def test_without_git_it_says_so(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")

    done = run("check", tmp_path, "--offline", "--changed-since", "HEAD")

    assert done.code == 2
    assert "needs a git repository" in done.err


def test_pages_that_a_change_does_not_concern_are_not_left_unread(mirror: Path, run: Callable[..., Any]) -> None:
    options = ("check", mirror, "--offline", "--format", "json", "--history", mirror.parent / "h.sqlite")
    run(*options)  # and remember its pages
    edit(mirror, "README.md", "# ", "# A ")

    report = run(*options, "--changed-since", "HEAD", "--time-limit", "1h").report

    assert report["complete"]
    assert not [reason for reason in report["totals"]["unchecked"] if reason.startswith("not read")]
