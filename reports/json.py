"""JSON: the whole report for programs, as schema.json says. Apart from times, equal findings give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from checker.model import Report
from reports import View, _shape


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write one object, with a line for each finding. Bytes that are not UTF-8 are surrogates (`\\udcd6`, PEP 383)."""
    head = json.dumps(_shape.head(report) | _shape.hint(report) | {"totals": _shape.totals(report)}, indent=1)
    stream.write(head[: head.rindex("\n}")])
    if report.sections:
        _array(stream, "sections", map(_shape.section, report.sections))
    _array(stream, "findings", map(_shape.found, report.findings))
    if report.health is not None:
        _array(stream, "fixed", map(_shape.fixed, report.health.fixed))
        _array(stream, "unchecked", map(_shape.unchecked, report.health.unchecked))
    if report.references is not None:
        _array(stream, "references", map(_shape.reference, report.references))
    stream.write("\n}\n")


def _array(stream: TextIO, name: str, objects: Iterable[dict[str, Any]]) -> None:
    stream.write(f',\n "{name}": [')
    separator = "\n  "
    for value in objects:
        stream.write(separator + json.dumps(value))
        separator = ",\n  "
    stream.write("]" if separator == "\n  " else "\n ]")
