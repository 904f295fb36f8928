"""Rules on suppressions: comments that silence findings."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Rule, Scope

RULES = (
    Rule(
        name=Code.SUPPRESSION_UNUSED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        summary="A suppression silences nothing.",
        why="It would hide the next fault at that place.",
        mend="Remove it.",
        message="{rules}: nothing to silence",
    ),
    Rule(
        name=Code.SUPPRESSION_UNKNOWN_RULE,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        summary="A suppression names a rule that does not exist, or no rule at all.",
        why="It silences nothing; the finding it was meant for is still reported.",
        mend="Correct the name: `mirrorcheck rules` lists them.",
    ),
)
