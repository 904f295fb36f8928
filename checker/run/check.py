"""A run over a folder turns a Job into a Report: it reads, examines, asks, revisits and judges."""

from __future__ import annotations

from datetime import datetime

from checker import kinds
from checker.config.schema import Config, EngineTable
from checker.judge import looked
from checker.judge.answers import Fragments
from checker.judge.findings import findings_of
from checker.judge.gaps import had
from checker.judge.hints import hint_of
from checker.judge.report import Frame, report_of
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.mirror.opening import Opened
from checker.model import Finding, Kind, Named, NoPageError, Report, Unchecked
from checker.rules import Needs
from checker.rules.codes import Code
from checker.run.answering import answers_of, fragments_of
from checker.run.job import Job, Network
from checker.run.looking import examine, look
from checker.run.network import asked_for, showing_progress, within
from checker.run.prepare import Prepared, context_of, prepare
from checker.run.reading import read, swept
from checker.run.returning import return_to_pages, third_parties_of
from checker.run.stage import Run
from checker.sources.address import Root
from checker.sweep import budget, executor
from checker.web.globs import matcher
from checker.words import counted


async def check(job: Job, root: Root) -> Report:
    """Check a folder.

    Raises SourceError if there is nothing to check, ConfigError for unusable settings. If the task is cancelled, the
    report says so and contains what was learnt until then.
    """
    started = job.now()
    mirror = prepare(job, root)
    try:
        return await _checked(job, mirror, started)
    finally:
        mirror.opened.rest()


async def _checked(job: Job, mirror: Prepared, started: datetime) -> Report:
    config, learnt = job.config, mirror.state()
    learnt.everywhere = job.everywhere
    work = max(len(mirror.unread), len(mirror.names.files) if mirror.manifest or config.assets.deep else 0)
    with executor.start(mirror.context, work, config.engine) as engine:
        run = Run(job, mirror, engine, learnt)
        complete = await _learn(run, _left(config, started, job.now()))
        fragments: Fragments = {}
        try:
            touched = mirror.narrowed.change.touched if mirror.narrowed else None
            await return_to_pages(run, third_parties_of(learnt, mirror.judging, touched), complete=complete)
            fragments = await fragments_of(run)
            if job.asking and complete:
                from checker.run.suggesting import suggest  # an offline run never loads the network

                await suggest(run, job.asking, _left(config, started, job.now()))
        except budget.endings():
            pass
    if complete:
        write_cache(run)
        if not learnt.pages and not mirror.narrowed:
            raise NoPageError(f"{job.source}: no page to check: {_lack(job, mirror)}")
    if complete and job.against and not learnt.network.cut_off:
        complete = await _compare(run, job.against)
    change = mirror.narrowed.change if mirror.narrowed else None
    answers = answers_of(run, fragments, whole=complete and job.only is None)
    found = findings_of(learnt, answers, mirror.judging, change)
    if job.history:
        found = job.history.compare(
            found, looked.in_folder(config, learnt, mirror.judging, mirror.names.files, online=job.online)
        )
    frame = Frame(
        source=job.source,
        root=str(mirror.names.root.resolve()) if mirror.names.root else "",
        addresses=mirror.opened.published,
        lines=mirror.opened.lines,
        started=started,
        finished=job.now(),
        complete=complete,
        rows=job.rows,
        online=job.online,
        met=_met(job, mirror, learnt),
        hint=hint_of(found, mirror.names, mirror.opened.made),
    )
    return report_of(learnt, found, mirror.judging, frame)


def _lack(job: Job, mirror: Prepared) -> str:
    """Why there is no page to check."""
    table = job.config.pages
    names = (name for name in mirror.names.files if job.only is None or job.only(name))
    pages = [name for name in names if isinstance(mirror.names.kind_of(name), Kind)]
    if not pages:
        return f"no {kinds.listed()}"
    excluded, included = matcher(table.exclude), matcher(table.include or ("*",))
    by = "the configuration ([pages] include, exclude)"
    if not all(excluded(name) or not included(name) for name in pages):
        by = "git, or what the generator of the site has it for, or its folder of tests"
    return f"{counted(len(pages), 'page is', 'pages are')} left out by {by}"


