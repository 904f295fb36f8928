"""A fleet beside single runs, on this machine's loopback: `python -m benchmarks.fleet [--mirrors N] [--pages N]`.

20 mirrors share half of their remote URLs. The server counts the requests of the fleet and of 20 runs of `check`; their
reports have to be equal. Processor time and the peak of memory are those of the whole process trees.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import measure

HOSTS, REMOTE = 50, 4  # hosts; remote URLs on a page
KINDS = ("ok", "ok#here", "ok#lost", "gone", "ok", "moved")
PAGE = b"<!doctype html><title>A page</title><p id=here>Words.</p>"
CONFIG = (
    '[mirror]\nlayout = "plain"\n[remote]\nallow_private = ["127.0.0.0/8"]\ninterval = 0.0\nproxy = ""\nretries = 0\n'
)
TIMES = ("started", "finished", "mirror")


class Server:
    """Answers on all loopback addresses, and counts."""

    def __init__(self) -> None:
        self.requests = 0
        self.port = 0

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while line := lines.readline():
                method, path, _ = line.decode("latin-1").split(" ", 2)
                while lines.readline() not in {b"\r\n", b""}:
                    pass
                self.requests += 1
                kind = path.split("/")[1]
                status = {"ok": HTTPStatus.OK, "moved": HTTPStatus.MOVED_PERMANENTLY}.get(kind, HTTPStatus.NOT_FOUND)
                place = "Location: /ok/new\r\n" if kind == "moved" else ""
                head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n{place}Content-Length: {len(PAGE)}\r\n\r\n"
                connection.sendall(head.encode() + (b"" if method == "HEAD" else PAGE))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in threads, one for each connection."""
        with socket.create_server(("0.0.0.0", 0), backlog=1024) as listening:  # noqa: S104 - all of 127.0.0.0/8
            self.port = listening.getsockname()[1]

            def accept() -> None:
                while True:
                    try:
                        connection, _ = listening.accept()
                    except OSError:
                        return
                    threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

            threading.Thread(target=accept, daemon=True).start()
            yield


def generate(root: Path, mirrors: int, pages: int, port: int) -> None:
    """Write the mirrors and FLEET.toml. Every second remote URL is the same in all mirrors."""
    rows = []
    for mirror in range(mirrors):
        folder = root / f"m{mirror}"
        folder.mkdir()
        (folder / "config.toml").write_text(CONFIG)
        for page in range(pages):
            urls = []
            for at in range(REMOTE):
                number = page * REMOTE + at
                kind, mark, fragment = KINDS[number // 2 % len(KINDS)].partition("#")
                owner = "all" if at % 2 else f"m{mirror}"
                url = f"http://127.0.1.{1 + number % HOSTS}:{port}/{kind}/{owner}-{number}{mark}{fragment}"
                urls.append(f'<p><a href="{url}">there</a> <a href="p{(page + 1) % pages}.html">next</a></p>')
            (folder / f"p{page}.html").write_text(f"<!doctype html><title>{page}</title>{''.join(urls)}")
        rows.append(f'[[mirror]]\nname = "m{mirror}"\npath = "m{mirror}"\n')
    (root / "FLEET.toml").write_text("\n".join(rows))


def _report(path: Path) -> dict[str, Any]:
    return {key: value for key, value in json.loads(path.read_text()).items() if key not in TIMES}


def main() -> int:
    """Measure, and print a table. 1 if a report differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirrors", type=int, default=20)
    parser.add_argument("--pages", type=int, default=200)
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "checker"]
    environment = {**os.environ, "MIRRORCHECK_TRUST_CONFIG": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    server = Server()
    with TemporaryDirectory() as folder, server.running():
        root = Path(folder)
        generate(root, arguments.mirrors, arguments.pages, server.port)
        names = [f"m{mirror}" for mirror in range(arguments.mirrors)]

        def run(place: Path, *options: str) -> measure.Run:
            codes = frozenset({0, 1})
            return measure.run(
                [*command, *options, "--no-history", "-q"], place, environment=environment, codes=codes, memory=True
            )

        single = [run(root / name, "check", "--format", f"json=../{name}.json.tmp") for name in names]
        alone, server.requests = server.requests, 0
        fleet = run(root, "fleet", "FLEET.toml", "--format", "json={name}.json", "--format", "json=all.json")
        asked = json.loads((root / "all.json").read_text())["asked"]
        differ = [name for name in names if _report(root / f"{name}.json") != _report(root / f"{name}.json.tmp")]
    print(f"{arguments.mirrors} mirrors of {arguments.pages:,} pages")
    print(f"URLs of all mirrors: {asked['wanted']:,}; each once: {asked['distinct']:,}")
    print("|  | requests | wall, s | processor, s | peak memory, MB |\n|---|---|---|---|---|")
    for name, requests, runs in ((f"{len(names)} single runs", alone, single), ("the fleet", server.requests, [fleet])):
        wall, processor = sum(each.seconds for each in runs), sum(each.processor for each in runs)
        memory = max(each.memory for each in runs) / 1e6
        print(f"| {name} | {requests:,} | {wall:.1f} | {processor:.1f} | {memory:.0f} |")
    print(f"reports that differ: {', '.join(differ) or 'none'}")
    return bool(differ)


if __name__ == "__main__":
    raise SystemExit(main())
