"""The findings of a report by target, and as columns that a script reads quickly even if they are many."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from checker.model import Finding, Grade, Level, Past, Report, Role, State, Verdict
from checker.rules import RULES
from checker.web import urls
from reports._mend import Turn, command, turn_of
from reports._text import clean, newest, past

_RANKS = {level: rank for rank, level in enumerate(Level)}
_LEVELS, _STATES, _VERDICTS, _ROLES = tuple(Level), tuple(State), tuple(Verdict), tuple(Role)
_TURNS = tuple(Turn)


class Row(NamedTuple):
    """A target that breaks a rule, and every place that names it, new ones first."""

    places: tuple[Finding, ...]
    level: Level
    held: bool  # whether a baseline holds it at every place
    pages: int  # that name it
    turn: Turn | None
    since: str  # ISO 8601, since when it stands; "": unknown
    number: int = 0  # in the list of all rows

    @property
    def first(self) -> Finding:
        return self.places[0]

    @property
    def mend(self) -> Finding:
        """The place whose suggestion is shown: one that `fix` can apply, if there is any."""
        return next((place for place in self.places if place.grade is Grade.CERTAIN), self.first)

    @property
    def target(self) -> str:
        """The target; if nothing could be resolved, the reference or the page."""
        return self.first.target or self.first.shown or self.first.page

    @property
    def host(self) -> str:
        """The host of a remote target, with its port; "" for a target in the mirror."""
        target = self.first.target
        return urls.authority(target) if target.startswith(("http://", "https://")) else ""


def rows(report: Report) -> list[Row]:
    """The rows: the worst first, then the newest, then those on most pages; at the end the fixed and unchecked ones."""
    gone = groupby(past(report), key=lambda finding: finding.state)
    made = [*_grouped(report.findings, report), *(row for _, each in gone for row in _grouped(each, report))]
    return [row._replace(number=number) for number, row in enumerate(made)]


def _grouped(findings: Iterable[Finding], report: Report) -> list[Row]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.target or finding.reference or finding.page), []).append(finding)
    stood = report.health.stood if report.health else {}
    made = []
    for group in groups.values():
        level = min((finding.level for finding in group), key=_RANKS.__getitem__)
        held = all(finding.fingerprint in report.baselined for finding in group)
        pages = len({finding.page for finding in group})
        since = min((stood[each.fingerprint] for each in group if each.fingerprint in stood), default="")
        made.append(Row(tuple(sorted(group, key=newest)), level, held, pages, turn_of(report, group), since))
    return sorted(made, key=_order)


def _order(row: Row) -> tuple[object, ...]:
    first = row.first
    return row.held, _RANKS[row.level], newest(first), -row.pages, first.rule, first.order


class _Strings:
    """The texts of a page, each kept once, made harmless and numbered: pages and messages are repeated often."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.escaped: list[int] = []  # those that are not what they say, and so cannot be part of an address
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str | None) -> int:
        """The number of a text; -1 for None."""
        if text is None:
            return -1
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            shown = clean(text)
            self.texts.append(shown)
            if shown != text:
                self.escaped.append(number)
        return number


