"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

import json
from typing import Any, TextIO

from checker.model import Finding, Level, Report
from checker.rules import RULES, Rule
from reports import View
from reports._text import below, clean, sentence, uri

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


def write(report: Report, stream: TextIO, _view: View) -> None:
    """One run, with the rules that it breaks."""
    json.dump(_log(report), stream, indent=1)
    stream.write("\n")


def _log(report: Report) -> dict[str, Any]:
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_run(report)],
    }


def _run(report: Report) -> dict[str, Any]:
    names = sorted({finding.rule for finding in report.findings})
    root = below(report)
    index = {name: number for number, name in enumerate(names)}
    return {
        "tool": {
            "driver": {
                "name": "mirrorcheck",
                "version": report.version,
                "rules": [_rule(RULES[name]) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": report.complete,
                "startTimeUtc": report.started,
                "endTimeUtc": report.finished,
            }
        ],
        "properties": {
            "unchecked": {clean(reason): count for reason, count in sorted(report.totals.unchecked.items())}
        },
        "results": [_result(finding, index, root) for finding in report.findings],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} {rule.mend}"},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }


def _result(finding: Finding, index: dict[str, int], root: str) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.level],
        "message": {"text": sentence(finding)},
        "locations": [{"physicalLocation": _location(finding, root)}],
        "partialFingerprints": {"mirrorcheck/v1": finding.fingerprint},
        "properties": {
            "verdict": finding.verdict,
            "role": finding.role,
            "reference": clean(finding.reference),
            "target": clean(finding.target),
            "status": finding.status,
            "suggestion": None if finding.suggestion is None else clean(finding.suggestion),
        },
    }


def _location(finding: Finding, root: str) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": uri(finding.page, root)},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
