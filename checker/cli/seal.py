"""`mirrorcheck seal`."""

from __future__ import annotations

import click

from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, reworded, with_options
from checker.cli.stores import opens_of
from checker.config.options import RunOptions
from checker.config.settings import settings_of
from checker.model import SourceError
from checker.sources.address import Address
from checker.sources.named import root_in, root_named
from checker.words import counted


@click.command(
    "seal",
    params=[
        click.Argument(["folder"], required=False),
        *named(*CONFIGURATION),
        click.Option(
            ["--accept"], is_flag=True, help="Record the folder as it is, even if it differs from its manifest."
        ),
        *named("jobs", "cluster"),
        reworded("quiet", "Say nothing about a folder that is as recorded."),
    ],
)
@with_options
def command(streams: Streams, options: RunOptions, folder: str | None, accept: bool) -> int:
    """Record the bytes of every file in SHA256SUMS, for `check` and `sha256sum -c` to compare with.

    If the folder differs from what is recorded, say how, and write nothing without --accept.
    """
    from checker.verify.fixity.seal import seal as sealed

    config, base = settings_of(options, (folder,) if folder else ())
    opens = opens_of(config)
    root = root_named(folder, opens) if folder else root_in(config, base, opens)
    if isinstance(root, Address):
        raise SourceError(f"{root}: a store cannot be sealed: `seal` writes into a folder")
    sealing = sealed(root, config.assets.manifest, config.engine, accept=accept)
    for each in sealing.differences:
        renamed = f" -> {each.now}" if each.now else ""
        streams.out.write(plain(f"{each.kind:<8}  {each.name}{renamed}".replace("\n", "\\n")) + "\n")
    if sealing.written:
        streams.err.say(f"wrote {sealing.manifest}: {counted(sealing.files, 'file', 'files')}")
    elif sealing.differences:
        count = counted(len(sealing.differences), "difference", "differences")
        streams.err.say(f"{sealing.manifest}: {count}; --accept records the folder as it is")
        return Exit.FINDINGS
    elif not options.quiet:
        files = "all " * (sealing.files > 1) + counted(sealing.files, "file is", "files are")
        streams.err.say(f"{sealing.manifest}: {files} as recorded")
    return Exit.OK
