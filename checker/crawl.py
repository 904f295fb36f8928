"""The run itself: walk, sweep, settle, examine, judge; a Configuration in, a Report out."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker import __version__, engine, judge, snapshot, sweep, urls
from checker.config import Config, matcher
from checker.extract import Options
from checker.mirror import folder, git, sums
from checker.mirror.folder import is_asset, kind_of
from checker.mirror.opening import Opened, open_mirror
from checker.mirror.resolve import Target
from checker.model import Checked, Finding, Kind, Level, Report, Role, Section, SourceError, Totals, Verdict
from checker.snapshot import KINDS, ROLES, Recalled, Snapshot
from checker.suppress import Suppression
from checker.sweep import (
    ASKED,
    EMBEDDED,
    FOREIGN,
    FRAGMENTED,
    NO_IDS,
    SWEPT,
    Context,
    Facts,
    Ledger,
    Suspect,
    Uses,
    Wrong,
    foreign_key,
    remote_key,
)
from checker.verify.fragment import Answer
from checker.verify.local import Examiner, Miss

if TYPE_CHECKING:  # an offline run never loads the network
    from checker.frontier import Counts, Frontier
    from checker.since import Since
    from checker.tonight import Tonight
    from checker.verify import remote
    from checker.verify.containers.flaw import Flaw

Answers = dict[tuple[int, str], dict[str, Answer]]
Only = Callable[[str], bool] | None  # which pages are read; None: all
Network = Callable[[Options], "Frontier"]  # makes what asks for remote URLs
Progress = Callable[[int, int, "Counts | None"], None]  # pages done, pages in all, how far the network is

_MANY = 2_000  # pages that are read again sooner than what is known of all others is written again
_DECODED = 8  # pictures a task
_TICK = 0.2  # seconds between two looks at the progress

_ADDRESSED = frozenset({Kind.HTML, Kind.MARKDOWN})  # pages that readers go to, and so can be orphans


class Learnt:
    """What a run knows so far; from it a report can be written at any moment, also after an interrupt."""

    def __init__(self, files: int) -> None:
        self.pages = 0
        self.read = 0  # files, pages or not
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
        self.asked = Uses()  # of remote URLs and their fragments
        self.roles: dict[int, str] = {}  # of files that pages embed: the role that they do it in, by number
        self.embeds = Uses()  # of such files, by number
        self.shown = Uses()  # of remote URLs that pages embed
        self.foreign = Uses()  # of what is to be said of where those come from
        self.spread: Counter[int] = Counter()  # the same -> pages of which it is to be said
        self.flaws: dict[int, Flaw] = {}  # what is wrong with them
        self.mismatches: dict[int, str] = {}  # by key of a file or URL and its `integrity`: how they differ
        self.differences: list[Finding] = []  # from the manifest
        self.verdicts: Mapping[int, remote.Answer] = {}  # by key: what is wrong with remote URLs
        self.unasked: Mapping[str, int] = {}  # reason -> remote URLs that have no verdict
        self.origins: dict[int, str] = {}  # key of a URL -> the page that was saved from it
        self.sections: dict[str, list[int]] = {}  # name -> pages, references
        self.outward: list[str] = []  # pages that refer to remote URLs

    def add(self, facts: Facts) -> None:
        """Note what one page holds."""
        if facts.kind is None:
            self.nonpages.add(facts.page)
            return
        if facts.fault and not facts.references and not facts.defines:
            self.nonpages.add(facts.page)
        self.pages += 1
        self.references += facts.references
        self._count(facts.page, facts.references)
        for number in array("I", facts.files):
            self.referred[number] = 1
        if facts.assets:
            for number, role in facts.assets:
                self.roles.setdefault(number, role)
            self.embeds.add(facts.page, array("Q", {number for number, _ in facts.assets}).tobytes())
        self.remote.update(array("Q", facts.remote))
        self.other.update(array("Q", facts.other))
        if facts.kind in _ADDRESSED:
            self.addressed.append(facts.page)
        if facts.remote:
            self.outward.append(facts.page)
            self.asked.add(facts.page, facts.remote + facts.parts)
            self.shown.add(facts.page, facts.shown)
            self.foreign.add(facts.page, facts.foreign)
        if facts.rows:
            self.rows[facts.page] = facts.rows
        self.ledger.add(facts)
        self._add_rest(facts)

    def _count(self, page: str, references: int) -> None:
        section = self.sections.setdefault(section_of(page), [0, 0])
        section[0] += 1
        section[1] += references

    def _add_rest(self, facts: Facts) -> None:
        """What few pages have."""
        if facts.fault:
            self.faults.append((facts.page, *facts.fault))
        self.unknown.update(facts.unknown)
        if facts.suspects:
            self.suspects[facts.page] = list(facts.suspects)
        if facts.suppressions:
            self.suppressions[facts.page] = facts.suppressions
        if facts.origin:
            self.origins[facts.origin] = facts.page
        self.ledger.ranges += facts.ranges

    def restore(self, remembered: Snapshot) -> None:
        """Note what remembered pages hold, all at once."""
        columns = remembered.columns
        for number in set(columns["files"].values):
            self.referred[number] = 1
        for packed in set(columns["assets"].values):
            self.roles.setdefault(packed >> 8, ROLES[packed & 0xFF])
        embeds = array("Q", [packed >> 8 for packed in columns["assets"].values])
        self.embeds.extend(remembered.pages, embeds, columns["assets"].ends)
        self.remote.update(columns["remote"].values)
        self.other.update(columns["other"].values)
        self.asked.extend(remembered.pages, columns["remote"].values, columns["remote"].ends)
        self.asked.extend(remembered.pages, columns["parts"].values, columns["parts"].ends)
        self.shown.extend(remembered.pages, columns["shown"].values, columns["shown"].ends)
        self.foreign.extend(remembered.pages, columns["foreign"].values, columns["foreign"].ends)
        self.ledger.extend(remembered.pages, columns["uses"].values, columns["uses"].ends, columns["defines"].values)
        self.references += sum(remembered.counts)
        start = 0
        rows = zip(remembered.pages, remembered.kinds, remembered.counts, columns["remote"].ends, strict=True)
        for page, kind, count, end in rows:
            if not kind:
                self.nonpages.add(page)
                continue
            self.pages += 1
            self._count(page, count)
            if KINDS[kind] in _ADDRESSED:
                self.addressed.append(page)
            if end > start:
                self.outward.append(page)
            start = end
        for facts in remembered.told.values():
            self._add_rest(facts)
        self.read += len(remembered.pages)


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
    tonight: Tonight | None = None,
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
    mount = opened.mounts[0]
    online = network is not None
    remembers = bool(kept or changed_since) and only is None and not rows
    judging = judge.Judge(config)
    embeds = judging.wants(*FOREIGN)
    identity = snapshot.identity(config, opened, online=online, embeds=embeds) if remembers else ""
    known = snapshot.known(kept, identity, mount.names) if kept and remembers else None
    context, pages = context_of(config, opened, only, rows=rows, online=online, embeds=embeds, remember=remembers)
    before = known.snapshot.outward() if known and asked and online else frozenset()
    recalled = None
    if remembers:
        vouched = partial(_vouched, root, asked)
        recalled = snapshot.recall(known, identity, mount.names, pages, vouched, change=bool(asked))
    change = _change(context, opened, changed_since, asked, before) if asked else None
    learnt = Learnt(mount.names.size)
    answers: Answers = {}
    complete = True
    unread = recalled.unread if recalled else [(page, b"") for page in pages]
    manifest = sums.find(root, config.assets.manifest) if judging.wants("fixity") else None
    work = max(len(unread), len(mount.names.files) if manifest or config.assets.deep else 0)
    with engine.start(context, work, config.engine.jobs) as running:
        swept = running.map(sweep.again, unread, lost=_lost)  # before the network is loaded, which takes as long
        try:
            async with asked_for(network, context, learnt) as frontier, shown(progress, learnt, len(pages), frontier):
                await _read(swept, learnt, frontier, recalled, change)
                await _look(running, config, opened, learnt, judging, manifest, only, recalled, change)
                if frontier:
                    await _ask(frontier, config.remote.time_limit, began=started, now=now)
        except asyncio.CancelledError:
            complete = False
        with suppress(asyncio.CancelledError):
            said = _said(learnt, judging, change.since.touched if change else None)
            await _revisit(running, learnt, complete, said, recalled.snapshot if recalled else None)
            answers = await _answers(running, learnt)
    worth = not change or len(unread) > _MANY
    if kept and recalled and complete and worth and recalled.snapshot.changed:
        recalled.snapshot.write(kept, mount.names)
    if complete and not learnt.pages and not change:
        raise SourceError(f"{source}: no page to check: no HTML, Markdown, CSS, SVG, feed, sitemap or web manifest")
    since = change.since if change else None
    found = _findings(config, opened, learnt, answers, judging, only, since, whole=complete and only is None)
    if tonight:
        found = tonight.confirm(found)
    where = str(root.resolve()), opened.published
    return report_of(
        learnt, found, source, where, started, now(), complete, judging.suppressed, online=network is not None
    )


class _Change(NamedTuple):
    """What is looked at when only a change counts."""

    revision: str
    since: Since
    files: frozenset[int]  # the numbers of what is new or otherwise
    before: frozenset[int]  # keys of the remote URLs that the mirror was known to refer to


def _asked_of_git(root: Path, revision: str) -> Callable[[], git.Changes]:
    from checker.since import asked

    return asked(root, revision)


def _change(
    context: Context, opened: Opened, revision: str, asked: Callable[[], git.Changes], before: frozenset[int]
) -> _Change:
    from checker.since import since

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


def findings_of_page(config: Config, opened: Opened, page: str) -> list[Finding]:
    """The findings of one page of a mirror that is open."""
    only: Only = {page}.__contains__
    context, pages = context_of(config, opened, only)

    judging = judge.Judge(config)

    async def run() -> list[Finding]:
        learnt = Learnt(opened.mounts[0].names.size)
        with engine.start(context, len(pages), 1) as running:
            await _read(running.map(sweep.again, [(page, b"") for page in pages], lost=_lost), learnt)
            await _examine(running, config, opened, learnt, only)
            await _revisit(running, learnt, complete=True, said=_said(learnt, judging, None), remembered=None)
            answers = await _answers(running, learnt)
        return _findings(config, opened, learnt, answers, judging, only, whole=False)

    return asyncio.run(run())


@asynccontextmanager
async def asked_for(network: Network | None, context: Context, learnt: Learnt) -> AsyncIterator[Frontier | None]:
    """The network, open; and what it learnt kept, however it ends."""
    if network is None:
        yield None
        return
    async with network(context.options) as frontier:
        try:
            yield frontier
        finally:
            frontier.give_up("interrupted")
            learnt.verdicts, learnt.unasked = frontier.answers, frontier.unchecked
            learnt.mismatches |= frontier.mismatches


@asynccontextmanager
async def shown(
    progress: Progress | None, learnt: Learnt, pages: int | None, frontier: Frontier | None
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
    learnt: Learnt,
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
            if change and new is not None and (known := len(learnt.remote - new)):
                frontier.unchecked[f"not new since {change.revision}"] += known


def _concerned(former: Snapshot, change: _Change, learnt: Learnt) -> Snapshot:
    """Those pages only that a change concerns; what the others define, and that they refer to what it touched."""
    since = change.since
    learnt.ledger.define(former.columns["defines"].values)
    for number in change.files.intersection(former.columns["files"].values):
        learnt.referred[number] = 1
    lost = {sweep.key(0, page, fragment) for page, fragments in since.lost.items() for fragment in fragments}
    return former.only(former.concerned(change.files, lost, since.touches))


async def _look(
    running: engine.Engine,
    config: Config,
    opened: Opened,
    learnt: Learnt,
    judging: judge.Judge,
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
    running: engine.Engine,
    config: Config,
    opened: Opened,
    learnt: Learnt,
    only: Only,
    remembered: Snapshot | None = None,
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

        size = _DECODED if deep else engine.BATCH
        async for batch in running.map(asset.assets, doubted, deep, lost=_unexamined, size=size):
            learnt.flaws |= {number: flaw for number, flaw in batch if flaw}
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
    running: engine.Engine, config: Config, opened: Opened, learnt: Learnt, names: Sequence[str]
) -> Set[str]:
    """Compare files with what git recorded of them, where the folder is a clone; those that are otherwise."""
    if opened.clone is None or config.assets.git == "off" or not names:
        return frozenset()
    from checker import rot

    try:
        found = await rot.flaws(running, opened.mounts[0].names, opened.clone, names)
    except git.GitError:
        learnt.unknown["beside what git recorded, which it does not tell"] += len(names)
        return frozenset()
    learnt.faults += ((name, flaw.rule, flaw.message) for name, flaw in found.items())
    return found.keys()


async def _weigh(running: engine.Engine, learnt: Learnt, index: folder.Index) -> None:
    """Find files that hold the same."""
    from checker.duplicates import duplicates

    for each in await duplicates(running, index):
        learnt.faults.append((each.names[0], "mirror/duplicate", each.message))


async def _compare(
    running: engine.Engine, index: folder.Index, manifest: sums.Manifest, only: Only, *, by_default: bool
) -> list[Finding]:
    """How the files differ from what the manifest records, which was found `by_default` or is named."""
    from checker import seal

    try:
        differences = await seal.compared(running, index, manifest, only, found=by_default)
    except sums.ManifestError as error:
        return [judge.of_manifest(error)]
    return [judge.of_difference(manifest.name, difference) for difference in differences]


async def _ask(frontier: Frontier, limit: float, *, began: datetime, now: Callable[[], datetime]) -> None:
    """Wait for the answers, until `limit` seconds after the run began."""
    left = limit - (now() - began).total_seconds() if limit else None
    try:
        async with asyncio.timeout(left):
            await frontier.finish()
    except TimeoutError:
        frontier.give_up("time limit")


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
    return Facts(unread[0], Kind.HTML, fault=("local/unreadable", "no parser survives it, or it takes minutes"))


def _said(learnt: Learnt, judging: judge.Judge, touched: Set[str] | None) -> dict[str, set[int]]:
    """The pages on which something is to be said of where a thing comes from: for each host the first that embeds from
    it. Pages that silence anything speak for themselves.
    """
    first: dict[int, str] = {}
    said: dict[str, set[int]] = {}
    for page, keys in learnt.foreign:
        if not keys or (touched is not None and page not in touched):
            continue
        counted = {key for key in keys if judging.counts(FOREIGN[key & 3], page)}
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
    running: engine.Engine, learnt: Learnt, complete: bool, said: Mapping[str, set[int]], remembered: Snapshot | None
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
    async for batch in running.map(sweep.revisit, sorted(pages), wrong, lost=lambda page: (page, [])):
        for page, suspects in batch:
            found[page] = suspects
            if remembered is not None:
                remembered.revisit(page, concerned[page], suspects)
    for page, seen in found.items():
        kept = [suspect for suspect in seen if suspect.target.name not in learnt.nonpages]
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
    config: Config,
    opened: Opened,
    learnt: Learnt,
    answers: Answers,
    judging: judge.Judge,
    only: Only,
    since: Since | None = None,
    *,
    whole: bool,
) -> list[Finding]:
    """Every finding that counts, sorted. `whole`: all pages were read, so that what nothing refers to is an orphan."""
    index = opened.mounts[0].names
    by_page: dict[str, list[Finding]] = {}
    examiners = [Examiner(mount) for mount in opened.mounts]
    learnt.elsewhere = _elsewhere(opened, learnt)
    for page, suspects in learnt.suspects.items():
        if since and page not in since.touched:
            suspects = [suspect for suspect in suspects if since.touches(suspect.target.name)]  # noqa: PLW2901
        found = by_page.setdefault(page, [])
        speaks_for_all = page not in learnt.suppressions
        for suspect in _once(suspects) if speaks_for_all else suspects:
            if suspect.rule == "remote":
                answer = learnt.verdicts[remote_key(suspect.target.name, suspect.fragment)]
                found += judge.of_remote(page, suspect, answer)
            elif suspect.rule == "integrity":
                told = learnt.mismatches.get(_signed(suspect))
                found += judge.of_integrity(page, suspect, told) if told else ()
            elif suspect.rule == "asset":
                found += judge.of_asset(page, suspect, learnt.flaws[suspect.target.number])
            elif suspect.rule in FOREIGN:
                pages = learnt.spread[foreign_key(suspect.rule, suspect.target)] if speaks_for_all else 0
                found += judge.of_foreign(page, suspect, pages)
            else:
                found += _judged(page, suspect, opened, answers, examiners, learnt.elsewhere)
    for page, rule, message in learnt.faults:
        by_page.setdefault(page, []).append(judge.of_page(page, rule, message))
    unreadable = {page for page, rule, _ in learnt.faults if rule == "local/unreadable"}
    for finding in learnt.differences:
        if finding.rule != "local/unreadable" or finding.page not in unreadable:
            by_page.setdefault(finding.page, []).append(finding)
    concerned = _is_concerned(config, only)
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
        for name, number in index.files.items():
            if since and name not in since.touched:
                continue  # what refers to it is not known
            if not learnt.referred[number] and is_asset(name) and concerned(name) and not entry(name):
                by_page.setdefault(name, []).append(
                    judge.of_page(name, "mirror/orphan", "no page embeds or links to it")
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


def _once(suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """Suspects, and of all that say the same of one host the first."""
    first: dict[int, Suspect] = {}
    for suspect in suspects:
        if suspect.rule not in FOREIGN:
            yield suspect
            continue
        key = foreign_key(suspect.rule, suspect.target)
        if key not in first or suspect.spots < first[key].spots:
            first[key] = suspect._replace(spots=suspect.spots[:1])
    yield from first.values()


def _signed(suspect: Suspect) -> int:
    """The key of a file, or of a URL, with the `integrity` that is asked of it."""
    name, metadata = suspect.target.name, suspect.fragment
    return remote_key(name, metadata) if suspect.target.kind == "remote" else sweep.key(0, name, metadata)


async def _verify(running: engine.Engine, learnt: Learnt) -> None:
    """Compare files with the `integrity` that pages ask of them."""
    asked = {
        (suspect.target.name, suspect.fragment)
        for suspects in learnt.suspects.values()
        for suspect in suspects
        if suspect.rule == "integrity" and suspect.target.kind == "file"
    }
    if not asked:
        return
    from checker.verify import integrity

    async for batch in running.map(integrity.mismatches, sorted(asked), lost=lambda file: (*file, "")):
        learnt.mismatches |= {sweep.key(0, name, metadata): told for name, metadata, told in batch if told}


def _is_concerned(config: Config, only: Only) -> Callable[[str], bool]:
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


def report_of(
    learnt: Learnt,
    findings: list[Finding],
    source: str,
    where: tuple[str, tuple[str, ...]],
    started: datetime,
    finished: datetime,
    complete: bool,
    suppressed: int,
    *,
    online: bool,
) -> Report:
    """What a run learnt, as a report. `where`: the mirror's root, if it is a folder, and its addresses."""
    wrong: dict[str, Verdict] = {}  # target -> the worst that was concluded on it
    for finding in findings:
        if finding.target and _WORST.index(finding.verdict) < _WORST.index(wrong.get(finding.target, Verdict.OK)):
            wrong[finding.target] = finding.verdict
    counts = Counter(wrong.values())
    missing = {
        (one.target.mount, one.target.name)
        for each in learnt.suspects.values()
        for one in each
        if one.target.kind == "missing"
    }
    local = sum(learnt.referred) + learnt.ledger.used + len(missing) + len(learnt.elsewhere)
    unchecked = dict(sorted(learnt.unknown.items()))
    unasked = learnt.unasked if online else {"offline": len(learnt.remote)} if learnt.remote else {}
    checked = local + len(learnt.remote) - sum(unasked.values())
    unchecked |= unasked
    if learnt.other:
        unchecked["not a web address (mailto:, data: …)"] = len(learnt.other)
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
        suppressed=suppressed,
    )
    return Report(
        __version__,
        _stamp(started),
        _stamp(finished),
        source,
        *where,
        totals,
        tuple(findings),
        _checked(learnt, findings, online=online) if learnt.rows else None,
        complete,
        _sections(learnt) if where[0] else (),
    )


