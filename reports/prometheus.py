"""Metrics in Prometheus' text format, for the textfile collector of the node exporter: counts, no targets.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TextIO

from checker.model import Report, State, Verdict
from checker.rules import RULES
from reports import View
from reports._text import clean, clip, counted

_MOST = 50  # hosts, and reasons; each is a series, and a mirror refers to thousands of hosts
_LABEL = 200  # characters of a reason

Samples = Iterable[tuple[Mapping[str, str], float]]


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write gauges of the run, labelled with its source. A rule without findings is 0, so that its series goes on."""
    totals = report.totals
    began, ended = (datetime.fromisoformat(moment).timestamp() for moment in (report.started, report.finished))
    out = _Metrics(stream, report.source)
    out.gauge("build_info", "The version that made these figures.", [({"version": report.version}, 1)])
    out.gauge("run_timestamp_seconds", "When the run ended, in seconds since 1970.", [({}, ended)])
    out.gauge("run_duration_seconds", "How long the run took.", [({}, ended - began)])
    out.gauge("run_complete", "Whether the run came to its end (1) or was interrupted (0).", [({}, report.complete)])
    out.gauge("pages", "Pages that were read.", [({}, totals.pages)])
    out.gauge("references", "Places on pages that name a URL.", [({}, totals.references)])
    out.gauge(
        "targets",
        "Targets of references, by verdict.",
        [({"verdict": verdict}, totals.verdicts.get(verdict, 0)) for verdict in Verdict],
    )
    out.gauge(
        "unchecked_targets",
        "Targets that were not checked, by reason.",
        [({"reason": reason}, count) for reason, count in _largest(totals.unchecked)],
    )
    found = Counter(finding.rule for finding in report.findings)
    out.gauge(
        "findings",
        "Findings, by rule.",
        [({"rule": rule.name, "level": rule.level}, found[rule.name]) for rule in RULES.values()],
    )
    out.gauge("suppressed_findings", "Findings that comments in pages suppress.", [({}, totals.suppressed)])
    out.gauge("baselined_findings", "Findings that a baseline holds.", [({}, len(report.baselined))])
    _compared(report, out)


def _compared(report: Report, out: _Metrics) -> None:
    """Write the gauges that need earlier runs or a baseline."""
    states = counted(report)
    if states or report.health:
        help_text = "Findings by state; fixed ones are gone, unchecked ones were not looked for."
        out.gauge("findings_by_state", help_text, [({"state": state}, states[state]) for state in State])
    if report.health is None:
        return
    hosts = sorted(report.health.hosts, key=lambda host: (-host.verdicts.get(Verdict.BROKEN, 0), host.name))[:_MOST]
    out.gauge(
        "host_broken_targets",
        f"Broken remote targets of the {_MOST} hosts that have most of them.",
        [({"host": host.name}, host.verdicts.get(Verdict.BROKEN, 0)) for host in hosts],
    )
    for run in report.health.runs[-1:]:
        out.gauge("requests", "Requests that the run made.", [({}, run.requests)])
        if run.latency is not None:
            out.gauge("latency_seconds", "The median time of an answer.", [({}, run.latency)])


def _largest(unchecked: Mapping[str, int]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for reason, count in unchecked.items():
        counts[clip(clean(reason), _LABEL)] += count  # two that read the same must not be one series twice
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:_MOST], ranked[_MOST:]
    return sorted(shown) + ([("other", sum(count for _, count in rest))] if rest else [])


class _Metrics:
    """Writes families of samples."""

    def __init__(self, stream: TextIO, source: str) -> None:
        self._stream = stream
        self._source = source

    def gauge(self, name: str, help_text: str, samples: Samples) -> None:
        """Write one family. Every metric is a gauge, since a run starts from nothing."""
        name = f"mirrorcheck_{name}"
        self._stream.write(f"# HELP {name} {help_text}\n# TYPE {name} gauge\n")
        for labels, value in samples:
            stated = {"source": self._source, **labels}
            text = ",".join(f'{label}="{_escaped(content)}"' for label, content in stated.items())
            self._stream.write(f"{name}{{{text}}} {float(value):.15g}\n")


def _escaped(text: str) -> str:
    return clean(text).replace("\\", r"\\").replace('"', r"\"")
