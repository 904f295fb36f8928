"""The history under load: `python -m benchmarks.history [kill|month|year …]`.

`kill`: kill -9 at seeded moments of a run; each time the resumed run's report equals an undisturbed one's, and no
target with a good answer on disk is asked again. `month`: thirty nights of targets that die, flap and move: requests,
and days until a death is reported. `year`: the size of the file after 365 nights, and the time to open its report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from msgspec.structs import replace

from checker.config.schema import Config, EngineTable, FreshTable, HistoryTable, RemoteTable
from checker.extract import Options
from checker.history.run import RunHistory
from checker.history.store import open_for_reading, open_for_writing
from checker.model import Finding, Level, Report, Role, Totals, Verdict
from checker.run import check
from checker.run.frontier import Frontier
from checker.run.job import Job
from checker.verify.known import Answer, Known

ROOT = Path(__file__).parents[1]
FIRST = datetime(2026, 1, 1, 3, tzinfo=UTC)
PAGE = b"<!doctype html><title>A page</title><p id=here>Some words."
REMOTE = RemoteTable(
    allow_private=("127.0.0.0/8",), interval=0.0, per_host=128, proxy="", soft_404=False, second_pass=False, retries=0
)

Site = Callable[[str, dict[str, str]], tuple[int, str, bytes]]  # path and header fields -> status, fields, body


class _Connection(asyncio.Protocol):
    """A connection of a server that answers as its site says."""

    def __init__(self, site: Site, log: list[tuple[str, str]]) -> None:
        self._site, self._log, self._data = site, log, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, path, _ = first.split(" ", 2)
            self._log.append((method, path))
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            status, extra, body = self._site(path, fields)
            if status == 304:
                answer = f"HTTP/1.1 304 X\r\n{extra}\r\n".encode()
            else:
                answer = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
                answer = answer.encode() + (b"" if method == "HEAD" else body)
            self._transport.write(answer)


@contextmanager
def serving(site: Site) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server in a thread; (its address, its log)."""
    log: list[tuple[str, str]] = []
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Connection(site, log), "127.0.0.1", 0, backlog=1024))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", log
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


def mirror(folder: Path, urls: list[str], pages: int, seed: int) -> None:
    """Pages that name all URLs, some twice, some with a fragment."""
    draw = random.Random(seed)
    folder.mkdir()
    named = [*urls, *draw.choices(urls, k=len(urls) // 5)]
    lines = [f"[x]({url}{draw.choice(['', '', '#here', '#nowhere'])})\n\n" for url in named]
    for page in range(pages):
        (folder / f"{page}.md").write_text("".join(lines[page::pages]))


# --- kill -9


def _kinds(path: str, _fields: dict[str, str]) -> tuple[int, str, bytes]:
    kind = path.split("/")[1]
    if kind == "moved":
        return 301, "Location: /ok/there\r\n", b""
    return {"ok": 200, "gone": 410, "fails": 503}.get(kind, 404), "", PAGE


def kill(moments: int, pages: int, targets: int, seed: int) -> bool:
    """Kill a run at seeded moments, and compare what is resumed with what was never disturbed."""
    kinds = ["ok"] * 6 + ["moved", "gone", "fails"]
    draw = random.Random(seed)
    different = repeated = kept = 0
    with serving(_kinds) as (address, log), TemporaryDirectory() as work:
        folder = Path(work)
        urls = [f"{address}/{kinds[number % len(kinds)]}/{number}" for number in range(targets)]
        mirror(folder / "mirror", urls, pages, seed)
        settings = (
            'allow_private = true\ninterval = 0.0\nproxy = ""\nsoft_404 = false\nsecond_pass = false\nretries = 0\n'
        )
        (folder / "mirror" / "config.toml").write_text(f"[remote]\n{settings}per_host = 128\n")

        def started(history: Path) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "checker", "check", "-q", "--config", folder / "mirror" / "config.toml"]
            command += ["--history", history, "--format", f"json={folder}/report.json"]
            return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)

        def finished(history: Path) -> dict[str, Any]:
            _, err = started(history).communicate()
            if err:
                print(err.decode())
            report: dict[str, Any] = json.loads((folder / "report.json").read_text())
            del report["started"], report["finished"]
            return report

        began = time.monotonic()
        whole = finished(folder / "whole.sqlite")
        lasts = time.monotonic() - began
        print(f"kill: {pages} pages, {targets} targets; an undisturbed run takes {lasts:.1f} s, {len(log)} requests")
        number = late = 0
        while number < moments:
            file = folder / f"{number + late}.sqlite"
            process = started(file)
            time.sleep(draw.uniform(0, lasts))
            process.kill()
            process.communicate()
            if _ended(file):  # the run was over: what comes next is another night
                late += 1
                continue
            number += 1
            known = _good(file, address)
            kept += len(known)
            base = len(log)
            different += finished(file) != whole
            again = [(method, path) for method, path in log[base:] if path in known and path != "/ok/there"]
            repeated += sum(known[path] or method == "HEAD" for method, path in again)
            file.unlink(missing_ok=True)
    print(f"  {late} kills came after the end of the run, and do not count")
    print(f"  {moments} kills: {different} reports differ, {repeated} good targets asked again; {kept:,} were on disk")
    return not different and not repeated


