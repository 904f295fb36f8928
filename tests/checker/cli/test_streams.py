"""Streams that are closed, full or left, and what others wrote in messages: no traceback, and no line of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.cli import outputs
from checker.cli.progress import so_far
from checker.model import CheckerError
from checker.web.visible import clean

pytestmark = pytest.mark.slow

PAGE = '<!doctype html><a href="gone.html">g</a>'
CLOSED = "mirrorcheck: standard output is closed\n"
FULL = "mirrorcheck: standard output cannot be written to: No space left on device\n"


def shell(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command in which `mirrorcheck` is this program."""
    own = f'"{sys.executable}" -m checker '
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        ["sh", "-c", command.replace("mirrorcheck ", own)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def root(write: Callable[..., Path]) -> Path:
    return write({"index.html": PAGE})


@pytest.mark.parametrize(
    "command",
    [
        *("--version", "--help", "check --help", "rules", "rules local", "explain index.html", "init --stdout"),
        *("check . --offline", "check . --offline --fail-on never", "page index.html --offline", "nonsense --help"),
    ],
)
@pytest.mark.parametrize(("to", "said"), [(">&-", CLOSED), (">/dev/full", FULL)])
def test_output_that_nobody_gets_is_an_error_in_a_sentence(command: str, to: str, said: str, root: Path) -> None:
    done = shell(f"mirrorcheck {command} {to}", root)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == said or command.startswith("nonsense")


@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full", "2>&- <&-"])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check . --offline", 1),
        ("check . --offline --fail-on never", 0),
        ("check . --offline --history h.sqlite", 1),
        ("check . --offline --format json=out.json --format terminal", 1),
        ("check nowhere", 2),
        ("check --nonsense", 2),
    ],
)
def test_a_run_goes_on_where_there_is_nobody_to_tell(command: str, code: int, to: str, root: Path) -> None:
    done = shell(f"mirrorcheck {command} {to}", root)

    assert done.returncode == code
    assert ("local/missing-file" in done.stdout) == (code < 2)
    assert done.stderr == ""


def test_without_any_stream_a_report_goes_to_its_file(root: Path) -> None:
    done = shell("mirrorcheck check . --offline --history h.sqlite --format json=out.json <&- >&- 2>&-", root)

    assert done.returncode == 1
    assert json.loads((root / "out.json").read_text())["totals"]["pages"] == 1
    assert (root / "h.sqlite").read_bytes().startswith(b"SQLite format 3\0")


def test_a_run_that_says_nothing_needs_no_output(write: Callable[..., Path]) -> None:
    done = shell("mirrorcheck check . --offline --quiet >&-", write({"index.html": "<!doctype html><p>"}))

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [["rules"], ["check", ".", "--offline"], ["--version"], ["check", "--help"]])
def test_a_reader_that_leaves_is_no_finding(command: list[str], root: Path) -> None:
    read, written = os.pipe()
    os.close(read)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with os.fdopen(written, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "checker", *command],
            cwd=root,
            env=environment,
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (2, "")


def test_a_report_that_fails_keeps_no_other_from_being_written(root: Path) -> None:
    done = shell(
        "mirrorcheck check . --offline --format terminal --format csv=/dev/full --format json=out.json >&-", root
    )

    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert CLOSED in done.stderr
    assert "the csv report could not be written to /dev/full: No space left on device" in done.stderr
    assert json.loads((root / "out.json").read_text())["findings"]


@pytest.mark.parametrize(
    "command",
    [
        "check . --offline --format json=/dev/stdout",
        "check . --offline --format json=/dev/fd/3 3>&1",
        "check . --offline --format json=/dev/stderr 2>&1",
        "check . --offline --format json=pipe & cat pipe",
    ],
)
def test_streams_that_are_named_are_written_to(command: str, root: Path) -> None:
    os.mkfifo(root / "pipe")

    done = shell(f"mirrorcheck {command} --quiet".replace(" & cat pipe --quiet", " --quiet & cat pipe; wait"), root)

    assert json.loads(done.stdout)["totals"]["pages"] == 1
    assert (root / "pipe").is_fifo()


def test_a_disk_that_ends_early_leaves_the_report_before(write: Callable[..., Path]) -> None:
    root = write({"index.html": "".join(f"<a href=gone-{number}.html>" for number in range(900)), "out.json": "{}"})

    done = shell("ulimit -f 64; mirrorcheck check . --offline --format json=out.json", root)

    assert done.returncode == 2
    assert "the json report could not be written to out.json: File too large" in done.stderr
    assert sorted(path.name for path in root.iterdir()) == ["index.html", "out.json"]
    assert (root / "out.json").read_text() == "{}"


