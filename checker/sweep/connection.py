"""The connection to a cluster of dask: a scheduler, and workers that have this very program.

https://distributed.dask.org
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from checker.model import ClusterError, ConfigError
from checker.sweep import station
from checker.sweep.station import RefusedError

_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_ADDRESS = re.compile(r"(?!local:)(?:\w+://)?[^/?#@]+:\d{1,5}/?")
_CONNECT = 10.0  # seconds until a scheduler must have answered
WORKERS = 60.0  # seconds until there must be a worker, at the beginning, and when the last one has gone
LOOK = 1.0  # seconds between two looks at which workers there are
FAREWELL = 5.0  # seconds that the workers have to end what is under way


def address_of(named: str) -> str:
    """The address of a scheduler, or `local:N`. `named`: that, or the file of a scheduler. Raises ConfigError."""
    if find_spec("distributed") is None:
        raise ConfigError("--cluster ([engine] cluster) needs an extra: pip install 'mirrorcheck[cluster]'")
    if _LOCAL.fullmatch(named) or (_ADDRESS.fullmatch(named) and not Path(named).is_file()):
        return named
    try:
        address = json.loads(Path(named).read_bytes())["address"]
    except (OSError, LookupError, TypeError, ValueError):
        address = None
    if isinstance(address, str):
        return address
    raise ConfigError(
        f"--cluster ([engine] cluster) {named!r}: neither a scheduler's address (tcp://HOST:PORT), nor a file that a "
        "scheduler wrote, nor local:N"
    )


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Any]:
    """A client of a cluster that has workers, each with the same software as this machine. It has few types.

    Raises what `explained` explains.
    """
    import dask.config
    import distributed

    for name in ("distributed", "distributed.client", "distributed.worker", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is said by us
    async with AsyncExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}))
        local = _LOCAL.fullmatch(address)
        where = await stack.enter_async_context(_local(int(local[1]))) if local else address
        made: Any = distributed.Client
        try:
            client = made(where, asynchronous=True, set_as_default=False, timeout=_CONNECT)
            stack.push_async_callback(client.close)
            await client
        except ValueError as error:  # no protocol of dask
            raise ClusterError(f"--cluster {address}: {error}") from error
        await wait_for_workers(client)
        await _refuse_others(client)
        yield client


async def wait_for_workers(client: Any) -> None:
    """Wait until there is a worker. Raises TimeoutError."""
    async with asyncio.timeout(WORKERS):
        while not await threads_of(client):
            await asyncio.sleep(LOOK / 10)


async def threads_of(client: Any) -> dict[str, int]:
    """How many threads each worker has, by address."""
    found: dict[str, int] = await client.scheduler.ncores()
    return found


async def _refuse_others(client: Any) -> None:
    own = station.software()
    found: dict[str, Any] = await client.run(station.software, on_error="return")
    for worker, theirs in sorted(found.items()):
        if theirs != own:
            has = theirs if isinstance(theirs, str) else f"no mirrorcheck that answers ({theirs})"
            raise ClusterError(f"{worker} has {has}, and this machine {own}: install the same on each machine")


def _local(number: int) -> Any:
    """A cluster of this process alone, which opens no port."""
    import distributed

    class Unserved:
        def start_http_server(self, *_: Any, **__: Any) -> None:
            """Nobody is shown how the work goes."""

    scheduler = type("Scheduler", (Unserved, distributed.Scheduler), {})
    worker = type("Worker", (Unserved, distributed.Worker), {})
    options = {"nthreads": 1, "memory_limit": 0}  # the memory of a worker is that of this process
    made: Any = distributed.SpecCluster
    return made(
        {place: {"cls": worker, "options": options} for place in range(number)},
        {"cls": scheduler, "options": {"protocol": "inproc://", "dashboard": False}},
        asynchronous=True,
        silence_logs=False,
    )


def explained(error: BaseException, address: str) -> BaseException:
    """What became of the cluster, for who reads messages; a bug of ours as it is."""
    match error:
        case ClusterError():
            return error
        case RefusedError():
            return ClusterError(f"--cluster {address}: {error}")
        case TimeoutError() if not str(error):
            return ClusterError(f"--cluster {address}: there is no worker, and none came within {WORKERS:.0f} s")
        case OSError() | asyncio.CancelledError() | concurrent.futures.CancelledError():
            return ClusterError(f"--cluster {address}: the scheduler does not answer: {error}")
    return error
