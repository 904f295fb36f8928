"""What a badge says of a mirror, in two words and a colour."""

from __future__ import annotations

from typing import NamedTuple

from checker.model import Level, Report
from checker.words import counted
from reports._text import partial

LABEL = "links"


class Badge(NamedTuple):
    """The right half of a badge."""

    message: str
    color: str  # a name that shields.io knows
    rgb: str  # the same, as CSS has it; white text on it has a contrast of 4.5 to 1 and more


def badge(report: Report) -> Badge:
    """The worst level that was found; a run that was cut short and found nothing is not called sound."""
    for level, color, rgb in ((Level.ERROR, "red", "#b31d28"), (Level.WARNING, "orange", "#9a5b00")):
        if count := sum(f.level is level and f.fingerprint not in report.baselined for f in report.findings):
            return Badge(counted(count, level), color, rgb)
    if not report.complete or report.cut_off or partial(report):
        return Badge("not all checked", "lightgrey", "#57606a")
    return Badge("nothing broken", "brightgreen", "#1a7f37")
