"""Facts and answers become findings here, for a folder, one page of it, a live site and a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import assert_never

from checker.judge import evidence
from checker.judge.answers import Answers
from checker.judge.change import Change
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.model import Doubt, Finding, Role, TargetKind
from checker.rules import RULES
from checker.rules.codes import Code
from checker.sweep.facts import Suspect
from checker.sweep.keys import fragment_key, remote_key, third_party_key


def findings_of(learnt: RunState, answers: Answers, judging: Judge, change: Change | None = None) -> list[Finding]:
    """Every finding that counts, sorted; with a `change`, only those that it may have caused."""
    by_page: defaultdict[str, list[Finding]] = defaultdict(list)
    for page, suspects in learnt.suspects.items():
        by_page[page] += _of_suspects(page, concerned(page, suspects, change), learnt, answers)
    for finding in (*_of_faults(learnt), *answers.files):
        by_page[finding.page].append(finding)
    for page in learnt.suppressions:
        by_page.setdefault(page, [])
    found = (
        finding
        for page, each in by_page.items()
        for finding in judging.page(page, each, learnt.suppressions.get(page, ()))
        if not change or change.concerns(finding) or _is_led_to(learnt, finding)
    )
    return sorted(found, key=lambda finding: finding.order)


def _is_led_to(learnt: RunState, finding: Finding) -> bool:
    """Whether a file has a fault of its own, and a page leads to it that a change touched."""
    return finding.role is None and finding.page in learnt.led_to and RULES[finding.rule].family == "local"


def concerned(page: str, suspects: Iterable[Suspect], change: Change | None) -> Iterable[Suspect]:
    """The suspects of a page that a change may have caused."""
    if change is None or page in change.touched:
        return suspects
    return [suspect for suspect in suspects if change.touches(suspect.target.name)]


def _of_faults(learnt: RunState) -> Iterator[Finding]:
    """Findings on whole pages, and on differences from the manifest and from the live site."""
    unreadable = set()
    for page, rule, message in learnt.faults:
        if rule == Code.LOCAL_UNREADABLE:
            unreadable.add(page)
        yield evidence.of_page(page, rule, message)
    for finding in learnt.differences:
        if finding.rule != Code.LOCAL_UNREADABLE or finding.page not in unreadable:
            yield finding


def _of_suspects(page: str, suspects: Iterable[Suspect], learnt: RunState, answers: Answers) -> Iterator[Finding]:
    alone = learnt.is_alone(page)
    for suspect in reported(page, suspects, learnt):
        found = _of_suspect(page, suspect, learnt, answers, alone=alone)
        yield from map(evidence.noted, found) if page in answers.drawings and _leads(suspect) else found


def _leads(suspect: Suspect) -> bool:
    """Whether a reference of a drawing is a link. What names an element may be a part of the drawing."""
    return suspect.role == Role.LINK and "#" not in suspect.raw


def reported(page: str, suspects: Iterable[Suspect], learnt: RunState) -> Iterable[Suspect]:
    """The suspects of a page that have findings, as far as third parties are reported once for all pages."""
    return suspects if learnt.is_alone(page) else _once(suspects)


def _once(suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """The suspects; of those with the same third party, only the first place."""
    first: dict[int, Suspect] = {}
    for suspect in suspects:
        if suspect.doubt is not Doubt.THIRD_PARTY:
            yield suspect
            continue
        key = _third_party(suspect)
        if key not in first or suspect.spots < first[key].spots:
            first[key] = suspect._replace(spots=suspect.spots[:1])
    yield from first.values()


def _of_suspect(page: str, suspect: Suspect, learnt: RunState, answers: Answers, *, alone: bool) -> Iterable[Finding]:
    label = answers.labels[suspect.target.mount]
    match suspect.doubt:
        case Doubt.BROKEN:
            return evidence.of_reference(page, suspect, answers.published, label)
        case Doubt.NAME:
            miss = answers.misses.get(suspect.target)
            return evidence.of_miss(page, suspect, miss, label) if miss else ()
        case Doubt.FRAGMENT:
            answer = answers.fragment(page, suspect)
            return evidence.of_fragment(page, suspect, answer, label) if answer and answer.rule else ()
        case Doubt.ASSET:
            return evidence.of_asset(page, suspect, learnt.flaws[suspect.target.number])
        case Doubt.INTEGRITY:
            mismatch = learnt.mismatches.get(_signed(suspect))
            return evidence.of_integrity(page, suspect, mismatch) if mismatch else ()
        case Doubt.REMOTE:
            verdict = learnt.network.verdicts[remote_key(suspect.target.name, suspect.fragment)]
            return evidence.of_remote(page, suspect, verdict, learnt.instead.get(remote_key(suspect.target.name, "")))
        case Doubt.THIRD_PARTY:
            pages = learnt.third_party_pages[_third_party(suspect)]
            secure = learnt.instead.get(remote_key(suspect.target.name, ""))
            return evidence.of_third_party(page, suspect, 0 if alone else pages, secure)
        case _:
            assert_never(suspect.doubt)


def _third_party(suspect: Suspect) -> int:
    return third_party_key(suspect.rule, suspect.role, suspect.target, blocked=suspect.blocked)


def _signed(suspect: Suspect) -> int:
    """The key of a file, or of a URL, together with the `integrity` that a page states for it."""
    name, metadata = suspect.target.name, suspect.fragment
    return remote_key(name, metadata) if suspect.target.kind is TargetKind.REMOTE else fragment_key(0, name, metadata)
