"""Object stores on this machine: moto's S3, and hadro, which serves folders as buckets. Each is a real HTTP server."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

_REQUEST = re.compile(r'"\S*?([A-Z]+) (\S+) HTTP/1\.[01]')
KEYS = {"AWS_ACCESS_KEY_ID": "ann", "AWS_SECRET_ACCESS_KEY": "not-to-be-shown", "AWS_DEFAULT_REGION": "us-east-1"}


class Store(NamedTuple):
    """A server, and what its log says."""

    url: str
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to know, where it is usual."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true"}

    def asked(self) -> list[tuple[str, str]]:
        """(method, path with query) of all requests until now."""
        return _REQUEST.findall(self.log.read_text("utf-8", "replace"))

    def client(self) -> Any:
        """A client, to put something there."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=KEYS["AWS_DEFAULT_REGION"],
        )

    def fill(self, bucket: str, objects: Mapping[str, bytes | tuple[bytes, dict[str, str]]]) -> str:
        """Put objects into a new bucket: their bytes, or these and what S3 calls their other fields."""
        client = self.client()
        client.create_bucket(Bucket=bucket)
        for key, content in objects.items():
            body, fields = (content, {}) if isinstance(content, bytes) else content
            client.put_object(Bucket=bucket, Key=key, Body=body, **fields)
        return f"s3://{bucket}"


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def served(log: Path, port: int, *command: str | Path) -> Iterator[Store]:
    """A server that is started by a command, as soon as it listens."""
    with log.open("w") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, "NO_COLOR": "1"})
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield Store(f"http://127.0.0.1:{port}", log)
    finally:
        server.terminate()
        server.wait()


@contextmanager
def moto(folder: Path) -> Iterator[Store]:
    """moto's server. It knows the whole protocol, and keeps everything in memory."""
    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    with served(folder / "moto.log", port, program, "-H", "127.0.0.1", "-p", str(port)) as store:
        yield store


@contextmanager
def hadro(folder: Path, log: Path, *options: str) -> Iterator[Store]:
    """hadro: each folder in `folder` is a bucket. Its `options` are for delays and faults."""
    port = free_port()
    program = Path(sys.executable).with_name("hadro")
    keys = ("--access-key", KEYS["AWS_ACCESS_KEY_ID"], "--secret-key", KEYS["AWS_SECRET_ACCESS_KEY"])
    command: tuple[str | Path, ...] = (
        program,
        "--port",
        str(port),
        "--region",
        KEYS["AWS_DEFAULT_REGION"],
        *keys,
        *options,
        folder,
    )
    with served(log, port, *command) as store:
        yield store
