"""`mirrorcheck report`."""

from __future__ import annotations

import contextlib

import click

from checker.cli import memory, outputs
from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, reworded, with_options
from checker.config.options import RunOptions
from checker.config.settings import settings_of
from checker.history.store import open_for_reading


@click.command(
    "report",
    params=[
        *named(*CONFIGURATION, "history_file"),
        click.Option(
            ["--run", "number"], type=click.IntRange(1), metavar="RUN", help="Report this run instead of the last one."
        ),
        click.Option(
            ["--since"],
            metavar="DURATION",
            help="Use only runs that are not older (30d, 2w); show what is new and fixed since the first of them.",
        ),
        click.Option(
            ["--compare"],
            nargs=2,
            type=click.IntRange(1),
            metavar="RUN RUN",
            help="Report the second run, with what is new and fixed since the first.",
        ),
        *named("formats"),
        reworded("verbose", "Show every place."),
    ],
)
@with_options
def command(
    streams: Streams, options: RunOptions, number: int | None, since: str | None, compare: tuple[int, int] | None
) -> int:
    """Write the report of an earlier run from the history, with the health of the mirror.

    Without --format, also write the health page: health.html beside the history.
    """
    if compare and (number or since):
        raise click.UsageError("--compare names the runs; it cannot be used with --run or --since")
    config, base = settings_of(options, ())
    places = outputs.destinations(config.reports.format, named=bool(options.formats))
    place = memory.place_here(options)
    with contextlib.closing(open_for_reading(place.history)) as store:
        first, run = compare or (None, number or store.last(memory.mirror_here(config, base, place))[1])
        found = store.report(run, against=first, since=memory.ago(since, "--since") if since else None)
    view = outputs.view_of(streams.out, config, options, found)._replace(past=True)
    outputs.write_all(streams, places, found, view)
    if options.formats:
        return Exit.OK
    if place.file is None:
        streams.err.say("mirrorcheck: no folder .mirrorcheck for the health page here; --format html=FILE writes it")
    else:
        memory.make_folder(place)
        health = place.file.with_name("health.html")
        outputs.write_file("html", str(health), found, view, named=False)
        streams.err.say(f"mirrorcheck: the health page is {health}")
    return Exit.OK
