"""The history keeps the results of all runs of a mirror, in a file of its own or in a database that mirrors share.

A run's answers are written as they come. The states of findings and the failures in a row are written in one
transaction at its end. Stretches and spans are kept instead of copies: a target with the same answer for a year is one
row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from pathlib import Path
from statistics import median

import msgspec
from msgspec.structs import replace

from checker import logins
from checker.history.database import NONE, DamagedError, Database, Statements
from checker.history.files import File, connected, is_ours, locked, make_folder, moved_aside
from checker.history.rows import Key, as_written, figures_of, json_text, report_of, stamp, stored_of
from checker.history.runs import LATEST, WINDOW
from checker.history.schema import FIGURES, LIFE, OLD, STORED, Stored
from checker.history.spans import Spans, beside, count, keep
from checker.history.targets import Targets, note_named
from checker.model import CheckerError, ConfigError, Finding, Health, Host, Past, Report, RunFigures, Verdict
from checker.web import urls


class History(Spans, Targets):
    """The whole history, with the queries for reports and commands."""

    def end(
        self, series: int, run: int, report: Report, named: Iterable[int], unlooked: Set[Key] = frozenset()
    ) -> tuple[Finding, ...]:
        """Complete a run: keep its findings, and update the lives of its targets. Returns the findings with states.

        `named`: ids of targets that pages refer to and that were not asked. `unlooked`: earlier findings that the run
        did not look for.
        """
        with self.writing() as db:
            note_named(db, run, named)
            latencies = [
                row[0]
                for row in db.execute(
                    "SELECT latency FROM target NOT INDEXED WHERE series = ? AND run = ? AND status IS NOT NULL"
                    " AND latency IS NOT NULL",
                    (series, run),
                )
            ]
            for statement in LIFE:
                db.execute(statement, (series, run))
            fixed, unchecked = keep(db, series, run, report, unlooked)
            head = replace(report, findings=(), references=None, health=None, baselined=frozenset())
            findings = self.state(series, run, report.findings, held=report.baselined)
            db.execute(
                "UPDATE run SET complete = 1, report = ?, fixed = ?, unchecked = ?, latency = ? WHERE id = ?",
                (json_text(msgspec.to_builtins(head)), fixed, unchecked, median(latencies) if latencies else None, run),
            )
            count(db, run, findings)
        return findings

    def report(self, run: int, *, against: int | None = None, since: datetime | None = None) -> Report:
        """The report of a complete run, with its health. `against`: the run to compare with, instead of the one before.
        `since`: use only runs from then on, and compare with the first of them.
        """
        series = self.series_of(run)
        if since is not None and against is None:
            query = "SELECT min(id) FROM run WHERE series = ? AND complete = 1 AND started >= ? AND id < ?"
            ((against,),) = self.rows(query, series, int(since.timestamp()), run)
        if against is not None and self.series_of(against) != series:
            raise ConfigError(f"runs {against} and {run} are not of the same mirror with the same options")
        ((head, stated),) = self.rows("SELECT report, new + known FROM run WHERE id = ?", run)
        standing = self.standing(series, run)
        held = frozenset(key[0].hex() for key, each in standing.items() if each.held and each.seen)
        findings = tuple(self.findings(series, run, standing))
        if stated:  # by the baseline, if there is no run before
            findings = tuple(beside(finding, held) for finding in findings)
        findings = self.state(series, run, findings, against=against, held=held)
        with self.checked():
            report = replace(report_of(str(head)), findings=findings, baselined=held)
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
        """The health of a complete run. Its hosts are known only for the last run."""
        before = self.before(series, run) if against is None else against
        latest = self.before(series, LATEST) == run
        with self.checked():
            health = Health(
                self.figures(series, run, since),
                self._hosts(series, run) if latest else (),
                self._past(series, run, findings),
            )
            health = replace(health, stood=self._stood(series, run))
            if before is None:
                return health
            fixed, unchecked = self.gone(series, before, run)
            ((started, head),) = self.rows("SELECT started, report FROM run WHERE id = ?", before)
            totals = report_of(str(head)).totals
            return replace(health, fixed=fixed, unchecked=unchecked, since=stamp(started), before=totals)

    def figures(self, series: int, run: int, since: datetime | None = None) -> tuple[RunFigures, ...]:
        """The figures of the complete runs up to a run."""
        query = f"""SELECT id, report, {", ".join(FIGURES)} FROM run
            WHERE series = ? AND complete = 1 AND id <= ? AND (started >= ? OR id = ?2) ORDER BY id"""  # noqa: S608 - names of ours
        runs = []
        for number, head, *values in self.rows(query, series, run, int(since.timestamp()) if since else 0):
            with self.checked():
                runs.append(figures_of(number, str(head), dict(zip(FIGURES, values, strict=True))))
        return tuple(runs)

    def _stood(self, series: int, run: int) -> dict[str, str]:
        """Since when each finding of a complete run stands, by its fingerprint."""
        began: dict[str, int] = {}
        for key, since in self.stood(series, run).items():
            began[key[0].hex()] = min(since, began.get(key[0].hex(), since))
        started: dict[int, int] = dict(self.rows("SELECT id, started FROM run WHERE series = ?", series))
        return {fingerprint: stamp(started[since]) or "" for fingerprint, since in began.items() if since in started}

    @as_written()
    def _hosts(self, series: int, run: int) -> tuple[Host, ...]:
        query = (
            "SELECT url, verdict, latency, last_good, first_broken, asked FROM target WHERE series = ? AND named = ?"
        )
        verdicts: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
        latencies: defaultdict[str, list[float]] = defaultdict(list)
        good: defaultdict[str, list[int]] = defaultdict(list)
        bad: defaultdict[str, list[int]] = defaultdict(list)
        for url, verdict, latency, last_good, first_broken, asked in self.rows(query, series, run):
            name = urls.authority(str(url))  # servers on two ports are two
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
            since = None if well else stamp(max(good[name]) if good[name] else min(bad[name]))
            latency = median(latencies[name]) if latencies[name] else None
            hosts.append(Host(name, counts.total(), dict(sorted(counts.items())), latency, since))
        return tuple(hosts)

    @as_written()
    def _past(self, series: int, run: int, findings: Iterable[Finding]) -> tuple[Past, ...]:
        from checker.sweep.keys import remote_key

        runs = [number for number in self.complete(series) if number <= run]
        targets = sorted({each.target for each in findings if each.target.startswith(("http:", "https:"))})
        keys = {target: remote_key(target.partition("#")[0], "") for target in targets}
        rows = self.targets(series, list(keys.values()))
        known = [(target, rows[key]) for target, key in keys.items() if key in rows]
        return tuple(self.lives(known, runs))

    # --- commands

    def list(self) -> Iterator[tuple[int, str, bool, RunFigures | None]]:
        """(run, series, whether it is complete, its figures) of every run."""
        query = "SELECT run.id, series, name, complete FROM run JOIN series ON series.id = series ORDER BY run.id"
        figures: dict[int, RunFigures] = {}
        rows = self.rows(query)
        for series in {row[1] for row in rows}:
            figures |= {one.run: one for one in self.figures(series, LATEST)}
        for run, _, name, complete in rows:
            yield run, str(name), bool(complete), figures.get(run)

    def show(self, target: str) -> Iterator[tuple[Stored, Past]]:
        """The last answer of a remote URL and its past, one for each series."""
        query = f"SELECT series, {STORED} FROM target WHERE url = ? ORDER BY series"  # noqa: S608 - names of ours
        for series, *values in self.rows(query, logins.hidden(target)):
            with self.checked(), as_written():
                stored = stored_of(values)
                (life,) = self.lives([(target, stored)], self.complete(series))
            yield stored, life

    def prune(self, until: datetime) -> int:
        """Forget the runs that started up to a time, and the data that only they have. The last complete run of each
        series stays. Returns the number of runs that were forgotten.
        """
        self.database.claim()
        with self.writing() as db:
            old = (
                "FROM run WHERE started <= ? AND id NOT IN (SELECT max(id) FROM run WHERE complete = 1 GROUP BY series)"
            )
            moment = (int(until.timestamp()),)
            (gone,) = db.execute(f"SELECT count(*) {old}", moment).fetchone()
            db.execute(f"DELETE {old}", moment)
            for (series,) in db.execute("SELECT id FROM series").fetchall():
                (first,) = db.execute("SELECT min(id) FROM run WHERE series = ? AND complete = 1", (series,)).fetchone()
                for statement in OLD:
                    db.execute(statement, (first or LATEST, series))
                self._recount(db, series)
            db.execute("DELETE FROM finding WHERE NOT EXISTS (SELECT 1 FROM span WHERE span.finding = finding.id)")
            db.execute("DELETE FROM stretch WHERE NOT EXISTS (SELECT 1 FROM target WHERE target.id = stretch.target)")
        self.database.shrink()
        return int(gone)

    def _recount(self, db: Statements, series: int) -> None:
        """Count the findings of the oldest runs again: their states depended on runs that are gone."""
        for number, run in enumerate(self.complete(series)[:WINDOW]):
            standing = self.standing(series, run)
            held = frozenset(key[0].hex() for key, each in standing.items() if each.held and each.seen)
            count(db, run, self.state(series, run, self.findings(series, run, standing), held=held))
            if not number:
                db.execute("UPDATE run SET fixed = 0, unchecked = 0 WHERE id = ?", (run,))


def open_for_writing(place: Path | str, *, wait: bool = False) -> History:
    """Open the history of a run: a file, or a database by its URL; make what is missing. No other run can write to the
    file, or to the same mirror in the database, while it is open. `wait`: wait for the end of such a run.

    A damaged file is moved aside, and `warning` says so. Raises CheckerError if the history cannot be written, is newer
    or another program's, or if another run writes to it and `wait` is false.
    """
    return _of_file(place, wait=wait) if isinstance(place, Path) else History(_server(place, wait=wait, begins=True))


def open_for_reading(place: Path | str) -> History:
    """Open a history for reading, even while a run writes to it. Raises CheckerError if there is none."""
    if not isinstance(place, Path):
        return History(_server(place))
    if not place.is_file():
        raise ConfigError(f"{place}: {NONE}")
    return History(File(place, connected(place)))


def _of_file(path: Path, *, wait: bool) -> History:
    try:
        make_folder(path.parent)
        lock = locked(path, wait=wait)
    except OSError as error:
        raise CheckerError(f"{path}: the history cannot be written: {error.strerror}") from error
    try:
        try:
            return History(File(path, connected(path), lock))
        except DamagedError as error:
            if not is_ours(path):
                raise ConfigError(f"{path}: not a history of mirrorcheck; name another file with --history") from error
            moved = moved_aside(path, error)
            history = History(File(path, connected(path), lock))
            history.warning = f"{moved}, and a new history was made"
            return history
    except BaseException:
        lock.close()
        raise


def _server(url: str, *, wait: bool = False, begins: bool = False) -> Database:
    try:
        from checker.history import server  # most histories are files
    except ImportError as error:
        raise ConfigError(
            f"a history in PostgreSQL needs an extra: pip install 'mirrorcheck[postgresql]' ({error})"
        ) from error
    return server.opened(url, wait=wait, begins=begins)
