"""`mirrorcheck explain`."""

from __future__ import annotations

import click

from checker.cli.checking import decodable
from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, reworded, with_options
from checker.cli.stores import opens_of
from checker.config.options import RunOptions
from checker.config.settings import settings_of
from checker.sources.named import place_of, root_of


@click.command(
    "explain",
    params=[
        click.Argument(["page_name"], metavar="PAGE"),
        click.Argument(["reference"], required=False),
        *named(*CONFIGURATION),
        reworded("published", "An address of the mirror. Repeatable."),
    ],
)
@with_options
def command(streams: Streams, options: RunOptions, page_name: str, reference: str | None) -> int:
    """Show step by step how a reference of a page is found, resolved, mapped and judged."""
    from checker.run.explain import explain as steps

    config, base = settings_of(options, (page_name,))
    decodable(config)
    opens = opens_of(config)
    place = place_of(page_name, opens)
    root = root_of(place, config, base, opens)
    for line in steps(config, root, place.path, reference):
        streams.out.write(plain(line.replace("\n", "\\n")) + "\n")
    return Exit.OK
