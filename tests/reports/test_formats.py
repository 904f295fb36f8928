"""What every format owes: nothing that failed is missing, the same bytes each time, an empty report is one too."""

from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO
from typing import Literal

import pytest
from msgspec.structs import replace

import reports
from checker.model import Report
from reports import FORMATS, View

COUNTS = {"prometheus", "badge", "shields"}  # formats that only count: a target a series would be too many
LISTS = [name for name in FORMATS if name not in COUNTS]


def written(name: str, report: Report, view: View | None = None) -> str:
    stream = StringIO()
    reports.write(name, report, stream, view)
    return stream.getvalue()


def mark(text: str) -> str:
    """The longest part of a text that no format has a reason to escape."""
    parts: list[str] = re.findall(r"[\w./:-]+", text, re.ASCII)
    return max(parts, key=len)


@pytest.mark.parametrize("name", LISTS)
def test_every_broken_target_is_in_every_format(name: str, report: Report) -> None:
    text = written(name, report)

    for finding in report.findings:
        assert finding.rule in text
        assert mark(finding.target or finding.reference) in text


@pytest.mark.parametrize("by", ["target", "page"])
@pytest.mark.parametrize("name", LISTS)
def test_every_finding_is_in_every_format_when_all_is_asked_for(
    name: str, by: Literal["target", "page"], report: Report
) -> None:
    text = written(name, report, View(by=by, verbose=True))

    for finding in report.findings:
        assert mark(finding.page) in text
        assert f"{finding.line}" in text
        assert mark(finding.reference or finding.target) in text
        assert finding.suggestion is None or mark(finding.suggestion) in text


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_in_which_totals_were_counted_does_not_show(name: str, report: Report) -> None:
    totals = report.totals
    turned = replace(
        totals,
        verdicts=dict(reversed(totals.verdicts.items())),
        levels=dict(reversed(totals.levels.items())),
        unchecked=dict(reversed(totals.unchecked.items())),
    )

    assert written(name, replace(report, totals=turned)) == written(name, report)


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_report_is_written(name: str, clean_report: Report) -> None:
    assert written(name, clean_report)


@pytest.mark.parametrize("name", FORMATS)
def test_no_control_character_and_nothing_unencodable_of_a_mirror_is_in_any_format(name: str, report: Report) -> None:
    text = written(name, report).replace("\r\n", "\n")  # which is how RFC 4180 ends a row

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", text)


@pytest.mark.parametrize("name", FORMATS)
def test_only_the_format_that_is_written_is_imported(name: str) -> None:
    others = {f"reports.{other}" for other in FORMATS} - {f"reports.{name}"}
    script = f"""
import io, sys, reports
from checker.model import Report, Totals
time = "2026-01-02T03:04:05Z"
reports.write({name!r}, Report("1", time, time, ".", "/", (), Totals(), ()), io.StringIO())
print(sorted(set(sys.modules) & {others | {"rich"}!r}))
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["terminal", "markdown", "github", "html"])
def test_what_people_read_says_that_there_was_no_network(name: str, clean_report: Report) -> None:
    dark = replace(clean_report, cut_off="the proxy does not connect", findings=())

    text = written(name, dark, View(quiet=True))

    assert "No network here" in text
    assert "the proxy does not connect" in text


def test_a_run_without_a_network_was_no_success_for_code_scanning(clean_report: Report) -> None:
    dark = written("sarif", replace(clean_report, cut_off="the proxy does not connect"))

    assert '"executionSuccessful": false' in dark
    assert '"executionSuccessful": true' in written("sarif", clean_report)
