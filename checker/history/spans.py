"""The findings of a history: the spans of runs in which each stood, and its state compared with the run before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from msgspec.structs import replace

from checker.history.database import Statements
from checker.history.rows import Key, as_written, body_of, finding_of, findings_of, keyed
from checker.history.runs import Runs
from checker.model import Finding, Level, Report, State, Verdict

TURNS = 3  # changes in the last runs; with so many, a finding or a target is flapping
_AT_ONCE = 500  # findings; up to so many, each is looked up by itself
_SEVERITY: dict[str, int] = {level: number for number, level in enumerate(Level)}


class Standing(NamedTuple):
    """How a finding stood in a run."""

    level: str
    verdict: str
    seen: int
    held: int


class Spans(Runs):
    """The tables `finding` and `span`."""

    def absent(self, series: int, run: int, findings: Iterable[Finding]) -> dict[Key, Finding]:
        """The findings of the complete run before a run that are not among these findings."""
        before = self.before(series, run)
        if before is None:
            return {}
        gone = self.standing(series, before).keys() - {key for key, _ in keyed(findings)}
        with self.checked(), as_written():
            return {key: finding_of(body) for key, body in self._bodies_of(series, before, gone).items()}

    def state(
        self,
        series: int,
        run: int,
        findings: Sequence[Finding],
        *,
        against: int | None = None,
        held: Set[str] = frozenset(),
    ) -> tuple[Finding, ...]:
        """A run's findings with their states, compared with the complete run before, or with the run `against`.

        A finding that became worse is new. `held`: fingerprints of findings in a baseline, which are known.
        """
        before = self.before(series, run) if against is None else against
        if before is None:
            return tuple(findings)
        known = self.standing(series, before)
        turns = self._finding_turns(series, self.window(series, run), before) if against is None else {}
        stated = []
        for key, finding in keyed(findings):
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

    def standing(self, series: int, run: int) -> dict[Key, Standing]:
        """The findings that stood in a complete run, even if it did not look for them."""
        query = """SELECT fingerprint, nth, span.level, verdict, seen, held FROM finding JOIN span ON finding = id
            WHERE series = ? AND since <= ?2 AND (until IS NULL OR until > ?2)"""
        return {(row[0], row[1]): Standing(*row[2:]) for row in self.rows(query, series, run)}

    def stood(self, series: int, run: int) -> dict[Key, int]:
        """The run in which each finding of a complete run was first seen, without a gap since then."""
        query = """SELECT fingerprint, nth, since, until FROM finding JOIN span ON finding = id
            WHERE series = ? AND since <= ? ORDER BY finding, since"""
        first: dict[Key, int] = {}
        ends: dict[Key, int | None] = {}
        for fingerprint, nth, since, until in self.rows(query, series, run):
            key = (fingerprint, nth)
            if ends.get(key) != since:
                first[key] = since
            ends[key] = until
        return {key: since for key, since in first.items() if (end := ends[key]) is None or end > run}

    def _finding_turns(self, series: int, first: int, last: int) -> dict[Key, int]:
        """How often findings came or went between two complete runs."""
        query = """SELECT fingerprint, nth, since, until FROM finding JOIN span ON finding = id
            WHERE series = ? AND (since > ?2 OR until > ?2)"""
        ends: defaultdict[Key, set[int]] = defaultdict(set)
        for fingerprint, nth, since, until in self.rows(query, series, first):
            for end in (since, until):  # one span ends and the next begins here: only the text changed
                if end is not None and first < end <= last:
                    ends[fingerprint, nth] ^= {end}
        return {key: len(runs) for key, runs in ends.items()}

    def findings(self, series: int, run: int, standing: Mapping[Key, Standing]) -> list[Finding]:
        """The findings of a complete run: those that stood in it and that it looked for."""
        with self.checked():
            return findings_of(body for key, body in self._bodies(series, run) if standing[key].seen)

    def _bodies(self, series: int, run: int) -> Iterator[tuple[Key, str]]:
        query = """SELECT fingerprint, nth, body FROM finding JOIN span ON finding = id
            WHERE series = ? AND since <= ?2 AND (until IS NULL OR until > ?2)"""
        return (((fingerprint, nth), body) for fingerprint, nth, body in self.rows(query, series, run))

    def _bodies_of(self, series: int, run: int, keys: Set[Key]) -> dict[Key, str]:
        if len(keys) > _AT_ONCE:
            return {key: body for key, body in self._bodies(series, run) if key in keys}
        query = """SELECT body FROM finding JOIN span ON finding = id WHERE series = ? AND fingerprint = ? AND nth = ?
            AND since <= ?4 AND (until IS NULL OR until > ?4)"""
        return {key: body for key in keys for (body,) in self.rows(query, series, *key, run)}

    def gone(self, series: int, before: int, run: int) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """(fixed, unchecked): findings of the run `before` that are gone in `run`, and those that it did not check."""
        now, then = self.standing(series, run), self.standing(series, before)
        unseen = {key for key in then if key in now and not now[key].seen}
        bodies = self._bodies_of(series, before, (then.keys() - now.keys()) | unseen)
        fixed = findings_of(body for key, body in bodies.items() if key not in unseen)
        unchecked = findings_of(bodies[key] for key in unseen)
        return (
            tuple(replace(finding, state=State.FIXED) for finding in fixed),
            tuple(replace(finding, state=State.UNCHECKED) for finding in unchecked),
        )


def _worse(finding: Finding, was: Standing) -> bool:
    """Whether a finding is worse than before."""
    if _SEVERITY[finding.level] != _SEVERITY[was.level]:
        return _SEVERITY[finding.level] < _SEVERITY[was.level]
    return finding.verdict is Verdict.BROKEN and was.verdict not in {"", Verdict.BROKEN}


def beside(finding: Finding, held: Set[str]) -> Finding:
    """A finding with its state compared only with a baseline."""
    return replace(finding, state=State.KNOWN if finding.fingerprint in held else State.NEW)


def count(db: Statements, run: int, findings: Iterable[Finding]) -> None:
    """Write the number of a run's findings with each state."""
    states = Counter(finding.state for finding in findings)
    values = (states[State.NEW], states[State.KNOWN], states[State.FLAPPING], run)
    db.execute("UPDATE run SET new = ?, known = ?, flapping = ? WHERE id = ?", values)


