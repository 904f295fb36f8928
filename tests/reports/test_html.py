"""The health page as a file: what it says without scripts, what its data hold, and that nothing of a mirror is markup."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from payloads import PAYLOADS, report_of

import reports
from checker.model import (
    Finding,
    Grade,
    Health,
    Host,
    Level,
    Past,
    Report,
    RunFigures,
    Section,
    Seen,
    State,
    Totals,
    Verdict,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """A page as a browser without scripts reads it: elements, text in sight, and what script and style hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.raw: list[tuple[dict[str, str | None], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += " "
        if tag not in VOID:
            self._open.append(tag)
        if tag in {"script", "style"}:
            self.raw.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"script", "style"}:
            attributes, text = self.raw[-1]
            self.raw[-1] = (attributes, text + data)
        else:
            self.text += data

    @property
    def data(self) -> dict[str, Any]:
        (text,) = (text for attributes, text in self.raw if attributes.get("id") == "data")
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def page(report: Report) -> Page:
    stream = StringIO()
    reports.write("html", report, stream)
    return Page(stream.getvalue())


def finding(rule: str = "remote/gone", **changes: Any) -> Finding:
    stands = Finding(rule, Level.ERROR, "a.md", 3, 5, "410: gone", None, "x", "http://h.example/x", fingerprint="f")
    return replace(stands, **changes)


def report_with(*findings: Finding, **changes: Any) -> Report:
    totals = Totals(2, 10, 4, 6, verdicts={Verdict.OK: 7, Verdict.REDIRECTED: 1, Verdict.BROKEN: len(findings)})
    times = ("2026-11-27T03:17:00Z", "2026-11-27T03:18:05Z")
    return replace(Report("1", *times, "site", "/site", ("https://m.example/",), totals, findings), **changes)


def figures(run: int, day: int, broken: int = 1) -> RunFigures:
    stamp = f"2026-11-{day:02}T03:17:00Z"
    return RunFigures(run, stamp, stamp, True, Totals(verdicts={Verdict.OK: 9, Verdict.BROKEN: broken}), 1, 0, 10, 0.25)


def test_the_headline_says_what_is_broken_and_what_of_it_is_new() -> None:
    new, known = finding(state=State.NEW), finding(page="b.md", state=State.KNOWN)
    health = Health((figures(1, 26), figures(2, 27)), since="2026-11-26T03:17:00Z")

    assert "2 references are broken, 1 new since 26 Nov." in page(report_with(new, known, health=health)).words


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        pytest.param(report_with(), "Nothing is broken.", id="nothing"),
        pytest.param(report_with(finding()), "1 reference is broken.", id="no history"),
        pytest.param(
            report_with(totals=Totals(1, 2, verdicts={Verdict.OK: 1}, unchecked={"offline": 3})),
            "Nothing that was checked is broken.",
            id="unchecked",
        ),
        pytest.param(report_with(complete=False), "Nothing that was checked is broken.", id="interrupted"),
        pytest.param(report_with(totals=Totals()), "No reference was checked.", id="empty"),
        pytest.param(
            report_with(finding(level=Level.WARNING, verdict=Verdict.SUSPECT)),
            "Nothing is broken; 1 finding is worth a look.",
            id="suspect",
        ),
        pytest.param(report_with(finding(), baselined=frozenset("f")), "Nothing is broken.", id="baseline"),
        pytest.param(
            report_with(finding(state=State.KNOWN), health=Health((figures(1, 27),), since="2026-11-26T03:17:00Z")),
            "1 reference is broken, none of them new.",
            id="known",
        ),
    ],
)
def test_the_headline_claims_no_more_than_is_known(report: Report, headline: str) -> None:
    assert headline in page(report).words


def test_what_was_not_checked_and_an_interruption_are_said_at_the_top() -> None:
    totals = Totals(1, 2, verdicts={Verdict.UNCHECKED: 5}, unchecked={"offline": 4, "no <ref> 'drafts'": 1})
    words = page(report_with(totals=totals, complete=False)).words

    assert words.index("Interrupted.") < words.index("5 targets were not checked") < words.index("Targets")
    assert "4 offline 1 no <ref> 'drafts'" in words


