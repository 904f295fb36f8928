"""`mirrorcheck history`."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from checker.cli import memory
from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, with_options
from checker.config.options import RunOptions
from checker.config.settings import existing
from checker.history.rows import hops_of
from checker.history.store import open_for_writing
from checker.model import ConfigError, Level
from checker.words import counted
from reports._text import targets_of

_WHICH = (*CONFIGURATION, "history_file")


@click.group("history")
def command() -> None:
    """Show the history, or make it smaller."""


@command.command("list", params=named(*_WHICH))
@with_options
def list_runs(streams: Streams, options: RunOptions) -> int:
    """List the runs."""
    with memory.opened(options) as kept:
        for run, series, complete, figures in kept.list():
            if figures is None:
                line = "not finished" if not complete else ""
            else:
                levels = ", ".join(counted(figures.totals.levels.get(level, 0), level, f"{level}s") for level in Level)
                states = "".join(f"{number:,} {state}, " for state, number in figures.states.items())
                asked = counted(figures.requests, "request", "requests")
                line = f"{figures.started}  {levels}, {states}{asked}; {targets_of(figures.totals)}"
            streams.out.write(plain(f"{run:>5}  {line}  {series}") + "\n")
    return Exit.OK


@command.command("show", params=[click.Argument(["target"]), *named(*_WHICH)])
@with_options
def show_target(streams: Streams, options: RunOptions, target: str) -> int:
    """Show what a remote TARGET answered, run by run."""
    with memory.opened(options) as kept:
        found = list(kept.show(target.partition("#")[0]))
    if not found:
        raise ConfigError(f"{target}: the history knows no such target")
    for stored, past in found:
        status = f" {stored.status}" if stored.status else ""
        streams.out.write(plain(f"{stored.url}: {stored.verdict}{status} {stored.message}".rstrip()) + "\n")
        for hop in hops_of(stored.hops):
            streams.out.write(plain(f"  {hop.status} to {hop.url}") + "\n")
        if past.first_broken:
            streams.out.write(f"  fails since {past.first_broken}, {counted(past.failures, 'run', 'runs')} in a row\n")
        streams.out.write(f"  last good: {past.last_good or 'never'}\n")
        for each in past.seen:
            streams.out.write(f"  run {each.run}: {each.verdict}{f' {each.status}' if each.status else ''}\n")
    return Exit.OK


@command.command(
    "prune",
    params=[
        click.Option(["--keep"], metavar="DURATION", default="90d", show_default=True, help="How long runs are kept."),
        *named(*_WHICH),
    ],
)
@with_options
def prune(streams: Streams, options: RunOptions, keep: str) -> int:
    """Forget old runs, and make the history smaller."""
    history = memory.place_here(options).history
    if isinstance(history, Path):
        existing(str(history))
    with contextlib.closing(open_for_writing(history)) as kept:
        if kept.warning:
            streams.err.say(f"mirrorcheck: {kept.warning}")
        before = kept.database.size()
        runs = kept.prune(memory.ago(keep, "--keep"))
        after = kept.database.size()
    streams.out.write(f"{counted(runs, 'run', 'runs')} forgotten; {before:,} bytes before, {after:,} now\n")
    return Exit.OK
