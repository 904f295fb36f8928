"""`mirrorcheck page`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from checker.cli.checking import Invocation, check_folder, check_site
from checker.cli.console import Streams
from checker.cli.options import about, with_options
from checker.cli.stores import opens_of
from checker.config.names import is_url
from checker.config.options import About, RunOptions
from checker.config.settings import settings_of
from checker.model import Named, SourceError
from checker.sources.named import among, place_of, root_of

_PIPED = "-"


@click.command(
    "page",
    params=[
        click.Argument(["source"]),
        click.Option(
            ["--base"], metavar="PATH|URL", help="Where the page on standard input is to stand.  [default: this folder]"
        ),
        click.Option(["--kind"], metavar="KIND", help="Its kind: html, md, css …  [default: by --base or its bytes]"),
        *about(About.CONFIGURATION, About.FINDINGS, About.REPORT, About.RUN),
    ],
)
@with_options
def command(streams: Streams, options: RunOptions, source: str, base: str | None, kind: str | None) -> int:
    """Check one page: everything that it refers to, in the order of the page.

    SOURCE is a file, which may lie in an archive (site.zip/page.html), or a live address. With `-`, the page comes on
    standard input, and is checked as if it stood at --base.
    """
    options = replace(options, by=options.by or "page")
    if source == _PIPED:
        return _check_piped(streams, options, base or ".", kind)
    if base is not None or kind is not None:
        raise click.UsageError("--base and --kind are for a page on standard input: name `-` as SOURCE")
    config, folder = settings_of(options, (source,))
    if is_url(source):
        config = replace(config, site=replace(config.site, depth=0))
        return check_site(Invocation(streams, options, config, folder), source)
    opens = opens_of(config)
    place = place_of(source, opens)
    if not place.is_file:
        raise SourceError(f"{source}: not a file; `mirrorcheck check` checks a folder")
    root = root_of(place, config, folder, opens)
    return check_folder(Invocation(streams, options, config, folder), root, among([place], root), source)


def _check_piped(streams: Streams, options: RunOptions, at: str, kind: str | None) -> int:
    from checker.cli import piped

    named = piped.kind_named(kind) if kind else None
    config, folder = settings_of(options, (at,))
    data = piped.received(config.pages.max_bytes)
    if is_url(at):
        config = replace(config, site=replace(config.site, depth=0))
        invocation = Invocation(streams, options, config, folder)
        return check_site(invocation, at, (data, piped.kind_at(data, at, named)))
    root, given = piped.placed(data, at, named, config, folder)
    invocation = Invocation(streams, options, config, folder)
    return check_folder(invocation, root, Named(frozenset({given.name})), given.name, given)
