"""The file of a fleet: the mirrors that `mirrorcheck fleet` checks, and what each is checked with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from checker.config.file import converted, nearest, text_of
from checker.config.names import is_store, is_url
from checker.config.options import ROWS, About, RunOptions
from checker.config.schema import HISTORY, MirrorTable
from checker.config.settings import Settings, settings_of
from checker.model import ConfigError

# What a mirror may set for itself: the options on what is found and what fails, but not where a run writes.
_OWN = {
    row.option.name.removeprefix("--"): row
    for row in ROWS.values()
    if row.option.about is About.FINDINGS or row.field == "fail_on"
}
_NAME = re.compile(r"\w[\w.-]{0,99}")  # it becomes a part of file names
_FILES = ("cookies", "ca_file", "client_certificate")  # keys of [remote] that are relative to where a run is started


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class FleetTable(_Table, frozen=True):
    """`[fleet]`: where the runs are remembered, and what is written."""

    history: str = HISTORY.as_posix()
    format: tuple[str, ...] = ("terminal",)


class MirrorRow(_Table, frozen=True):
    """`[[mirror]]`: one mirror. Paths are relative to the file."""

    name: str
    path: str = ""
    url: str = ""
    config: str = ""
    options: dict[str, Any] = {}


class Fleet(_Table, frozen=True):
    """The whole file."""

    fleet: FleetTable = FleetTable()
    mirror: tuple[MirrorRow, ...] = ()


def read(path: Path) -> Fleet:
    """Read the file of a fleet. Raises ConfigError, which names the file, the line and what to write instead."""
    fleet = converted(text_of(path), str(path), Fleet)
    if not fleet.mirror:
        raise ConfigError(f"{path}: names no mirror; write a table [[mirror]] with a name and a path for each")
    names: set[str] = set()
    for number, row in enumerate(fleet.mirror, 1):
        where = f"{path}: mirror {number}, {row.name!r}"
        if not _NAME.fullmatch(row.name):
            raise ConfigError(f"{where}: a name has letters, digits, `.`, `-`, `_`, and begins with a letter or digit")
        if row.name.casefold() in names:
            raise ConfigError(f"{where}: another mirror has this name")
        names.add(row.name.casefold())
        if row.path and row.url:
            raise ConfigError(f"{where}: give a path or a url, not both")
        if not (row.path or row.url or row.config):
            raise ConfigError(f"{where}: give the path of a folder, the url of a site, or a config")
        if row.url and not is_url(row.url):
            raise ConfigError(f"{where}: {row.url!r} is not a URL that begins with http:// or https://")
        _options_of(row, where)
    return fleet


def _options_of(row: MirrorRow, where: str) -> RunOptions:
    """The options that a mirror sets for itself."""
    given: dict[str, Any] = {}
    for key, value in row.options.items():
        if key not in _OWN:
            raise ConfigError(f"{where}: options: no option of a mirror is called {key!r}{nearest(key, _OWN)}")
        option = _OWN[key]
        try:
            given[option.field] = msgspec.convert(value, option.type)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{where}: options: {key}: {error}") from error
    return RunOptions(**given)


class MirrorSettings(NamedTuple):
    """How one mirror of a fleet is checked."""

    options: RunOptions
    settings: Settings
    source: tuple[str, ...]  # as on the command line of `check`: a URL, a path, or nothing


def settings_for(row: MirrorRow, base: Path, said: RunOptions) -> MirrorSettings:
    """The settings of a mirror, as `check` would have them: in its folder, unless the row names a configuration.

    `base`: the folder of the fleet's file. `said`: the command line, which overrides the row. Raises ConfigError.
    """
    own = _options_of(row, row.name)
    files = {key: str(base / value) for key in ("baseline", "cookies") if (value := getattr(own, key))}
    options = _joined(replace(own, **files), said)
    # What the mirror's configuration writes elsewhere is not written: the fleet has its own reports and history.
    said = replace(options, formats=("terminal",), no_history=True, history_file=None)
    path = base / row.path
    named = row.url or (row.path if is_store(row.path) else "")
    if row.config:
        source = (named,) if named else (str(path),) if row.path else ()
        found = settings_of(replace(said, config_file=base / row.config), source)
        if row.path and path.is_dir() and found.config.mirror.root == MirrorTable().root:
            found, source = _rooted(found, path), ()  # one configuration may serve several folders
        return MirrorSettings(options, _rebased(found, options), source)
    if named or not path.is_dir():
        source = (named or str(path),)
        return MirrorSettings(options, settings_of(said, source, folder=None), source)
    found = settings_of(said, (), folder=path)
    if found.base is None:
        return MirrorSettings(options, found._replace(base=path), ())
    return MirrorSettings(options, _rebased(found, options), ())


def _joined(own: RunOptions, said: RunOptions) -> RunOptions:
    """A mirror's own options, overridden by the command line; what can be given repeatedly adds up."""
    changes: dict[str, Any] = {}
    for row in ROWS.values():
        value, before = getattr(said, row.field), getattr(own, row.field)
        if value != row.default:
            changes[row.field] = (*before, *value) if row.option.adds else value
    return replace(own, **changes)


def _rooted(found: Settings, path: Path) -> Settings:
    """The settings, with a folder as the mirror."""
    mirror = replace(found.config.mirror, root=str(path.absolute()))
    return found._replace(config=replace(found.config, mirror=mirror))


def _rebased(found: Settings, options: RunOptions) -> Settings:
    """The settings, with files that `check` would look for in the configuration's folder."""
    if found.base is None:
        return found
    remote = found.config.remote
    files = {
        key: str(found.base / value)
        for key in _FILES
        if (value := getattr(remote, key)) and not (key == "cookies" and options.cookies)
    }
    return found._replace(config=replace(found.config, remote=replace(remote, **files)))