def test_names_that_an_encoding_lacks_are_escaped_everywhere(write: Callable[..., Path]) -> None:
    root = write({"é.html": '<!doctype html><a href="美.html">x</a>'})

    for command in ("check . --offline", "explain é.html", "page é.html --offline"):
        done = shell(f"PYTHONIOENCODING=ascii PYTHONUTF8=1 mirrorcheck {command}", root)
        assert done.returncode in {0, 1}
        assert r"\u7f8e.html" in done.stdout


# --- messages


COMMANDS = ("\n::error title=x::y", "\r::error::y", "\n  ::set-env name=x::y", "\n##[error]y", "\n##vso[task.x]y")


def commands(log: str) -> list[str]:
    """What GitHub or Azure would take for commands in a log."""
    return [line for line in re.split("[\n\r]", log) if re.match(r"\s*::", line) or re.search(r"##\w*\[", line)]


@pytest.mark.parametrize("hostile", COMMANDS)
def test_what_a_user_or_a_name_says_starts_no_line(
    hostile: str, write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": PAGE, f"in{hostile}/a.html": PAGE})
    monkeypatch.chdir(root)

    for arguments in (
        ["check", f"no{hostile}"],
        ["check", f"--no{hostile}"],
        ["check", ".", "--fail-on", f"x{hostile}"],
        ["check", ".", "--jobs", f"x{hostile}"],
        ["check", ".", "--format", f"x{hostile}"],
        ["check", ".", "--format", f"json=no{hostile}/x"],
        ["check", ".", "--config", f"no{hostile}"],
        ["check", ".", "--history", f"index.html/{hostile}"],
        ["check", f"https://[{hostile}/"],
        [f"no{hostile}"],
        [hostile.strip()],
        ["rules", f"x{hostile}"],
        ["explain", "index.html", f"x{hostile}"],
        ["explain", f"in{hostile}/a.html"],
        ["history", "show", f"x{hostile}", "--history", "none"],
        ["init", f"in{hostile}"],
        ["seal", f"in{hostile}"],
        ["report", "--history", f"no{hostile}"],
    ):
        result = run(*arguments)
        assert commands(result.err) + commands(result.out) == [], arguments
        assert result.code in {0, 1, 2}


@pytest.mark.needs("git")
@pytest.mark.parametrize("hostile", [text for text in COMMANDS if "\r" not in text])
def test_what_git_says_starts_no_line(hostile: str, write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"README.md": "# x"})
    subprocess.run(["git", "init", "--quiet", root], check=True)
    with (root / ".git" / "config").open("a") as file:
        file.write('[core]\n\tworktree = "no{}"\n'.format(hostile.replace("\n", "\\n")))

    result = run("check", root, "--offline")

    assert commands(result.err + result.out) == []
    assert result.code == 2
    assert len(result.err.splitlines()) == 1


def test_a_series_in_a_history_starts_no_line(root: Path, run: Callable[..., Any]) -> None:
    file = root / "h.sqlite"
    run("check", root, "--offline", "--history", file, "--exclude", "x\n::error::y")

    listed = run("history", "list", "--history", file)

    assert (commands(listed.out), len(listed.out.splitlines())) == ([], 1)


def test_a_bug_is_told_without_giving_commands(
    root: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise RuntimeError("of a page\n::error::y\n##[error]y")

    monkeypatch.setattr(outputs, "view_of", broken)

    result = run("check", root, "--offline")

    assert result.code == 2
    assert "this is a bug in mirrorcheck" in result.err
    assert "\nRuntimeError: of a page\n" in result.err
    assert commands(result.err) == []


def test_what_libraries_print_is_told_line_by_line(
    root: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(*_arguments: Any) -> None:
        sys.stderr.write("of a page\n::error::printed\n")
        raise CheckerError("the end")

    monkeypatch.setattr(outputs, "view_of", noisy)

    result = run("check", root, "--offline")

    assert commands(result.err) == []
    assert "of a page\n:\\x3a" in result.err
    assert result.err.endswith("mirrorcheck: the end\n")


def test_progress_shows_hosts_as_they_can_be_shown() -> None:
    from checker.run.requests import Counts

    line = so_far(1, 1, Counts(1, 2, 1, (("host\n::error::y\x1b[2J", 9.0),)), 1.0)

    assert "1 host paused (host" in line
    assert line.isprintable()


def test_plain_text_stays_as_it_is() -> None:
    for text in ("a: é 美 — “x”", "C::D", "a ## b", "1 < 2"):
        assert clean(text) == text
