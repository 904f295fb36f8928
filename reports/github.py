"""Annotations on the lines of a pull request, by workflow commands of GitHub Actions.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TextIO

from checker.model import Finding, Level, Report
from reports import View
from reports._text import below, clean, located, sentence

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def write(report: Report, stream: TextIO, _view: View) -> None:
    """A command a finding, the worst first: GitHub shows only some of each level."""
    root = below(report)
    for level in Level:
        for finding in report.findings:
            if finding.level is level:
                stream.write(_command(finding, root))
    totals = report.totals
    levels = ", ".join(f"{totals.levels.get(level, 0)} {level}" for level in Level)
    stream.write(f"{totals.pages} pages, {totals.references} references: {levels}\n")


def _command(finding: Finding, root: str) -> str:
    properties = {
        "file": clean(located(finding.page, root)),
        "line": str(finding.line),
        "col": str(finding.column),
        "title": finding.rule,
    }
    stated = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    what = f"{clean(finding.reference)}: {sentence(finding)}" if finding.reference else sentence(finding)
    return f"::{_COMMANDS[finding.level]} {stated}::{_data(what)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
