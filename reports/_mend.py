"""What to mend first, and the command that mends it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from checker.model import Finding, Grade, Report, State, Verdict
from checker.rules import RULES
from reports._text import clean

_NAMED = 5  # pages that a command names; for more, it names their folder
_CONFIGURED = ("mirrorcheck.toml", ".mirrorcheck.toml", "config.toml", "pyproject.toml")


class Turn(StrEnum):
    """When a target is to be mended, the first in front."""

    CERTAIN = "fix mends it"
    PERMANENT = "broken"
    OTHER = "worth a look"
    UNCERTAIN = "uncertain"


def turn_of(report: Report, places: Iterable[Finding]) -> Turn | None:
    """The turn of a target that has findings at these places; None if it is not wrong any more."""
    states = {finding.state for finding in places}
    verdicts = {finding.verdict for finding in places}
    if states <= {State.FIXED, State.UNCHECKED}:
        return None
    if State.FLAPPING in states:
        return Turn.UNCERTAIN
    if report.root and any(finding.grade is Grade.CERTAIN and not RULES[finding.rule].asked for finding in places):
        return Turn.CERTAIN
    if Verdict.BROKEN in verdicts:
        return Turn.PERMANENT
    return Turn.UNCERTAIN if verdicts & {Verdict.SUSPECT, Verdict.UNCHECKED} else Turn.OTHER


def mendable(report: Report) -> str:
    """How many findings `mirrorcheck fix` can mend, in a line; "" if there are none."""
    if not report.root:
        return ""
    grades = [finding.grade for finding in report.findings if not RULES[finding.rule].asked]
    certain, likely = grades.count(Grade.CERTAIN), grades.count(Grade.LIKELY)
    if not certain:
        return f"{likely:,} of these can be mended with `mirrorcheck fix --likely`" if likely else ""
    more = f", {likely:,} more with `--likely`" if likely else ""
    return f"{certain:,} of these can be mended with `mirrorcheck fix`{more}"


def command(report: Report, places: Iterable[Finding]) -> str:
    """The command that mends the findings of a rule at these places; "" if there is none, or none that can be typed.

    It names the pages. If there are many, or if `fix` may not find the root of their mirror, it names that.
    """
    graded = [finding for finding in places if finding.grade]
    if not graded or not report.root:
        return ""
    likely = [] if any(finding.grade is Grade.CERTAIN for finding in graded) else ["--likely"]
    pages = sorted({finding.page for finding in graded})
    root = Path(report.root)
    try:
        folder = os.path.relpath(root)
        named = [str(Path(folder, page)) for page in pages]
        known = any(
            map(os.path.lexists, (root / ".git", *(Path(at, name) for at in (folder, "") for name in _CONFIGURED)))
        )
    except (OSError, ValueError):  # the working folder is gone, or on another drive
        return ""
    for paths in ([named] if known and len(named) <= _NAMED else []) + [[folder]]:
        words = ["mirrorcheck", "fix", *likely, "--select", graded[0].rule, *map(_argument, paths)]
        typed = shlex.join(words)
        if typed == clean(typed):
            return typed
    return ""


def _argument(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path
