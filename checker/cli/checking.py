"""From settings to the exit code: the check that `check`, `page` and `baseline write` have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from checker import disk
from checker.cli import memory, outputs
from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.cli.progress import progress_on
from checker.cli.stores import opens_of
from checker.config import trust
from checker.config.names import is_url
from checker.config.options import RunOptions
from checker.config.schema import Config
from checker.mirror import generators, git
from checker.model import (
    ConfigError,
    Kind,
    Level,
    Named,
    NetworkError,
    Only,
    Report,
    Scope,
    SourceError,
    State,
    Unchecked,
)
from checker.rules import Needs, needing
from checker.sources.address import Address, Root
from checker.sources.named import source_of
from checker.words import counted

if TYPE_CHECKING:  # loaded by the runs that need them
    from asyncio import AbstractEventLoop

    from checker.extract import Options
    from checker.history.run import RunHistory
    from checker.judge.baseline import Baseline, Changes
    from checker.run.frontier import Frontier
    from checker.run.job import Asking, Network
    from checker.sources.given import Given

R = TypeVar("R")

_NAME_BASELINE = "name a baseline with --baseline FILE"


class Invocation(msgspec.Struct, frozen=True):
    """What a command checks, and what it does with the result."""

    streams: Streams
    options: RunOptions
    config: Config
    base: Path | None  # the folder that the configuration's paths are relative to
    remembers: bool = False  # writes the run to a history
    writes_baseline: bool = False  # writes a baseline instead of reports


class _Ending(msgspec.Struct, frozen=True):
    """Where a report goes."""

    outputs: list[outputs.Destination]
    baseline: Baseline | None


def check_sources(invocation: Invocation, source: tuple[str, ...]) -> int:
    """Check a live address, a folder, or pages of one; without a source, the folder of the configuration."""
    if any(map(is_url, source)):
        if len(source) > 1:
            raise click.UsageError("name one address at a time")
        if invocation.options.changed_since:
            raise click.UsageError("--changed-since needs a folder in a git repository, not a live address")
        return check_site(invocation, source[0])
    config = invocation.config
    root, only, named = source_of(config, invocation.base, source, opens_of(config), generators.has_sources_in)
    if only and invocation.options.files_from:
        only = msgspec.structs.replace(only, listed=True)
    return check_folder(invocation, root, only, named)


def check_folder(
    invocation: Invocation,
    root: Root,
    only: Only,
    named: str,
    given: Given | None = None,
) -> int:
    """Check a folder, which reports call `named`. `only`: the pages that are read; None: all. `given`: a page
    that is not read from a file.
    """
    streams, options, config = invocation.streams, invocation.options, invocation.config
    ending = _prepared(invocation)
    network = None
    if options.against and (options.offline or only):
        raise click.UsageError("--against live needs a whole folder and the network")
    refuse_archive_offline(options)
    if options.changed_since and (only or options.everything):
        raise click.UsageError("--changed-since needs a whole folder, and cannot be used with --all")
    where = None if only else _history_of(invocation, *(() if isinstance(root, Address) else (disk.folder_of(root),)))
    if isinstance(root, Address) and where is not None and where.file is not None:
        root = root._replace(memory=where.file.with_suffix(".objects"))
    if only and options.history_file is not None:
        raise click.UsageError("--history needs a whole mirror: name its folder, or no SOURCE")
    # A report on a change alone is not remembered as a run of the mirror.
    kept = None if options.changed_since else where
    with (
        _asked_of_git(root, config) as questions,
        memory.remembered(streams.err, config, kept, memory.mirror_of(config, root, where), options) as history,
    ):
        from checker.run import check  # takes a while, in which git answers
        from checker.run.job import Job

        if not options.offline:
            network = functools.partial(frontier_of, config, history, spreads=True)
        with progress_on(streams.err, options.quiet) as progress:
            report = run(
                check.check(
                    Job(
                        config=config,
                        source=named,
                        questions=questions,
                        only=only,
                        given=given,
                        rows=options.everything,
                        network=network,
                        asking=asking_of(functools.partial(frontier_of, config, None), options, history)
                        if network
                        else None,
                        against=functools.partial(frontier_of, config, None) if options.against else None,
                        cache=where and where.cache,
                        changed_since=options.changed_since,
                        renames=network is not None,  # who waits for servers has the time
                        history=history,
                        progress=progress,
                    ),
                    root,
                ),
                online=network is not None or bool(options.against),
            )
        looked_at = Named() if options.changed_since else only  # what it does not report may still be there
        scope = Scope(looked_at, network is not None, False, bool(options.against))
        return _end(invocation, report, ending, scope, history)


def _asked_of_git(root: Root, config: Config) -> AbstractContextManager[git.Questions | None]:
    return nullcontext() if isinstance(root, Address) else closing(git.Questions(root, beside=config.pages.gitignore))


def asking_of(network: Network, options: RunOptions, history: RunHistory | None) -> Asking:
    """How a run asks what to write instead of references."""
    from checker.run.job import Asking

    if history is None:
        return Asking(network=network, copies=options.archive)
    return Asking(network=network, copies=options.archive, last_good=history.last_good)


def check_site(invocation: Invocation, address: str, given: tuple[bytes, Kind] | None = None) -> int:
    """Check a live site: crawl it from an address, as deep as the configuration says. `given`: the first page, which
    is not asked for.
    """
    streams, options, config = invocation.streams, invocation.options, invocation.config
    if options.offline:
        raise click.UsageError("a live address cannot be checked with --offline")
    if options.archive:
        raise click.UsageError("--archive suggests copies for the pages of a folder, not for those of a live address")
    from checker.run import walk
    from checker.run.job import Job

    ending = _prepared(invocation)
    start = start_of(address)
    with memory.remembered(streams.err, config, _history_of(invocation), start, options) as history:
        with progress_on(streams.err, options.quiet) as progress:
            report = run(
                walk.check(
                    Job(
                        config=config,
                        source=address,
                        rows=options.everything,
                        network=functools.partial(frontier_of, config, history, named=start, spreads=True),
                        history=history,
                        progress=progress,
                    ),
                    start,
                    given and walk.as_sent(start, *given),
                )
            )
        return _end(invocation, report, ending, scope_of_site(config, report), history)


def scope_of_site(config: Config, report: Report) -> Scope:
    """What the walk of a site looked at."""
    everything = config.site.depth < 0 and not (report.bounded or report.logged_out)
    looked_at = None if everything else Named(frozenset(finding.page for finding in report.findings))
    return Scope(looked_at, online=True, live=True)


def start_of(address: str) -> str:
    """The URL at which a walk begins. Raises SourceError."""
    from checker.web import urls

    try:
        return urls.split_fragment(urls.resolve("about:blank", address))[0]
    except urls.InvalidURL as error:
        raise SourceError(f"{address}: not a URL that a browser could open") from error


def decodable(config: Config) -> None:
    """Raise ConfigError if pictures are to be decoded and Pillow is missing."""
    if config.assets.deep:
        try:
            import PIL.Image  # noqa: F401
        except ImportError as error:
            raise ConfigError("--deep ([assets] deep) needs an extra: pip install 'mirrorcheck[deep]'") from error


def _prepared(invocation: Invocation) -> _Ending:
    """The destinations of the reports, and the baseline. Mistakes that would show only after the run show here."""
    places = outputs.destinations(invocation.config.reports.format, named=bool(invocation.options.formats))
    held = _baseline(invocation)
    decodable(invocation.config)
    trust.complete(invocation.config)
    return _Ending(places, held)


def _baseline(invocation: Invocation) -> Baseline | None:
    """The baseline. It is read before the run, so that a mistake in it is reported at once."""
    configured = invocation.config.rules.baseline
    if not (configured or invocation.writes_baseline):
        return None
    path = Path(configured or "baseline.toml")
    if not invocation.options.baseline:
        if invocation.writes_baseline:
            disk.refuse_foreign([path], (invocation.base if configured else None) or Path(), _NAME_BASELINE)
        elif path.exists() and not path.is_file():
            raise ConfigError(f"{path}: not a regular file; {_NAME_BASELINE}")
    from checker.judge import baseline

    return baseline.Baseline(path) if invocation.writes_baseline and not path.exists() else baseline.read(path)


def _history_of(invocation: Invocation, *folders: Path) -> memory.Place | None:
    if not invocation.remembers or invocation.options.no_history:
        return None
    return memory.place_of(invocation.config, invocation.base, folders, invocation.options.history_file)


def frontier_of(
    config: Config,
    history: RunHistory | None,
    options: Options,
    *,
    named: str = "",
    assets: bool = False,
    spreads: bool = False,
) -> Frontier:
    """The frontier, which asks for remote URLs, also at the origin `named`; it examines assets if `assets` is true or
    a rule counts. `spreads`: the workers of a cluster ask, if there is one. Raises ConfigError.
    """
    from checker.judge.selection import Judge
    from checker.run.frontier import Frontier  # takes as long to load as a small mirror to check

    assets = assets or Judge(config).wants(*needing(Needs.ASSETS))
    remote, deep, share = config.remote, config.assets.deep, None
    if spreads and config.engine.cluster:
        from checker.run.cluster import Outposts
        from checker.run.spread import Spread

        outposts = Outposts(config.engine.cluster)
        share = Spread(outposts, remote, options, deep=deep, remembers=history is not None)
    return Frontier(remote, options, assets=assets, deep=deep, named=named, history=history, share=share)


def run(checking: Coroutine[Any, Any, R], *, online: bool = True) -> R:
    """Run a check. SIGINT or SIGTERM ends it with what was learnt until then; a second one ends it at once."""
    from checker.sweep import budget, executor

    if not online:
        with budget.heard():
            return executor.finished(checking)
    import asyncio

    found: list[R] = []

    async def running() -> None:  # returns no report, since the runner would format its task's result as text
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - for the type checker
        with budget.heard(lambda: loop.call_soon_threadsafe(task.cancel)):
            found.append(await checking)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(running())
    return found[0]


def _loop_factory() -> Callable[[], AbstractEventLoop] | None:
    """The quicker event loop, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _end(invocation: Invocation, report: Report, ending: _Ending, scope: Scope, history: RunHistory | None) -> int:
    """Remember the run, write the reports or the baseline, and return the exit code."""
    streams, options, config, held = invocation.streams, invocation.options, invocation.config, ending.baseline
    if held is not None:
        from checker.judge import baseline

        if invocation.writes_baseline:
            if not report.complete:
                streams.err.say("mirrorcheck: interrupted; the baseline is as it was")
                return Exit.INTERRUPTED
            if report.cut_off:
                raise NetworkError(f"{without_network(report)}; the baseline is as it was")
            return _end_baseline(streams, baseline.write(held, report, scope, config), held)
        report = baseline.apply(held, report, scope, config)
    if history:
        report = history.conclude(report)
    view = outputs.view_of(streams.out, config, options, report)
    outputs.write_all(streams, ending.outputs, report, view)
    tell_of_history(streams, history)
    tell_of_copies(streams, report)
    return code_of(report, config, only_new=options.fail_on_new)


