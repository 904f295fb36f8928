"""A SOCKS proxy on real sockets, versions 4, 4a and 5; with a log of what it was asked for.

RFC 1928 and 1929; https://www.openssh.org/txt/socks4.protocol, https://www.openssh.org/txt/socks4a.protocol
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

REFUSED, GENERAL, UNREACHABLE = 5, 1, 4  # replies of version 5
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wanted(NamedTuple):
    """A connection that the proxy was asked to make."""

    version: int
    host: str  # a name or an address, as it was sent
    port: int
    login: str  # user, or user:password


class Socks:
    """The proxy. Connects to where its table says, for names and addresses alike. Use as an async context manager."""

    def __init__(self, table: Mapping[str, str | int | None], login: str = "") -> None:
        """`table`: host -> the address to connect to, the reply that refuses it, or silence; `login`: what all must say."""
        self._table = table
        self._login = login
        self._tasks: set[asyncio.Task[None]] = set()
        self.log: list[Wanted] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def url(self, scheme: str, login: str = "") -> str:
        """Where the proxy is."""
        return f"{scheme}://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            version = (await reader.readexactly(1))[0]
            there = await (self._four if version == 4 else self._five)(reader, writer)
            if there is not None:
                await self._relay((reader, writer), there)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            pass  # either end has gone, or the lab ends
        finally:
            writer.close()

    async def _four(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
        assert await reader.readexactly(1) == b"\1"  # CONNECT
        port = int.from_bytes(await reader.readexactly(2))
        packed = await reader.readexactly(4)
        user = (await reader.readuntil(b"\0"))[:-1].decode()
        host = str(ipaddress.IPv4Address(packed))
        if packed[:3] == bytes(3):  # 4a: 0.0.0.x, and a name
            host = (await reader.readuntil(b"\0"))[:-1].decode()
        there = await self._connect(Wanted(4, host, port, user)) if user == self._login else GENERAL
        writer.write(b"\0" + (b"\x5b" if isinstance(there, int) else b"\x5a") + bytes(6))
        return None if isinstance(there, int) else there

    async def _five(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
        offered = await reader.readexactly((await reader.readexactly(1))[0])
        method = 2 if self._login else 0
        writer.write(bytes((5, method if method in offered else 0xFF)))
        if method not in offered:
            return None
        login = ""
        if method:
            assert await reader.readexactly(1) == b"\1"
            login = f"{await _counted(reader)}:{await _counted(reader)}"
            writer.write(bytes((1, login != self._login)))
            if login != self._login:
                return None
        assert await reader.readexactly(3) == b"\5\1\0"  # CONNECT
        kind = (await reader.readexactly(1))[0]
        if kind == 3:
            host = await _counted(reader)
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2))
        there = await self._connect(Wanted(5, host, port, login))
        writer.write(bytes((5, there if isinstance(there, int) else 0, 0, 1)) + bytes(6))
        return None if isinstance(there, int) else there

    async def _connect(self, wanted: Wanted) -> Streams | int:
        self.log.append(wanted)
        there = self._table.get(wanted.host, UNREACHABLE)
        if there is None:
            await asyncio.get_running_loop().create_future()
        return there if isinstance(there, int) else await asyncio.open_connection(there, wanted.port)

    async def _relay(self, here: Streams, there: Streams) -> None:
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(here[0], there[1]))
                both.create_task(_copy(there[0], here[1]))
        except* OSError:
            pass
        finally:
            there[1].close()


async def _counted(reader: asyncio.StreamReader) -> str:
    return (await reader.readexactly((await reader.readexactly(1))[0])).decode()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(65_536):
        writer.write(block)
        await writer.drain()
    writer.close()
