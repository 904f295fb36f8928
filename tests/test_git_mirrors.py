"""Mirrors that are clones: their remote tells their addresses, and git what is on other branches."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs("git")

GITHUB = "https://github.com/example-owner/mirror.git"
BLOB = "https://github.com/example-owner/mirror/blob"
RAW = "https://raw.githubusercontent.com/example-owner/mirror"
CDN = "https://cdn.jsdelivr.net/gh/example-owner/mirror"


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """git as on a machine that nobody has configured."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Keeper")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "keeper@example.test")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def clone(folder: Path, remote: str = GITHUB, branch: str = "main") -> Path:
    """Make a folder a clone: all its files committed on a branch, with a remote."""
    git(folder, "init", "-q", "-b", branch)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")
    git(folder, "remote", "add", "origin", remote)
    return folder


def wrong(result: Any) -> list[tuple[str, str]]:
    assert result.code in {0, 1}, result.err
    return sorted((f["rule"], f["reference"]) for f in result.report["findings"] if f["rule"] != "mirror/orphan")


def links(*references: str) -> str:
    return "".join(f"[x]({reference})\n\n" for reference in references)


Check = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def check(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a folder offline, from elsewhere; the rules and references that are wrong."""

    def checked(root: Path, *options: str) -> list[tuple[str, str]]:
        monkeypatch.chdir(root.parent)
        return wrong(run("check", root, "--offline", "--format", "json", *options))

    return checked


def test_a_clone_knows_its_addresses_by_its_remote(write: Callable[..., Path], check: Check) -> None:
    good = (
        f"{BLOB}/main/a/b.md#part",
        f"{RAW}/main/a/b.md",
        f"{CDN}@main/a/b.md",
        f"{CDN}/a/b.md",
        "../mirror/tree/main/a",
    )
    bad = (f"{BLOB}/main/gone.md", f"{RAW}/main/a/gone.md", f"{CDN}@main/gone.png", f"{BLOB}/main/a/b.md#gone")
    root = clone(write({"README.md": links(*good[:-1], *bad), "a/b.md": "# Part\n\n[up](../README.md)\n"}))

    assert check(root) == sorted(
        ("local/missing-fragment" if "#" in reference else "local/missing-file", reference) for reference in bad
    )


@pytest.mark.parametrize(
    "remote", ["git@github.com:example-owner/mirror.git", "ssh://git@github.com/example-owner/mirror"]
)
def test_every_spelling_of_a_remote_is_understood(remote: str, write: Callable[..., Path], check: Check) -> None:
    root = clone(write({"README.md": links(f"{BLOB}/main/gone.md", f"{BLOB}/main/README.md")}), remote)

    assert check(root) == [("local/missing-file", f"{BLOB}/main/gone.md")]


def test_a_branch_may_have_slashes(write: Callable[..., Path], check: Check) -> None:
    good, bad = f"{BLOB}/release/2.0/README.md", f"{BLOB}/release/2.0/gone.md"
    root = clone(write({"README.md": links(good, bad)}), branch="release/2.0")

    assert check(root) == [("local/missing-file", bad)]


def test_git_tells_what_is_on_another_branch(write: Callable[..., Path], check: Check) -> None:
    root = clone(write({"old.md": "", "README.md": ""}), branch="archive")
    git(root, "checkout", "-q", "-b", "main")
    (root / "old.md").unlink()
    good, bad = f"{BLOB}/archive/old.md", f"{BLOB}/archive/never.md"
    unknown = f"{BLOB}/of-somebody-else/x.md"
    (root / "README.md").write_text(links(good, bad, unknown))
    git(root, "commit", "-q", "-a", "-m", "leave")

    assert check(root) == [("local/missing-file", bad)]


def test_a_detached_head_still_has_its_addresses(write: Callable[..., Path], check: Check) -> None:
    root = clone(write({"README.md": links(f"{BLOB}/main/gone.md", f"{BLOB}/main/README.md")}))
    git(root, "checkout", "-q", "--detach")

    assert check(root) == [("local/missing-file", f"{BLOB}/main/gone.md")]


def test_a_mirror_may_be_a_folder_of_its_repository(write: Callable[..., Path], check: Check) -> None:
    page = links("../LICENSE.md", "../../../issues", f"{BLOB}/main/docs/gone.md", f"{BLOB}/main/docs/a.md", "a.md")
    root = clone(write({"LICENSE.md": "", "docs/index.md": page, "docs/a.md": ""}))

    assert check(root / "docs") == [("local/missing-file", f"{BLOB}/main/docs/gone.md")]


def test_a_sibling_repository_is_checked_where_it_is_mapped(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    basic = write({"README.md": "# Basics\n"}, "basic")
    page = links("../../../basic/blob/main/README.md#basics", "../../../basic/blob/main/gone.md")
    config = f'[[mirror.address]]\nurl = "https://github.com/example-owner/basic/blob/main/"\nfolder = "{basic}"\n'
    root = clone(write({"README.md": page, "config.toml": config}))
    monkeypatch.chdir(root)

    assert wrong(run("check", "--offline", "--format", "json")) == [
        ("local/missing-file", "../../../basic/blob/main/gone.md")
    ]


@pytest.mark.parametrize(
    ("remote", "forges", "reference", "rules"),
    [
        pytest.param(GITHUB, "", "../../../../other/blob/main/x.md", [], id="github-leaves"),
        pytest.param("https://gitlab.com/example-owner/mirror.git", "", "../../../../a.md", [], id="gitlab-clamps"),
        pytest.param("https://codeberg.org/example-owner/mirror.git", "", "../../../../a.md", [], id="forgejo-clamps"),
        pytest.param(
            "https://git.example.test/example-owner/mirror.git",
            '"git.example.test" = "gitea"',
            "https://git.example.test/example-owner/mirror/src/branch/main/gone.md",
            ["local/missing-file"],
            id="a-forge-of-ones-own",
        ),
    ],
)
def test_each_forge_resolves_in_its_own_way(
    remote: str,
    forges: str,
    reference: str,
    rules: list[str],
    write: Callable[..., Path],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = clone(
        write({"deep/er/x.md": links(reference), "a.md": "", "config.toml": f"[mirror.forges]\n{forges}\n"}), remote
    )
    monkeypatch.chdir(root)

    assert [rule for rule, _ in wrong(run("check", "--offline", "--format", "json"))] == rules


def test_without_git_a_clone_is_a_folder(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(write({"README.md": links("gone.md", "a.md", f"{BLOB}/main/gone.md"), "a.md": ""}))
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.chdir(root.parent)

    result = run("check", root, "--offline", "--format", "json")

    assert ("local/missing-file", "gone.md") in wrong(result)
    assert "Traceback" not in result.err
