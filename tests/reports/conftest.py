"""One awkward report for every format."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from checker.model import Checked, Finding, Health, Hop, Host, Level, Report, Role, RunFigures, State, Totals, Verdict

# A plain mark at the end of each tells them apart in a format that escapes the rest in its own way.
HOSTILE = [
    f"{text}-h{n}h"
    for n, text in enumerate(
        [
            "<b>bold</b>",
            "a|b`c`",
            "quote\"s'",
            "中文/日本語.md",
            "line\nbreak\r\n::error::x",
            "\x1b]0;owned\x07\x1b[2J",
            "\u202egnp.exe",
            "\udcd6\udcd0.html",
            "=cmd|' /C calc'!A0",
            "\u2028\u0085\x9b31m",
            "]]>&amp;--><!--",
            "back\\slash\tand tab\x7f",
        ]
    )
]


@pytest.fixture
def report() -> Report:
    """Every verdict and level, and text that is made to break formats."""
    findings = [
        Finding(
            "local/missing-file",
            Level.ERROR,
            page,
            3,
            5,
            f"no such file: {page}",
            Role.LINK,
            f"./{page}",
            f"to/{page}",
            suggestion=f"{page}.md",
            fingerprint=f"f{n}",
        )
        for n, page in enumerate(HOSTILE)
    ]
    findings += [
        Finding(
            "local/missing-file",
            Level.ERROR,
            f"pages/{n}.md",
            n,
            1,
            "no such file",
            Role.IMAGE,
            "../x.png",
            "x.png",
            suggestion="../y.png" if n != 2 else "../../y.png",
            fingerprint=f"m{n}",
        )
        for n in range(1, 8)
    ]
    findings += [
        Finding(
            "url/invalid",
            Level.ERROR,
            "a.md",
            n,
            7,
            "cannot be parsed as a URL",
            Role.LINK,
            f"http://[{n}",
            fingerprint=f"i{n}",
        )
        for n in (10, 11)
    ]
    findings += [
        Finding(
            "mirror/orphan",
            Level.NOTE,
            "lonely.md",
            1,
            1,
            "no other page refers to it",
            target="lonely.md",
            verdict=Verdict.OK,
            fingerprint="o",
        ),
        Finding(
            "url/swallowed-punctuation",
            Level.WARNING,
            "a.md",
            9,
            2,
            "…",
            Role.BARE,
            "https://example.test/a。",
            "https://example.test/a%E3%80%82",
            Verdict.SUSPECT,
            200,
            (Hop(301, "https://example.test/b"),),
            "https://example.test/a",
            fingerprint="s",
        ),
        Finding(
            "local/too-large",
            Level.WARNING,
            "big.html",
            1,
            1,
            "larger",
            target="big.html",
            verdict=Verdict.UNCHECKED,
            fingerprint="t",
        ),
        Finding(
            "mirror/leak",
            Level.WARNING,
            "r.md",
            2,
            2,
            "moved",
            Role.LINK,
            "http://o.test/",
            "http://o.test/",
            Verdict.REDIRECTED,
            fingerprint="r",
        ),
    ]
    totals = Totals(
        20,
        1234,
        40,
        50,
        6,
        {
            Verdict.OK: 30,
            Verdict.BROKEN: 11,
            Verdict.SUSPECT: 1,
            Verdict.REDIRECTED: 1,
            Verdict.UNCHECKED: 57,
        },
        {level: sum(finding.level is level for finding in findings) for level in Level},
        {
            "offline": 50,
            "on dr\x1b[8maft, which this clone does not hold": 1,
            "not a web address (mailto:, data: …)": 6,
        },
        2,
    )
    return Report(
        "1.2.3",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:17Z",
        "examples/mirror",
        "/srv/mirror",
        ("https://mirror.example/",),
        totals,
        tuple(sorted(findings, key=lambda finding: finding.order)),
        (Checked("a.md", Role.LINK, "b.md", "b.md", Verdict.OK),),
        complete=False,
    )


@pytest.fixture
def clean_report(report: Report) -> Report:
    """Nothing found."""
    return replace(report, findings=(), totals=Totals(3, 4, 5), references=None, complete=True)


@pytest.fixture
def compared(report: Report) -> Report:
    """The same report of its second run: one finding is new, one flaps, one was fixed, the rest is known."""
    totals = Totals(20, 1234)
    runs = (
        RunFigures(1, "2026-01-01T03:04:05Z", "2026-01-01T03:04:17Z", True, totals, 0, 0, 90, 0.25),
        RunFigures(2, "2026-01-02T03:04:05Z", "2026-01-02T03:04:17Z", True, totals, 2, 1, 40, 0.125),
    )
    hosts = tuple(Host(f"h{n}.example.test", n, {Verdict.BROKEN: n}) for n in range(80))
    first, second, third, *others = report.findings
    states = [replace(first, state=State.NEW), replace(second, state=State.FLAPPING)]
    states += [replace(finding, state=State.KNOWN) for finding in others]
    return replace(report, findings=tuple(states), health=Health(runs, hosts, fixed=(third,)))


@pytest.fixture
def baselined(report: Report) -> Report:
    """The same report beside a baseline that holds all but the first finding."""
    first, *others = report.findings
    known = tuple(replace(finding, state=State.KNOWN) for finding in others)
    return replace(
        report,
        findings=(replace(first, state=State.NEW), *known),
        baselined=frozenset(finding.fingerprint for finding in known),
    )
