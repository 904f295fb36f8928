"""The reports on a fleet: valid by their schema and format, with the same figures, and with nothing that a mirror could do."""

from __future__ import annotations

import json
import re
from html import unescape
from importlib.resources import files
from io import StringIO

import jsonschema
import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from checker.model import Report, Verdict
from reports import View, _fleet

SCHEMA = json.loads((files("reports") / "fleet.schema.json").read_text("utf-8"))
MARKUP = '"><script>alert(1)</script>\x1b[31m'


@pytest.fixture
def report(report: Report) -> Report:
    """A report with two references to a remote URL that is gone, and one to another."""
    first = report.findings[0]
    gone = [
        replace(first, rule="remote/gone", page=page, target=target, verdict=Verdict.BROKEN)
        for page, target in (
            ("a.html", "https://x.example/1"),
            ("b.html", "https://x.example/1"),
            ("a.html", "https://x.example/2"),
        )
    ]
    return replace(report, findings=(*report.findings, *gone))


@pytest.fixture
def overview(report: Report) -> _fleet.Overview:
    """Two mirrors with the same findings, one of them hostile, and one that could not be checked."""
    hostile = tuple(replace(each, message=MARKUP, target=each.target + MARKUP) for each in report.findings)
    mirrors = (
        _fleet.mirror_of("one", report, code=1, fault="", page="health/one.html"),
        _fleet.mirror_of("two", report, code=1, fault="", page=""),
        _fleet.mirror_of("odd", replace(report, findings=hostile, source=MARKUP), code=1, fault=MARKUP, page=""),
        _fleet.Mirror(name="gone", code=2, fault="gone: no such file or folder"),
    )
    asked = _fleet.Asked(9, 5, 7)
    return _fleet.overview_of("FLEET.toml", "1.0", (report.started, report.finished), mirrors, asked)


def written(name: str, overview: _fleet.Overview, view: View | None = None) -> str:
    stream = StringIO()
    _fleet.write(name, overview, stream, view)
    return stream.getvalue()


def test_the_json_is_valid_by_its_schema(overview: _fleet.Overview) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    tree = json.loads(written("json", overview))
    jsonschema.validate(tree, SCHEMA)
    assert [each["exit"] for each in tree["mirrors"]] == [1, 1, 1, 2]
    assert tree["asked"] == {"wanted": 9, "distinct": 5, "requests": 7}
    del tree["mirrors"][0]["totals"]["pages"]
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(tree)


def test_a_target_that_several_mirrors_refer_to_stands_once_in_front(overview: _fleet.Overview) -> None:
    assert [(row.target[-1], row.mirrors, row.pages, row.references) for row in overview.shared[:2]] == [
        ("1", ("one", "two"), 4, 4),
        ("2", ("one", "two"), 2, 2),
    ]
    assert overview.hosts[0][:4] == ("x.example", 4, 3, 9)


def test_the_metrics_of_each_mirror_have_its_name_as_a_label(overview: _fleet.Overview) -> None:
    families = {each.name: each for each in text_string_to_metric_families(written("prometheus", overview))}
    pages = families["mirrorcheck_pages"].samples
    assert [sample.labels["mirror"] for sample in pages] == ["one", "two", "odd"]
    codes = {sample.labels["mirror"]: sample.value for sample in families["mirrorcheck_exit_code"].samples}
    assert codes == {"one": 1, "two": 1, "odd": 1, "gone": 2}
    assert len({json.dumps(sample.labels, sort_keys=True) for sample in families["mirrorcheck_findings"].samples}) == (
        len(families["mirrorcheck_findings"].samples)
    )


def test_the_page_tells_of_every_mirror_and_makes_nothing_of_one_markup(overview: _fleet.Overview) -> None:
    page = written("html", overview)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "script-src 'none'" in unescape(page)
    assert re.findall(r'<a href="([^"#]+)">', page) == ["health/one.html"]
    for name in ("one", "two", "odd", "gone: no such file or folder"):
        assert f"{name}<" in page


@pytest.mark.parametrize("quiet", [False, True])
def test_the_terminal_has_a_line_for_each_mirror(overview: _fleet.Overview, quiet: bool) -> None:
    lines = written("terminal", overview, View(quiet=quiet)).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["one", "two", "odd", "gone"]
    assert not any("\x1b" in line for line in lines)
    assert "2 failed, 2 were interrupted" in lines[-2]
