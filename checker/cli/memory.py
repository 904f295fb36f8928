"""The history of a run: where it is, and how it is opened."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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


class Place(NamedTuple):
    """Where the history of a mirror is."""

    history: Path | str  # a file, or the URL of a database
    file: Path | None  # beside it lie the page cache and the health page; None: no folder is meant for them

    @property
    def cache(self) -> Path | None:
        """The file of the page cache."""
        return self.file and self.file.with_suffix(".pages")


def place_of(config: Config, base: Path | None, folders: tuple[Path, ...], named: str | None) -> Place | None:
    """The history of a mirror, or None: what is named, or beside the configuration, or in a `.mirrorcheck` folder that
    exists.
    """
    value = named if named is not None else config.history.file if base is not None else ""
    if schema.is_server(value):
        return Place(value, _usual(base, folders))
    if named is not None:
        file: Path | None = _named(Path(named))
    elif base is not None:
        file = _found(base / value, base) if value else None
    else:
        file = _usual(base, folders)
    return Place(file, file) if file else None


def _usual(base: Path | None, folders: tuple[Path, ...]) -> Path | None:
    """The file of a mirror's history where nothing says otherwise."""
    if base is not None:
        return _found(base / schema.HISTORY, base)
    for folder in (*folders, Path()):
        file = folder / schema.HISTORY
        if os.path.isdir(file.parent):  # noqa: PTH112 - False if it may not be examined
            return _found(file, folder)
    return None


def place_here(options: RunOptions) -> Place:
    """The working folder's history, or the one that the user named. Raises ConfigError."""
    config, base = settings_of(options, ())
    place = place_of(config, base, (), options.history_file)
    if place is None:
        raise ConfigError(
            "no history here: make a folder .mirrorcheck, and `mirrorcheck check` keeps one in it from then on; "
            "or name one with --history, or a configuration with --config"
        )
    return place


def opened(options: RunOptions) -> contextlib.closing[History]:
    """Open the working folder's history, or the one that the user named, to read it."""
    from checker.history.store import open_for_reading

    return contextlib.closing(open_for_reading(place_here(options).history))


def ago(text: str, option: str) -> datetime:
    """The moment that lies a duration in the past. Raises ConfigError, which begins with `option`."""
    return datetime.now(UTC) - timedelta(seconds=durations.seconds(text, option))


def _named(file: Path) -> Path:
    """The file of a history that the user named, with a link followed. Files beside it were not named."""
    from checker.history.files import files_of

    if not file.name:
        raise click.UsageError(f"--history {file}: not the name of a file; --no-history runs without a history")
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


def mirror_of(config: Config, root: Root, place: Place | None) -> str:
    """The name of a mirror in its history. In a file, it stays the same if both are moved; in a database, which other
    machines may share, it names this one.
    """
    if place is None or config.mirror.published:
        return config.mirror.published[0] if config.mirror.published else ""
    if isinstance(root, Address):
        return str(root)
    if not isinstance(place.history, Path):
        from platform import node

        return root.resolve().as_uri().replace("file://", f"file://{node()}", 1)
    folder = place.history.resolve().parent
    if folder.name == schema.HISTORY.parent.name:
        folder = folder.parent
    with contextlib.suppress(ValueError):  # on another drive
        return os.path.relpath(root.resolve(), folder).replace(os.sep, "/")
    return str(root.resolve())


def mirror_here(config: Config, base: Path | None, place: Place) -> str:
    """The name of the working folder's mirror in a database, which has others too; "" in a file, which is its own."""
    if isinstance(place.history, Path):
        return ""
    return logins.hidden(mirror_of(config, (base or Path()) / config.mirror.root, place))


def make_folder(place: Place) -> None:
    """Make the folder for what lies beside a history, if that is no file itself. Without it, a run keeps less."""
    from checker.history import files

    if place.file is not None and place.file != place.history:
        with contextlib.suppress(OSError):
            files.make_folder(place.file.parent)


@contextlib.contextmanager
def last_good(err: Log, config: Config, base: Path | None, root: Path) -> Iterator[Callable[[str], int | None]]:
    """When a URL last had a good answer, as the history of a mirror knows, if there is one that can be read."""
    try:
        place = place_of(config, base, (root,), None)
        kept = None
        if place is not None and not (isinstance(place.history, Path) and not place.history.is_file()):
            from checker.history.store import open_for_reading

            kept = open_for_reading(place.history)
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
    err: Log, config: Config, place: Place | None, mirror: str, options: RunOptions
) -> Iterator[RunHistory | None]:
    """Open the history in `place` for this run; yield None if there is none, or it cannot be used."""
    if place is None:
        if options.fail_on_new and not config.rules.baseline:
            raise click.UsageError("--fail-on-new needs a history or a baseline to know what is new: --history FILE")
        yield None
        return
    from checker.history import database, store
    from checker.history.run import RunHistory

    series = " ".join((logins.hidden(mirror), *series_of(options)))

    def start() -> tuple[History, RunHistory]:
        kept = store.open_for_writing(place.history, wait=options.wait)
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
        except database.DamagedError as error:  # and moved aside
            say(f"{error}, and a new history begins")
            kept, run = start()
    except ConfigError:
        raise
    except CheckerError as error:
        if options.history_file is not None or not isinstance(place.history, Path):
            raise
        say(f"{error}; this run is not remembered (--no-history)")
        yield None
        return
    with contextlib.closing(kept):
        make_folder(place)
        if kept.warning:
            say(kept.warning)
        if run.resumed and not options.quiet:
            say(f"continues run {run.run}, which did not end (--no-resume starts a new one)")
        try:
            yield run
        except CheckerError:
            run.fail()
            raise
