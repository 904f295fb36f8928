"""Arguments, streams and the exit code: the only room that prints."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, cast

import click
import msgspec

import reports
from checker import __version__, disk, logins
from checker.cli.console import Log, Output, UnreadError, plain, progress_on
from checker.cli.options import FORMAT, HISTORY, LEVELS, configured, remembering, shared, some
from checker.config import schema, trust
from checker.config.file import nearest, one_of
from checker.config.schema import Config
from checker.config.settings import (
    CONFIG_FILE,
    OWN_FILE,
    among,
    existing,
    find,
    is_url,
    root_of,
    settings_of,
    source_of,
)
from checker.model import (
    CheckerError,
    ConfigError,
    Level,
    NetworkError,
    Report,
    ReportError,
    Scope,
    SourceError,
    State,
    Unchecked,
)
from checker.rules import FAMILIES, RULES
from checker.web import durations

if TYPE_CHECKING:
    from checker.extract import Options
    from checker.history.run import RunHistory
    from checker.history.store import History
    from checker.judge.baseline import Baseline, Changes
    from checker.run.frontier import Frontier

OK, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130

_NAME_BASELINE = "name a baseline with --baseline FILE"


class Streams(NamedTuple):
    """Where the program writes: the report to `out`, all else to `err`."""

    out: Output
    err: Log


def run(argv: Sequence[str], *, stdout: TextIO | None, stderr: TextIO | None) -> int:
    """Run the command line; its exit code is 0 clean, 1 findings, 2 the job could not be done, 130 interrupted.

    A stream is None where it is closed.
    """
    streams = Streams(Output(stdout), Log(stderr))
    out, err = cast(TextIO, streams.out), cast(TextIO, streams.err.others)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.main(args=list(argv), prog_name="mirrorcheck", standalone_mode=False, obj=streams)
        streams.out.flush()
        return code if isinstance(code, int) else OK
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        click.UsageError(plain(error.format_message()), getattr(error, "ctx", None)).show(shown)
        streams.err.draw(shown.getvalue())
        return FAILED
    except UnreadError:
        return FAILED
    except CheckerError as error:
        streams.err.say(f"mirrorcheck: {error}")
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        streams.err.say("mirrorcheck: interrupted")
        return INTERRUPTED
    except Exception:  # a mistake of ours: never to be taken for findings, which is what Python's own exit code says
        import traceback

        streams.err.say(f"mirrorcheck: this is a bug in mirrorcheck {__version__}; please report it with what follows")
        traceback.print_exc(file=err)
        return FAILED
    finally:
        with contextlib.suppress(ReportError):  # it was told above
            streams.out.flush()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="mirrorcheck %(version)s")
def main() -> None:
    """Check that a mirrored site is whole: every reference leads somewhere."""


@main.command()
@click.argument("source", nargs=-1)
@shared
@remembering
@click.option(
    "--against",
    type=click.Choice(("live",)),
    help="Compare a folder with the live site at its first address too: what either of them lacks.",
)
@click.option(
    "--changed-since",
    metavar="REV",
    help="Report only what a change can have broken: its pages, and whatever refers to what it removed. For git.",
)
@click.pass_obj
def check(streams: Streams, /, source: tuple[str, ...], **options: Any) -> int:
    """Check a mirror: a folder, the pages named against the folder they are in, or a live address.

    Without SOURCE, the folder that the configuration names. A live address is walked within its origin and path.
    """
    settings, base = settings_of(options, source)
    return _check_sources(streams, settings, base, source, options)


@main.command()
@click.argument("source")
@shared
@click.pass_obj
def page(streams: Streams, /, source: str, **options: Any) -> int:
    """Check one page, now: everything it refers to, grouped by place. SOURCE is a file or a live address."""
    options["by"] = options["by"] or "page"
    settings, base = settings_of(options, (source,))
    if is_url(source):
        site = msgspec.structs.replace(settings.site, depth=0)
        return _check_live(streams, msgspec.structs.replace(settings, site=site), source, options)
    path = existing(source)
    if not path.is_file():
        raise SourceError(f"{source}: not a file; `mirrorcheck check` checks a folder")
    root = root_of(path, settings, base)
    return _check(streams, settings, root, among([path], root), source, options)


@main.group("baseline")
def baselines() -> None:
    """Keep a list of findings that are known, so that only others fail."""


@baselines.command("write")
@click.argument("source", nargs=-1)
@some(
    *("config_file", "trust_config", "environment", "offline", "exclude", "time_limit", "deep", "published"),
    *("select", "ignore", "baseline", "jobs", "quiet"),
)
@click.pass_obj
def write_baseline(streams: Streams, /, source: tuple[str, ...], **options: Any) -> int:
    """Write what `check` finds today to the baseline: that of the configuration, or baseline.toml.

    Owner, reason and expiry of entries that are still found are kept, and all of what this run does not look at.
    """
    options |= {"everything": False, "verbose": False, "writes_baseline": True}
    settings, base = settings_of(options, source)
    return _check_sources(streams, settings, base, source, options)


@main.command()
@click.argument("rule", required=False)
@click.pass_obj
def rules(streams: Streams, /, rule: str | None) -> int:
    """List the rules, or explain one rule or family."""
    if rule is None:
        width = max(map(len, RULES))
        for row in RULES.values():
            streams.out.write(f"{row.name:<{width}}  {row.level:<7}  {row.summary}\n")
        return OK
    chosen = [row for row in RULES.values() if rule in {row.name, row.family}]
    if not chosen:
        raise ConfigError(f"no rule or family is called {rule!r}{nearest(rule, (*RULES, *FAMILIES))}")
    for row in chosen:
        streams.out.write(f"{row.name} ({row.level})\n  {row.summary}\n  Why: {row.why}\n  Mend: {row.mend}\n")
    return OK


@main.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a configuration of mirrorcheck that is there.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the configuration instead of writing it.")
@click.pass_obj
def init(streams: Streams, /, folder: Path, force: bool, to_stdout: bool) -> int:
    """Detect a mirror's layout and addresses, and write a commented configuration.

    Its name is config.toml, or mirrorcheck.toml where another program has a config.toml.
    """
    from checker.mirror.detect import detect, summary, write_config
    from checker.sources.folder import Index

    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder")
    found = detect(folder, Index(folder))
    if not found.pages:
        raise SourceError(f"{folder}: no mirror: no HTML, Markdown, CSS, SVG, feed, sitemap or web manifest is in it")
    text = write_config(found)
    if to_stdout:
        streams.out.write(text)
        return OK
    path = _new_configuration(folder, force=force)
    disk.refuse_foreign([path], folder, "print it with --stdout")
    try:
        with disk.whole(path) as file:
            file.write(text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from error
    for line in (*summary(found), f"wrote {path}; next: mirrorcheck check --offline"):
        streams.err.say(line)
    return OK


def _new_configuration(folder: Path, *, force: bool) -> Path:
    """Where `init` writes: never over a file that another program reads. Raises ConfigError."""
    known = find(folder)
    if known and known.below:
        raise ConfigError(f"{known} is there already; --stdout prints a configuration")
    if known and not force:
        raise ConfigError(f"{known} is there already; --force writes over it, --stdout prints")
    if known:
        return known.path
    return folder / (OWN_FILE if os.path.lexists(folder / CONFIG_FILE) else CONFIG_FILE)


@main.command()
@configured
@HISTORY
@click.option("--run", "number", type=click.IntRange(1), metavar="RUN", help="Not the last run, but this one.")
@click.option("--since", metavar="DURATION", help="Only so long ago (30d, 2w), and what is new and fixed since then.")
@click.option(
    "--compare",
    nargs=2,
    type=click.IntRange(1),
    metavar="RUN RUN",
    help="The second run's report, with what is new and fixed since the first.",
)
@FORMAT
@click.option("-v", "--verbose", is_flag=True, help="Show every place.")
@click.pass_obj
def report(
    streams: Streams, /, number: int | None, since: str | None, compare: tuple[int, int] | None, **options: Any
) -> int:
    """Write the report of a run from the history, as it was, with the health of the mirror.

    Without --format, the health page too: health.html beside the history.
    """
    if compare and (number or since):
        raise click.UsageError("--compare names the runs; --run and --since do not go with it")
    from checker.history.store import open_for_reading

    settings, _ = settings_of(options, ())
    outputs = _outputs(settings.reports.format, named=bool(options["formats"]))
    file = _history_file(options)
    with contextlib.closing(open_for_reading(file)) as store:
        first, run = compare or (None, number or store.last()[1])
        found = store.report(run, against=first, since=_ago(since, "--since") if since else None)
    view = _view(streams.out, settings, {"quiet": False, **options})
    _write_all(streams, outputs, found, view)
    if not options["formats"]:
        health = file.with_name("health.html")
        _write("html", str(health), found, view, streams.out, named=False)
        streams.err.say(f"mirrorcheck: the health page is {health}")
    return OK


@main.group()
def history() -> None:
    """Look at the history, or make it smaller."""


@history.command("list")
@configured
@HISTORY
@click.pass_obj
def list_runs(streams: Streams, /, **options: Any) -> int:
    """List the runs."""
    with _opened(options) as kept:
        for run, series, complete, night in kept.list():
            if night is None:
                said = "not finished" if not complete else ""
            else:
                levels = ", ".join(f"{night.totals.levels.get(Level(level), 0)} {level}s" for level in LEVELS)
                states = ", ".join(f"{getattr(night, state)} {state}" for state in State)
                said = f"{night.started}  {levels}, {states}, {night.requests} requests"
            streams.out.write(plain(f"{run:>5}  {said}  {series}") + "\n")
    return OK


@history.command("show")
@click.argument("target")
@configured
@HISTORY
@click.pass_obj
def show_target(streams: Streams, /, target: str, **options: Any) -> int:
    """Show what a remote TARGET answered, run by run."""
    with _opened(options) as kept:
        lives = list(kept.show(target.partition("#")[0]))
    if not lives:
        raise ConfigError(f"{target}: the history knows no such target")
    for stored, past in lives:
        status = f" {stored.status}" if stored.status else ""
        streams.out.write(plain(f"{stored.url}: {stored.verdict}{status} {stored.message}".rstrip()) + "\n")
        for hop in stored.chain:
            streams.out.write(plain(f"  {hop.status} to {hop.url}") + "\n")
        if past.first_broken:
            streams.out.write(f"  fails since {past.first_broken}, {past.failures} runs in a row\n")
        streams.out.write(f"  last good: {past.last_good or 'never'}\n")
        for one in past.seen:
            streams.out.write(f"  run {one.run}: {one.verdict}{f' {one.status}' if one.status else ''}\n")
    return OK


@history.command("prune")
@click.option("--keep", metavar="DURATION", default="90d", show_default=True, help="How long runs are kept.")
@configured
@HISTORY
@click.pass_obj
def prune(streams: Streams, /, keep: str, **options: Any) -> int:
    """Forget old runs, and make the file smaller."""
    file = _history_file(options)
    from checker.history.store import open_for_writing

    existing(str(file))
    before = file.stat().st_size
    with contextlib.closing(open_for_writing(file)) as kept:
        if kept.warning:
            streams.err.say(f"mirrorcheck: {kept.warning}")
        runs = kept.prune(_ago(keep, "--keep"))
    streams.out.write(f"{runs} runs forgotten; {before:,} bytes before, {file.stat().st_size:,} now\n")
    return OK


def _ago(text: str, option: str) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=durations.seconds(text, option))


def _history_file(options: dict[str, Any]) -> Path:
    settings, base = settings_of(options, ())
    file = _history_of(settings, base, (), {**options, "no_history": False})
    if file is None:
        raise ConfigError("no history: name its file with --history, or a configuration with --config")
    return file


def _opened(options: dict[str, Any]) -> contextlib.closing[History]:
    """The history of the working folder, or the one that is named."""
    from checker.history.store import open_for_reading

    return contextlib.closing(open_for_reading(_history_file(options)))


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@configured
@click.option("--accept", is_flag=True, help="Record the folder as it is, though it differs from its manifest.")
@click.option(
    "--jobs", type=click.IntRange(0), metavar="N", help="Worker processes; 0 is one a processor.  [default: 0]"
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of a folder that is as recorded.")
@click.pass_obj
def seal(streams: Streams, /, folder: Path | None, accept: bool, quiet: bool, **options: Any) -> int:
    """Record the bytes of every file in SHA256SUMS, for `check` and `sha256sum -c` to compare with.

    Where the folder differs from what is recorded, says how, and writes nothing without --accept.
    """
    from checker.verify.fixity.seal import seal as sealed

    settings, base = settings_of(options, (str(folder),) if folder else ())
    root = folder or source_of(settings, base, ())[0]
    sealing = sealed(root, settings.assets.manifest, settings.engine.jobs, accept=accept)
    for each in sealing.differences:
        renamed = f" -> {each.now}" if each.now else ""
        streams.out.write(plain(f"{each.fault:<8}  {each.name}{renamed}".replace("\n", "\\n")) + "\n")
    if sealing.written:
        streams.err.say(f"wrote {sealing.manifest}: {sealing.files:,} files")
    elif sealing.differences:
        count = len(sealing.differences)
        streams.err.say(f"{sealing.manifest}: {count:,} differences; --accept records the folder as it is")
        return FINDINGS
    elif not quiet:
        streams.err.say(f"{sealing.manifest}: all {sealing.files:,} files are as recorded")
    return OK


@main.command()
@click.argument("page_name", metavar="PAGE")
@click.argument("reference", required=False)
@configured
@click.option("--published", metavar="URL", multiple=True, help="An address of the mirror. Repeatable.")
@click.pass_obj
def explain(streams: Streams, /, page_name: str, reference: str | None, **options: Any) -> int:
    """How a reference of a page was found, resolved, mapped and judged, step by step."""
    from checker.run.explain import explain as steps

    settings, base = settings_of(options, (page_name,))
    _decodable(settings)
    path = existing(page_name)
    root = root_of(path, settings, base)
    for line in steps(settings, root, path, reference):
        streams.out.write(plain(line.replace("\n", "\\n")) + "\n")
    return OK


def _check_sources(
    streams: Streams, config: Config, base: Path | None, source: tuple[str, ...], options: dict[str, Any]
) -> int:
    if any(map(is_url, source)):
        if len(source) > 1:
            raise click.UsageError("name one address at a time")
        if options.get("changed_since"):
            raise click.UsageError("--changed-since takes a folder, of which git knows the past")
        return _check_live(streams, config, source[0], options, base)
    root, only, named = source_of(config, base, source)
    return _check(streams, config, root, only, named, options, base)


def _check(
    streams: Streams,
    config: Config,
    root: Path,
    only: Callable[[str], bool] | None,
    named: str,
    options: dict[str, Any],
    base: Path | None = None,
) -> int:
    from checker.run import check
    from checker.run.job import Job

    outputs, held = _prepared(config, options, base)
    network = None
    against = options.get("against")
    if against and (options["offline"] or only):
        raise click.UsageError("--against live takes a whole folder, and the network")
    changed_since = options.get("changed_since") or ""
    if changed_since and (only or options["everything"]):
        raise click.UsageError("--changed-since takes a whole folder, and goes without --all")
    where = None if only else _history_of(config, base, (root,), options)
    if only and options.get("history_file"):
        raise click.UsageError("--history takes a whole mirror: name its folder, or no SOURCE")
    # A report on a change alone is no night of the mirror.
    remembered = None if changed_since else where
    with _tonight(streams, config, remembered, _mirror(config, root, where), options) as tonight:
        if not options["offline"]:
            network = functools.partial(_network, config, tonight)
        with progress_on(streams.err, options["quiet"]) as progress:
            report = _run(
                check.check(
                    Job(
                        config=config,
                        source=named,
                        only=only,
                        rows=options["everything"],
                        network=network,
                        cache=where and where.with_suffix(".pages"),
                        changed_since=changed_since,
                        history=tonight,
                        progress=progress,
                    ),
                    root,
                ),
                online=network is not None,
            )
        if against and network and report.complete and not report.cut_off:
            from checker.run.compare import compare

            report = _run(compare(config, root, report, network=functools.partial(_network, config, None)))
        looked_at = _nothing if changed_since else only  # what is not reported may be there all the same
        scope = Scope(looked_at, network is not None, False, bool(against))
        return _end(streams, config, report, outputs, options, held, scope, tonight)


def _prepared(
    config: Config, options: dict[str, Any], base: Path | None
) -> tuple[list[tuple[str, str | None]], Baseline | None]:
    """Where the reports go, and the baseline. What would fail after the run, or only with the network, fails here."""
    outputs = _outputs(config.reports.format, named=bool(options.get("formats")))
    held = _baseline(config, options, base)
    _decodable(config)
    trust.complete(config)
    return outputs, held


def _decodable(config: Config) -> None:
    """Raise ConfigError where pictures are to be decoded and Pillow is not here."""
    if config.assets.deep:
        try:
            import PIL.Image  # noqa: F401
        except ImportError as error:
            raise ConfigError("--deep ([assets] deep) needs an extra: pip install 'mirrorcheck[deep]'") from error


def _nothing(_page: str) -> bool:
    return False


def _network(config: Config, tonight: RunHistory | None, options: Options, *, named: str = "") -> Frontier:
    """What asks for remote URLs, of the origin `named` too; and looks at what pages embed, if a rule counts."""
    from checker.judge.findings import Judge
    from checker.run.frontier import Frontier  # takes as long to load as a small mirror to check
    from checker.verify.remote import ASSET_RULES

    assets = Judge(config).wants(*ASSET_RULES)
    return Frontier(config.remote, options, assets=assets, deep=config.assets.deep, named=named, tonight=tonight)


def _history_of(config: Config, base: Path | None, places: tuple[Path, ...], options: dict[str, Any]) -> Path | None:
    """The file of a mirror's history, if it has one: beside the configuration, or where there is a folder for it."""
    if options.get("no_history") or "no_history" not in options:
        return None
    if options["history_file"]:
        return _named_history(options["history_file"])
    if base is not None:
        return _found_history(base / config.history.file, base) if config.history.file else None
    for place in (*places, Path()):
        file = place / schema.HISTORY
        if os.path.isdir(file.parent):  # noqa: PTH112 - False where none may look
            return _found_history(file, place)
    return None


