"""A ZIP of a mirror is checked as the folder is: the same findings, by every command that takes a mirror."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from checker.sweep import executor

EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"
FOLDERS_ONLY: set[str] = set()  # rules that find in the example's folder what they cannot find in an archive of it

Run = Callable[..., Any]


def zipped(root: Path, archive: Path, top: str = "") -> Path:
    """An archive of a folder, with its symbolic links and empty folders, below a folder `top`."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(root.rglob("*")):
            member = zipfile.ZipInfo(top + path.relative_to(root).as_posix() + ("/" if _is_folder(path) else ""))
            member.create_system, member.external_attr = 3, path.lstat().st_mode << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(member, _content(path))
    return archive


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return b"" if path.is_dir() else path.read_bytes()


def found(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["rule"] not in FOLDERS_ONLY]


def checked(run: Run, *arguments: str | Path) -> dict[str, Any]:
    result = run("check", *arguments, "--offline", "--no-history", "--format", "json", "--fail-on", "never")
    assert result.code == 0, result.err
    report: dict[str, Any] = result.report
    return report


@pytest.mark.parametrize("top", ["", "mirror-main/"])
def test_the_example_as_an_archive_has_the_findings_of_its_folder(tmp_path: Path, run: Run, top: str) -> None:
    archive = zipped(EXAMPLE, tmp_path / "site.zip", top)

    folder, inside = checked(run, EXAMPLE), checked(run, archive)

    assert len(folder["findings"]) > 100
    assert found(inside) == found(folder)
    assert inside["totals"] == folder["totals"]


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_read_an_archive_as_they_read_a_folder(
    tmp_path: Path, run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, method: str, jobs: str
) -> None:
    if method == "spawn":
        monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    pages = {
        f"a/{number}.html": f'<p id=x><a href="{number + 1}.html#x">n</a> <img src="{number % 7}.png">' + "p " * 5_000
        for number in range(executor._FEW + 40)
    }
    root = write({**pages, "a/1.png": b"\x89PNG\r\n\x1a\n", "a/2.png": b""})
    archive = zipped(root, tmp_path / "site.zip", "top/")

    folder, inside = checked(run, root, "--jobs", jobs), checked(run, archive, "--jobs", jobs)

    assert len(folder["findings"]) > 50
    assert inside["findings"] == folder["findings"]
    assert inside["totals"] == folder["totals"]


def test_assets_in_an_archive_are_looked_at_to_the_last_row(
    tmp_path: Path, run: Run, write: Callable[..., Path]
) -> None:
    picture = next(path for path in EXAMPLE.rglob("*.png") if path.stat().st_size > 100).read_bytes()
    root = write({"index.html": '<img src="a.png"><img src="b.png">', "a.png": picture, "b.png": picture[:-20]})
    archive = zipped(root, tmp_path / "site.zip")

    for options in ([], ["--deep"]):
        assert checked(run, archive, *options)["findings"] == checked(run, root, *options)["findings"]


def test_a_page_of_an_archive_is_named_by_a_path_that_runs_through_it(
    tmp_path: Path, run: Run, write: Callable[..., Path]
) -> None:
    root = write({"index.html": "<p>", "docs/a.html": '<a href="../gone.html">x</a> <a href="../index.html">y</a>'})
    archive = zipped(root, tmp_path / "site.zip", "site-main/")

    for name in ("docs/a.html", "site-main/docs/a.html"):
        result = run("page", archive / name, "--offline", "--format", "json")
        assert result.code == 1, result.err
        assert [(row["page"], row["rule"]) for row in result.report["findings"]] == [
            ("docs/a.html", "local/missing-file")
        ]
    steps = run("explain", archive / "docs/a.html", "../gone.html")
    assert steps.code == 0, steps.err
    assert "page       docs/a.html (html, utf-8)\n" in steps.out
    assert "error    local/missing-file at 1:" in steps.out
    some = run("check", archive / "docs", "--offline", "--no-history", "--format", "json")
    assert {row["page"] for row in some.report["findings"]} == {"a.html"}  # that folder alone is the mirror


