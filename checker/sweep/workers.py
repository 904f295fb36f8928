"""Worker processes: each maps one batch after the other, and answers over a pipe.

A worker is forked where the system can, so that it shares the index of names, and nothing has to be loaded again. Where
it cannot, or where threads run, which do not mix with forks, it is a new Python that gets a copy of the context.
"""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar, NoReturn, Protocol

_LENGTH = 8  # bytes before each message: how many follow, little-endian
_CHUNK = 1 << 20  # bytes that are read at once
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT = 40 << 20  # bytes

Call = tuple[Callable[..., Any], Any, tuple[Any, ...]]  # function(context, batch, *arguments)


class Worker(Protocol):
    """A process that maps batches. `running` are those that it was given and has not answered, in their order."""

    ahead: ClassVar[int]  # batches that it is given at once: enough to keep it busy, few enough to keep memory flat
    running: deque[Any]
    since: float  # when it was given the first of these, or answered the one before; seconds of a monotonic clock

    def give(self, call: Call) -> None:
        """Give it one more batch."""

    def answers(self) -> Iterator[Any]:
        """The results that have arrived, each taken from `running`. Raises EOFError at the end if it has died."""

    def kill(self) -> None:
        """End it at once, even in the middle of a batch."""

    def close(self) -> None:
        """End it."""


class Forked:
    """A copy of this process."""

    ahead: ClassVar[int] = 3

    def __init__(self, context: object, others: Sequence[Forked]) -> None:
        """`others` are the workers that there are already: each must hear when the main process closes its pipe."""
        self.running: deque[Any] = deque()
        self.since = monotonic()
        self._unsent, self._unread = bytearray(), bytearray()
        asked, self._asks = os.pipe()
        self.answered, answers = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            for file in (self._asks, self.answered, *(each for other in others for each in other.files)):
                os.close(file)
            _serve(context, asked, answers)
        os.close(asked)
        os.close(answers)
        for file in self.files:
            os.set_blocking(file, False)

    @property
    def files(self) -> tuple[int, int]:
        """The main process's ends of its pipes."""
        return self._asks, self.answered

    @property
    def unsent(self) -> int | None:
        """The pipe in which there is no room for the rest of what is to be sent; None if all was sent."""
        return self._asks if self._unsent else None

    def give(self, call: Call) -> None:
        if not self.running:
            self.since = monotonic()
        self.running.append(call[1])
        self._unsent += _message(call)
        self._send()

    def _send(self) -> None:
        with suppress(BlockingIOError):
            while self._unsent:
                try:
                    del self._unsent[: os.write(self._asks, self._unsent)]
                except BrokenPipeError:  # it died, which shows when its answers are read
                    self._unsent.clear()

    def answers(self) -> Iterator[Any]:
        self._send()
        ended = False
        with suppress(BlockingIOError):
            while chunk := os.read(self.answered, _CHUNK):
                self._unread += chunk
            ended = True
        while len(self._unread) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._unread[:_LENGTH], "little")
            if len(self._unread) < end:
                break
            answer = pickle.loads(memoryview(self._unread)[_LENGTH:end])  # noqa: S301 - of this very program
            del self._unread[:end]
            self.since = monotonic()
            self.running.popleft()
            yield _result(answer)
        if ended:
            raise EOFError

    def kill(self) -> None:
        import signal

        os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        for file in self.files:
            os.close(file)
        os.waitpid(self._pid, 0)


class Spawned:
    """A new Python process. It shares nothing with this one, not even connections."""

    ahead: ClassVar[int] = 1  # a message to a busy worker could wait for ever, if its answer does not fit the pipe

    def __init__(self, context: object, _others: Sequence[Spawned]) -> None:
        import multiprocessing

        spawn = multiprocessing.get_context("spawn")
        self.running: deque[Any] = deque()
        self.since = monotonic()
        self.pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve_spawned, args=(context, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, call: Call) -> None:
        self.since = monotonic()
        self.running.append(call[1])
        with suppress(OSError):  # it died, which shows when its answers are read
            self.pipe.send(call)

    def answers(self) -> Iterator[Any]:
        while self.pipe.poll():
            try:
                answer = self.pipe.recv()
            except OSError as error:
                raise EOFError from error
            self.running.popleft()
            yield _result(answer)

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self.pipe.close()
        self._process.join()


