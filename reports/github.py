"""Annotations on the lines of a pull request, by workflow commands of GitHub Actions.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TextIO

from checker.model import Finding, Level, Report
from reports import View
from reports._text import clean, compared, cut_off, located, newest, path_to_root, sentence

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write a command for each finding, the worst and newest first, since GitHub shows only some of each level.

    A finding that a baseline holds is a line of the log.
    """
    root = path_to_root(report)
    held = [finding for finding in report.findings if finding.fingerprint in report.baselined]
    shown = sorted((f for f in report.findings if f.fingerprint not in report.baselined), key=newest)
    for level in Level:
        for finding in shown:
            if finding.level is level:
                stream.write(_command(finding, root))
    for finding in held:
        place = f"{clean(located(finding.page, root))}:{finding.line}:{finding.column}"
        stream.write(f"in the baseline: {place} {finding.rule} {_what(finding)}\n")
    if report.cut_off:
        stream.write(f"::error title=mirrorcheck::{_data(cut_off(report))}\n")
    totals = report.totals
    levels = ", ".join(f"{totals.levels.get(level, 0)} {level}" for level in Level)
    states = f" ({states})" if (states := compared(report)) else ""
    stream.write(f"{totals.pages} pages, {totals.references} references: {levels}{states}\n")


def _command(finding: Finding, root: str) -> str:
    properties = {
        "file": clean(located(finding.page, root)),
        "line": str(finding.line),
        "col": str(finding.column),
        "title": f"{finding.rule} ({finding.state})" if finding.state else finding.rule,
    }
    stated = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {stated}::{_data(_what(finding))}\n"


def _what(finding: Finding) -> str:
    return f"{clean(finding.shown)}: {sentence(finding)}" if finding.shown else sentence(finding)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
