"""JSON: the overview of a fleet for programs, as schema.json beside this file says."""

from __future__ import annotations

import json
from typing import Any, TextIO

from checker.model import State, Verdict
from reports import View
from reports._fleet import Mirror, Overview
from reports._shape import SCHEMA, head, totals


def write(overview: Overview, stream: TextIO, _view: View) -> None:
    """Write one object."""
    shape = {
        "schema": SCHEMA,
        "tool": {"name": "mirrorcheck", "version": overview.version},
        "started": overview.started,
        "finished": overview.finished,
        "complete": overview.complete,
        "fleet": overview.source,
        "asked": overview.asked._asdict(),
        "mirrors": [*map(_mirror, overview.mirrors)],
        "broken": [row._asdict() | {"mirrors": [*row.mirrors]} for row in overview.shared],
        "hosts": [row._asdict() for row in overview.hosts],
    }
    json.dump(shape, stream, indent=1)
    stream.write("\n")


def _mirror(mirror: Mirror) -> dict[str, Any]:
    shape: dict[str, Any] = {"name": mirror.name, "exit": mirror.code, "fault": mirror.fault}
    report = mirror.report
    if report is None:
        return shape
    run = head(report)
    return shape | {
        "started": run["started"],
        "finished": run["finished"],
        "complete": run["complete"],
        "mirror": run["mirror"],
        "totals": totals(report),
        "health": report.totals.health,
        "states": {state: mirror.states.get(state, 0) for state in State} if mirror.states else {},
        "runs": [
            {
                "run": each.run,
                "started": each.started,
                "health": each.totals.health,
                "broken": each.totals.verdicts.get(Verdict.BROKEN, 0),
                "requests": each.requests,
            }
            for each in mirror.runs
        ],
    }
