"""A server on real sockets, every byte its own; with a log of who asked what when, and how many at a time."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

_LONGEST = 20.0  # seconds of any behaviour
_HEAD = 65_536
_BARE = frozenset({204, 304})  # no body, and no length of one: RFC 9110 section 8.6


class Asked(NamedTuple):
    """One request, as the server saw it."""

    at: float  # seconds on the monotonic clock
    host: str  # the address that was connected to
    method: str
    path: str
    headers: dict[str, str]
    connection: int
    body: bytes = b""


class Exchange:
    """A request and the connection to answer on."""

    def __init__(
        self, asked: Asked, count: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lab: Lab
    ) -> None:
        self.asked = asked
        self.count = count  # which request for this path it is, from 1
        self.lab = lab
        self._reader = reader
        self._writer = writer

    @property
    def secure(self) -> bool:
        """Whether it came by TLS."""
        return self._writer.get_extra_info("ssl_object") is not None

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.lab.sent[self.asked.path] += len(data)
        self._writer.write(data)
        await self._writer.drain()

    async def answer(
        self, status: int, body: bytes = b"", headers: tuple[str, ...] = (), reason: str = "Reason"
    ) -> None:
        """Send a well-formed answer; without its body to HEAD."""
        lines = [f"HTTP/1.1 {status} {reason}", *headers]
        if status not in _BARE and not any(line.lower().startswith("content-length:") for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
        await self.send(head if self.asked.method == "HEAD" else head + body)

    async def left(self) -> None:
        """Wait until the client has left: it has heard all that it wants to."""
        while await self._reader.read(_HEAD):
            pass

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self._writer.get_extra_info("socket")
        with suppress(OSError):
            import socket
            import struct

            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        """End the connection."""
        self._writer.close()


Behaviour = Callable[[Exchange], Awaitable[None]]


class Lab:
    """The server, on every loopback address. Use as an async context manager."""

    def __init__(self, behaviours: dict[str, Behaviour], contexts: dict[str, ssl.SSLContext] | None = None) -> None:
        """`contexts` by name: each is a port of its own that speaks TLS."""
        self._behaviours = behaviours
        self._contexts = contexts or {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._active: Counter[str] = Counter()
        self._connections = 0
        self.ports: dict[str, int] = {}
        self.log: list[Asked] = []
        self.peak: Counter[str] = Counter()  # most requests at a time, by host
        self.sent: Counter[str] = Counter()  # bytes, by path
        self.counts: defaultdict[str, int] = defaultdict(int)

    async def __aenter__(self) -> Self:
        for name, context in {"": None, **self._contexts}.items():
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, backlog=1024)
            port = server.sockets[0].getsockname()[1]
            self.ports[name] = port
            self._servers.append(server)
        return self

    async def listen(self, hosts: list[str]) -> None:
        """Answer on further addresses too, on the same port."""
        for host in hosts:
            self._servers.append(await asyncio.start_server(self._serve, host, self.ports[""], backlog=1024))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    def url(self, path: str, host: str = "127.0.0.1", tls: str = "") -> str:
        """Where a behaviour is."""
        return f"{'https' if tls else 'http'}://{host}:{self.ports[tls]}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._connections += 1
        number = self._connections
        try:
            async with asyncio.timeout(_LONGEST):
                while await self._exchange(reader, writer, number):
                    pass
        except asyncio.CancelledError:  # the lab ends, whether or not anybody takes what is still to be sent
            writer.transport.abort()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """One request; whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n"))[:_HEAD].decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        host = writer.get_extra_info("sockname")[0]
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(time.monotonic(), host, method, path, headers, number, body)
        self.log.append(asked)
        self.counts[path] += 1
        self._active[host] += 1
        self.peak[host] = max(self.peak[host], self._active[host])
        try:
            behaviour = self._behaviours.get(path) or self._prefixed(path)
            await behaviour(Exchange(asked, self.counts[path], reader, writer, self))
        finally:
            self._active[host] -= 1
        return not writer.is_closing()

    def _prefixed(self, path: str) -> Behaviour:
        """The behaviour of the longest path ending in `*` that fits, else 404."""
        fits = [name for name in self._behaviours if name.endswith("*") and path.startswith(name[:-1])]
        return self._behaviours[max(fits, key=len)] if fits else _unknown


async def _unknown(exchange: Exchange) -> None:
    await exchange.answer(404, b"<title>no such path</title>", ("Content-Type: text/html",))
