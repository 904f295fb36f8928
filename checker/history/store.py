"""What the runs of a mirror learnt, from night to night, in one SQLite file that outlives them all.

A run's answers are written as they come; what follows from them (states, failures in a row) when it ends, at once.
Stretches and spans are kept instead of copies: a target that answers the same for a year is one row.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import IO, Any, NamedTuple

import msgspec

from checker import disk, logins
from checker.config.schema import HISTORY
from checker.model import (
    CheckerError,
    ConfigError,
    Finding,
    Health,
    Hop,
    Host,
    Level,
    Night,
    Past,
    Report,
    Seen,
    State,
    Totals,
    Verdict,
)
from checker.web import urls

WINDOW = 10  # runs in which changes are counted
TURNS = 3  # changes in them from which a finding, or a target, flaps

_APPLICATION = 0x6D697272  # "mirr": how a file says whose it is
_LONGEST = 86_400  # seconds after which an unfinished run is not taken up again
_ALL = 1 << 62  # later than any run
_AT_ONCE = 500  # targets that are asked for together; SQLite takes at least 999
_Stretch = tuple[Any, ...]
Key = tuple[bytes, int]  # a finding: its fingerprint, and which of those that share it

# Each brings a file to the version that is its place in this list, from 1.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Runs that are compared with each other: of one mirror, checked the same way.
        "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, settings BLOB NOT NULL,
            started INTEGER NOT NULL, requests INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
            report TEXT, new INTEGER, fixed INTEGER, latency REAL)""",
        "CREATE INDEX run_series ON run (series, complete)",
        # The last answer of a remote URL (`read`: the run that last had its body, to which ids, etag and modified
        # belong; `looked`: the run that last looked at it as what pages embed, in a role); then its life, as of the
        # last run that ended: since when it answers so, and how often it was asked.
        """CREATE TABLE target (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, key INTEGER NOT NULL, url TEXT NOT NULL,
            run INTEGER NOT NULL, asked INTEGER NOT NULL, verdict TEXT NOT NULL, rule TEXT NOT NULL,
            message TEXT NOT NULL, status INTEGER, hops TEXT, suggestion TEXT, latency REAL, media TEXT,
            read INTEGER, ids BLOB, etag TEXT, modified TEXT,
            looked INTEGER, role TEXT, looks INTEGER, flaw TEXT,
            named INTEGER NOT NULL, was TEXT, was_status INTEGER, since INTEGER, until INTEGER,
            times INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, first_broken INTEGER,
            last_good INTEGER, UNIQUE (series, key))""",
        # What a target answered before: from run `since` to run `until`, asked so many times.
        """CREATE TABLE stretch (
            target INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, times INTEGER NOT NULL,
            verdict TEXT NOT NULL, status INTEGER, latency REAL, PRIMARY KEY (target, since)) WITHOUT ROWID""",
        """CREATE TABLE finding (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, fingerprint BLOB NOT NULL, nth INTEGER NOT NULL,
            UNIQUE (series, fingerprint, nth))""",
        # A finding stood in the complete runs from `since` to before `until` (none: it still stands), with these words.
        """CREATE TABLE span (
            finding INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, level TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (finding, since)) WITHOUT ROWID""",
        "CREATE INDEX span_open ON span (finding) WHERE until IS NULL",
    ),
    (
        # A span that was not `seen`: the runs did not look, and so cannot say that the finding is gone. `held`: by a
        # baseline. A verdict of "" is from before it was kept.
        "ALTER TABLE span ADD COLUMN verdict TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE span ADD COLUMN seen INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE span ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN known INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN flapping INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN unchecked INTEGER NOT NULL DEFAULT 0",
    ),
)
# What no run from a first one on needs.
_OLD = (
    "DELETE FROM span WHERE until <= ? AND finding IN (SELECT id FROM finding WHERE series = ?)",
    "DELETE FROM stretch WHERE until < ? AND target IN (SELECT id FROM target WHERE series = ?)",
    "DELETE FROM target WHERE named < ? AND series = ?",
)


class DamagedError(CheckerError):
    """The file is no history any more."""


