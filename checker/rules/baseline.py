"""Rules on entries of the baseline that are out of date."""

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
        summary="An entry of the baseline lists more findings than there are.",
        why="It would hide the next fault of its kind at that place.",
        mend="Remove the entry, or update the baseline with `mirrorcheck baseline write`.",
    ),
    Rule(
        name=Code.BASELINE_EXPIRED,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        needs=(Needs.BASELINE,),
        summary="An entry of the baseline has expired, and its findings are still there.",
        why="The findings should have been mended by that date; they count again.",
        mend="Mend the findings, or give the entry a later date.",
        message="expired on {date}, and counts again",
    ),
)
