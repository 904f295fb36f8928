"""What a hostile mirror can call its pages and write on them is harmless in every format, as its own readers see it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cmarkgfm
import jsonschema
import junitparser
import pytest
from msgspec.structs import replace
from payloads import PAYLOADS, report_of
from prometheus_client.parser import text_string_to_metric_families

import reports
from checker.model import Level, Report
from reports import FORMATS, View

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data"

HARMLESS = re.compile(
    "[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]*"
)


def written(name: str, report: Report, view: View | None = None) -> str:
    stream = StringIO()
    reports.write(name, report, stream, view)
    text = stream.getvalue()
    return text.encode("utf-8").decode("utf-8")  # or it could not be written to a file


each_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))


@each_payload
@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"html"}))
def test_a_reader_sees_no_control_no_turned_text_and_no_command(name: str, payload: str) -> None:
    text = written(name, report_of(payload)).removeprefix("\ufeff").replace("\r\n", "\n")

    assert HARMLESS.fullmatch(text.replace("\N{WORD JOINER}", ""))
    if name != "github":
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    if name in {"github", "terminal", "markdown", "csv"}:
        assert not re.search(r"##\w*\[", text)


@cache
def sarif_schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text("utf-8")))


@each_payload
def test_sarif_is_valid_by_the_schema_of_the_standard(payload: str) -> None:
    sarif_schema().validate(json.loads(written("sarif", report_of(payload))))


@each_payload
def test_no_place_in_sarif_has_a_scheme_or_a_host_but_that_of_a_live_page(payload: str) -> None:
    (run,) = json.loads(written("sarif", report_of(payload)))["runs"]

    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert payload.startswith("https://") or urlsplit(uri)[:2] == ("", ""), uri


def sarif_tool(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sarif", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_tool_of_others_reads_the_sarif(tmp_path: Path, report: Report) -> None:
    hostile = report_of(*(text[:9_000] for text in PAYLOADS.values()))
    both = replace(hostile, findings=(*hostile.findings, *report.findings))
    log = tmp_path / "log.sarif"
    log.write_text(written("sarif", both), "utf-8")

    sarif_tool("csv", "--output", str(tmp_path / "log.csv"), str(log))
    summary = sarif_tool("summary", str(log))

    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(both.findings)
    counted = {level: sum(finding.level is level for finding in both.findings) for level in Level}
    for level in Level:
        assert f"{level}: {counted[level]}" in summary


@pytest.mark.parametrize("which", ["report", "clean_report", "compared", "baselined"])
def test_every_sarif_log_is_valid_by_the_schema_of_the_standard(which: str, request: pytest.FixtureRequest) -> None:
    sarif_schema().validate(json.loads(written("sarif", request.getfixturevalue(which))))


@each_payload
def test_junit_is_read_back_with_what_it_counts(payload: str) -> None:
    suites = junitparser.JUnitXml.fromstring(written("junit", report_of(payload)).encode())

    broken = {suite.name: list(suite) for suite in suites if suite.name in {"local/missing-file", "url/empty"}}
    ((failed,), (skipped,)) = broken["local/missing-file"], broken["url/empty"]
    assert isinstance(failed.result[0], junitparser.Failure)
    assert isinstance(skipped.result[0], junitparser.Skipped)
    assert (suites.failures, suites.skipped, suites.errors) == (1, 1, 0)
    assert suites.tests == sum(len(list(suite)) for suite in suites)


@each_payload
def test_junit_has_no_more_elements_than_its_own(payload: str) -> None:
    tags = [element.tag for element in ET.fromstring(written("junit", report_of(payload))).iter()]  # noqa: S314 - our own

    assert tags == [element.tag for element in ET.fromstring(written("junit", report_of("plain"))).iter()]  # noqa: S314


@each_payload
def test_metrics_have_no_more_samples_than_their_own(payload: str) -> None:
    def samples(text: str) -> list[tuple[str, list[str]]]:
        families = text_string_to_metric_families(written("prometheus", report_of(text)))
        return [(sample.name, sorted(sample.labels)) for family in families for sample in family.samples]

    assert samples(payload) == samples("plain")


@each_payload
def test_a_csv_has_its_rows_and_columns_and_no_formula(payload: str) -> None:
    text = written("csv", report_of(payload)).removeprefix("\ufeff")
    head, *rows = csv.reader(StringIO(text, newline=""), strict=True)

    assert len(rows) == 4
    assert {len(row) for row in rows} == {len(head)}
    for row in rows:
        for cell in row:
            assert not cell.lstrip(" \"'").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")) or cell.startswith(
                "'"
            )
            assert not re.search(r";\s*=", cell)
            assert len(cell) < 32_768  # what a spreadsheet takes


@each_payload
def test_an_annotation_is_one_command_of_the_documented_grammar(payload: str) -> None:
    *lines, last = written("github", report_of(payload)).split("\n")[:-1]

    grammar = re.compile(r"::(error|warning|notice) (file=[^:,]*,line=3,col=5,title=[\w/%() -]+)::(.*)")
    assert len(lines) == 2
    for line in lines:
        command = grammar.fullmatch(line)
        assert command
        assert not re.search("%(?!25|0A|0D|3A|2C)", command[2] + command[3])
    assert re.fullmatch(r"1 page, 2 references: [\d\w ,()]+", last)


class Elements(HTMLParser):
    """The elements of a rendered page, with their attributes, and its text outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text += data