_OTHER_HISTORY = "name another history with --history FILE (`check` does without: --no-history)"


def _named_history(file: Path) -> Path:
    """The file of a history that is asked for: wherever it leads; what lies beside it is not asked for."""
    from checker.history.store import files_of

    file = Path(os.path.realpath(file)) if file.is_symlink() else file
    disk.refuse_foreign(files_of(file)[1:], file.parent, _OTHER_HISTORY)
    return file


def _found_history(file: Path, root: Path) -> Path:
    """The file of a history that nobody asked for: nothing of it may have come with the mirror."""
    from checker.history.store import files_of, read_back
    from checker.mirror import git

    disk.refuse_foreign(files_of(file), root, _OTHER_HISTORY)
    kept = [each.name for each in read_back(file) if each.exists()]
    for name in git.tracked(file.parent, kept) if kept else ():
        raise disk.ForeignError(
            f"{file.with_name(name)}: git tracks it, so it came with the mirror, and is not believed;"
            f" `git rm --cached` it, or name it with --history {file}"
        )
    return file


def _mirror(config: Config, root: Path, file: Path | None) -> str:
    """What a mirror is called in its history, wherever both are moved to."""
    if file is None or config.mirror.published:
        return config.mirror.published[0] if config.mirror.published else ""
    folder = file.resolve().parent
    if folder.name == schema.HISTORY.parent.name:
        folder = folder.parent
    with contextlib.suppress(ValueError):  # on another drive
        place = os.path.relpath(root.resolve(), folder)
        return place.replace(os.sep, "/")
    return str(root.resolve())


