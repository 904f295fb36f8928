"""Converts records to values that a database can store, and back."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec

from checker.history.database import UnreadableError
from checker.history.schema import Stored
from checker.model import Finding, Hop, Report, RunFigures, Totals, Verdict

Key = tuple[bytes, int]  # of a finding: its fingerprint, and its number among findings with the same fingerprint
Stretch = tuple[Any, ...]  # since, until, times, verdict, status


@contextmanager
def as_written() -> Iterator[None]:
    """A block that reads text which this module wrote. If the text makes no sense, it was damaged."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableError(f"it holds what was never written: {error}") from error


def packed(ids: frozenset[str]) -> bytes:
    """The ids of a page, compressed. An HTML parser never puts a NUL into an id."""
    return zlib.compress("\0".join(sorted(ids)).encode("utf-8", "surrogatepass"), 6)


def unpacked(data: bytes) -> frozenset[str]:
    """The ids from their compressed form."""
    text = zlib.decompress(data).decode("utf-8", "surrogatepass")
    return frozenset(text.split("\0")) if text else frozenset()


def keyed(findings: Iterable[Finding]) -> Iterator[tuple[Key, Finding]]:
    """Findings with their keys; findings with the same fingerprint are numbered."""
    seen: Counter[bytes] = Counter()
    for finding in findings:
        fingerprint = bytes.fromhex(finding.fingerprint)
        yield (fingerprint, seen[fingerprint]), finding
        seen[fingerprint] += 1


_FIELDS = tuple(name for name in Finding.__struct_fields__ if name != "state")
_VALUES = attrgetter(*_FIELDS)


def body_of(finding: Finding) -> str:
    """The text that is stored of a finding: all but its state, and the last fields only where they say something."""
    values = _VALUES(finding)
    while not values[-1]:  # `written` and `grade`, which older histories do not have
        values = values[:-1]
    try:
        return msgspec.json.encode(values).decode()
    except UnicodeEncodeError:
        return json_text(msgspec.to_builtins(values))


@as_written()
def stored_of(row: Sequence[Any]) -> Stored:
    """A row of the columns in `STORED`, as a record."""
    stored = Stored(*row)
    Verdict(stored.verdict)
    hops_of(stored.hops)
    json.loads(stored.flaw or "null")
    return stored


def hops_of(text: str | None) -> tuple[Hop, ...]:
    """A chain of redirects from its stored text."""
    return tuple(Hop(status, url) for status, url in json.loads(text)) if text else ()


def hops_text(hops: Iterable[Hop]) -> str | None:
    """The text that is stored of a chain of redirects; None if it is empty."""
    rows = [[hop.status, hop.url] for hop in hops]
    return json_text(rows) if rows else None


@as_written()
def figures_of(number: int, head: str, figures: Mapping[str, Any]) -> RunFigures:
    """The figures of a complete run: from its stored report, and from the columns with the same names."""
    report = json.loads(head)
    totals = msgspec.convert(report["totals"], Totals)
    return RunFigures(number, report["started"], report["finished"], True, totals, **figures)


def finding_of(body: str) -> Finding:
    """A finding from its stored text."""
    return msgspec.convert(dict(zip(_FIELDS, json.loads(body), strict=False)), Finding)


@as_written()
def findings_of(bodies: Iterable[str]) -> list[Finding]:
    """Findings from their stored texts, in the order of a report."""
    return sorted(map(finding_of, bodies), key=lambda finding: finding.order)


@as_written()
def report_of(head: str) -> Report:
    """A report, without its findings, from its stored text."""
    return msgspec.convert(json.loads(head), Report)


def json_text(value: object) -> str:
    """JSON in ASCII: names that are not UTF-8 contain lone surrogates, which no database can store."""
    return json.dumps(value, separators=(",", ":"))


def signed(key: int) -> int:
    """A 64-bit key as a signed integer, as databases have them."""
    return key - (1 << 64) if key >> 63 else key


def stamp(seconds: int | None) -> str | None:
    """Seconds since 1970 as ISO 8601, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