@pytest.mark.parametrize(
    ("command", "name", "message"),
    [
        ("page", "", "not a file; `mirrorcheck check` checks a folder"),
        ("page", "docs", "not a file; `mirrorcheck check` checks a folder"),
        ("page", "nowhere.html", "no such file or folder in the archive"),
        ("explain", "nowhere.html", "no such file or folder in the archive"),
        ("check", "nowhere", "no such file or folder in the archive"),
        ("check", "a.log", "no page to check"),
        ("init", "nowhere", "no such folder in the archive"),
    ],
)
def test_what_is_not_in_the_archive_is_an_error_that_names_it(
    tmp_path: Path, run: Run, write: Callable[..., Path], command: str, name: str, message: str
) -> None:
    archive = zipped(write({"index.html": "<p>", "docs/a.html": "<p>", "a.log": ""}), tmp_path / "site.zip")

    result = run(command, archive / name, *([] if command in {"init", "explain"} else ["--offline"]))

    assert result.code == 2
    assert f"{archive / name}: {message}" in result.err


def test_init_tells_of_an_archive_what_it_tells_of_the_folder_and_writes_beside_it(
    tmp_path: Path, run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = '<link rel="canonical" href="https://lamps.example/docs/{}.html"><a href="gone.html">x</a>'
    root = write({f"{name}.html": head.format(name) for name in ("index", "a", "b")})
    archive = zipped(root, tmp_path / "site.zip", "lamps/")
    monkeypatch.chdir(tmp_path)

    printed = run("init", "--stdout", "site.zip").out
    written = run("init", "site.zip")

    assert printed == run("init", "--stdout", root).out.replace('root = "."', 'root = "site.zip"')
    assert "https://lamps.example/docs/" in printed
    assert written.code == 0, written.err
    assert (tmp_path / "config.toml").read_text() == printed
    configured = run("check", "--offline", "--no-history", "--format", "json")
    assert configured.code == 1, configured.err
    assert configured.report["mirror"]["addresses"] == ["https://lamps.example/docs/"]
    assert configured.report["findings"] == checked(run, archive)["findings"]
    again = run("init", "site.zip")
    assert again.code == 2
    assert "--stdout prints" in again.err


def test_a_configuration_of_the_folder_that_an_archive_lies_in_is_not_its_own(
    run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"config.toml": '[mirror]\npublished = ["https://lamps.example/"]\n', "index.html": "<p>"})
    zipped(write({"page.html": "<p>"}, "other"), root / "site.zip")
    monkeypatch.chdir(root)

    report = checked(run, "site.zip")

    assert report["mirror"]["addresses"] == []
    assert report["totals"]["pages"] == 1


def test_an_archive_is_not_sealed(tmp_path: Path, run: Run, write: Callable[..., Path]) -> None:
    archive = zipped(write({"index.html": "<p>"}), tmp_path / "site.zip")
    before = archive.read_bytes()

    result = run("seal", archive)

    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"mirrorcheck: {archive}: an archive cannot be sealed; unpack it and seal the folder, or record its checksum"
        " with sha256sum\n"
    )
    assert archive.read_bytes() == before
    assert _all_below(tmp_path) == ["mirror", "mirror/index.html", "site.zip"]


def test_a_manifest_in_an_archive_is_compared(tmp_path: Path, run: Run, write: Callable[..., Path]) -> None:
    root = write({"index.html": "<p>", "a.bin": "a", "b.bin": "b"})
    assert run("seal", root).code == 0
    (root / "a.bin").write_text("other")
    archive = zipped(root, tmp_path / "site.zip")

    inside, folder = checked(run, archive), checked(run, root)

    assert [(row["page"], row["rule"]) for row in inside["findings"]] == [("a.bin", "fixity/changed")]
    assert inside["findings"] == folder["findings"]


def test_the_rules_of_git_are_gaps_and_a_clone_around_the_archive_is_not_asked(
    tmp_path: Path, run: Run, write: Callable[..., Path]
) -> None:
    root = write({"index.html": '<img src="a.png">', "a.png": b"\x89PNG"})
    (tmp_path / ".git").mkdir()  # git would refuse it
    archive = zipped(root, tmp_path / "site.zip")

    result = run("check", archive, "--offline", "--no-history", "--fail-on", "never", "--format", "junit")

    assert result.code == 0, result.err
    assert "not checked: no git clone to compare with ([assets] git)" in result.out
    refused = run("check", archive, "--offline", "--no-history", "--changed-since", "HEAD")
    assert refused.code == 2
    assert refused.err == f"mirrorcheck: {archive}: --changed-since needs a git repository, and git\n"


