"""What all stages of a run over a folder share."""

from __future__ import annotations

from msgspec import Struct

from checker.judge.state import RunState
from checker.run.job import Job
from checker.run.prepare import Prepared
from checker.sweep.executor import Engine


class Run(Struct, frozen=True):
    """A run in progress: its job, the mirror, the executor of the sweep, and its state."""

    job: Job
    mirror: Prepared
    engine: Engine
    learnt: RunState
