"""CSV, JSON Lines, metrics and code quality, read back as those who take them do."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from referencing import Registry

import reports
from checker.model import Level, Report, State, Verdict
from checker.rules import RULES


def written(name: str, report: Report) -> str:
    stream = StringIO()
    reports.write(name, report, stream)
    return stream.getvalue()


def rows(report: Report) -> list[dict[str, str]]:
    """A CSV report as a spreadsheet reads it."""
    return list(csv.DictReader(StringIO(written("csv", report).removeprefix("\ufeff"), newline=""), strict=True))


def samples(report: Report) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Metrics by their name and labels, but for the source, which all have."""
    found = {}
    for family in text_string_to_metric_families(written("prometheus", report)):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("source") == report.source
            key = sample.name.removeprefix("mirrorcheck_"), frozenset(labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def one(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_a_row_of_the_csv_is_a_finding(report: Report) -> None:
    found = rows(report)

    assert [(row["rule"], row["line"], row["fingerprint"]) for row in found] == [
        (finding.rule, str(finding.line), finding.fingerprint) for finding in report.findings
    ]
    assert {row["state"] for row in found} == {""}
    (moved,) = [row for row in found if row["hops"]]
    assert (moved["status"], moved["hops"]) == ("200", "301 https://example.test/b")


def test_every_line_of_the_csv_ends_as_rfc_4180_has_it(report: Report) -> None:
    text = written("csv", report)

    assert text.startswith("\ufeffstate,level,rule,page,line")
    assert text.count("\r\n") == text.count("\n") == len(report.findings) + 1


def test_what_was_fixed_is_a_row_too(compared: Report) -> None:
    states = [row["state"] for row in rows(compared)]

    assert states == [finding.state for finding in compared.findings] + ["fixed"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("=1+1", "'=1+1", id="formula"),
        pytest.param("+1", "'+1", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("  =1", "'  =1", id="after spaces"),
        pytest.param('"=1', "'\"=1", id="after a quote"),
        pytest.param("\uff1d1+1", "'\uff1d1+1", id="full width"),
        pytest.param("a;=1", "a;'=1", id="where a semicolon separates"),
        pytest.param("\t=1", r"\x09=1", id="tab"),
        pytest.param("\r=1", r"\x0d=1", id="carriage return"),
        pytest.param("a=1;b", "a=1;b", id="an equals sign inside"),
        pytest.param("https://example.test/?a=-1", "https://example.test/?a=-1", id="a URL"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str, report: Report) -> None:
    (row,) = rows(replace(report, findings=(replace(report.findings[0], reference=text),)))

    assert row["reference"] == cell


def test_each_line_of_jsonl_is_valid_by_the_schema(compared: Report) -> None:
    lines = [json.loads(line) for line in written("jsonl", compared).splitlines()]

    schema = json.loads((files("reports") / "schema.json").read_text("utf-8"))
    registry: Registry[Any] = Registry().with_contents([(schema["$id"], schema)])
    valid = jsonschema.Draft202012Validator({"$ref": f"{schema['$id']}#/$defs/line"}, registry=registry)
    for line in lines:
        valid.validate(line)
    kinds = [kind for line in lines for kind in line]
    assert kinds == ["head", *["finding"] * len(compared.findings), "fixed", "reference", "totals"]


def test_jsonl_holds_what_json_does(compared: Report) -> None:
    lines = [json.loads(line) for line in written("jsonl", compared).splitlines()]
    tree = json.loads(written("json", compared))

    assert [line["finding"] for line in lines if "finding" in line] == tree["findings"]
    assert [line["fixed"] for line in lines if "fixed" in line] == tree["fixed"]
    assert [line["reference"] for line in lines if "reference" in line] == tree["references"]
    assert lines[0]["head"] | {"totals": lines[-1]["totals"]} == {
        key: tree[key] for key in ("schema", "tool", "started", "finished", "complete", "mirror", "totals")
    }


def test_metrics_count_what_was_found(report: Report) -> None:
    found = samples(report)

    for rule in RULES.values():
        expected = sum(finding.rule == rule.name for finding in report.findings)
        assert found[one("findings", rule=rule.name, level=rule.level)] == expected
    assert found[one("targets", verdict="broken")] == report.totals.verdicts[Verdict.BROKEN]
    assert found[one("unchecked_targets", reason="offline")] == 50
    assert found[one("pages")] == 20
    assert found[one("run_complete")] == 0
    assert found[one("run_timestamp_seconds")] == 1767323057
    assert found[one("run_duration_seconds")] == 12
    assert not any(name == "findings_by_state" for name, _ in found)


def test_metrics_say_what_is_new_and_what_was_fixed(compared: Report) -> None:
    found = samples(compared)

    states = {state: found[one("findings_by_state", state=state)] for state in State}
    assert states == {"new": 1, "known": len(compared.findings) - 2, "fixed": 1, "flapping": 1, "unchecked": 0}
    assert found[one("requests")] == 40
    assert found[one("latency_seconds")] == 0.125


def test_metrics_say_what_a_baseline_holds(baselined: Report) -> None:
    found = samples(baselined)

    assert found[one("baselined_findings")] == len(baselined.findings) - 1
    assert found[one("findings_by_state", state="known")] == len(baselined.findings) - 1


def test_metrics_have_a_bound_however_many_hosts_and_reasons_there_are(compared: Report) -> None:
    totals = replace(compared.totals, unchecked={f"on {n}, which this clone does not hold": n for n in range(1, 200)})
    found = samples(replace(compared, totals=totals))

    hosts = {dict(labels)["host"] for name, labels in found if name == "host_broken_targets"}
    assert hosts == {f"h{n}.example.test" for n in range(30, 80)}
    reasons = [value for (name, _), value in found.items() if name == "unchecked_targets"]
    assert len(reasons) == 51
    assert sum(reasons) == sum(range(1, 200))


def test_reasons_that_read_the_same_are_one_series(report: Report) -> None:
    unchecked = {"on \x1b, which": 1, "on \\x1b, which": 2, "x" * 500: 4, "x" * 600: 8}

    found = samples(replace(report, totals=replace(report.totals, unchecked=unchecked)))

    reasons = {
        dict(labels)["reason"][:5]: value for (name, labels), value in found.items() if name == "unchecked_targets"
    }
    assert reasons == {"on \\x": 3, "xxxxx": 12}


# As https://docs.gitlab.com/ci/testing/code_quality/ describes it.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)(?!/)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


@pytest.mark.parametrize("which", ["report", "clean_report", "compared"])
def test_code_quality_is_as_gitlab_describes_it(which: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(which)
    issues = json.loads(written("gitlab", report))

    jsonschema.validate(issues, CODE_QUALITY)
    assert [issue["fingerprint"] for issue in issues] == [finding.fingerprint for finding in report.findings]
    severities = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}
    assert [issue["severity"] for issue in issues] == [severities[finding.level] for finding in report.findings]


@pytest.mark.parametrize("name", ["gitlab", "sarif", "github"])
def test_a_file_beside_the_mirror_is_at_its_place_in_the_repository(
    name: str, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finding = replace(report.findings[0], page="../../baseline.toml", reference="", message="m", target="t")

    text = written(name, replace(report, root=str(tmp_path / "docs" / "site"), findings=(finding,)))

    assert "baseline.toml" in text
    assert "../baseline.toml" not in text
