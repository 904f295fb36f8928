"""The run itself: walk, sweep, settle, examine, judge; a Configuration in, a Report out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.config.schema import Config
from checker.extract import Options
from checker.judge import findings
from checker.judge.gaps import had
from checker.judge.report import GIT_IS_SILENT, Answers, Only, asked_file, findings_of, looked, report_of
from checker.judge.state import RunState
from checker.kinds import kind_of
from checker.mirror import git
from checker.mirror.opening import Opened, open_mirror
from checker.model import Doubt, Finding, Kind, Report, SourceError, TargetKind, Unchecked
from checker.rules import Needs
from checker.rules.codes import Code
from checker.sources import folder
from checker.sweep import budget, cache, classify, executor, revisit
from checker.sweep.cache import PageCache, Recalled
from checker.sweep.facts import ASKED, NO_IDS, SWEPT, Context, Facts, Suspect, Wrong
from checker.sweep.keys import THIRD_PARTY, fragment_key
from checker.sweep.page import FRAGMENTED
from checker.verify import ids
from checker.verify.fixity import manifest as sums
from checker.web.globs import matcher

if TYPE_CHECKING:  # an offline run never loads the network
    from checker.history.run import RunHistory
    from checker.judge.change import Change
    from checker.run.frontier import Counts, Frontier
    from checker.verify.containers.flaw import Flaw

Network = Callable[[Options], "Frontier"]  # makes what asks for remote URLs
Progress = Callable[[int, int, "Counts | None"], None]  # pages done, pages in all, how far the network is

_MANY = 2_000  # pages that are read again sooner than what is known of all others is written again
_DECODED = 1  # pictures a task: an interrupt is heard between two
_TICK = 0.2  # seconds between two looks at the progress


async def check(
    config: Config,
    root: Path,
    *,
    source: str,
    only: Only = None,
    rows: bool = False,
    network: Network | None = None,
    kept: Path | None = None,
    changed_since: str = "",
    tonight: RunHistory | None = None,
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Check a folder. `only` limits the pages that are read (not what they may refer to); `rows` keeps every reference;
    `network` asks for remote URLs, which are unchecked without it; `kept` is the file in which whole runs leave what
    they learnt of pages for the next. `changed_since` is a revision that git knows: only what changed from it on is
    asked for and reported. `tonight` doubts what has only just broken.

    Raises SourceError where there is nothing to check, ConfigError for unusable settings. When the task is cancelled,
    the report says so and holds what was learnt until then.
    """
    started = now()
    asked = _asked_of_git(root, changed_since) if changed_since else None
    opened = open_mirror(config, root)
    mount, online = opened.mounts[0], network is not None
    remembers = bool(kept or changed_since) and only is None and not rows
    judging = findings.Judge(config)
    embeds = judging.wants(*THIRD_PARTY)
    identity = cache.identity(config, opened, online=online, embeds=embeds) if remembers else ""
    known = cache.known(kept, identity, mount.names) if kept and remembers else None
    context, pages = context_of(config, opened, only, rows=rows, online=online, embeds=embeds, remember=remembers)
    before = known.snapshot.outward() if known and asked and online else frozenset()
    recalled, vouched = None, partial(_vouched, root, asked)
    if remembers:
        recalled = cache.recall(known, identity, mount.names, pages, vouched, change=bool(asked))
    change = _change(context, opened, changed_since, asked, before) if asked else None
    learnt, answers = RunState(mount.names.size), Answers()
    unread = recalled.unread if recalled else [(page, b"") for page in pages]
    manifest = sums.find(root, config.assets.manifest) if judging.wants("fixity") else None
    work = max(len(unread), len(mount.names.files) if manifest or config.assets.deep else 0)
    with executor.start(context, work, config.engine.jobs) as running:
        swept = running.map(classify.again, unread, lost=_lost)  # before the network is loaded, which takes as long
        complete, left = False, _left(config, started, now())
        try:
            async with (
                asked_for(network, context, learnt) as frontier,
                shown(progress, learnt, len(pages), frontier),
                within(left, frontier),
            ):
                await _read(swept, learnt, frontier, recalled, change)
                await _look(running, config, opened, learnt, judging, manifest, only, recalled, change)
                complete = True
                if frontier:
                    await frontier.finish()
        except asyncio.CancelledError:
            complete = False
        else:
            if not complete:
                learnt.unknown[f"not read: {Unchecked.TIME_LIMIT}"] = len(pages) - learnt.read
        with suppress(asyncio.CancelledError):
            said = said_of(learnt, judging, change.since.touched if change else None)
            await _revisit(running, learnt, complete, said, recalled.snapshot if recalled else None)
            answers = await _answers(running, learnt)
    worth = complete and (not change or len(unread) > _MANY)
    if kept and recalled and worth and recalled.snapshot.changed:
        recalled.snapshot.write(kept, mount.names)
    if complete and not learnt.pages and not change:
        raise SourceError(f"{source}: no page to check: no HTML, Markdown, CSS, SVG, feed, sitemap or web manifest")
    whole = complete and only is None
    found = findings_of(config, opened, learnt, answers, judging, only, change.since if change else None, whole=whole)
    if tonight:
        found = tonight.compare(found, looked(config, learnt, judging, mount.names.files, online=online))
    where = str(root.resolve()), opened.published
    met = _met(config, opened, learnt, manifest, only)
    return report_of(learnt, found, source, where, started, now(), complete, judging, met, online=online)


