"""Markdown, for the summary of a step or a rolling issue."""

from __future__ import annotations

from typing import TextIO

from checker.model import Level, Report
from checker.words import counted
from reports import View, _markdown
from reports._text import compared


def write(report: Report, stream: TextIO, view: View) -> None:
    """Write all that was found, new targets first."""
    levels = ", ".join(
        counted(report.totals.levels[level], level) for level in Level if report.totals.levels.get(level)
    )
    states = f" ({states})" if (states := compared(report)) else ""
    headline = f"{levels or 'nothing is broken in what was checked'}{states}"
    _markdown.write(report, stream, view, _markdown.head(report, headline))
