"""`mirrorcheck seal`, as it is called."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SUMS = "SHA256SUMS"
FILES: dict[str, str | bytes] = {"index.md": "[a](a.png)\n", "a.png": b"\x89PNG", "sub/美国.md": "text\n", "empty": b""}


@pytest.fixture
def sealed(write: Callable[..., Path], run: Callable[..., Any]) -> Path:
    root = write(FILES)
    assert run("seal", root).code == 0
    return root


@pytest.mark.needs("sha256sum")
def test_sha256sum_agrees_with_a_seal(sealed: Path) -> None:
    listed = (sealed / SUMS).read_text("utf-8")

    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=sealed, check=True, capture_output=True, timeout=60)
    assert [line[66:] for line in listed.splitlines()] == sorted(FILES)


def test_a_folder_as_recorded_is_left_alone(sealed: Path, run: Callable[..., Any]) -> None:
    os.utime(sealed / SUMS, (1, 1))

    result = run("seal", sealed, "--accept")

    assert (result.code, result.out, result.err) == (0, "", f"{sealed / SUMS}: all 4 files are as recorded\n")
    assert (sealed / SUMS).stat().st_mtime == 1
    assert run("seal", sealed, "--quiet").err == ""


def change(root: Path) -> None:
    (root / "index.md").write_text("changed\n")
    (root / "a.png").rename(root / "b.png")
    (root / "empty").rename(root / "void")
    (root / "sub" / "new").write_text("new")


DIFFERENCES = """\
changed   index.md
renamed   a.png -> b.png
missing   empty
added     sub/new
added     void
"""


def test_sealing_again_shows_what_it_would_accept_and_writes_nothing(sealed: Path, run: Callable[..., Any]) -> None:
    before = (sealed / SUMS).read_bytes()
    change(sealed)

    result = run("seal", sealed)

    assert result.out == DIFFERENCES
    assert result.code == 1
    assert "5 differences; --accept" in result.err
    assert (sealed / SUMS).read_bytes() == before


def test_what_is_accepted_is_shown_and_recorded(sealed: Path, run: Callable[..., Any]) -> None:
    change(sealed)

    result = run("seal", sealed, "--accept")

    assert (result.code, result.out) == (0, DIFFERENCES)
    assert run("seal", sealed).code == 0
    assert sorted(path.name for path in sealed.iterdir()) == [SUMS, "b.png", "index.md", "sub", "void"]


@pytest.mark.needs("sha256sum")
@pytest.mark.parametrize("option", ["--text", "--binary", "--tag"])
def test_what_sha256sum_wrote_is_as_recorded(option: str, write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write(FILES)
    with (root / SUMS).open("wb") as out:
        subprocess.run(["sha256sum", option, *FILES], cwd=root, stdout=out, check=True, timeout=60)

    assert run("seal", root).err == f"{root / SUMS}: all 4 files are as recorded\n"


@pytest.mark.parametrize("accept", [(), ("--accept",)], ids=["shown", "accepted"])
def test_a_manifest_that_does_not_parse_is_never_written_over(
    accept: tuple[str, ...], sealed: Path, run: Callable[..., Any]
) -> None:
    text = (sealed / SUMS).read_text("utf-8") + "<<<<<<< HEAD\n"
    (sealed / SUMS).write_text(text, "utf-8")

    result = run("seal", sealed, *accept)

    assert result.code == 2
    assert result.err == f"mirrorcheck: {sealed / SUMS}:5: not a line that sha256sum writes\n"
    assert (sealed / SUMS).read_text("utf-8") == text


def test_a_file_with_two_sums_is_an_error(sealed: Path, run: Callable[..., Any]) -> None:
    with (sealed / SUMS).open("a") as file:
        file.write(f"{hashlib.sha256(b'other').hexdigest()}  ./a.png\n")

    result = run("seal", sealed)

    assert (result.code, result.err) == (
        2,
        f"mirrorcheck: {sealed / SUMS}:5: the file is listed above with another checksum\n",
    )


def test_stores_of_tools_and_links_are_not_sealed(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write(
        {"a": "a", ".git/config": "", ".mirrorcheck/x": "", "SHA256SUMS.asc": "signature", "sub/SHA256SUMS": ""}
    )
    (root / "link").symlink_to("a")
    (root / "outside").symlink_to("/etc")

    assert run("seal", root).code == 0

    assert [line[66:] for line in (root / SUMS).read_text().splitlines()] == ["a", "sub/SHA256SUMS"]


def test_a_link_that_sha256sum_followed_is_as_recorded(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"a": "a"})
    (root / "link").symlink_to("a")
    digest = hashlib.sha256(b"a").hexdigest()
    (root / SUMS).write_text(f"{digest}  a\n{digest}  link\n")

    assert run("seal", root).code == 0


def test_a_manifest_that_cannot_be_written_is_an_error(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"a": "a", "config.toml": '[assets]\nmanifest = "no/such/folder/SHA256SUMS"\n'})

    result = run("seal", root, "--config", root / "config.toml")

    assert result.code == 2
    assert "cannot be written: No such file or directory" in result.err


def test_the_manifest_may_lie_outside_of_the_folder(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"a": "a"})
    config = root.parent / "config.toml"
    config.write_text('[mirror]\nroot = "mirror"\n[assets]\nmanifest = "../SUMS"\n')

    assert run("seal", "--config", config).code == 0

    assert (root.parent / "SUMS").read_text() == f"{hashlib.sha256(b'a').hexdigest()}  a\n"


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "MD5SUMS"])
def test_a_manifest_of_another_kind_is_not_written(
    name: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"data/a": "a", "bagit.txt": "BagIt-Version: 1.0\n", "c.toml": f'[assets]\nmanifest = "{name}"\n'})

    result = run("seal", root, "--config", root / "c.toml")

    assert result.code == 2
    assert "writes only SHA-256 checksums" in result.err
    assert not (root / name).exists()


def test_processes_agree_with_one(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({f"{number % 7}/n{number}": f"{number % 90}" * (number * 40) for number in range(700)})

    run("seal", root, "--jobs", "1")
    alone = (root / SUMS).read_bytes()
    (root / SUMS).unlink()
    run("seal", root, "--jobs", "2")

    assert (root / SUMS).read_bytes() == alone
    assert len(alone.splitlines()) == 700


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 3_000_000])
def test_a_large_file_is_read_to_its_end(size: int, write: Callable[..., Path], run: Callable[..., Any]) -> None:
    content = os.urandom(size)
    root = write({"large": content})

    run("seal", root)

    assert (root / SUMS).read_text() == f"{hashlib.sha256(content).hexdigest()}  large\n"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, run: Callable[..., Any]) -> None:
    assert run("seal", tmp_path / "none").code == 2


def test_control_characters_of_a_name_are_shown_as_escapes(sealed: Path, run: Callable[..., Any]) -> None:
    (sealed / "a\x1b[31m\nchanged   b").touch()

    assert run("seal", sealed).out == "added     a\\x1b[31m\\nchanged   b\n"


def test_a_mirror_without_any_file_has_an_empty_manifest(tmp_path: Path, run: Callable[..., Any]) -> None:
    assert run("seal", tmp_path).code == 0
    assert (tmp_path / SUMS).read_bytes() == b""
    shutil.rmtree(tmp_path)
