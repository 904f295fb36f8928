"""What all tests share: programs that a test needs, the conformance data, and the command line in this process."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from lab import PATH

from checker import cli

if TYPE_CHECKING:
    from lab.postgresql import Server

NO_SKIP = "MIRRORCHECK_NO_SKIP"  # set in CI: what is missing fails instead of being skipped
CONFORMANCE = "MIRRORCHECK_CONFORMANCE"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, saying what is missing, a test whose program is not on this machine."""
    for marker in item.iter_markers("needs"):
        missing = [program for program in marker.args if shutil.which(program, path=PATH) is None]
        if missing:
            _missing(f"needs the program {', '.join(missing)}")


def _missing(reason: str) -> None:
    if os.environ.get(NO_SKIP):
        pytest.fail(f"{reason}, and {NO_SKIP} allows no skip")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder: what lies where pytest was started is no part of it."""
    monkeypatch.chdir(tmp_path_factory.mktemp("working"))


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of the standards' own test data."""
    folder = os.environ.get(CONFORMANCE)
    if not folder:
        pytest.skip(f"{CONFORMANCE} names no folder with urltestdata.json and the CommonMark and GFM specifications")
    return Path(folder)


class Run(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report on standard output."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


@pytest.fixture
def run() -> Callable[..., Run]:
    """The command line, in this process."""

    def run_command(*arguments: str | os.PathLike[str]) -> Run:
        out, err = io.StringIO(), io.StringIO()
        code = cli.run([os.fspath(argument) for argument in arguments], stdout=out, stderr=err)
        return Run(code, out.getvalue(), err.getvalue())

    return run_command


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Make a mirror: `write({"a.md": "text", …})` in a fresh folder, which is returned."""

    def write_files(files: dict[str, str | bytes], folder: str = "mirror") -> Path:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write_files


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of PostgreSQL for all tests, which need the program `initdb`."""
    from lab.postgresql import running

    with running() as server:
        yield server


@pytest.fixture(params=["wire", "public"])
def either_session(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A test that asks for this runs twice: with requests over the wire, and by aiohttp's public session."""
    from checker.fetch import http
    from checker.fetch.session import PublicSession

    which: str = request.param
    if which == "public":
        monkeypatch.setattr(http, "opened", PublicSession)
    return which
