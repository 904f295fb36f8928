"""The table of `markdown` and `comment`: by target, and no longer than forges allow."""

from __future__ import annotations

import re
from typing import TextIO

from checker.model import Finding, Level, Report
from checker.words import counted
from reports import View
from reports._mend import mendable
from reports._text import clean, clip, cut_off, line_url, located, newest, path_to_root

_LONGEST = 60_000  # characters; GitHub takes 65,536 in a comment, GitLab a million
_PLACES = 3  # of a target
_SHOWN = 10  # reasons, fixed targets and unchecked ones that are listed
_CELL = 300  # characters of a name
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_SIGNS = {Level.ERROR: "\N{CROSS MARK}", Level.WARNING: "\N{WARNING SIGN}", Level.NOTE: "\N{INFORMATION SOURCE}"}
_MORE = "\N{HORIZONTAL ELLIPSIS} and"


def write(report: Report, stream: TextIO, view: View, head: str) -> None:
    """Write a head, a table of targets with new ones first, and lists of what was fixed or not checked."""
    tail = _tail(report, view)
    rows = _rows(report, view)
    stream.write(head)
    if rows:
        stream.write("\n| | rule | target | where | |\n|---|---|---|---|---|\n")
    left = _LONGEST - len(head) - len(tail)
    for number, row in enumerate(rows):
        left -= len(row)
        if left < 0 and not view.verbose:
            stream.write(f"\n{_MORE} {counted(len(rows) - number, 'more target')}\n")
            break
        stream.write(row)
    stream.write(tail)


def head(report: Report, headline: str) -> str:
    """A headline, what was read, and why that may not be all."""
    totals = report.totals
    text = f"### mirrorcheck: {headline}\n\n"
    text += f"{counted(totals.pages, 'page')}, {counted(totals.references, 'reference')}.\n"
    if mend := mendable(report):
        text += f"\n{mend}.\n"
    if report.cut_off:
        text += f"\n**{_escaped(cut_off(report))}**\n"
    if not report.complete:
        text += "\n**Interrupted: this is what was learnt until then.**\n"
    return text


def _tail(report: Report, view: View) -> str:
    text = ""
    if report.health is not None and report.health.fixed:
        gone = list(dict.fromkeys(map(_subject, report.health.fixed)))
        text += f"\nFixed: {_some([_code(target) for target in gone], ', ', view)}\n"
    if report.health is not None and report.health.unchecked:
        left = list(dict.fromkeys(map(_subject, report.health.unchecked)))
        text += f"\nFound before, and not looked for: {_some([_code(target) for target in left], ', ', view)}\n"
    if report.baselined and not view.verbose:
        text += f"\nIn the baseline, and not listed: {len(report.baselined):,}\n"
    unchecked = sorted(report.totals.unchecked.items(), key=lambda item: (-item[1], item[0]))
    if unchecked:
        text += (
            f"\nNot checked: {_some([f'{count:,} {_escaped(reason)}' for reason, count in unchecked], '; ', view)}\n"
        )
    return text


def _some(texts: list[str], separator: str, view: View) -> str:
    shown = texts if view.verbose else texts[:_SHOWN]
    more = f"{separator}{_MORE} {len(texts) - len(shown):,} more" if len(shown) < len(texts) else ""
    return separator.join(shown) + more


def _subject(finding: Finding) -> str:
    return finding.target or finding.shown or finding.page


def _rows(report: Report, view: View) -> list[str]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(report.findings, key=newest):
        if view.verbose or finding.fingerprint not in report.baselined:
            groups.setdefault((finding.rule, _subject(finding)), []).append(finding)
    ranked = sorted(
        groups.items(), key=lambda group: (_ORDER[group[1][0].level], newest(group[1][0]), -len(group[1]), group[0])
    )
    root = path_to_root(report)
    return [_row(subject, findings, root, view) for (_, subject), findings in ranked]


def _row(subject: str, findings: list[Finding], root: str, view: View) -> str:
    first = findings[0]
    shown = findings if view.verbose else findings[:_PLACES]
    places = "<br>".join(_place(finding, root, view) for finding in shown)
    if len(shown) < len(findings):
        places += f"<br>{_MORE} {len(findings) - len(shown):,} more"
    why = _escaped(first.message)
    if first.suggestion is not None:
        why += f"; did you mean {_code(first.suggestion)}"
    state = f" {first.state}" if first.state else ""
    return f"| {_SIGNS[first.level]}{state} | {first.rule} | {_code(subject)} | {places} | {why} |\n"


def _place(finding: Finding, root: str, view: View) -> str:
    place = _code(f"{located(finding.page, root)}:{finding.line}")
    if url := line_url(finding, view):
        place = f"[{place}]({url})"
    if not view.verbose:
        return place
    more = f" {_code(finding.shown)}" if finding.shown else ""
    return place + more + (f" \N{RIGHTWARDS ARROW} {_code(finding.suggestion)}" if finding.suggestion else "")


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@:&$-])")
# Plain text that a forge turns into links: `@name`, `#1`, `!1`, `GH-1`, `www.`. An entity does not prevent that, a word
# joiner does.
_LINKED = re.compile(r"(?<=[@#!$%~&^])|(?<=www)(?=\.)|(?<=GH)(?=-)", re.IGNORECASE)
_JOINER = "\N{WORD JOINER}"


def _short(text: str) -> str:
    """Text made harmless, of at most _CELL characters. It is cut first, since a name may have a megabyte."""
    return clip(clean(clip(text, _CELL)), _CELL)


def _escaped(text: str) -> str:
    """Text in which nothing is markup, a link, a mention or a reference to an issue."""
    parted = _LINKED.sub(_JOINER, _short(text))
    return _SPECIAL.sub(lambda match: f"&#{ord(match[1])};", parted)


def _code(text: str) -> str:
    """Text as code, in which nothing is linked. A pipe would end a table's cell, so it stands between two spans."""
    return "&#124;".join(_span(part) if part else "" for part in _short(text).split("|"))


def _span(text: str) -> str:
    """A code span; its fence is longer than any run of backticks in it."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    padding = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{padding}{text}{padding}{fence}"