@contextlib.contextmanager
def _tonight(
    streams: Streams, config: Config, file: Path | None, mirror: str, options: dict[str, Any]
) -> Iterator[RunHistory | None]:
    """What this run has to do with the history in `file`."""
    if file is None:
        if options.get("fail_on_new") and not config.rules.baseline:
            raise click.UsageError("--fail-on-new needs a history or a baseline to know what is new: --history FILE")
        yield None
        return
    from checker.history import store
    from checker.history.run import RunHistory

    # Only runs that look at the same things tell what is new.
    way = [f"--{name}" for name in ("offline", "deep") if options[name]]
    way += [f"--{name} {value}" for name in ("select", "ignore", "exclude") for value in sorted(options[name])]

    def begun() -> tuple[History, RunHistory]:
        kept = store.open_for_writing(file, wait=options["wait"])
        try:
            series = " ".join((logins.hidden(mirror), *way))
            deep, resume = config.assets.deep, options["resume"]
            return kept, RunHistory(kept, series, config.history, config.remote, deep=deep, resume=resume)
        except BaseException:
            kept.close()
            raise

    def say(text: str) -> None:
        streams.err.say(f"mirrorcheck: {text}")

    try:
        try:
            kept, tonight = begun()
        except store.DamagedError as error:  # and moved aside
            say(f"{error}, and a new history begins")
            kept, tonight = begun()
    except ConfigError:
        raise
    except CheckerError as error:
        if options["history_file"]:
            raise
        say(f"{error}; this run is not remembered (--no-history)")
        yield None
        return
    with contextlib.closing(kept):
        if kept.warning:
            say(kept.warning)
        if tonight.resumed and not options["quiet"]:
            say(f"takes up run {tonight.run}, which did not end (--no-resume)")
        try:
            yield tonight
        except CheckerError:
            tonight.fail()
            raise


