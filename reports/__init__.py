"""Reports: one file for each format, with `write(report, stream, view)`. The folder is the registry."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, NamedTuple, TextIO

from checker.model import Finding, Replacement, Report

FORMATS: tuple[str, ...] = tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


class View(NamedTuple):
    """How a person wants to see a report; formats for programs ignore it."""

    by: Literal["target", "page"] = "target"
    color: bool = False
    links: bool = False  # OSC 8 links to the files
    quiet: bool = False  # no summary of a complete run without findings
    verbose: bool = False  # every target, and every place of it
    past: bool = False  # of a run of the history: begin with its number, and list what was fixed
    limit: int = 3  # places of a target after the first, unless verbose
    lines: str = ""  # the URL of a line on the mirror's forge, with `{page}` below the root and `{line}`; "": not known
    replaced: Callable[[Finding], Replacement | None] | None = None  # what `fix` would write for a finding


def write(name: str, report: Report, stream: TextIO, view: View | None = None) -> None:
    """Write a report in one of FORMATS. Raises what the stream raises."""
    import_module(f"{__name__}.{name}").write(report, stream, view or View())