async def _learn(run: Run, seconds: float | None) -> bool:
    """Read pages, examine files and ask for URLs, for so many seconds at most. True if all of it was done."""
    job, mirror, learnt = run.job, run.mirror, run.learnt
    if run.engine.several and mirror.judging.wants("asset") and len(mirror.names.files) > len(mirror.pages):
        from checker.verify import asset  # noqa: F401 - loaded once, and not by each worker
    facts_of = swept(run.engine, mirror.names, mirror.unread)  # the workers start while this process loads the network
    complete = False
    try:
        async with (
            asked_for(job.network, mirror.context, learnt) as frontier,
            showing_progress(job.progress, learnt, len(mirror.pages), frontier),
            within(seconds, frontier),
        ):
            await read(run, facts_of, frontier)
            await look(run)
            complete = True
            if frontier:
                await frontier.finish()
    except budget.endings():
        return False
    if not complete:
        learnt.unknown[f"not read: {Unchecked.TIME_LIMIT}"] = len(mirror.pages) - learnt.read
    return complete


async def _compare(run: Run, network: Network) -> bool:
    """Compare the folder with the live site. True if all of it was done."""
    from checker.run.compare import differences  # an offline run never loads the network

    try:
        run.learnt.differences += await differences(run, network)
    except budget.endings():
        return False
    return True


def write_cache(run: Run) -> None:
    """Write the page cache for the next run, if that is worth the time."""
    recalled, file = run.mirror.recalled, run.job.cache
    if file and recalled and run.mirror.keeps and recalled.snapshot.changed:
        recalled.snapshot.write(file, run.mirror.names)


def _met(job: Job, mirror: Prepared, learnt: RunState) -> frozenset[Needs]:
    """The needs of rules that the run met."""
    config, only = job.config, job.only
    readable = mirror.manifest and not any(
        finding.rule == Code.FIXITY_INVALID_MANIFEST for finding in learnt.differences
    )
    with_git = mirror.opened.clone and config.assets.git != "off" and Unchecked.GIT_SILENT not in learnt.unknown
    return had(
        config,
        {
            Needs.FOLDER: True,
            Needs.TARGETS: True,
            Needs.WHOLE: only is None,
            Needs.GIT: with_git,
            Needs.MANIFEST: readable,
            Needs.LIVE: job.against and not learnt.network.cut_off,
            Needs.HASHING: config.assets.duplicates and only is None,
        },
    )


def _left(config: Config, started: datetime, now: datetime) -> float | None:
    """Seconds until the time limit; None: there is no limit."""
    limit = config.remote.time_limit
    return max(limit - (now - started).total_seconds(), 0.0) if limit else None


def findings_of_page(config: Config, opened: Opened, page: str) -> tuple[list[Finding], list[Finding]]:
    """The findings of one page of an open mirror, and those that a suppression silences."""
    job = Job(config=config, source=page, only=Named(frozenset({page})))
    context, pages = context_of(config, opened, job.only)
    silenced: list[Finding] = []
    judging = Judge(config, silenced.append)
    mirror = Prepared(opened, context, judging, pages, [(page, b"") for page in pages], None, None, None)

    async def run() -> list[Finding]:
        learnt = mirror.state()
        with executor.start(context, len(pages), EngineTable(jobs=1)) as engine:
            run = Run(job, mirror, engine, learnt)
            await read(run, swept(engine, mirror.names, mirror.unread))
            await examine(run)
            await return_to_pages(run, third_parties_of(learnt, judging, None), complete=True)
            fragments = await fragments_of(run)
        return findings_of(learnt, answers_of(run, fragments, whole=False), judging)

    return executor.finished(run()), silenced