def _met(
    config: Config, opened: Opened, learnt: RunState, manifest: sums.Manifest | None, only: Only
) -> frozenset[Needs]:
    """What the run had to look for rules."""
    readable = manifest and not any(finding.rule == Code.FIXITY_INVALID_MANIFEST for finding in learnt.differences)
    return had(
        config,
        {
            Needs.FOLDER: True,
            Needs.TARGETS: True,
            Needs.WHOLE: only is None,
            Needs.GIT: opened.clone and config.assets.git != "off" and GIT_IS_SILENT not in learnt.unknown,
            Needs.MANIFEST: readable,
            Needs.HASHING: config.assets.duplicates and only is None,
        },
    )


def _left(config: Config, started: datetime, now: datetime) -> float | None:
    """Seconds until the time limit, if there is one."""
    limit = config.remote.time_limit
    return max(limit - (now - started).total_seconds(), 0.0) if limit else None


class _Change(NamedTuple):
    """What is looked at when only a change counts."""

    revision: str
    since: Change
    files: frozenset[int]  # the numbers of what is new or otherwise
    before: frozenset[int]  # keys of the remote URLs that the mirror was known to refer to


def _asked_of_git(root: Path, revision: str) -> Callable[[], git.Changes]:
    from checker.run.changed import asked

    return asked(root, revision)


def _change(
    context: Context, opened: Opened, revision: str, asked: Callable[[], git.Changes], before: frozenset[int]
) -> _Change:
    from checker.run.changed import since

    names = opened.mounts[0].names
    found = since(context, opened.clone, names.root, revision, asked)
    files = frozenset(names.files[name] for name in found.touched if name in names.files)
    return _Change(revision, found, files, before)


def _vouched(root: Path, asked: Callable[[], git.Changes] | None) -> Mapping[str, str]:
    """The ids of the files that git knows to be as they were checked out; none where it does not tell."""
    try:
        return (asked().files if asked else git.worktree(root)).same
    except (OSError, git.GitError, git.UnknownRef):
        return {}


def context_of(
    config: Config,
    opened: Opened,
    only: Only,
    *,
    rows: bool = False,
    online: bool = False,
    embeds: bool = True,
    remember: bool = False,
) -> tuple[Context, list[str]]:
    """What the sweep needs, and the pages it reads."""
    pages, flags = _pages(config, opened.mounts[0].names, only)
    context = Context(
        opened.mounts,
        opened.home,
        opened.addresses,
        opened.origins,
        Options(frozenset(config.references.lazy), config.references.bare, opened.slugs),
        flags,
        config.pages.max_bytes,
        rows,
        online,
        embeds,
        remember,
        tuple(clone.head for clone in opened.clones.values() if clone.head),
    )
    return context, pages


