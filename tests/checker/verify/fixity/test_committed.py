"""Files of a clone beside what git recorded: bit rot is told from an edit, and conversions are neither."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs("git")

IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
THEN = 1_700_000_000_123_456_789  # long before the index is written, so that git may trust the time
LAMP = b"RIFF\x00" + bytes(range(256)) * 300
FILES: dict[str, bytes] = {
    "index.html": b'<!doctype html><link rel="stylesheet" href="style.css"><img src="lamp.bin" alt=""><a href="b.html">b</a>',
    "b.html": b'<!doctype html><a href="index.html">a</a>',
    "style.css": b"p {\n  color: red;\n}\n",
    "lamp.bin": LAMP,
    "download.zip": b"PK\x03\x04\x00 not embedded",
}


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this machine."""
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()


def age(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            os.utime(path, ns=(THEN, THEN))


def commit(root: Path, *init: str) -> Path:
    if not (root / ".git").exists():
        git(root, "init", "--quiet", *init)
    age(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "as published")
    return root


@pytest.fixture
def clone(write: Callable[..., Path]) -> Path:
    return commit(write(FILES))


Found = Callable[..., set[tuple[str, str]]]


@pytest.fixture
def found(run: Callable[..., Any], tmp_path: Path) -> Found:
    def find(root: Path, *arguments: str, every: bool = False) -> set[tuple[str, str]]:
        config = tmp_path / "config.toml"
        config.write_text(f'[mirror]\nroot = "{root}"\n[assets]\ngit = "{"all" if every else "embedded"}"\n')
        options = ("--config", config, "--offline", "--format", "json", "--ignore", "mirror")
        report = run("check", root, *options, *arguments).report
        return {(each["page"], each["rule"]) for each in report["findings"]}

    return find


def rot(path: Path, at: int = 40) -> None:
    """Flip a bit under git's eyes: size and time stay."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 4
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("every", [False, True], ids=["embedded", "all"])
def test_a_clone_as_it_was_committed_has_no_finding(every: bool, clone: Path, found: Found) -> None:
    assert found(clone, every=every) == set()


@pytest.mark.parametrize("name", ["lamp.bin", "style.css"])
def test_a_flipped_bit_is_rot(name: str, clone: Path, found: Found) -> None:
    rot(clone / name, 12)

    assert found(clone) == {(name, "asset/rotten")}


def test_the_last_byte_of_a_large_asset_is_read(write: Callable[..., Path], found: Found) -> None:
    clone = commit(write({**FILES, "lamp.bin": LAMP * 20}))
    rot(clone / "lamp.bin", -1)

    assert found(clone) == {("lamp.bin", "asset/rotten")}


def test_an_edited_binary_asset_is_changed_and_an_edited_style_is_work(clone: Path, found: Found) -> None:
    (clone / "lamp.bin").write_bytes(LAMP + b"more")
    (clone / "style.css").write_bytes(b"p { color: blue }\n")
    (clone / "b.html").write_bytes(b"<!doctype html>")

    assert found(clone, every=True) == {("lamp.bin", "asset/changed")}


def test_an_asset_that_was_only_touched_is_as_recorded(clone: Path, found: Found) -> None:
    os.utime(clone / "lamp.bin")

    assert found(clone) == set()


def test_what_no_page_embeds_is_compared_on_request(clone: Path, found: Found) -> None:
    for name in ("download.zip", "b.html"):
        rot(clone / name, -2)

    assert found(clone) == set()
    assert found(clone, every=True) == {("download.zip", "asset/rotten"), ("b.html", "asset/rotten")}


def test_a_change_that_is_staged_is_what_will_be_committed(clone: Path, found: Found) -> None:
    (clone / "lamp.bin").write_bytes(LAMP + b"more")
    git(clone, "add", "lamp.bin")
    (clone / "new.bin").write_bytes(b"\0new")
    git(clone, "add", "--intent-to-add", "new.bin")

    assert found(clone, every=True) == set()


def test_what_changed_just_before_the_index_was_written_may_be_an_edit(clone: Path, found: Found) -> None:
    late = (clone / ".git" / "index").stat().st_mtime_ns + 5_000_000_000
    os.utime(clone / "lamp.bin", ns=(late, late))
    git(clone, "update-index", "--refresh")
    rot(clone / "lamp.bin")

    assert found(clone) == {("lamp.bin", "asset/changed")}


def test_a_time_in_whole_seconds_is_the_same_time(clone: Path, found: Found) -> None:
    rot(clone / "lamp.bin")
    os.utime(clone / "lamp.bin", ns=(THEN, THEN // 1_000_000_000 * 1_000_000_000))

    assert found(clone) == {("lamp.bin", "asset/rotten")}


def test_a_folder_of_a_repository_is_compared_below_it(write: Callable[..., Path], found: Found) -> None:
    root = write(
        {f"docs/{name}": content for name, content in FILES.items()} | {"docs/.gitattributes": b"*.css text eol=crlf\n"}
    )
    commit(root)
    rot(root / "docs" / "lamp.bin")
    (root / "docs" / "style.css").write_bytes(FILES["style.css"].replace(b"\n", b"\r\n"))

    assert found(root / "docs") == {("lamp.bin", "asset/rotten")}


def test_a_repository_of_sha_256_is_compared(write: Callable[..., Path], found: Found) -> None:
    clone = commit(write(FILES), "--object-format=sha256")
    assert found(clone) == set()
    rot(clone / "lamp.bin")

    assert found(clone) == {("lamp.bin", "asset/rotten")}


@pytest.mark.parametrize(
    ("attributes", "convert"),
    [
        ("*.css text eol=crlf\n", lambda text: text.replace(b"\n", b"\r\n")),
        ("*.css text working-tree-encoding=UTF-16LE\n", lambda text: text.decode().encode("utf-16-le")),
        ("*.css ident\n", lambda text: text),
    ],
    ids=["line-ends", "encoding", "ident"],
)
def test_what_git_converts_at_checkout_is_no_change(
    attributes: str, convert: Callable[[bytes], bytes], write: Callable[..., Path], found: Found
) -> None:
    style = b"/* $Id$ */\np {\n  color: red;\n}\n"
    clone = commit(write({**FILES, ".gitattributes": attributes.encode(), "style.css": convert(style)}))
    (clone / "style.css").unlink()
    git(clone, "checkout", "style.css")
    age(clone)
    git(clone, "update-index", "--refresh")

    assert found(clone, every=True) == set()

    (clone / "style.css").write_bytes((clone / "style.css").read_bytes().replace(b"r", b"R", 1))
    os.utime(clone / "style.css", ns=(THEN, THEN))
    assert ("style.css", "asset/rotten") in found(clone)


def test_autocrlf_is_no_change_and_crlf_in_a_binary_is(clone: Path, found: Found) -> None:
    git(clone, "config", "core.autocrlf", "true")
    (clone / "style.css").write_bytes(FILES["style.css"].replace(b"\n", b"\r\n"))
    (clone / "lamp.bin").write_bytes(LAMP.replace(b"\n", b"\r\n"))

    assert found(clone) == {("lamp.bin", "asset/changed")}


LFS = """#!/bin/sh
cat > "$0.object"
printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' \
"$(sha256sum < "$0.object" | cut -c1-64)" "$(wc -c < "$0.object" | tr -d ' ')"
"""


@pytest.fixture
def lfs(write: Callable[..., Path], tmp_path: Path) -> Path:
    """A clone whose assets are checked out from Git LFS."""
    clean = tmp_path / "clean"
    clean.write_text(LFS)
    clean.chmod(0o755)
    root = write({**FILES, ".gitattributes": b"*.bin filter=lfs -text\n"})
    git(root, "init", "--quiet")
    git(root, "config", "filter.lfs.clean", str(clean))
    commit(root)
    assert git(root, "cat-file", "-p", ":lamp.bin").startswith("version https://git-lfs")
    return root


@pytest.mark.needs("git", "sha256sum")
def test_what_a_pointer_of_git_lfs_stands_for_is_compared_with_it(lfs: Path, found: Found) -> None:
    assert found(lfs) == set()

    rot(lfs / "lamp.bin")

    assert found(lfs) == {("lamp.bin", "asset/rotten")}


@pytest.mark.needs("git", "sha256sum")
def test_a_pointer_in_place_of_the_file_is_no_rot(lfs: Path, found: Found) -> None:
    (lfs / "lamp.bin").write_text(git(lfs, "cat-file", "-p", ":lamp.bin"))

    assert found(lfs) == {("index.html", "asset/lfs-pointer")}


@pytest.mark.parametrize("driver", ["secret", "lfs"])
def test_no_filter_of_a_repository_is_executed(driver: str, clone: Path, found: Found, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    for kind in ("clean", "smudge", "process"):
        git(clone, "config", f"filter.{driver}.{kind}", f"touch {mark}; cat")
    git(clone, "config", f"filter.{driver}.required", "true")
    (clone / ".gitattributes").write_text(f"* filter={driver}\n")
    for name in ("lamp.bin", "style.css"):
        rot(clone / name, 12)

    assert found(clone, every=True) == set()  # what the filter would make of it cannot be told
    assert not mark.exists()


@pytest.mark.parametrize("name", ['a"b.bin', "a\nb.bin", "美国.bin", "a\\b.bin", " a .bin", os.fsdecode(b"\xff.bin")])
def test_a_hostile_name_is_compared(name: str, write: Callable[..., Path], found: Found) -> None:
    clone = commit(write({**FILES, ".gitattributes": b"*.bin text eol=crlf\n"}))
    (clone / name).write_bytes(b"one\ntwo\n")
    commit(clone)
    (clone / name).write_bytes(b"one\r\ntwo\r\n")
    assert found(clone, every=True) == set()

    (clone / name).write_bytes(b"two\r\n\0\r\n")
    assert {rule for _, rule in found(clone, every=True)} == {"asset/changed"}


def test_what_git_does_not_track_is_not_compared(clone: Path, found: Found) -> None:
    (clone / "index.html").write_bytes(FILES["index.html"] + b'<img src="new.bin" alt="">')
    (clone / "new.bin").write_bytes(b"\0new")
    git(clone, "rm", "--quiet", "--cached", "download.zip")

    assert found(clone, every=True) == set()


def test_a_link_is_another_name_of_what_is_compared(clone: Path, found: Found) -> None:
    (clone / "link.bin").symlink_to("lamp.bin")
    commit(clone)
    rot(clone / "lamp.bin")

    assert found(clone, every=True) == {("lamp.bin", "asset/rotten")}


def test_git_is_not_asked_where_the_setting_says_so(clone: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    rot(clone / "lamp.bin")
    (tmp_path / "off.toml").write_text('[mirror]\nroot = "mirror"\n[assets]\ngit = "off"\n')

    assert run("check", clone, "--config", tmp_path / "off.toml", "--offline").code == 0
    assert run("check", clone, "--offline").code == 1
    assert run("check", clone, "--offline", "--ignore", "asset").code == 0


def test_one_page_is_told_of_the_assets_that_it_embeds(clone: Path, run: Callable[..., Any]) -> None:
    rot(clone / "lamp.bin")

    rules = [
        [each["rule"] for each in run("page", clone / name, "--offline", "--format", "json").report["findings"]]
        for name in ("index.html", "b.html")
    ]

    assert rules == [["asset/rotten"], []]


def test_a_copied_clone_is_still_compared(clone: Path, found: Found, tmp_path: Path) -> None:
    """Other inodes, another time of the last change of status: git would believe every file to be touched."""
    copy = Path(shutil.copytree(clone, tmp_path / "copy"))
    rot(copy / "lamp.bin")

    assert found(copy) == {("lamp.bin", "asset/rotten")}


def test_many_assets_are_compared_in_worker_processes(write: Callable[..., Path], found: Found) -> None:
    pages = {f"p{number}.html": f'<img src="i{number}.bin" alt="">'.encode() for number in range(400)}
    assets = {f"i{number}.bin": bytes([0, 1, 2, number % 256]) * 20 for number in range(400)}
    clone = commit(write({**pages, **assets}))
    for number in (0, 399):
        rot(clone / f"i{number}.bin")

    assert found(clone, "--jobs", "2", "--select", "asset/rotten") == {
        ("i0.bin", "asset/rotten"),
        ("i399.bin", "asset/rotten"),
    }
