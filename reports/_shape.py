"""The objects of a report in JSON, which `json` and `jsonl` share and schema.json describes."""

from __future__ import annotations

from typing import Any

from checker.model import Checked, Finding, Level, Report, Section, State, Verdict
from reports._text import path_to_root

SCHEMA = 1


def head(report: Report) -> dict[str, Any]:
    """The run and its mirror."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "mirrorcheck", "version": report.version},
        "started": report.started,
        "finished": report.finished,
        "complete": report.complete,
        "mirror": {
            "source": report.source,
            "addresses": list(report.addresses),
            "path": path_to_root(report),
        },
    }


def hint(report: Report) -> dict[str, Any]:
    """What most errors have in common, if there is such a thing."""
    return {"hint": report.hint} if report.hint else {}


def totals(report: Report) -> dict[str, Any]:
    """The counts of a run."""
    counted = report.totals
    return {
        "pages": counted.pages,
        "references": counted.references,
        "targets": {"local": counted.local, "remote": counted.remote, "other": counted.other},
        "verdicts": {verdict: counted.verdicts.get(verdict, 0) for verdict in Verdict},
        "levels": {level: counted.levels.get(level, 0) for level in Level},
        "unchecked": dict(sorted(counted.unchecked.items())),
        "suppressed": counted.suppressed,
        "baselined": len(report.baselined),
    }


def section(found: Section) -> dict[str, Any]:
    """A folder at the top of the mirror."""
    return {
        "name": found.name,
        "pages": found.pages,
        "references": found.references,
        "wanted": found.wanted,
        "present": found.present,
    }


def found(finding: Finding) -> dict[str, Any]:
    """A finding."""
    return {
        "rule": finding.rule,
        "level": finding.level,
        "page": finding.page,
        "line": finding.line,
        "column": finding.column,
        "role": finding.role,
        "reference": finding.shown,
        "target": finding.target,
        "verdict": finding.verdict,
        "message": finding.message,
        "status": finding.status,
        "hops": [{"status": hop.status, "url": hop.url} for hop in finding.hops],
        "suggestion": finding.suggestion,
        "grade": finding.grade,
        "fingerprint": finding.fingerprint,
        "state": finding.state,
    }


def fixed(finding: Finding) -> dict[str, Any]:
    """A finding of an earlier run that is gone."""
    return found(finding) | {"state": State.FIXED}


def unchecked(finding: Finding) -> dict[str, Any]:
    """A finding of an earlier run that was not looked for."""
    return found(finding) | {"state": State.UNCHECKED}


def reference(checked: Checked) -> dict[str, Any]:
    """A reference of the list of all references."""
    return {
        "page": checked.page,
        "role": checked.role,
        "reference": checked.shown,
        "target": checked.target,
        "verdict": checked.verdict,
    }
