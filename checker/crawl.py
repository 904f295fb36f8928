"""The run itself: walk, sweep, settle, examine, judge; a Configuration in, a Report out."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from checker import __version__, engine, judge, sweep, urls
from checker.config import Config, matcher
from checker.extract import Options
from checker.mirror import folder, git
from checker.mirror.folder import kind_of
from checker.mirror.opening import Opened, open_mirror
from checker.mirror.resolve import Target
from checker.model import Checked, Finding, Kind, Level, Report, Role, SourceError, Totals, Verdict
from checker.suppress import Suppression
from checker.sweep import ASKED, NO_IDS, SWEPT, Context, Facts, Ledger, Suspect
from checker.verify.fragment import Answer
from checker.verify.local import Examiner, Miss

Answers = dict[tuple[int, str], dict[str, Answer]]
Only = Callable[[str], bool] | None  # which pages are read; None: all
Progress = Callable[[int, int], None]  # pages done, pages in all

_FRAGMENTED = frozenset({Kind.HTML, Kind.MARKDOWN, Kind.SVG})
_ADDRESSED = frozenset({Kind.HTML, Kind.MARKDOWN})  # pages that readers go to, and so can be orphans


class Learnt:
    """What a run knows so far; from it a report can be written at any moment, also after an interrupt."""

    def __init__(self, files: int) -> None:
        self.pages = 0
        self.references = 0
        self.referred = bytearray(files)  # by file number: whether a page refers to it
        self.addressed: list[str] = []
        self.nonpages: set[str] = set()
        self.remote: set[int] = set()
        self.other: set[int] = set()
        self.unknown: Counter[str] = Counter()
        self.elsewhere: dict[tuple[int, str, str], str | None] = {}  # (mount, ref, path) -> what git has there
        self.suspects: dict[str, list[Suspect]] = {}
        self.suppressions: dict[str, tuple[Suppression, ...]] = {}
        self.faults: list[tuple[str, str, str]] = []
        self.rows: dict[str, tuple[sweep.Row, ...]] = {}
        self.ledger = Ledger()
        self.origins: dict[int, str] = {}  # key of a URL -> the page that was saved from it
        self.outward: list[str] = []  # pages that refer to remote URLs

    def add(self, facts: Facts) -> None:
        """Note what one page holds."""
        if facts.kind is None:
            self.nonpages.add(facts.page)
            return
        if facts.fault:
            self.faults.append((facts.page, *facts.fault))
            if not facts.references and not facts.defines:
                self.nonpages.add(facts.page)
        self.pages += 1
        self.references += facts.references
        for number in array("I", facts.files):
            self.referred[number] = 1
        self.remote.update(array("Q", facts.remote))
        self.other.update(array("Q", facts.other))
        self.unknown.update(facts.unknown)
        if facts.kind in _ADDRESSED:
            self.addressed.append(facts.page)
        if facts.suspects:
            self.suspects[facts.page] = list(facts.suspects)
        if facts.suppressions:
            self.suppressions[facts.page] = facts.suppressions
        if facts.origin:
            self.origins[facts.origin] = facts.page
        if facts.remote:
            self.outward.append(facts.page)
        if facts.rows:
            self.rows[facts.page] = facts.rows
        self.ledger.add(facts)


async def check(
    config: Config,
    root: Path,
    *,
    source: str,
    only: Only = None,
    rows: bool = False,
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Check a folder. `only` limits the pages that are read (not what they may refer to); `rows` keeps every reference.

    Raises SourceError where there is nothing to check, ConfigError for unusable addresses. When the task is cancelled,
    the report says so and holds what was learnt until then.
    """
    started = now()
    opened = open_mirror(config, root)
    mount = opened.mounts[0]
    context, pages = context_of(config, opened, only, rows=rows)
    learnt = Learnt(len(mount.names.files))
    answers: Answers = {}
    complete = True
    with engine.start(context, len(pages), config.engine.jobs) as running:
        try:
            await _learn(running, learnt, pages, progress)
            answers = await _answers(running, learnt)
        except asyncio.CancelledError:
            complete = False
    if complete and not learnt.pages:
        raise SourceError(f"{source}: no page to check: no HTML, Markdown, CSS, SVG, feed, sitemap or web manifest")
    judging = judge.Judge(config)
    found = _findings(config, opened, learnt, answers, judging, only, whole=complete and only is None)
    return _report(opened, learnt, found, source, root, started, now(), complete, judging.suppressed)


def context_of(config: Config, opened: Opened, only: Only, *, rows: bool = False) -> tuple[Context, list[str]]:
    """What the sweep needs, and the pages it reads."""
    pages, flags = _pages(config, opened.mounts[0].names, only)
    options = Options(frozenset(config.references.lazy), config.references.bare, opened.slugs)
    limit = config.pages.max_bytes
    context = Context(opened.mounts, opened.home, opened.addresses, opened.origins, options, flags, limit, rows)
    return context, pages


