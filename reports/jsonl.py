"""JSON Lines, for streams and logs: one object on each line, under the name of its kind, as schema.json says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from checker.model import Report
from reports import View, _shape


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write a head, the findings, those of earlier runs, the references (with --all), the sections and the totals.

    A report without totals is cut off.
    """
    _lines(stream, "head", [_shape.head(report)])
    _lines(stream, "finding", map(_shape.found, report.findings))
    if report.health is not None:
        _lines(stream, "fixed", map(_shape.fixed, report.health.fixed))
        _lines(stream, "unchecked", map(_shape.unchecked, report.health.unchecked))
    _lines(stream, "reference", map(_shape.reference, report.references or ()))
    _lines(stream, "section", map(_shape.section, report.sections))
    _lines(stream, "totals", [_shape.totals(report)])


def _lines(stream: TextIO, kind: str, objects: Iterable[dict[str, Any]]) -> None:
    for value in objects:
        stream.write(json.dumps({kind: value}) + "\n")