@contextmanager
def _as_written() -> Iterator[None]:
    """Text that this module wrote is read again; that it makes no sense is damage where SQLite does not look."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise sqlite3.DatabaseError(f"it holds what was never written: {error}") from error


class _Standing(NamedTuple):
    """How a finding stood in a run."""

    level: str
    verdict: str
    seen: int
    held: int


class Stored(NamedTuple):
    """The last answer of a target, and its life."""

    id: int
    url: str
    run: int
    asked: int
    verdict: str
    rule: str
    message: str
    status: int | None
    hops: str | None
    suggestion: str | None
    latency: float | None
    media: str | None
    read: int | None
    ids: bytes | None
    etag: str | None
    modified: str | None
    looked: int | None
    role: str | None
    looks: int | None
    flaw: str | None
    until: int | None
    failures: int
    first_broken: int | None
    last_good: int | None

    @property
    def chain(self) -> tuple[Hop, ...]:
        """Its redirects."""
        return _hops(self.hops)


_STORED = ", ".join(Stored._fields)
_ANSWERED = """
    INSERT INTO target (series, key, url, run, asked, verdict, rule, message, status, hops, suggestion, latency, media,
        read, ids, etag, modified, looked, role, looks, flaw, named)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?4)
    ON CONFLICT (series, key) DO UPDATE SET
        run = ?4, asked = ?5, verdict = ?6, rule = ?7, message = ?8, status = ?9, hops = ?10, suggestion = ?11,
        latency = ?12, media = ?13, named = ?4,
        read = coalesce(?14, read), ids = CASE WHEN ?14 IS NULL THEN ids ELSE ?15 END,
        etag = CASE WHEN ?14 IS NULL THEN etag ELSE ?16 END,
        modified = CASE WHEN ?14 IS NULL THEN modified ELSE ?17 END,
        looked = coalesce(?18, looked), role = coalesce(?19, role),
        looks = CASE WHEN ?18 IS NULL THEN looks ELSE ?20 END,
        flaw = CASE WHEN ?18 IS NULL THEN flaw ELSE ?21 END"""
# All rows are read in their order (NOT INDEXED): most are of one series, and an index would only scatter them.
_LIFE = (
    # What answers otherwise than before begins a new stretch.
    """INSERT OR REPLACE INTO stretch
        SELECT id, since, until, times, was, was_status, NULL FROM target NOT INDEXED
        WHERE series = :series AND run = :run AND until != :run AND NOT (was IS verdict AND was_status IS status)""",
    """UPDATE target NOT INDEXED SET
        since = CASE WHEN was IS verdict AND was_status IS status THEN since ELSE :run END,
        times = CASE WHEN was IS verdict AND was_status IS status THEN times + 1 ELSE 1 END,
        was = verdict, was_status = status, until = :run,
        failures = CASE verdict WHEN 'broken' THEN failures + 1 WHEN 'ok' THEN 0 WHEN 'redirected' THEN 0
            ELSE failures END,
        first_broken = CASE verdict WHEN 'broken' THEN coalesce(first_broken, asked) WHEN 'ok' THEN NULL
            WHEN 'redirected' THEN NULL ELSE first_broken END,
        last_good = CASE WHEN verdict IN ('ok', 'redirected') THEN asked ELSE last_good END
        WHERE series = :series AND run = :run AND until IS NOT :run""",
)


class History:
    """An open history. Every method raises CheckerError where the file cannot be read or written."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str] | None = None) -> None:
        self.path = path
        self.warning = ""  # what the user should know of the file
        self._db = connection
        self._lock = lock
        self._moved = False

    def close(self) -> None:
        """Close the file, and let others write."""
        with suppress(sqlite3.Error):
            self._db.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """What SQLite says, in our words. What turns out to be damaged is moved aside, if this is who writes to it."""
        try:
            with _translated(self.path):
                yield
        except DamagedError as error:
            if self._lock is None or self._moved:
                raise
            self._moved = True
            with suppress(sqlite3.Error):
                self._db.close()
            raise _moved_aside(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self._checked():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk rolls back by itself
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._checked():
            return self._db.execute(query, values).fetchall()

    # --- a run

    def begin(self, series: str, settings: bytes, now: datetime, *, resume: bool) -> tuple[int, int, bool]:
        """(series, run, whether it is one that was taken up again)."""
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO series (name) VALUES (?)", (series,))
            (number,) = db.execute("SELECT id FROM series WHERE name = ?", (series,)).fetchone()
            last = db.execute(
                "SELECT id, complete, settings, started FROM run WHERE series = ? ORDER BY id DESC LIMIT 1", (number,)
            ).fetchone()
            age = now.timestamp() - last[3] if last else 0
            if resume and last and not last[1] and last[2] == settings and 0 <= age < _LONGEST:
                return number, last[0], True
            values = (number, settings, int(now.timestamp()))
            run = db.execute("INSERT INTO run (series, settings, started) VALUES (?, ?, ?)", values).lastrowid
            assert run is not None  # noqa: S101 - of a table with numbered rows
            return number, run, False

    def forget(self, series: int, run: int) -> None:
        """Undo the beginning of a run, of which nothing was added."""
        with self._writing() as db:
            db.execute("DELETE FROM run WHERE id = ?", (run,))
            db.execute("DELETE FROM series WHERE id = ? AND id NOT IN (SELECT series FROM run)", (series,))
            db.execute("UPDATE sqlite_sequence SET seq = ?1 - 1 WHERE name = 'run' AND seq = ?1", (run,))

    def settings(self, series: int) -> dict[int, bytes]:
        """What each run of a series was made with."""
        return dict(self._rows("SELECT id, settings FROM run WHERE series = ?", series))

    def target(self, series: int, key: int) -> Stored | None:
        """What is known of a target, by the key of its URL."""
        with self._checked():
            row = self._db.execute(
                f"SELECT {_STORED} FROM target WHERE series = ? AND key = ?",  # noqa: S608 - names of ours
                (series, _signed(key)),
            ).fetchone()
            return _stored(row) if row else None

    def asked(self, series: int, run: int) -> int:
        """How many targets a run has asked."""
        ((count,),) = self._rows("SELECT count(*) FROM target WHERE series = ? AND run = ?", series, run)
        return int(count)

    def turns(self, series: int, run: int) -> dict[int, int]:
        """How often targets changed in the last runs, where they did."""
        query = "SELECT target, count(*) FROM stretch WHERE until >= ? GROUP BY target"
        return dict(self._rows(query, self._window(series, run)))

    def add(self, answers: Sequence[tuple[object, ...]], series: int, run: int, requests: int) -> None:
        """Write answers, each with the values of `_ANSWERED`, and how many requests were made for them."""
        with self._writing() as db:
            db.executemany(_ANSWERED, answers)
            db.execute("UPDATE run SET requests = requests + ? WHERE series = ? AND id = ?", (requests, series, run))

    def end(
        self, series: int, run: int, report: Report, named: Iterable[int], unlooked: Set[Key] = frozenset()
    ) -> tuple[Finding, ...]:
        """A run is complete: keep its findings, and what follows for its targets. `named` by key: not asked, but
        referred to; `unlooked`: findings from before of which it cannot say that they are gone. Its findings with
        their states.
        """
        with self._writing() as db:
            keys = ((run, series, _signed(key)) for key in named)
            db.executemany("UPDATE target SET named = ? WHERE series = ? AND key = ?", keys)
            latencies = [
                row[0]
                for row in db.execute(
                    "SELECT latency FROM target NOT INDEXED WHERE series = ? AND run = ? AND status IS NOT NULL"
                    " AND latency IS NOT NULL",
                    (series, run),
                )
            ]
            for statement in _LIFE:
                db.execute(statement, {"series": series, "run": run})
            fixed, unchecked = _keep(db, series, run, report, unlooked)
            head = replace(report, findings=(), references=None, health=None, baselined=frozenset())
            findings = self.state(series, run, report.findings, held=report.baselined)
            db.execute(
                "UPDATE run SET complete = 1, report = ?, fixed = ?, unchecked = ?, latency = ? WHERE id = ?",
                (_json(msgspec.to_builtins(head)), fixed, unchecked, median(latencies) if latencies else None, run),
            )
            _count(db, run, findings)
        return findings

    def absent(self, series: int, run: int, findings: Iterable[Finding]) -> dict[Key, Finding]:
        """What stood in the complete run before a run, and is not among these findings."""
        before = self.before(series, run)
        if before is None:
            return {}
        gone = self._standing(series, before).keys() - {key for key, _ in _keyed(findings)}
        with self._checked(), _as_written():
            return {key: _finding(body) for key, body in self._bodies_of(series, before, gone).items()}

    # --- what was

    def before(self, series: int, run: int) -> int | None:
        """The complete run before a run."""
        query = "SELECT max(id) FROM run WHERE series = ? AND complete AND id < ?"
        found: int | None = self._rows(query, series, run)[0][0]
        return found

    def _complete(self, series: int) -> list[int]:
        """The complete runs of a series."""
        return [row[0] for row in self._rows("SELECT id FROM run WHERE series = ? AND complete ORDER BY id", series)]

    def _window(self, series: int, run: int) -> int:
        """The first of the last complete runs in which changes count; `run` may still be going on."""
        rows = self._rows(
            "SELECT id FROM run WHERE series = ? AND (complete OR id = ?2) AND id <= ?2 ORDER BY id DESC LIMIT ?3",
            series,
            run,
            WINDOW,
        )
        return int(rows[-1][0]) if rows else run

    def state(
        self,
        series: int,
        run: int,
        findings: Sequence[Finding],
        *,
        against: int | None = None,
        held: Set[str] = frozenset(),
    ) -> tuple[Finding, ...]:
        """A run's findings, each with its state: beside the complete run before it, or the one named. One that became
        worse is new; what a baseline holds, by fingerprint, is known.
        """
        before = self.before(series, run) if against is None else against
        if before is None:
            return tuple(findings)
        known = self._standing(series, before)
        turns = self._finding_turns(series, self._window(series, run), before) if against is None else {}
        stated = []
        for key, finding in _keyed(findings):
            was = known.get(key)
            if finding.fingerprint in held:
                state = State.KNOWN
            elif turns.get(key, 0) + (was is None) >= TURNS:
                state = State.FLAPPING
            elif was is None or _worse(finding, was):
                state = State.NEW
            else:
                state = State.KNOWN
            stated.append(replace(finding, state=state))
        return tuple(stated)

    def _standing(self, series: int, run: int) -> dict[Key, _Standing]:
        """What stood in a complete run, whether it looked or not."""
        query = """SELECT fingerprint, nth, span.level, verdict, seen, held FROM finding JOIN span ON finding = id
            WHERE series = ? AND since <= ?2 AND (until IS NULL OR until > ?2)"""
        return {(row[0], row[1]): _Standing(*row[2:]) for row in self._rows(query, series, run)}

    def _finding_turns(self, series: int, first: int, last: int) -> dict[Key, int]:
        """How often findings came or went between two complete runs."""
        query = """SELECT fingerprint, nth, since, until FROM finding JOIN span ON finding = id
            WHERE series = ? AND (since > ?2 OR until > ?2)"""
        ends: defaultdict[Key, set[int]] = defaultdict(set)
        for fingerprint, nth, since, until in self._rows(query, series, first):
            for end in (since, until):  # where one span ends and the next begins, only the words changed
                if end is not None and first < end <= last:
                    ends[fingerprint, nth] ^= {end}
        return {key: len(runs) for key, runs in ends.items()}

    def _findings(self, series: int, run: int, standing: Mapping[Key, _Standing]) -> list[Finding]:
        """What a complete run found: what stood in it, and it looked at."""
        with self._checked():
            return _sorted(body for key, body in self._bodies(series, run) if standing[key].seen)

    def _bodies(self, series: int, run: int) -> Iterator[tuple[Key, str]]:
        query = """SELECT fingerprint, nth, body FROM finding JOIN span ON finding = id
            WHERE series = ? AND since <= ?2 AND (until IS NULL OR until > ?2)"""
        return (((fingerprint, nth), body) for fingerprint, nth, body in self._rows(query, series, run))

    def _bodies_of(self, series: int, run: int, keys: Set[Key]) -> dict[Key, str]:
        if len(keys) > _AT_ONCE:
            return {key: body for key, body in self._bodies(series, run) if key in keys}
        query = """SELECT body FROM finding JOIN span ON finding = id WHERE series = ? AND fingerprint = ? AND nth = ?
            AND since <= ?4 AND (until IS NULL OR until > ?4)"""
        return {key: body for key in keys for (body,) in self._rows(query, series, *key, run)}

    def _gone(self, series: int, before: int, run: int) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """(what stood in a run and does no more in a later one, that of which the later one cannot say so)."""
        now, then = self._standing(series, run), self._standing(series, before)
        unseen = {key for key in then if key in now and not now[key].seen}
        bodies = self._bodies_of(series, before, (then.keys() - now.keys()) | unseen)
        fixed = _sorted(body for key, body in bodies.items() if key not in unseen)
        unchecked = _sorted(bodies[key] for key in unseen)
        return (
            tuple(replace(finding, state=State.FIXED) for finding in fixed),
            tuple(replace(finding, state=State.UNCHECKED) for finding in unchecked),
        )

    def last(self) -> tuple[int, int]:
        """(series, run) of the last complete run. Raises ConfigError without any."""
        rows = self._rows("SELECT series, id FROM run WHERE complete ORDER BY id DESC LIMIT 1")
        if not rows:
            raise ConfigError(f"{self.path}: holds no complete run yet")
        return rows[0]

    def series_of(self, run: int) -> int:
        """The series of a complete run. Raises ConfigError where there is none."""
        rows = self._rows("SELECT series FROM run WHERE id = ? AND complete", run)
        if not rows:
            raise ConfigError(f"{self.path}: holds no complete run {run}; `mirrorcheck history list` names them")
        return int(rows[0][0])

    def report(self, run: int, *, against: int | None = None, since: datetime | None = None) -> Report:
        """A complete run's report, with its health. `against`: the run to compare with instead of the one before;
        `since`: only nights from then on, compared with the first of them.
        """
        series = self.series_of(run)
        if since is not None and against is None:
            query = "SELECT min(id) FROM run WHERE series = ? AND complete AND started >= ? AND id < ?"
            ((against,),) = self._rows(query, series, int(since.timestamp()), run)
        if against is not None and self.series_of(against) != series:
            raise ConfigError(f"runs {against} and {run} are not of one mirror checked the same way")
        ((head, stated),) = self._rows("SELECT report, new + known FROM run WHERE id = ?", run)
        standing = self._standing(series, run)
        held = frozenset(key[0].hex() for key, each in standing.items() if each.held and each.seen)
        findings = tuple(self._findings(series, run, standing))
        if stated:  # beside the baseline, where there is no run before
            findings = tuple(_beside(finding, held) for finding in findings)
        findings = self.state(series, run, findings, against=against, held=held)
        with self._checked():
            report = replace(_report(str(head)), findings=findings, baselined=held)
        return replace(report, health=self.health(series, run, findings, against=against, since=since))

    def health(
        self,
        series: int,
        run: int,
        findings: Sequence[Finding],
        *,
        against: int | None = None,
        since: datetime | None = None,
    ) -> Health:
        """What the history adds to the report of a complete run. Hosts are known of the last run only."""
        before = self.before(series, run) if against is None else against
        latest = self.before(series, _ALL) == run
        with self._checked():
            health = Health(
                self.nights(series, run, since),
                self._hosts(series, run) if latest else (),
                self._past(series, run, findings),
            )
            if before is None:
                return health
            fixed, unchecked = self._gone(series, before, run)
            ((started, head),) = self._rows("SELECT started, report FROM run WHERE id = ?", before)
            totals = _report(str(head)).totals
            return replace(health, fixed=fixed, unchecked=unchecked, since=_stamp(started), before=totals)

    def nights(self, series: int, run: int, since: datetime | None = None) -> tuple[Night, ...]:
        """The complete runs up to a run."""
        query = """SELECT id, report, new, fixed, requests, latency, known, flapping, unchecked FROM run
            WHERE series = ? AND complete AND id <= ? AND (started >= ? OR id = ?2) ORDER BY id"""
        nights = []
        for number, head, *figures in self._rows(query, series, run, int(since.timestamp()) if since else 0):
            with self._checked():
                nights.append(_night(number, str(head), *figures))
        return tuple(nights)

    @_as_written()
    def _hosts(self, series: int, run: int) -> tuple[Host, ...]:
        query = (
            "SELECT url, verdict, latency, last_good, first_broken, asked FROM target WHERE series = ? AND named = ?"
        )
        verdicts: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
        latencies: defaultdict[str, list[float]] = defaultdict(list)
        good: defaultdict[str, list[int]] = defaultdict(list)
        bad: defaultdict[str, list[int]] = defaultdict(list)
        for url, verdict, latency, last_good, first_broken, asked in self._rows(query, series, run):
            name = urls.hostname(urls.authority(str(url)))
            verdicts[name][Verdict(verdict)] += 1
            if latency is not None:
                latencies[name].append(latency)
            if last_good is not None:
                good[name].append(last_good)
            bad[name].append(first_broken or asked)
        hosts = []
        for name in sorted(verdicts):
            counts = verdicts[name]
            well = counts[Verdict.OK] + counts[Verdict.REDIRECTED]
            since = None if well else _stamp(max(good[name]) if good[name] else min(bad[name]))
            latency = median(latencies[name]) if latencies[name] else None
            hosts.append(Host(name, counts.total(), dict(sorted(counts.items())), latency, since))
        return tuple(hosts)

    @_as_written()
    def _past(self, series: int, run: int, findings: Iterable[Finding]) -> tuple[Past, ...]:
        from checker.sweep.keys import remote_key

        runs = [number for number in self._complete(series) if number <= run]
        targets = sorted({each.target for each in findings if each.target.startswith(("http:", "https:"))})
        stored = ((target, self.target(series, remote_key(target.partition("#")[0], ""))) for target in targets)
        known = [(target, row) for target, row in stored if row is not None]
        return tuple(self._lives(known, runs))

    def _lives(self, known: Sequence[tuple[str, Stored]], runs: Sequence[int]) -> Iterator[Past]:
        for start in range(0, len(known), _AT_ONCE):
            some = known[start : start + _AT_ONCE]
            stretches = self._stretches([stored.id for _, stored in some])
            for target, stored in some:
                seen = tuple(_seen(stored, stretches[stored.id], runs))
                broken, good = _stamp(stored.first_broken), _stamp(stored.last_good)
                yield Past(target, broken, good, stored.failures, seen)

    def _stretches(self, targets: Sequence[int]) -> defaultdict[int, list[_Stretch]]:
        """What each target answered, from old to new: (since, until, times, verdict, status)."""
        these = f"({','.join('?' * len(targets))})"
        before = f"SELECT target, since, until, times, verdict, status FROM stretch WHERE target IN {these}"  # noqa: S608
        now = f"SELECT id, since, until, times, was, was_status FROM target WHERE id IN {these} AND until IS NOT NULL"  # noqa: S608
        found: defaultdict[int, list[_Stretch]] = defaultdict(list)
        for query in (f"{before} ORDER BY target, since", now):
            for target, *stretch in self._rows(query, *targets):
                found[target].append(tuple(stretch))
        return found

    # --- commands

    def list(self) -> Iterator[tuple[int, str, bool, Night | None]]:
        """(run, series, whether it is complete, its figures) of every run."""
        query = "SELECT run.id, series, name, complete FROM run JOIN series ON series.id = series ORDER BY run.id"
        nights: dict[int, Night] = {}
        rows = self._rows(query)
        for series in {row[1] for row in rows}:
            nights |= {night.run: night for night in self.nights(series, _ALL)}
        for run, _, name, complete in rows:
            yield run, str(name), bool(complete), nights.get(run)

    def show(self, target: str) -> Iterator[tuple[Stored, Past]]:
        """The lives of a remote URL, one a series."""
        query = f"SELECT series, {_STORED} FROM target WHERE url = ? ORDER BY series"  # noqa: S608 - names of ours
        for series, *values in self._rows(query, logins.hidden(target)):
            with self._checked(), _as_written():
                stored = _stored(values)
                (life,) = self._lives([(target, stored)], self._complete(series))
            yield stored, life

    def prune(self, until: datetime) -> int:
        """Forget the runs that began until then, except the last complete one of each series, and what only they knew.

        How many runs it were.
        """
        with self._writing() as db:
            gone = db.execute(
                "DELETE FROM run WHERE started <= ?"
                " AND id NOT IN (SELECT max(id) FROM run WHERE complete GROUP BY series)",
                (int(until.timestamp()),),
            ).rowcount
            for (series,) in db.execute("SELECT id FROM series").fetchall():
                (first,) = db.execute("SELECT min(id) FROM run WHERE series = ? AND complete", (series,)).fetchone()
                old = (first or _ALL, series)
                for statement in _OLD:
                    db.execute(statement, old)
                self._count_anew(db, series)
            db.execute("DELETE FROM finding WHERE id NOT IN (SELECT finding FROM span)")
            db.execute("DELETE FROM stretch WHERE target NOT IN (SELECT id FROM target)")
        with self._checked():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def _count_anew(self, db: sqlite3.Connection, series: int) -> None:
        """The figures of the runs for which it matters that older ones are gone."""
        for number, run in enumerate(self._complete(series)[:WINDOW]):
            standing = self._standing(series, run)
            held = frozenset(key[0].hex() for key, each in standing.items() if each.held and each.seen)
            _count(db, run, self.state(series, run, self._findings(series, run, standing), held=held))
            if not number:
                db.execute("UPDATE run SET fixed = 0, unchecked = 0 WHERE id = ?", (run,))


def read_back(path: Path) -> tuple[Path, ...]:
    """The files from which a run knows what others learnt: the history, what SQLite keeps beside it, and the pages."""
    return *(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")), path.with_suffix(
        ".pages"
    )


def files_of(path: Path) -> tuple[Path, ...]:
    """All files that are written for a history."""
    return *read_back(path), *(path.with_name(name) for name in (f"{path.name}.lock", ".gitignore", "health.html"))


def open_for_writing(path: Path, *, wait: bool = False) -> History:
    """The history of a run, which is the only one to write as long as it is open: a new file where there is none.

    A damaged file is moved aside (`warning` says so). Raises CheckerError where the file cannot be written, is newer or
    another program's, or another run writes to it and this one is not to `wait`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == HISTORY.parent.name:
            with suppress(FileExistsError), path.with_name(".gitignore").open("x", encoding="utf-8") as own:
                own.write("*\n")
        lock = _locked(path, wait=wait)
    except OSError as error:
        raise CheckerError(f"{path}: the history cannot be written: {error.strerror}") from error
    try:
        try:
            return History(path, _connected(path), lock)
        except DamagedError as error:
            if not _is_ours(path):
                raise ConfigError(f"{path}: no history of mirrorcheck; name another file with --history") from error
            moved = _moved_aside(path, error)
            history = History(path, _connected(path), lock)
            history.warning = f"{moved}, and a new history begins"
            return history
    except BaseException:
        lock.close()
        raise


def open_for_reading(path: Path) -> History:
    """A history to look at, also while a run writes to it. Raises CheckerError where there is none."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such history; `mirrorcheck check` with a configuration writes one")
    return History(path, _connected(path))


