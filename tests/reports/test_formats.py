"""What every format owes: nothing that failed is missing, the same bytes each time, an empty report is one too."""

from __future__ import annotations

import io

import pytest

import reports
from checker.model import Report
from reports import FORMATS, View


def written(name: str, report: Report, view: View | None = None) -> str:
    stream = io.StringIO()
    reports.write(name, report, stream, view)
    return stream.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_every_failing_target_is_in_every_format(name: str, report: Report) -> None:
    text = written(name, report)

    for finding in report.findings:
        assert finding.rule in text
        if finding.target.isascii() and finding.target.isprintable() and '"' not in finding.target:
            assert finding.target in text


@pytest.mark.parametrize("name", FORMATS)
def test_two_reports_of_one_run_are_the_same(name: str, report: Report) -> None:
    assert written(name, report) == written(name, report)


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_report_is_written(name: str, clean_report: Report) -> None:
    assert written(name, clean_report)


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_can_be_encoded(name: str, report: Report) -> None:
    assert written(name, report).encode("utf-8")