def _ended(file: Path) -> bool:
    """Whether the run in a history is complete."""
    return any(complete for (complete,) in _rows(file, "SELECT complete FROM run"))


def _good(file: Path, address: str) -> dict[str, bool]:
    """The paths with a good answer on disk, and whether their page was read."""
    query = "SELECT url, read IS run FROM target WHERE verdict IN ('ok', 'redirected')"
    return {url.removeprefix(address): bool(read) for url, read in _rows(file, query)}


def _rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What a history holds; nothing where it was killed before there was a table."""
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []


# --- a month


class World:
    """Targets that live, die, flap and move; `day` is its clock."""

    def __init__(self, seed: int) -> None:
        self.day = 0
        self._seed = seed

    def fate(self, number: int) -> tuple[str, int]:
        """What a target is, and the day on which it happens: 5 % die, 5 % flap, 5 % move."""
        drawn = random.Random(self._seed * 1_000_003 + number)
        return drawn.choice(["dies", "flaps", "moves", *["lives"] * 17]), drawn.randrange(2, 24)

    def __call__(self, path: str, fields: dict[str, str]) -> tuple[int, str, bytes]:
        if not path.startswith("/t/"):
            return 200, "", PAGE
        number = int(path.rpartition("/")[2])
        kind, day = self.fate(number)
        if kind == "dies" and self.day >= day:
            return 410, "", b"gone"
        if kind == "flaps" and (self.day + day) % 5 in {1, 3, 4}:  # down for one night, then for two
            return 503, "", b"failing"
        if kind == "moves" and self.day >= day:
            return 301, "Location: /moved\r\n", b""
        if number % 2:
            return 200, "", PAGE
        tag = f'"{number}"'
        known = fields.get("if-none-match") == tag
        return (304 if known else 200), f"ETag: {tag}\r\n", PAGE


class Policy(NamedTuple):
    """A way of asking."""

    name: str
    table: HistoryTable


WEEK = FreshTable(ok="6d", redirected="6d")
POLICIES = (
    Policy("everything, every night", HistoryTable(confirm="1")),
    Policy("the same, --confirm 3", HistoryTable(confirm="3")),
    Policy("good answers fresh for 6 d", HistoryTable(confirm="3", fresh=WEEK)),
    Policy("--budget a fifth", HistoryTable(confirm="3")),
)


def month(targets: int, seed: int) -> None:
    """Thirty nights by each policy."""
    print(f"month: {targets} targets, 30 nights")
    everything = 0
    for policy in POLICIES:
        table = policy.table
        if policy.name.startswith("--budget"):
            table = HistoryTable(budget=targets // 5, confirm=table.confirm)
        world = World(seed)
        with serving(world) as (address, log), TemporaryDirectory() as work:
            folder = Path(work)
            mirror(folder / "mirror", [f"{address}/t/{number}" for number in range(targets)], 50, seed)
            called: dict[int, int] = {}  # target -> the day on which it is first an error
            for day in range(30):
                world.day = day
                report = _night(folder, table, FIRST + timedelta(days=day))
                for finding in report.findings:
                    if finding.level is Level.ERROR and "/t/" in finding.target:
                        number = int(finding.target.partition("#")[0].rpartition("/")[2])
                        called.setdefault(number, day)
        everything = everything or len(log)
        fates = {number: world.fate(number) for number in range(targets)}
        deaths = {number: day for number, (kind, day) in fates.items() if kind == "dies"}
        waits = [called[number] - day for number, day in deaths.items() if number in called]
        false = sum(kind != "dies" for number, (kind, _) in fates.items() if number in called)
        print(
            f"  {policy.name:<28}{len(log):>8,} requests ({len(log) / everything:.2f}); {len(waits)} of {len(deaths)}"
            f" deaths called, after {sum(waits) / max(len(waits), 1):.1f} d (at most {max(waits, default=0)});"
            f" {false} called broken falsely",
            flush=True,
        )


def _night(folder: Path, table: HistoryTable, now: datetime) -> Report:
    config = Config(remote=REMOTE, history=table, engine=EngineTable(jobs=1))
    with closing(open_for_writing(folder / "h.sqlite")) as history:
        run = RunHistory(history, "mirror", table, config.remote, now=lambda: now)

        def network(options: Options) -> Frontier:
            return Frontier(config.remote, options, history=run)

        checking = check.check(
            Job(config=config, source="m", network=network, history=run, now=lambda: now), folder / "mirror"
        )
        report = run.conclude(asyncio.run(checking))
        if run.failed:
            raise run.failed
        return report


# --- a year


def year(nights: int, targets: int, seed: int) -> None:
    """Fill a history night by night, without a network, and open its report."""
    draw = random.Random(seed)
    hosts = [f"https://host{number}.example.org" for number in range(2_000)]
    urls = [f"{draw.choice(hosts)}/some/path/page-{number}.html" for number in range(targets)]
    good = [Known(Answer("", "", 200), 0.1, "text/html") for _ in range(8)]
    bad = [
        Known(Answer("remote/not-found", "404: not found", 404), 0.1, "text/html"),
        Known(Answer("remote/timeout", "no answer within 20 s")),
    ]
    now: dict[int, Known] = {number: draw.choice(bad) for number in draw.sample(range(targets), targets // 50)}
    with TemporaryDirectory() as work:
        file = Path(work) / "h.sqlite"
        took = 0.0
        for night in range(nights):
            for number in draw.sample(range(targets), targets // 500):  # what changes in a night
                if number in now:
                    del now[number]
                else:
                    now[number] = draw.choice(bad)
            at = FIRST + timedelta(days=night)
            findings = tuple(_finding(urls[number], known) for number, known in sorted(now.items()))
            findings = tuple(sorted(findings, key=lambda finding: finding.order))
            totals = Totals(10_000, 2 * targets, 0, targets, verdicts={Verdict.BROKEN: len(findings)})
            stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
            report = Report("0", stamp, stamp, "mirror", "/mirror", (), totals, findings)
            began = time.process_time()
            with closing(open_for_writing(file)) as history:
                run = RunHistory(history, "mirror", HistoryTable(), RemoteTable(), now=lambda at=at: at)  # type: ignore[misc]
                for number, url in enumerate(urls):
                    known = now.get(number) or good[number % 8]._replace(latency=draw.random())
                    run.note(url, known)
                run.conclude(report)
                if run.failed:
                    raise run.failed
            took += time.process_time() - began
            if night in {0, nights // 2, nights - 1}:
                print(f"  night {night + 1}: {file.stat().st_size / 1e6:.1f} MB", flush=True)
        print(f"year: {nights} nights of {targets:,} targets; {took / nights:.1f} s of processor a night")
        for name, keep in (("whole", None), ("pruned to 90 days", 90)):
            if keep is not None:
                began = time.monotonic()
                with closing(open_for_writing(file)) as history:
                    runs = history.prune(FIRST + timedelta(days=nights - keep))
                print(f"  prune: {runs} runs in {time.monotonic() - began:.1f} s")
            began = time.monotonic()
            with closing(open_for_reading(file)) as history:
                opened = time.monotonic() - began
                told = history.report(history.last()[1])
            health = told.health
            rows = (len(health.runs), len(health.hosts), len(health.past)) if health else ()
            print(
                f"  {name}: {file.stat().st_size / 1e6:.1f} MB; open {opened * 1000:.0f} ms, report"
                f" {time.monotonic() - began:.2f} s ({len(told.findings):,} findings; nights, hosts, lives: {rows})"
            )


def _finding(url: str, known: Known) -> Finding:
    answer = known.answer
    page = f"pages/{blake2b(url.encode(), digest_size=1).hexdigest()}.md"
    fingerprint = blake2b(url.encode(), digest_size=10).hexdigest()
    found = Finding(answer.rule, Level.ERROR, page, 3, 5, answer.message, Role.LINK, url, url, status=answer.status)
    return replace(found, fingerprint=fingerprint)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("rows", nargs="*", default=["kill", "month", "year"], metavar="ROW", help="kill, month, year")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--moments", type=int, default=100, metavar="N", help="kills (%(default)s)")
    parser.add_argument("--pages", type=int, default=2_000, metavar="N", help="of `kill` (%(default)s)")
    parser.add_argument("--targets", type=int, default=5_000, metavar="N", help="of `kill` and `month` (%(default)s)")
    parser.add_argument("--nights", type=int, default=365, metavar="N", help="of `year` (%(default)s)")
    parser.add_argument("--many", type=int, default=100_000, metavar="N", help="targets of `year` (%(default)s)")
    arguments = parser.parse_args()
    right = True
    if "kill" in arguments.rows:
        right = kill(arguments.moments, arguments.pages, arguments.targets, arguments.seed)
    if "month" in arguments.rows:
        month(arguments.targets, arguments.seed)
    if "year" in arguments.rows:
        year(arguments.nights, arguments.many, arguments.seed)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
