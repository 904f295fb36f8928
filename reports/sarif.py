"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

import json
from typing import Any, TextIO

from checker import REPOSITORY
from checker.model import Finding, Level, Report, State
from checker.rules import RULES, Rule
from reports import View
from reports._text import clean, path_to_root, sentence, uri

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_STATES = {State.NEW: "new", State.KNOWN: "unchanged", State.FLAPPING: "unchanged"}


def write(report: Report, stream: TextIO, view: View) -> None:
    """Write one run, with the rules that are broken, and a line for each result."""
    names = sorted({finding.rule for finding in report.findings})
    index = {name: number for number, name in enumerate(names)}
    root = path_to_root(report)
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": []}
    head, tail = json.dumps(log, indent=1).split("[]")
    run = json.dumps(_run(report, names, root), indent=1)
    stream.write(f'{head}[{run.removesuffix("}").rstrip()},\n "results": [')
    separator = "\n  "
    for finding in report.findings:
        stream.write(
            separator
            + json.dumps(_result(finding, index, root) | _fixes(finding, root, view) | _state(finding, report))
        )
        separator = ",\n  "
    stream.write(f"\n ]\n}}]{tail}\n")


def _run(report: Report, names: list[str], root: str) -> dict[str, Any]:
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
                "executionSuccessful": report.complete and not report.cut_off,
                "startTimeUtc": report.started,
                "endTimeUtc": report.finished,
            }
        ],
        "properties": {"unchecked": {clean(reason): count for reason, count in sorted(report.totals.unchecked.items())}}
        | _fixed(report, root),
    }


def _fixed(report: Report, root: str) -> dict[str, Any]:
    """The findings of earlier runs that are gone or were not looked for.

    As results with `baselineState` "absent", they would be opened again by GitHub, which ignores states.
    """
    if report.health is None:
        return {}
    return {
        "fixed": [_gone(finding, root) for finding in report.health.fixed],
        "notLookedFor": [_gone(finding, root) for finding in report.health.unchecked],
    }


def _gone(finding: Finding, root: str) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "uri": uri(finding.page, root),
        "target": clean(finding.target),
        "fingerprint": finding.fingerprint,
    }


def _state(finding: Finding, report: Report) -> dict[str, Any]:
    state = {"baselineState": _STATES[finding.state]} if finding.state else {}
    if finding.fingerprint not in report.baselined:
        return state
    return state | {"suppressions": [{"kind": "external", "justification": "the baseline holds it"}]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} {rule.mend}"},
        "helpUri": f"{REPOSITORY}/blob/main/docs/rules.md#{rule.name.replace('/', '')}",
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
            "state": finding.state,
            "role": finding.role,
            "reference": clean(finding.shown),
            "target": clean(finding.target),
            "status": finding.status,
            "suggestion": None if finding.suggestion is None else clean(finding.suggestion),
            "grade": finding.grade,
        },
    }


def _fixes(finding: Finding, root: str, view: View) -> dict[str, Any]:
    """The suggestion as the change of the page that `fix` makes."""
    new = view.replaced(finding) if view.replaced else None
    if new is None:
        return {}
    place = {"startLine": new.line, "startColumn": new.column}
    end = {"endLine": new.end_line, "endColumn": new.end_column}
    replacement = {"deletedRegion": place | end, "insertedContent": {"text": new.text}}
    change = {"artifactLocation": {"uri": uri(finding.page, root)}, "replacements": [replacement]}
    text = f"write {clean(finding.suggestion or '')} instead of {clean(finding.shown)}"
    return {"fixes": [{"description": {"text": text}, "artifactChanges": [change]}]}


def _location(finding: Finding, root: str) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": uri(finding.page, root)},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