def findings_of_page(config: Config, opened: Opened, page: str) -> list[Finding]:
    """The findings of one page of a mirror that is open."""
    only: Only = {page}.__contains__
    context, pages = context_of(config, opened, only)

    async def run() -> list[Finding]:
        with engine.start(context, len(pages), 1) as running:
            learnt = await _learn(running, Learnt(len(opened.mounts[0].names.files)), pages)
            answers = await _answers(running, learnt)
        return _findings(config, opened, learnt, answers, judge.Judge(config), only, whole=False)

    return asyncio.run(run())


async def _learn(running: engine.Engine, learnt: Learnt, pages: list[str], progress: Progress | None = None) -> Learnt:
    done = 0
    async for batch in running.map(sweep.sweep, pages, lost=_lost):
        for facts in batch:
            learnt.add(facts)
        done += len(batch)
        if progress:
            progress(done, len(pages))
    await _revisit(running, learnt)
    return learnt


def _pages(config: Config, index: folder.Index, only: Only) -> tuple[list[str], bytes]:
    included = matcher(config.pages.include) if config.pages.include else lambda _name: True
    excluded = matcher(config.pages.exclude)
    flags = bytearray(len(index.files))
    pages = []
    for name, number in index.files.items():
        kind = kind_of(name)
        if not kind:
            continue
        if excluded(name) or not included(name):
            flags[number] = ASKED if kind is True or kind in _FRAGMENTED else NO_IDS
            continue
        swept = only is None or only(name)
        if swept:
            pages.append(name)
        if kind is True or kind in _FRAGMENTED:
            flags[number] = SWEPT if swept else ASKED
    return pages, bytes(flags)


def _lost(page: str) -> Facts:
    return Facts(page, Kind.HTML, fault=("local/unreadable", "no parser survives it, or it takes minutes"))


async def _revisit(running: engine.Engine, learnt: Learnt) -> None:
    """Go back to the pages that use a fragment nothing defines, or refer to the origin of a page that is here."""
    missing = learnt.ledger.settle()
    copies = {key: page for key, page in learnt.origins.items() if key in learnt.remote}
    pages = learnt.ledger.users(missing) if missing else []
    if copies:
        pages = sorted({*pages, *learnt.outward})
    async for batch in running.map(sweep.revisit, pages, missing, copies, lost=lambda page: (page, [])):
        for page, suspects in batch:
            kept = [suspect for suspect in suspects if suspect.target.name not in learnt.nonpages]
            if kept:
                learnt.suspects.setdefault(page, []).extend(kept)


async def _answers(running: engine.Engine, learnt: Learnt) -> Answers:
    """Ask each file that a doubtful fragment names, once for all its fragments."""
    asked: dict[tuple[int, str, bool], set[str]] = {}
    for page, suspects in learnt.suspects.items():
        for suspect in suspects:
            if suspect.rule == "fragment":
                asked.setdefault(_asked(page, suspect), set()).add(suspect.fragment)
    questions = [(*file, frozenset(fragments)) for file, fragments in sorted(asked.items())]
    answers: Answers = {}
    async for batch in running.map(sweep.answer, questions, lost=lambda question: (question[0], question[1], {})):
        for mount, file, answered in batch:
            answers.setdefault((mount, file), {}).update(answered)
    return answers


def _asked(page: str, suspect: Suspect) -> tuple[int, str, bool]:
    target = suspect.target
    return (0, page, target.forge) if target.kind == "self" else (target.mount, target.name, target.forge)


def _findings(
    config: Config, opened: Opened, learnt: Learnt, answers: Answers, judging: judge.Judge, only: Only, *, whole: bool
) -> list[Finding]:
    """Every finding that counts, sorted. `whole`: all pages were read, so that what nothing refers to is an orphan."""
    index = opened.mounts[0].names
    by_page: dict[str, list[Finding]] = {}
    examiners = [Examiner(mount) for mount in opened.mounts]
    learnt.elsewhere = _elsewhere(opened, learnt)
    for page, suspects in learnt.suspects.items():
        found = by_page.setdefault(page, [])
        for suspect in suspects:
            found += _judged(page, suspect, opened, answers, examiners, learnt.elsewhere)
    for page, rule, message in learnt.faults:
        by_page.setdefault(page, []).append(judge.of_page(page, rule, message))
    concerned = _concerned(config, only)
    for problem in filter(lambda problem: concerned(problem.path), index.problems):
        by_page.setdefault(problem.path, []).append(judge.of_page(problem.path, problem.rule, problem.message))
    if whole:
        for names in filter(lambda names: any(map(concerned, names)), index.collisions()):
            message = f"the same as {names[0]} on a disk that ignores case or Unicode form"
            by_page.setdefault(names[1], []).append(judge.of_page(names[1], "local/name-collision", message, names[0]))
        entry = matcher(config.pages.entry)
        for page in learnt.addressed:
            if not learnt.referred[index.files[page]] and not entry(page):
                message = "no other page refers to it"
                by_page.setdefault(page, []).append(judge.of_page(page, "mirror/orphan", message))
    for page in learnt.suppressions:
        by_page.setdefault(page, [])
    return [
        finding
        for page in sorted(by_page)
        for finding in sorted(
            judging.page(page, by_page[page], learnt.suppressions.get(page, ())),
            key=lambda finding: finding.order,
        )
    ]


