"""`mirrorcheck fix`."""

from __future__ import annotations

import functools
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.cli import memory
from checker.cli.checking import (
    fails,
    frontier_of,
    refuse_archive_offline,
    run,
    tell_of_copies,
    without_network,
)
from checker.cli.console import Streams, plain
from checker.cli.exit import Exit
from checker.cli.options import about, named, with_options
from checker.cli.outputs import is_colored
from checker.cli.progress import progress_on
from checker.cli.stores import opens_of
from checker.config import trust
from checker.config.names import is_url
from checker.config.options import About, RunOptions
from checker.config.schema import Config
from checker.config.settings import settings_of
from checker.mirror import generators
from checker.model import Finding, Grade, NetworkError, Only, Report, SourceError
from checker.rules import RULES, Needs, Rule, Scope, selected
from checker.sources.address import Address
from checker.sources.named import source_of
from checker.web.visible import clean
from checker.words import counted

if TYPE_CHECKING:
    from checker.mend.plan import Change, Refusal
    from checker.sweep.facts import Context
    from checker.verify.fixity.manifest import Manifest


@click.command(
    "fix",
    params=[
        click.Argument(["source"], nargs=-1),
        click.Option(["--write"], is_flag=True, help="Write the pages, and check them again, instead of a diff."),
        click.Option(["--likely"], is_flag=True, help="Take over likely suggestions too."),
        click.Option(["--interactive"], is_flag=True, help="Ask for each reference."),
        click.Option(["--force"], is_flag=True, help="Write also what git could not give back."),
        *about(About.CONFIGURATION, About.FINDINGS, About.RUN),
        *named("fail_on"),
    ],
)
@with_options
def command(
    streams: Streams,
    options: RunOptions,
    source: tuple[str, ...],
    write: bool,
    likely: bool,
    interactive: bool,
    force: bool,
) -> int:
    """Correct references as the suggestions of their findings say: show a diff, which `git apply` takes.

    Certain suggestions are taken over: another spelling, a renamed file, a copy in the mirror. A rule whose mend is a
    matter of taste (remote/moved, asset/mixed-content) must be named with --select. The network is used for such
    rules only, and with --archive.
    """
    from checker.mend import files, plan

    if any(map(is_url, source)):
        raise click.UsageError("fix changes the pages of a folder, not those of a live address")
    refuse_archive_offline(options)
    config, base = settings_of(options, source)
    trust.complete(config)
    root, only, shown = source_of(config, base, source, opens_of(config), generators.has_sources_in)
    if isinstance(root, Address) or not root.is_dir():
        raise SourceError(f"{root}: fix changes the pages of a folder, not those of an archive or a store")
    check = functools.partial(_checked, streams, options, config, root, only, shown)
    chosen = _Asking(streams).chosen if interactive else _all

    def look(last_good: Callable[[str], int | None] | None = None) -> tuple[Report, list[Change], list[Refusal]]:
        report = check(last_good)
        if report.cut_off:
            raise NetworkError(without_network(report))
        if not report.complete:
            return report, [], []
        wanted = plan.mendable(report.findings, likely=likely, named=options.select)
        return report, *plan.changes(_context(config, root, only), wanted, chosen)

    with _last_good(streams, options, config, base, root) as last_good:
        report, changes, refusals = look(last_good)
    tell_of_copies(streams, report)
    if not report.complete:
        streams.err.say("mirrorcheck: interrupted; nothing is mended")
        return Exit.INTERRUPTED
    if not changes:
        _tell(streams, refusals)
        more = sum(finding.grade is Grade.LIKELY for finding in report.findings) if not likely else 0
        hint = f"; {counted(more, 'suggestion is', 'suggestions are')} likely (--likely)" if more else ""
        streams.err.say(f"nothing to mend{hint}")
        return Exit.FINDINGS if fails(report, config.reports.fail_on, only_new=False) else Exit.OK
    if not write:
        _tell(streams, refusals)
        masked = _show(streams, changes)
        streams.out.flush()
        hidden = "; its logins are masked, so git cannot apply it" if masked else ""
        streams.err.say(f"{_counted(_mended(changes))} can be mended{hidden}; --write writes the pages")
        return Exit.FINDINGS
    if not force:
        files.refuse(root, changes)
    done: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        files.write(root, changes)
        done += _mended(changes)
        report, changes, refusals = look()
        changes = [change for change in changes if change.page in done]
        if not changes:
            break
    _tell(streams, refusals)
    streams.err.say(f"mended {_counted(done)}")
    if found := files.listed(root, config.assets.manifest, done):
        _tell_sums(streams, options, root, *found)
    return Exit.FINDINGS if fails(report, config.reports.fail_on, only_new=False) else Exit.OK


_ROUNDS = 8  # in which pages are mended: with the file that was meant, the fragment that it lacks is found


def _mended(changes: Iterable[Change]) -> Counter[str]:
    """How many findings changes mend, by page."""
    return Counter({change.page: len(change.findings) for change in changes})


def _counted(done: Counter[str]) -> str:
    return f"{counted(done.total(), 'finding', 'findings')} on {counted(len(done), 'page', 'pages')}"


def _last_good(
    streams: Streams, options: RunOptions, config: Config, base: Path | None, root: Path
) -> AbstractContextManager[Callable[[str], int | None] | None]:
    """When a URL last had a good answer, as the history knows: only an archive is asked for that moment."""
    if not options.archive:
        return nullcontext()
    return memory.last_good(streams.err, config, base, root)