def test_health_is_the_share_of_what_was_checked() -> None:
    verdicts = {Verdict.OK: 6, Verdict.REDIRECTED: 2, Verdict.BROKEN: 1, Verdict.SUSPECT: 1, Verdict.UNCHECKED: 90}

    assert "Health 80 %" in page(report_with(totals=Totals(verdicts=verdicts))).words
    assert "Health > 99.9 %" in page(report_with(totals=Totals(verdicts={Verdict.OK: 9999, Verdict.BROKEN: 1}))).words
    assert "Health \N{EM DASH}" in page(report_with(totals=Totals())).words


def test_without_a_history_there_is_neither_trend_nor_hosts_nor_change(report: Report) -> None:
    words = page(report).words

    for heading in ("Trend", "Hosts", "What changed", "Sections"):
        assert heading not in words


def test_runs_of_one_day_are_said_to_be_of_that_day() -> None:
    runs = figures(1, 27), figures(2, 27, broken=3)

    assert "2 runs on 27 Nov: " in page(report_with(health=Health(runs))).words


def test_a_mirror_that_is_the_working_folder_has_the_name_of_its_folder() -> None:
    assert "handbook" in page(report_with(source=".", root="/srv/handbook")).words
    assert "docs" in page(report_with(source="docs", root="/srv/handbook/docs")).words


def test_only_a_certain_suggestion_is_what_to_write() -> None:
    certain = finding("local/wrong-case", target="A.md", suggestion="a.md", grade=Grade.CERTAIN, fingerprint="a")
    likely = finding("local/missing-file", target="b.md", suggestion="bb.md", grade=Grade.LIKELY, fingerprint="b")
    read = page(report_with(certain, replace(likely, verdict=Verdict.BROKEN)))

    assert "write instead a.md" in read.words
    assert "did you mean bb.md" in read.words
    assert read.data["places"]["certain"] == [0, 1]


def test_what_changed_names_the_run_before() -> None:
    health = Health((figures(1, 26), figures(2, 27)), since="2026-11-26T03:17:00Z")
    read = page(report_with(finding(state=State.NEW), health=health))

    assert "What changed since run 1, 26 Nov" in read.words
    assert ("a", {"href": "#run-1"}) in read.elements


def test_hosts_and_sections_are_said_with_the_worst_first() -> None:
    hosts = (
        Host("fine.example", 4, {Verdict.OK: 4}, 0.05),
        Host("dead.example", 3, {Verdict.BROKEN: 3}, None, "2026-11-01T00:00:00Z"),
        Host("wall.example", 2, {Verdict.SUSPECT: 2}, 1.5, "2026-11-09T00:00:00Z"),
        Host("half.example", 2, {Verdict.OK: 1, Verdict.BROKEN: 1}, 0.2),
    )
    sections = (Section("whole", 1, 2, 3, 3), Section("<torn>", 4, 5, 8, 2), Section("", 1, 1))
    words = page(report_with(health=Health((figures(1, 27),), hosts), sections=sections)).words

    assert "dead.example dead since 1 Nov 2026 3 3 100 % \N{EM DASH}" in words
    assert "wall.example blocked since 9 Nov 2026 2 0 1.5 s" in words
    assert "half.example answers 2 1 50 % 200 ms" in words
    names = ["dead.example", "wall.example", "half.example", "fine.example"]
    assert sorted(names, key=words.index) == names
    assert "<torn> 4 5 0 2 of 8 25 %" in words
    assert words.index("<torn>") < words.index("whole 1 2 0 3 of 3 100 %") < words.index("outside the folders")


def test_the_worst_targets_can_be_read_without_scripts() -> None:
    findings = [finding(target=f"http://h.example/{n}", message=f"m{n}", fingerprint=f"{n}") for n in range(150)]
    many = [finding(page=f"p{n}.md", target="http://wide.example/", fingerprint=f"w{n}") for n in range(3)]
    read = page(report_with(*findings, *many))

    assert read.words.count("410: gone") == 2  # in the list and in the table
    assert "the worst 100 without scripts" in read.words
    assert read.words.index("http://wide.example/") < read.words.index("http://h.example/")


