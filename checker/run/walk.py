"""A run over a live mirror: its pages come from the network, and are read and judged as those of a folder are."""

from __future__ import annotations

import asyncio
import re
from array import array
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

from xxhash import xxh3_64_intdigest

from checker import logins
from checker.config.schema import Config
from checker.extract import headers
from checker.fetch import Response, media_of
from checker.fetch.robots import Robots
from checker.judge import looked
from checker.judge.answers import Answers
from checker.judge.findings import findings_of
from checker.judge.gaps import had
from checker.judge.report import Frame, report_of
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.kinds import HEAD, KINDS, PAGE_TYPES, WITH_IDS
from checker.mirror.address import PLAIN, Addresses, Mount
from checker.mirror.scope import Refusal, Scope
from checker.mirror.target import Home
from checker.model import ConfigError, Finding, Kind, NetworkError, Report, SourceError, Unchecked
from checker.roles import ASSETS
from checker.rules.codes import Code
from checker.run import starting
from checker.run.frontier import Frontier
from checker.run.job import Job, Network
from checker.run.network import asked_for, showing_progress, within
from checker.run.prepare import options_of
from checker.run.requests import Visit
from checker.run.returning import third_parties_of
from checker.sources.live import PageStore, may_be_page
from checker.sweep import budget, classify, revisit, shelf
from checker.sweep.facts import SIGNED, Context, Wrong
from checker.sweep.keys import remote_key
from checker.verify.fragment import is_for_script
from checker.verify.ids import runs_scripts
from checker.verify.known import Answer
from checker.web import urls
from checker.words import counted

if TYPE_CHECKING:
    from checker.history.run import RunHistory

_ANY: frozenset[str] = frozenset()  # any media type
_SITEMAP = ".xml.gz"
_INDEX_OF_SITEMAPS = b"<sitemapindex"
_COPIES = (
    50  # addresses at which the same bytes are read: versions of a manual, and not a site that has one answer to all
)
_STUBS = 5  # pages in a row that only send their readers on, from the start
_HOME = Home("", clamps=True, rooted=False, live=True)


