"""`mirrorcheck baseline`."""

from __future__ import annotations

import click

from checker.cli.checking import Invocation, check_sources
from checker.cli.console import Streams
from checker.cli.options import about, with_options
from checker.config.options import About, RunOptions
from checker.config.settings import settings_of


@click.group("baseline")
def command() -> None:
    """Keep a list of known findings, so that only others fail."""


@command.command(
    "write", params=[click.Argument(["source"], nargs=-1), *about(About.CONFIGURATION, About.FINDINGS, About.RUN)]
)
@with_options
def write(streams: Streams, options: RunOptions, source: tuple[str, ...]) -> int:
    """Write what `check` finds today to the baseline: that of the configuration, or baseline.toml.

    Entries that are still found keep their owner, reason and expiry. Entries that this run does not look at stay.
    """
    config, base = settings_of(options, source, writes_baseline=True)
    return check_sources(Invocation(streams, options, config, base, writes_baseline=True), source)
