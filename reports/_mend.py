"""What to mend first, and the command that mends it."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from checker.model import Finding, Grade, Report, State, Verdict
from checker.rules import RULES, Scope
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
    options = Counter(_options(each) for each in report.findings if each.grade and not RULES[each.rule].asked)
    said = [(count, " ".join(words)) for words, count in sorted(options.items(), key=lambda each: len(each[0]))]
    if not said:
        return ""
    count, words = said[0]
    more = "".join(f", {number:,} more with `{other}`" for number, other in said[1:])
    return f"{count:,} of these can be mended with `{' '.join(('mirrorcheck fix', words)).strip()}`{more}"


def _options(finding: Finding) -> tuple[str, ...]:
    """The options with which `fix` takes over the suggestion of a finding, apart from its rule."""
    likely = ("--likely",) if finding.grade is Grade.LIKELY else ()
    return ("--archive", *likely) if RULES[finding.rule].archived else likely


def command(report: Report, places: Iterable[Finding]) -> str:
    """The command that mends the findings of a rule at these places; "" if there is none, or none that can be typed.

    It names the pages. If there are many, or if `fix` may not find the root of their mirror, it names that.
    """
    graded = [finding for finding in places if finding.grade]
    if not graded or not report.root:
        return ""
    options = min(map(_options, graded), key=len)
    pages = sorted({finding.page for finding in graded})
    whole = RULES[graded[0].rule].scope is Scope.HOST  # its finding is one for all pages
    root = Path(report.root)
    try:
        folder = os.path.relpath(root)
        named = [str(Path(folder, page)) for page in pages]
        known = any(
            map(os.path.lexists, (root / ".git", *(Path(at, name) for at in (folder, "") for name in _CONFIGURED)))
        )
    except (OSError, ValueError):  # the working folder is gone, or on another drive
        return ""
    for paths in ([named] if known and not whole and len(named) <= _NAMED else []) + [[folder]]:
        words = ["mirrorcheck", "fix", *options, "--select", graded[0].rule, *map(_argument, paths)]
        typed = shlex.join(words)
        if typed == clean(typed):
            return typed
    return ""


def _argument(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path
