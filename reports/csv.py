"""CSV (RFC 4180), for spreadsheets: a row for each finding, and no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from checker.model import Finding, Report
from reports import View
from reports._text import clean, clip, past

COLUMNS = (
    "state",
    "level",
    "rule",
    "page",
    "line",
    "column",
    "role",
    "reference",
    "target",
    "verdict",
    "status",
    "message",
    "hops",
    "suggestion",
    "fingerprint",
    "grade",
)
# Characters that begin a formula, also in full width. They count after a semicolon too, since a spreadsheet may take it
# for the separator of cells.
_FORMULA = re.compile(r"(^|;)(?=[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_LONGEST = 32_000  # characters; a spreadsheet takes 32,767 in a cell
_BOM = "\ufeff"  # without it, Excel reads UTF-8 as the code page of the country


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write a row of names, the findings, and those of earlier runs that are gone or were not looked for."""
    stream.write(_BOM)
    rows = csv.writer(stream)
    rows.writerow(COLUMNS)
    for finding in _all(report):
        rows.writerow(map(_cell, _row(finding)))


def _all(report: Report) -> Iterator[Finding]:
    yield from report.findings
    yield from past(report)


def _row(finding: Finding) -> Iterator[object]:
    for column in COLUMNS:
        if column == "hops":
            yield " ".join(f"{hop.status} {hop.url}" for hop in finding.hops)
        elif column == "reference":
            yield finding.shown
        else:
            yield getattr(finding, column)


def _cell(value: object) -> str:
    """The text of a cell, with an apostrophe before anything that a spreadsheet would compute."""
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    text = clean(str(value))
    if ";" in text or not text[:1].isalnum():
        text = _FORMULA.sub(r"\1'", text)
    return clip(text, _LONGEST)
