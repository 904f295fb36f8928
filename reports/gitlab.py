"""GitLab's code quality report, for the widget and the annotations of a merge request.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import Any, TextIO

from checker.model import Finding, Level, Report
from reports import View
from reports._text import clean, located, path_to_root, what

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write an array, one issue on each line. By the fingerprints, GitLab itself finds what is new or fixed."""
    root = path_to_root(report)
    stream.write("[")
    separator = "\n"
    for finding in report.findings:
        stream.write(separator + json.dumps(_issue(finding, root)))
        separator = ",\n"
    stream.write("\n]\n")


def _issue(finding: Finding, root: str) -> dict[str, Any]:
    return {
        "description": what(finding) + (f" ({finding.state})" if finding.state else ""),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.level],
        "location": {"path": clean(located(finding.page, root)), "lines": {"begin": finding.line}},
    }
