"""The formats for CI systems, read back as those read them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

import reports
from checker.model import Level, Report
from checker.rules import RULES


def written(name: str, report: Report) -> str:
    stream = StringIO()
    reports.write(name, report, stream)
    return stream.getvalue()


def test_sarif_holds_each_finding_with_its_rule_place_and_fingerprint(report: Report) -> None:
    (run,) = json.loads(written("sarif", report))["runs"]

    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [f.rule for f in report.findings]
    assert [r["partialFingerprints"]["mirrorcheck/v1"] for r in run["results"]] == [
        f.fingerprint for f in report.findings
    ]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run["results"]]
    assert [(r["startLine"], r["startColumn"]) for r in regions] == [(f.line, f.column) for f in report.findings]
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    assert all(rule["help"]["text"] for rule in run["tool"]["driver"]["rules"])


def test_an_interrupted_run_is_no_success_in_sarif(report: Report) -> None:
    (run,) = json.loads(written("sarif", replace(report, complete=False)))["runs"]

    assert run["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("name", ["sarif", "github"])
def test_paths_are_those_of_the_repository(
    name: str, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    below = replace(report, root=str(tmp_path / "docs" / "site"))

    assert "docs/site/pages/1.md" in written(name, below)
    assert "docs/site/pages/1.md" not in written(name, replace(report, root=str(tmp_path)))


def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ET.fromstring(written("junit", report))  # noqa: S314 - our own

    failing = sum(finding.level is not Level.NOTE for finding in report.findings)
    assert len(root.findall(".//failure")) == failing == int(root.get("failures", "0"))
    assert len(root.findall(".//testcase")) == int(root.get("tests", "0"))
    assert [suite.get("name") for suite in root.findall("testsuite")] == list(RULES)


def test_a_workflow_command_is_one_line_whatever_a_page_is_called(report: Report) -> None:
    lines = written("github", report).splitlines()

    assert len(lines) == len(report.findings) + 1
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines[:-1])
    assert [line.split(" ")[0] for line in lines[:-1]] == sorted(
        (line.split(" ")[0] for line in lines[:-1]), key=["::error", "::warning", "::notice"].index
    )


def test_a_comment_is_no_longer_than_allowed_and_says_what_it_leaves_out(report: Report) -> None:
    many = tuple(replace(report.findings[0], target=f"{n}.html") for n in range(5_000))

    text = written("markdown", replace(report, findings=many))

    assert len(text) < 65_536
    shown = text.count(".html` |")
    assert f"and {5_000 - shown:,} more targets" in text
