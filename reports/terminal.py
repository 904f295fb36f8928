"""The terminal: what broke, by target with its reach or page by page, and as loud what was not checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import TextIO
from urllib.parse import quote

from checker.model import Finding, Level, Report
from reports import View

_SHOWN = 3  # places of a target
_GROUPS = 50  # targets of a note or warning; errors are all shown
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_COLORS = {Level.ERROR: "31;1", Level.WARNING: "33;1", Level.NOTE: "36"}


def write(report: Report, stream: TextIO, view: View) -> None:
    """Write the findings and the summary."""
    pen = _Pen(report, view)
    if view.by == "page":
        _by_page(report, stream, pen)
    else:
        _by_target(report, stream, pen, view)
    if report.findings or not view.quiet:
        _summary(report, stream, pen)


class _Pen:
    """Colours and links, where the view wants them; and hostile text made harmless, always."""

    def __init__(self, report: Report, view: View) -> None:
        self._color = view.color
        self._root = report.root if view.links else None

    def paint(self, text: str, code: str) -> str:
        """Text in a colour (an SGR parameter, ECMA-48)."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text

    def level(self, level: Level) -> str:
        """The word, padded so that what follows lines up."""
        return self.paint(level, _COLORS[level]) + " " * (7 - len(level))

    def place(self, finding: Finding) -> str:
        """`page:line:column`, a link to the file in terminals that have links (OSC 8)."""
        text = f"{clean(finding.page)}:{finding.line}:{finding.column}"
        if self._root is None:
            return text
        path = quote(f"{self._root}/{finding.page}".encode("utf-8", "surrogateescape"))
        return f"\x1b]8;;file://{path}\x1b\\{text}\x1b]8;;\x1b\\"


# What a terminal acts on instead of showing it: controls, line separators, and what reorders text.
_ACTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Text of a mirror with what a terminal would act on made visible; a byte that is not UTF-8 is `\\xNN`."""
    return _ACTIVE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _by_target(report: Report, stream: TextIO, pen: _Pen, view: View) -> None:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.rule, finding.target), []).append(finding)
    ranked = sorted(
        groups.values(),
        key=lambda group: (_ORDER[group[0].level], group[0].rule, -_reach(group), group[0].order),
    )
    for _, same in groupby(ranked, key=lambda group: group[0].rule):
        targets = list(same)
        shown = targets if view.verbose or targets[0][0].level is Level.ERROR else targets[:_GROUPS]
        for group in shown:
            _target(group, stream, pen, view)
        if len(shown) < len(targets):
            rule = targets[0][0].rule
            more = f"… and {len(targets) - len(shown):,} more targets (-v shows all)"
            stream.write(f"{pen.level(targets[0][0].level)} {rule}  {more}\n\n")


def _reach(group: list[Finding]) -> int:
    return len({finding.page for finding in group})


def _target(group: list[Finding], stream: TextIO, pen: _Pen, view: View) -> None:
    """A target: rule, reach, evidence, the first places and what to write instead."""
    first, pages = group[0], _reach(group)
    reach = "" if first.target == first.page and len(group) == 1 else f"  {pages:,} page{'s' * (pages != 1)}"
    target = clean(first.target or first.reference) or "(empty)"
    stream.write(f"{pen.level(first.level)} {first.rule}  {pen.paint(target, '1')}{reach}\n")
    stream.write(f"        {clean(first.message)}\n")
    shown = group if view.verbose else group[:_SHOWN]
    for finding in shown:
        written = "" if not finding.reference or finding.reference == first.target else f"  {clean(finding.reference)}"
        stream.write(f"        {'at ' if finding is first else '   '}{pen.place(finding)}{pen.paint(written, '2')}\n")
    if len(shown) < len(group):
        stream.write(f"           … and {len(group) - len(shown):,} more (-v shows all)\n")
    if first.suggestion is not None:
        stream.write(f"        {pen.paint('did you mean', '32')} {clean(first.suggestion)}\n")
    stream.write("\n")


def _by_page(report: Report, stream: TextIO, pen: _Pen) -> None:
    for page, findings in groupby(report.findings, key=lambda finding: finding.page):
        stream.write(f"{pen.paint(clean(page), '1')}\n")
        for finding in findings:
            place = f"{finding.line}:{finding.column}"
            what = f"  {clean(finding.reference)}" if finding.reference else ""
            stream.write(f"  {place:>8}  {pen.level(finding.level)} {finding.rule}{what}\n")
            stream.write(f"            {clean(finding.message)}")
            if finding.suggestion is not None:
                stream.write(f"; {pen.paint('did you mean', '32')} {clean(finding.suggestion)}")
            stream.write("\n")
        stream.write("\n")


def _summary(report: Report, stream: TextIO, pen: _Pen) -> None:
    totals = report.totals
    targets = f"{totals.local:,} local, {totals.remote:,} remote, {totals.other:,} other"
    stream.write(f"{_count(totals.pages, 'page')}, {_count(totals.references, 'reference')}, targets: {targets}\n")
    levels = [
        pen.paint(_count(totals.levels.get(level, 0), level), _COLORS[level])
        for level in Level
        if totals.levels.get(level, 0)
    ]
    stream.write(
        f"found: {', '.join(levels)}\n" if levels else f"{pen.paint('nothing is broken', '32;1')} in what was checked\n"
    )
    unchecked = sum(totals.unchecked.values())
    if unchecked:
        reasons = "; ".join(f"{count:,} {clean(reason)}" for reason, count in _largest(totals.unchecked.items()))
        stream.write(f"{pen.paint('not checked', '33;1')}: {_count(unchecked, 'target')}: {reasons}\n")
    if totals.suppressed:
        stream.write(f"suppressed in pages: {_count(totals.suppressed, 'finding')}\n")
    if not report.complete:
        stream.write(pen.paint("interrupted: this is what was learnt until then\n", "33;1"))
    seconds = (datetime.fromisoformat(report.finished) - datetime.fromisoformat(report.started)).total_seconds()
    if seconds >= 1:
        stream.write(f"in {seconds:.0f} s\n")


def _largest(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
