"""A cluster of dask on loopback: a scheduler and workers, each a process of its own, as on machines of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil  # of dask

from lab import PATIENCE
from lab.process import until


class Cluster:
    """A scheduler and its workers, all of which end with it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.file = folder / "scheduler.json"  # names the scheduler
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._stack = stack
        environment = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        self.scheduler = self._started("scheduler", "--host", "127.0.0.1", "--port", "0", environment=environment)
        until(self.file.exists)

    def add(self, *, path: str | Path = "", nanny: bool = False) -> subprocess.Popen[bytes]:
        """One more worker. `path`: where it looks for modules first. `nanny`: it starts again when it is killed."""
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH", "")]))}
        kind = "--nanny" if nanny else "--no-nanny"
        where = str(self._folder / str(len(self.workers)))
        arguments = ("--host", "127.0.0.1", "--nthreads", "1", kind, "--local-directory", where)
        worker = self._started("worker", *arguments, environment=environment)
        self.workers.append(worker)
        return worker

    def _started(self, name: str, *arguments: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--no-dashboard"]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*program, "--scheduler-file", str(self.file), *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
            )
        self._stack.callback(process.wait, PATIENCE)
        self._stack.callback(process.terminate)
        return process

    @property
    def address(self) -> str:
        """Of the scheduler."""
        found: str = json.loads(self.file.read_text())["address"]
        return found

    def seen(self) -> dict[str, int]:
        """How many workers, clients and tasks the scheduler knows."""
        from distributed import Client

        def counted(dask_scheduler: Any) -> dict[str, int]:
            others = 2  # who asks, and one of dask's own
            return {
                "workers": len(dask_scheduler.workers),
                "clients": len(dask_scheduler.clients) - others,
                "tasks": len(dask_scheduler.tasks),
            }

        script: Any = Client
        with script(self.address, set_as_default=False) as client:
            found: dict[str, int] = client.run_on_scheduler(counted)
        return found


def children(process: subprocess.Popen[Any]) -> list[int]:
    """The processes that map for a worker, or for a run that has its workers in itself."""
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    return [each.pid for each in below if any("serve_executed" in word for word in _command(each))]


def _command(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        words = []
    return words


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster whose files are in a folder."""
    folder.mkdir()
    with ExitStack() as stack:
        made = Cluster(folder, stack)
        for _ in range(workers):
            made.add()
        yield made
