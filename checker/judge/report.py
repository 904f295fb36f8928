"""What a run learnt, concluded: every finding that counts, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from checker import __version__, logins
from checker.config.schema import Config
from checker.judge import findings as judge
from checker.judge.gaps import gaps
from checker.judge.state import RunState, section_of
from checker.kinds import is_asset, kind_of
from checker.mirror import git
from checker.mirror.opening import Opened
from checker.mirror.resolve import Target
from checker.model import (
    FOUND,
    Checked,
    Doubt,
    Finding,
    Level,
    Report,
    Role,
    Section,
    TargetKind,
    Totals,
    Unchecked,
    Verdict,
)
from checker.roles import ASSETS
from checker.rules import RULES, THIRD_PARTY, Needs
from checker.rules.codes import Code
from checker.sweep import keys
from checker.sweep.facts import Suspect
from checker.sweep.keys import remote_key, third_party_key
from checker.verify.fragment import Answer
from checker.verify.local import Examiner, Miss
from checker.web.globs import matcher

if TYPE_CHECKING:
    from checker.judge.change import Change

GIT_IS_SILENT = "beside what git recorded, which it does not tell"  # why files are unchecked

Answers = dict[tuple[int, str], dict[str, Answer]]  # (mount, file) -> fragment -> whether it is there
Only = Callable[[str], bool] | None  # which pages are read; None: all

_WORST = (Verdict.BROKEN, Verdict.SUSPECT, Verdict.REDIRECTED, Verdict.UNCHECKED, Verdict.OK)


def findings_of(
    config: Config,
    opened: Opened,
    learnt: RunState,
    answers: Answers,
    judging: judge.Judge,
    only: Only,
    since: Change | None = None,
    *,
    whole: bool,
) -> list[Finding]:
    """Every finding that counts, sorted. `whole`: all pages were read, so that what nothing refers to is an orphan."""
    index = opened.mounts[0].names
    by_page: dict[str, list[Finding]] = {}
    learnt.elsewhere = _elsewhere(opened, learnt)
    local = Local(opened, answers, learnt.elsewhere)
    for page, suspects in learnt.suspects.items():
        if since and page not in since.touched:
            suspects = [suspect for suspect in suspects if since.touches(suspect.target.name)]  # noqa: PLW2901
        found = by_page.setdefault(page, [])
        found += judged(page, suspects, learnt, local)
    for page, rule, message in learnt.faults:
        by_page.setdefault(page, []).append(judge.of_page(page, rule, message))
    unreadable = {page for page, rule, _ in learnt.faults if rule == Code.LOCAL_UNREADABLE}
    for finding in learnt.differences:
        if finding.rule != Code.LOCAL_UNREADABLE or finding.page not in unreadable:
            by_page.setdefault(finding.page, []).append(finding)
    concerned = _is_concerned(config, only)
    for problem in filter(lambda problem: concerned(problem.path), index.problems):
        by_page.setdefault(problem.path, []).append(judge.of_page(problem.path, problem.rule, problem.message))
    if whole:
        for names in filter(lambda names: any(map(concerned, names)), index.collisions()):
            message = f"the same as {names[0]} on a disk that ignores case or Unicode form"
            by_page.setdefault(names[1], []).append(
                judge.of_page(names[1], Code.LOCAL_NAME_COLLISION, message, names[0])
            )
        entry = matcher(config.pages.entry)
        for page in learnt.addressed:
            if not learnt.referred[index.files[page]] and not entry(page):
                message = "no other page refers to it"
                by_page.setdefault(page, []).append(judge.of_page(page, Code.MIRROR_ORPHAN, message))
        for name, number in index.files.items():
            if since and name not in since.touched:
                continue  # what refers to it is not known
            if not learnt.referred[number] and is_asset(name) and concerned(name) and not entry(name):
                by_page.setdefault(name, []).append(
                    judge.of_page(name, Code.MIRROR_ORPHAN, "no page embeds or links to it")
                )
    for page in learnt.suppressions:
        by_page.setdefault(page, [])
    return [
        finding
        for page in sorted(by_page)
        for finding in sorted(
            judging.page(page, by_page[page], learnt.suppressions.get(page, ())),
            key=lambda finding: finding.order,
        )
        if not since or since.concerns(finding)
    ]


def asked_file(page: str, suspect: Suspect) -> tuple[int, str, bool]:
    """(mount, file, whether a forge shows it) that a doubted fragment is sought in."""
    target = suspect.target
    return (0, page, target.forge) if target.kind is TargetKind.SELF else (target.mount, target.name, target.forge)


def _once(suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """Suspects, and of all that say the same of one host the first."""
    first: dict[int, Suspect] = {}
    for suspect in suspects:
        if suspect.doubt is not Doubt.THIRD_PARTY:
            yield suspect
            continue
        key = third_party_key(suspect.rule, suspect.role, suspect.target)
        if key not in first or suspect.spots < first[key].spots:
            first[key] = suspect._replace(spots=suspect.spots[:1])
    yield from first.values()


def _signed(suspect: Suspect) -> int:
    """The key of a file, or of a URL, with the `integrity` that is asked of it."""
    name, metadata = suspect.target.name, suspect.fragment
    return (
        remote_key(name, metadata) if suspect.target.kind is TargetKind.REMOTE else keys.fragment_key(0, name, metadata)
    )


def _is_concerned(config: Config, only: Only) -> Callable[[str], bool]:
    """Whether what is wrong with a file as such is this run's business."""
    excluded = matcher(config.pages.exclude)
    return lambda name: not excluded(name) and (only is None or only(name))


