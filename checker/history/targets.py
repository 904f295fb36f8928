"""The remote targets of a history: the last answer of each, and its earlier answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice

import msgspec

from checker.history.database import Statements
from checker.history.rows import Stretch, signed, stamp, stored_of
from checker.history.runs import Runs
from checker.history.schema import ANSWER, STORED, Answered, Stored
from checker.model import Past, Seen, Verdict

_AT_ONCE = 500  # targets that are asked for together; SQLite takes at least 999


class Targets(Runs):
    """The tables `target` and `stretch`."""

    def target(self, series: int, key: int) -> Stored | None:
        """The row of a target, by the key of its URL; None if there is none."""
        return self.targets(series, [key]).get(key)

    def targets(self, series: int, keys: Sequence[int]) -> dict[int, Stored]:
        """The rows of targets, by the keys of their URLs; those that have none are left out."""
        query = f"SELECT {STORED} FROM target WHERE series = ?1 AND key = ?2"  # noqa: S608 - names of ours
        by_signed = {signed(key): key for key in keys}
        with self.checked():
            rows = map(stored_of, self.database.each(query, (series,), list(by_signed)))
            return {by_signed[row.key]: row for row in rows}

    def last_good(self, key: int) -> int | None:
        """When a target last had a good answer in any series, in seconds since 1970, by the key of its URL."""
        query = "SELECT max(last_good) FROM target WHERE series IN (SELECT id FROM series) AND key = ?"
        ((moment,),) = self.rows(query, signed(key))
        return moment if isinstance(moment, int) else None

    def asked(self, series: int, run: int) -> int:
        """The number of targets that a run has asked."""
        ((count,),) = self.rows("SELECT count(*) FROM target WHERE series = ? AND run = ?", series, run)
        return int(count)

    def turns(self, series: int, run: int) -> dict[int, int]:
        """How often each target changed in the last runs; targets without a change are left out."""
        query = """SELECT target, count(*) FROM stretch JOIN target ON id = target
            WHERE stretch.until >= ? AND series = ? GROUP BY target"""
        return dict(self.rows(query, self.window(series, run), series))

    def add(self, answers: Sequence[Answered], series: int, run: int, requests: int) -> None:
        """Write answers, and the number of requests that were made for them."""
        with self.writing() as db:
            db.executemany(ANSWER, map(msgspec.structs.astuple, answers))
            db.execute("UPDATE run SET requests = requests + ? WHERE series = ? AND id = ?", (requests, series, run))

    def lives(self, known: Sequence[tuple[str, Stored]], runs: Sequence[int]) -> Iterator[Past]:
        """The past of targets, in these runs."""
        for start in range(0, len(known), _AT_ONCE):
            some = known[start : start + _AT_ONCE]
            stretches = self._stretches([stored.id for _, stored in some])
            for target, stored in some:
                seen = tuple(_seen(stored, stretches[stored.id], runs))
                broken, good = stamp(stored.first_broken), stamp(stored.last_good)
                yield Past(target, broken, good, stored.failures, seen)

    def _stretches(self, targets: Sequence[int]) -> defaultdict[int, list[Stretch]]:
        """The answers of each target from old to new: (since, until, times, verdict, status)."""
        these = f"({_marks(targets)})"
        before = f"SELECT target, since, until, times, verdict, status FROM stretch WHERE target IN {these}"  # noqa: S608
        now = f"SELECT id, since, until, times, was, was_status FROM target WHERE id IN {these} AND until IS NOT NULL"  # noqa: S608
        found: defaultdict[int, list[Stretch]] = defaultdict(list)
        for query in (f"{before} ORDER BY target, since", now):
            for target, *stretch in self.rows(query, *targets):
                found[target].append(tuple(stretch))
        return found


def note_named(db: Statements, run: int, targets: Iterable[int]) -> None:
    """Note that pages refer to targets in a run, by the ids of their rows."""
    left = iter(targets)
    while some := list(islice(left, _AT_ONCE)):
        db.execute(f"UPDATE target SET named = ? WHERE id IN ({_marks(some)})", (run, *some))  # noqa: S608


def _marks(values: Sequence[object]) -> str:
    """Placeholders for so many values."""
    return ",".join("?" * len(values))


def _seen(stored: Stored, stretches: Iterable[Stretch], runs: Sequence[int]) -> Iterator[Seen]:
    """The conclusions on a target run by run. If it was not asked in all runs of a stretch, only its first and last."""
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
    """A record that all targets with the same conclusion of a run share; in a year there would be millions."""
    return Seen(run, Verdict(verdict), status)