def test_the_data_hold_each_place_of_a_target_once_with_its_reach() -> None:
    places = [finding(page=f"p{n}.md", line=n, suggestion=f"s{n}", fingerprint=f"{n}") for n in (1, 2, 2)]
    data = page(report_with(*places)).data
    strings = data["strings"]

    assert data["rows"]["pages"] == [2]
    assert [strings[number] for number in data["places"]["page"]] == ["p1.md", "p2.md", "p2.md"]
    assert [strings[number] for number in data["places"]["suggestion"]] == ["s1", "s2", "s2"]
    assert len(strings) == len(set(strings))


def test_the_past_of_a_target_is_told_in_stretches_of_runs() -> None:
    ok, gone = (Verdict.OK, 200), (Verdict.BROKEN, 410)
    answers = {11: ok, 12: ok, 14: ok, 15: gone, 16: gone, 99: gone}
    past = Past(
        "http://h.example/x", "2026-11-05T00:00:00Z", None, 2, tuple(Seen(run, *a) for run, a in answers.items())
    )
    runs = tuple(figures(run, run) for run in (11, 12, 13, 14, 15, 16))
    life = page(report_with(finding(), health=Health(runs, past=(past,)))).data["past"]["0"]

    assert [(first, last, status) for first, last, _, status in life["seen"]] == [(0, 1, 200), (3, 3, 200), (4, 5, 410)]
    assert life["failures"] == 2


def test_what_was_fixed_is_a_row_of_its_own(compared: Report) -> None:
    data = page(compared).data
    states = [data["states"][number] for number in data["rows"]["state"]]

    assert states.count("fixed") == 1
    assert states[-1] == "fixed"
    assert "Fixed: 1 target" in page(compared).words


def test_what_a_baseline_holds_comes_last_and_is_marked(baselined: Report) -> None:
    read = page(baselined)

    held = read.data["rows"]["held"]
    assert held == sorted(held)
    assert held.count(0) == 1
    assert "findings are in the baseline" in read.words


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_a_page_has_no_more_elements_than_its_own(payload: str) -> None:
    hostile, plain = page(report_of(payload)), page(report_of("plain"))

    def shape(read: Page) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(attributes)) for tag, attributes in read.elements]

    assert shape(hostile) == shape(plain)
    for _, attributes in hostile.elements:
        assert not (attributes.get("href") or "").startswith(("javascript:", "http"))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_a_reader_of_the_page_sees_no_control_and_no_turned_text(payload: str) -> None:
    stream = StringIO()
    reports.write("html", report_of(payload), stream)

    text = stream.getvalue()
    text.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    assert all(strings.isprintable() for strings in page(report_of(payload)).data["strings"])


def test_only_our_own_scripts_and_style_may_run_and_nothing_is_loaded(report: Report) -> None:
    read = page(report)
    (policy,) = (
        attributes["content"] or ""
        for tag, attributes in read.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )

    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    ours = [text for attributes, text in read.raw if attributes.get("type") != "application/json"]
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in ours]
    assert directives["default-src"] == "'none'"
    assert [directives["style-src"], *directives["script-src"].split()] == hashes
    assert directives["require-trusted-types-for"] == "'script'"
    for _, attributes in read.elements:
        assert not {name for name in attributes if name.startswith("on") or name in {"src", "style"}}
    assert not any("sourceMappingURL" in text or "@import" in text or "url(" in text for text in ours)


def test_the_page_is_small_and_carries_the_licences(clean_report: Report) -> None:
    stream = StringIO()
    reports.write("html", clean_report, stream)

    assert len(stream.getvalue()) < 200_000
    for library in ("uPlot", "TanStack Table", "TanStack Store", "TanStack Virtual"):
        assert library in stream.getvalue()
    assert stream.getvalue().count("Permission is hereby granted") == 4