def tell_of_history(streams: Streams, history: RunHistory | None) -> None:
    """Say that the history was damaged. Raises CheckerError if it could not be written."""
    if not (history and history.failed):
        return
    from checker.history.database import DamagedError

    if not isinstance(history.failed, DamagedError):
        raise history.failed
    streams.err.say(f"mirrorcheck: {history.failed}; this run is not remembered, and the next begins a new history")


def code_of(report: Report, config: Config, *, only_new: bool) -> int:
    """The exit code of a run. Raises NetworkError or SourceError if it could not do its job."""
    if not report.complete:
        return Exit.INTERRUPTED
    if report.cut_off:
        raise NetworkError(f"{without_network(report)}; --offline checks without a network")
    if report.logged_out:
        raise SourceError(
            f"{report.source}: the login was lost during the walk: {report.logged_out}. What was read after that is "
            "what strangers see; leave out what ends the login (--exclude)"
        )
    if report.forbidden > report.totals.pages:
        raise SourceError(
            f"{report.source}: robots.txt forbids {counted(report.forbidden, 'page')}, and {report.totals.pages:,} "
            "could be read ([site] robots = false, if the site is yours)"
        )
    return Exit.FINDINGS if fails(report, config.reports.fail_on, only_new=only_new) else Exit.OK


