"""Where the reports of a run go: to files, and to standard output."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

import reports
from checker import disk
from checker.cli.console import Output, Streams
from checker.config.file import one_of
from checker.config.options import RunOptions
from checker.config.schema import Config
from checker.model import ConfigError, Finding, Replacement, Report, ReportError

if TYPE_CHECKING:
    from checker.mend.replacing import Replacing


class Destination(NamedTuple):
    """A report format, and the file that it is written to."""

    format: str
    file: str | None  # None: standard output


def destinations(formats: tuple[str, ...], *, named: bool = True) -> list[Destination]:
    """The destination of each `NAME[=FILE]`. `named`: they stand on the command line; others may be a stranger's.

    Raises ConfigError, or ReportError if a file cannot be written, so that both show before the run.
    """
    found: list[Destination] = []
    for text in formats:
        name, equals, file = text.partition("=")
        if name not in reports.FORMATS:
            raise ConfigError(f"no report format is called {name!r}{one_of(name, reports.FORMATS)}")
        if equals and not file:
            raise ConfigError(f"--format {text}: no file after `=`")
        if file:
            _writable(text, Path(file))
        found.append(Destination(name, file or None))
    if sum(each.file is None for each in found) > 1:
        raise ConfigError("only one report can go to standard output; give the others a file: --format NAME=FILE")
    if not named:
        files = [Path(each.file) for each in found if each.file]
        disk.refuse_foreign(files, Path(), "name it on the command line: --format NAME=FILE")
    return found


def _writable(text: str, file: Path) -> None:
    if file.is_dir():
        raise ReportError(f"--format {text}: {file} is a folder")
    place = file if file.exists() else file.parent
    if not place.exists():
        raise ReportError(f"--format {text}: could not be written: {place}: no such folder")
    if not os.access(place, os.W_OK):
        raise ReportError(f"--format {text}: could not be written: {place}: permission denied")


def is_colored(out: Output) -> bool:
    """Whether it is a terminal that shows colours: https://no-color.org"""
    return out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def view_of(out: Output, config: Config, options: RunOptions, report: Report) -> reports.View:
    """How the report on standard output looks."""
    from checker.cli.linked import lines_of

    color = is_colored(out)
    return reports.View(
        by=config.reports.by,
        color=color,
        links=color and "CI" not in os.environ,
        quiet=options.quiet,
        verbose=options.verbose,
        lines=lines_of(report, os.environ),
        replaced=_replaced(config, report),
    )


def _replaced(config: Config, report: Report) -> Callable[[Finding], Replacement | None]:
    """What `fix` would write for a finding, which few formats ask for."""

    @cache
    def known() -> Replacing:
        from checker.mend.replacing import Replacing
        from checker.run.prepare import options_of

        slugs = config.references.slugs
        return Replacing(
            report.root, report.findings, options_of(config.references, "github" if slugs == "auto" else slugs)
        )

    return lambda finding: known()(finding)  # noqa: PLW0108 - or the module would be loaded for every report


def write_all(streams: Streams, places: list[Destination], report: Report, view: reports.View) -> None:
    """Write every report, even if another one cannot be written. Raises ReportError at the end."""
    failed: list[ReportError] = []
    for place in places:
        try:
            if place.file is None:
                reports.write(place.format, report, cast(TextIO, streams.out), view)
                streams.out.flush()
            else:
                write_file(place.format, place.file, report, view)
        except ReportError as error:
            failed.append(error)
    raise_first(failed, streams)


def raise_first(failed: list[ReportError], streams: Streams) -> None:
    """Tell of all reports that could not be written. Raises the first, which is told at the end of the command."""
    for other in failed[1:]:
        streams.err.say(f"mirrorcheck: {other}")
    if failed:
        raise failed[0]


def write_file(name: str, file: str, report: Report, view: reports.View, *, named: bool = True) -> None:
    """Write a report to a file, through a link only if the user `named` it. Raises ReportError."""
    try:
        with disk.whole(Path(file), named=named) as stream:
            reports.write(name, report, stream, view._replace(color=False, links=False, quiet=False))
    except OSError as error:
        raise ReportError(f"the {name} report could not be written to {file}: {error.strerror}") from error
