"""The turns of an asker whose questions are shared out: its own hosts get theirs here, all others from outposts.

To the asker it is the throttle. What an outpost asks may lead to a host of another, by a redirect for one. Then that
request comes here, and goes to whom the host belongs to: all that paces, pauses and forbids requests holds for a host
as on one machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.fetch import Fetch, Request, Response
from checker.fetch.common import for_all
from checker.fetch.throttle import Throttle
from checker.run.asker import Asker, connections
from checker.run.dispatch import Dispatch
from checker.run.messages import Begin
from checker.run.outpost import Posts
from checker.run.requests import Extra, Question, Visit
from checker.web import urls


class Spread:
    """A throttle, and outposts beside it."""

    def __init__(
        self, posts: Posts, config: RemoteTable, options: Options, *, deep: bool = False, remembers: bool = False
    ) -> None:
        """`posts`: where there can be outposts, which get the rest. `remembers`: whether there is a history."""
        self._posts = posts
        self._begin = Begin(config, options, deep, remembers)
        self._own: set[str] = set()  # hosts that are asked from here
        self._local: Throttle[Question]
        self._dispatch: Dispatch

    def serve(self, asker: Asker) -> None:
        """Have the asker ask its own hosts, and take all answers."""
        config = self._begin.config
        self._local = Throttle(asker.run, asker.hosts, concurrency=connections(config), patience=config.patience)
        self._dispatch = Dispatch(self._posts, self._begin, asker, self._sent)

    def add(self, url: str, job: Question) -> None:
        """Queue a question. A site that is walked is asked from here: its pages, and its cookies, stay."""
        host = urls.authority(url)
        if isinstance(job, Visit):
            self._own.add(host)
        if isinstance(job, Visit | Extra) or host in self._own:
            self._local.add(url, job)
        else:
            self._dispatch.add(url, job)

    def left(self) -> Iterator[Question]:
        """The questions without an answer, but for those that the asker itself has begun."""
        yield from self._local.left()
        yield from self._dispatch.left()

    async def join(self) -> None:
        """Wait until every question of the own hosts is done."""
        await self._local.join()

    async def settle(self) -> None:
        """Wait until every question is done. Raises ClusterError if nobody is left to ask."""
        await self._local.join()
        await self._dispatch.settle()

    def close(self) -> None:
        """Take no more answers."""
        self._dispatch.close()

    async def stop(self) -> None:
        """End all that is under way."""
        await self._local.stop()
        await self._dispatch.stop()

    def retry_silent(self) -> None:
        """Let hosts that did not answer be asked once more."""
        self._local.retry_silent()
        self._dispatch.retry_silent()

    def held(self, url: str) -> bool:
        """Whether the host of a URL asks for a longer pause than our patience allows, as far as is known here."""
        return self._local.held(url)

    def give_back(self) -> None:
        """Give up the turn with which the running job began."""
        self._local.give_back()

    def space(self, url: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests to an own host."""
        self._local.space(url, seconds)

    def pace(self, url: str) -> None:
        """Ask the host of a URL from here, as fast as it answers."""
        self._own.add(urls.authority(url))
        self._local.pace(url)

    def waits(self) -> list[tuple[str, float]]:
        """The hosts that are paused now."""
        return self._local.waits() + self._dispatch.waits()

    @property
    def in_flight(self) -> int:
        """Requests, from here and from outposts."""
        return self._local.in_flight + self._dispatch.in_flight

    @property
    def requests(self) -> int:
        """How many outposts sent."""
        return self._dispatch.requests

    def throttled(self, fetch: Fetch) -> Fetch:
        """`fetch`, at its host's turn; of other hosts, what an outpost gets."""
        self._turned = for_all(self._local.throttled(fetch))
        return self._sent

    async def _sent(self, request: Request) -> Response:
        host = urls.authority(request.url)
        if not self._dispatch.begun:  # a walk begins: the login, robots.txt, the first page
            self._own.add(host)
        if host in self._own:
            return await self._turned(request)
        self._local.give_back()
        return await self._dispatch.fetched(request)
