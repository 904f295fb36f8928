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


DAMAGED = {
    "pages/none.md": "",
    "pages/none.pdf": "",
    "pages/login.pdf": "<!doctype html><title>Sign in</title><form>",
    "pages/cut.html": "<p>x</p><script>var",
    "pages/packed.html": "\x1f\x8b\x08\x00\x00",
    "pages/free.md": "",
}
OLD = "[d](none.md) [e](none.pdf) [f](login.pdf) [g](cut.html) [h](packed.html)\n"
FOUND = [
    ("pages/cut.html", "local/truncated", "pages/cut.html"),
    ("pages/login.pdf", "local/wrong-type", "pages/login.pdf"),
    ("pages/none.md", "local/empty", "pages/none.md"),
    ("pages/none.pdf", "local/empty", "pages/none.pdf"),
    ("pages/packed.html", "local/unreadable", "pages/packed.html"),
]


@pytest.fixture
def damaged(mirror: Path) -> Path:
    """A mirror in which a page has led to empty, cut and wrong files since long ago."""
    for name, text in {**DAMAGED, "pages/old.md": OLD}.items():
        (mirror / name).write_text(text)
    git(mirror, "add", "-A")
    git(mirror, "commit", "-qm", "damage")
    return mirror


@pytest.fixture(params=["without-cache", "with-cache"])
def since(request: pytest.FixtureRequest, damaged: Path, run: Callable[..., Any]) -> Callable[[], list[Any]]:
    history = ["--no-history"] if request.param == "without-cache" else ["--history", damaged.parent / "h.sqlite"]
    found(run, damaged, *history)

    def changed() -> list[Any]:
        first = found(run, damaged, *history, "--changed-since", "HEAD")
        assert found(run, damaged, *history, "--changed-since", "HEAD") == first
        return first

    return changed


def test_what_a_page_led_to_before_a_change_is_no_fault_of_it(damaged: Path, since: Callable[[], list[Any]]) -> None:
    edit(damaged, "pages/three.md", "[also]", "[again]")

    assert since() == []


def test_a_change_leads_to_files_that_are_empty_or_cut_or_no_downloads(
    damaged: Path, since: Callable[[], list[Any]]
) -> None:
    edit(damaged, "pages/three.md", "[also]", OLD + "[again]")

    assert since() == FOUND


def test_a_change_empties_and_replaces_what_pages_lead_to(damaged: Path, since: Callable[[], list[Any]]) -> None:
    (damaged / "pages" / "one.md").write_text("")
    (damaged / "pages" / "free.md").write_text("# Alone")
    (damaged / "pages" / "login.pdf").write_text("<!doctype html><title>Please sign in</title><form>")

    assert [each for each in since() if each[1] != FRAGMENT] == [
        ("pages/login.pdf", "local/wrong-type", "pages/login.pdf"),
        ("pages/one.md", "local/empty", "pages/one.md"),
    ]


def test_a_page_alone_tells_what_it_leads_to_and_that_it_is_empty_itself(
    damaged: Path, run: Callable[..., Any]
) -> None:
    def told(page: str) -> list[tuple[str, str]]:
        report = json.loads(run("page", damaged / page, "--format", "json", "--offline").out)
        return [(finding["page"], finding["rule"]) for finding in report["findings"]]

    assert told("pages/old.md") == [each[:2] for each in FOUND if each[1] in {"local/empty", "local/wrong-type"}]
    assert told("pages/free.md") == [("pages/free.md", "local/empty")]
    assert told("pages/cut.html") == [("pages/cut.html", "local/truncated")]
    assert told("pages/three.md") == []
