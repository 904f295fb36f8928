"""A mirror on a server with SSH is checked as the folder is, by the keys that `ssh` has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.ssh import sshd

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.slow]

EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with sshd(tmp_path_factory.mktemp("ssh")) as at:
        yield at


@pytest.fixture
def host(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOME", str(server[1]))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return server[0]


def checked(run: Run, *arguments: str | Path) -> dict[str, Any]:
    result = run("check", *arguments, "--offline", "--format", "json", "--fail-on", "never")
    assert result.code == 0, result.err
    report: dict[str, Any] = result.report
    return report


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_example_on_a_server_has_the_findings_of_its_folder(host: str, tmp_path: Path, run: Run, jobs: str) -> None:
    root = tmp_path / "mirror"
    shutil.copytree(EXAMPLE, root, ignore_dangling_symlinks=True)
    for number in range(100):  # enough for workers
        (root / f"more-{number}.html").write_text(f"<a href={number}>n</a>")
    (root / os.fsdecode(b"\xff.html")).write_text("<a href=lost>x</a>")
    (root / "out.html").symlink_to("/etc/passwd")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe.html")

    folder = checked(run, root, "--no-history", "--ignore", "local/bad-symlink")
    served = checked(run, f"sftp://{host}{root}", "--no-history", "--jobs", jobs)

    assert len(folder["findings"]) > 200
    kept = [each for each in folder["findings"] if each["page"] not in {"out.html", "loop"}]
    assert served["findings"] == kept
    assert served["totals"]["pages"] == folder["totals"]["pages"]


def test_a_second_run_reads_only_what_changed(host: str, tmp_path: Path, run: Run) -> None:
    root = tmp_path / "mirror"
    root.mkdir()
    for number in range(5):
        (root / f"{number}.html").write_text(f'<a href="{number + 1}.html">n</a>')
        os.utime(root / f"{number}.html", (1_700_000_000, 1_700_000_000))
    Path(".mirrorcheck").mkdir()
    first = checked(run, f"sftp://{host}{root}")

    for number in range(5):  # same size, same time: nobody can see it
        (root / f"{number}.html").write_text(f'<a href="9{number}.htm">n</a>')
        os.utime(root / f"{number}.html", (1_700_000_000, 1_700_000_000))
    (root / "3.html").write_text('<a href="gone.html">n</a>')
    second = checked(run, f"sftp://{host}{root}")

    missing = [[each["reference"] for each in report["findings"] if each["rule"] == "local/missing-file"]
               for report in (first, second)]  # fmt: skip
    assert missing == [["5.html"], ["gone.html", "5.html"]]


def test_one_page_is_checked_and_the_folder_of_the_login_is_found(
    host: str, server: tuple[str, Path], run: Run, tmp_path: Path
) -> None:
    for folder in (tmp_path, server[1].parent / "own"):
        (folder / "index.html").write_text("<a href=lost.html>x</a>")

    for address in (f"sftp://{host}{tmp_path}/index.html", f"sftp://{host}/~/index.html"):
        page = run("page", address, "--offline")
        assert page.code == 1, page.err
        assert "lost.html" in page.out
    assert checked(run, f"sftp://{host}/~", "--no-history")["totals"]["pages"] == 1


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("known_hosts", "is not in ~/.ssh/known_hosts"),
        ("id_ed25519", "lets in none of the keys"),
    ],
)
def test_a_server_that_is_not_known_and_one_that_does_not_know_us(
    host: str,
    server: tuple[str, Path],
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    spoilt: str,
    said: str,
) -> None:
    shutil.copytree(server[1], tmp_path / "home")
    (tmp_path / "home" / ".ssh" / spoilt).unlink()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    result = run("check", f"sftp://{host}{tmp_path}", "--offline", "--no-history")

    assert result.code == 2
    assert said in result.err


def test_a_password_in_an_address_is_refused(run: Run) -> None:
    result = run("check", "sftp://ann:secret@127.0.0.1/x", "--offline", "--no-history")

    assert result.code == 2
    assert "a login does not belong in an address" in result.err
    assert "secret" not in result.err


def test_a_folder_that_is_missing_and_a_server_that_is(host: str, run: Run, tmp_path: Path) -> None:
    gone = run("check", f"sftp://{host}{tmp_path}/nowhere", "--offline", "--no-history")
    nobody = run("check", "sftp://127.0.0.1:9/x", "--offline", "--no-history")

    assert gone.code == nobody.code == 2
    assert "there is no such file" in gone.err
    assert "cannot be" in nobody.err
