"""The network shared out over a cluster, on this machine's loopback: `python -m benchmarks.shared_network [--urls N]`.

One machine asks for N URLs on 1,000 hosts, and then two workers do. The server's log has to show no host above its
limits, and the reports have to be equal. With `--kills N`, so many further runs lose one of the workers in the middle:
their reports have to be equal too, and the server must not see a request more than once again.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
KINDS = ("ok", "ok", "gone", "ok", "moved", "ok", "away#here", "fails", "slow", "ok#lost")
PAGE = b"<!doctype html><title>A page</title><p id=here>Words.</p>"
PER_HOST, PAGES = 4, 200
SLOW = 0.02  # seconds that some answers take
LATE = 0.25  # seconds by which a busy server may see a request late
TIMES = ("started", "finished")


class Asked(NamedTuple):
    """A request, as the server saw it."""

    at: float  # seconds of the loop's clock
    host: str
    method: str
    path: str


class Server:
    """Answers on all loopback addresses, and keeps a log."""

    def __init__(self, hosts: int) -> None:
        self.hosts = [f"127.1.{number // 200}.{1 + number % 200}" for number in range(hosts)]
        self.port = 0
        self.log: list[Asked] = []
        self.peak: Counter[str] = Counter()  # most requests at a time, by host
        self._active: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()

    def url(self, number: int) -> str:
        """One of the URLs: they go round the hosts, and each host has all kinds."""
        count = len(self.hosts)
        kind, _, fragment = KINDS[(number + number // count) % len(KINDS)].partition("#")
        mark = f"#{fragment}" if fragment else ""
        return f"http://{self.hosts[number % count]}:{self.port}/{kind}/{number}{mark}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread."""
        thread = threading.Thread(target=self._run, daemon=True)
        ready = threading.Event()
        self._ready = ready.set
        thread.start()
        ready.wait()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def forget(self) -> None:
        """Begin a new log."""
        self.log, self.peak = [], Counter()

    def _run(self) -> None:
        async def serve() -> None:
            server = await self._loop.create_server(lambda: _Connection(self), "0.0.0.0", 0, backlog=4096)  # noqa: S104
            self.port = server.sockets[0].getsockname()[1]
            self._ready()

        self._loop.run_until_complete(serve())
        self._loop.run_forever()

    def begin(self, asked: Asked) -> None:
        """A request has come."""
        self.log.append(asked)
        self._active[asked.host] += 1
        self.peak[asked.host] = max(self.peak[asked.host], self._active[asked.host])

    def end(self, host: str) -> None:
        """It was answered, or its connection has ended."""
        self._active[host] -= 1


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._head = b""
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]

    def connection_lost(self, _error: Exception | None) -> None:
        self._done()

    def _done(self) -> None:
        if self._busy:
            self._busy = False
            self._server.end(self._host)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" not in self._head:
            return
        method, path, _ = self._head.decode("latin-1").split(" ", 2)
        self._head = b""
        loop = asyncio.get_running_loop()
        self._busy = True
        self._server.begin(Asked(loop.time(), self._host, method, path))
        kind, number = path.split("/")[1:3] if path.count("/") > 1 else ("none", "0")
        if kind == "slow":
            loop.call_later(SLOW, self._answer, method, kind, number)
        else:
            self._answer(method, kind, number)

    def _answer(self, method: str, kind: str, number: str) -> None:
        status = {"ok": 200, "slow": 200, "gone": 410, "moved": 301, "away": 302, "fails": 500}.get(kind, 404)
        place = ""
        if status in {301, 302}:
            other = self._server.hosts[(int(number) * 7 + 1) % len(self._server.hosts)]
            place = f"Location: http://{other}:{self._server.port}/ok/{number}\r\n"
        head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n{place}Content-Length: {len(PAGE)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + (b"" if method == "HEAD" else PAGE))
        self._done()


class Seen(NamedTuple):
    """What the server saw of a run."""

    requests: Counter[tuple[str, str, str]]  # host, method, path
    peak: int  # most requests at a time of any host
    early: float  # seconds by which requests to any host came before their turns, at most

    @classmethod
    def of(cls, server: Server, interval: float) -> Seen:
        """From the server's log."""
        times = defaultdict(list)
        for asked in server.log:
            times[asked.host].append(asked.at)
        early = max((_early(each, 0.95 * interval) for each in times.values()), default=0.0)
        return cls(Counter(asked[1:] for asked in server.log), max(server.peak.values(), default=0), early)


def _early(times: list[float], interval: float) -> float:
    """The most by which any number of requests in a row come sooner than at intervals."""
    ahead = [interval * number - at for number, at in enumerate(times)]
    return max(after - least for after, least in zip(ahead, accumulate(ahead, min), strict=True))


