"""Worker processes, as their main process sees them: each maps one batch after the other, and answers over a pipe.

A worker is forked where the system can, so that it shares the index of names, and nothing has to be loaded again. Where
it cannot, or where threads run, which do not mix with forks, it is a new Python that gets a copy of the context.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from checker.sweep.serving import LENGTH, Call, message, result, serve, serve_spawned

if TYPE_CHECKING:
    from subprocess import Popen

_CHUNK = 1 << 20  # bytes that are read at once


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


class _Piped:
    """A process that is spoken to over two pipes, neither of which is ever waited for."""

    ahead: ClassVar[int] = 3

    def __init__(self, asks: int, answered: int) -> None:
        self.running: deque[Any] = deque()
        self.since = monotonic()
        self._unsent, self._unread = bytearray(), bytearray()
        self._asks, self.answered = asks, answered
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
        self._send(message(call))

    def _send(self, data: bytes = b"") -> None:
        self._unsent += data
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
        while len(self._unread) >= LENGTH:
            end = LENGTH + int.from_bytes(self._unread[:LENGTH], "little")
            if len(self._unread) < end:
                break
            answer = self._read(memoryview(self._unread)[LENGTH:end])
            del self._unread[:end]
            self.since = monotonic()
            self.running.popleft()
            yield answer
        if ended:
            raise EOFError

    def _read(self, answer: memoryview) -> Any:
        return result(pickle.loads(answer))  # noqa: S301 - of this very program


class Forked(_Piped):
    """A copy of this process."""

    def __init__(self, context: object, others: Sequence[_Piped]) -> None:
        """`others` are the workers that there are already: each must hear when the main process closes its pipe."""
        asked, asks = os.pipe()
        answered, answers = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            for file in (asks, answered, *(each for other in others for each in other.files)):
                os.close(file)
            serve(context, asked, answers)
        os.close(asked)
        os.close(answers)
        super().__init__(asks, answered)

    def kill(self) -> None:
        import signal

        os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        for file in self.files:
            os.close(file)
        os.waitpid(self._pid, 0)


class Executed(_Piped):
    """A new Python process, which threads beside it do not disturb. Its answers are not decoded, but passed on."""

    def __init__(self, folder: str, context: bytes) -> None:
        """`folder` is its working folder, `context` is packed."""
        import subprocess

        begin = (
            "import sys; sys.path[:] = sys.argv[1:]; from checker.sweep.serving import serve_executed; serve_executed()"
        )
        path = filter(None, sys.path)  # "" is the working folder, which may be a mirror's
        self._process: Popen[bytes] = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-P", "-c", begin, *path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a terminal's interrupt is for the main process
        )
        assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 - for the type checker
        super().__init__(self._process.stdin.fileno(), self._process.stdout.fileno())
        self._send(message((folder, context)))

    def _read(self, answer: memoryview) -> bytes:
        return bytes(answer)

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 - for the type checker
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Spawned:
    """A new Python process. It shares nothing with this one, not even connections."""

    ahead: ClassVar[int] = 1  # a message to a busy worker could wait for ever, if its answer does not fit the pipe

    def __init__(self, context: object, _others: Sequence[Spawned]) -> None:
        import multiprocessing

        spawn = multiprocessing.get_context("spawn")
        self.running: deque[Any] = deque()
        self.since = monotonic()
        self.pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=serve_spawned, args=(context, theirs), daemon=True)
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
            yield result(answer)

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
    assert isinstance(worker, _Piped)  # noqa: S101 - for the type checker
    return worker.answered, worker.unsent
