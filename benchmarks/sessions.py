"""Requests a second of processor time by each `checker.fetch.session.Session`: `python -m benchmarks.sessions`.

HEAD requests over kept connections to a server on this machine's loopback, in a process of its own; by turns.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from functools import partial
from multiprocessing.connection import Connection

import aiohttp
import uvloop

from benchmarks.measure import Spread
from checker.fetch.session import Headers, PublicSession, Session
from checker.fetch.wire import Wire

REQUESTS, AT_A_TIME = 10_000, 32
HEADERS: Headers = (("User-Agent", "mirrorcheck"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n"


class Server(asyncio.Protocol):
    """Answers HEAD at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def serve(told: Connection) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def served(told: Connection) -> None:
    """The server's process."""
    asyncio.run(serve(told))


async def rate(kind: type[Wire] | type[PublicSession], port: int) -> float:
    """Requests for each second of processor time."""
    session: Session = kind(partial(aiohttp.TCPConnector, limit=0), HEADERS)
    numbers = iter(range(REQUESTS))

    async def ask() -> None:
        for number in numbers:
            answer = await session.ask("HEAD", f"http://127.0.0.1:{port}/page/{number}")
            answer.release()

    began = time.process_time()
    await asyncio.gather(*(ask() for _ in range(AT_A_TIME)))
    took = time.process_time() - began
    await session.close()
    return REQUESTS / took


def main() -> int:
    """Measure both, by turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="timed runs of each (%(default)s)")
    runs = parser.parse_args().runs
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=served, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    rates: dict[str, list[float]] = {}
    for _ in range(runs):
        for kind in (Wire, PublicSession):
            rates.setdefault(kind.__name__, []).append(uvloop.run(rate(kind, port)))
    server.terminate()
    for name, found in rates.items():
        spread = Spread.of(found)
        print(f"{name:<14}{spread.least:8,.0f} / {spread.median:8,.0f} / {spread.greatest:8,.0f} requests a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
