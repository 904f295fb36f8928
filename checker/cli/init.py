"""`mirrorcheck init`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from checker import disk, kinds
from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.cli.stores import opens_of
from checker.config.schema import Config
from checker.config.settings import CONFIG_FILE, OWN_FILE, find
from checker.model import ConfigError, ReportError, SourceError
from checker.sources.address import Address
from checker.sources.named import open_source, root_named


@click.command("init")
@click.argument("folder", default=".")
@click.option("--force", is_flag=True, help="Replace an existing configuration of mirrorcheck.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the configuration instead of writing it.")
@click.pass_obj
def command(streams: Streams, /, folder: str, force: bool, to_stdout: bool) -> int:
    """Detect a mirror's layout and addresses, and write a commented configuration.

    FOLDER may be an archive or an object store. The file's name is config.toml, or mirrorcheck.toml where another
    program would read that.
    """
    from checker.mirror.detect import detect
    from checker.mirror.detect.written import summary, write_config

    root = root_named(folder, opens_of(Config()))
    source = open_source(root)
    found = detect(source)
    source.rest()
    if not found.pages:
        raise SourceError(f"{folder}: not a mirror: it holds no {kinds.listed()}")
    beside = Path() if isinstance(root, Address) else disk.folder_of(root)
    text = write_config(found, str(root) if isinstance(root, Address) else root.relative_to(beside).as_posix())
    if to_stdout:
        streams.out.write(text)
        return Exit.OK
    path = _new_configuration(beside, force=force)
    disk.refuse_foreign([path], beside, "print it with --stdout")
    try:
        with disk.whole(path) as file:
            file.write(text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from error
    named = " --config " + path.name if isinstance(root, Address) else ""
    for line in (*summary(found), f"wrote {path}; next: mirrorcheck check --offline{named}"):
        streams.err.say(line)
    return Exit.OK


def _new_configuration(folder: Path, *, force: bool) -> Path:
    """The file that `init` writes, never one that another program reads. Raises ConfigError."""
    known = find(folder)
    if known and known.below:
        raise ConfigError(f"{known} exists already; --stdout prints a configuration")
    if known and not force:
        raise ConfigError(f"{known} exists already; --force replaces it, --stdout prints a configuration")
    if known:
        return known.path
    taken = any(os.path.lexists(folder / name) for name in _READ_TOO)
    return folder / (OWN_FILE if taken else CONFIG_FILE)


# Hugo reads a config.toml before a file of another of these names, and beside that folder.
# https://gohugo.io/configuration/introduction/#configuration-file
_READ_TOO = (CONFIG_FILE, "config.yaml", "config.yml", "config.json", "config/_default")