def findings_of_page(config: Config, opened: Opened, page: str) -> tuple[list[Finding], list[Finding]]:
    """The findings of one page of a mirror that is open, and those that are silenced."""
    only: Only = {page}.__contains__
    context, pages = context_of(config, opened, only)

    silenced: list[Finding] = []
    judging = findings.Judge(config, silenced.append)

    async def run() -> list[Finding]:
        learnt = RunState(opened.mounts[0].names.size)
        with executor.start(context, len(pages), 1) as running:
            await _read(running.map(classify.again, [(page, b"") for page in pages], lost=_lost), learnt)
            await _examine(running, config, opened, learnt, only)
            await _revisit(running, learnt, complete=True, said=said_of(learnt, judging, None), remembered=None)
            answers = await _answers(running, learnt)
        return findings_of(config, opened, learnt, answers, judging, only, whole=False)

    return asyncio.run(run()), silenced


@asynccontextmanager
async def asked_for(network: Network | None, context: Context, learnt: RunState) -> AsyncIterator[Frontier | None]:
    """The network, open; and what it learnt kept, however it ends."""
    if network is None:
        yield None
        return
    async with network(context.options) as frontier:
        try:
            yield frontier
        finally:
            learnt.cut_off = frontier.end()
            learnt.verdicts, learnt.unasked, learnt.left = frontier.answers, frontier.unchecked, frontier.left
            learnt.mismatches |= frontier.mismatches


@asynccontextmanager
async def within(seconds: float | None, frontier: Frontier | None) -> AsyncIterator[None]:
    """What is read and asked for while this lasts, until the time limit."""
    try:
        async with asyncio.timeout(seconds):
            with budget.limited(seconds):
                yield
    except TimeoutError:
        if frontier:
            frontier.give_up(Unchecked.TIME_LIMIT)


@asynccontextmanager
async def shown(
    progress: Progress | None, learnt: RunState, pages: int | None, frontier: Frontier | None
) -> AsyncIterator[None]:
    """The progress, shown while this lasts; `pages` None: nobody knows how many there are."""
    if progress is None:
        yield
        return

    async def show() -> None:
        while True:
            progress(learnt.read, learnt.read if pages is None else pages, frontier.counts() if frontier else None)
            await asyncio.sleep(_TICK)

    showing = asyncio.create_task(show())
    try:
        yield
    finally:
        showing.cancel()


async def _read(
    swept: AsyncIterator[Sequence[Facts | None]],
    learnt: RunState,
    frontier: Frontier | None = None,
    recalled: Recalled | None = None,
    change: _Change | None = None,
) -> None:
    """Note what the pages hold, and ask for what they refer to meanwhile."""
    stale: set[int] = set()
    async for batch in swept:
        for facts in filter(None, batch):  # the others are as remembered
            learnt.add(facts)
            if frontier and not change:
                for news in facts.news:
                    frontier.add(*news)
            if recalled and facts.page in recalled.stamps:
                recalled.snapshot.add(facts, recalled.stamps[facts.page])
                stale.update({recalled.places[facts.page]} if facts.page in recalled.places else ())
        learnt.read += len(batch)
    if recalled:
        recalled.snapshot.without(stale)
        former = recalled.snapshot.former()
        learnt.restore(_concerned(former, change, learnt) if change else former)
        if frontier:
            new = learnt.asked.of(change.since.touched) - change.before if change else None
            for news in recalled.snapshot.wanted(new):
                frontier.add(*news)
            if change and new is not None and (known := learnt.remote - new):
                frontier.unchecked[f"not new since {change.revision}"] += len(known)
                frontier.left |= known


def _concerned(former: PageCache, change: _Change, learnt: RunState) -> PageCache:
    """Those pages only that a change concerns; what the others define, and that they refer to what it touched."""
    since = change.since
    learnt.ledger.define(former.columns["defines"].values)
    for number in change.files.intersection(former.columns["files"].values):
        learnt.referred[number] = 1
    lost = {fragment_key(0, page, fragment) for page, fragments in since.lost.items() for fragment in fragments}
    return former.only(former.concerned(change.files, lost, since.touches))


async def _look(
    running: executor.Engine,
    config: Config,
    opened: Opened,
    learnt: RunState,
    judging: findings.Judge,
    manifest: sums.Manifest | None,
    only: Only,
    recalled: Recalled | None,
    change: _Change | None,
) -> None:
    """Look at files that are no pages, as far as the rules for them count."""
    names = opened.mounts[0].names
    if judging.wants("asset"):
        await _examine(running, config, opened, learnt, only, recalled.snapshot if recalled else None, change)
    if config.assets.duplicates and only is None:
        await _weigh(running, learnt, names)
    if manifest:
        by_default = config.assets.manifest == "auto"
        learnt.differences = await _compare(running, names, manifest, only, by_default=by_default)


