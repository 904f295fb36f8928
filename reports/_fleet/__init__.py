"""Reports on a fleet: one file for each format, with `write(overview, stream, view)`. The folder is the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple, TextIO

from msgspec import Struct, field
from msgspec.structs import replace

from checker.model import Finding, Report, RunFigures, State, Totals, Verdict
from checker.web import urls
from reports import View
from reports.prometheus import Family, families

FORMATS: tuple[str, ...] = tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


class Broken(NamedTuple):
    """A broken remote target, as one mirror refers to it."""

    rule: str
    message: str
    pages: int
    references: int


class Mirror(Struct, frozen=True, kw_only=True):
    """What an overview holds of one mirror: no finding stays, only counts and the remote targets that are broken."""

    name: str
    code: int = 0  # the exit code that `check` would have
    fault: str = ""  # why it has no report, or why that cannot be relied on
    report: Report | None = None  # without findings; None: it could not be checked
    states: dict[State, int] = field(default_factory=dict)
    broken: dict[str, Broken] = field(default_factory=dict)  # by URL
    families: tuple[Family, ...] = ()
    page: str = ""  # its health page, relative to the overview

    @property
    def totals(self) -> Totals:
        """The counts of its run."""
        return self.report.totals if self.report else Totals()

    @property
    def runs(self) -> tuple[RunFigures, ...]:
        """Its runs in the history, from old to new."""
        return self.report.health.runs if self.report and self.report.health else ()


class Shared(NamedTuple):
    """A broken remote target, and the mirrors that refer to it."""

    target: str
    rule: str
    message: str
    mirrors: tuple[str, ...]
    pages: int
    references: int


class HostOfMany(NamedTuple):
    """A host with broken targets."""

    name: str
    broken: int  # targets, each once
    mirrors: int  # that refer to one of them
    references: int  # to them
    since: str | None  # ISO 8601: since when no mirror's history knows a good answer of it


class Asked(NamedTuple):
    """How much the mirrors saved by asking together."""

    wanted: int = 0  # questions of all mirrors
    distinct: int = 0  # those that were asked, each once
    requests: int = 0


class Overview(Struct, frozen=True, kw_only=True):
    """The results of a run over a fleet."""

    version: str
    source: str
    started: str  # ISO 8601, UTC
    finished: str
    mirrors: tuple[Mirror, ...]
    asked: Asked
    shared: tuple[Shared, ...]  # the broken targets, what most mirrors refer to in front
    hosts: tuple[HostOfMany, ...]  # the worst in front

    @property
    def complete(self) -> bool:
        """Whether all mirrors were checked to the end."""
        return all(mirror.report is None or mirror.report.complete for mirror in self.mirrors)


def mirror_of(name: str, report: Report, *, code: int, fault: str, page: str) -> Mirror:
    """What an overview holds of a report."""
    pages: dict[str, set[str]] = {}
    found: dict[str, tuple[Finding, int]] = {}
    for finding in report.findings:
        if finding.verdict is Verdict.BROKEN and finding.target.startswith(("http:", "https:")):
            first, references = found.get(finding.target, (finding, 0))
            found[finding.target] = first, references + 1
            pages.setdefault(finding.target, set()).add(finding.page)
    health = report.health
    return Mirror(
        name=name,
        code=code,
        fault=fault,
        report=replace(
            report,
            findings=(),
            references=None,
            sections=(),
            owners={},
            health=health and replace(health, past=(), fixed=(), unchecked=(), stood={}),
        ),
        states=dict(Counter(finding.state for finding in report.findings if finding.state))
        | ({State.FIXED: len(health.fixed)} if health and health.fixed else {}),
        broken={
            target: Broken(first.rule, first.message, len(pages[target]), references)
            for target, (first, references) in found.items()
        },
        families=tuple(families(report)),
        page=page,
    )


def overview_of(source: str, version: str, times: tuple[str, str], mirrors: Iterable[Mirror], asked: Asked) -> Overview:
    """The results of a run over a fleet. `times`: when it began and ended."""
    mirrors = tuple(mirrors)
    started, finished = times
    return Overview(
        version=version,
        source=source,
        started=started,
        finished=finished,
        mirrors=mirrors,
        asked=asked,
        shared=_shared(mirrors),
        hosts=_hosts(mirrors),
    )


def _shared(mirrors: Iterable[Mirror]) -> tuple[Shared, ...]:
    by_target: dict[str, list[tuple[str, Broken]]] = {}
    for mirror in mirrors:
        for target, broken in mirror.broken.items():
            by_target.setdefault(target, []).append((mirror.name, broken))
    rows = [
        Shared(
            target,
            each[0][1].rule,
            each[0][1].message,
            tuple(name for name, _ in each),
            sum(broken.pages for _, broken in each),
            sum(broken.references for _, broken in each),
        )
        for target, each in by_target.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-len(row.mirrors), -row.pages, -row.references, row.target)))


def _hosts(mirrors: Iterable[Mirror]) -> tuple[HostOfMany, ...]:
    targets: dict[str, set[str]] = {}
    naming: dict[str, set[str]] = {}
    references: Counter[str] = Counter()
    since: dict[str, list[str | None]] = {}
    for mirror in mirrors:
        for target, broken in mirror.broken.items():
            host = urls.authority(target)
            targets.setdefault(host, set()).add(target.partition("#")[0])
            naming.setdefault(host, set()).add(mirror.name)
            references[host] += broken.references
        for known in mirror.report.health.hosts if mirror.report and mirror.report.health else ():
            since.setdefault(known.name, []).append(known.since)
    rows = []
    for host, broken_ in targets.items():
        moments = since.get(host, [None])
        silent = max(moment for moment in moments if moment) if all(moments) else None
        rows.append(HostOfMany(host, len(broken_), len(naming[host]), references[host], silent))
    return tuple(sorted(rows, key=lambda row: (-row.broken, -row.mirrors, -row.references, row.name)))


def write(name: str, overview: Overview, stream: TextIO, view: View | None = None) -> None:
    """Write a report on a fleet in one of FORMATS. Raises what the stream raises."""
    writing: Callable[[Overview, TextIO, View], None] = import_module(f"{__name__}.{name}").write
    writing(overview, stream, view or View())
