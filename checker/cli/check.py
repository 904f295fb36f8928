"""`mirrorcheck check`."""

from __future__ import annotations

import click

from checker.cli.checking import Invocation, check_sources
from checker.cli.console import Streams
from checker.cli.options import about, with_options
from checker.config.options import About, RunOptions
from checker.config.settings import settings_of


@click.command("check", params=[click.Argument(["source"], nargs=-1), *about(*About)])
@with_options
def command(streams: Streams, options: RunOptions, source: tuple[str, ...]) -> int:
    """Check a mirror: a folder, a ZIP archive, some pages of one of them, or a live address.

    Without SOURCE, the configured folder is checked. A live address is crawled within its origin and path.
    """
    config, base = settings_of(options, source)
    return check_sources(Invocation(streams, options, config, base, remembers=True), source)
