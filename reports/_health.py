"""The words and figures of the health page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from checker.model import Health, Host, Level, Report, State, Verdict
from checker.words import counted
from reports._mend import Turn, command, mendable
from reports._rows import Row
from reports._text import compared, cut_off, percent, run_before

WORST = 100  # targets that a reader without scripts sees
SHOWN = 5  # new targets, and fixed ones, that are listed
FIRST = 8  # hosts and sections that are in sight; the others are folded
HOSTS, SECTIONS = 100, 200
_NOTHING = "\N{EM DASH}"


class Figure(NamedTuple):
    """A number at the top."""

    name: str
    value: str
    note: str = ""
    kind: str = ""


def page(report: Report, found: list[Row]) -> dict[str, Any]:
    """The values for the template of the page."""
    fixed = [row for row in found if row.first.state is State.FIXED]
    unlooked = [row for row in found if row.first.state is State.UNCHECKED]
    standing = found[: len(found) - len(fixed) - len(unlooked)]
    flapping = [row for row in standing if row.first.state is State.FLAPPING]
    new = [row for row in standing if row.first.state is State.NEW and not row.held]
    mood, headline = _headline(report)
    known = report.health
    totals = report.totals
    return {
        "report": report,
        "mirror": PurePath(report.root).name if report.root and report.source.strip("./") == "" else report.source,
        "when": f"{_day(report.finished, year=True)}, {_time(report.finished)} UTC{_duration(report)}",
        "mood": mood,
        "headline": headline,
        "cut_off": cut_off(report),
        "figures": _figures(report),
        "mendable": mendable(report),
        "queue": _queue(report, standing),
        "compared": known is not None and known.since is not None,
        "since": _since(report) or "the run before",
        "before": run_before(report),
        "new": new[:SHOWN],
        "new_count": len(new),
        "fixed": fixed[:SHOWN],
        "fixed_count": len(fixed),
        "flapping": flapping[:SHOWN],
        "flapping_count": len(flapping),
        "unlooked": unlooked[:SHOWN],
        "unlooked_count": len(unlooked),
        "states": compared(report),
        "nothing_new": _nothing_new(report),
        "unchecked": sorted(totals.unchecked.items(), key=lambda item: (-item[1], item[0])),
        "unchecked_count": sum(totals.unchecked.values()),
        "runs": _runs(known) if known else [],
        "trend": _trend(known) if known else "",
        "hosts": _hosts(known.hosts)[:HOSTS] if known else [],
        "hosts_left": max(0, len(known.hosts) - HOSTS) if known else 0,
        "sections": _sections(report),
        "sections_left": max(0, len(report.sections) - SECTIONS),
        "rows": standing[:WORST],
        "rows_count": len(standing),
        "first": FIRST,
        "counted": counted,
        "run_states": tuple(State),
    }


class Wait(NamedTuple):
    """The targets with one turn."""

    turn: Turn
    title: str
    rows: list[tuple[Row, str]]  # the first of them, each with its command
    targets: int


def _queue(report: Report, standing: Iterable[Row]) -> list[Wait]:
    """What to mend, the first in front; within a turn, what most pages refer to. What is accepted does not wait."""
    waits = []
    rows = [row for row in standing if not row.held]
    for turn, (title, most) in _TITLES.items():
        same = sorted((row for row in rows if row.turn is turn), key=lambda row: -row.pages)
        first = [(row, command(report, row.places)) for row in same[:most]]
        if same:
            waits.append(Wait(turn, title, first, len(same)))
    return waits


_TITLES = {
    Turn.CERTAIN: ("Certain: a command for each", 5),
    Turn.PERMANENT: ("Broken, without a certain mend", 5),
    Turn.OTHER: ("Worth a look", 2),
    Turn.UNCERTAIN: ("Uncertain or flapping: look again first", 2),
}


def _headline(report: Report) -> tuple[str, str]:
    """The condition of the mirror, as a class of the style sheet and as a sentence."""
    standing = [finding for finding in report.findings if finding.fingerprint not in report.baselined]
    broken = [finding for finding in standing if finding.verdict is Verdict.BROKEN]
    others = sum(finding.level is not Level.NOTE and finding.verdict is not Verdict.BROKEN for finding in standing)
    unchecked = sum(report.totals.unchecked.values())
    if broken:
        new = sum(finding.state is State.NEW for finding in broken)
        flapping = sum(finding.state is State.FLAPPING for finding in broken)
        known = report.health is not None and report.health.since is not None
        text = f"{counted(len(broken), 'reference is', 'references are')} broken"
        if new:
            text += f", {'all' if new == len(broken) else f'{new:,}'} new"
            text += f" since {_since(report)}" if known else ""
        if flapping:
            text += f", {'all' if flapping == len(broken) else f'{flapping:,}'} flapping"
        if known and not new and not flapping and not _is_worse(report):
            text += ", none of them new"
        return "broken", f"{text}."
    whole = "Nothing that was checked is broken" if unchecked or not report.complete else "Nothing is broken"
    if others:
        return "doubtful", f"{whole}; {counted(others, 'finding is', 'findings are')} worth a look."
    if report.cut_off:
        return "doubtful", f"{whole}; there was no network."
    if not report.complete or not report.totals.references:
        return "doubtful", f"{whole}." if report.totals.references else "No reference was checked."
    return "whole", f"{whole}."


def _is_worse(report: Report) -> bool:
    """Whether more is broken than in the run that is compared with."""
    now, before = report.totals, report.health.before if report.health else None
    if before is None:
        return False
    broken = (now.verdicts.get(verdict, 0) > before.verdicts.get(verdict, 0) for verdict in _BAD)
    return any(broken) or any(now.levels.get(level, 0) > before.levels.get(level, 0) for level in Level)


def _nothing_new(report: Report) -> str:
    """The sentence for a report without new findings."""
    if any(finding.state is State.FLAPPING for finding in report.findings):
        return "Nothing is wrong for the first time; what is flapping comes and goes."
    if _is_worse(report):
        return "More is wrong than in the run before, but known: that run did not look for it, or a baseline holds it."
    return "Nothing new is wrong."


_BAD = (Verdict.BROKEN, Verdict.SUSPECT)


def _figures(report: Report) -> list[Figure]:
    verdicts = report.totals.verdicts
    share = report.totals.health
    runs = report.health.runs if report.health else ()
    before = runs[-2].totals.health if len(runs) > 1 else None
    moved = "" if share is None or before is None else _moved(share - before)
    return [
        Figure("Health", percent(share), moved),
        Figure("Broken targets", f"{verdicts.get(Verdict.BROKEN, 0):,}", kind="broken"),
        Figure("Suspect", f"{verdicts.get(Verdict.SUSPECT, 0):,}", kind="suspect"),
        Figure("Redirected", f"{verdicts.get(Verdict.REDIRECTED, 0):,}"),
        Figure("Not checked", f"{verdicts.get(Verdict.UNCHECKED, 0):,}", kind="unchecked"),
        Figure("References", f"{report.totals.references:,}", f"on {counted(report.totals.pages, 'page', 'pages')}"),
    ]


def _moved(change: float) -> str:
    points = f"{abs(change) * 100:.1f}"
    if points == "0.0":
        return "as in the run before"
    return f"{points} points {'up' if change > 0 else 'down'}"


def _runs(known: Health) -> list[dict[str, Any]]:
    """The rows of the table of runs, the newest first."""
    return [
        {
            "run": f"{run.run}",
            "when": f"{_day(run.started, year=True)}, {_time(run.started)}",
            "health": percent(run.totals.health),
            "broken": f"{run.totals.verdicts.get(Verdict.BROKEN, 0):,}",
            "redirected": f"{run.totals.verdicts.get(Verdict.REDIRECTED, 0):,}",
            "states": [f"{run.states[state]:,}" if run.states else _NOTHING for state in State],
            "latency": seconds(run.latency),
        }
        for run in reversed(known.runs)
    ]


def _trend(known: Health) -> str:
    if len(known.runs) < 2:
        return ""
    first, last = known.runs[0], known.runs[-1]
    shares = (percent(first.totals.health), percent(last.totals.health))
    broken = [run.totals.verdicts.get(Verdict.BROKEN, 0) for run in (first, last)]
    days = _day(first.started), _day(last.started)
    return (
        f"{len(known.runs):,} runs {'on' if days[0] == days[1] else f'from {days[0]} to'} {days[1]}: "
        f"health went from {shares[0]} to {shares[1]}, broken targets from {broken[0]:,} to {broken[1]:,}."
    )


def seconds(latency: float | None) -> str:
    """A latency in words."""
    if latency is None:
        return _NOTHING
    return f"{latency * 1000:,.0f} ms" if latency < 1 else f"{latency:,.1f} s"


def _hosts(hosts: Iterable[Host]) -> list[dict[str, Any]]:
    """The rows of the hosts, the worst first: those without a good answer, then those with most broken targets."""
    rows = []
    for host in sorted(
        hosts, key=lambda host: (host.since is None, -host.verdicts.get(Verdict.BROKEN, 0), -host.targets, host.name)
    ):
        broken = host.verdicts.get(Verdict.BROKEN, 0)
        rows.append(
            {
                "name": host.name,
                "targets": host.targets,
                "broken": broken,
                "share": percent(broken / host.targets if host.targets else None),
                "part": round(100 * broken / host.targets, 1) if host.targets else 0,
                "latency": seconds(host.latency),
                **_state(host),
            }
        )
    return rows


def _state(host: Host) -> dict[str, str]:
    if host.since is None:
        return {"state": "answers", "kind": "ok"}
    dead = host.verdicts.get(Verdict.BROKEN, 0) == host.targets
    blocked = not host.verdicts.get(Verdict.BROKEN, 0)
    word = "dead" if dead else "blocked" if blocked else "no good answer"
    return {"state": f"{word} since {_day(host.since, year=True)}", "kind": "suspect" if blocked else "broken"}


def _sections(report: Report) -> list[dict[str, Any]]:
    """The rows of the sections, the least complete first."""
    found = Counter(report.section_of(finding.page) for finding in report.findings if finding.verdict is Verdict.BROKEN)
    ranked = sorted(
        report.sections, key=lambda each: (each.present - each.wanted, -found[each.name], not each.name, each.name)
    )
    return [
        {
            "name": each.name,
            "pages": each.pages,
            "references": each.references,
            "broken": found[each.name],
            "wanted": each.wanted,
            "present": each.present,
            "share": percent(each.present / each.wanted) if each.wanted else "",
            "part": round(100 * each.present / each.wanted, 1) if each.wanted else 0,
        }
        for each in ranked[:SECTIONS]
    ]


def _duration(report: Report) -> str:
    lasted = (datetime.fromisoformat(report.finished) - datetime.fromisoformat(report.started)).total_seconds()
    if lasted < 1:
        return ""
    minutes, rest = divmod(round(lasted), 60)
    return f", in {minutes:,} min {rest} s" if minutes else f", in {rest} s"


def _since(report: Report) -> str:
    """The day of the run that is compared with, or its time if it is of the same day; "" if there is none."""
    before = report.health.since if report.health else None
    if not before:
        return ""
    return f"{_time(before)} UTC" if before[:10] == report.started[:10] else _day(before)


def _day(stamp: str, *, year: bool = False) -> str:
    when = datetime.fromisoformat(stamp)
    return f"{when.day} {when:%b}" + (f" {when.year}" if year else "")


def _time(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%H:%M}"