async def _examine(
    running: executor.Engine,
    config: Config,
    opened: Opened,
    learnt: RunState,
    only: Only,
    remembered: PageCache | None = None,
    change: _Change | None = None,
) -> None:
    """Look at each file that a page embeds: of a change, at what it touched or what pages embed that it touched."""
    index, roles = opened.mounts[0].names, learnt.roles
    if change:
        looked = learnt.embeds.of(change.since.touched) | change.files
        roles = {number: role for number, role in roles.items() if number in looked}
    assets = [(number, name, roles[number]) for name, number in index.files.items() if number in roles]
    deep = config.assets.deep
    doubted = assets if remembered is None else remembered.doubted(index, assets, every=change is None, deep=deep)
    if doubted:
        from checker.verify import asset  # two dozen containers that most pages have no use for

        size = _DECODED if deep else executor.BATCH
        try:
            async for batch in running.map(asset.assets, doubted, deep, lost=_unexamined, size=size):
                learnt.flaws |= {number: flaw for number, flaw in batch if flaw}
        except asyncio.CancelledError:
            if deep:  # pictures can take seconds
                running.abandon()
            raise
    await _verify(running, learnt)
    if config.assets.git == "all" and change is None:
        names = [name for name, number in index.files.items() if number in roles or only is None or only(name)]
    elif remembered is None or (change is None and remembered.scrub()):
        names = [name for _, name, _ in assets]
    else:
        names = [name for _, name, _ in doubted]
    altered = await _beside_git(running, config, opened, learnt, names)
    if remembered is not None:
        for name in altered | {name for number, name, _ in doubted if number in learnt.flaws}:
            remembered.distrust(name)


def _unexamined(file: tuple[int, str, str]) -> tuple[int, Flaw | None]:
    from checker.verify import asset

    return file[0], asset.LOST


async def _beside_git(
    running: executor.Engine, config: Config, opened: Opened, learnt: RunState, names: Sequence[str]
) -> Set[str]:
    """Compare files with what git recorded of them, where the folder is a clone; those that are otherwise."""
    if opened.clone is None or config.assets.git == "off" or not names:
        return frozenset()
    from checker.verify.fixity import committed

    try:
        found = await committed.flaws(running, opened.mounts[0].names, opened.clone, names)
    except git.GitError:
        learnt.unknown[GIT_IS_SILENT] += len(names)
        return frozenset()
    learnt.faults += ((name, flaw.rule, flaw.message) for name, flaw in found.items())
    return found.keys()


async def _weigh(running: executor.Engine, learnt: RunState, index: folder.Index) -> None:
    """Find files that hold the same."""
    from checker.verify.fixity.duplicates import duplicates

    for each in await duplicates(running, index):
        learnt.faults.append((each.names[0], Code.MIRROR_DUPLICATE, each.message))


async def _compare(
    running: executor.Engine, index: folder.Index, manifest: sums.Manifest, only: Only, *, by_default: bool
) -> list[Finding]:
    """How the files differ from what the manifest records, which was found `by_default` or is named."""
    from checker.verify.fixity import seal

    try:
        differences = await seal.compared(running, index, manifest, only, found=by_default)
    except sums.ManifestError as error:
        return [findings.of_manifest(error)]
    return [findings.of_difference(manifest.name, difference) for difference in differences]


def _pages(config: Config, index: folder.Index, only: Only) -> tuple[list[str], bytes]:
    included = matcher(config.pages.include) if config.pages.include else lambda _name: True
    excluded = matcher(config.pages.exclude)
    flags = bytearray(index.size)
    pages = []
    for name, number in index.files.items():
        kind = kind_of(name)
        if not kind:
            continue
        if excluded(name) or not included(name):
            flags[number] = ASKED if kind is True or kind in FRAGMENTED else NO_IDS
            continue
        swept = only is None or only(name)
        if swept:
            pages.append(name)
        if kind is True or kind in FRAGMENTED:
            flags[number] = SWEPT if swept else ASKED
    return pages, bytes(flags)


def _lost(unread: tuple[str, bytes]) -> Facts:
    return Facts(unread[0], Kind.HTML, fault=(Code.LOCAL_UNREADABLE, "no parser survives it, or it takes minutes"))


