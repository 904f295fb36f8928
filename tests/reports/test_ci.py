"""The formats for CI systems, read back as those read them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

import reports
from checker import REPOSITORY
from checker.model import Hop, Level, Replacement, Report, State, Totals
from checker.rules import RULES
from reports import View
from reports._text import what


def written(name: str, report: Report, view: View | None = None) -> str:
    stream = StringIO()
    reports.write(name, report, stream, view)
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


PATHS = ["sarif", "github", "gitlab", "junit", "markdown"]


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_those_of_the_working_folder(
    name: str, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    below = replace(report, root=str(tmp_path / "docs" / "site"))

    assert "docs/site/pages/1.md" in written(name, below)
    assert "docs/site/pages/1.md" not in written(name, replace(report, root=str(tmp_path)))


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("cwd", ["", "docs", "elsewhere"])
def test_in_a_repository_paths_are_those_of_the_repository(
    name: str, cwd: str, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone" / "docs" / "site").mkdir(parents=True)
    (tmp_path / "clone" / "elsewhere").mkdir()
    (tmp_path / "clone" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "clone" / cwd)

    below = replace(report, root=str(tmp_path / "clone" / "docs" / "site"))

    assert re.search(r"(?<![\w/])docs/site/pages/1\.md", written(name, below))
    assert json.loads(written("json", below))["mirror"]["path"] == "docs/site/"


def test_a_place_in_markdown_leads_to_its_line(report: Report) -> None:
    lines = "https://forge.example/o/r/blob/c0ffee/docs/{page}?plain=1#L{line}"
    page = replace(report.findings[0], page="a (b)/c|d*`.md", line=7)

    text = written("markdown", replace(report, findings=(page, replace(page, page="../x.md"))), View(lines=lines))

    assert "(https://forge.example/o/r/blob/c0ffee/docs/a%20%28b%29/c%7Cd%2A%60.md?plain=1#L7)" in text
    assert text.count("https://forge.example") == 1


def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ET.fromstring(written("junit", report))  # noqa: S314 - our own

    failing = sum(finding.level is not Level.NOTE for finding in report.findings)
    assert len(root.findall(".//failure")) == failing == int(root.get("failures", "0"))
    assert len(root.findall(".//testcase")) == int(root.get("tests", "0"))
    assert [suite.get("name") for suite in root.findall("testsuite")] == list(RULES)


COMMAND = re.compile("::(error|warning|notice) ")


def test_a_workflow_command_is_one_line_whatever_a_page_is_called(report: Report) -> None:
    *lines, last = written("github", report).splitlines()
    commands = [match[1] for line in lines if (match := COMMAND.match(line))]

    assert len(commands) + lines.index("::endgroup::") - lines.index(_folded(lines)) - 1 == len(report.findings)
    assert commands == sorted(commands, key=["error", "warning", "notice"].index)
    assert last == "20 pages, 1,234 references: 21 errors, 3 warnings, 1 note"


def _folded(lines: list[str]) -> str:
    [title] = [line for line in lines if line.startswith("::group::")]
    return title


def test_no_more_is_annotated_than_github_shows_and_the_rest_is_folded(report: Report) -> None:
    first, *_ = report.findings
    findings = tuple(
        replace(first, level=level, page=f"{level}{n:02}.md", target=f"{n}.html") for level in Level for n in range(12)
    )

    lines = written("github", replace(report, findings=findings)).splitlines()

    assert Counter(match[1] for line in lines if (match := COMMAND.match(line))) == dict.fromkeys(
        ("error", "warning", "notice"), 10
    )
    title = lines.index("::group::6 findings have no annotation: GitHub shows 10 of each level in a step")
    assert [line.split(":")[0] for line in lines[title + 1 : lines.index("::endgroup::")]] == [
        f"{level} {level}{n}.md" for level in Level for n in (10, 11)
    ]


def test_new_findings_are_annotated_first_and_no_target_twice_before_all_others_once(report: Report) -> None:
    first, *_ = report.findings
    many = [replace(first, page=f"{n:02}.md", target="often.png", state=State.KNOWN) for n in range(20)]
    once = [replace(first, page=f"z{n}.md", target=f"{n}.html", state=State.KNOWN) for n in range(3)]
    new = replace(first, page="zz.md", target="new.html", state=State.NEW)

    lines = written("github", replace(report, findings=(*many, *once, new))).splitlines()

    pages = [re.sub(".*file=([^,]*),.*", r"\1", line) for line in lines if COMMAND.match(line)]
    assert pages[:5] == ["zz.md", "00.md", "z0.md", "z1.md", "z2.md"]
    assert pages[5:] == ["01.md", "02.md", "03.md", "04.md", "05.md"]


def test_the_word_that_there_is_no_network_comes_before_ten_errors(report: Report) -> None:
    dark = replace(report, cut_off="no route")

    lines = [line for line in written("github", dark).splitlines() if line.startswith("::error ")]

    assert "no route" in lines[0]
    assert len(lines) == 10


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_no_text_is_told_twice(name: str, report: Report) -> None:
    url, there = "https://old.example/a", "https://new.example/b"
    finding = replace(report.findings[0], reference=url, target=url, message="moved", suggestion=there)

    text = written(name, replace(report, findings=(replace(finding, hops=(Hop(301, there),)),)))

    assert text.count("old.example/a") == 1
    assert text.count("new.example/b") == 1


@pytest.mark.parametrize("name", ["terminal", "github", "markdown"])
def test_one_is_singular(name: str, report: Report) -> None:
    levels = dict.fromkeys(Level, 1)
    text = written(name, replace(report, totals=Totals(1, 1, 1, 1, 1, levels=levels), findings=report.findings[:1]))

    assert "1 page, 1 reference" in text
    assert "1 error, 1 warning, 1 note" in text
    assert not re.search(r"\b1 (?:pages|references|targets|findings|errors|warnings|notes)\b", text)


def test_a_comment_is_no_longer_than_allowed_and_says_what_it_leaves_out(report: Report) -> None:
    many = tuple(replace(report.findings[0], target=f"{n}.html") for n in range(5_000))

    text = written("markdown", replace(report, findings=many))

    assert len(text) < 65_536
    shown = text.count(".html` |")
    assert f"and {5_000 - shown:,} more targets" in text


def test_the_help_of_a_rule_is_its_place_in_the_documentation(report: Report) -> None:
    findings = tuple(replace(report.findings[0], rule=rule) for rule in RULES)
    (run,) = json.loads(written("sarif", replace(report, findings=findings)))["runs"]
    told = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")

    for rule in run["tool"]["driver"]["rules"]:
        page, _, anchor = rule["helpUri"].partition("#")
        assert page == f"{REPOSITORY}/blob/main/docs/rules.md"
        assert f"[`{rule['id']}`](#{anchor})" in told


def test_what_fix_would_write_is_a_fix(report: Report) -> None:
    certain = replace(
        report.findings[0], page="a.md", line=3, column=5, reference="Ä.md", written="", suggestion="ä.md"
    )
    fixed = Replacement(3, 5, 4, 2, "ä.md")
    (run,) = json.loads(written("sarif", replace(report, findings=(certain,)), View(replaced=lambda _: fixed)))["runs"]
    (plain,) = json.loads(written("sarif", replace(report, findings=(certain,)), View(replaced=lambda _: None)))["runs"]

    [fix] = run["results"][0]["fixes"]
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "a.md"}
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 2},
            "insertedContent": {"text": "ä.md"},
        }
    ]
    schema = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8"))
    jsonschema.validate({"version": "2.1.0", "runs": [run]}, schema)
    assert "fixes" not in plain["results"][0]


@pytest.mark.parametrize(
    ("shown", "target", "said"),
    [
        ("#here", "a.md#here", "a.md#here: gone"),
        ("b.md", "docs/b.md", "docs/b.md: gone"),
        ("B.md", "docs/b.md", "B.md: docs/b.md: gone"),
        ("https://mirror.example/b.md", "b.md", "https://mirror.example/b.md: b.md: gone"),
        ("", "b.md", "b.md: gone"),
    ],
)
def test_a_reference_that_ends_its_target_is_told_once(report: Report, shown: str, target: str, said: str) -> None:
    found = replace(report.findings[0], page="c.md", reference=shown, target=target, message="gone", suggestion=None)

    assert what(found) == said