_BEGUN = """INSERT INTO span (finding, since, level, verdict, body, seen, held)
    SELECT id, ?, ?, ?, ?, ?, ? FROM finding WHERE series = ? AND fingerprint = ? AND nth = ?"""


def keep(db: Statements, series: int, run: int, report: Report, unlooked: Set[Key]) -> tuple[int, int]:
    """Begin and end the spans of findings. Returns the numbers of (fixed, unchecked) findings."""
    query = """SELECT fingerprint, nth, id, since, level, verdict, body, seen, held
        FROM finding JOIN span ON finding = id WHERE series = ? AND until IS NULL"""
    standing = {(row[0], row[1]): row[2:] for row in db.execute(query, (series,))}
    ended: list[tuple[int, int, int]] = []
    begun: list[tuple[Any, ...]] = []
    new: list[tuple[int, bytes, int]] = []
    for key, finding in keyed(report.findings):
        held = finding.fingerprint in report.baselined
        now = (finding.level.value, finding.verdict.value, body_of(finding), 1, int(held))
        number, since, *before = standing.pop(key, (None, None))
        if tuple(before) == now:
            continue
        if number is None:
            new.append((series, *key))
        else:
            ended.append((run, number, since))
        begun.append((run, *now, series, *key))
    unchecked = 0
    for key, (number, since, level, verdict, body, seen, held) in standing.items():
        unchecked += key in unlooked
        if key in unlooked and not seen:
            continue
        ended.append((run, number, since))
        if key in unlooked:
            begun.append((run, level, verdict, body, 0, held, series, *key))
    db.executemany("INSERT INTO finding (series, fingerprint, nth) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", new)
    db.executemany("UPDATE span SET until = ? WHERE finding = ? AND since = ?", ended)
    db.executemany(_BEGUN, begun)
    return len(standing) - unchecked, unchecked
