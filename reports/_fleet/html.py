"""The overview page: one file that opens from a disk, loads nothing, and has no script."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple, TextIO

from markupsafe import Markup

from checker.model import RunFigures, Verdict
from checker.words import counted
from reports import View
from reports._fleet import Mirror, Overview
from reports._fleet._words import changes, headline, saved, state_of
from reports._text import percent
from reports.html import environment, file, policy

SHARED, HOSTS = 200, 100  # rows that are written
FIRST = 12  # of them, those in sight; the others are folded
_RUNS = 30  # of the trend of a mirror
_WIDTH, _HEIGHT = 96, 20  # of its line
_ORDER = ("failed", "interrupted", "broken", "findings", "whole")
_GOOD, _BAD = (Verdict.OK, Verdict.REDIRECTED), (Verdict.BROKEN, Verdict.SUSPECT)


class Figure(NamedTuple):
    """A number at the top."""

    name: str
    value: str
    note: str = ""
    kind: str = ""


def write(overview: Overview, stream: TextIO, _view: View) -> None:
    """Write the page: mirror by mirror, what many of them share, and the worst hosts."""
    style = f"{file('page.css')}\n{file('fleet.css')}"
    several = [row for row in overview.shared if len(row.mirrors) > 1]
    parts = (
        environment()
        .get_template("fleet.html")
        .generate(
            overview=overview,
            fleet=PurePath(overview.source).name,
            when=_when(overview),
            mood=_mood(overview),
            headline=headline(overview),
            figures=_figures(overview),
            saved=saved(overview),
            mirrors=[_row(mirror) for mirror in sorted(overview.mirrors, key=_rank)],
            shared=(several or list(overview.shared))[:SHARED],
            several=bool(several),
            shared_left=max(len(several or overview.shared) - SHARED, 0),
            hosts=[_host(row) for row in overview.hosts[:HOSTS]],
            hosts_left=max(len(overview.hosts) - HOSTS, 0),
            first=FIRST,
            counted=counted,
            style=Markup(style),  # noqa: S704 - ours
            policy=policy(style, []),
        )
    )
    for part in parts:
        stream.write(part)


def _mood(overview: Overview) -> str:
    words = {state_of(mirror)[1] for mirror in overview.mirrors}
    if words & {"failed", "broken"}:
        return "broken"
    return "doubtful" if words & {"interrupted", "findings"} else "whole"


def _rank(mirror: Mirror) -> tuple[int, int, str]:
    return _ORDER.index(state_of(mirror)[1]), -mirror.totals.verdicts.get(Verdict.BROKEN, 0), mirror.name


def _figures(overview: Overview) -> list[Figure]:
    totals = [mirror.totals for mirror in overview.mirrors]
    good, bad, unchecked = (
        sum(each.verdicts.get(verdict, 0) for each in totals for verdict in verdicts)
        for verdicts in (_GOOD, _BAD, (Verdict.UNCHECKED,))
    )
    pages, references = sum(each.pages for each in totals), sum(each.references for each in totals)
    distinct = len({target.partition("#")[0] for mirror in overview.mirrors for target in mirror.broken})
    return [
        Figure("Mirrors", f"{len(overview.mirrors):,}"),
        Figure("Health", percent(good / (good + bad) if good + bad else None), "of all targets"),
        Figure("Broken remote URLs", f"{distinct:,}", "each once", "broken" if distinct else ""),
        Figure("Not checked", f"{unchecked:,}", kind="unchecked" if unchecked else ""),
        Figure("Pages", f"{pages:,}"),
        Figure("References", f"{references:,}"),
    ]


def _row(mirror: Mirror) -> dict[str, Any]:
    kind, word = state_of(mirror)
    totals, report = mirror.totals, mirror.report
    health = totals.health
    return {
        "name": mirror.name,
        "page": mirror.page,
        "source": _source(mirror),
        "kind": kind,
        "word": word,
        "fault": mirror.fault,
        "read": report is not None,
        "health": percent(health) if report else "",
        "part": round(100 * health, 1) if health is not None else 0,
        "broken": f"{totals.verdicts.get(Verdict.BROKEN, 0):,}",
        "unchecked": f"{totals.verdicts.get(Verdict.UNCHECKED, 0):,}",
        "pages": totals.pages,
        "changes": changes(mirror),
        "trend": _trend(mirror.runs[-_RUNS:]),
        "told": _told(mirror.runs[-_RUNS:]),
    }


def _source(mirror: Mirror) -> str:
    """Where a mirror is published, or lies, unless that is its name."""
    report = mirror.report
    found = "" if report is None else (*report.addresses, report.source)[0]
    return "" if found == mirror.name else found


def _trend(runs: tuple[RunFigures, ...]) -> str:
    """The points of the line of broken targets, from old to new; "" for fewer than two runs."""
    counts = [run.totals.verdicts.get(Verdict.BROKEN, 0) for run in runs]
    if len(counts) < 2:
        return ""
    most = max(counts) or 1
    step = _WIDTH / (len(counts) - 1)
    return " ".join(f"{at * step:.1f},{1 + (_HEIGHT - 2) * (1 - count / most):.1f}" for at, count in enumerate(counts))


def _told(runs: tuple[RunFigures, ...]) -> str:
    if len(runs) < 2:
        return ""
    first, last = (run.totals.verdicts.get(Verdict.BROKEN, 0) for run in (runs[0], runs[-1]))
    return f"{first:,} to {last:,} broken in {counted(len(runs), 'run')}"


def _host(row: Any) -> dict[str, Any]:
    since = f"no good answer since {_day(row.since)}" if row.since else ""
    return {**row._asdict(), "state": since}


def _when(overview: Overview) -> str:
    ended, began = datetime.fromisoformat(overview.finished), datetime.fromisoformat(overview.started)
    minutes, rest = divmod(round((ended - began).total_seconds()), 60)
    lasted = f"{minutes:,} min {rest} s" if minutes else f"{rest} s"
    return f"{_day(overview.finished)}, {ended:%H:%M} UTC, in {lasted}"


def _day(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp)
    return f"{moment.day} {moment:%b %Y}"