def data(report: Report, found: list[Row]) -> dict[str, Any]:
    """The data for the page's script. A row has a number; its places are those from its `start` to the next row's."""
    strings = _Strings()
    for target in sorted({row.target for row in found}):  # so that a script can sort by the numbers
        strings(target)
    names = sorted({row.first.rule for row in found})
    rule_of = {name: number for number, name in enumerate(names)}
    table: list[tuple[int, ...]] = []
    places: list[tuple[int, ...]] = []
    hops: dict[int, list[list[int]]] = {}
    past = {each.target: each for each in report.health.past} if report.health else {}
    lives: dict[int, dict[str, Any]] = {}
    commands: dict[int, int] = {}
    owners: dict[int, int] = {}
    runs = {each.run: number for number, each in enumerate(report.health.runs)} if report.health else {}
    for number, row in enumerate(found):
        first = row.first
        table.append(
            (
                rule_of[first.rule],
                _RANKS[row.level],
                _STATES.index(first.state) if first.state else -1,
                _VERDICTS.index(first.verdict),
                strings(row.target),
                strings(row.host),
                strings(first.message),
                first.status or 0,
                row.pages,
                int(row.held),
                _TURNS.index(row.turn) if row.turn else -1,
                _seconds(row.since),
                len(places),
            )
        )
        for place in row.places:
            places.append(
                (
                    strings(place.page),
                    place.line,
                    place.column,
                    _ROLES.index(place.role) if place.role else -1,
                    strings(place.shown),
                    strings(place.suggestion),
                    strings(place.message),
                    _STATES.index(place.state) if place.state else -1,
                    int(place.grade is Grade.CERTAIN),
                )
            )
        if owner := next(
            (report.owners[place.fingerprint] for place in row.places if place.fingerprint in report.owners), ""
        ):
            owners[number] = strings(owner)
        if typed := command(report, row.places):
            commands[number] = strings(typed)
        if first.hops:
            hops[number] = [[hop.status, strings(hop.url)] for hop in first.hops]
        if first.target in past:
            lives[number] = _life(past[first.target], runs)
    return {
        "levels": _LEVELS,
        "states": _STATES,
        "verdicts": _VERDICTS,
        "roles": _ROLES,
        "turns": _TURNS,
        "lines": report.lines,
        "prefix": "" if report.root else clean("".join(report.addresses[:1])),
        "escaped": strings.escaped,
        "rules": [_rule(name) for name in names],
        "strings": strings.texts,
        "rows": _columns(_ROW, table),
        "places": _columns(_PLACE, places),
        "hops": hops,
        "commands": commands,
        "owners": owners,
        "past": lives,
        "runs": _runs(report),
    }


_ROW = (
    "rule",
    "level",
    "state",
    "verdict",
    "target",
    "host",
    "message",
    "status",
    "pages",
    "held",
    "turn",
    "since",
    "start",
)
_PLACE = ("page", "line", "column", "role", "reference", "suggestion", "message", "state", "certain")


def _columns(names: tuple[str, ...], lines: list[tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return dict(zip(names, zip(*lines, strict=True), strict=True)) if lines else dict.fromkeys(names, ())


def _rule(name: str) -> dict[str, str]:
    rule = RULES.get(name)
    return {"name": clean(name), "why": rule.why if rule else "", "mend": rule.mend if rule else ""}


def _runs(report: Report) -> dict[str, list[Any]]:
    runs = report.health.runs if report.health else ()
    verdicts = [run.totals.verdicts for run in runs]
    return {
        "number": [run.run for run in runs],
        "started": [run.started for run in runs],
        "health": [run.totals.health for run in runs],
        "broken": [each.get(Verdict.BROKEN, 0) for each in verdicts],
        "suspect": [each.get(Verdict.SUSPECT, 0) for each in verdicts],
        "redirected": [each.get(Verdict.REDIRECTED, 0) for each in verdicts],
        "latency": [run.latency for run in runs],
    }


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp()) if stamp else 0


def _life(past: Past, runs: dict[int, int]) -> dict[str, Any]:
    """The answers of a target: stretches of runs in a row, each with its first and last run, verdict and status."""
    stretches: list[list[int]] = []
    for each in past.seen:
        run = runs.get(each.run)
        if run is None:
            continue
        answer = [_VERDICTS.index(each.verdict), each.status or 0]
        if stretches and stretches[-1][1] == run - 1 and stretches[-1][2:] == answer:
            stretches[-1][1] = run
        else:
            stretches.append([run, run, *answer])
    return {
        "broken": past.first_broken,
        "good": past.last_good,
        "failures": past.failures,
        "seen": stretches,
    }