def _check_live(
    streams: Streams, config: Config, source: str, options: dict[str, Any], base: Path | None = None
) -> int:
    if options["offline"]:
        raise click.UsageError("a live address cannot be checked with --offline")
    from checker.run import walk
    from checker.run.job import Job
    from checker.web import urls

    outputs, held = _prepared(config, options, base)
    try:
        start = urls.split_fragment(urls.resolve("about:blank", source))[0]
    except urls.InvalidURL as error:
        raise SourceError(f"{source}: no URL that a browser could open") from error
    where = _history_of(config, base, (), options)
    with _tonight(streams, config, where, start, options) as tonight:
        with progress_on(streams.err, options["quiet"]) as progress:
            report = _run(
                walk.check(
                    Job(
                        config=config,
                        source=source,
                        rows=options["everything"],
                        network=functools.partial(_network, config, tonight, named=start),
                        history=tonight,
                        progress=progress,
                    ),
                    start,
                )
            )
        everything = config.site.depth < 0 and walk.is_whole(report)
        looked_at = None if everything else {finding.page for finding in report.findings}.__contains__
        return _end(streams, config, report, outputs, options, held, Scope(looked_at, True, True), tonight)


def _baseline(config: Config, options: dict[str, Any], base: Path | None) -> Baseline | None:
    """The baseline, read before the run so that a mistake in it is told at once."""
    path = Path(config.rules.baseline or "baseline.toml")
    writes = options.get("writes_baseline")
    if not (config.rules.baseline or writes):
        return None
    if not options.get("baseline"):
        if writes:
            disk.refuse_foreign([path], (base if config.rules.baseline else None) or Path(), _NAME_BASELINE)
        elif path.exists() and not path.is_file():
            raise ConfigError(f"{path}: not a regular file; {_NAME_BASELINE}")
    from checker.judge import baseline

    return baseline.Baseline(path) if writes and not path.exists() else baseline.read(path)