def judged(page: str, suspects: Iterable[Suspect], learnt: RunState, local: Local | None) -> Iterator[Finding]:
    """The findings of a page's suspects: the one way to them, for folders and for live sites, which have no `local`."""
    alone = page in learnt.suppressions  # else what is said of a third party is said once for all pages
    for suspect in suspects if alone else _once(suspects):
        yield from _judged(page, suspect, learnt, local, alone=alone)


def _judged(page: str, suspect: Suspect, learnt: RunState, local: Local | None, *, alone: bool) -> Iterable[Finding]:
    match suspect.doubt:
        case Doubt.BROKEN:
            return judge.of_reference(page, suspect, local.label(suspect) if local else "")
        case Doubt.NAME:
            return local.of_name(page, suspect) if local else ()
        case Doubt.FRAGMENT:
            return local.of_fragment(page, suspect) if local else ()
        case Doubt.ASSET:
            return judge.of_asset(page, suspect, learnt.flaws[suspect.target.number])
        case Doubt.INTEGRITY:
            told = learnt.mismatches.get(_signed(suspect))
            return judge.of_integrity(page, suspect, told) if told else ()
        case Doubt.REMOTE:
            return judge.of_remote(page, suspect, learnt.verdicts[remote_key(suspect.target.name, suspect.fragment)])
        case Doubt.THIRD_PARTY:
            whose = third_party_key(suspect.rule, suspect.role, suspect.target)
            return judge.of_third_party(page, suspect, 0 if alone else learnt.spread[whose])
        case _:
            assert_never(suspect.doubt)


