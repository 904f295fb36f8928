"""Markdown, for a comment on a pull request or a rolling issue: by target, with its reach, no longer than allowed."""

from __future__ import annotations

import re
from typing import TextIO

from checker.model import Finding, Level, Report
from reports import View
from reports._text import clean

_LONGEST = 60_000  # characters; GitHub takes 65,536 in a comment
_PLACES = 3  # of a target
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_SIGNS = {Level.ERROR: "\N{CROSS MARK}", Level.WARNING: "\N{WARNING SIGN}", Level.NOTE: "\N{INFORMATION SOURCE}"}


def write(report: Report, stream: TextIO, view: View) -> None:
    """A headline, a table of targets, what was not checked."""
    totals = report.totals
    levels = ", ".join(f"{totals.levels.get(level, 0):,} {level}s" for level in Level if totals.levels.get(level))
    stream.write(f"### mirrorcheck: {levels or 'nothing is broken in what was checked'}\n\n")
    stream.write(f"{totals.pages:,} pages, {totals.references:,} references.\n")
    if not report.complete:
        stream.write("\n**Interrupted: this is what was learnt until then.**\n")
    rows = _rows(report, view)
    if rows:
        stream.write("\n| | rule | target | where | |\n|---|---|---|---|---|\n")
    left = _LONGEST
    for number, row in enumerate(rows):
        left -= len(row)
        if left < 0 and not view.verbose:
            stream.write(f"\n\N{HORIZONTAL ELLIPSIS} and {len(rows) - number:,} more targets\n")
            break
        stream.write(row)
    if totals.unchecked:
        reasons = "; ".join(f"{count:,} {_text(reason)}" for reason, count in sorted(totals.unchecked.items()))
        stream.write(f"\nNot checked: {reasons}\n")


def _rows(report: Report, view: View) -> list[str]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.rule, finding.target or finding.reference or finding.page), []).append(finding)
    ranked = sorted(groups.items(), key=lambda group: (_ORDER[group[1][0].level], -len(group[1]), group[0]))
    return [_row(subject, findings, view) for (_, subject), findings in ranked]


def _row(subject: str, findings: list[Finding], view: View) -> str:
    first = findings[0]
    shown = findings if view.verbose else findings[:_PLACES]
    places = "<br>".join(_place(finding, view) for finding in shown)
    if len(shown) < len(findings):
        places += f"<br>\N{HORIZONTAL ELLIPSIS} and {len(findings) - len(shown):,} more"
    why = _text(first.message)
    if first.suggestion is not None:
        why += f"; did you mean {_code(first.suggestion)}"
    return f"| {_SIGNS[first.level]} | {first.rule} | {_code(subject)} | {places} | {why} |\n"


def _place(finding: Finding, view: View) -> str:
    place = _code(f"{finding.page}:{finding.line}")
    if not view.verbose:
        return place
    more = f" {_code(finding.reference)}" if finding.reference else ""
    return place + more + (f" \N{RIGHTWARDS ARROW} {_code(finding.suggestion)}" if finding.suggestion else "")


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@:&-])")


def _text(text: str) -> str:
    """Text in which nothing is markup, a mention or a reference to an issue."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[1])};", clean(text))


def _code(text: str) -> str:
    """Text as code, in a table's cell; as HTML, since a code span has no escapes."""
    return f"<code>{_SPECIAL.sub(_entity, clean(text))}</code>"


def _entity(match: re.Match[str]) -> str:
    return match[1] if match[1] in "-:()#+!" else f"&#{ord(match[1])};"
