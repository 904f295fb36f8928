"""`mirrorcheck seal`."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import CONFIGURATION, named, told, with_options
from checker.config.options import RunOptions
from checker.config.settings import settings_of
from checker.sources.named import source_of


@click.command(
    "seal",
    params=[
        click.Argument(["folder"], required=False, type=click.Path(path_type=Path)),
        *named(*CONFIGURATION),
        click.Option(
            ["--accept"], is_flag=True, help="Record the folder as it is, though it differs from its manifest."
        ),
        *named("jobs"),
        told("quiet", "Say nothing of a folder that is as recorded."),
    ],
)
@with_options
def command(streams: Streams, options: RunOptions, folder: Path | None, accept: bool) -> int:
    """Record the bytes of every file in SHA256SUMS, for `check` and `sha256sum -c` to compare with.

    Where the folder differs from what is recorded, says how, and writes nothing without --accept.
    """
    from checker.verify.fixity.seal import seal as sealed

    config, base = settings_of(options, (str(folder),) if folder else ())
    root = folder or source_of(config, base, ())[0]
    sealing = sealed(root, config.assets.manifest, config.engine.jobs, accept=accept)
    for each in sealing.differences:
        renamed = f" -> {each.now}" if each.now else ""
        streams.out.write(plain(f"{each.kind:<8}  {each.name}{renamed}".replace("\n", "\\n")) + "\n")
    if sealing.written:
        streams.err.say(f"wrote {sealing.manifest}: {sealing.files:,} files")
    elif sealing.differences:
        count = len(sealing.differences)
        streams.err.say(f"{sealing.manifest}: {count:,} differences; --accept records the folder as it is")
        return Exit.FINDINGS
    elif not options.quiet:
        streams.err.say(f"{sealing.manifest}: all {sealing.files:,} files are as recorded")
    return Exit.OK
