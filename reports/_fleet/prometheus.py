"""Metrics of a fleet in Prometheus' text format: those of each mirror, with its name as the label `mirror`."""

from __future__ import annotations

from typing import TextIO

from reports import View
from reports._fleet import Overview
from reports.prometheus import Labels, write_family


def write(overview: Overview, stream: TextIO, _view: View) -> None:
    """Write each family once, with the samples of all mirrors."""
    families: dict[str, tuple[str, list[tuple[Labels, float]]]] = {}
    for mirror in overview.mirrors:
        for family in mirror.families:
            rows = families.setdefault(family.name, (family.help, []))[1]
            rows += (({"mirror": mirror.name, **labels}, value) for labels, value in family.samples)
    for name, (help_text, samples) in families.items():
        write_family(stream, name, help_text, samples)
    codes = [({"mirror": mirror.name}, float(mirror.code)) for mirror in overview.mirrors]
    write_family(stream, "exit_code", "The exit code that `check` would have for the mirror.", codes)
    asked = overview.asked
    for name, help_text, value in (
        ("fleet_questions", "Remote URLs that the mirrors asked for, each mirror's own.", asked.wanted),
        ("fleet_questions_asked", "Of these, each once for all mirrors.", asked.distinct),
        ("fleet_requests", "Requests that the run made.", asked.requests),
    ):
        write_family(stream, name, help_text, [({}, value)])
