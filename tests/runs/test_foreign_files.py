"""Repositories and archives that bring what lies where mirrorcheck writes: it writes into the mirror or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = '<!doctype html><a href="gone.html">g</a>'
PRECIOUS = "precious\n"
WRITTEN = (
    *("history.sqlite", "history.sqlite-wal", "history.sqlite-shm", "history.sqlite-journal", "history.sqlite.lock"),
    *("history.pages", ".gitignore", "health.html"),
)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *who, "-C", folder, *arguments], check=True, capture_output=True)


def cloned(root: Path) -> Path:
    """A clone of what a stranger committed."""
    git(root, "init", "--quiet")
    git(root, "add", "--force", "--all")
    git(root, "commit", "--quiet", "--message", "x")
    clone = root.with_name("clone")
    git(root.parent, "clone", "--quiet", os.fspath(root), os.fspath(clone))
    return clone


def to_precious(path: Path) -> None:
    path.symlink_to(os.path.relpath(path.parent.parent.parent / "precious", path.parent))


def to_nowhere(path: Path) -> None:
    path.symlink_to("../../created")


def with_precious(path: Path) -> None:
    path.hardlink_to(path.parent.parent.parent / "precious")


def folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    path = tmp_path / "precious"
    path.write_text(PRECIOUS)
    return path


def untouched(precious: Path) -> bool:
    return precious.read_text() == PRECIOUS and not precious.with_name("created").exists()


@pytest.mark.parametrize("make", [to_precious, to_nowhere, with_precious, os.mkfifo, folder])
@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_written_where_something_else_lies(
    name: str, make: Callable[[Path], None], precious: Path, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": PAGE})
    (root / ".mirrorcheck").mkdir()
    make(root / ".mirrorcheck" / name)

    for command in (
        ("check", root, "--offline"),
        ("check", root, "--offline", "--history", root / ".mirrorcheck/h.db"),
    ):
        result = run(*command)
        if name.startswith("history") and "--history" in command:
            assert result.code == 1  # which is not what lies there
            continue
        assert (result.code, result.out) == (2, "")
        assert f".mirrorcheck/{name}: " in result.err
        assert "--history FILE" in result.err
    assert untouched(precious)
    assert run("check", root, "--offline", "--no-history").code == 1


def test_a_folder_that_is_a_link_is_no_place_for_a_history(
    precious: Path, write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (precious.parent / "theirs").mkdir()
    root = write({"index.html": PAGE, "config.toml": ""})
    (root / ".mirrorcheck").symlink_to("../theirs")
    monkeypatch.chdir(root)

    for command in (("check", root, "--offline"), ("check", "--offline"), ("report",), ("history", "list")):
        result = run(*command)
        assert result.code == 2
        assert ".mirrorcheck" in result.err
    assert list((precious.parent / "theirs").iterdir()) == []
    assert run("check", "--offline", "--history", root / ".mirrorcheck" / "history.sqlite").code == 1  # asked for


@pytest.mark.parametrize("name", WRITTEN)
def test_links_of_a_clone_lead_no_command_out_of_it(
    name: str, precious: Path, write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": PAGE, "config.toml": "", ".mirrorcheck/kept": ""})
    to_precious(root / ".mirrorcheck" / name)
    clone = cloned(root)
    monkeypatch.chdir(clone)

    for command in (("check", "--offline"), ("report",), ("history", "list"), ("history", "prune")):
        result = run(*command)
        assert result.code == 2
        assert f".mirrorcheck/{name}" in result.err
    assert untouched(precious)


def test_the_folder_above_a_mirror_may_be_a_link(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": PAGE, ".mirrorcheck/kept": ""})
    link = root.with_name("link")
    link.symlink_to(root.name)

    assert run("check", link, "--offline").code == 1
    assert (root / ".mirrorcheck" / "history.sqlite").exists()
    assert run("check", root, "--offline", "--history", link / "h.sqlite").code == 1
    (root / "named.sqlite").symlink_to("h.sqlite")
    assert run("check", root, "--offline", "--history", root / "named.sqlite").code == 1
    assert (root / "named.sqlite").is_symlink()


@pytest.mark.parametrize("name", ["history.sqlite", "history.pages"])
@pytest.mark.parametrize("inside", ["", "sub/"])
def test_a_history_that_git_tracks_is_not_believed_unless_it_is_named(
    inside: str, name: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    """It would say that what is broken has been known for long, or that pages were read."""
    root = write({f"{inside}index.html": PAGE, f"{inside}.mirrorcheck/kept": ""})
    run("check", root / inside, "--offline")
    for other in (root / inside / ".mirrorcheck").iterdir():
        if other.name not in {name, "kept"}:
            other.unlink()
    clone = cloned(root) / inside

    refused = run("check", clone, "--offline")
    named = run("check", clone, "--offline", "--history", clone / ".mirrorcheck" / "history.sqlite")

    assert (refused.code, refused.out) == (2, "")
    assert f".mirrorcheck/{name}: git tracks it" in refused.err
    assert "--history" in refused.err
    assert named.code == 1


def test_a_history_in_a_submodule_is_not_believed(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    inner = write({"index.html": PAGE, ".mirrorcheck/kept": ""}, "inner")
    run("check", inner, "--offline")
    (inner / ".mirrorcheck" / ".gitignore").unlink()
    shutil.move(inner / ".mirrorcheck", inner.with_name("theirs"))
    git(inner.with_name("theirs"), "init", "--quiet")
    git(inner.with_name("theirs"), "add", "--all")
    git(inner.with_name("theirs"), "commit", "--quiet", "--message", "x")
    root = write({"index.html": PAGE})
    git(root, "init", "--quiet")
    git(root, "submodule", "add", "--quiet", os.fspath(inner.with_name("theirs")), ".mirrorcheck")

    result = run("check", root, "--offline")

    assert result.code == 2
    assert "git tracks it" in result.err


def test_a_history_of_ones_own_in_a_clone_is_believed(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    clone = cloned(write({"index.html": PAGE}))
    (clone / ".mirrorcheck").mkdir()

    for _ in range(2):
        result = run("check", clone, "--offline", "--format", "json")

    assert [each["state"] for each in result.report["findings"] if each["rule"] == "local/missing-file"] == ["known"]


def test_a_configuration_cannot_name_a_file_of_the_mirror_as_its_history(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(
        {"index.html": PAGE, "config.toml": '[history]\nfile = "notes/index.txt"\n', "notes/index.txt": "x" * 99}
    )
    monkeypatch.chdir(root)
    left_alone = run("check", "--offline")
    monkeypatch.chdir(cloned(root))
    tracked = run("check", "--offline")

    assert (left_alone.code, tracked.code) == (2, 2)
    assert "not a history of mirrorcheck" in left_alone.err
    assert "git tracks it" in tracked.err
    for place in (root, root.with_name("clone")):
        assert (place / "notes" / "index.txt").read_text() == "x" * 99


@pytest.mark.parametrize("make", [to_precious, to_nowhere, with_precious, os.mkfifo])
@pytest.mark.parametrize(
    ("name", "configuration", "command"),
    [
        ("a/baseline.toml", '[rules]\nbaseline = "a/baseline.toml"', ["baseline", "write", "--offline"]),
        ("a/SHA256SUMS", "", ["seal", "a", "--accept"]),
        ("a/out.json", '[reports]\nformat = ["json=a/out.json"]', ["check", "--offline", "--no-history"]),
    ],
)
def test_nothing_else_is_written_through_a_link_either(
    name: str,
    configuration: str,
    command: list[str],
    make: Callable[[Path], None],
    precious: Path,
    write: Callable[..., Path],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = write({"index.html": PAGE, "config.toml": configuration, "a/b.html": PAGE})
    make(root / name)
    monkeypatch.chdir(root)

    result = run(*command)

    assert result.code == 2
    assert name in result.err
    assert untouched(precious)


@pytest.mark.parametrize("make", [to_precious, to_nowhere, with_precious, os.mkfifo])
@pytest.mark.parametrize("name", ["config.toml", "mirrorcheck.toml", ".mirrorcheck.toml"])
@pytest.mark.parametrize("text", [PRECIOUS, "[mirror]\nroot = '.'\n"], ids=["another's", "ours"])
def test_init_writes_through_no_link(
    text: str,
    name: str,
    make: Callable[[Path], None],
    precious: Path,
    write: Callable[..., Path],
    run: Callable[..., Any],
) -> None:
    precious.write_text(text)
    root = write({"a/index.html": PAGE})
    make(root / "a" / name)

    result = run("init", root / "a", "--force")

    assert result.code in {0, 2}
    assert precious.read_text() == text
    assert not precious.with_name("created").exists()


def test_a_baseline_that_is_a_pipe_is_not_waited_for(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": PAGE, "config.toml": '[rules]\nbaseline = "pipe"\n'})
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)

    result = run("check", "--offline", "--no-history")

    assert (result.code, "--baseline FILE" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "configuration"),
    [
        ("sums.txt", '[assets]\nmanifest = "sums.txt"\n'),
        ("hts-cache/new.txt", '[mirror]\nlayout = "httrack"\n'),
    ],
)
def test_records_of_a_mirror_that_are_pipes_are_not_waited_for(
    name: str,
    configuration: str,
    write: Callable[..., Path],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = write({"index.html": PAGE, "config.toml": configuration, "hts-cache/doit.log": ""})
    os.mkfifo(root / name)
    monkeypatch.chdir(root)

    assert run("check", "--offline", "--no-history").code in {1, 2}


def test_what_the_user_names_is_written_wherever_it_leads(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": PAGE, "config.toml": ""})
    for name in ("out.json", "known.toml"):
        (root / name).symlink_to(f"../{name}")
    monkeypatch.chdir(root)

    reported = run("check", "--offline", "--no-history", "--format", "json=out.json")
    kept = run("baseline", "write", "--offline", "--baseline", "known.toml")

    assert (reported.code, kept.code) == (1, 0)
    for name in ("out.json", "known.toml"):
        assert (root / name).is_symlink()
        assert "gone.html" in (root.parent / name).read_text()


def test_a_history_behind_a_pipe_ends_a_real_run(write: Callable[..., Path]) -> None:
    root = write({"index.html": PAGE, ".mirrorcheck/kept": ""})
    os.mkfifo(root / ".mirrorcheck" / "history.pages")

    done = subprocess.run(
        [sys.executable, "-m", "checker", "check", root, "--offline"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "history.pages: not a regular file" in done.stderr
