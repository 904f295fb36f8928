"""From the findings of a run to new bytes for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from checker.extract import charset
from checker.mend.encoded import rewritten
from checker.mend.page import mended
from checker.model import Finding, Grade
from checker.rules import RULES, selected
from checker.sources.base import GZIP
from checker.sweep import page as pages
from checker.sweep.facts import Context, Facts


class Change(NamedTuple):
    """A page, as it is and as it should be."""

    page: str
    before: bytes
    after: bytes
    encoding: str  # WHATWG's name of its charset
    findings: tuple[Finding, ...]  # that the change mends


class Refusal(NamedTuple):
    """A finding whose suggestion is not taken over, and why."""

    finding: Finding
    reason: str


def mendable(findings: Iterable[Finding], *, likely: bool, named: Iterable[str]) -> list[Finding]:
    """The findings that a change of their reference mends.

    `likely`: also where the suggestion is only likely. `named`: rules that the user named, for those whose mend is a
    matter of taste.
    """
    grades = {Grade.CERTAIN, Grade.LIKELY} if likely else {Grade.CERTAIN}
    asked = tuple(named)
    return [
        finding
        for finding in findings
        if finding.grade in grades
        and finding.suggestion is not None
        and (not RULES[finding.rule].asked or selected(finding.rule, asked))
    ]


def changes(
    context: Context, findings: Iterable[Finding], chosen: Callable[[str, list[Finding]], list[Finding]]
) -> tuple[list[Change], list[Refusal]]:
    """The change of each page, and the findings that cannot be mended. `chosen` may leave out findings of a page."""
    by_page: dict[str, list[Finding]] = {}
    for finding in findings:
        by_page.setdefault(finding.page, []).append(finding)
    found = [each for page, wanted in by_page.items() for each in _changed(context, page, chosen(page, wanted))]
    made = [each for each in found if isinstance(each, Change)]
    return made, [each for each in found if isinstance(each, Refusal)]


def _changed(context: Context, page: str, findings: list[Finding]) -> Iterator[Change | Refusal]:
    read, data = pages.read(context, page), pages.read_bytes(context, 0, page)
    if read is None or isinstance(data, Facts):
        yield from (Refusal(finding, "the page cannot be read") for finding in findings)
        return
    if data.startswith(GZIP):
        yield from (Refusal(finding, "its page is compressed") for finding in findings)
        return
    decoded = charset.decode(data, read.kind)
    found = mended(decoded.text, read.kind, findings, read.options)
    yield from (Refusal(*each) for each in found.left)
    done = found.findings
    if done:
        after = rewritten(data, decoded, read.kind, found.edits)
        if after is None:
            reason = (
                f"its page is not valid {decoded.encoding}"
                if decoded.damaged
                else f"{decoded.encoding} lacks a character"
            )
            yield from (Refusal(finding, reason) for finding in done)
        else:
            yield Change(page, data, after, decoded.encoding, done)
