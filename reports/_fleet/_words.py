"""Words and figures on a fleet that several formats share."""

from __future__ import annotations

from checker.model import State, Verdict
from checker.words import counted
from reports._fleet import Mirror, Overview

_INTERRUPTED = 130  # the exit code


def state_of(mirror: Mirror) -> tuple[str, str]:
    """(the class of the style sheet, a word) for the condition of a mirror."""
    if mirror.report is None or mirror.fault:
        return ("suspect", "interrupted") if mirror.code == _INTERRUPTED else ("broken", "failed")
    if not mirror.report.complete:
        return "suspect", "interrupted"
    if mirror.totals.verdicts.get(Verdict.BROKEN, 0):
        return "broken", "broken"
    return ("suspect", "findings") if mirror.code else ("ok", "whole")


def headline(overview: Overview) -> str:
    """The condition of the fleet in a sentence."""
    mirrors = overview.mirrors
    broken = sum(mirror.totals.verdicts.get(Verdict.BROKEN, 0) > 0 for mirror in mirrors)
    failed = sum(state_of(mirror)[1] == "failed" for mirror in mirrors)
    cut = sum(state_of(mirror)[1] == "interrupted" for mirror in mirrors)
    parts = ["Nothing that was checked is broken"]
    if broken:
        parts = [
            f"{broken:,} of {counted(len(mirrors), 'mirror')} {'has' if broken == 1 else 'have'} broken references"
        ]
    if failed:
        parts.append(f"{failed:,} failed")
    if cut:
        parts.append(f"{cut:,} {'was' if cut == 1 else 'were'} interrupted")
    return ", ".join(parts) + "."


def changes(mirror: Mirror) -> str:
    """What is new and what was fixed; "" if there is no run before."""
    shown = [state for state in (State.NEW, State.FIXED) if mirror.states.get(state)]
    return ", ".join(f"{mirror.states[state]:,} {state}" for state in shown)


def saved(overview: Overview) -> str:
    """How much the mirrors saved by asking together; "" if they asked for nothing."""
    asked = overview.asked
    if not asked.wanted:
        return ""
    named, sent = counted(asked.wanted, "remote URL"), counted(asked.requests, "request")
    return f"The mirrors name {named}. {asked.distinct:,} are different, each asked for once, with {sent} in all"