def test_the_history_of_an_archive_lies_beside_it_and_knows_the_next_one(
    tmp_path: Path, run: Run, write: Callable[..., Path]
) -> None:
    root = write({"index.html": '<a href="gone.html">x</a>', "a.html": "<p>", "b.html": "<p>"})
    archive = zipped(root, tmp_path / "site.zip")
    (tmp_path / ".mirrorcheck").mkdir()

    first = run("check", archive, "--offline", "--format", "json")
    (root / "a.html").write_text('<a href="missing.html">x</a>')
    zipped(root, archive)
    second = run("check", archive, "--offline", "--format", "json")

    assert first.code == 1
    states = {row["page"]: row["state"] for row in second.report["findings"] if row["rule"] == "local/missing-file"}
    assert states == {"index.html": "known", "a.html": "new"}
    assert (tmp_path / ".mirrorcheck" / "history.pages").is_file()


def test_an_unchanged_page_of_a_new_archive_is_not_read_again(
    tmp_path: Path, run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from checker.sources.archive import Archive

    root = write({"index.html": "<p>", "a.html": "<p>", "b.html": "<p>"})
    archive = zipped(root, tmp_path / "site.zip")
    history = ("--history", tmp_path / "history.sqlite", "--offline")
    assert run("check", archive, *history).code == 0
    for path in root.iterdir():
        os.utime(path, (1e9, 1e9))
    (root / "b.html").write_text("<p>new")
    archive.unlink()
    zipped(root, archive)
    read: list[str] = []
    reading = Archive.read

    def watched(archive: Archive, name: str, limit: int) -> bytes:
        read.append(name)
        return reading(archive, name, limit)

    monkeypatch.setattr(Archive, "read", watched)

    assert run("check", archive, *history).code == 0

    assert {*read} == {"b.html"}


@pytest.mark.parametrize(
    ("members", "rule", "page"),
    [
        ({"../evil.html": "<a href='x'>"}, "local/unreadable", "../evil.html"),
        ({"/etc/evil.html": "<a href='x'>"}, "local/unreadable", "/etc/evil.html"),
        ({"c:\\evil.html": "<a href='x'>"}, "local/unreadable", "c:\\evil.html"),
    ],
)
def test_a_hostile_member_is_a_finding_and_is_written_nowhere(
    tmp_path: Path, run: Run, members: dict[str, str], rule: str, page: str
) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "site.zip", "w") as file:
        for name, text in {"index.html": "<p>", "a/b.html": "<p>", **members}.items():
            file.writestr(name, text)

    report = checked(run, folder / "site.zip", "--select", "local")

    assert [(row["rule"], row["page"]) for row in report["findings"]] == [(rule, page)]
    assert _all_below(tmp_path) == ["deep", "deep/er", "deep/er/site.zip"]


def _all_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_page_that_is_encrypted_or_too_large_is_a_finding(tmp_path: Path, run: Run) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("index.html", "<p>" * 1_000_000)
        file.writestr("locked.html", "<p>")
    data = (tmp_path / "site.zip").read_bytes()
    at = data.rindex(b"PK\1\2")
    (tmp_path / "site.zip").write_bytes(data[: at + 8] + b"\1" + data[at + 9 :])
    (tmp_path / "limits.toml").write_text('[mirror]\nroot = "site.zip"\n[pages]\nmax_bytes = 1000000\n')

    result = run("check", "--config", tmp_path / "limits.toml", "--offline", "--no-history", "--format", "json")

    local = [row for row in json.loads(result.out)["findings"] if row["rule"].startswith("local/")]
    assert {row["page"]: row["message"] for row in local} == {
        "index.html": "larger than 1,000,000 bytes ([pages] max_bytes)",
        "locked.html": "cannot be read: it is encrypted",
    }


def test_the_sibling_of_a_mirror_may_be_an_archive(tmp_path: Path, run: Run, write: Callable[..., Path]) -> None:
    root = write(
        {"index.html": '<a href="https://b.example/page.html">x</a> <a href="https://b.example/no.html">y</a>'}
    )
    zipped(write({"page.html": "<p>"}, "b"), tmp_path / "b.zip")
    zipped(root, tmp_path / "a.zip")
    shutil.rmtree(tmp_path / "b")
    for mirror in ("mirror", "a.zip"):
        (tmp_path / "config.toml").write_text(
            f'[mirror]\nroot = "{mirror}"\npublished = ["https://a.example/"]\n'
            '[[mirror.address]]\nurl = "https://b.example/"\nfolder = "../b.zip"\n'
        )
        report = run("check", "--config", tmp_path / "config.toml", "--offline", "--no-history", "--format", "json")
        assert _missing(report.report["findings"]) == ["https://b.example/no.html"], report.err


def _missing(findings: Iterable[dict[str, Any]]) -> list[str]:
    return [row["reference"] for row in findings if row["rule"] == "local/missing-file"]
