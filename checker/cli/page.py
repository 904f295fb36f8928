"""`mirrorcheck page`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from checker.cli.checking import Invocation, check_folder, check_site
from checker.cli.console import Streams
from checker.cli.options import about, with_options
from checker.config.options import About, RunOptions
from checker.config.settings import is_url, settings_of
from checker.model import SourceError
from checker.sources.named import among, place_of, root_of


@click.command(
    "page", params=[click.Argument(["source"]), *about(About.CONFIGURATION, About.FINDINGS, About.REPORT, About.RUN)]
)
@with_options
def command(streams: Streams, options: RunOptions, source: str) -> int:
    """Check one page: everything that it refers to, in the order of the page.

    SOURCE is a file, which may lie in an archive (site.zip/page.html), or a live address.
    """
    options = replace(options, by=options.by or "page")
    config, base = settings_of(options, (source,))
    if is_url(source):
        config = replace(config, site=replace(config.site, depth=0))
        return check_site(Invocation(streams, options, config, base), source)
    place = place_of(source)
    if not place.is_file:
        raise SourceError(f"{source}: not a file; `mirrorcheck check` checks a folder")
    root = root_of(place, config, base)
    return check_folder(Invocation(streams, options, config, base), root, among([place], root), source)