def rendered(text: str) -> str:
    """Markdown as the forge renders it, raw HTML let through."""
    extensions = ["table", "autolink", "tagfilter", "strikethrough", "tasklist"]
    options = cmarkgfm.Options.CMARK_OPT_UNSAFE | cmarkgfm.Options.CMARK_OPT_FOOTNOTES
    html: str = cmarkgfm.markdown_to_html_with_extensions(text, options, extensions)
    return html


@each_payload
@pytest.mark.parametrize("verbose", [False, True])
def test_a_comment_renders_as_its_own_table_and_nothing_else(payload: str, *, verbose: bool) -> None:
    report = report_of(payload)
    elements = Elements(rendered(written("markdown", report, View(verbose=verbose))))

    allowed = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "br", "code"}
    assert {tag for tag, _ in elements.found} <= allowed
    assert not any(attributes for _, attributes in elements.found)
    assert [tag for tag, _ in elements.found if tag in {"table", "tr", "td", "h3"}] == [
        "h3",
        "table",
        "tr",
        *(["tr"] + ["td"] * 5) * 2,
    ]


@each_payload
def test_a_comment_mentions_nobody_and_refers_to_no_issue(payload: str) -> None:
    text = Elements(rendered(written("markdown", report_of(payload)))).text

    assert not re.search(r"(?<![\w/])@\w", text)
    assert not re.search(r"(?<!&)#\d", text)
    assert not re.search(r"\bGH-\d", text)


def test_a_comment_is_no_longer_than_allowed_whatever_it_holds() -> None:
    texts = [f"{text}{number}" for number in range(60) for text in (PAYLOADS["long and escaped"], PAYLOADS["long"])]

    text = written("markdown", report_of(*texts))

    assert len(text) <= 65_536
    assert "more targets" in text
    assert text.count("|\n") > 5


@each_payload
def test_what_a_program_reads_is_the_text_itself(payload: str) -> None:
    report = report_of(payload)
    tree = json.loads(written("json", report))
    lines: list[dict[str, Any]] = [json.loads(line) for line in written("jsonl", report).splitlines()]

    assert [finding["reference"] for finding in tree["findings"]] == [payload, payload]
    assert [line["finding"]["message"] for line in lines if "finding" in line] == [payload, payload]


@each_payload
def test_code_quality_has_its_issues(payload: str) -> None:
    issues = json.loads(written("gitlab", report_of(payload)))

    assert [issue["check_name"] for issue in issues] == ["local/missing-file", "url/empty"]
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}


def test_a_tool_of_others_makes_the_same_code_quality_of_the_sarif(tmp_path: Path, report: Report) -> None:
    log, made = tmp_path / "log.sarif", tmp_path / "quality.json"
    log.write_text(written("sarif", report), "utf-8")

    sarif_tool("codeclimate", "--output", str(made), str(log))

    ours = json.loads(written("gitlab", report))
    theirs = json.loads(made.read_text("utf-8"))
    assert len(theirs) == len(ours)
    assert sorted(issue["location"]["lines"]["begin"] for issue in theirs) == sorted(
        issue["location"]["lines"]["begin"] for issue in ours
    )