async def check(job: Job, start: str, given: Response | None = None) -> Report:
    """Crawl a site breadth first from `start`, a serialised URL, and check all references of its pages. A login in
    `start` is sent to all URLs of its origin, and to no other origin. `given`: the first page, which is not asked for.

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
                async with (
                    showing_progress(job.progress, walk.learnt, None, frontier),
                    within(config.remote.time_limit or None, frontier),
                ):
                    await walk.begin(frontier, given)
                    await frontier.finish()
                    if lost := await frontier.asker.logged_out():
                        walk.learnt.logged_out = lost
                        walk.learnt.unknown["not read: what only members see, since the login was lost"] += 1
                walk.settle(frontier)
        except asyncio.CancelledError:
            complete = False
        first = walk.learnt.network.verdicts.get(remote_key(walk.start, ""))
        if complete and not walk.learnt.pages:
            left = next(iter(walk.learnt.network.unasked), "")
            why = f"it leads to what is {left}" if left else "it is no page"
            _unread(job.source, walk.learnt, first.message if first and first.message else why, job.history)
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
        rows=job.rows,
        online=True,
        met=had(config),
    )
    return report_of(learnt, found, judging, frame)


def as_sent(url: str, data: bytes, kind: Kind) -> Response:
    """A page as a server would send it."""
    media = next(iter(KINDS[kind].media_types), "")
    return Response(url, 200, {"Content-Type": media}, body=data, whole=True)


async def pages(config: Config, start: str, *, network: Network) -> list[str]:
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
        return [*walk.learnt.addressed]


def _unread(source: str, learnt: RunState, why: str, history: RunHistory | None = None) -> NoReturn:
    """Raise the error that says why no page of a site could be read."""
    if not learnt.network.cut_off:
        raise SourceError(f"{source}: {why}")
    if history:
        history.forget()
    raise NetworkError(f"{source}: {Unchecked.NO_NETWORK}: {learnt.network.cut_off}")


_INDEX = re.compile(r"/(?:(?:index|default)\.\w+)?(?=$|\?)")  # `/a/index.html` and `/a/` are one page


_ENDS_LOGIN = re.compile(r"[/?&=;](?:log|sign)[-_]?(?:out|off)(?=$|[/?&=.;])", re.I)


def _may_be_page(url: str, role: str) -> bool:
    return may_be_page(url, linked=not role) or url.endswith(_SITEMAP)


class _Walk:
    """One crawl: its state, to which each page that arrives is added."""

    def __init__(self, config: Config, start: str, store: PageStore, *, rows: bool) -> None:
        self._config = config
        self.start, self._login = logins.split(start)
        self._store = store
        self._enter(self.start)
        options = options_of(config.references, config.references.slugs.replace("auto", "github"))
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
            host=self._host,
        )
        self.learnt = RunState(0, self.scope.prefix)
        self._robots = Robots("")
        self._queued: set[int] = set()  # keys of what is, or will be, read
        self._unread: set[int] = set()  # keys of what is beyond a limit
        self._bodies: dict[int, dict[frozenset[int], str]] = {}  # hash of a body -> what it refers to -> the first page
        self._pages = 0  # to which those that were read led
        self._cut: set[str] = set()  # pages that were not read to their end
        self._sitemaps: set[int] = set()  # keys of what robots.txt or another sitemap names as one
        self._same: dict[str, str] = {}  # a URL -> the page that it led to, or is a copy of
        self._asked: dict[str, set[str]] = {}  # fragments of pages of the site
        self._defined: set[int] = set()
        self._closed = bool(config.site.login.url or config.remote.cookies)  # strangers do not see it all

    async def begin(self, frontier: Frontier, given: Response | None = None) -> None:
        """Read the first page, unless it is `given`, and queue what it refers to and the sitemaps.

        Raises SourceError where the site does not allow it, or the first page is another site's.
        """
        self._frontier = frontier
        frontier.asker.log_in(self._login)
        await self._obey(self.start)
        if self._config.site.login.url and given is None:
            await frontier.asker.log_in_by(self._config.site.login)
        self.scope.limit(0)
        first = self._visit_to(self.start, 0)
        response = given or await frontier.first(first)
        for _ in range(_STUBS):
            frontier.on_page = self._page
            if response is None:
                break
            await self._follow(response.url)
            self._page(first, response)
            place = self._sent_on(logins.split(response.url)[0])
            if not place:
                break
            await self._follow(place)
            first = self._visit_to(place, 0)
            response = await frontier.first(first)
        if (
            self._config.site.sitemaps
            and self._config.site.depth < 0
            and not frontier.asker.unwilling(self.scope.origin + "/")
        ):
            sitemaps = [self._login.taken(url) for url in self._robots.sitemaps]
            self._sitemaps.update(remote_key(url, "") for url in sitemaps)
            for url in dict.fromkeys((*sitemaps, f"{self.scope.origin}/sitemap.xml")):
                if url.startswith(self.scope.origin + "/") and not frontier.excludes(url):
                    self._visit(url, 0)

    async def _obey(self, url: str) -> None:
        """Read the rules of the origin of a URL at which the walk is to begin."""
        if self._config.site.depth != 0:
            self._robots = await self._frontier.asker.robots(self.scope.origin)
            if not self._allows(url):
                raise SourceError(f"{url}: robots.txt does not allow it ([site] robots = false, if the site is yours)")
            if self._config.site.robots:
                self._frontier.asker.obey(self.scope.origin, self._robots)

    async def _follow(self, url: str) -> None:
        """Go on where the start leads: to https, to or from `www.`, into another folder. Elsewhere is another site."""
        url, _ = logins.split(url)
        if url.startswith(self.scope.prefix):
            return
        if not starting.is_one_site(self.start, url):
            raise SourceError(
                f"{self.start} leads to another site: {url}; check that address if it is the one you mean"
            )
        origin = self.scope.origin
        self._enter(url)
        self.context = self.context._replace(host=self._host)
        self.learnt.prefix = self.scope.prefix
        if self.scope.origin != origin:
            await self._obey(url)

    def _sent_on(self, url: str) -> str:
        """Where the first page sends its readers at once, if that is not walked, and it leads to no page."""
        if self._pages or self._config.site.depth == 0 or url not in self._store.files:
            return ""
        places = starting.sent_on(url, shelf.again(self.context, 0, url))
        return next((place for place in places if not self.scope.holds(place)), "")

    def _enter(self, start: str) -> None:
        """Walk within the origin and folder of a URL."""
        try:
            self.scope = Scope(start, self._config.site)
        except re.error as error:
            raise ConfigError(f"[site] include, exclude: no regular expression: {error}") from error
        self._host = urls.below_scheme(self.scope.origin) + "/"

    def _visit_to(self, url: str, depth: int, role: str = "") -> Visit:
        key = remote_key(url, "")
        self._queued.add(key)
        # Servers send a sitemap that is a gzip file under any type, and what is named as one is one: its bytes tell.
        media = _ANY if key in self._sitemaps or url.endswith(_SITEMAP) else PAGE_TYPES
        return Visit(url, depth, media, self._config.pages.max_bytes, role)

    def _visit(self, url: str, depth: int, role: str = "") -> None:
        self._pages += 1
        self._frontier.visit(self._visit_to(url, depth, role))

    def _page(self, visit: Visit, response: Response) -> None:
        """Read the page that a visit fetched, and queue the URLs that it refers to."""
        url, _ = logins.split(response.url)
        if url != visit.url:
            self._same[visit.url] = url
            key = remote_key(url, "")
            if key in self._queued or not (self.scope.holds(url) or visit.depth == 0):
                return
            self._queued.add(key)
        copies = self._bodies.setdefault(xxh3_64_intdigest(response.body), {})
        if len(copies) >= _COPIES:
            self._same[url] = next(iter(copies.values()))
            self.learnt.unknown[f"not read: the same bytes as {_COPIES} pages before"] += 1
            return
        if limit := self.scope.keep(len(response.body)):
            self._frontier.verdicts.unchecked[limit] += 1
            return
        media, charset = media_of(response.headers)
        media = media if visit.media else ""
        fields = [field for field in response.headers.items() if field[0].lower() in headers.FIELDS]
        kind = self._store.put(url, response.body, media, charset, self._config.pages.max_bytes, fields)
        if kind is None:
            return
        try:
            with budget.breakable():
                facts = classify.sweep(self.context, [url])[0]
        except budget.Interrupted as broken:  # the event loop will end the run
            self._frontier.verdicts.unchecked[broken.reason] += 1
            return
        # The same bytes refer to something else at another address, unless all that they name is absolute.
        others = frozenset(array("Q", facts.remote)) - {remote_key(url, "")}
        if (same := copies.setdefault(others, url)) != url:
            self._same[url] = same
            if _INDEX.sub("/", url) != _INDEX.sub("/", same):
                self.learnt.add_copy(url, facts)
            return
        if response.fault or not response.whole:
            self._cut.add(url)
        if response.fault:
            facts = facts._replace(fault=(Code.LOCAL_UNREADABLE, response.fault))
        elif not response.whole:
            most = counted(self._config.pages.max_bytes, "byte")
            message = f"larger than {most} ([pages] max_bytes); only its start was read"
            facts = facts._replace(fault=(Code.LOCAL_TOO_LARGE, message))
        self.learnt.add(facts)
        self.learnt.read += 1
        self._defined.update(memoryview(facts.defines).cast("Q"))
        if kind is Kind.SITEMAP and _INDEX_OF_SITEMAPS in self._store.read(url, HEAD):
            self._sitemaps.update(remote_key(target, "") for target, _, _ in facts.to_ask)
        for target, fragment, role in sorted(facts.to_ask):  # the same order in every run
            if role in ASSETS and urls.below_scheme(target).startswith(self.context.host):
                self.learnt.own_embeds.add(remote_key(target, ""))
            self._refer(target, fragment, role, visit.depth + 1)

    def _refer(self, url: str, fragment: str, role: str, depth: int) -> None:
        if self._closed and not role and url.startswith(self.scope.origin + "/") and _ENDS_LOGIN.search(url):
            self._frontier.verdicts.leave(Unchecked.ENDS_LOGIN, url, (fragment,) if fragment else ())
            return
        key = remote_key(url, "")
        excluded = self._frontier.excludes(url)
        is_page = role != SIGNED and self.scope.holds(url) and (_may_be_page(url, role) or key in self._sitemaps)
        if url.startswith(self.scope.origin + "/") and not excluded and not self._allows(url):
            if key not in self._queued:
                self._queued.add(key)
                self._frontier.verdicts.leave(Unchecked.DISALLOWED, url)
                self.learnt.forbidden += is_page
            return
        if excluded or not is_page:
            self._frontier.add(url, fragment, role)
            return
        if key in self._queued:
            if role:
                self._frontier.add(url, "", role)
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

    def _allows(self, url: str) -> bool:
        return not self._config.site.robots or self._robots.allows(url)

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
                if kept.kind in WITH_IDS
                and remote_key(page, fragment) not in self._defined
                and remote_key(page, urls.decode_fragment(fragment)) not in self._defined
            )
            if any(map(is_for_script, missing)) and self._runs_scripts(page):
                named = tuple(fragment for fragment in missing if not is_for_script(fragment))
                self.learnt.unknown[Unchecked.SCRIPT] += len(missing) - len(named)
                missing = named
            if missing and starting.sent_on(page, shelf.again(self.context, 0, page)):
                continue  # to a place of another page
            if page in self._cut:
                frontier.verdicts.leave_parts(url, missing)
                continue
            known = frontier.verdicts.answers.get(remote_key(url, ""), Answer())
            for fragment in missing:
                frontier.verdicts.answers[remote_key(url, fragment)] = known._replace(missing=missing)
        for url, fragments in self._asked.items():  # a fault of a page is a fault of all its fragments
            if answer := frontier.verdicts.answers.get(remote_key(url, "")):
                for fragment in fragments:
                    frontier.verdicts.answers.setdefault(remote_key(url, fragment), answer)

    def _runs_scripts(self, page: str) -> bool:
        return runs_scripts(self._store.read(page, self._config.pages.max_bytes).decode("latin-1"))

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
