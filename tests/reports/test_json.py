"""JSON: valid by the published schema, as documented, and nothing lost on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import asdict, replace

import reports
from checker.model import Checked, Finding, Grade, Health, Level, Report, Role, Section, Verdict
from checker.rules import RULES

SCHEMA = json.loads((files("reports") / "schema.json").read_text("utf-8"))
DOCS = Path(__file__).parents[2] / "docs" / "reports.md"


def written(report: Report) -> str:
    stream = StringIO()
    reports.write("json", report, stream)
    return stream.getvalue()


@pytest.mark.parametrize("which", ["report", "clean_report"])
def test_it_is_valid_by_its_schema(which: str, request: pytest.FixtureRequest) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    jsonschema.validate(json.loads(written(request.getfixturevalue(which))), SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda tree: tree.update(extra=1), id="a key that is not documented"),
        pytest.param(lambda tree: tree.update(schema=2), id="another version"),
        pytest.param(lambda tree: tree.update(started="yesterday"), id="a time that is none"),
        pytest.param(lambda tree: tree.pop("complete"), id="nothing on completeness"),
        pytest.param(lambda tree: tree["totals"]["levels"].update(fatal=1), id="a level of totals that is none"),
        pytest.param(lambda tree: tree["totals"].update(pages=-1), id="a count below zero"),
        pytest.param(lambda tree: tree["findings"][0].update(level="fatal"), id="a level that is none"),
        pytest.param(lambda tree: tree["findings"][0].update(line=0), id="a line before the first"),
        pytest.param(lambda tree: tree["findings"][0].update(role="hyperlink"), id="a role that is none"),
        pytest.param(lambda tree: tree["findings"][0].pop("hops"), id="a finding without hops"),
        pytest.param(lambda tree: tree["references"][0].update(line=1), id="a key that references lack"),
        pytest.param(lambda tree: tree["references"][0].update(verdict="fine"), id="a verdict that is none"),
    ],
)
def test_the_schema_refuses_what_is_not_documented(spoil: Callable[[dict[str, Any]], object], report: Report) -> None:
    tree = json.loads(written(report))
    spoil(tree)

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(tree)


def test_the_schema_knows_every_word_of_the_model() -> None:
    finding, totals = SCHEMA["$defs"]["finding"]["properties"], SCHEMA["properties"]["totals"]["properties"]

    assert SCHEMA["$defs"]["role"]["enum"] == list(Role)
    assert SCHEMA["$defs"]["verdict"]["enum"] == totals["verdicts"]["required"] == list(Verdict)
    assert finding["level"]["enum"] == totals["levels"]["required"] == list(Level)
    assert finding["grade"]["enum"] == [*Grade, None]
    assert all(re.search(finding["rule"]["pattern"], rule) for rule in RULES)


def test_keys_come_in_the_documented_order(report: Report) -> None:
    tree = json.loads(written(report))

    assert " ".join(tree) == "schema tool started finished complete mirror totals findings references"
    assert " ".join(tree["totals"]) == "pages references targets verdicts levels unchecked suppressed baselined"
    assert " ".join(tree["findings"][0]) == (
        "rule level page line column role reference target verdict message status hops suggestion grade fingerprint state"
    )
    assert " ".join(tree["references"][0]) == "page role reference target verdict"


def test_findings_and_references_come_back_as_they_were(report: Report) -> None:
    first, *others = report.findings
    report = replace(report, findings=(replace(first, written="as written"), *others))
    tree = json.loads(written(report))

    def told(record: Finding | Checked) -> dict[str, Any]:
        fields = asdict(record) | {"reference": record.shown}
        del fields["written"]
        return fields

    assert tree["findings"] == [told(f) | {"hops": [asdict(hop) for hop in f.hops]} for f in report.findings]
    assert tree["references"] == [told(checked) for checked in report.references or ()]
    assert tree["complete"] is False


def test_it_is_ascii_whatever_the_mirror_holds_and_a_name_that_is_not_utf_8_keeps_its_bytes(report: Report) -> None:
    text = written(report)

    assert text.isascii()
    assert r'"\udcd6\udcd0.html' in text


def test_what_was_fixed_is_there_where_there_is_a_history(report: Report) -> None:
    gone = report.findings[:2]
    tree = json.loads(written(replace(report, health=Health((), fixed=gone))))

    jsonschema.validate(tree, SCHEMA)
    assert [finding["fingerprint"] for finding in tree["fixed"]] == [finding.fingerprint for finding in gone]
    assert {finding["state"] for finding in tree["fixed"]} == {"fixed"}
    assert "fixed" not in json.loads(written(report))


def test_sections_are_there_where_a_whole_mirror_was_read(report: Report) -> None:
    tree = json.loads(written(replace(report, sections=(Section("", 1, 2), Section("rivers", 30, 400, 12, 11)))))

    jsonschema.validate(tree, SCHEMA)
    assert tree["sections"][1] == {"name": "rivers", "pages": 30, "references": 400, "wanted": 12, "present": 11}
    assert "sections" not in json.loads(written(report))


def test_references_are_only_there_when_asked_for(clean_report: Report) -> None:
    assert "references" not in json.loads(written(clean_report))


@pytest.mark.parametrize("heading", ["The report", "A finding", "A reference"])
def test_the_documentation_names_every_field_and_no_other(heading: str) -> None:
    nodes = {"The report": SCHEMA, "A finding": SCHEMA["$defs"]["finding"], "A reference": SCHEMA["$defs"]["reference"]}
    section = DOCS.read_text("utf-8").split(f"### {heading}\n")[1].split("\n#")[0]

    assert re.findall(r"^\| `([a-z.]+)`", section, re.MULTILINE) == list(_fields(nodes[heading]))


def _fields(node: dict[str, Any], prefix: str = "") -> list[str]:
    fields: list[str] = []
    for name, below in node["properties"].items():
        inner = _fields(below, f"{prefix}{name}.") if name in {"tool", "mirror", "totals"} else []
        fields += inner or [prefix + name]
    return fields
