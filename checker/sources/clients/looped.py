"""What clients have in common: an event loop in a thread of its own, patience, and errors that read as sentences."""

from __future__ import annotations

import asyncio
import atexit
import errno
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from checker import logins
from checker.sources.address import Entry

T = TypeVar("T")

_PATIENCE = 90.0  # seconds for one object or one page of a listing, with all attempts
_ATTEMPTS = 4  # of an object whose bytes break off
_PASSING = (ConnectionError, TimeoutError)
_ENDING = 2.0  # seconds to end connections properly
_TRIES = 1000  # looks, a millisecond apart, whether the system has ended a thread
_LEAVE = 0.05  # seconds for that, where the system does not tell


class Looped:
    """A client for a URL `scheme://top/below`."""

    tells = True
    width = 16
    passing: tuple[type[BaseException], ...] = _PASSING  # errors after which an object is asked for again

    def __init__(self, url: str) -> None:
        """Start the loop. No connection is made yet."""
        _, _, rest = url.partition("://")
        self.top, _, self.below = rest.partition("/")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mirrorcheck-store", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def key(self, name: str) -> str:
        """The key of an object below the address."""
        return f"{self.below}/{name}" if self.below and name else self.below or name

    # What each client does, in its loop

    def listed(self) -> AsyncIterator[list[Entry]]:
        """The objects, some at a time."""
        raise NotImplementedError

    async def looked(self, name: str) -> Entry:
        """What there is to know of an object. Raises FileNotFoundError if there is none."""
        raise NotImplementedError

    async def got(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of an object."""
        raise NotImplementedError

    async def ended(self) -> None:
        """End the connections."""

    def said(self, error: BaseException) -> str:
        """What went wrong, after "cannot be read: "."""
        return getattr(error, "strerror", None) or str(error) or type(error).__name__

    # What all do, in any thread

    def pages(self) -> Iterator[list[Entry]]:
        """All objects, some at a time. Raises OSError."""
        pages = self.listed()
        while (page := self._begun(anext(pages, None)).result()) is not None:
            yield page

    def look(self, name: str) -> Future[Entry]:
        """What there is to know of an object."""
        return self._begun(self.looked(name))

    def get(self, name: str, start: int, end: int) -> Future[bytes]:
        """The bytes of an object from `start`, and before `end`."""
        return self._begun(self._insisting(lambda: self.got(name, start, end)))

    def is_object(self) -> bool:
        """Whether the address itself is that of an object. Raises OSError."""
        try:
            return bool(self.below) and self.look("").result() is not None
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """End the connections, and the thread."""
        if self._loop.is_closed():
            return
        atexit.unregister(self.close)
        running = threading.enumerate()
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._ending(), self._loop).result(_ENDING)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        _await_end(set(running) - set(threading.enumerate()))

    async def _ending(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        try:
            await self.ended()
        finally:
            await self._loop.shutdown_asyncgens()
            await self._loop.shutdown_default_executor()  # its threads look up names

    async def _insisting(self, read: Callable[[], Awaitable[T]]) -> T:
        waiting = wait_random_exponential(multiplier=0.2, max=4)
        worth = retry_if_exception_type(self.passing)
        async for attempt in AsyncRetrying(stop=stop_after_attempt(_ATTEMPTS), wait=waiting, retry=worth, reraise=True):
            with attempt:
                return await read()
        raise AssertionError  # for the type checker

    def _begun(self, coroutine: Awaitable[T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(self._told(coroutine), self._loop)

    async def _told(self, coroutine: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(_PATIENCE) as clock:
                return await coroutine
        except Exception as error:
            if isinstance(error, TimeoutError) and clock.expired():
                raise OSError(errno.ETIMEDOUT, f"no answer within {_PATIENCE:g} s") from error
            number = errno.ENOENT if isinstance(error, FileNotFoundError) else getattr(error, "errno", None)
            raise OSError(number or errno.EIO, plain(self.said(error))) from error


def _await_end(threads: set[threading.Thread]) -> None:
    """Wait until the system has ended threads that Python has joined. On its way out, a thread takes a lock of OpenSSL;
    a process that is forked meanwhile waits for that lock for ever.
    """
    for thread in threads:
        place = f"/proc/self/task/{thread.native_id}"
        for _ in range(_TRIES):
            if not os.path.exists(place):  # noqa: PTH110
                break
            time.sleep(0.001)
    if not os.path.isdir("/proc/self/task"):  # noqa: PTH112
        time.sleep(_LEAVE)


def plain(text: str) -> str:
    """A server's words on one line, without logins and not without end."""
    return logins.hidden_in(" ".join(text.split()))[:300]
