"""What is new, known, flapping, fixed or in a baseline, in each format that can say it."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from io import StringIO

import pytest
from msgspec.structs import replace

import reports
from checker.model import Level, Report, State
from reports import FORMATS, View


def written(name: str, report: Report, view: View | None = None) -> str:
    stream = StringIO()
    reports.write(name, report, stream, view)
    return stream.getvalue()


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"json", "jsonl", "csv", "html"}))
def test_nothing_is_said_of_states_where_there_is_nothing_to_compare_with(name: str, report: Report) -> None:
    text = written(name, report)

    for word in ("flapping", "baselineState", " new", "(new", "fixed"):
        assert word not in text


def test_sarif_has_the_state_of_each_result_and_lists_what_was_fixed_apart(compared: Report) -> None:
    (run,) = json.loads(written("sarif", compared))["runs"]

    states = [result["baselineState"] for result in run["results"]]
    assert states == ["new", "unchanged", *["unchanged"] * (len(compared.findings) - 2)]
    assert [result["properties"]["state"] for result in run["results"][:3]] == ["new", "flapping", "known"]
    assert compared.health
    assert [gone["fingerprint"] for gone in run["properties"]["fixed"]] == [
        finding.fingerprint for finding in compared.health.fixed
    ]


def test_sarif_has_what_a_baseline_holds_as_suppressed(baselined: Report) -> None:
    (run,) = json.loads(written("sarif", baselined))["runs"]

    kinds = [[each["kind"] for each in result.get("suppressions", [])] for result in run["results"]]
    assert kinds == [[], *[["external"]] * (len(baselined.findings) - 1)]


def test_junit_says_the_state_and_counts_what_was_fixed(compared: Report) -> None:
    root = ET.fromstring(written("junit", compared))  # noqa: S314 - our own

    states = [each.get("value") for each in root.findall(".//testcase/properties/property[@name='state']")]
    assert sorted(filter(None, states)) == sorted(str(finding.state) for finding in compared.findings)
    fixed = root.find("properties/property[@name='fixed']")
    assert fixed is not None
    assert fixed.get("value") == "1"


def test_what_a_baseline_holds_fails_no_test_in_junit(baselined: Report) -> None:
    root = ET.fromstring(written("junit", baselined))  # noqa: S314 - our own

    assert len(root.findall(".//failure")) == int(root.get("failures", "")) == 1
    assert len(root.findall(".//skipped")) == len(baselined.findings) - 1


def test_the_newest_is_annotated_first(compared: Report) -> None:
    errors = [line for line in written("github", compared).splitlines() if line.startswith("::error")]

    assert [("(new)" in line, "(known)" in line) for line in errors[:2]] == [(True, False), (False, False)]
    assert all("(known)" in line for line in errors[2:])
    assert "(1 new, " in written("github", compared).splitlines()[-1]


def test_what_a_baseline_holds_is_no_annotation_but_stands_in_the_log(baselined: Report) -> None:
    *lines, last = written("github", baselined).splitlines()

    held = len(baselined.findings) - 1
    title = lines.index(f"::group::in the baseline: {held} findings")
    assert [line.startswith("::") for line in lines[:title]] == [True]
    assert len(lines[title + 1 : lines.index("::endgroup::")]) == held
    assert "::" not in last


def test_markdown_begins_with_what_is_new_and_names_what_was_fixed(compared: Report) -> None:
    text = written("markdown", compared)
    rows = [line for line in text.splitlines() if line.startswith("| \N{CROSS MARK}")]

    assert text.startswith("### mirrorcheck: 21 errors, 3 warnings, 1 note (1 new,")
    assert rows[0].startswith("| \N{CROSS MARK} new |")
    assert rows[1].startswith("| \N{CROSS MARK} flapping |")
    assert compared.health
    assert "\nFixed: `" in text


@pytest.mark.parametrize("name", ["markdown", "terminal"])
def test_what_a_baseline_holds_is_counted_and_listed_only_when_all_is_asked_for(name: str, baselined: Report) -> None:
    text, everything = written(name, baselined), written(name, baselined, View(verbose=True))

    assert f"{len(baselined.findings) - 1:,}" in text
    assert "pages/1.md" not in text
    assert "pages/1.md" in everything


@pytest.mark.parametrize("by", ["target", "page"])
def test_the_terminal_marks_what_is_new(by: str, compared: Report) -> None:
    text = written("terminal", compared, View(by="page" if by == "page" else "target"))

    assert text.count("local/missing-file new") == text.count("local/missing-file flapping") == 1
    assert "missing-file known" not in text
    assert f"state: 1 new, {len(compared.findings) - 2} known, 1 fixed, 1 flapping\n" in text


def test_code_quality_says_the_state(compared: Report) -> None:
    descriptions = [issue["description"] for issue in json.loads(written("gitlab", compared))]

    assert [text.rpartition(" ")[2] for text in descriptions] == [f"({f.state})" for f in compared.findings]


def test_a_spreadsheet_has_the_state_of_each_finding_and_what_was_fixed(compared: Report) -> None:
    rows = csv.DictReader(StringIO(written("csv", compared).removeprefix("\ufeff"), newline=""))

    assert [row["state"] for row in rows] == [*(f.state for f in compared.findings), "fixed"]


def test_json_counts_what_a_baseline_holds(baselined: Report) -> None:
    tree = json.loads(written("json", baselined))

    assert tree["totals"]["baselined"] == len(baselined.findings) - 1
    assert tree["totals"]["levels"]["error"] == sum(f.level is Level.ERROR for f in baselined.findings)


def test_a_comment_has_what_is_new_and_no_more(compared: Report, baselined: Report) -> None:
    for report in (compared, baselined):
        text = written("comment", report)

        assert text.startswith("<!-- mirrorcheck -->\n### mirrorcheck: 1 new error\n")
        assert text.count("| local/missing-file |") == 1
        assert "Fixed" not in text
        assert "baseline" not in text


def test_a_comment_says_that_nothing_is_new(compared: Report) -> None:
    known = tuple(replace(finding, state=State.KNOWN) for finding in compared.findings)

    text = written("comment", replace(compared, findings=known))

    assert "### mirrorcheck: nothing new is broken\n" in text
    assert "|" not in text


def test_a_comment_on_a_first_run_has_all_and_says_so(report: Report) -> None:
    text = written("comment", report)

    assert "### mirrorcheck: 21 errors, 3 warnings, 1 note\n" in text
    assert "There is no run to compare with" in text