def test_report_writes_the_page_beside_the_history_unless_a_format_is_asked_for(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    root = write({"a.md": "[x](lost.md)\n"})
    file = tmp_path / "kept" / "h.sqlite"
    health = file.with_name("health.html")
    run("check", root, "--offline", "--history", file)

    asked = run("report", "--history", file, "--format", "json")
    assert asked.report["findings"]
    assert not health.exists()

    ran = run("report", "--history", file)
    assert "local/missing-file" in ran.out
    assert str(health) in ran.err
    assert "1 reference is broken." in Page(health.read_text("utf-8")).words

    (root / "b.md").write_text("[x](gone.md)\n")
    run("check", root, "--offline", "--history", file)
    run("report", "--history", file)
    words = Page(health.read_text("utf-8")).words
    assert "2 references are broken, 1 new since" in words
    assert "New: 2 targets" in words  # nothing refers to the page itself either


def test_the_numbers_of_a_run_are_the_same_everywhere(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    root = write({"a.md": "[x](lost.md) [y](gone.md) [b](b.md)\n", "b.md": "[a](a.md)\n"})
    file = tmp_path / "h.sqlite"
    run("check", root, "--offline", "--history", file)
    (root / "gone.md").write_text("[a](a.md)\n")
    run("check", root, "--offline", "--history", file)

    told = run("report", "--history", file).out
    number, figures = told.splitlines()[:2]
    words = Page((tmp_path / "health.html").read_text("utf-8")).words
    listed = run("history", "list", "--history", file).out.splitlines()[-1]
    data = run("report", "--history", file, "--format", "json").report["totals"]

    assert re.fullmatch(r"run 2 of \S+ \S+ UTC, compared with run 1 of \S+ \S+ UTC", number)
    assert figures == "targets: 1 broken, 0 suspect, 0 redirected, 0 not checked; health 75 %"
    assert figures in listed
    assert "Health 75 %" in words
    assert "Broken targets 1" in words
    assert data["verdicts"] == {"ok": 3, "redirected": 0, "broken": 1, "suspect": 0, "unchecked": 0}
    assert "fixed    local/missing-file  gone.md: 1 page, at a.md:1:" in told
    assert told.index("error   local/missing-file") < told.index("fixed    local/missing-file")
    assert "compared with" not in run("check", root, "--offline", "--history", file).out


_ONE = re.compile(r"\b1 (?:more )?(?:targets|pages|references|findings|hosts|sections|reasons|places|runs|assets)\b")


def test_one_of_anything_is_counted_as_one(run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path) -> None:
    root = write({"a/a.md": "[x](lost.md) ![x](a.png)\n", "b/a.png": ""})
    file = tmp_path / "h.sqlite"
    run("check", root, "--offline", "--history", file)
    (root / "a/c.md").write_text("[a](gone.md)\n")
    run("check", root, "--offline", "--history", file)

    for name in reports.FORMATS:
        assert not _ONE.search(run("report", "--history", file, "--format", name).out), name
    html = run("report", "--history", file, "--format", "html").out
    for attributes in re.finditer(r'data-label="(\w+)">([\d,]+)(?: of ([\d,]+))?<', html):
        label, *numbers = (each for each in attributes.groups() if each)
        assert label == "broken" or label.endswith("s") is (numbers[-1] != "1"), attributes[0]
    words = page(report_with(finding(), baselined=frozenset("f"))).words
    assert "1 finding is in the baseline" in words


def test_the_first_run_of_a_series_has_no_states(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    root, file = write({"a.md": "[x](lost.md)\n", "b.md": "[a](a.md)\n"}), tmp_path / "h.sqlite"
    run("check", root, "--offline", "--history", file)
    run("check", root, "--offline", "--history", file)

    first, second = run("history", "list", "--history", file).out.splitlines()
    run("report", "--history", file)
    words = Page((tmp_path / "health.html").read_text("utf-8")).words

    assert " new" not in first
    assert "0 new, 2 known, 0 fixed, 0 flapping, 0 unchecked" in second
    counts = re.findall(r"50 % 1 0 ((?:\S ){6})", words)
    assert counts == ["0 2 0 0 0 \N{EM DASH} ", "\N{EM DASH} " * 6]


def test_a_page_that_cannot_be_written_is_an_error(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "h.sqlite"
    run("check", write({"a.md": "x"}), "--offline", "--history", file)
    (tmp_path / "health.html").mkdir()

    ran = run("report", "--history", file)

    assert ran.code == 2
    assert "health.html" in ran.err


def test_the_wheel_has_what_the_page_is_made_of(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("reports/_html/")}
    assert held == {
        f"reports/_html/{path.relative_to(ROOT / 'reports/_html').as_posix()}"
        for path in (ROOT / "reports/_html").rglob("*")
        if path.is_file()
    }
