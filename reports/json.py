"""JSON: the whole report for programs, by schema.json; the same bytes for the same findings but for the times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from checker.model import Checked, Finding, Level, Report, Verdict
from reports import View

SCHEMA = 1


def write(report: Report, stream: TextIO, _view: View) -> None:
    """One object, a finding a line. A name that is not UTF-8 has its bytes as lone surrogates (`\\udcd6`), PEP 383."""
    head = json.dumps(_head(report), indent=1)
    stream.write(head[: head.rindex("\n}")])
    _array(stream, "findings", (_finding(finding) for finding in report.findings))
    if report.references is not None:
        _array(stream, "references", (_reference(checked) for checked in report.references))
    stream.write("\n}\n")


def _array(stream: TextIO, name: str, objects: Iterator[dict[str, Any]]) -> None:
    stream.write(f',\n "{name}": [')
    separator = "\n  "
    for value in objects:
        stream.write(separator + json.dumps(value))
        separator = ",\n  "
    stream.write("]" if separator == "\n  " else "\n ]")


def _head(report: Report) -> dict[str, Any]:
    totals = report.totals
    return {
        "schema": SCHEMA,
        "tool": {"name": "mirrorcheck", "version": report.version},
        "started": report.started,
        "finished": report.finished,
        "complete": report.complete,
        "mirror": {"source": report.source, "addresses": list(report.addresses)},
        "totals": {
            "pages": totals.pages,
            "references": totals.references,
            "targets": {"local": totals.local, "remote": totals.remote, "other": totals.other},
            "verdicts": {verdict: totals.verdicts.get(verdict, 0) for verdict in Verdict},
            "levels": {level: totals.levels.get(level, 0) for level in Level},
            "unchecked": dict(sorted(totals.unchecked.items())),
            "suppressed": totals.suppressed,
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "page": finding.page,
        "line": finding.line,
        "column": finding.column,
        "role": finding.role,
        "reference": finding.reference,
        "target": finding.target,
        "verdict": finding.verdict,
        "message": finding.message,
        "status": finding.status,
        "hops": [{"status": hop.status, "url": hop.url} for hop in finding.hops],
        "suggestion": finding.suggestion,
        "fingerprint": finding.fingerprint,
        "state": finding.state,
    }


def _reference(checked: Checked) -> dict[str, Any]:
    return {
        "page": checked.page,
        "role": checked.role,
        "reference": checked.reference,
        "target": checked.target,
        "verdict": checked.verdict,
    }