def kind() -> type[Forked] | type[Spawned]:
    """The kind of worker that there can be now."""
    from threading import active_count

    return Forked if hasattr(os, "fork") and active_count() == 1 else Spawned


def wait(workers: Sequence[Worker], seconds: float) -> None:
    """Wait until a worker has something to say, or can take more; at most so long."""
    if any(isinstance(each, Spawned) for each in workers):
        from multiprocessing import connection

        connection.wait([each.pipe if isinstance(each, Spawned) else _watched(each)[0] for each in workers], seconds)
        return
    import select

    poll = select.poll()
    for read, write in map(_watched, workers):
        poll.register(read, select.POLLIN)
        if write is not None:
            poll.register(write, select.POLLOUT)
    poll.poll(seconds * 1000)


async def wait_beside(workers: Sequence[Worker], seconds: float) -> None:
    """The same in an event loop, which goes on meanwhile."""
    import asyncio

    if any(isinstance(each, Spawned) for each in workers):
        await asyncio.to_thread(wait, workers, seconds)
        return
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    watched = [_watched(each) for each in workers]
    for read, write in watched:
        loop.add_reader(read, ready.set)
        if write is not None:
            loop.add_writer(write, ready.set)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ready.wait()
    finally:
        for read, write in watched:
            loop.remove_reader(read)
            if write is not None:
                loop.remove_writer(write)


def _watched(worker: Worker) -> tuple[int, int | None]:
    assert isinstance(worker, Forked)  # noqa: S101 - for the type checker
    return worker.answered, worker.unsent


def _message(content: object) -> bytes:
    data = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(_LENGTH, "little") + data


def _result(answer: tuple[Any, Exception | None]) -> Any:
    result, error = answer
    if error is not None:
        raise error
    return result


# In the worker


def _serve(context: object, asked: int, answers: int) -> NoReturn:
    """Map batches until the main process closes the pipe, or ends."""
    import threading

    try:
        _begin()
        threading.Thread(target=_end_with, args=(asked,), daemon=True).start()
        with os.fdopen(asked, "rb", closefd=False) as calls:
            while length := calls.read(_LENGTH):
                call = pickle.loads(calls.read(int.from_bytes(length, "little")))  # noqa: S301 - of this very program
                _write(answers, _message(_answered(context, call)))
    finally:
        os._exit(0)  # what the main process has begun is not this one's to end


def _end_with(asked: int) -> None:
    """End this worker when the main process was killed, and so cannot end it."""
    import select

    poll = select.poll()
    poll.register(asked, 0)  # only its end is waited for
    poll.poll()
    os._exit(0)


def _serve_spawned(context: object, pipe: Any) -> None:
    import threading
    from multiprocessing import connection, parent_process

    def end_with(main: Any) -> None:
        connection.wait([main.sentinel])
        os._exit(1)

    keep_memory()
    _begin()
    threading.Thread(target=end_with, args=(parent_process(),), daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_answered(context, pipe.recv()))


def _begin() -> None:
    import signal

    signal.set_wakeup_fd(-1)  # of the main process's event loop
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the main process ends the run
    gc.freeze()


def _answered(context: object, call: Call) -> tuple[Any, Exception | None]:
    function, batch, arguments = call
    try:
        return uncollected(function, context, batch, *arguments), None
    except Exception as error:  # a bug of ours; the main process says so
        import traceback

        error.add_note(traceback.format_exc())
        return None, error


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


# In any process that maps batches


def keep_memory() -> None:
    """Keep the memory of a page's tree for the next page, if the C library can.

    By default the memory goes back to the system after each page, and getting it again takes longer than parsing.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def uncollected(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call without the cycle collector, which takes a third of the time to walk a page's elements again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return function(*arguments)
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()
