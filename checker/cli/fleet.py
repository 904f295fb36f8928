"""`mirrorcheck fleet`."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import click
from msgspec.structs import replace

from checker import __version__, disk, logins
from checker.cli import checking, memory, outputs
from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.cli.options import about, named, reworded, with_options
from checker.cli.progress import progress_on
from checker.cli.stores import opens_of
from checker.config import fleet as fleets
from checker.config import trust
from checker.config.file import one_of
from checker.config.names import is_url
from checker.config.options import About, RunOptions, series_of
from checker.config.schema import Config, HistoryTable
from checker.model import CheckerError, ConfigError, Only, Report, ReportError, Scope, SourceError
from checker.rules import Needs, needing
from checker.sources.address import Address, Root
from checker.sources.named import source_of
from checker.web import durations
from reports import View, _fleet

if TYPE_CHECKING:
    from checker.history.run import RunHistory
    from checker.history.store import History
    from checker.judge.baseline import Baseline
    from checker.run.fleet import Member
    from checker.run.job import Job, Progress
    from checker.run.pool import Pool

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_OF_ONE = "{name}"  # in the file of a report: each mirror has its own


@click.command(
    "fleet",
    params=[
        click.Argument(["file"], type=click.Path(path_type=Path), metavar="FLEET.toml"),
        *named("trust_config", "environment"),
        *about(About.FINDINGS),
        *named("fail_on"),
        reworded(
            "formats",
            f"Report on the fleet ({', '.join(_fleet.FORMATS)}), to a file or standard output. With {_OF_ONE} in the "
            "name of the file: a report on each mirror, in any format of check. Repeatable.",
        ),
        *named("verbose"),
        *about(About.RUN, About.HISTORY),
    ],
)
@with_options
def command(streams: Streams, options: RunOptions, file: Path) -> int:
    """Check many mirrors, and ask for each remote URL once for all of them.

    FLEET.toml names the mirrors. Each is checked with its own configuration, as check would do it.
    """
    began = datetime.now(UTC)
    fleet, base = fleets.read(file), file.parent
    checking.refuse_archive_offline(options)
    seconds = durations.seconds(options.time_limit, "--time-limit") if options.time_limit else None
    written = _Written(fleet, base, options)
    kept = Config(history=HistoryTable(file=fleet.fleet.history))
    place = None if options.no_history else memory.place_of(kept, base, (), options.history_file)
    with (
        _opened(streams, place, options) as history,
        progress_on(streams.err, options.quiet) as progress,
        tempfile.TemporaryDirectory(prefix="mirrorcheck-") as spare,
    ):
        run = _Run(streams, written, history, place, progress, Path(spare))
        mirrors = [run.begin(row, base, options) for row in fleet.mirror]
        asked = run.check([mirror for mirror in mirrors if mirror.result is None], seconds, online=not options.offline)
    results = [mirror.result or _not_begun(mirror.name) for mirror in mirrors]
    times = f"{began:{_TIME}}", f"{datetime.now(UTC):{_TIME}}"
    written.write(streams, _fleet.overview_of(str(file), __version__, times, results, asked), options)
    return max(mirror.code for mirror in results)


def _not_begun(name: str) -> _fleet.Mirror:
    return _fleet.Mirror(name=name, code=Exit.INTERRUPTED, fault="not checked: the run was interrupted before")


class _Mirror:
    """A mirror of a fleet, and what came of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.options = RunOptions()
        self.config = Config()
        self.root: Root | None = None
        self.start = ""
        self.source = ""
        self.only: Only = None
        self.baseline: Baseline | None = None
        self.history: RunHistory | None = None
        self.cache: Path | None = None
        self.outputs: list[outputs.Destination] = []
        self.result: _fleet.Mirror | None = None

    def prepare(self, row: fleets.MirrorRow, base: Path, said: RunOptions) -> None:
        """Find the configuration and the source. Raises CheckerError for what would show only in the run."""
        self.options, settings, source = fleets.settings_for(row, base, said)
        self.config, own = settings
        checking.decodable(self.config)
        trust.complete(self.config)
        if self.config.rules.baseline:
            from checker.judge import baseline

            self.baseline = baseline.read(Path(self.config.rules.baseline))
        if source and is_url(source[0]):
            if said.offline:
                raise SourceError(f"{source[0]}: a live address cannot be checked with --offline")
            self.start, self.source = checking.start_of(source[0]), source[0]
        else:
            from checker.mirror import generators

            self.root, self.only, self.source = source_of(
                self.config, own, source, opens_of(self.config), generators.has_sources_in
            )

    def remember(self, history: History | None, place: memory.Place | None, spare: Path) -> None:
        """Begin a run in the history. `spare`: a folder for the page cache of a mirror without one."""
        file = place.file if history and place else None
        self.cache = None if self.only else _cache_of(self.name, file, spare)
        if isinstance(self.root, Address) and file is not None:
            self.root = self.root._replace(memory=file.with_name(f"{file.stem}.{self.name}.objects"))
        if history is None or self.only:
            if self.options.fail_on_new and self.baseline is None:
                raise ConfigError("--fail-on-new needs a history or a baseline to know what is new: --history FILE")
            return
        from checker.history.run import RunHistory

        config, name = self.config, self.name
        if place and not isinstance(place.history, Path):  # a database may have mirrors of other fleets
            name = f"{logins.hidden(self.start or memory.mirror_of(config, self.root or Path(), place))} {name}"
        series = " ".join((name, *series_of(self.options)))
        self.history = RunHistory(
            history, series, config.history, config.remote, deep=config.assets.deep, resume=self.options.resume
        )

    def job(self, pool: Pool | None, progress: Progress | None, secure: dict[tuple[str, str], bool]) -> Job:
        """The job of its run."""
        from checker.run.job import Job

        config, history = self.config, self.history
        job = Job(
            config=config,
            source=self.source,
            only=self.only,
            cache=self.cache,
            history=history,
            progress=progress,
        )
        if pool is None:
            return job
        from checker.judge.selection import Judge

        ask = functools.partial(
            pool.frontier, config, assets=Judge(config).wants(*needing(Needs.ASSETS)), named=self.start
        )
        asking = checking.asking_of(functools.partial(ask, history=None), self.options, history)
        return replace(
            job,
            network=functools.partial(ask, history=history),
            asking=replace(asking, secure=secure) if self.root else None,
            renames=True,  # who waits for servers has the time
        )

    def scope(self, report: Report, *, online: bool) -> Scope:
        """What its run looked at."""
        return Scope(self.only, online) if self.root else checking.scope_of_site(self.config, report)


