"""One run and its history: which answers it need not ask for, which it learnt, and the states of its findings.

The frontier calls `recall` before it asks the network, and `note` with every answer.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from checker import __version__, logins
from checker.config.schema import HistoryTable, RemoteTable
from checker.history.answers import FINE, known_of, row_of
from checker.history.rows import Key
from checker.history.schema import Answered, Stored
from checker.history.spans import TURNS
from checker.history.store import History
from checker.model import CheckerError, Finding, Level, Report, Unchecked, Verdict
from checker.rules import RULES, Needs, Scope
from checker.sweep.keys import remote_key
from checker.web import durations
from checker.words import counted

if TYPE_CHECKING:  # an offline run does not need the network
    from checker.verify.known import Answer, Known


T = TypeVar("T")
_BATCH = 500  # answers that are written at once, if so many come before the next regular write, or looked up at once
_DAY = 86_400
_JITTER = 0.25  # a share of the time to live, added or taken away: targets asked together are not due together again
# How much more often a failing or flapping target is asked than a sound one: weights of the days since the last time.
_FAILING, _FLAPPING = 8.0, 4.0
_NEW, _DOUBTED = 1e9, 1e12  # more urgent than any weight


class RunHistory:
    """One run of a mirror and its history. An error of the history is kept in `failed`: it must not end the run."""

    def __init__(
        self,
        history: History,
        series: str,
        table: HistoryTable,
        remote: RemoteTable,
        *,
        deep: bool = False,
        resume: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`series`: the name of the runs that are compared with each other. `deep`: assets are downloaded and decoded.

        Raises CheckerError if the file cannot be used.
        """
        self._history = history
        self._now = now
        self._budget = table.budget
        self._fresh = {
            Verdict.OK: durations.seconds(table.fresh.ok, "[history.fresh] ok"),
            Verdict.REDIRECTED: durations.seconds(table.fresh.redirected, "[history.fresh] redirected"),
        }
        self._confirm = durations.confirmation(table.confirm, "[history] confirm")
        self._settings = _settings(remote, deep=deep)
        self._began = now()
        series = logins.hidden_in(series).encode("utf-8", "backslashreplace").decode()  # a folder may have any bytes
        self._series, self.run, self.resumed = history.begin(series, self._settings, self._began, resume=resume)
        self._made_with = history.settings(self._series)
        self._pending: list[Answered] = []
        self._expected: dict[int, Stored | None] = {}  # by the key of a URL: rows that were looked up ahead
        self._counted = 0
        self._named: set[int] = set()  # ids of rows
        self._put_off: set[str] = set()
        self._absent: dict[Key, tuple[str, bool]] = {}  # earlier finding that is absent now -> rule, whether we looked
        self.withheld = False  # True while no host was reached: without a network, there is nothing to keep
        self._kept = False  # whether the history contains anything of this run except its start
        self.failed: CheckerError | None = None
        self.requests = 0  # that were sent; the frontier counts them
        self.recalled = 0

    # --- before asking

    @property
    def chooses(self) -> bool:
        """Whether all URLs must be known before any is asked for."""
        return self._budget > 0

    def admit(self, wanted: Mapping[str, Collection[str]], embedded: Mapping[str, str] = MappingProxyType({})) -> None:
        """Spend the budget on the most urgent URLs. For the others, `recall` returns the last answer or the reason."""
        if not self.chooses or self.failed:
            return
        try:
            left = max(self._budget - self._history.asked(self._series, self.run), 0)
            turns = self._history.turns(self._series, self.run)
        except CheckerError as error:
            self._fail(error)
            return
        now = self._now().timestamp()
        rows = []
        for url, _ in self.ahead({**wanted, **embedded}.items()):
            row = self._stored(url)
            if row is None or not self._settled(url, row, wanted.get(url, ()), embedded.get(url, "")):
                rows.append((url, row))

        def urgent(each: tuple[str, Stored | None]) -> tuple[float, float]:
            url, row = each
            doubted = row is not None and row.verdict == Verdict.BROKEN and not self._certain(*_failing(row), now)
            return _DOUBTED if doubted else urgency(row, turns, now), _spread(url)

        chosen = heapq.nlargest(left, rows, key=urgent)
        self._put_off = {url for url, _ in rows}.difference(url for url, _ in chosen)

    @property
    def recalls(self) -> bool:
        """Whether an answer may do instead of a request."""
        return not self.failed and (self.resumed or self.chooses or any(self._fresh.values()))

    def ahead(self, rows: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
        """Rows that begin with a URL, each of which is asked about in turn. The URLs are looked up many at once."""
        left = iter(rows)
        while some := list(islice(left, _BATCH)):
            self.expect(row[0] for row in some)
            yield from some

    def expect(self, urls: Iterable[str]) -> None:
        """Look up together what is asked about next: a server may be far away."""
        if self.failed:
            return
        keys = [remote_key(url, "") for url in urls]
        try:
            self._expected = dict.fromkeys(keys) | self._history.targets(self._series, keys)
        except CheckerError as error:
            self._fail(error)

    def recall(self, url: str, fragments: tuple[str, ...]) -> Answer | Known | str | None:
        """What the history has instead of a request: an Answer, or the reason (str) why the URL has no verdict.

        Otherwise the URL has to be asked for: with a Known, by a conditional request; with None, by a plain one.
        """
        if self.failed or not (fragments or self.recalls):
            return None
        row = self._stored(url)
        if url in self._put_off:
            return Unchecked.BUDGET if row is None else self._recalled(row, fragments)
        if row is None:
            return None
        if self._settled(url, row, fragments):
            return self._recalled(row, fragments)
        if not fragments or row.read is None:
            return None
        return known_of(row)

    def recall_asset(self, url: str, role: str) -> Known | str | None:
        """The same for an asset: all that is known of it, if it need not be asked for."""
        if not self.recalls:
            return None
        row = self._stored(url)
        if row is None:
            return Unchecked.BUDGET if url in self._put_off else None
        if url not in self._put_off and not self._settled(url, row, (), role):
            return None
        self._recalled(row, ())
        return known_of(row)

    def last(self, url: str, fragments: tuple[str, ...]) -> Answer | None:
        """The last answer of a URL that could not be asked for."""
        row = None if self.failed else self._stored(url)
        return self._recalled(row, fragments) if row else None

    def last_good(self, url: str) -> int | None:
        """When a URL last had a good answer in a run that ended, in seconds since 1970."""
        try:
            return None if self.failed else self._history.last_good(remote_key(url, ""))
        except CheckerError as error:
            self._fail(error)
            return None

    def _stored(self, url: str) -> Stored | None:
        """The row of a URL, if it was learnt with the same settings. A URL with a login has none, since logins are
        hidden in the history.
        """
        if logins.hidden(url) != url:
            return None
        key = remote_key(url, "")
        if key in self._expected:
            row = self._expected.pop(key)
        else:
            try:
                row = self._history.target(self._series, key)
            except CheckerError as error:
                self._fail(error)
                return None
        return row if row and self._made_with.get(row.run, self._settings) == self._settings else None

    def _settled(self, url: str, row: Stored, fragments: Collection[str], role: str = "") -> bool:
        """Whether a URL need not be asked for: its answer is good, includes these fragments or the role, and is of this
        run or still fresh. A failing URL is always asked for again.
        """
        from checker.verify.known import checkable

        if row.verdict not in FINE or (row.read != row.run and checkable(fragments)):
            return False
        if role and (row.looked != row.run or row.role != role):
            return False
        if row.run == self.run:
            return True
        life = self._fresh.get(Verdict(row.verdict), 0.0) * (1 + _JITTER * (2 * _spread(url) - 1))
        return 0 <= self._now().timestamp() - row.asked < life

    def _recalled(self, row: Stored, fragments: tuple[str, ...]) -> Answer:
        self._named.add(row.id)
        self.recalled += 1
        return known_of(row).of(fragments)

    # --- after

    def note(self, url: str, known: Known) -> None:
        """Keep the answer of a URL."""
        if self.failed:
            return
        self._pending.append(row_of(url, known, self._series, self.run, self._now()))
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the pending answers. Call it often, so that little is lost if the process is killed."""
        if self.failed or self.withheld or not (self._pending or self.requests > self._counted):
            return
        self._kept = True
        answers, self._pending = self._pending, []
        made, self._counted = self.requests - self._counted, self.requests
        try:
            self._history.add(answers, self._series, self.run, made)
        except CheckerError as error:
            self._fail(error)

    def confirm(self, findings: list[Finding]) -> list[Finding]:
        """The findings; of targets that have not failed long enough, they become warnings with the verdict suspect."""
        if self._confirm.runs <= 1 or self.failed:
            return findings
        self.flush()
        try:
            rows = self._history.targets(self._series, [_key_of(each) for each in findings if _of_target(each)])
            return [self._doubted(each, rows.get(_key_of(each))) if _of_target(each) else each for each in findings]
        except CheckerError as error:
            self._fail(error)
            return findings

    def _doubted(self, finding: Finding, row: Stored | None) -> Finding:
        now = self._began.timestamp()
        failures, since = 1, now
        if row is not None and row.verdict == Verdict.BROKEN:
            failures, since = _failing(row)
            failures += row.run == self.run and row.until != self.run
        if self._certain(failures, since, now):
            return finding
        runs, seconds = self._confirm
        what = f"for {seconds / _DAY:g} day{'s' * (seconds != _DAY)}" if seconds else f"in {counted(runs, 'run')}"
        message = f"{finding.message} (failing run {failures} in a row; called broken when it fails {what})"
        level = Level.WARNING if finding.level is Level.ERROR else finding.level
        return replace(finding, verdict=Verdict.SUSPECT, level=level, message=message)

    def _certain(self, failures: int, since: float, now: float) -> bool:
        """Whether a target failed long enough to be called broken."""
        runs, seconds = self._confirm
        return failures >= runs or bool(seconds and failures > 1 and now - since >= seconds)

    def compare(self, findings: list[Finding], looked: Callable[[Finding], bool]) -> list[Finding]:
        """The findings of `confirm`. Notes which earlier findings are absent, and by `looked(finding)` whether the run
        looked for them: only then are they gone.
        """
        findings = self.confirm(findings)
        try:
            absent = {} if self.failed else self._history.absent(self._series, self.run, findings)
        except CheckerError as error:
            self._fail(error)
            return findings
        self._absent = {key: (finding.rule, looked(finding)) for key, finding in absent.items()}
        return findings

    def _unlooked(self, report: Report) -> set[Key]:
        """The absent findings that this run did not look for, also because it did not look for their rules."""
        gaps = {rule for rule, gap in report.gaps.items() if gap.everywhere}
        return {key for key, (rule, looked) in self._absent.items() if not looked or rule in gaps}

    def conclude(self, report: Report) -> Report:
        """Keep a complete run. Returns the report with the states of its findings and with the health.

        Nothing is kept of a run without a network.
        """
        if report.cut_off:
            self.forget()
        self.flush()
        self._kept = True
        if self.failed:
            return report
        try:
            if report.cut_off or not report.complete:
                findings = self._history.state(self._series, self.run, report.findings, held=report.baselined)
                return replace(report, findings=findings)
            findings = self._history.end(self._series, self.run, report, self._named, self._unlooked(report))
            return replace(report, findings=findings, health=self._history.health(self._series, self.run, findings))
        except CheckerError as error:
            self._fail(error)
            return report

    def fail(self) -> None:
        """Note that the run failed. If it failed at its start, it cannot be resumed."""
        if not self._kept:
            self.forget()

    def forget(self) -> None:
        """Remove this run from the history."""
        self._pending.clear()
        if self.resumed or self.failed:
            return
        try:
            self._history.forget(self._series, self.run)
        except CheckerError as error:
            self._fail(error)

    def _fail(self, error: CheckerError) -> None:
        self.failed = self.failed or error
        self._pending.clear()


def urgency(row: Stored | None, turns: dict[int, int], now: float) -> float:
    """How urgent it is to ask for a target: the days since the last time, times a weight. New targets come first."""
    if row is None:
        return _NEW
    weight = 1.0
    if turns.get(row.id, 0) >= TURNS:
        weight = _FLAPPING
    if row.verdict in {Verdict.BROKEN, Verdict.SUSPECT}:
        weight = _FAILING
    return max(now - row.asked, 0.0) / _DAY * weight


def _failing(row: Stored) -> tuple[int, float]:
    """(number of runs in a row in which a target failed, seconds since 1970 of the first), up to the last run."""
    return row.failures, row.first_broken or row.asked


def _key_of(finding: Finding) -> int:
    """The key of the URL that a finding is about."""
    return remote_key(finding.target.partition("#")[0], "")


def _of_target(finding: Finding) -> bool:
    """Whether a finding says that a remote target itself is broken, not a reference to it."""
    rule = RULES[finding.rule]
    return rule.scope is Scope.TARGET and Needs.NETWORK in rule.needs and finding.verdict is Verdict.BROKEN


def _settings(remote: RemoteTable, *, deep: bool) -> bytes:
    """A hash of the part of the configuration that can change answers. The pace of requests is not in it."""
    pace = RemoteTable()
    kept = msgspec.structs.replace(
        remote,
        concurrency=pace.concurrency,
        per_host=pace.per_host,
        interval=pace.interval,
        patience=pace.patience,
        time_limit=pace.time_limit,
        exclude=pace.exclude,
        archive=pace.archive,
    )
    return blake2b(f"{__version__}\0{deep}\0".encode() + msgspec.json.encode(kept), digest_size=8).digest()


def _spread(url: str) -> float:
    """A number from 0 to 1 that depends only on the URL."""
    return int.from_bytes(blake2b(url.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big") / (1 << 32)
