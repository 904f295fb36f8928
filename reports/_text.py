"""Text of a mirror, made harmless, and other words that several formats share."""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from checker import logins
from checker.model import Finding, Report, RunFigures, State, Totals, Verdict
from checker.web import urls, visible
from reports import View

clean = visible.clean


def located(page: str, root: str) -> str:
    """A page below `root` as a path of the repository; or its URL, on a live mirror."""
    if _is_url(page):
        return page
    return posixpath.normpath(root + page) if page.startswith("../") else root + page


def uri(page: str, root: str) -> str:
    """The same as a URI reference."""
    if _is_url(page):
        return clean(page)
    path = urls.encode_path(_NO_BYTE.sub("\ufffd", located(page, root)))
    first = path.partition("/")[0]
    return f"./{path}" if not first or ":" in first else path  # or it would begin with a scheme or a host


def line_url(finding: Finding, view: View) -> str:
    """The URL of a finding's line on the forge; "" if that is not known."""
    if not view.lines or _is_url(finding.page) or finding.page.startswith("../"):
        return ""
    path = uri(finding.page, "").removeprefix("./").translate(_UNMARKED)
    return view.lines.replace("{page}", path).replace("{line}", str(finding.line))


_UNMARKED = {ord(mark): f"%{ord(mark):02X}" for mark in "()*'!~$&;{}|"}  # so that no syntax around it ends the URL
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # half a character; only Windows has it in names


def _is_url(page: str) -> bool:
    return page.startswith(("http://", "https://"))


def clip(text: str, most: int) -> str:
    """Text of at most so many characters: one name of a hostile mirror can be longer than a whole report may be."""
    return text if len(text) <= most else f"{text[: most // 2]}\N{HORIZONTAL ELLIPSIS}{text[-(most - most // 2 - 1) :]}"


def percent(share: float | None) -> str:
    """A share in words; never 100 % if something is missing, nor 0 % if something is present."""
    if share is None:
        return "\N{EM DASH}"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def targets_of(totals: Totals) -> str:
    """The targets of a run by verdict, and their health, in a line."""
    numbers = (f"{totals.verdicts.get(verdict, 0):,} {word}" for verdict, word in _WORDS.items())
    return f"targets: {', '.join(numbers)}; health {percent(totals.health)}"


_WORDS = {
    Verdict.BROKEN: "broken",
    Verdict.SUSPECT: "suspect",
    Verdict.REDIRECTED: "redirected",
    Verdict.UNCHECKED: "not checked",
}


def cut_off(report: Report) -> str:
    """The sentence for a run without a network; "" for other runs."""
    return f"No network here: {clean(report.cut_off)}. No remote target was reached." if report.cut_off else ""


def partial(report: Report) -> bool:
    """Whether pages, or what they refer to, were left out that the run was to read: such a run is not clean."""
    return report.bounded or report.forbidden > 0 or bool(report.logged_out)


def moved(report: Report) -> str:
    """Where a live address led, if what was walked lies elsewhere; else empty."""
    if not (_is_url(report.source.lower()) and report.addresses):
        return ""
    begin = urls.below_scheme(logins.split(urls.resolve("about:blank", report.source))[0])
    return "" if begin.startswith(urls.below_scheme(report.addresses[0]).rstrip("/")) else report.addresses[0]


def compared(report: Report) -> str:
    """The findings by state (`3 new, 113 known, 1 fixed`); "" if there is nothing to compare with."""
    states = counted(report)
    return ", ".join(f"{states[state]:,} {state}" for state in State if states[state])


def counted(report: Report) -> Counter[State]:
    """Findings by state: those of the run, and those from before that are gone or were not looked for."""
    states = Counter(finding.state for finding in report.findings if finding.state)
    if report.health is not None:
        states[State.FIXED] = len(report.health.fixed)
        states[State.UNCHECKED] = len(report.health.unchecked)
    return states


def run_before(report: Report) -> RunFigures | None:
    """The run that this one is compared with, if the history still has its figures."""
    runs = report.health.runs if report.health is not None else ()
    return next((run for run in reversed(runs[:-1]) if report.health and run.started == report.health.since), None)


def past(report: Report) -> Iterator[Finding]:
    """The findings from before that are gone, then those that were not looked for, each with its state."""
    if report.health is not None:
        for state, findings in ((State.FIXED, report.health.fixed), (State.UNCHECKED, report.health.unchecked)):
            yield from (replace(finding, state=state) for finding in findings)


def newest(finding: Finding) -> int:
    """A sort key: new findings come first, known ones after them, and those of earlier runs last."""
    return _NEWEST.index(finding.state)


_NEWEST = (State.NEW, None, State.FLAPPING, State.KNOWN, State.FIXED, State.UNCHECKED)


def path_to_root(report: Report) -> str:
    """The mirror's root below the root of its repository, with `/` at its end, or "": what CI systems call a path.

    In no repository, it is below the working folder.
    """
    root = Path(report.root)
    top = next((above for above in (root, *root.parents) if os.path.lexists(above / ".git")), None)
    return _below(report, top) if top else path_from_here(report)


def path_from_here(report: Report) -> str:
    """The mirror's root below the working folder, with `/` at its end; "" if it is elsewhere."""
    try:
        return _below(report, Path.cwd())
    except OSError:  # the working folder is gone
        return ""


def _below(report: Report, top: Path) -> str:
    root = Path(report.root)
    if not report.root or root == top or not root.is_relative_to(top):
        return ""
    return f"{root.relative_to(top).as_posix()}/"


def what(finding: Finding) -> str:
    """The reference, unless it is written like its target or the end of it; then `sentence`."""
    said = sentence(finding)
    return said if finding.target.endswith(finding.shown) else f"{clean(finding.shown)}: {said}"


def sentence(finding: Finding) -> str:
    """The evidence, the redirects and the suggestion, in a line."""
    parts = [clean(finding.message)]
    if finding.target and finding.target != finding.page:
        parts.insert(0, f"{clean(finding.target)}:")
    if finding.hops and (len(finding.hops) > 1 or finding.suggestion is None):  # else the suggestion says the same
        parts.append("(" + ", ".join(f"{hop.status} to {clean(hop.url)}" for hop in finding.hops) + ")")
    if finding.suggestion is not None:
        parts.append(f"- did you mean {clean(finding.suggestion)}")
    return " ".join(parts)
