"""A process beside an event loop, for calls that would block it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Aside:
    """One other process. Its calls run one after the other."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def call(self, function: Callable[[T], R], item: T, *, lost: R) -> R:
        """The result of `function(item)`; `lost` if the call crashes the process."""
        async with self._turn:
            self._pool = self._pool or ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)
            try:
                return await asyncio.wrap_future(self._pool.submit(function, item))
            except BrokenExecutor:
                self.stop()
                return lost

    def stop(self) -> None:
        """End the process, even in the middle of a call."""
        if self._pool is not None:
            if self._turn.locked():
                for process in multiprocessing.active_children():
                    process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends the run
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the main process was killed, and so cannot end it."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait
    from os import _exit

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _exit(1)
