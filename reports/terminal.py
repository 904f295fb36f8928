"""The terminal: the findings by target or by page; and, no less visible, what was not checked."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from checker.model import Finding, Level, Report, State
from checker.rules import RULES
from checker.words import counted
from reports import View
from reports._mend import mendable
from reports._text import (
    clean,
    compared,
    cut_off,
    located,
    moved,
    newest,
    partial,
    path_from_here,
    run_before,
    targets_of,
)

_GROUPS = 50  # targets that are shown for a rule of warnings or notes; errors are all shown
_FEW = 3  # targets that are shown for a rule of notes beside errors and warnings, which must not drown in them
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_COLORS = {Level.ERROR: "31;1", Level.WARNING: "33;1", Level.NOTE: "36"}


def write(report: Report, stream: TextIO, view: View) -> None:
    """Write the findings and the summary."""
    pen = _Pen(report, view)
    findings = [f for f in report.findings if view.verbose or f.fingerprint not in report.baselined]
    if view.past:
        _run(report, stream)
    if view.by == "page":
        _by_page(findings, stream, pen)
    else:
        _by_target(findings, stream, pen, view)
    if view.past and report.health:
        _fixed(report.health.fixed, stream, pen, view)
    if report.findings or report.cut_off or not report.complete or partial(report) or not view.quiet:
        _summary(report, stream, pen, view)


def _run(report: Report, stream: TextIO) -> None:
    """Write which run it is, and the figures that the health page and `history list` have of it."""
    if report.health is None or not report.health.runs:
        return
    run, since = report.health.runs[-1], report.health.since
    before = run_before(report)
    named = f"run {before.run}" if before else "the run"
    against = f", compared with {named} of {_when(since)}" if since else ", the first of its kind"
    stream.write(f"run {run.run} of {_when(run.started)}{against}\n{targets_of(run.totals)}\n\n")


def _when(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M} UTC"


def _fixed(findings: Iterable[Finding], stream: TextIO, pen: _Pen, view: View) -> None:
    """List the targets that were wrong in the run before."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, _subject(finding)), []).append(finding)
    for number, ((rule, subject), group) in enumerate(groups.items()):
        if number == _GROUPS and not view.verbose:
            stream.write(f"fixed    … and {counted(len(groups) - number, 'more target')} (-v shows all)\n")
            break
        at = f"{counted(_reach(group), 'page')}, {'first ' if group[1:] else ''}at {pen.place(group[0])}"
        stream.write(f"{pen.paint('fixed', '32')}    {rule}  {pen.paint(clean(subject), '1')}: {at}\n")
    if groups:
        stream.write("\n")