def said_of(learnt: RunState, judging: findings.Judge, touched: Set[str] | None) -> dict[str, set[int]]:
    """The pages on which something is to be said of where a thing comes from: for each host the first that embeds from
    it. Pages that silence anything speak for themselves.
    """
    first: dict[int, str] = {}
    said: dict[str, set[int]] = {}
    for page, keys in learnt.foreign:
        if not keys or (touched is not None and page not in touched):
            continue
        counted = {key for key in keys if judging.counts(THIRD_PARTY[key & 3], page)}
        if page in learnt.suppressions:
            said[page] = counted
            continue
        learnt.spread.update(counted)
        for key in counted:
            if page < first.get(key, "\U0010ffff"):
                first[key] = page
    for key, page in first.items():
        said.setdefault(page, set()).add(key)
    return said


async def _revisit(
    running: executor.Engine,
    learnt: RunState,
    complete: bool,
    said: Mapping[str, set[int]],
    remembered: PageCache | None,
) -> None:
    """Go back to the pages that refer to what turned out to be wrong: a fragment nothing defines, a remote URL that is
    broken, the origin of a page that is here; and to those on which something is `said` of where things come from.
    """
    bad = frozenset(learnt.verdicts)
    flawed = frozenset(learnt.flaws)
    missing: frozenset[int] = frozenset()
    copies: dict[int, str] = {}
    if complete:  # what nothing defines is only known when all has been read
        missing = learnt.ledger.settle()
        copies = {key: page for key, page in learnt.origins.items() if key in learnt.remote}
    concerned: dict[str, set[int]] = {}  # page -> what is wrong there
    for uses, keys in (
        (learnt.asked, bad.union(copies)),
        (learnt.embeds, flawed),
        (learnt.ledger, missing),
    ):
        for page, used in uses.users(keys):
            concerned.setdefault(page, set()).update(used)
    for page, keys_ in said.items():
        concerned.setdefault(page, set()).update(keys_)
    revisits = {} if remembered is None or copies else remembered.revisits
    pages = [page for page, keys in concerned.items() if page not in revisits or revisits[page].keys != keys]
    found: dict[str, Sequence[Suspect]] = {page: revisits[page].suspects for page in concerned.keys() - set(pages)}
    wrong = Wrong(missing, copies, bad, flawed, {page: frozenset(keys_) for page, keys_ in said.items()})
    async for batch in running.map(revisit.revisit, sorted(pages), wrong, lost=lambda page: (page, [])):
        for page, suspects in batch:
            found[page] = suspects
            if remembered is not None:
                remembered.revisit(page, concerned[page], suspects)
    for page, seen in found.items():
        kept = [suspect for suspect in seen if suspect.target.name not in learnt.nonpages]
        if kept:
            learnt.suspects.setdefault(page, []).extend(kept)


async def _answers(running: executor.Engine, learnt: RunState) -> Answers:
    """Ask each file that a doubtful fragment names, once for all its fragments."""
    asked: dict[tuple[int, str, bool], set[str]] = {}
    for page, suspects in learnt.suspects.items():
        for suspect in suspects:
            if suspect.doubt is Doubt.FRAGMENT:
                asked.setdefault(asked_file(page, suspect), set()).add(suspect.fragment)
    questions = [(*file, frozenset(fragments)) for file, fragments in sorted(asked.items())]
    answers: Answers = {}
    async for batch in running.map(ids.answer, questions, lost=lambda question: (question[0], question[1], {})):
        for mount, file, answered in batch:
            answers.setdefault((mount, file), {}).update(answered)
    return answers


async def _verify(running: executor.Engine, learnt: RunState) -> None:
    """Compare files with the `integrity` that pages ask of them."""
    asked = {
        (suspect.target.name, suspect.fragment)
        for suspects in learnt.suspects.values()
        for suspect in suspects
        if suspect.doubt is Doubt.INTEGRITY and suspect.target.kind is TargetKind.FILE
    }
    if not asked:
        return
    from checker.verify import integrity

    async for batch in running.map(integrity.mismatches, sorted(asked), lost=lambda file: (*file, "")):
        learnt.mismatches |= {fragment_key(0, name, metadata): told for name, metadata, told in batch if told}
