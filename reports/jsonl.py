"""JSON Lines, for streams and logs: an object a line, under its kind; by schema.json too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from checker.model import Report
from reports import View, _shape


def write(report: Report, stream: TextIO, _view: View) -> None:
    """A head, the findings, those from before that are fixed or were not looked for, the references if all were asked
    for; the sections, and the totals, without which it is cut.
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