def _checked(
    streams: Streams,
    options: RunOptions,
    config: Config,
    root: Path,
    only: Only,
    shown: str,
    last_good: Callable[[str], int | None] | None = None,
) -> Report:
    """The report of a check. `last_good`: when URLs last had a good answer, if an archive is to be asked for copies."""
    from checker.judge.selection import Judge
    from checker.run import check
    from checker.run.job import Asking, Job

    asked = [] if options.offline else [rule for rule in RULES.values() if _is_named(rule, options)]
    copies = options.archive and Judge(config).wants(*(rule.name for rule in RULES.values() if rule.archived))
    online = copies or any(Needs.NETWORK in rule.needs for rule in asked)
    network = functools.partial(frontier_of, config, None, assets=True)  # an error page is no picture
    asking = Asking(network=network) if asked else None
    if copies and last_good:
        asking = Asking(network=network, copies=True, last_good=last_good)
    with progress_on(streams.err, options.quiet) as progress:
        job = Job(
            config=config,
            source=shown,
            only=only,
            network=network if online else None,
            asking=asking,
            everywhere=any(rule.scope is Scope.HOST for rule in asked),
            renames=True,
            progress=progress,
        )
        return run(check.check(job, root), online=online or asking is not None)


def _is_named(rule: Rule, options: RunOptions) -> bool:
    """Whether the mend of a rule must be asked for, and is."""
    return rule.asked and selected(rule.name, options.select)


def _context(config: Config, root: Path, only: Only) -> Context:
    from checker.mirror.opening import open_mirror
    from checker.run.prepare import context_of

    return context_of(config, open_mirror(config, root, only=only), None)[0]


def _all(_page: str, findings: list[Finding]) -> list[Finding]:
    return findings


class _Asking:
    """Asks a person which findings to mend, once for each."""

    def __init__(self, streams: Streams) -> None:
        self._say = streams.err.draw
        self._rest: bool | None = None  # the answer to all that is not asked yet
        self._asked: set[tuple[str, str, str]] = set()

    def chosen(self, page: str, findings: list[Finding]) -> list[Finding]:
        """The findings of a page that the person wants to be mended."""
        new = [finding for finding in findings if _reference_of(finding) not in self._asked]
        self._asked.update(map(_reference_of, new))
        return [finding for finding in new if self._wants(page, finding)]

    def _wants(self, page: str, finding: Finding) -> bool:
        if self._rest is not None:
            return self._rest
        place = f"{page}:{finding.line}:{finding.column}"
        self._say(
            plain(f"{place}  {finding.reference} -> {finding.suggestion}  ({finding.rule}, {finding.grade})") + "\n"
        )
        match click.prompt("mend it? (y, n, a: all, q: none)", type=click.Choice("ynaq"), show_choices=False, err=True):
            case "a":
                self._rest = True
            case "q":
                self._rest = False
            case answer:
                return bool(answer == "y")
        return self._rest


def _reference_of(finding: Finding) -> tuple[str, str, str]:
    return finding.page, finding.rule, finding.reference


def _show(streams: Streams, changes: Sequence[Change]) -> bool:
    """Write a diff, for a person if there is a terminal; return whether a login in it was masked."""
    from checker.mend import diff

    masked, terminal, color = False, streams.out.isatty(), is_colored(streams.out)
    for change in changes:
        before, after, encoding = change.before, change.after, change.encoding
        if terminal:
            before, after, encoding = _recoded(before, encoding), _recoded(after, encoding), "utf-8"
        for number, line in enumerate(diff.unified(change.page, before, after)):
            shown = diff.masked(line, encoding)
            masked |= shown != line
            if terminal:
                streams.out.write(_painted(_shown(shown), color, head=number < _HEAD) + "\n")
            else:
                streams.out.write_bytes(shown)
    return masked


def _tell_sums(streams: Streams, options: RunOptions, root: Path, manifest: Manifest, number: int) -> None:
    """Say that a manifest lists files that have other bytes now, and how it is brought up to date."""
    named = ["--config", options.config_file] if options.config_file else []
    command = shlex.join(map(str, ["mirrorcheck", "seal", "--accept", *named, root]))
    how = f"record it with `{command}`" if manifest.sealable else "write it with the program that made it"
    pages = counted(number, "page that has other bytes", "pages that have other bytes")
    streams.err.say(plain(f"{manifest.path} lists {pages} now: {how}"))


_HEAD = 2  # lines of a page's diff that name it
_COLORS = {"@": "36", "-": "31", "+": "32"}  # of SGR, ECMA-48; those of git


def _recoded(page: bytes, encoding: str) -> bytes:
    """A page in UTF-8."""
    return page.decode(encoding, "backslashreplace").encode("utf-8", "backslashreplace")


def _shown(line: bytes) -> str:
    """A line of a diff as a terminal may show it: with all escaped that it would act on, but for tabs."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
    return "\t".join(map(clean, text.split("\t")))


def _painted(line: str, color: bool, *, head: bool) -> str:
    code = "1" if head else _COLORS.get(line[:1], "")
    return f"\x1b[{code}m{line}\x1b[0m" if color and code else line


def _tell(streams: Streams, refusals: Sequence[Refusal]) -> None:
    """Say which findings stay, counted by the reason, with the first of each."""
    first: dict[str, Finding] = {}
    for refusal in refusals:
        first.setdefault(refusal.reason, refusal.finding)
    for reason, number in Counter(refusal.reason for refusal in refusals).items():
        at = f"{first[reason].page}:{first[reason].line}"
        streams.err.say(f"{counted(number, 'finding stays', 'findings stay')}: {reason} (first: {at})")
