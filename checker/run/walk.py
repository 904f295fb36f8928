"""A run over a live mirror: its pages come from the network, and are read and judged as those of a folder are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

from xxhash import xxh3_64_intdigest

from checker import logins
from checker.config.schema import Config
from checker.extract import Options
from checker.fetch import Response, media_of
from checker.fetch.robots import Robots
from checker.judge import looked
from checker.judge.answers import Answers
from checker.judge.findings import findings_of
from checker.judge.gaps import had
from checker.judge.report import Frame, report_of
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.kinds import PAGE_TYPES, WITH_IDS
from checker.mirror.address import PLAIN, Addresses, Mount
from checker.mirror.resolve import Home
from checker.mirror.scope import Refusal, Scope
from checker.model import ConfigError, Finding, NetworkError, Report, SourceError, Unchecked
from checker.roles import ASSETS
from checker.rules.codes import Code
from checker.run.frontier import Frontier
from checker.run.job import Job
from checker.run.network import asked_for, showing_progress, within
from checker.run.requests import Visit
from checker.run.returning import third_parties_of
from checker.sources.live import PageStore, may_be_page
from checker.sweep import budget, classify, revisit
from checker.sweep.facts import SIGNED, Context, Wrong
from checker.sweep.keys import remote_key
from checker.verify.remote import Answer
from checker.web import urls

if TYPE_CHECKING:
    from checker.history.run import RunHistory

_HOME = Home("", clamps=True, rooted=False, live=True)


async def check(job: Job, start: str) -> Report:
    """Crawl a site breadth first from `start`, a serialised URL, and check all references of its pages. A login in
    `start` is sent to all URLs of its origin, and to no other origin.

    Raises SourceError if the first page cannot be read, NetworkError if there is no network. If the task is cancelled,
    the report says so.
    """
    config, began = job.config, job.now()
    with closing(PageStore()) as store:
        walk = _Walk(config, start, store, rows=job.rows)
        complete = True
        try:
            async with asked_for(job.network, walk.context, walk.learnt) as frontier:
                assert frontier is not None  # noqa: S101 - for the type checker
                await walk.begin(frontier)
                async with (
                    showing_progress(job.progress, walk.learnt, None, frontier),
                    within(config.remote.time_limit or None, frontier),
                ):
                    await frontier.finish()
                walk.settle(frontier)
        except asyncio.CancelledError:
            complete = False
        first = walk.learnt.network.verdicts.get(remote_key(walk.start, ""))
        if complete and not walk.learnt.pages:
            _unread(job.source, walk.learnt, first.message if first and first.message else "it is no page", job.history)
        judging = Judge(config)
        found = walk.findings(judging)
        if job.history:
            found = job.history.compare(found, looked.on_site(walk.learnt, judging, walk.is_kept))
        learnt = walk.learnt
    frame = Frame(
        source=job.source,
        addresses=(walk.scope.prefix,),
        started=began,
        finished=job.now(),
        complete=complete,
        online=True,
        met=had(config),
    )
    return report_of(learnt, found, judging, frame)


async def pages(config: Config, start: str, *, network: Callable[[Options], Frontier]) -> list[str]:
    """The URLs of the pages that a crawl from `start` finds.

    Raises SourceError if the first page cannot be read, NetworkError if there is no network.
    """
    with closing(PageStore()) as store:
        walk = _Walk(config, start, store, rows=False)
        async with asked_for(network, walk.context, walk.learnt) as frontier:
            assert frontier is not None  # noqa: S101 - for the type checker
            await walk.begin(frontier)
            await frontier.finish()
        if not walk.learnt.pages:
            _unread(start, walk.learnt, "no page could be read")
        return walk.learnt.addressed


def _unread(source: str, learnt: RunState, why: str, history: RunHistory | None = None) -> NoReturn:
    """Raise the error that says why no page of a site could be read."""
    if not learnt.network.cut_off:
        raise SourceError(f"{source}: {why}")
    if history:
        history.forget()
    raise NetworkError(f"{source}: {Unchecked.NO_NETWORK}: {learnt.network.cut_off}")


class _Walk:
    """One crawl: its state, to which each page that arrives is added."""

    def __init__(self, config: Config, start: str, store: PageStore, *, rows: bool) -> None:
        self._config = config
        self.start, self._login = logins.split(start)
        self._store = store
        try:
            self.scope = Scope(self.start, config.site)
        except re.error as error:
            raise ConfigError(f"[site] include, exclude: no regular expression: {error}") from error
        options = Options(
            frozenset(config.references.lazy), config.references.bare, config.references.slugs.replace("auto", "github")
        )
        self.context = Context(
            (Mount("", store, PLAIN),),
            _HOME._replace(login=self._login),
            Addresses(),
            Addresses(),
            options,
            b"",
            config.pages.max_bytes,
            rows,
            online=True,
            embeds=True,
            host=urls.below_scheme(self.scope.origin) + "/",
        )
        self.learnt = RunState(0, self.scope.prefix)
        self._robots = Robots("")
        self._queued: set[int] = set()  # keys of pages that were or will be read
        self._unread: set[int] = set()  # keys of pages beyond a limit
        self._bodies: dict[int, str] = {}  # hash of a body -> the first page that has it
        self._same: dict[str, str] = {}  # a URL -> the page that it redirects to, or is a copy of
        self._asked: dict[str, set[str]] = {}  # page of the site -> fragments that references name
        self._defined: set[int] = set()

    async def begin(self, frontier: Frontier) -> None:
        """Queue the first pages."""
        self._frontier = frontier
        frontier.on_page = self._page
        frontier.log_in(self._login)
        if self._config.site.depth != 0:
            self._robots = await frontier.robots(self.scope.origin)
            if not self._robots.allows(self.start):
                raise SourceError(f"{self.start}: robots.txt does not allow it")
        self.scope.limit(0)
        self._visit(self.start, 0)
        if self._config.site.sitemaps and self._config.site.depth < 0 and not frontier.unwilling(self.start):
            sitemaps = map(self._login.taken, self._robots.sitemaps)
            for url in dict.fromkeys((*sitemaps, f"{self.scope.origin}/sitemap.xml")):
                if url.startswith(self.scope.origin + "/"):
                    self._visit(url, 0)

    def _visit(self, url: str, depth: int, role: str = "") -> None:
        self._queued.add(remote_key(url, ""))
        self._frontier.visit(Visit(url, depth, PAGE_TYPES, self._config.pages.max_bytes, role))

    def _page(self, visit: Visit, response: Response) -> None:
        """Read the page that a visit fetched, and queue the URLs that it refers to."""
        url, _ = logins.split(response.url)
        if url != visit.url:
            self._same[visit.url] = url
            key = remote_key(url, "")
            if key in self._queued or not (self.scope.holds(url) or visit.depth == 0):
                return
            self._queued.add(key)
        body = xxh3_64_intdigest(response.body)
        if (first := self._bodies.setdefault(body, url)) != url:
            self._same[url] = first
            return
        if limit := self.scope.keep(len(response.body)):
            self._frontier.verdicts.unchecked[limit] += 1
            return
        kind = self._store.put(url, response.body, *media_of(response.headers), self._config.pages.max_bytes)
        if kind is None:
            return
        try:
            with budget.breakable():
                facts = classify.sweep(self.context, [url])[0]
        except budget.Interrupted as broken:  # the event loop will end the run
            self._frontier.verdicts.unchecked[broken.reason] += 1
            return
        if response.fault:
            facts = facts._replace(fault=(Code.LOCAL_UNREADABLE, response.fault))
        elif not response.whole:
            message = f"larger than {self._config.pages.max_bytes:,} bytes ([pages] max_bytes); only its start was read"
            facts = facts._replace(fault=(Code.LOCAL_TOO_LARGE, message))
        self.learnt.add(facts)
        self.learnt.read += 1
        self._defined.update(memoryview(facts.defines).cast("Q"))
        for target, fragment, role in sorted(facts.to_ask):  # the same order in every run
            if role in ASSETS and urls.below_scheme(target).startswith(self.context.host):
                self.learnt.own_embeds.add(remote_key(target, ""))
            self._refer(target, fragment, role, visit.depth + 1)

    def _refer(self, url: str, fragment: str, role: str, depth: int) -> None:
        if role == SIGNED or not self.scope.holds(url) or not may_be_page(url):
            self._frontier.add(url, fragment, role)
            return
        if remote_key(url, "") in self._queued:
            if role and self._robots.allows(url):
                self._frontier.add(url, "", role)
        elif not self._robots.allows(url):
            self._queued.add(remote_key(url, ""))
            self._frontier.verdicts.leave(Unchecked.DISALLOWED, url)
            return
        elif reason := self.scope.refuses(url, depth):
            if reason is not Refusal.TOO_DEEP:
                self.learnt.unknown[f"not read: {reason}"] += 1
            self._frontier.add(url, fragment, role)
            return
        elif not self._is_within(url, depth):
            return
        else:
            self._visit(url, depth, role)
        if fragment:
            self._asked.setdefault(url, set()).add(fragment)

    def _is_within(self, url: str, depth: int) -> bool:
        """Whether a page is within the limits of the crawl. Others are not asked for: they may be endless."""
        key = remote_key(url, "")
        if key in self._unread:
            return False
        limit = self.scope.limit(depth)
        if limit:
            self._unread.add(key)
            self._frontier.verdicts.leave(limit, url)
        return limit is None

    def settle(self, frontier: Frontier) -> None:
        """Find the fragments that no page of the site defines."""
        for url, fragments in self._asked.items():
            page = self._same.get(url, url)
            page = self._same.get(page, page)
            kept = self._store.stated(page)
            if kept is None:
                continue
            missing = tuple(
                fragment
                for fragment in sorted(fragments)
                if remote_key(page, fragment) not in self._defined and kept.kind in WITH_IDS
            )
            known = frontier.verdicts.answers.get(remote_key(url, ""), Answer())
            for fragment in missing:
                frontier.verdicts.answers[remote_key(url, fragment)] = known._replace(missing=missing)
        for url, fragments in self._asked.items():  # a fault of a page is a fault of all its fragments
            if answer := frontier.verdicts.answers.get(remote_key(url, "")):
                for fragment in fragments:
                    frontier.verdicts.answers.setdefault(remote_key(url, fragment), answer)

    def is_kept(self, url: str) -> bool:
        """Whether a page was read."""
        return url in self._store.files

    def findings(self, judging: Judge) -> list[Finding]:
        """Every finding that counts, sorted."""
        learnt = self.learnt
        bad = frozenset(learnt.network.verdicts)
        third_parties = third_parties_of(learnt, judging, None)
        wrong = Wrong(remote=bad, third_parties=third_parties)
        concerned = {page for page, _ in learnt.asked.users(bad)} | third_parties.keys()
        for page, suspects in revisit.revisit(self.context, sorted(concerned), wrong):
            learnt.suspects.setdefault(page, []).extend(suspects)
        return findings_of(learnt, Answers(), judging)
