"""Markdown for a comment on a pull request that is kept up to date: what is new, and no more."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from msgspec.structs import replace

from checker.model import Level, Report, State
from checker.words import counted
from reports import View, _markdown

MARK = "<!-- mirrorcheck -->"  # begins the comment, so that the next run finds it again
_NEW = (State.NEW, None)  # None: there is nothing to compare with


def write(report: Report, stream: TextIO, view: View) -> None:
    """Write the mark, and the findings that are new; all of them, if there is nothing to compare with."""
    new = tuple(f for f in report.findings if f.state in _NEW and f.fingerprint not in report.baselined)
    shown = replace(report, findings=new, health=None, baselined=frozenset())
    counts = Counter(finding.level for finding in new)
    stated = any(finding.state for finding in report.findings)
    levels = ", ".join(counted(counts[level], f"new {level}" if stated else level) for level in Level if counts[level])
    headline = levels or ("nothing new is broken" if stated else "nothing is broken in what was checked")
    head = _markdown.head(shown, headline)
    if new and not stated:
        head += "\nThere is no run to compare with, so this is all that was found.\n"
    stream.write(f"{MARK}\n")
    _markdown.write(shown, stream, view, head)
