"""The report: the findings, the counts of what was checked, and what was not checked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from datetime import datetime

from msgspec import Struct

from checker import __version__, logins
from checker.judge.answers import place_of
from checker.judge.gaps import gaps
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.model import (
    FOUND,
    Bound,
    Checked,
    Finding,
    Level,
    Reason,
    Report,
    Role,
    Section,
    TargetKind,
    Totals,
    Unchecked,
    Verdict,
    section_of,
)
from checker.roles import ASSETS
from checker.rules import RULES, THIRD_PARTY, Needs
from checker.spill import Distinct
from checker.sweep.keys import remote_key

_AT_ONCE = 1 << 16  # keys that are counted at once
_WORST = (Verdict.BROKEN, Verdict.SUSPECT, Verdict.REDIRECTED, Verdict.UNCHECKED, Verdict.OK)


class Frame(Struct, frozen=True, kw_only=True):
    """The part of a report that describes the run itself."""

    source: str  # as the user named it
    root: str = ""  # the mirror's absolute folder, if it is one
    addresses: tuple[str, ...]
    lines: str = ""  # where readers see a line of a page
    started: datetime
    finished: datetime
    complete: bool
    rows: bool  # whether all references are to be in it
    online: bool  # whether remote URLs were to be asked for
    met: frozenset[Needs]  # the needs of rules that the run met
    hint: str = ""


def report_of(learnt: RunState, findings: list[Finding], judging: Judge, frame: Frame) -> Report:
    """The report on what a run learnt."""
    unasked, left = learnt.missed(online=frame.online)
    # If no rule on third parties counts, it is not known which URLs pages embed.
    embedded = bool(left) and (not judging.wants(*THIRD_PARTY) or not left.isdisjoint(learnt.remote_embeds.keys))
    return Report(
        version=__version__,
        started=_stamp(frame.started),
        finished=_stamp(frame.finished),
        source=frame.source,
        root=frame.root,
        addresses=frame.addresses,
        lines=frame.lines,
        totals=_totals(learnt, findings, unasked, judging.suppressed),
        findings=tuple(findings),
        references=_checked(learnt, findings, {*left}) if frame.rows else None,
        complete=frame.complete,
        bounded=any(
            isinstance(reason, Bound) or reason == Unchecked.TIME_LIMIT for reason in (*learnt.unknown, *unasked)
        ),
        forbidden=learnt.forbidden,
        logged_out=learnt.logged_out,
        cut_off=learnt.network.cut_off,
        hint=frame.hint,
        no_copies=learnt.no_copies,
        sections=_sections(learnt),
        gaps=gaps(
            frame.met,
            judging.wants,
            unknown={reason: count for reason, count in learnt.unknown.items() if reason != Unchecked.GIT_SILENT},
            unasked=unasked,
            embedded=embedded,
            complete=frame.complete,
        ),
    )


def _totals(learnt: RunState, findings: list[Finding], unasked: Mapping[Reason, int], suppressed: int) -> Totals:
    """Counts of targets: by the worst verdict on each, and by reason for those without a verdict."""
    wrong: dict[str, Verdict] = {}  # target -> the worst that was concluded on it
    for finding in findings:
        if finding.target and _WORST.index(finding.verdict) < _WORST.index(wrong.get(finding.target, Verdict.OK)):
            wrong[finding.target] = finding.verdict
    counts = Counter(wrong.values())
    missing = {
        (one.target.mount, one.target.name)
        for each in learnt.suspects.values()
        for one in each
        if one.target.kind is TargetKind.MISSING
    }
    local = sum(learnt.referred) + learnt.ledger.used + len(missing) + len(learnt.elsewhere)
    unchecked = dict(sorted((str(reason), count) for reason, count in learnt.unknown.items()))
    unchecked |= {str(reason): count for reason, count in unasked.items()}
    if learnt.other:
        unchecked[Unchecked.OTHER_SCHEME] = len(learnt.other)
    checked = local + len(learnt.remote) - sum(unasked.values())
    return Totals(
        pages=learnt.pages,
        references=learnt.references,
        local=local,
        remote=len(learnt.remote),
        other=len(learnt.other),
        verdicts={
            Verdict.OK: max(checked - counts.total() + counts[Verdict.UNCHECKED], 0),
            **{verdict: counts[verdict] for verdict in (Verdict.REDIRECTED, Verdict.BROKEN, Verdict.SUSPECT)},
            Verdict.UNCHECKED: sum(unchecked.values()),
        },
        levels={level: sum(finding.level is level for finding in findings) for level in Level},
        unchecked=unchecked,
        suppressed=suppressed,
    )


def _left(target: str, left: Set[int]) -> bool:
    """Whether a remote target, with its fragment, was not asked for."""
    url, _, fragment = target.partition("#")
    return remote_key(url, fragment) in left or remote_key(url, "") in left


def _sections(learnt: RunState) -> tuple[Section, ...]:
    """How complete each section is: the number of assets that its pages embed, and how many are here and sound."""
    missing: defaultdict[str, set[str]] = defaultdict(set)
    for page, suspects in learnt.suspects.items():
        for suspect in suspects:
            if suspect.role in ASSETS and suspect.target.kind is TargetKind.MISSING:
                missing[section_of(page, learnt.prefix)].add(suspect.target.name)
    embeds = [
        (uses.keys, uses.by(lambda page: section_of(page, learnt.prefix)))
        for uses in (learnt.embeds, learnt.remote_embeds)
    ]
    flawed, own = _flawed(learnt), _own_sound(learnt)
    sections = []
    for name, (pages, references) in sorted(learnt.sections.items()):
        wanted = Distinct()
        for keys, spans in embeds:
            for span in spans.get(name, ()):
                for start in range(span.start, span.stop, _AT_ONCE):
                    wanted.update(keys[start : min(start + _AT_ONCE, span.stop)])
        sound = sum((key in learnt.roles and key not in flawed) or key in own for key in wanted)
        sections.append(Section(name, pages, references, len(wanted) + len(missing[name]), sound))
    return tuple(sections)


def _flawed(learnt: RunState) -> set[int]:
    """The files that are here and have a flaw, by their numbers."""
    return {number for number, flaw in learnt.flaws.items() if RULES[flaw.rule].verdict is not Verdict.OK}


def _own_sound(learnt: RunState) -> set[int]:
    """The assets of a live site that are there and have no flaw, by the keys of their URLs."""
    sound: set[int] = set()
    for key in learnt.own_embeds - learnt.network.left:
        answer = learnt.network.verdicts.get(key)
        well = answer is None or not answer.rule or RULES[answer.rule].verdict is Verdict.REDIRECTED
        flaw = answer.flaw if answer else None
        if well and (flaw is None or RULES[flaw.rule].verdict is Verdict.OK):
            sound.add(key)
    return sound


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(learnt: RunState, findings: list[Finding], left: Set[int]) -> tuple[Checked, ...]:
    """Every distinct reference of every page, for --all. `left`: keys of remote targets that were not asked for."""
    worst: dict[tuple[str, str], Verdict] = {}
    for finding in findings:
        if (finding.reference or finding.role) and finding.verdict is not Verdict.OK:
            worst.setdefault((finding.page, finding.reference), finding.verdict)
            if finding.verdict is Verdict.BROKEN:
                worst[finding.page, finding.reference] = finding.verdict
    confirmed = {  # references to files on another ref that git has; their fragments stay unchecked
        (page, one.raw)
        for page, suspects in learnt.suspects.items()
        for one in suspects
        if one.target.kind is TargetKind.ELSEWHERE and not one.fragment
        if learnt.elsewhere.get(place_of(one.target)) in {"blob", "tree"}
    }
    rows = []
    for page, references in learnt.rows.items():
        for role, raw, target, kind, written in references:
            verdict = worst.get((page, logins.hidden(raw)))
            if verdict is None:
                known = kind in FOUND or (page, raw) in confirmed
                known = known or (kind is TargetKind.REMOTE and not _left(target, left))
                known = known and (page, raw) not in learnt.unread
                verdict = Verdict.OK if known else Verdict.UNCHECKED
            rows.append(Checked(page, Role(role), raw, target, verdict, written))
    rows.sort(key=lambda row: (row.page, row.reference, row.role, row.written))
    return tuple(rows)