def _concerned(config: Config, only: Only) -> Callable[[str], bool]:
    """Whether what is wrong with a file as such is this run's business."""
    excluded = matcher(config.pages.exclude)
    return lambda name: not excluded(name) and (only is None or only(name))


def _judged(
    page: str,
    suspect: Suspect,
    opened: Opened,
    answers: Answers,
    examiners: list[Examiner],
    elsewhere: Mapping[tuple[int, str, str], str | None],
) -> Iterable[Finding]:
    target = suspect.target
    label = opened.mounts[target.mount].label
    if suspect.rule == "fragment":
        mount, file, _ = _asked(page, suspect)
        answer = answers.get((mount, file), {}).get(suspect.fragment)
        return judge.of_fragment(page, suspect, answer, label) if answer and answer.rule else ()
    if suspect.rule:
        return judge.of_reference(page, suspect, label)
    if target.kind == "elsewhere":
        if elsewhere.get(_place(target), "unknown") is None:
            return judge.of_miss(page, suspect, Miss("local/missing-file", f"not in {target.why}"), label)
        return ()
    return judge.of_miss(page, suspect, examiners[target.mount].examine(target.name), label)


def _place(target: Target) -> tuple[int, str, str]:
    """(mount, ref, path) of a target on another ref."""
    return target.mount, target.why, target.name


def _elsewhere(opened: Opened, learnt: Learnt) -> dict[tuple[int, str, str], str | None]:
    """What git knows of files on other refs than the one that is checked out: (mount, ref, path) to its type."""
    asked: dict[tuple[int, str], set[str]] = {}
    for suspects in learnt.suspects.values():
        for suspect in suspects:
            if suspect.target.kind == "elsewhere":
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


def _report(
    opened: Opened,
    learnt: Learnt,
    findings: list[Finding],
    source: str,
    root: Path,
    started: datetime,
    finished: datetime,
    complete: bool,
    suppressed: int,
) -> Report:
    verdicts: dict[Verdict, set[str]] = {verdict: set() for verdict in Verdict}
    for finding in findings:
        if finding.target:
            verdicts[finding.verdict].add(finding.target)
    broken, suspect = len(verdicts[Verdict.BROKEN]), len(verdicts[Verdict.SUSPECT] - verdicts[Verdict.BROKEN])
    missing = {
        (one.target.mount, one.target.name)
        for each in learnt.suspects.values()
        for one in each
        if one.target.kind == "missing"
    }
    local = sum(learnt.referred) + learnt.ledger.used + len(missing) + len(learnt.elsewhere)
    unchecked = dict(sorted(learnt.unknown.items()))
    if learnt.remote:
        unchecked["offline"] = len(learnt.remote)
    if learnt.other:
        unchecked["not a web address (mailto:, data: …)"] = len(learnt.other)
    totals = Totals(
        pages=learnt.pages,
        references=learnt.references,
        local=local,
        remote=len(learnt.remote),
        other=len(learnt.other),
        verdicts={
            Verdict.OK: max(local - broken - suspect, 0),
            Verdict.REDIRECTED: 0,
            Verdict.BROKEN: broken,
            Verdict.SUSPECT: suspect,
            Verdict.UNCHECKED: sum(unchecked.values()),
        },
        levels={level: sum(finding.level is level for finding in findings) for level in Level},
        unchecked=unchecked,
        suppressed=suppressed,
    )
    return Report(
        __version__,
        _stamp(started),
        _stamp(finished),
        source,
        str(root.resolve()),
        opened.published,
        totals,
        tuple(findings),
        _checked(learnt, findings) if learnt.rows else None,
        complete,
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(learnt: Learnt, findings: list[Finding]) -> tuple[Checked, ...]:
    """Every distinct reference of every page, for --all."""
    worst: dict[tuple[str, str], Verdict] = {}
    for finding in findings:
        if finding.reference or finding.role:
            worst.setdefault((finding.page, finding.reference), finding.verdict)
            if finding.verdict is Verdict.BROKEN:
                worst[finding.page, finding.reference] = finding.verdict
    confirmed = {  # on another ref; git says nothing of fragments there
        (page, one.raw)
        for page, suspects in learnt.suspects.items()
        for one in suspects
        if one.target.kind == "elsewhere" and not one.fragment
        if learnt.elsewhere.get(_place(one.target)) in {"blob", "tree"}
    }
    rows = []
    for page, references in learnt.rows.items():
        for role, written, led_to, kind in references:
            raw, target = urls.without_credentials(written), urls.without_credentials(led_to)
            verdict = worst.get((page, raw))
            if verdict is None:
                sure = kind in {"file", "self"} or (page, written) in confirmed
                verdict = Verdict.OK if sure else Verdict.UNCHECKED
            rows.append(Checked(page, Role(role), raw, target, verdict))
    rows.sort(key=lambda row: (row.page, row.reference, row.role))
    return tuple(rows)
