"""What is kept, as values that SQLite takes, and back again."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec

from checker.history.schema import Stored
from checker.model import Finding, Hop, Report, RunFigures, Totals, Verdict

Key = tuple[bytes, int]  # a finding: its fingerprint, and which of those that share it
Stretch = tuple[Any, ...]  # since, until, times, verdict, status


@contextmanager
def as_written() -> Iterator[None]:
    """Text that this module wrote is read again; that it makes no sense is damage where SQLite does not look."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise sqlite3.DatabaseError(f"it holds what was never written: {error}") from error


def packed(ids: frozenset[str]) -> bytes:
    """Ids of a page, small. No id that HTML's parser makes holds a NUL."""
    return zlib.compress("\0".join(sorted(ids)).encode("utf-8", "surrogatepass"), 6)


def unpacked(data: bytes) -> frozenset[str]:
    """The ids again."""
    text = zlib.decompress(data).decode("utf-8", "surrogatepass")
    return frozenset(text.split("\0")) if text else frozenset()


def keyed(findings: Iterable[Finding]) -> Iterator[tuple[Key, Finding]]:
    """Findings with what they are known by; those that share a fingerprint are counted."""
    seen: Counter[bytes] = Counter()
    for finding in findings:
        fingerprint = bytes.fromhex(finding.fingerprint)
        yield (fingerprint, seen[fingerprint]), finding
        seen[fingerprint] += 1


_FIELDS = tuple(name for name in Finding.__dataclass_fields__ if name != "state")
_VALUES = attrgetter(*_FIELDS)


def body_of(finding: Finding) -> str:
    """A finding without its state, as it is stored."""
    values = _VALUES(finding)
    try:
        return msgspec.json.encode(values).decode()
    except UnicodeEncodeError:
        return json_text(msgspec.to_builtins(values))


@as_written()
def stored_of(row: Sequence[Any]) -> Stored:
    """A row with the columns of `STORED`."""
    stored = Stored(*row)
    Verdict(stored.verdict)
    hops_of(stored.hops)
    json.loads(stored.flaw or "null")
    return stored


def hops_of(text: str | None) -> tuple[Hop, ...]:
    """A chain of redirects."""
    return tuple(Hop(status, url) for status, url in json.loads(text)) if text else ()


def hops_text(hops: Iterable[Hop]) -> str | None:
    """A chain of redirects as it is stored."""
    rows = [[hop.status, hop.url] for hop in hops]
    return json_text(rows) if rows else None


@as_written()
def figures_of(number: int, head: str, figures: Mapping[str, Any]) -> RunFigures:
    """The figures of a complete run: of its stored report, and of the columns that bear their names."""
    report = json.loads(head)
    totals = msgspec.convert(report["totals"], Totals)
    return RunFigures(number, report["started"], report["finished"], True, totals, **figures)


def finding_of(body: str) -> Finding:
    """The finding again."""
    return msgspec.convert(dict(zip(_FIELDS, json.loads(body), strict=False)), Finding)


@as_written()
def findings_of(bodies: Iterable[str]) -> list[Finding]:
    """Findings in the order of a report."""
    return sorted(map(finding_of, bodies), key=lambda finding: finding.order)


@as_written()
def report_of(head: str) -> Report:
    """A report without its findings."""
    return msgspec.convert(json.loads(head), Report)


def json_text(value: object) -> str:
    """In ASCII, since names that are not UTF-8 hold lone surrogates, which SQLite does not take."""
    return json.dumps(value, separators=(",", ":"))


def signed(key: int) -> int:
    """SQLite's integers have a sign."""
    return key - (1 << 64) if key >> 63 else key


def stamp(seconds: int | None) -> str | None:
    """Seconds since 1970 as ISO 8601, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
