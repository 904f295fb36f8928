"""JUnit XML, which every CI system shows: a suite for each rule, a test case for each finding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from io import StringIO
from itertools import groupby
from typing import TextIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from checker.model import Finding, Gap, Level, Report, State, Verdict
from checker.rules import RULES
from reports import View
from reports._text import clean, counted, located, path_to_root, sentence

_FAILING = frozenset({Level.ERROR, Level.WARNING})


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write all rules. Errors and warnings fail.

    Notes, findings that a baseline holds, and rules that were not looked for are skipped, with their text or reason.
    """
    by_rule = sorted(report.findings, key=lambda finding: finding.rule)
    broken = {rule: list(findings) for rule, findings in groupby(by_rule, key=lambda finding: finding.rule)}
    root = path_to_root(report)
    text = StringIO()
    xml = XMLGenerator(text, "utf-8", short_empty_elements=True)
    xml.startDocument()
    _open(xml, "testsuites", {"name": "mirrorcheck", **_counts(report, report.findings, RULES)})
    xml.ignorableWhitespace("\n")
    _summary(xml, report)
    for rule in RULES:
        findings = broken.get(rule, [])
        _open(xml, "testsuite", {"name": rule, **_counts(report, findings, [rule])})
        xml.ignorableWhitespace("\n")
        gap = report.gaps.get(rule)
        if gap or not findings:
            _rule(xml, rule, gap)
        for finding in findings:
            _case(xml, finding, root, fails=_fails(report, finding))
        xml.endElement("testsuite")
        xml.ignorableWhitespace("\n")
    xml.endElement("testsuites")
    stream.write(text.getvalue() + "\n")


def _open(xml: XMLGenerator, name: str, attributes: dict[str, str]) -> None:
    xml.startElement(name, AttributesImpl(attributes))


def _fails(report: Report, finding: Finding) -> bool:
    return finding.level in _FAILING and finding.fingerprint not in report.baselined


def _counts(report: Report, findings: Sequence[Finding], rules: Collection[str]) -> dict[str, str]:
    """The counts of a suite: a case for each finding, and one for each rule that passes or was not looked for."""
    failed = sum(_fails(report, finding) for finding in findings)
    gaps = sum(rule in report.gaps for rule in rules)
    passed = len(set(rules) - report.gaps.keys() - {finding.rule for finding in findings})
    skipped = len(findings) - failed + gaps
    tests = len(findings) + gaps + passed
    return {"tests": str(tests), "failures": str(failed), "skipped": str(skipped), "errors": "0"}


def _summary(xml: XMLGenerator, report: Report) -> None:
    totals = report.totals
    _open(xml, "properties", {})
    values: dict[str, int] = {verdict: totals.verdicts.get(verdict, 0) for verdict in Verdict}
    states = counted(report)
    if states or report.health is not None:
        values |= {f"findings {state}": states[state] for state in State}
    if report.health is not None:
        values["fixed"] = states[State.FIXED]
    for name, value in {"pages": totals.pages, "references": totals.references, **values}.items():
        _property(xml, name, str(value))
    xml.endElement("properties")
    xml.ignorableWhitespace("\n")


def _rule(xml: XMLGenerator, rule: str, gap: Gap | None) -> None:
    """The case of a rule itself: it passes, or was not looked for."""
    _open(xml, "testcase", {"classname": rule, "name": RULES[rule].summary})
    if gap:
        _open(xml, "skipped", {"message": f"not checked: {clean(gap.reason)}"})
        xml.endElement("skipped")
    xml.endElement("testcase")
    xml.ignorableWhitespace("\n")


def _property(xml: XMLGenerator, name: str, value: str) -> None:
    _open(xml, "property", {"name": name, "value": value})
    xml.endElement("property")


def _case(xml: XMLGenerator, finding: Finding, root: str, *, fails: bool) -> None:
    file = clean(located(finding.page, root))
    place = f"{file}:{finding.line}:{finding.column}"
    name = f"{place} {clean(finding.shown)}".rstrip()
    _open(xml, "testcase", {"classname": finding.rule, "name": name, "file": file})
    if finding.state:
        _open(xml, "properties", {})
        _property(xml, "state", finding.state)
        xml.endElement("properties")
    outcome = "failure" if fails else "skipped"
    attributes = {"message": sentence(finding)} | ({"type": finding.level} if outcome == "failure" else {})
    _open(xml, outcome, attributes)
    xml.characters(f"{place}\n{sentence(finding)}")
    xml.endElement(outcome)
    xml.endElement("testcase")
    xml.ignorableWhitespace("\n")
