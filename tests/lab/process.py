"""Whole runs beside the lab: the command line in a process of its own, and servers for it."""

from __future__ import annotations

import base64
import hashlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from ssl import SSLContext
from typing import Any

from lab.behaviours import HTML, says
from lab.server import Behaviour, Lab

ALLOWED = '[remote]\nallow_private = ["127.0.0.0/8"]\ninterval = 0.0\nproxy = ""\nretries = 0\n'


@contextmanager
def running(
    behaviours: dict[str, Behaviour], hosts: Sequence[str] = (), contexts: dict[str, SSLContext] | None = None
) -> Iterator[Lab]:
    """The lab in a thread of its own, on further `hosts` and by TLS too, for programs that run beside it."""
    import asyncio

    lab = Lab(behaviours, contexts)
    ready, end = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with lab:
            await lab.listen([*hosts])
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield lab
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def started(
    *arguments: str | os.PathLike[str], cwd: Path, files: tuple[int, int] | None = None
) -> subprocess.Popen[str]:
    """The command line in a process of its own, which trusts the configuration of its working folder. `files`: how many
    it may have open, now and at most.
    """
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path, "MIRRORCHECK_TRUST_CONFIG": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "checker", *(os.fspath(argument) for argument in arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)) if files else None,  # noqa: PLW1509
    )


def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens beside us."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it does not happen")


def found(report: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((finding["rule"], finding["reference"]) for finding in report["findings"])


def html(*links: str) -> Behaviour:
    body = "<!doctype html><title>A page</title><p id=here>" + "".join(f'<a href="{link}">x</a>\n' for link in links)
    return says(200, body.encode(), *HTML)


NGINX = """
daemon off; {user} pid {root}/pid; error_log {root}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; text/css css; image/svg+xml svg; image/png png; }}
  access_log {root}/access.log;
  client_body_temp_path {root}/1; proxy_temp_path {root}/2; fastcgi_temp_path {root}/3;
  uwsgi_temp_path {root}/4; scgi_temp_path {root}/5;
  server {{ listen 127.0.0.1:{port}; root {site}; {index} }}
}}
"""


@contextmanager
def nginx(folder: Path, site: Path, *, lists: bool = False) -> Iterator[str]:
    """nginx serving a folder; its address. `lists`: it lists folders, also those with an index.html."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""  # its workers must read what the test wrote
    index = "autoindex on; index none;" if lists else "index index.html;"
    (folder / "nginx.conf").write_text(NGINX.format(root=folder, site=site, port=port, user=user, index=index))
    server = subprocess.Popen(["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


LAMP, MOTH = b"document.title = 'lamp'\n", b"document.title = 'moth'\n"


JS = "Content-Type: text/javascript"


def sri(data: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


@contextmanager
def nobody() -> Iterator[str]:
    """The URL of a proxy where nothing listens."""
    with socket.socket() as taken:  # bound, so that nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def through(proxy: str) -> str:
    return ALLOWED.replace('proxy = ""', f'proxy = "{proxy}"') + "second_pass = false\n"


@contextmanager
def both(lab: Lab, tls: str, host: str = "127.0.0.1") -> Iterator[str]:
    """HOST:PORT where the lab answers to http: and to https: alike, as a host does on its two ports."""
    import asyncio

    ready, end = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    ports: list[int] = []

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        there, back = await asyncio.open_connection("127.0.0.1", lab.ports[tls if first == b"\x16" else ""])
        back.write(first)
        await asyncio.gather(passed(reader, back), passed(there, writer))

    async def serve() -> None:
        async with await asyncio.start_server(relay, host, 0) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await end.wait()
            relays = asyncio.all_tasks() - {asyncio.current_task()}
            for task in relays:
                task.cancel()
            await asyncio.gather(*relays, return_exceptions=True)  # or they are destroyed pending, in a later test

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield f"{host}:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
