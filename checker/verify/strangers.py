"""What a host makes of paths that cannot exist: whether its 200 is to be believed."""

from __future__ import annotations

import asyncio
import re
from hashlib import blake2b
from typing import NamedTuple

from checker.fetch import Fetch, NotAskedError, Request, Response
from checker.fetch.redirects import follow
from checker.verify.remote_text import GLANCE, is_about_missing, title_of
from checker.web import urls

_REDIRECTS = 5
# An app's host gives its one page for any path to browsers, and its statuses to who asks for no page.
_ANYTHING = (("Accept", "*/*"),)
_DIGITS = re.compile(r"\d+")


class Stranger(NamedTuple):
    """A host's answer to a path that cannot exist, when it is 200."""

    final: str  # the URL it redirects to, or ""
    title: str
    words: frozenset[bytes]

    def resembles(self, response: Response) -> bool:
        """Whether another of its pages is the same, but for what changes on every request."""
        if title_of(response.body) != self.title:
            return False
        words = _words(response.body, "")
        return len(words & self.words) >= 0.95 * len(words | self.words)


class Strangers:
    """Asks hosts for paths that cannot exist, and remembers what they answered."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._asked: dict[str, asyncio.Task[Stranger | None]] = {}  # by URL

    async def of_host(self, url: str) -> Stranger | None:
        """What the host of a URL makes of them; None where it says that there is no such page. Asked once a host."""
        host = urls.authority(url)
        name = _name(host)
        return await self._ask(f"{url.partition(':')[0]}://{host}/{name}.html", name)

    async def shows(self, url: str, title: str) -> bool:
        """Whether a page's title is also that of what cannot exist beside it, but for the name."""
        beside, own, name = _beside(url)
        stranger = await self._ask(beside, name)
        told = _without(title, own)
        if stranger is None or stranger.final or not is_about_missing(told):
            return False
        return told == _without(stranger.title, name)

    async def _ask(self, url: str, name: str) -> Stranger | None:
        task = self._asked.get(url)
        if task is None:
            task = self._asked[url] = asyncio.ensure_future(self._answer(url, name))
        return await asyncio.shield(task)

    async def _answer(self, url: str, name: str) -> Stranger | None:
        request = Request(url, "GET", GLANCE, headers=_ANYTHING, common=True)
        try:
            chain = await follow(self._fetch, request, _REDIRECTS)
        except NotAskedError:
            return None
        response = chain.response
        if response is None or chain.fault or response.status != 200:
            return None
        final = response.url if chain.hops else ""
        return Stranger(final, title_of(response.body), _words(response.body, name))


def _name(seed: str) -> str:
    """A name that cannot exist, the same in each run."""
    return blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _beside(url: str) -> tuple[str, str, str]:
    """(a URL that cannot exist, though it looks like another, the part of that one that is different, what it became).

    Hosts have a page of their own for what a part of them does not know: the number, the name or the query changes.
    """
    name = _name(urls.authority(url))
    number = str(100_000_000 + int(name[:12], 16) % 800_000_000)  # fits the identifiers of a database
    path, mark, query = url.partition("?")
    if mark and query:
        key, equals, value = query.rpartition("=")
        changed = number if value.isdigit() else name
        return f"{path}?{key}{equals}{changed}", value, changed
    folder, _, last = path.rstrip("/").rpartition("/")
    slash = "/" if path.endswith("/") else ""
    stem, dot, extension = last.rpartition(".")
    if not dot:
        stem, extension = last, ""
    changed = _DIGITS.sub(number, stem) if _DIGITS.search(stem) else name
    return f"{folder}/{changed}{dot}{extension}{slash}", stem, changed


def _without(title: str, name: str) -> str:
    """A title without the name that was asked for."""
    return title.replace(urls.decode(name), "") if name else title


def _words(body: bytes, without: str) -> frozenset[bytes]:
    return frozenset(word for word in body.split() if not without or without.encode() not in word)