def mirror(server: Server, folder: Path, urls: int, interval: float) -> None:
    """Pages that name every URL once."""
    folder.mkdir()
    pages = min(PAGES, urls)
    for page in range(pages):
        links = (f"[x]({server.url(number)})\n\n" for number in range(page, urls, pages))
        (folder / f"{page}.md").write_text("".join(links))
    (folder / "config.toml").write_text(
        f'[remote]\nallow_private = ["127.0.0.0/8"]\nproxy = ""\nretries = 0\nsoft_404 = false\ntimeout = 60.0\n'
        f"per_host = {PER_HOST}\ninterval = {interval}\n"
    )


class Times(NamedTuple):
    """What a run took, in seconds."""

    all: float
    processor: float  # of the process that was started, and of those that it waited for


def check(server: Server, folder: Path, *options: str, beside: Callable[[], None]) -> tuple[Any, Times]:
    """The report of a run without its times, and what it took. `beside` is done meanwhile."""
    server.forget()
    began = time.monotonic()
    command = [sys.executable, "-m", "checker", "check", ".", "--no-history", "-q", "--format", "json", *options]
    with tempfile.TemporaryFile() as out:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MIRRORCHECK_TRUST_CONFIG": "1"}
        process = subprocess.Popen(command, cwd=folder, stdout=out, env=environment)
        beside()
        _, _, usage = os.wait4(process.pid, 0)
        took = Times(time.monotonic() - began, usage.ru_utime + usage.ru_stime)
        out.seek(0)
        report = json.load(out)
    return {key: value for key, value in report.items() if key not in TIMES}, took


class Workers:
    """A scheduler and workers of dask, as processes."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._begun("scheduler", "--host", "127.0.0.1", "--port", "0")
        while not self.file.exists():
            time.sleep(0.05)

    def add(self) -> None:
        """One more worker."""
        where = str(self._folder / f"worker{len(self.workers)}")
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", where)
        self.workers.append(self._begun("worker", *options))

    def _begun(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--no-dashboard"]
        command += ["--scheduler-file", str(self.file), *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    def lose(self) -> None:
        """Kill the worker that has been there for longest."""
        worker = self.workers.pop(0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def end(self) -> None:
        """End them all."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()


def compare(urls: int, hosts: int, interval: float, kills: int) -> bool:
    """Whether all is as it has to be, which is printed."""
    fine = True

    def told(name: str, seen: Seen, took: Times, *, equal: bool, again: int) -> None:
        nonlocal fine
        good = equal and seen.peak <= PER_HOST and seen.early <= LATE and again <= 1
        fine = fine and good
        spent = f"{took.all:>7.1f} s, {took.processor:>5.1f} s of processor time here"
        limits = f"at a time {seen.peak} of {PER_HOST}, early {seen.early * 1000:>4.0f} ms, again {again}"
        result = "equal" if equal else "NOT EQUAL"
        print(f"{name:<12} {spent}; {seen.requests.total():>9,} requests; {limits}; {result}", flush=True)

    with tempfile.TemporaryDirectory() as work:
        server = Server(hosts)
        workers = Workers(Path(work))
        try:
            with server.running():
                folder = Path(work) / "mirror"
                mirror(server, folder, urls, interval)
                expected, took = check(server, folder, beside=_nothing)
                alone = Seen.of(server, interval)
                told("one machine", alone, took, equal=True, again=0)
                third = alone.requests.total() // 3
                for number in range(kills + 1):
                    while len(workers.workers) < 2:
                        workers.add()
                    _until_there(workers, 2)

                    lose = functools.partial(_lose, workers, server, third) if number else _nothing
                    report, took = check(server, folder, "--cluster", str(workers.file), beside=lose)
                    seen = Seen.of(server, interval)
                    again = max((times - alone.requests[key] for key, times in seen.requests.items()), default=0)
                    told(
                        f"killed {number}" if number else "two workers",
                        seen,
                        took,
                        equal=report == expected,
                        again=again,
                    )
        finally:
            workers.end()
    return fine


def _lose(workers: Workers, server: Server, requests: int) -> None:
    """Kill a worker once there were so many requests."""
    while len(server.log) < requests:
        time.sleep(0.01)
    workers.lose()


def _nothing() -> None:
    pass


def _until_there(workers: Workers, number: int) -> None:
    from distributed import Client

    script: Any = Client
    with script(json.loads(workers.file.read_text())["address"], set_as_default=False) as client:
        while len(client.ncores()) != number:
            time.sleep(0.1)


def main() -> int:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=20_000)
    parser.add_argument("--hosts", type=int, default=1_000)
    parser.add_argument("--interval", type=float, default=0.05, help="seconds between two requests to a host")
    parser.add_argument("--kills", type=int, default=0, help="further runs that lose a worker in the middle")
    arguments = parser.parse_args()
    return 0 if compare(arguments.urls, arguments.hosts, arguments.interval, arguments.kills) else 1


if __name__ == "__main__":
    sys.exit(main())