def section_of(page: str) -> str:
    """The folder at the top of the mirror that a page is in; "" for one that is beside them."""
    top, slash, _ = page.partition("/")
    return top if slash else ""


def _sections(learnt: Learnt) -> tuple[Section, ...]:
    """How whole each section is: the assets that its pages embed, and how many of them are here and sound."""
    wanted: dict[str, set[int | str]] = {}
    for page, numbers in learnt.embeds:
        wanted.setdefault(section_of(page), set()).update(numbers)
    present = {name: sum(number not in learnt.flaws for number in numbers) for name, numbers in wanted.items()}
    for page, numbers in learnt.shown:
        wanted.setdefault(section_of(page), set()).update(numbers)
    for page, suspects in learnt.suspects.items():
        for suspect in suspects:
            if suspect.role in EMBEDDED and suspect.target.kind == "missing":
                wanted.setdefault(section_of(page), set()).add(suspect.target.name)
    return tuple(
        Section(name, pages, references, len(wanted.get(name, ())), present.get(name, 0))
        for name, (pages, references) in sorted(learnt.sections.items())
    )


_WORST = (Verdict.BROKEN, Verdict.SUSPECT, Verdict.REDIRECTED, Verdict.UNCHECKED, Verdict.OK)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(learnt: Learnt, findings: list[Finding], *, online: bool) -> tuple[Checked, ...]:
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
                known = kind in {"file", "self"} or (page, written) in confirmed
                known = known or (kind == "remote" and online and not learnt.unasked)
                verdict = Verdict.OK if known else Verdict.UNCHECKED
            rows.append(Checked(page, Role(role), raw, target, verdict))
    rows.sort(key=lambda row: (row.page, row.reference, row.role))
    return tuple(rows)