def _end(
    streams: Streams,
    config: Config,
    report: Report,
    outputs: list[tuple[str, str | None]],
    options: dict[str, Any],
    held: Baseline | None,
    scope: Scope,
    tonight: RunHistory | None = None,
) -> int:
    """Remember the run, write the reports or the baseline, and say how it went."""
    if held is not None:
        from checker.judge import baseline

        if options.get("writes_baseline"):
            if not report.complete:
                streams.err.say("mirrorcheck: interrupted; the baseline is as it was")
                return INTERRUPTED
            if report.cut_off:
                raise NetworkError(f"{_without_network(report)}; the baseline is as it was")
            return _end_baseline(streams, baseline.write(held, report, scope, config), held)
        report = baseline.apply(held, report, scope, config)
    if tonight:
        report = tonight.conclude(report)
    view = _view(streams.out, config, options)
    _write_all(streams, outputs, report, view)
    if tonight and tonight.failed:
        from checker.history.store import DamagedError

        if not isinstance(tonight.failed, DamagedError):
            raise tonight.failed
        streams.err.say(f"mirrorcheck: {tonight.failed}; this run is not remembered, and the next begins a new history")
    if not report.complete:
        return INTERRUPTED
    if report.cut_off:
        raise NetworkError(f"{_without_network(report)}; --offline checks without a network")
    return FINDINGS if _fails(report, config.reports.fail_on, only_new=options.get("fail_on_new", False)) else OK