class _Run:
    """A run over a fleet, to which each mirror's report comes as soon as there is one."""

    def __init__(
        self,
        streams: Streams,
        written: _Written,
        history: History | None,
        place: memory.Place | None,
        progress: Progress | None,
        spare: Path,
    ) -> None:
        self._streams = streams
        self._written = written
        self._history = history
        self._place = place
        self._progress = progress
        self._spare = spare

    def begin(self, row: fleets.MirrorRow, base: Path, options: RunOptions) -> _Mirror:
        """A mirror that is ready to be checked, or has the reason why it cannot be."""
        mirror = _Mirror(row.name)
        try:
            mirror.prepare(row, base, options)
            mirror.outputs = self._written.of(row.name)
            mirror.remember(self._history, self._place, self._spare)
            if mirror.history and mirror.history.resumed and not options.quiet:
                again = f"{row.name} continues run {mirror.history.run}, which did not end"
                self._streams.err.say(f"mirrorcheck: {again} (--no-resume starts a new one)")
        except CheckerError as error:
            self._fail(mirror, error)
        return mirror

    def check(self, mirrors: Sequence[_Mirror], seconds: float | None, *, online: bool) -> _fleet.Asked:
        """Check the mirrors, in so many seconds; None: there is no limit."""
        if not online:
            from checker.run.fleet import check_offline

            checking.run(check_offline([self._member(each, None, {}) for each in mirrors], seconds), online=False)
            return _fleet.Asked()
        from checker.run.pool import Pool
        from checker.run.together import check_together

        pool = Pool([mirror.config.remote for mirror in mirrors])
        secure: dict[tuple[str, str], bool] = {}
        checking.run(check_together([self._member(each, pool, secure) for each in mirrors], pool, seconds))
        return _fleet.Asked(pool.wanted, pool.distinct, pool.requests)

    def _member(self, mirror: _Mirror, pool: Pool | None, secure: dict[tuple[str, str], bool]) -> Member:
        from checker.run.fleet import Member

        return Member(
            job=mirror.job(pool, self._progress, secure),
            root=mirror.root,
            start=mirror.start,
            done=functools.partial(self._done, mirror, online=pool is not None),
        )

    def _done(self, mirror: _Mirror, outcome: Report | CheckerError | None, *, online: bool) -> None:
        """Remember a mirror's run and write its reports, as `check` does at its end."""
        if outcome is None:
            self._fail(mirror, None)
            return
        try:
            if isinstance(outcome, CheckerError):
                raise outcome
            self._end(mirror, outcome, online=online)
        except CheckerError as error:
            self._fail(mirror, error)

    def _end(self, mirror: _Mirror, report: Report, *, online: bool) -> None:
        config = mirror.config
        if mirror.baseline is not None:
            from checker.judge import baseline

            report = baseline.apply(mirror.baseline, report, mirror.scope(report, online=online), config)
        if mirror.history:
            report = mirror.history.conclude(report)
        code, fault = Exit.OK, ""
        try:
            view = outputs.view_of(self._streams.out, config, mirror.options, report)
            outputs.write_all(self._streams, mirror.outputs, report, view)
            checking.tell_of_history(self._streams, mirror.history)
            checking.tell_of_copies(self._streams, report)
            code = Exit(checking.code_of(report, config, only_new=mirror.options.fail_on_new))
        except CheckerError as error:
            code, fault = Exit.FAILED, str(error)
        mirror.result = _fleet.mirror_of(
            mirror.name, report, code=code, fault=fault, page=self._written.page_of(mirror.outputs)
        )

    def _fail(self, mirror: _Mirror, error: CheckerError | None) -> None:
        if mirror.history:
            mirror.history.fail()
        if error is None:
            mirror.result = _not_begun(mirror.name)
        else:
            mirror.result = _fleet.Mirror(name=mirror.name, code=Exit.FAILED, fault=str(error))


