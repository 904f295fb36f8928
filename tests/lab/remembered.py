"""Runs of a mirror beside its history, without a network."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from checker.config.schema import HistoryTable, RemoteTable
from checker.history.run import RunHistory
from checker.history.store import History, open_for_writing
from checker.model import (
    Finding,
    Hop,
    Level,
    Report,
    Role,
    Totals,
    Verdict,
)
from checker.sweep.keys import remote_key
from checker.verify.known import Answer, Known

FIRST = datetime(2026, 1, 1, 3, tzinfo=UTC)
SETTINGS = b"settings"


def finding(name: str, level: Level = Level.ERROR, line: int = 1, target: str = "x") -> Finding:
    """What is wrong with a reference, told apart by its name."""
    fingerprint = blake2b(name.encode(), digest_size=10).hexdigest()
    return Finding(
        "local/missing-file",
        level,
        f"{name}\udcff.md",
        line,
        2,
        "not there",
        Role.LINK,
        name,
        target,
        hops=(Hop(301, "https://example.org/"),),
        fingerprint=fingerprint,
    )


def report(findings: list[Finding], *, complete: bool = True) -> Report:
    totals = Totals(pages=3, levels={Level.ERROR: len(findings)}, verdicts={Verdict.OK: 2}, unchecked={"offline": 1})
    ordered = tuple(sorted(findings, key=lambda finding: finding.order))
    stamps = "2026-01-01T03:00:00Z", "2026-01-01T03:05:00Z"
    return Report(
        "1", *stamps, "mirror", "/root\udcff", ("https://mirror.example/",), totals, ordered, complete=complete
    )


Opened = Callable[[], AbstractContextManager[History]]


@contextmanager
def opened_file() -> Iterator[History]:
    """An empty history in a file."""
    with tempfile.TemporaryDirectory() as folder, closing(open_for_writing(Path(folder) / "h.sqlite")) as history:
        yield history


def ran(history: History, number: int, findings: list[Finding]) -> tuple[int, int]:
    series, run, _ = history.begin("mirror", SETTINGS, FIRST + timedelta(days=number), resume=True)
    history.end(series, run, report(findings), ())
    return series, run


URL = "https://example.org/page"
GOOD = Known(Answer("", "", 200), 0.25, "text/html", True, frozenset({"a", "é"}), '"tag"', "yesterday")
GONE = Known(Answer("remote/gone", "410: gone for good", 410), 0.5)
MOVED = Known(
    Answer("remote/moved", "301: elsewhere", 200, (Hop(301, "https://example.org/b"),), "https://example.org/b")
)
BLOCKED = Known(Answer("remote/blocked", "403", 403))


class Runs:
    """Runs of one mirror, a day apart."""

    def __init__(self, history: History, table: HistoryTable | None = None, **remote: Any) -> None:
        self.history = history
        self.table = table or HistoryTable()
        self.remote = RemoteTable(**remote)
        self.at = FIRST - timedelta(days=1)

    def begin(self, *, resume: bool = True, days: float = 1.0) -> RunHistory:
        self.at += timedelta(days=days)
        return RunHistory(self.history, "mirror", self.table, self.remote, resume=resume, now=lambda: self.at)

    def pass_(self, *answers: tuple[str, Known], findings: list[Finding] | None = None) -> Report:
        run = self.begin()
        for url, known in answers:
            run.note(url, known)
        told = run.conclude(report(run.confirm(findings or [])))
        assert run.failed is None
        return told


def key(url: str) -> int:
    return remote_key(url, "")
