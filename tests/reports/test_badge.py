"""The badge: it says the worst that counts, and never that a mirror is sound that was not looked at."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from io import StringIO

import pytest
from msgspec.structs import replace

import reports
from checker.model import Finding, Level, Report
from reports._badge import badge

SVG = "{http://www.w3.org/2000/svg}"


def written(name: str, report: Report) -> str:
    stream = StringIO()
    reports.write(name, report, stream)
    return stream.getvalue()


def found(report: Report, *levels: Level) -> Report:
    made = (Finding("url/invalid", level, "a.md", 1, 1, "", fingerprint=str(n)) for n, level in enumerate(levels))
    return replace(report, findings=tuple(made))


@pytest.mark.parametrize(
    ("levels", "message", "color"),
    [
        ([], "nothing broken", "brightgreen"),
        ([Level.NOTE], "nothing broken", "brightgreen"),
        ([Level.WARNING, Level.NOTE], "1 warning", "orange"),
        ([Level.WARNING, Level.ERROR, Level.ERROR], "2 errors", "red"),
    ],
)
def test_it_says_the_worst_level(levels: list[Level], message: str, color: str, clean_report: Report) -> None:
    report = found(clean_report, *levels)

    svg = ET.fromstring(written("badge", report))  # noqa: S314 - our own

    assert [text.text for text in svg.iter(f"{SVG}text")] == ["links", message]
    assert svg.get("aria-label") == svg.findtext(f"{SVG}title") == f"links: {message}"
    assert json.loads(written("shields", report)) == {
        "schemaVersion": 1,
        "label": "links",
        "message": message,
        "color": color,
    }


@pytest.mark.parametrize("cut", [{"complete": False}, {"cut_off": "no route"}, {"bounded": True}])
def test_what_was_not_looked_at_is_not_called_sound(cut: dict[str, object], clean_report: Report) -> None:
    report = replace(clean_report, **cut)  # type: ignore[arg-type]

    assert badge(report).message == "not all checked"
    assert badge(found(report, Level.ERROR)).message == "1 error"


def test_what_a_baseline_holds_does_not_count(clean_report: Report) -> None:
    report = found(clean_report, Level.ERROR, Level.WARNING)

    assert badge(replace(report, baselined=frozenset({"0"}))).message == "1 warning"


def test_the_parts_of_the_picture_meet(clean_report: Report) -> None:
    svg = ET.fromstring(written("badge", clean_report))  # noqa: S314 - our own
    _, left, right = svg.iter(f"{SVG}rect")

    assert right.get("x") == left.get("width")
    assert int(left.get("width", "")) + int(right.get("width", "")) == int(svg.get("width", ""))