class _Pen:
    """Colours and links, if the view wants them. Hostile text is always made harmless."""

    def __init__(self, report: Report, view: View) -> None:
        self._color = view.color
        self._root = Path(report.root).as_uri().removesuffix("/") if view.links and report.root else None
        self._path = path_from_here(report)

    def paint(self, text: str, code: str) -> str:
        """Text in a colour (an SGR parameter, ECMA-48)."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text

    def level(self, level: Level) -> str:
        """The level, padded so that the text after it lines up."""
        return self.paint(level, _COLORS[level]) + " " * (7 - len(level))

    def rule(self, finding: Finding) -> str:
        """The rule, and the state unless it is known."""
        if finding.state in {None, State.KNOWN}:
            return finding.rule
        return f"{finding.rule} {self.paint(finding.state or '', '35;1')}"

    def place(self, finding: Finding) -> str:
        """`page:line:column`, as a link to the file in terminals that support links (OSC 8)."""
        text = f"{self.page(finding.page)}:{finding.line}:{finding.column}"
        if self._root is None:
            return text
        path = quote(finding.page, errors=sys.getfilesystemencodeerrors())  # the bytes that the name has on disk
        return f"\x1b]8;;{self._root}/{path}\x1b\\{text}\x1b]8;;\x1b\\"

    def page(self, page: str) -> str:
        """The page, as it is named in the working folder if the mirror is below that."""
        return clean(located(page, self._path))

    def instead(self, suggestion: str) -> str:
        """What to write instead."""
        return f"{self.paint('did you mean', '32')} {clean(suggestion)}"


def _by_target(findings: list[Finding], stream: TextIO, pen: _Pen, view: View) -> None:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=newest):
        groups.setdefault((finding.rule, _subject(finding)), []).append(finding)
    ranked = sorted(
        groups.values(),
        key=lambda group: (_ORDER[group[0].level], newest(group[0]), -_reach(group), group[0].rule, group[0].order),
    )
    for level, same in groupby(ranked, key=lambda group: group[0].level):
        most = len(ranked) if view.verbose or level is Level.ERROR else _GROUPS
        if level is Level.NOTE and not view.verbose and ranked[0][0].level is not Level.NOTE:
            most = _FEW
        count: Counter[str] = Counter()
        for group in same:
            rule = group[0].rule
            count[rule] += 1
            if count[rule] <= most and (view.verbose or not RULES[rule].summed):
                _target(group, stream, pen, view)
        for rule, targets in count.items():
            if RULES[rule].summed and not view.verbose:
                told = f"{counted(targets, 'target')}: {RULES[rule].summary} (-v shows all)"
                stream.write(f"{pen.level(level)} {rule}  {told}\n\n")
            elif targets > most:
                more = f"… and {counted(targets - most, 'more target')} (-v shows all)"
                stream.write(f"{pen.level(level)} {rule}  {more}\n\n")


def _subject(finding: Finding) -> str:
    """The target; if nothing could be resolved, the reference or the page."""
    return finding.target or finding.shown or finding.page


def _reach(group: list[Finding]) -> int:
    return len({finding.page for finding in group})


def _target(group: list[Finding], stream: TextIO, pen: _Pen, view: View) -> None:
    """Write a target: its rule, pages and first place; the evidence, the suggestion, and more places."""
    first, others = group[0], group[1:]
    if _subject(first) == first.page and not others:
        what = _written(first, pen)
    else:
        at = "first at" if others else "at"
        what = (
            f"{pen.paint(clean(_subject(first)), '1')}: {counted(_reach(group), 'page')}, {at} {_written(first, pen)}"
        )
    stream.write(
        f"{pen.level(first.level)} {pen.rule(first)}  {what}\n        {clean(first.message)}{_redirects(first)}\n"
    )
    if first.suggestion is not None:
        stream.write(f"        {pen.instead(first.suggestion)}\n")
    shown = others if view.verbose else others[: view.limit]
    for finding in shown:
        # A relative suggestion holds on its own page only.
        own = finding.suggestion if finding.suggestion != first.suggestion else None
        stream.write(f"        {_written(finding, pen)}{'; ' + pen.instead(own) if own is not None else ''}\n")
    if len(shown) < len(others):
        stream.write(f"        … and {len(others) - len(shown):,} more (-v shows all)\n")
    stream.write("\n")


def _redirects(finding: Finding) -> str:
    """The redirects, unless the suggestion says the same."""
    if not finding.hops or (len(finding.hops) == 1 and finding.suggestion is not None):
        return ""
    return " (" + ", ".join(f"{hop.status} to {clean(hop.url)}" for hop in finding.hops) + ")"


def _written(finding: Finding, pen: _Pen) -> str:
    """The place, and the reference if it differs from the target."""
    same = finding.shown in {"", _subject(finding)}
    return pen.place(finding) + ("" if same else pen.paint(f"  {clean(finding.shown)}", "2"))


def _by_page(found: list[Finding], stream: TextIO, pen: _Pen) -> None:
    for page, findings in groupby(found, key=lambda finding: finding.page):
        stream.write(f"{pen.paint(pen.page(page), '1')}\n")
        for finding in findings:
            place = f"{finding.line}:{finding.column}"
            what = f"  {clean(finding.shown)}" if finding.shown else ""
            stream.write(f"  {place:>8}  {pen.level(finding.level)} {pen.rule(finding)}{what}\n")
            stream.write(f"            {clean(finding.message)}{_redirects(finding)}")
            if finding.suggestion is not None:
                stream.write(f"; {pen.instead(finding.suggestion)}")
            stream.write("\n")
        stream.write("\n")


def _summary(report: Report, stream: TextIO, pen: _Pen, view: View) -> None:
    totals = report.totals
    targets = f"{totals.local:,} local, {totals.remote:,} remote, {totals.other:,} other"
    stream.write(f"{counted(totals.pages, 'page')}, {counted(totals.references, 'reference')}, targets: {targets}\n")
    levels = [
        pen.paint(counted(totals.levels.get(level, 0), level), _COLORS[level])
        for level in Level
        if totals.levels.get(level, 0)
    ]
    well = pen.paint("nothing is broken", "33;1" if partial(report) else "32;1")
    stream.write(f"found: {', '.join(levels)}\n" if levels else f"{well} in what was checked\n")
    if report.hint:
        stream.write(f"{clean(report.hint)}\n")
    if mend := mendable(report):
        stream.write(f"{mend}\n")
    if there := moved(report):
        stream.write(f"{pen.paint('the address leads elsewhere', '33;1')}: {clean(there)} was checked\n")
    if wanted := sum(section.wanted for section in report.sections):
        present = sum(section.present for section in report.sections)
        stream.write(f"embedded assets: {present:,} of {wanted:,} are in the mirror and sound\n")
    if states := compared(report):
        stream.write(f"state: {states}\n")
    unchecked = sum(totals.unchecked.values())
    if unchecked:
        reasons = "; ".join(f"{count:,} {clean(reason)}" for reason, count in _largest(totals.unchecked.items()))
        stream.write(f"{pen.paint('not checked', '33;1')}: {counted(unchecked, 'target')}: {reasons}\n")
    if totals.suppressed:
        stream.write(f"suppressed in pages: {counted(totals.suppressed, 'finding')}\n")
    if report.baselined:
        hint = "" if view.verbose else " (-v shows them)"
        stream.write(f"in the baseline: {counted(len(report.baselined), 'finding')}{hint}\n")
    if sentence := cut_off(report):
        stream.write(f"{pen.paint(sentence, '33;1')}\n")
    if not report.complete:
        stream.write(f"{pen.paint('interrupted: this is what was learnt until then', '33;1')}\n")
    seconds = (datetime.fromisoformat(report.finished) - datetime.fromisoformat(report.started)).total_seconds()
    if seconds >= 1:
        stream.write(f"in {seconds:.0f} s\n")


def _largest(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))
