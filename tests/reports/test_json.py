"""JSON: valid by the published schema, and nothing lost on the way."""

from __future__ import annotations

import json
from importlib.resources import files
from io import StringIO

import jsonschema
import pytest

import reports
from checker.model import Report, Role, Verdict


@pytest.mark.parametrize("which", ["report", "clean_report"])
def test_it_is_valid_by_its_schema(which: str, request: pytest.FixtureRequest) -> None:
    stream = StringIO()
    reports.write("json", request.getfixturevalue(which), stream)

    schema = json.loads((files("reports") / "schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(stream.getvalue()), schema)


def test_the_schema_knows_every_role_and_verdict() -> None:
    schema = json.loads((files("reports") / "schema.json").read_text("utf-8"))

    assert schema["$defs"]["role"]["enum"] == list(Role)
    assert schema["$defs"]["verdict"]["enum"] == list(Verdict)


def test_findings_come_back_as_they_were(report: Report) -> None:
    stream = StringIO()
    reports.write("json", report, stream)

    parsed = json.loads(stream.getvalue())

    assert [(f["page"], f["line"], f["reference"], f["suggestion"]) for f in parsed["findings"]] == [
        (f.page, f.line, f.reference, f.suggestion) for f in report.findings
    ]
    assert parsed["complete"] is False
    assert parsed["references"] == [
        {"page": "a.md", "role": "link", "reference": "b.md", "target": "b.md", "verdict": "ok"}
    ]


def test_references_are_only_there_when_asked_for(clean_report: Report) -> None:
    stream = StringIO()
    reports.write("json", clean_report, stream)

    assert "references" not in json.loads(stream.getvalue())
