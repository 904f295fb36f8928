"""The history of a run: where its file is, and how it is opened."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker import disk, logins
from checker.cli.console import Log
from checker.config import schema
from checker.config.options import RunOptions, series_of
from checker.config.schema import Config
from checker.config.settings import settings_of
from checker.model import CheckerError, ConfigError
from checker.sources.address import Address, Root
from checker.web import durations

if TYPE_CHECKING:  # most runs have no history, and SQLite takes its time to load
    from checker.history.run import RunHistory
    from checker.history.store import History

_OTHER_HISTORY = "name another history with --history FILE, or check with --no-history"


def file_of(config: Config, base: Path | None, places: tuple[Path, ...], named: Path | None) -> Path | None:
    """The file of a mirror's history, or None: beside the configuration, or in a `.mirrorcheck` folder that exists."""
    if named:
        return _named(named)
    if base is not None:
        return _found(base / config.history.file, base) if config.history.file else None
    for place in (*places, Path()):
        file = place / schema.HISTORY
        if os.path.isdir(file.parent):  # noqa: PTH112 - False if it may not be examined
            return _found(file, place)
    return None


def file_here(options: RunOptions) -> Path:
    """The file of the working folder's history, or the one that the user named. Raises ConfigError."""
    config, base = settings_of(options, ())
    file = file_of(config, base, (), options.history_file)
    if file is None:
        raise ConfigError(
            "no history here: make a folder .mirrorcheck, and `mirrorcheck check` keeps one in it from then on; "
            "or name a file with --history, or a configuration with --config"
        )
    return file


def opened(options: RunOptions) -> contextlib.closing[History]:
    """Open the working folder's history, or the one that the user named, to read it."""
    from checker.history.store import open_for_reading

    return contextlib.closing(open_for_reading(file_here(options)))


def ago(text: str, option: str) -> datetime:
    """The moment that lies a duration in the past. Raises ConfigError, which begins with `option`."""
    return datetime.now(UTC) - timedelta(seconds=durations.seconds(text, option))


def _named(file: Path) -> Path:
    """The file of a history that the user named, with a link followed. Files beside it were not named."""
    from checker.history.files import files_of

    file = Path(os.path.realpath(file)) if file.is_symlink() else file
    disk.refuse_foreign(files_of(file)[1:], file.parent, _OTHER_HISTORY)
    return file


def _found(file: Path, root: Path) -> Path:
    """The file of a history that the user did not name. Raises ForeignError if it may have come with the mirror."""
    from checker.history.files import files_of, read_back
    from checker.mirror import git

    disk.refuse_foreign(files_of(file), root, _OTHER_HISTORY)
    kept = [each.name for each in read_back(file) if each.exists()]
    for name in git.tracked(file.parent, kept) if kept else ():
        raise disk.ForeignError(
            f"{file.with_name(name)}: git tracks it, so it came with the mirror, and is not trusted;"
            f" remove it with `git rm --cached`, or name it with --history {file}"
        )
    return file


def mirror_of(config: Config, root: Root, file: Path | None) -> str:
    """The name of a mirror in its history, which stays the same if both are moved."""
    if file is None or config.mirror.published:
        return config.mirror.published[0] if config.mirror.published else ""
    if isinstance(root, Address):
        return str(root)
    folder = file.resolve().parent
    if folder.name == schema.HISTORY.parent.name:
        folder = folder.parent
    with contextlib.suppress(ValueError):  # on another drive
        place = os.path.relpath(root.resolve(), folder)
        return place.replace(os.sep, "/")
    return str(root.resolve())


@contextlib.contextmanager
def last_good(err: Log, config: Config, base: Path | None, root: Path) -> Iterator[Callable[[str], int | None]]:
    """When a URL last had a good answer, as the history of a mirror knows, if there is one that can be read."""
    try:
        file = file_of(config, base, (root,), None)
        kept = None
        if file is not None and file.is_file():
            from checker.history.store import open_for_reading

            kept = open_for_reading(file)
    except CheckerError as error:
        err.say(f"mirrorcheck: {error}; copies are the newest ones")
        kept = None
    if kept is None:
        yield lambda _url: None
        return
    from checker.sweep.keys import remote_key

    with contextlib.closing(kept):
        yield lambda url: kept.last_good(remote_key(url, ""))


@contextlib.contextmanager
def remembered(
    err: Log, config: Config, file: Path | None, mirror: str, options: RunOptions
) -> Iterator[RunHistory | None]:
    """Open the history in `file` for this run; yield None if there is none, or it cannot be used."""
    if file is None:
        if options.fail_on_new and not config.rules.baseline:
            raise click.UsageError("--fail-on-new needs a history or a baseline to know what is new: --history FILE")
        yield None
        return
    from checker.history import files, store
    from checker.history.run import RunHistory

    series = " ".join((logins.hidden(mirror), *series_of(options)))

    def start() -> tuple[History, RunHistory]:
        kept = store.open_for_writing(file, wait=options.wait)
        try:
            deep, resume = config.assets.deep, options.resume
            return kept, RunHistory(kept, series, config.history, config.remote, deep=deep, resume=resume)
        except BaseException:
            kept.close()
            raise

    def say(text: str) -> None:
        err.say(f"mirrorcheck: {text}")

    try:
        try:
            kept, run = start()
        except files.DamagedError as error:  # and moved aside
            say(f"{error}, and a new history begins")
            kept, run = start()
    except ConfigError:
        raise
    except CheckerError as error:
        if options.history_file:
            raise
        say(f"{error}; this run is not remembered (--no-history)")
        yield None
        return
    with contextlib.closing(kept):
        if kept.warning:
            say(kept.warning)
        if run.resumed and not options.quiet:
            say(f"continues run {run.run}, which did not end (--no-resume starts a new one)")
        try:
            yield run
        except CheckerError:
            run.fail()
            raise