class _Written:
    """Where the reports go: those on the fleet, and those on each mirror."""

    def __init__(self, fleet: fleets.Fleet, base: Path, options: RunOptions) -> None:
        """Raises ConfigError or ReportError for what cannot be written, before the run."""
        self._named = bool(options.formats)
        formats = options.formats or tuple(_below(text, base) for text in fleet.fleet.format)
        own = tuple(text for text in formats if _OF_ONE not in text)
        for text in own:
            name = text.partition("=")[0]
            if name not in _fleet.FORMATS:
                raise ConfigError(
                    f"no report on a fleet is called {name!r}{one_of(name, _fleet.FORMATS)}; one on each mirror goes "
                    f"to a file with {_OF_ONE} in its name"
                )
        self._own = outputs.destinations(own, named=self._named)
        self._each = tuple(text for text in formats if _OF_ONE in text)
        for row in fleet.mirror:
            self.of(row.name)

    def of(self, name: str) -> list[outputs.Destination]:
        """The destinations of a mirror's reports."""
        return outputs.destinations(tuple(text.replace(_OF_ONE, name) for text in self._each), named=self._named)

    def page_of(self, places: Sequence[outputs.Destination]) -> str:
        """The health page of a mirror, relative to the overview; "" if one of them is not written."""
        page = next((place.file for place in places if place.format == "html" and place.file), None)
        overview = next((place.file for place in self._own if place.format == "html" and place.file), None)
        if page is None or overview is None:
            return ""
        with contextlib.suppress(ValueError):  # on another drive
            return os.path.relpath(page, Path(overview).parent).replace(os.sep, "/")
        return ""

    def write(self, streams: Streams, overview: _fleet.Overview, options: RunOptions) -> None:
        """Write the reports on the fleet. Raises ReportError, after all others were written."""
        failed: list[ReportError] = []
        color = outputs.is_colored(streams.out)
        view = View(color=color, quiet=options.quiet, verbose=options.verbose)
        for place in self._own:
            try:
                if place.file is None:
                    _fleet.write(place.format, overview, cast(TextIO, streams.out), view)
                    streams.out.flush()
                    continue
                with disk.whole(Path(place.file), named=True) as stream:
                    _fleet.write(place.format, overview, stream, view._replace(color=False, quiet=False))
            except OSError as error:
                failed.append(ReportError(f"the {place.format} report could not be written: {error.strerror}"))
            except ReportError as error:
                failed.append(error)
        outputs.raise_first(failed, streams)


def _below(text: str, base: Path) -> str:
    """A report of the fleet's file, whose path is relative to it."""
    name, equals, file = text.partition("=")
    return f"{name}={base / file}" if equals and file else text


def _cache_of(name: str, file: Path | None, spare: Path) -> Path:
    """The file of a mirror's page cache, beside that of the history. Raises ForeignError if it may have come with a
    mirror.
    """
    if file is None:
        return spare / f"{name}.pages"
    cache = file.with_name(f"{file.stem}.{name}.pages")
    disk.refuse_foreign([cache], file.parent, "name another history with --history FILE, or check with --no-history")
    return cache


@contextlib.contextmanager
def _opened(streams: Streams, place: memory.Place | None, options: RunOptions) -> Iterator[History | None]:
    """The history of all mirrors, open for this run; None if there is none, or it cannot be used."""
    if place is None:
        yield None
        return
    from checker.history import database, store

    open_it: Callable[[], History] = functools.partial(store.open_for_writing, place.history, wait=options.wait)
    try:
        try:
            history = open_it()
        except database.DamagedError as error:  # and moved aside
            streams.err.say(f"mirrorcheck: {error}, and a new history begins")
            history = open_it()
    except ConfigError:
        raise
    except CheckerError as error:
        if options.history_file is not None:
            raise
        streams.err.say(f"mirrorcheck: {error}; these runs are not remembered (--no-history)")
        yield None
        return
    with contextlib.closing(history):
        memory.make_folder(place)
        if history.warning:
            streams.err.say(f"mirrorcheck: {history.warning}")
        yield history
