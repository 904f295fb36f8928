"""Entries of the baseline that are out of date."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

RULES = (
    Rule(
        name=Code.BASELINE_STALE,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        needs=(Needs.BASELINE,),
        summary="An entry of the baseline holds more than there is.",
        why="It would hide the next fault of its kind at that place.",
        mend="Remove it, or write the baseline anew with `mirrorcheck baseline write`.",
    ),
    Rule(
        name=Code.BASELINE_EXPIRED,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        needs=(Needs.BASELINE,),
        summary="An entry of the baseline has expired, and what it held is still there.",
        why="What was to be mended by then is not; it counts again.",
        mend="Mend it, or give the entry a later date.",
        message="expired on {date}, and counts again",
    ),
)