def _without_network(report: Report) -> str:
    count = report.totals.unchecked.get(Unchecked.NO_NETWORK, 0)
    what = f"{count:,} remote target is" if count == 1 else f"{count:,} remote targets are"
    return f"{Unchecked.NO_NETWORK}: {report.cut_off}; nothing was reached, so {what} unchecked"


def _end_baseline(streams: Streams, changes: Changes, held: Baseline) -> int:
    said = [f"{changes.entries:,} entries", f"{changes.added:,} new", f"{changes.removed:,} gone"]
    if changes.expired:
        said.append(f"{changes.expired:,} expired")
    streams.err.say(f"wrote {held.path}: {', '.join(said)}")
    return OK


def _run(checking: Coroutine[Any, Any, Report], *, online: bool = True) -> Report:
    """Run the check; SIGINT and SIGTERM end it with what was learnt until then, the second of them at once."""
    import asyncio

    from checker.sweep import budget

    found: list[Report] = []

    async def run() -> None:  # without the report: on its way out, the runner writes its task's result as a text
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - for the type checker
        with budget.heard(lambda: loop.call_soon_threadsafe(task.cancel)):
            found.append(await checking)

    with asyncio.Runner(loop_factory=_loop_factory() if online else None) as runner:
        runner.run(run())
    return found[0]


