"""The frontier: the queue of remote URLs. Each is asked for once, with the hosts taking turns.

Temporary failures are tried once more at the end. The sweep adds URLs while it reads pages. A URL without a fragment is
asked for at once. One with fragments waits until all of its fragments are known, so that one request answers for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aiohttp.abc import AbstractResolver

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.fetch import Fetch, Response
from checker.model import Unchecked
from checker.roles import ASSETS
from checker.rules import selected
from checker.run.asker import Asker, Asks, Shared, Told, url_of
from checker.run.requests import Asset, Counts, Extra, Link, Question, Signed, Visit
from checker.run.verdicts import Verdicts
from checker.sweep.facts import SIGNED
from checker.sweep.keys import remote_key
from checker.verify.known import Answer, Known

if TYPE_CHECKING:
    from checker.history.run import RunHistory

_MOMENT = 0.1  # seconds between two writes to the history: a killed run loses that much, and the requests in flight


class Frontier:
    """The remote URLs of a run. Use as an async context manager, inside one event loop."""

    def __init__(
        self,
        config: RemoteTable,
        options: Options,
        *,
        assets: bool = True,
        deep: bool = False,
        named: str = "",
        resolver: Callable[[], AbstractResolver] | None = None,
        client: Asks | None = None,
        history: RunHistory | None = None,
        share: Shared | None = None,
    ) -> None:
        """`assets`: examine what pages embed. `history` knows which URLs need not be asked for. The others: see Asker.

        Raises ConfigError for unusable patterns, and what makes no Asker.
        """
        self._config = config
        self.assets = assets
        self.asker = Asker(config, options, deep=deep, named=named, resolver=resolver, client=client, share=share)
        self.asker.wanted, self.asker.answered = self._wants, self._conclude
        self._seen: set[int] = set()
        self._assets: dict[str, str] = {}  # embedded URL -> role; they wait until all are known
        self._fragments: dict[str, set[str]] = {}  # URL -> its fragments; they wait until all are known
        self._later: list[Question] = []  # temporary failures, for the second pass
        self._second = False
        self._writing: asyncio.Task[None] | None = None
        self._history = history
        # Only with a history:
        self._open: set[tuple[str, tuple[str, ...]]] = set()  # (URL, fragments) that are being asked for
        self._failed: dict[str, Known] = {}  # temporary failures
        self.verdicts = Verdicts(self._ignored)
        self.done = 0
        self.queued = 0
        self.on_page: Callable[[Visit, Response], None] = lambda _visit, _response: None

    async def __aenter__(self) -> Self:
        await self.asker.__aenter__()
        if self._history is not None:
            self._history.withheld = True
            self._writing = asyncio.create_task(_write(self._history))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writing is not None:
            self._writing.cancel()
        await self.asker.__aexit__(kind, error, trace)

    def add(self, url: str, fragment: str, role: str = "") -> None:
        """Queue a URL, if it is new, and a fragment of it. A URL that is embedded in a role is examined as an asset."""
        if role == SIGNED:
            self._sign(url, fragment)
            return
        embedded = role in ASSETS and self.assets
        if role in ASSETS and not self.assets:
            self.verdicts.unlooked.add(remote_key(url, ""))
        key = remote_key(url, "" if embedded else fragment)
        if embedded and key not in self.verdicts.embedded:
            self.verdicts.embedded.add(key)
            if not self.excludes(url):
                self._seen.add(key)  # the answer is a link's as well
                if self._history is None:
                    self._queue(Asset(url, role))
                elif self._history.chooses:
                    self._assets[url] = role
                else:
                    self._ask_asset(url, role, self._history)
        if key in self._seen:
            return
        self._seen.add(key)
        if self.excludes(url):
            self.verdicts.leave(Unchecked.EXCLUDED, url, (fragment,) if fragment else ())
        elif fragment:
            self._fragments.setdefault(url, set()).add(fragment)
        elif self._history is None:
            self._queue(url)
        elif self._history.chooses:
            self._fragments.setdefault(url, set())
        else:
            self._ask(url, (), self._history)

    def _sign(self, url: str, integrity: str) -> None:
        key = remote_key(url, integrity)
        if self.assets and key not in self._seen and not self.excludes(url):
            self._seen.add(key)
            self._queue(Signed(url, integrity))

    def ask(self, url: str, ask: Callable[[Fetch], Awaitable[None]]) -> None:
        """Queue what is asked of a URL beside its verdict, unless it is excluded."""
        if not self.excludes(url):
            self._queue(Extra(url, ask))

    def excludes(self, url: str) -> bool:
        """Whether the configuration wants a URL never to be asked for."""
        return self.asker.excludes(url)

    def visit(self, visit: Visit) -> None:
        """Queue a page of a live site to be read whole. `on_page` is called with it."""
        key = remote_key(visit.url, "")
        self._seen.add(key)
        if visit.role:
            self.verdicts.embedded.add(key)
        self._queue(visit if self.assets else visit._replace(role=""))

    async def first(self, visit: Visit) -> Response | None:
        """The first page of a live mirror, asked for before all else; None where none came. From then on, the
        cookies of its host go with all requests to it, as fast as it answers.
        """
        self.asker.enter(visit.url)
        came: list[Response] = []
        self.on_page = lambda _visit, response: came.append(response)
        self.visit(visit)
        await self.asker.turns.join()
        response = came[0] if came else None
        self.asker.stay(response.url if response else visit.url)
        return response

    def _queue(self, job: Question) -> None:
        self.queued += 1
        self.asker.turns.add(url_of(job), job)

    def _ask(self, url: str, fragments: tuple[str, ...], history: RunHistory) -> None:
        """Queue a URL, unless the history knows its answer."""
        known = history.recall(url, fragments)
        if isinstance(known, str):
            self.verdicts.leave(known, url, fragments)
        elif isinstance(known, Answer):
            self.verdicts.conclude(url, fragments, known, embedded=False)
        else:
            self._open.add((url, fragments))
            self._queue(Link(url, fragments, known))

    def _ask_asset(self, url: str, role: str, history: RunHistory) -> None:
        """Queue an asset, unless the history knows its answer."""
        known = history.recall_asset(url, role)
        if isinstance(known, str):
            self.verdicts.leave(known, url)
        elif known is not None:
            self.verdicts.conclude(url, (), known.answer, embedded=True)
            self.verdicts.note_picture(url, known.picture_hash)
        else:
            self._open.add((url, ()))
            self._queue(Asset(url, role))

    async def finish(self) -> None:
        """Wait for all answers. Raises ClusterError if a cluster asks, and nobody of it is left."""
        try:
            await self._answers()
        finally:
            self.verdicts.compare_pictures()

    async def _answers(self) -> None:
        await self._settle()
        if self._later and self._config.second_pass:
            self._second = True
            self.asker.turns.retry_silent()
            again, self._later = self._later, []
            self.done -= len(again)
            self.queued -= len(again)
            for job in again:
                self._queue(job)
            await self._settle()

    async def _settle(self) -> None:
        """Wait until the queue is empty. Pages that are read meanwhile may add fragments of other pages."""
        while True:
            waiting, self._fragments = self._fragments, {}
            assets, self._assets = self._assets, {}
            if self._history is None:
                for url, fragments in waiting.items():
                    self._queue(Link(url, tuple(fragments)))
            else:
                self._consult(waiting, assets, self._history)
            await self.asker.turns.settle()
            if not self._fragments:
                return

    def _consult(self, waiting: dict[str, set[str]], assets: dict[str, str], history: RunHistory) -> None:
        """Queue URLs and assets, unless the history knows their answers."""
        history.admit(waiting, assets)
        for url, _ in history.ahead({**assets, **waiting}.items()):
            if url in assets:
                self._ask_asset(url, assets[url], history)
            if url in waiting:
                self._ask(url, tuple(waiting[url]), history)

    def expect(self, asked: Iterable[tuple[str, str, str]]) -> None:
        """Look up together what the history knows of URLs (with fragment and role) that are added next."""
        if self._history is not None and self._history.recalls and not self._history.chooses:
            new = {url for url, fragment, _ in asked if not fragment and remote_key(url, "") not in self._seen}
            self._history.expect(new)

    def end(self) -> str:
        """Count URLs without an answer as interrupted. Returns why there is no network, if no host at all was reached;
        then no answer counts, and each target is unchecked for that reason. Otherwise returns "".
        """
        self.give_up(Unchecked.INTERRUPTED)
        lack = self.asker.reach.lack()
        if lack:
            self.verdicts.answers.clear()
        if self._history is not None:
            self._history.withheld = bool(lack)
        return lack

    def give_up(self, reason: Unchecked) -> None:
        """Count URLs without an answer as unchecked."""
        left = self.queued - self.done + sum(map(len, self._fragments.values())) + len(self._assets)
        if left > 0:
            for job in self.asker.left():
                self.verdicts.miss(url_of(job), _fragments_of(job))
            for url, each in self._fragments.items():
                self.verdicts.miss(url, each)
            for url in self._assets:
                self.verdicts.miss(url, ())
        if self._history is not None and reason is not Unchecked.INTERRUPTED:  # the last answer is better than none
            for url, each in self._fragments.items():
                self._open.add((url, tuple(each)))
            self._open.update((url, ()) for url in self._assets)
            for url, fragments in self._history.ahead(self._open):
                if answer := self._history.last(url, fragments):
                    self.verdicts.conclude(url, fragments, answer, embedded=not fragments)
                    self.verdicts.found(url, fragments)
                    left -= max(len(fragments), 1) if url in self._fragments else 1
            for url, learnt in self._failed.items():
                self._history.note(url, learnt)
        if left > 0:
            self.verdicts.unchecked[reason] += left
            self.verdicts.left.difference_update(self.verdicts.answers)  # a temporary failure is an answer
        self.queued = self.done
        self._fragments.clear()
        self._assets.clear()
        self.asker.close()

    def _wants(self, job: Question) -> bool:
        """Whether a question is still to be asked: an answer as an asset counts for the link as well."""
        if (
            isinstance(job, str | Link)
            and not _fragments_of(job)
            and remote_key(url_of(job), "") in self.verdicts.embedded
        ):
            self.queued -= 1
            return False
        return True

    def _conclude(self, job: Question, told: Told) -> None:
        """Take the answer to a question."""
        self.done += 1
        url, fragments, known = url_of(job), _fragments_of(job), told.known
        failed = self._second and remote_key(url, "") in self.verdicts.answers  # that is its verdict, then
        if told.left is not None and not failed:
            self.verdicts.leave(told.left, url, fragments)
            self._open.discard((url, fragments))
        if told.evidence and isinstance(job, Signed):
            self.verdicts.mismatch(*job, told.evidence)
        if told.response is not None and isinstance(job, Visit):
            self.on_page(job, told.response)
        if known is not None:
            if isinstance(job, Asset):
                self.verdicts.note_picture(url, known.picture_hash)
            self._learn(job, url, fragments, known)

    def _learn(self, job: Question, url: str, fragments: tuple[str, ...], known: Known) -> None:
        """Keep a verdict; a failure that may pass, for the second pass."""
        answer = known.answer
        again = answer.passing and not self._second and self._config.second_pass
        if again:
            self._later.append(job)
        answer = self.verdicts.allowed(url, answer)
        embedded = isinstance(job, Asset) or (isinstance(job, Visit) and bool(job.role))
        self.verdicts.conclude(url, fragments, answer, embedded=embedded)
        self.verdicts.leave_parts(url, answer.unread)
        if self._history is not None:
            self._history.requests = self.asker.requests
            self._history.withheld = not self.asker.reach.reached
            self._open.discard((url, fragments))
            known = known._replace(answer=answer)
            if again:
                self._failed[url] = known
            else:
                self._failed.pop(url, None)
                self._history.note(url, known)

    def _ignored(self, url: str, rule: str) -> bool:
        return any(selected(rule, rules) for rules in self.asker.hosts.ignored(url))

    def counts(self) -> Counts:
        """The progress of the network."""
        turns = self.asker.turns
        return Counts(self.done, self.queued, turns.in_flight, tuple(turns.waits()))


def _fragments_of(job: Question) -> tuple[str, ...]:
    return job.fragments if isinstance(job, Link) else ()


async def _write(history: RunHistory) -> None:
    """Write to the history at regular intervals, for a tenth of the time at most: nothing else happens meanwhile."""
    moment = _MOMENT
    while True:
        await asyncio.sleep(moment)
        began = monotonic()
        history.flush()
        moment = max(_MOMENT, 9 * (monotonic() - began))
