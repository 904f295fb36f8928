"""The network beside lychee's, on this machine's loopback: `python -m benchmarks.network [ROW…]`.

200 pages hold 20,000 URLs. `nginx`: 100 hosts, 128 requests in flight, no pauses. `spaced`: 10 in flight, 50 ms apart a
host. `hanging`: 200 hosts that take 50 ms to answer, five of which never do; a time limit of 5 s, one retry.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import measure
from benchmarks.measure import Spread

ROOT = Path(__file__).parents[1]
URLS, PAGES = 20_000, 200


class Row(NamedTuple):
    """A setting: hosts, what they are served by, and the limits that both programs get."""

    hosts: int
    nginx: bool
    per_host: int
    interval: float  # seconds
    timeout: int  # seconds
    target: str


ROWS = {
    "nginx": Row(100, True, 128, 0.0, 20, "at most lychee's time"),
    "spaced": Row(100, True, 10, 0.05, 20, "at most 1.05 of 10 s"),
    "hanging": Row(200, False, 10, 0.0, 5, "at most lychee's time"),
}
NGINX = """
worker_processes 1; daemon off; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {root}/1; proxy_temp_path {root}/2; fastcgi_temp_path {root}/3;
  uwsgi_temp_path {root}/4; scgi_temp_path {root}/5;
  server {{ listen {port} backlog=4096; default_type text/html; location /ok/ {{ return 200 "<p>fine"; }} }}
}}
"""


class Slow(asyncio.Protocol):
    """Answers after 50 ms; on five of its addresses, never."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self._hangs = transport.get_extra_info("sockname")[0] in {host(number) for number in range(5)}

    def data_received(self, data: bytes) -> None:
        if not self._hangs:
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            for _ in range(data.count(b"\r\n\r\n")):
                asyncio.get_running_loop().call_later(0.05, self._transport.write, answer)


def host(number: int) -> str:
    """The address of a host."""
    return f"127.0.{1 + number // 200}.{1 + number % 200}"


async def serve(port: int) -> None:
    """Serve slowly until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Slow, "0.0.0.0", port, backlog=4096)  # noqa: S104
    await server.serve_forever()


@contextmanager
def server(row: Row, work: Path) -> Iterator[int]:
    """A server for a row, on all of loopback; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    if row.nginx:
        (work / "nginx.conf").write_text(NGINX.format(root=work, port=port))
        command = ["nginx", "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")]
    else:
        command = [sys.executable, "-m", "benchmarks.network", "--serve", str(port)]
    running = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        running.terminate()
        running.wait()


def mirror(row: Row, folder: Path, port: int, pages: int) -> None:
    """Pages that name every URL once, and our limits."""
    folder.mkdir()
    links = [f"[x](http://{host(number % row.hosts)}:{port}/ok/{number})\n\n" for number in range(URLS)]
    for page in range(pages):
        (folder / f"{page}.md").write_text("".join(links[page::pages]))
    (folder / "config.toml").write_text(
        f"[remote]\nallow_private = true\nconcurrency = 128\nper_host = {row.per_host}\ninterval = {row.interval}\n"
        f"timeout = {row.timeout}.0\nretries = 1\nsoft_404 = false\n"
    )


def commands(row: Row, work: Path) -> dict[str, list[str | Path]]:
    """Each program's command. Spaced, lychee 0.24.2 comes to an end on a single page only, and so it gets one."""
    folder = work / "mirror"
    lychee = Path(sys.executable).with_name("lychee")
    limits = ["--max-concurrency", "128", "--host-concurrency", str(row.per_host), "--timeout", str(row.timeout)]
    limits += ["--host-request-interval", f"{row.interval * 1000:.0f}ms", "--max-retries", "1"]
    ours = [sys.executable, "-m", "checker", "check", "--config", folder / "config.toml", "--fail-on", "never", "-q"]
    ours += ["--no-history"]
    return {
        "lychee": [
            lychee,
            "--no-progress",
            "-q",
            *limits,
            "--extensions",
            "md",
            work / "page" if row.interval else folder,
        ],
        "mirrorcheck": [*ours, "--ignore", "mirror/orphan", "--format", f"json={work}/report.json"],
    }


def main() -> int:
    """Run the rows that are asked for, by turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="timed runs of each program (%(default)s)")
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
    for name in arguments.rows:
        row = ROWS[name]
        with ExitStack() as stack:
            work = Path(stack.enter_context(TemporaryDirectory()))
            port = stack.enter_context(server(row, work))
            mirror(row, work / "mirror", port, PAGES)
            mirror(row, work / "page", port, 1)
            took: dict[str, list[float]] = {}
            for _ in range(arguments.runs):
                for program, command in commands(row, work).items():
                    environment = os.environ | {"PYTHONPATH": str(ROOT)}
                    run = measure.run(command, work, environment=environment, codes=frozenset({0, 2}))
                    took.setdefault(program, []).append(run.seconds)
        print(name)
        for program, seconds in took.items():
            spread = Spread.of(seconds)
            print(f"  {program:<12}{spread.least:6.2f} / {spread.median:6.2f} / {spread.greatest:6.2f} s")
        ratio = statistics.median(took["mirrorcheck"]) / statistics.median(took["lychee"])
        print(f"  {ratio:.2f} of lychee's; target: {row.target}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