def _loop_factory() -> Callable[[], Any] | None:
    """The quicker event loop, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _outputs(formats: tuple[str, ...], *, named: bool = True) -> list[tuple[str, str | None]]:
    """(format, file or standard output) of each report. `named` on the command line: else it may be a stranger's."""
    outputs: list[tuple[str, str | None]] = []
    for text in formats:
        name, equals, file = text.partition("=")
        if name not in reports.FORMATS:
            raise ConfigError(f"no report format is called {name!r}{one_of(name, reports.FORMATS)}")
        if equals and not file:
            raise ConfigError(f"--format {text}: no file after `=`")
        if file:
            _writable(text, Path(file))
        outputs.append((name, file or None))
    if sum(file is None for _, file in outputs) > 1:
        raise ConfigError("only one report can go to standard output; give the others a file: --format NAME=FILE")
    if not named:
        files = [Path(file) for _, file in outputs if file]
        disk.refuse_foreign(files, Path(), "name it on the command line: --format NAME=FILE")
    return outputs


def _writable(text: str, file: Path) -> None:
    """Raise ReportError where a report cannot be written, before the run that it is to report."""
    if file.is_dir():
        raise ReportError(f"--format {text}: {file} is a folder")
    place = file if file.exists() else file.parent
    if not place.exists():
        raise ReportError(f"--format {text}: could not be written: {place}: no such folder")
    if not os.access(place, os.W_OK):
        raise ReportError(f"--format {text}: could not be written: {place}: permission denied")


def _view(out: Output, config: Config, options: dict[str, Any]) -> reports.View:
    terminal = out.isatty()
    color = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return reports.View(
        by=config.reports.by,
        color=color,
        links=color and "CI" not in os.environ,
        quiet=options["quiet"],
        verbose=options["verbose"],
    )


def _write_all(streams: Streams, outputs: list[tuple[str, str | None]], report: Report, view: reports.View) -> None:
    """Write each report, also where another one could not be written. Raises ReportError."""
    failed: list[ReportError] = []
    for name, file in outputs:
        try:
            _write(name, file, report, view, streams.out)
        except ReportError as error:
            failed.append(error)
    for other in failed[1:]:
        streams.err.say(f"mirrorcheck: {other}")
    if failed:
        raise failed[0]


def _write(name: str, file: str | None, report: Report, view: reports.View, out: Output, *, named: bool = True) -> None:
    """Write a report to a file, or to standard output. Raises ReportError."""
    if file is None:
        reports.write(name, report, cast(TextIO, out), view)
        out.flush()
        return
    try:
        with disk.whole(Path(file), named=named) as stream:
            reports.write(name, report, stream, reports.View(by=view.by, verbose=view.verbose))
    except OSError as error:
        raise ReportError(f"the {name} report could not be written to {file}: {error.strerror}") from error


def _fails(report: Report, fail_on: str, *, only_new: bool) -> bool:
    if fail_on == "never":
        return False
    counting = {Level(level) for level in LEVELS[: LEVELS.index(fail_on) + 1]}
    states = {State.NEW, None} if only_new else {*State, None}  # without anything to compare with, all is new
    return any(
        finding.level in counting and finding.state in states and finding.fingerprint not in report.baselined
        for finding in report.findings
    )
