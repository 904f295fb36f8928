"""`mirrorcheck history`."""

from __future__ import annotations

import contextlib

import click

from checker.cli import memory
from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, with_options
from checker.config.options import RunOptions
from checker.config.settings import existing
from checker.history.rows import hops_of
from checker.history.store import open_for_writing
from checker.model import ConfigError, Level, State

_WHICH = (*CONFIGURATION, "history_file")


@click.group("history")
def command() -> None:
    """Look at the history, or make it smaller."""


@command.command("list", params=named(*_WHICH))
@with_options
def list_runs(streams: Streams, options: RunOptions) -> int:
    """List the runs."""
    with memory.opened(options) as kept:
        for run, series, complete, figures in kept.list():
            if figures is None:
                said = "not finished" if not complete else ""
            else:
                levels = ", ".join(f"{figures.totals.levels.get(level, 0)} {level}s" for level in Level)
                states = ", ".join(f"{getattr(figures, state)} {state}" for state in State)
                said = f"{figures.started}  {levels}, {states}, {figures.requests} requests"
            streams.out.write(plain(f"{run:>5}  {said}  {series}") + "\n")
    return Exit.OK


@command.command("show", params=[click.Argument(["target"]), *named(*_WHICH)])
@with_options
def show_target(streams: Streams, options: RunOptions, target: str) -> int:
    """Show what a remote TARGET answered, run by run."""
    with memory.opened(options) as kept:
        lives = list(kept.show(target.partition("#")[0]))
    if not lives:
        raise ConfigError(f"{target}: the history knows no such target")
    for stored, past in lives:
        status = f" {stored.status}" if stored.status else ""
        streams.out.write(plain(f"{stored.url}: {stored.verdict}{status} {stored.message}".rstrip()) + "\n")
        for hop in hops_of(stored.hops):
            streams.out.write(plain(f"  {hop.status} to {hop.url}") + "\n")
        if past.first_broken:
            streams.out.write(f"  fails since {past.first_broken}, {past.failures} runs in a row\n")
        streams.out.write(f"  last good: {past.last_good or 'never'}\n")
        for one in past.seen:
            streams.out.write(f"  run {one.run}: {one.verdict}{f' {one.status}' if one.status else ''}\n")
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
    """Forget old runs, and make the file smaller."""
    file = memory.file_here(options)
    existing(str(file))
    before = file.stat().st_size
    with contextlib.closing(open_for_writing(file)) as kept:
        if kept.warning:
            streams.err.say(f"mirrorcheck: {kept.warning}")
        runs = kept.prune(memory.ago(keep, "--keep"))
    streams.out.write(f"{runs} runs forgotten; {before:,} bytes before, {file.stat().st_size:,} now\n")
    return Exit.OK
