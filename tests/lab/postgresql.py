"""A server of PostgreSQL for tests, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

from lab import PATH

USER, PASSWORD = "keeper", "p@ss/word:1"
_QUOTED = "p%40ss%2Fword%3A1"


class Server(NamedTuple):
    """A running server, which asks for a password on loopback and for none on its socket."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    def url(self, database: str = "mirrors") -> str:
        return f"postgresql://{USER}:{_QUOTED}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "mirrors") -> list[tuple[object, ...]]:
        """Run statements by the socket; the rows of the last."""
        place = f"host={self.folder} port={self.port} user={USER} dbname={database}"
        with psycopg.connect(place, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def afresh(self) -> str:
        """The URL of the database, without a history in it."""
        self.run("SET client_min_messages = warning", "DROP SCHEMA IF EXISTS mirrorcheck CASCADE")
        return self.url()


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty database. PostgreSQL refuses to run as root: then it is nobody's."""
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if user:
            for each in (folder, folder / "password"):
                shutil.chown(each, user)
        environment = {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"}
        make: list[str | Path] = [
            "initdb",
            "--no-sync",
            "--username",
            USER,
            "--pwfile",
            folder / "password",
            "--encoding",
            "UTF8",
        ]
        make += ["--auth-local", "trust", "--auth-host", "scram-sha-256", "--pgdata", folder / "data"]
        subprocess.run(make, user=user, env=environment, check=True, capture_output=True, cwd=folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
        command: list[str | Path] = [
            "postgres",
            "-D",
            folder / "data",
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, user=user, env=environment, stdout=log, stderr=log, cwd=folder)
        server = Server(process, port, folder)
        try:
            _wait(server)
            server.run("CREATE DATABASE mirrors", database="postgres")
            yield server
        finally:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)  # a fast shutdown: it ends the sessions that are left
            process.wait(60)


def _wait(server: Server) -> None:
    for _ in range(300):
        try:
            server.run("SELECT 1", database="postgres")
        except psycopg.OperationalError:
            assert server.process.poll() is None, (server.folder / "log").read_text()
            time.sleep(0.05)
        else:
            return
    raise AssertionError((server.folder / "log").read_text())
