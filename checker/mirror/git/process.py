"""Runs git so that it executes and fetches nothing: a repository is as hostile as the pages in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from checker.model import SourceError

if TYPE_CHECKING:
    from subprocess import CompletedProcess, Popen

CHUNK = 1 << 20  # bytes that are read at once
_PATIENCE = 60.0  # seconds; git may wait forever if a repository has pipes or devices in place of files

# No hook, no file system monitor, no transport: otherwise, a partial clone would fetch objects that it lacks.
_SAFE = ("--no-replace-objects", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # a configuration can override protocol.allow, but not this
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Other variables, such as GIT_DIR, are set inside a hook.
_KEPT = ("GIT_CONFIG", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES")


class GitError(SourceError):
    """git refuses to read the repository, or does not answer."""


@contextmanager
def running_git(folder: Path, *arguments: str) -> Iterator[Popen[bytes]]:
    """A running git, which is killed after a time and at the end of the block."""
    from subprocess import DEVNULL, PIPE, Popen
    from threading import Timer

    command = _command(folder, *arguments)
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()) as process:  # noqa: S603
        watchdog = Timer(_PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()  # it may still be writing output that is not needed


class Asked:
    """A git that runs beside this program until its answer is needed."""

    def __init__(
        self, folder: Path, *arguments: str, settings: Mapping[str, str] = MappingProxyType({}), given: bool = False
    ) -> None:
        """`given`: the answer depends on what is given then. Raises FileNotFoundError if there is no git."""
        from subprocess import DEVNULL, PIPE, Popen

        self._folder = folder
        environment = _environment() | _configured(settings)
        self._process = Popen(  # noqa: S603
            _command(folder, *arguments), stdin=PIPE if given else DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
        )

    def answer(self, given: bytes | None = None) -> CompletedProcess[bytes]:
        """Its answer, once. Raises GitError if it does not come in time."""
        from subprocess import CompletedProcess, TimeoutExpired

        with self._process as process:
            try:
                output, errors = process.communicate(given, _PATIENCE)
            except TimeoutExpired as error:
                raise GitError(f"{self._folder}: git did not answer within {_PATIENCE:.0f} seconds") from error
            finally:
                process.kill()  # where it has not ended
        return CompletedProcess(process.args, process.returncode, output, errors)

    def drop(self) -> None:
        """End it, whether its answer was needed or not."""
        if self._process.returncode is None:
            with self._process:
                self._process.kill()


def run_git(
    folder: Path, *arguments: str, given: bytes | None = None, settings: Mapping[str, str] = MappingProxyType({})
) -> CompletedProcess[bytes]:
    """Run git to its end. Raises FileNotFoundError if there is no git, GitError if it does not answer in time."""
    return Asked(folder, *arguments, settings=settings, given=given is not None).answer(given)


def answers(folder: Path, *commands: tuple[str, ...]) -> list[str]:
    """The output of several commands that run at the same time. Filters of the repository are not executed."""
    from concurrent.futures import ThreadPoolExecutor

    keys = (entry.partition("\n")[0] for entry in text(run_git(folder, "config", "--list", "-z").stdout).split("\0"))
    drivers = {key.rpartition(".")[0] for key in keys if key.startswith("filter.")}
    unfiltered = {f"{driver}.{kind}": "" for driver in drivers for kind in ("clean", "process")}
    unfiltered |= dict.fromkeys((f"{driver}.required" for driver in drivers), "false")
    with ThreadPoolExecutor(len(commands)) as pool:
        asked = [pool.submit(run_git, folder, *command, settings=unfiltered) for command in commands]
        return [text(each.result().stdout) for each in asked]


def _command(folder: Path, *arguments: str) -> list[str]:
    return ["git", *_SAFE, "-C", str(folder), *arguments]


def _environment() -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
    return ours | ENVIRONMENT


def _configured(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings as variables of the environment, which override all other settings and allow any character in names."""
    before = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(before) if before.isdecimal() else 0
    found = {"GIT_CONFIG_COUNT": str(first + len(settings))} if settings else {}
    for number, (key, value) in enumerate(settings.items(), first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def text(output: bytes) -> str:
    """Git's output as text; a name that is not UTF-8 has lone surrogates."""
    return output.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Text as bytes for git; the reverse of `text`."""
    return text.encode("utf-8", "surrogateescape")
