"""Outposts on a cluster: each of its workers has one, as a process beside it.

dask holds a future for each, so that all end with the client, even if it is killed. Frames go by way of the scheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from checker.run.outpost import LostError, Outpost
from checker.sweep.connection import (
    FAREWELL,
    LOOK,
    WORKERS,
    address_of,
    connected,
    explained,
    threads_of,
    wait_for_workers,
)

_SOON = 10  # the priority of what begins an outpost, before the batches of a sweep


class Stationed(Outpost):
    """An outpost of a worker. It is an actor of dask, which is neither moved nor written to the disk."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        _here[name] = self


_here: WeakValueDictionary[str, Stationed] = WeakValueDictionary()  # of this process


async def give(name: str, data: bytes) -> None:
    """Give an outpost of this process a frame. Raises LostError."""
    await _of(name).give(data)


async def take(name: str) -> Sequence[bytes]:
    """The frames that an outpost of this process has given. Raises LostError."""
    heard = _of(name).heard  # nothing of the outpost itself: the client may be gone before there is a frame
    return await heard.take()


async def end(name: str) -> None:
    """End an outpost of this process."""
    if name in _here:
        await _here[name].end()


def _of(name: str) -> Stationed:
    try:
        return _here[name]
    except KeyError as error:
        raise LostError from error


class ByDask:
    """The way to an outpost of a worker, and back."""

    def __init__(self, client: Any, worker: str) -> None:
        self.name = worker
        self.gone = asyncio.Event()  # set when the worker is
        self._client = client
        self._key = f"outpost-{uuid4().hex}"
        self.held = client.submit(
            Stationed,
            self._key,
            key=self._key,
            workers=[worker],
            allow_other_workers=False,
            actor=True,
            pure=False,
            priority=_SOON,
        )

    async def give(self, data: bytes) -> None:
        """Give it a frame. Raises LostError."""
        await self._called(give, data)

    async def take(self) -> Sequence[bytes]:
        """The frames that it has given since, once there is one. Raises LostError."""
        frames: Sequence[bytes] = await self._called(take)
        return frames

    async def end(self) -> None:
        """End it, if it is still there."""
        with suppress(Exception):
            async with asyncio.timeout(FAREWELL):
                await self._called(end)

    async def _called(self, function: Callable[..., Any], *arguments: Any) -> Any:
        call = asyncio.ensure_future(self._client.run(function, self._key, *arguments, workers=[self.name]))
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise LostError
            return call.result()[self.name]
        except OSError as error:
            raise LostError from error
        finally:
            gone.cancel()
            call.cancel()


class Outposts:
    """The outposts of a cluster."""

    def __init__(self, address: str) -> None:
        """`address`: of the scheduler, a file that names it, or `local:N`. Raises ConfigError."""
        self._address = address_of(address)
        self.name = f"--cluster {self._address}"
        self._client: Any = None
        self._ways: list[ByDask] = []
        self._watching: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()

    async def open(self) -> Sequence[ByDask]:
        """Begin an outpost on each worker. Raises ClusterError."""
        try:
            if self._client is None:
                self._client = await self._stack.enter_async_context(connected(self._address))
                self._watching = asyncio.create_task(self._watch())
            await wait_for_workers(self._client)
            workers = await threads_of(self._client)
            self._ways = [ByDask(self._client, worker) for worker in sorted(workers)]
            async with asyncio.timeout(WORKERS):
                for way in self._ways:
                    await way.held
        except Exception as error:
            raise explained(error, self._address) from error
        return self._ways

    async def _watch(self) -> None:
        """Look at which workers there are."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                workers = await threads_of(self._client)
            except OSError:
                workers = {}
            for way in self._ways:
                if way.name not in workers:
                    way.gone.set()

    async def close(self) -> None:
        """End all outposts, and leave the cluster."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*(way.end() for way in self._ways))
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._stack.aclose()
