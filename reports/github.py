"""Annotations on the lines of a pull request, by workflow commands of GitHub Actions.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from checker.model import Finding, Level, Report
from checker.words import counted
from reports import View
from reports._text import clean, compared, cut_off, located, newest, path_to_root, what

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
# Of each level in a step, GitHub shows the first ten:
# https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
_SHOWN = 10


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write a command for each finding that GitHub shows, the worst and newest first; the rest are lines of the log.

    The targets come by turns: what is wrong with the second one is worth more than the second place of the first.
    """
    root = path_to_root(report)
    left = Counter(dict.fromkeys(Level, _SHOWN))
    if report.cut_off:
        stream.write(f"::error title=mirrorcheck::{_data(cut_off(report))}\n")
        left[Level.ERROR] -= 1
    more: list[Finding] = []
    for finding in _ranked([each for each in report.findings if each.fingerprint not in report.baselined]):
        if left[finding.level]:
            left[finding.level] -= 1
            stream.write(_command(finding, root))
        else:
            more.append(finding)
    if more:
        count = counted(len(more), "finding has", "findings have")
        _listed(f"{count} no annotation: GitHub shows {_SHOWN} of each level in a step", more, stream, root)
    if held := [finding for finding in report.findings if finding.fingerprint in report.baselined]:
        _listed(f"in the baseline: {counted(len(held), 'finding')}", held, stream, root)
    totals = report.totals
    levels = ", ".join(counted(totals.levels.get(level, 0), level) for level in Level)
    states = f" ({states})" if (states := compared(report)) else ""
    read = f"{counted(totals.pages, 'page')}, {counted(totals.references, 'reference')}"
    stream.write(f"{read}: {levels}{states}\n")


def _ranked(findings: list[Finding]) -> list[Finding]:
    """The worst first, then the newest; of each target the first place, then of each the second, and so on."""
    seen: Counter[tuple[str, str]] = Counter()
    turns = []
    for finding in findings:
        target = finding.rule, finding.target or finding.reference
        turns.append(seen[target])
        seen[target] += 1
    levels = list(Level)
    ranked = sorted(
        zip(findings, turns, strict=True), key=lambda each: (levels.index(each[0].level), newest(each[0]), each[1])
    )
    return [finding for finding, _ in ranked]


def _command(finding: Finding, root: str) -> str:
    properties = {
        "file": clean(located(finding.page, root)),
        "line": str(finding.line),
        "col": str(finding.column),
        "title": f"{finding.rule} ({finding.state})" if finding.state else finding.rule,
    }
    stated = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {stated}::{_data(what(finding))}\n"


def _listed(title: str, findings: list[Finding], stream: TextIO, root: str) -> None:
    """Write findings as lines of the log, folded under a title."""
    stream.write(f"::group::{title}\n")
    for finding in findings:
        place = f"{clean(located(finding.page, root))}:{finding.line}:{finding.column}"
        stream.write(f"{finding.level} {place} {finding.rule} {what(finding)}\n")
    stream.write("::endgroup::\n")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
