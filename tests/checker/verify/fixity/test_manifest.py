"""Manifests, with sha256sum as the oracle: it accepts what we write, and we read what it writes."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.sources.folder import Folder
from checker.verify.fixity.manifest import Entry, Manifest, ManifestError, entries, find, line, write

SUM = hashlib.sha256(b"x").digest()
HEX = SUM.hex()

NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"-", b" lead", b"*star", b"a\\nb", b"a\nb", b"end\r", b"#hash", b"SHA256 (a) = b", b"\\", b"\xff"]
        ),
        st.binary(min_size=1, max_size=12),
        st.text(min_size=1, max_size=8).map(lambda text: text.encode("utf-8", "replace")),
    ).filter(lambda name: not {0, 47} & set(name) and name not in {b".", b"..", b"S"}),
    min_size=1,
    max_size=8,
    unique=True,
)


def manifest(folder: Path, text: bytes, name: str = "SHA256SUMS") -> Manifest:
    (folder / name).write_bytes(text)
    found = find(Folder(folder), name)
    assert found
    return found


def read(folder: Path, text: bytes) -> list[Entry]:
    return list(entries(manifest(folder, text), Folder(folder)))


def sha256sum(folder: Path, *arguments: str | bytes) -> bytes:
    return subprocess.run(["sha256sum", *arguments], cwd=folder, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.needs("sha256sum")
@given(names=NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sha256sum_accepts_what_is_written_whatever_files_are_called(names: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name in names:
            Path(folder, os.fsdecode(name)).write_bytes(b"content of " + name)
        rows = [(os.fsdecode(name), hashlib.sha256(b"content of " + name).digest()) for name in names]

        write(Path(folder, "S"), rows)

        sha256sum(Path(folder), "--check", "--strict", "--quiet", "S")
        assert [
            entry[:2] for entry in entries(Manifest("S", Path(folder, "S"), "sha256"), Folder(Path(folder)))
        ] == rows


@pytest.mark.needs("sha256sum")
@pytest.mark.parametrize("option", ["--text", "--binary", "--tag"])
@given(names=NAMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_sha256sum_writes_is_read_whatever_files_are_called(option: str, names: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name in names:
            Path(folder, os.fsdecode(name)).write_bytes(name)
        listed = [b"./" + name if name == b"-" else name for name in names]
        text = sha256sum(Path(folder), option, "--", *listed)

        assert [entry[:2] for entry in read(Path(folder), text)] == [
            (os.fsdecode(name), hashlib.sha256(name).digest()) for name in names
        ]


@pytest.mark.needs("sha256sum")
@pytest.mark.parametrize(
    "name", [b"plain", b"two words", b"back\\slash", b"new\nline", b"\xff\xfe", "美国".encode()], ids=repr
)
def test_a_line_is_what_sha256sum_writes_byte_by_byte(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")

    assert line(os.fsdecode(name), SUM) == sha256sum(tmp_path, name)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{HEX}  a\n\n# a comment\n{HEX}  b", ["a", "b"]),
        (f"{HEX.upper()}  a\r\n{HEX} *b\r\n", ["a", "b"]),
        (f"\ufeff{HEX}  a\n", ["a"]),
        (f"{HEX} a\n{HEX}  b\n", ["a", " b"]),
        (f"{HEX}  ./a//b/./c\n", ["a/b/c"]),
        (f"SHA256 (a) = b) = {HEX}\n", ["a) = b"]),
        ("", []),
    ],
    ids=["blank-and-comment", "windows", "byte-order-mark", "one-blank", "dots", "tagged-with-brackets", "empty"],
)
def test_what_other_programs_write_is_read(tmp_path: Path, text: str, names: list[str]) -> None:
    assert [entry.name for entry in read(tmp_path, text.encode())] == names


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        (f"{HEX}  a\n<html>\n", 2, "not a line"),
        (f"{HEX[1:]}  a\n", 1, "not a line"),
        (f"{HEX}  a\n{HEX} b\n", 2, "one blank"),
        (f"\\{HEX}  a\\tb\n", 1, "does not escape anything"),
        (f"{HEX}  ../a\n", 1, "out of the folder"),
        (f"{HEX}  /etc/passwd\n", 1, "out of the folder"),
        (f"{HEX}  a\0b\n", 1, "NUL"),
        (f"{HEX}  {'a' * 70_000}\n", 1, "too long for a name"),
        (f"MD5 (a) = {HEX[:32]}\n", 1, "not a line"),
    ],
    ids=["page", "cut", "mixed", "escape", "climbs", "absolute", "nul", "endless", "other-algorithm"],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str, at: int, message: str) -> None:
    with pytest.raises(ManifestError, match=f"SHA256SUMS:{at}: .*{message}"):
        read(tmp_path, text.encode())


BAG = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@pytest.mark.parametrize(
    ("declaration", "line", "files", "name"),
    [
        (BAG, "data/a%0Ab%0dc", [], "data/a\nb\rc"),
        (BAG, "data/100%25.png", [], "data/100%.png"),
        (BAG, "data/100%25.png", ["data/100%25.png"], "data/100%25.png"),
        (BAG.replace("1.0", "0.97"), "data/100%25.png", [], "data/100%25.png"),
        (BAG, "*./data/a", [], "data/a"),
        (BAG, "data/back\\slash", [], "data/back\\slash"),
    ],
    ids=["line-ends", "percent", "percent-as-baggers-do", "percent-before-1.0", "binary-marker", "backslash"],
)
def test_names_of_a_bag_are_decoded(tmp_path: Path, declaration: str, line: str, files: list[str], name: str) -> None:
    (tmp_path / "bagit.txt").write_text(declaration)
    for file in files:
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()

    (entry,) = entries(manifest(tmp_path, f"{HEX}  {line}\n".encode(), "manifest-sha256.txt"), Folder(tmp_path))

    assert entry == (name, SUM, 1)


def test_a_bag_in_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "bagit.txt").write_text(BAG.replace("UTF-8", "Shift_JIS"))
    text = f"{HEX} data/日本.html\n".encode("shift_jis")

    assert [entry.name for entry in entries(manifest(tmp_path, text, "manifest-sha256.txt"), Folder(tmp_path))] == [
        "data/日本.html"
    ]


@pytest.mark.parametrize("encoding", ["no-such", "zip", "ascii"])
def test_a_bag_in_an_encoding_that_does_not_fit_is_an_error(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "bagit.txt").write_text(BAG.replace("UTF-8", encoding))
    text = f"{HEX} data/日本.html\n".encode()

    with pytest.raises(ManifestError, match=r"manifest-sha256\.txt:1: "):
        list(entries(manifest(tmp_path, text, "manifest-sha256.txt"), Folder(tmp_path)))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], None),
        (["SHA256SUMS", "bagit.txt", "manifest-md5.txt"], ("SHA256SUMS", "sha256", False)),
        (["bagit.txt", "manifest-md5.txt", "manifest-sha512.txt"], ("manifest-sha512.txt", "sha512", True)),
        (["manifest-sha512.txt"], None),
    ],
    ids=["none", "sums-first", "the-strongest", "no-bag"],
)
def test_the_manifest_of_a_folder_is_found(
    tmp_path: Path, files: list[str], found: tuple[str, str, bool] | None
) -> None:
    for name in files:
        (tmp_path / name).touch()

    manifest = find(Folder(tmp_path), "auto")

    assert (manifest and (manifest.name, manifest.algorithm, manifest.bag)) == found


def test_a_file_of_the_manifest_is_not_in_it_nor_is_its_signature() -> None:
    manifest = Manifest("SHA256SUMS", Path("SHA256SUMS"), "sha256")

    assert [manifest.covers(name) for name in ("SHA256SUMS", "SHA256SUMS.asc", "a/SHA256SUMS", "SHA256SUMS.txt")] == [
        False,
        False,
        True,
        True,
    ]