def refuse_archive_offline(options: RunOptions) -> None:
    """Raise UsageError if an archive is to be asked without the network."""
    if options.archive and options.offline:
        raise click.UsageError("--archive needs the network")


def tell_of_copies(streams: Streams, report: Report) -> None:
    """Say why the archive named no copies, if it failed."""
    if report.no_copies:
        streams.err.say(f"mirrorcheck: {report.no_copies}")


def without_network(report: Report) -> str:
    """The sentence for a run that reached no host."""
    count = report.totals.unchecked.get(Unchecked.NO_NETWORK, 0)
    targets = counted(count, "remote target is", "remote targets are")
    return f"{Unchecked.NO_NETWORK}: {report.cut_off}; nothing was reached, so {targets} unchecked"


def _end_baseline(streams: Streams, changes: Changes, held: Baseline) -> int:
    counts = [counted(changes.entries, "entry", "entries"), f"{changes.added:,} new", f"{changes.removed:,} gone"]
    if changes.expired:
        counts.append(f"{changes.expired:,} expired")
    streams.err.say(f"wrote {held.path}: {', '.join(counts)}")
    return Exit.OK


def fails(report: Report, fail_on: str, *, only_new: bool) -> bool:
    if fail_on == "never":
        return False
    levels = list(Level)
    counting = levels[: levels.index(Level(fail_on)) + 1]
    states = {State.NEW, None} if only_new else {*State, None}  # without a run to compare with, every finding is new
    return any(
        finding.level in counting and finding.state in states and finding.fingerprint not in report.baselined
        for finding in report.findings
    )