class Local:
    """What a folder answers to what is doubted."""

    def __init__(self, opened: Opened, answers: Answers, elsewhere: Mapping[tuple[int, str, str], str | None]) -> None:
        self._opened = opened
        self._answers = answers
        self._elsewhere = elsewhere
        self._examiners = [Examiner(mount) for mount in opened.mounts]

    def label(self, suspect: Suspect) -> str:
        """What stands before the names of the folder that a reference leads to."""
        return self._opened.mounts[suspect.target.mount].label

    def of_name(self, page: str, suspect: Suspect) -> Iterable[Finding]:
        """Findings of a reference whose file is not there."""
        target = suspect.target
        if target.kind is not TargetKind.ELSEWHERE:
            miss = self._examiners[target.mount].examine(target.name, target.query)
        elif self._elsewhere.get(_place(target), "unknown") is None:
            miss = Miss(Code.LOCAL_MISSING_FILE, f"not in {target.why}")
        else:
            return ()
        return judge.of_miss(page, suspect, miss, self.label(suspect))

    def of_fragment(self, page: str, suspect: Suspect) -> Iterable[Finding]:
        """Findings of a reference whose file is there, perhaps without the fragment."""
        mount, file, _ = asked_file(page, suspect)
        answer = self._answers.get((mount, file), {}).get(suspect.fragment)
        return judge.of_fragment(page, suspect, answer, self.label(suspect)) if answer and answer.rule else ()


def _place(target: Target) -> tuple[int, str, str]:
    """(mount, ref, path) of a target on another ref."""
    return target.mount, target.why, target.name


def _elsewhere(opened: Opened, learnt: RunState) -> dict[tuple[int, str, str], str | None]:
    """What git knows of files on other refs than the one that is checked out: (mount, ref, path) to its type."""
    asked: dict[tuple[int, str], set[str]] = {}
    for suspects in learnt.suspects.values():
        for suspect in suspects:
            if suspect.target.kind is TargetKind.ELSEWHERE:
                asked.setdefault((suspect.target.mount, suspect.target.why), set()).add(suspect.target.name)
    known: dict[tuple[int, str, str], str | None] = {}
    for (mount, ref), paths in asked.items():
        clone = opened.clones.get(mount)
        place = opened.places.get(mount, "")
        try:
            if clone is None:
                raise git.UnknownRef(ref)
            found = git.existing(clone, ref, [place + path.rstrip("/") for path in paths])
        except git.UnknownRef:
            learnt.unknown[f"on {ref}, which this clone does not hold"] += len(paths)
            continue
        known |= {(mount, ref, path): found.get(place + path.rstrip("/")) for path in paths}
    return known


def looked(
    config: Config, learnt: RunState, judging: judge.Judge, names: Container[str], *, online: bool
) -> Callable[[Finding], bool]:
    """Whether a finding from before, of a folder with these names, would be one of this run if it still stood."""
    excluded = matcher(config.pages.exclude)
    included = matcher(config.pages.include) if config.pages.include else lambda _name: True
    unread = {page for page, rule, _ in learnt.faults if RULES[rule].unread}
    answered = remote_looked(learnt, online=online)

    def look(finding: Finding) -> bool:
        page = finding.page
        left_out = page in names and (excluded(page) or (bool(kind_of(page)) and not included(page)))
        silent = finding.role is not None and page in unread
        return judging.counts(finding.rule, page) and not left_out and not silent and answered(finding)

    return look


def remote_looked(learnt: RunState, *, online: bool) -> Callable[[Finding], bool]:
    """The same of what was, or was not, asked of a remote target."""
    _, left = learnt.missed(online=online)

    def look(finding: Finding) -> bool:
        needs = RULES[finding.rule].needs if finding.rule in RULES else ()
        if not ((Needs.NETWORK in needs or Needs.ASSETS in needs) and finding.target.startswith(("http:", "https:"))):
            return True
        url, _, fragment = finding.target.partition("#")
        if remote_key(url, "") in left or remote_key(url, fragment) in left:
            return False
        answer = learnt.verdicts.get(remote_key(url, ""))
        if answer is None or not answer.rule:
            return True
        verdict = RULES[answer.rule].verdict
        of_its_page = Needs.ASSETS in needs or finding.rule == Code.REMOTE_MISSING_FRAGMENT
        return verdict is not Verdict.SUSPECT and not (of_its_page and verdict is Verdict.BROKEN)

    return look


