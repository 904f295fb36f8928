"""Metrics in Prometheus' text format, for the textfile collector of the node exporter: counts, no targets.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TextIO

from checker.model import Report, State, Verdict
from checker.rules import RULES
from reports import View
from reports._text import clean, clip, counted

_MOST = 50  # hosts, and reasons; each is a series, and a mirror refers to thousands of hosts
_LABEL = 200  # characters of a reason

Labels = Mapping[str, str]


class Family(NamedTuple):
    """The samples of one metric. Every metric is a gauge, since a run starts from nothing."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write gauges of the run, labelled with its source."""
    for family in families(report):
        write_family(stream, family.name, family.help, family.samples)


def families(report: Report) -> Iterator[Family]:
    """The gauges of a run. A rule without findings is 0, so that its series goes on."""
    for name, help_text, samples in (*_of_run(report), *_compared(report)):
        yield Family(name, help_text, tuple(({"source": report.source, **labels}, value) for labels, value in samples))


_Rows = Iterator[tuple[str, str, Iterable[tuple[Labels, float]]]]


def _of_run(report: Report) -> _Rows:
    totals = report.totals
    began, ended = (datetime.fromisoformat(moment).timestamp() for moment in (report.started, report.finished))
    yield "build_info", "The version that made these figures.", [({"version": report.version}, 1)]
    yield "run_timestamp_seconds", "When the run ended, in seconds since 1970.", [({}, ended)]
    yield "run_duration_seconds", "How long the run took.", [({}, ended - began)]
    yield "run_complete", "Whether the run came to its end (1) or was interrupted (0).", [({}, report.complete)]
    yield "pages", "Pages that were read.", [({}, totals.pages)]
    yield "references", "Places on pages that name a URL.", [({}, totals.references)]
    yield (
        "targets",
        "Targets of references, by verdict.",
        [({"verdict": verdict}, totals.verdicts.get(verdict, 0)) for verdict in Verdict],
    )
    yield (
        "unchecked_targets",
        "Targets that were not checked, by reason.",
        [({"reason": reason}, count) for reason, count in _largest(totals.unchecked)],
    )
    found = Counter(finding.rule for finding in report.findings)
    yield (
        "findings",
        "Findings, by rule.",
        [({"rule": rule.name, "level": rule.level}, found[rule.name]) for rule in RULES.values()],
    )
    yield "suppressed_findings", "Findings that comments in pages suppress.", [({}, totals.suppressed)]
    yield "baselined_findings", "Findings that a baseline holds.", [({}, len(report.baselined))]


def _compared(report: Report) -> _Rows:
    """The gauges that need earlier runs or a baseline."""
    states = counted(report)
    if states or report.health:
        help_text = "Findings by state; fixed ones are gone, unchecked ones were not looked for."
        yield "findings_by_state", help_text, [({"state": state}, states[state]) for state in State]
    if report.health is None:
        return
    hosts = sorted(report.health.hosts, key=lambda host: (-host.verdicts.get(Verdict.BROKEN, 0), host.name))[:_MOST]
    yield (
        "host_broken_targets",
        f"Broken remote targets of the {_MOST} hosts that have most of them.",
        [({"host": host.name}, host.verdicts.get(Verdict.BROKEN, 0)) for host in hosts],
    )
    for run in report.health.runs[-1:]:
        yield "requests", "Requests that the run made.", [({}, run.requests)]
        if run.latency is not None:
            yield "latency_seconds", "The median time of an answer.", [({}, run.latency)]


def _largest(unchecked: Mapping[str, int]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for reason, count in unchecked.items():
        counts[clip(clean(reason), _LABEL)] += count  # two that read the same must not be one series twice
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:_MOST], ranked[_MOST:]
    return sorted(shown) + ([("other", sum(count for _, count in rest))] if rest else [])


def write_family(stream: TextIO, name: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> None:
    """Write the samples of one metric."""
    name = f"mirrorcheck_{name}"
    stream.write(f"# HELP {name} {help_text}\n# TYPE {name} gauge\n")
    for labels, value in samples:
        text = ",".join(f'{label}="{_escaped(content)}"' for label, content in labels.items())
        stream.write(f"{name}{{{text}}} {float(value):.15g}\n")


def _escaped(text: str) -> str:
    return clean(text).replace("\\", r"\\").replace('"', r"\"")