def _connected(path: Path) -> sqlite3.Connection:
    """The database, of this version."""
    unclean = path.with_name(path.name + "-wal").exists()
    with _translated(path):
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            _begin(path, db, check=unclean)
        except BaseException:
            db.close()
            raise
    return db


def _begin(path: Path, db: sqlite3.Connection, *, check: bool) -> None:
    tables, foreign = db.execute(
        "SELECT count(*), count(CASE WHEN type IN ('view', 'trigger') THEN 1 END) FROM sqlite_master"
    ).fetchone()
    # After the tables, which another process may just have made.
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if (version or tables) and application != _APPLICATION:
        raise ConfigError(f"{path}: the database of another program; name another file with --history")
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"{path}: a newer mirrorcheck wrote it (version {version}, this one knows {len(MIGRATIONS)});"
            " update, or name another file with --history"
        )
    if foreign or version < 0 or (tables and not version):
        raise DamagedError(f"{path}: the history is damaged: its tables are not those that mirrorcheck makes")
    if check:
        ((said,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        if said != "ok":
            raise DamagedError(f"{path}: the history is damaged: {said}")
    if version < len(MIGRATIONS):
        try:
            _migrate(db, version)
        except sqlite3.OperationalError as error:  # a mistake of ours is no damage
            raise CheckerError(f"{path}: the history cannot be brought to this version: {error}") from error
    db.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, a crash of the machine costs the last seconds at most


def _migrate(db: sqlite3.Connection, version: int) -> None:
    if not version:
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()  # another may have been quicker
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
    db.execute("COMMIT")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """What SQLite says, in our words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # Of a file of ours, what SQLite says of its tables' names or texts comes from damage: all else may pass.
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            raise DamagedError(f"{path}: the history is damaged: {error}") from error
        raise CheckerError(f"{path}: the history cannot be read or written: {error}") from error
    except sqlite3.DatabaseError as error:
        raise DamagedError(f"{path}: the history is damaged: {error}") from error


_DATABASES = frozenset({".sqlite", ".sqlite3", ".db"})


def _is_ours(path: Path) -> bool:
    """Whether what is no history may have been one: a text that was named by mistake stays where it is."""
    if path.suffix in _DATABASES:
        return True
    with suppress(OSError), disk.reading(path) as file:
        return file.read(16) == b"SQLite format 3\0"
    return False


def _moved_aside(path: Path, error: DamagedError) -> DamagedError:
    """Move a damaged history out of the way; what was wrong and where it is now. Raises CheckerError."""
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    while os.path.lexists(aside):
        aside = path.with_name(f"{aside.name}+")
    try:
        for suffix in ("-shm", "-wal", ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(f"{aside}{suffix}")
    except OSError as failed:
        raise CheckerError(f"{error}; it cannot be moved aside: {failed.strerror}") from failed
    return DamagedError(f"{error}; it was moved to {aside.name}")


def _locked(path: Path, *, wait: bool) -> IO[str]:
    """A file beside the history that only one process can hold; the lock ends with the process, however it ends."""
    file = disk.open_own(path.with_name(path.name + ".lock"))
    try:
        import fcntl
    except ImportError:  # Windows: SQLite's own locks keep the file whole
        return file
    try:
        # Of the process, not of the open file, which forked workers would keep open after a kill.
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        who = file.read(100).strip()
        file.close()
        if not isinstance(error, (BlockingIOError, PermissionError)):
            raise
        raise ConfigError(
            f"{path}: another run writes to it{f' ({who})' if who else ''}; --wait waits for its end,"
            " --no-history does without"
        ) from error
    file.truncate(0)
    file.write(f"process {os.getpid()}, since {_stamp(int(datetime.now(UTC).timestamp()))}\n")
    file.flush()
    return file


# --- rows


def answer_row(
    series: int, key: int, url: str, run: int, asked: datetime, verdict: Verdict, looks: int, **answer: object
) -> tuple[object, ...]:
    """The values of a target's answer."""
    ids = answer["ids"]
    return (
        series,
        _signed(key),
        logins.hidden(url),
        run,
        int(asked.timestamp()),
        str(verdict),
        answer["rule"],
        logins.hidden_in(str(answer["message"])).encode("utf-8", "backslashreplace").decode(),
        answer["status"],
        answer["hops"],
        answer["suggestion"],
        answer["latency"],
        answer["media"],
        run if answer["read"] else None,
        packed(ids) if isinstance(ids, frozenset) else None,
        answer["etag"],
        answer["modified"],
        run if answer["role"] else None,
        answer["role"] or None,
        looks and _signed(looks),
        answer["flaw"],
    )


def packed(ids: frozenset[str]) -> bytes:
    """Ids of a page, small. No id that HTML's parser makes holds a NUL."""
    return zlib.compress("\0".join(sorted(ids)).encode("utf-8", "surrogatepass"), 6)


def unpacked(data: bytes) -> frozenset[str]:
    """The ids again."""
    text = zlib.decompress(data).decode("utf-8", "surrogatepass")
    return frozenset(text.split("\0")) if text else frozenset()


def _worse(finding: Finding, was: _Standing) -> bool:
    """Whether a finding is worse than it stood before."""
    if _SEVERITY[finding.level] != _SEVERITY[was.level]:
        return _SEVERITY[finding.level] < _SEVERITY[was.level]
    return finding.verdict is Verdict.BROKEN and was.verdict not in {"", Verdict.BROKEN}


def _beside(finding: Finding, held: Set[str]) -> Finding:
    """A finding with its state beside a baseline alone."""
    return replace(finding, state=State.KNOWN if finding.fingerprint in held else State.NEW)


def _count(db: sqlite3.Connection, run: int, findings: Iterable[Finding]) -> None:
    states = Counter(finding.state for finding in findings)
    values = (states[State.NEW], states[State.KNOWN], states[State.FLAPPING], run)
    db.execute("UPDATE run SET new = ?, known = ?, flapping = ? WHERE id = ?", values)


def _keep(db: sqlite3.Connection, series: int, run: int, report: Report, unlooked: Set[Key]) -> tuple[int, int]:
    """Begin and end the spans of findings; (how many are gone, how many stand because nobody looked)."""
    query = """SELECT fingerprint, nth, id, since, level, verdict, body, seen, held
        FROM finding JOIN span ON finding = id WHERE series = ? AND until IS NULL"""
    standing = {(row[0], row[1]): row[2:] for row in db.execute(query, (series,))}
    ended: list[tuple[int, int]] = []
    begun: list[tuple[int, tuple[Any, ...]]] = []
    for key, finding in _keyed(report.findings):
        held = finding.fingerprint in report.baselined
        now = (finding.level.value, finding.verdict.value, _body(finding), 1, int(held))
        number, since, *before = standing.pop(key, (None, None))
        if tuple(before) == now:
            continue
        if number is None:
            db.execute("INSERT OR IGNORE INTO finding (series, fingerprint, nth) VALUES (?, ?, ?)", (series, *key))
            found = "SELECT id FROM finding WHERE series = ? AND fingerprint = ? AND nth = ?"
            (number,) = db.execute(found, (series, *key)).fetchone()
        else:
            ended.append((number, since))
        begun.append((number, now))
    unchecked = 0
    for key, (number, since, level, verdict, body, seen, held) in standing.items():
        unchecked += key in unlooked
        if key in unlooked and not seen:
            continue
        ended.append((number, since))
        if key in unlooked:
            begun.append((number, (level, verdict, body, 0, held)))
    db.executemany("UPDATE span SET until = ? WHERE finding = ? AND since = ?", [(run, *row) for row in ended])
    insert = "INSERT INTO span (finding, since, level, verdict, body, seen, held) VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.executemany(insert, [(number, run, *values) for number, values in begun])
    return len(standing) - unchecked, unchecked


def _seen(stored: Stored, stretches: Iterable[_Stretch], runs: Sequence[int]) -> Iterator[Seen]:
    """Run by run where a target was asked in all of a stretch; else the first and the last run of it."""
    for since, until, times, verdict, status in stretches:
        within = runs[bisect_left(runs, since) : bisect_right(runs, until)]
        if len(within) > times:
            within = [run for run in within if run in {since, until}]
        for run in within:
            if run == stored.run and stored.latency is not None:
                yield Seen(run, Verdict(verdict), status, stored.latency)
            else:
                yield _same(run, verdict, status)


@cache
def _same(run: int, verdict: str, status: int | None) -> Seen:
    """One record for all targets of which a run concluded the same: in a year they are millions."""
    return Seen(run, Verdict(verdict), status)


def _keyed(findings: Iterable[Finding]) -> Iterator[tuple[Key, Finding]]:
    """Findings with what they are known by; those that share a fingerprint are counted."""
    seen: Counter[bytes] = Counter()
    for finding in findings:
        fingerprint = bytes.fromhex(finding.fingerprint)
        yield (fingerprint, seen[fingerprint]), finding
        seen[fingerprint] += 1


_FIELDS = tuple(name for name in Finding.__dataclass_fields__ if name != "state")


_VALUES = attrgetter(*_FIELDS)
_SEVERITY: dict[str, int] = {level: number for number, level in enumerate(Level)}


def _body(finding: Finding) -> str:
    values = _VALUES(finding)
    try:
        return msgspec.json.encode(values).decode()
    except UnicodeEncodeError:
        return _json(msgspec.to_builtins(values))


@_as_written()
def _stored(row: Sequence[Any]) -> Stored:
    stored = Stored(*row)
    Verdict(stored.verdict)
    _hops(stored.hops)
    json.loads(stored.flaw or "null")
    return stored


def _hops(text: str | None) -> tuple[Hop, ...]:
    return tuple(Hop(status, url) for status, url in json.loads(text)) if text else ()


@_as_written()
def _night(number: int, head: str, *figures: Any) -> Night:
    report = json.loads(head)
    totals = msgspec.convert(report["totals"], Totals)
    return Night(number, report["started"], report["finished"], True, totals, *figures)


def _finding(body: str) -> Finding:
    return msgspec.convert(dict(zip(_FIELDS, json.loads(body), strict=False)), Finding)


@_as_written()
def _sorted(bodies: Iterable[str]) -> list[Finding]:
    return sorted(map(_finding, bodies), key=lambda finding: finding.order)


@_as_written()
def _report(head: str) -> Report:
    return msgspec.convert(json.loads(head), Report)


def _json(value: object) -> str:
    """In ASCII, since names that are not UTF-8 hold lone surrogates, which SQLite does not take."""
    return json.dumps(value, separators=(",", ":"))


def hops_of(hops: Iterable[Hop]) -> str | None:
    """A chain of redirects as it is stored."""
    rows = [[hop.status, hop.url] for hop in hops]
    return _json(rows) if rows else None


def _signed(key: int) -> int:
    """SQLite's integers have a sign."""
    return key - (1 << 64) if key >> 63 else key


def _stamp(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