def report_of(
    learnt: RunState,
    findings: list[Finding],
    source: str,
    where: tuple[str, tuple[str, ...]],
    started: datetime,
    finished: datetime,
    complete: bool,
    judging: judge.Judge,
    met: frozenset[Needs],
    *,
    online: bool,
) -> Report:
    """What a run learnt, as a report. `where`: the mirror's root, if it is a folder, and its addresses; `met`: what the
    run had to look for rules.
    """
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
    unchecked = dict(sorted(learnt.unknown.items()))
    unasked, left = learnt.missed(online=online)
    checked = local + len(learnt.remote) - sum(unasked.values())
    unchecked |= unasked
    if learnt.other:
        unchecked[Unchecked.OTHER_SCHEME] = len(learnt.other)
    totals = Totals(
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
        suppressed=judging.suppressed,
    )
    return Report(
        __version__,
        _stamp(started),
        _stamp(finished),
        source,
        *where,
        totals,
        tuple(findings),
        _checked(learnt, findings, left) if learnt.rows else None,
        complete,
        learnt.cut_off,
        _sections(learnt) if where[0] else (),
        gaps(
            met,
            judging.wants,
            unknown={reason: count for reason, count in learnt.unknown.items() if reason != GIT_IS_SILENT},
            unasked=unasked,
            embedded=any(key in left for key in learnt.shown.keys) or (bool(left) and not judging.wants(*THIRD_PARTY)),
            complete=complete,
        ),
    )


def _left(target: str, left: Set[int]) -> bool:
    """Whether a remote target, with its fragment, was not asked for."""
    url, _, fragment = target.partition("#")
    return remote_key(url, fragment) in left or remote_key(url, "") in left


def _sections(learnt: RunState) -> tuple[Section, ...]:
    """How whole each section is: the assets that its pages embed, and how many of them are here and sound."""
    wanted: dict[str, set[int | str]] = {}
    for page, numbers in learnt.embeds:
        wanted.setdefault(section_of(page), set()).update(numbers)
    spoilt = {number for number, flaw in learnt.flaws.items() if RULES[flaw.rule].verdict is not Verdict.OK}
    present = {name: sum(number not in spoilt for number in numbers) for name, numbers in wanted.items()}
    for page, numbers in learnt.shown:
        wanted.setdefault(section_of(page), set()).update(numbers)
    for page, suspects in learnt.suspects.items():
        for suspect in suspects:
            if suspect.role in ASSETS and suspect.target.kind is TargetKind.MISSING:
                wanted.setdefault(section_of(page), set()).add(suspect.target.name)
    return tuple(
        Section(name, pages, references, len(wanted.get(name, ())), present.get(name, 0))
        for name, (pages, references) in sorted(learnt.sections.items())
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(learnt: RunState, findings: list[Finding], left: Set[int]) -> tuple[Checked, ...]:
    """Every distinct reference of every page, for --all; `left`: keys of the remote ones that were not asked for."""
    worst: dict[tuple[str, str], Verdict] = {}
    for finding in findings:
        if (finding.reference or finding.role) and finding.verdict is not Verdict.OK:
            worst.setdefault((finding.page, finding.reference), finding.verdict)
            if finding.verdict is Verdict.BROKEN:
                worst[finding.page, finding.reference] = finding.verdict
    confirmed = {  # on another ref; git says nothing of fragments there
        (page, one.raw)
        for page, suspects in learnt.suspects.items()
        for one in suspects
        if one.target.kind is TargetKind.ELSEWHERE and not one.fragment
        if learnt.elsewhere.get(_place(one.target)) in {"blob", "tree"}
    }
    rows = []
    for page, references in learnt.rows.items():
        for role, raw, target, kind in references:
            verdict = worst.get((page, logins.hidden(raw)))
            if verdict is None:
                known = kind in FOUND or (page, raw) in confirmed
                known = known or (kind is TargetKind.REMOTE and not _left(target, left))
                verdict = Verdict.OK if known else Verdict.UNCHECKED
            rows.append(Checked(page, Role(role), raw, target, verdict))
    rows.sort(key=lambda row: (row.page, row.reference, row.role))
    return tuple(rows)
