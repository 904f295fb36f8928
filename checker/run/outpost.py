"""An outpost, as whoever begins it sees it: a process that asks for remote URLs, and is spoken to over two pipes.

A server is hostile input, as a page is: what crashes here, costs this process. Frames are passed on undecoded.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from checker.sweep.serving import LENGTH

_BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from checker.run.posted import serve; serve()"


class LostError(Exception):
    """An outpost is gone."""


class Post(Protocol):
    """The way to an outpost, and back."""

    name: str  # for messages

    async def give(self, data: bytes) -> None:
        """Give it a frame. Raises LostError."""

    async def take(self) -> Sequence[bytes]:
        """The frames that it has given since, once there is one. Raises LostError."""

    async def end(self) -> None:
        """End it, if it is still there."""


class Posts(Protocol):
    """Where there can be outposts."""

    name: str  # for messages

    async def open(self) -> Sequence[Post]:
        """The ways to new ones, of which there is one at least. Raises ClusterError."""

    async def close(self) -> None:
        """End all of them."""


class Heard:
    """What an outpost has said. Whoever waits for it does not hold the outpost."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._more = asyncio.Event()
        self.ended = False

    async def take(self) -> Sequence[bytes]:
        """The frames that came since, once there is one. Raises LostError after the last."""
        await self._more.wait()
        frames, self._frames = self._frames, []
        if not self.ended:
            self._more.clear()
        elif not frames:
            raise LostError
        return frames

    def end(self) -> None:
        """Nothing more comes."""
        self.ended = True
        self._more.set()

    async def read(self, process: asyncio.subprocess.Process) -> None:
        """Read what a process says, until it ends."""
        assert process.stdout  # noqa: S101 - for the type checker
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length = await process.stdout.readexactly(LENGTH)
                self._frames.append(await process.stdout.readexactly(int.from_bytes(length, "little")))
                self._more.set()
        self.end()
        await process.wait()


class Outpost:
    """An outpost on this machine. It begins when it is first given something, and ends with this object."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard = Heard()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    def __del__(self) -> None:
        self.kill()

    async def give(self, data: bytes) -> None:
        """Give it a frame. Raises LostError."""
        if self._process is None and not self.heard.ended:
            path = filter(None, sys.path)  # "" is the working folder, which may be a mirror's
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-c",
                _BEGIN,
                *path,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # a terminal's interrupt is for the main process
            )
            self._reading = asyncio.create_task(self.heard.read(self._process))
        if self._process is None or self._process.stdin is None or self.heard.ended:
            raise LostError
        try:
            self._process.stdin.write(len(data).to_bytes(LENGTH, "little") + data)
            await self._process.stdin.drain()
        except OSError as error:
            raise LostError from error

    async def take(self) -> Sequence[bytes]:
        """The frames that it has given since, once there is one. Raises LostError."""
        return await self.heard.take()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def end(self) -> None:
        """End it, and wait for that."""
        self.kill()
        self.heard.end()
        if self._reading is not None:
            await self._reading
