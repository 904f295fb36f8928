"""`mirrorcheck check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from checker.cli.checking import Invocation, check_sources
from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.cli.options import about, with_options
from checker.config.options import About, RunOptions
from checker.config.settings import settings_of
from checker.kinds import kind_of
from checker.model import NoPageError, SourceError


@click.command("check", params=[click.Argument(["source"], nargs=-1), *about(*About)])
@with_options
def command(streams: Streams, options: RunOptions, source: tuple[str, ...]) -> int:
    """Check a mirror: a folder, a ZIP archive, an object store, some pages of one of them, or a live
    address.

    Without SOURCE, the configured folder is checked. A live address is crawled within its origin and path.
    """
    if options.files_from:
        source = (*source, *_listed(options.files_from))
        if not source:
            streams.err.say(f"mirrorcheck: {options.files_from} names no page; there is nothing to check")
            return Exit.OK
    config, base = settings_of(options, source)
    try:
        return check_sources(Invocation(streams, options, config, base, remembers=True), source)
    except NoPageError as error:
        if not options.files_from:
            raise
        streams.err.say(f"mirrorcheck: {error}")  # a change of other files is no failure
        return Exit.OK


def _listed(file: Path) -> list[str]:
    """The pages and folders that a file names; `git diff --name-only` names others too. Raises SourceError."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from error
    names = [os.fsdecode(name) for name in (data.split(b"\0") if b"\0" in data else data.splitlines())]
    return [name for name in names if name.strip() and (kind_of(name) or not Path(name).is_file())]
