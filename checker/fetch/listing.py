"""A folder of a web server that lists what is in it, as nginx's autoindex and Apache's mod_autoindex do, as a store.

There is no standard for such pages. As the file system of fsspec for HTTP does, we take from a listing the links that
lead right below it. What it says beside a name, a size or a date, is written for people; a `HEAD` tells them.
"""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from html import unescape
from typing import NamedTuple

from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser

from checker import kinds
from checker.config.schema import RemoteTable
from checker.fetch import Fetch, FetchError, Request, Response, media_of
from checker.fetch.hosts import Hosts
from checker.fetch.http import Client
from checker.fetch.redirects import follow
from checker.fetch.retry import afresh, retrying
from checker.fetch.robots import Robots, robots_of
from checker.fetch.throttle import Throttle
from checker.model import Kind, SourceError
from checker.sources.address import Entry
from checker.sources.clients.looped import Looped
from checker.web import urls

_LONGEST = 32 << 20  # bytes of a listing
_DEEPEST = 128  # nested folders
_TITLES = ("index of", "directory listing", "listing of")
_PLAIN = (("Accept-Encoding", "identity"),)  # sizes and tags are those of the file itself
_FORBIDDEN = "robots.txt does not allow it ([site] robots = false, if the site is yours)"
_OFF = frozenset({405, 501})  # statuses of servers that do not know HEAD


class Manners(NamedTuple):
    """How the server is asked."""

    remote: RemoteTable
    robots: bool  # whether its robots.txt is obeyed
    processes: int  # that ask it at the same time: each has its share of what `remote` permits


class Listing(Looped):
    """The files below `listing+https://host/folder`."""

    tells = False

    def __init__(self, url: str, manners: Manners) -> None:
        """Connect with the first request. Raises ConfigError for settings that cannot be used."""
        super().__init__(url)
        self._remote, self._robots = _share(manners.remote, manners.processes), manners.robots
        self._processes = manners.processes
        address = url.removeprefix("listing+")
        scheme, _, rest = address.partition("://")
        host, _, path = rest.partition("/")
        try:
            self._start = urls.resolve("about:blank", f"{scheme}://{host}/{urls.encode_path(path)}".rstrip("/") + "/")
        except urls.InvalidURL as error:
            raise SourceError(f"{url}: not a URL that a browser could open") from error
        self._object = self._start.rstrip("/")  # if it is none of a folder
        self._hosts = Hosts(self._remote)
        self._client = Client(self._remote, self._hosts, named=self._start)
        self._rules = Robots("")
        self._fetch: Fetch | None = None
        self._throttle: Throttle[None] | None = None
        self._beginning = asyncio.Lock()
        self.width = max(1, min(self.width, self._hosts.of(self._start).per_host))

    async def listed(self) -> AsyncIterator[list[Entry]]:
        """The files, folder by folder."""
        waiting = deque([""])
        while waiting:
            now = [waiting.popleft() for _ in range(min(self.width, len(waiting)))]
            for page in await asyncio.gather(*map(self._inside, now)):
                folders = (entry.name for entry in page if entry.name.endswith("/") and not entry.fault)
                waiting += [name for name in folders if name.count("/") <= _DEEPEST]
                yield page

    async def looked(self, name: str) -> Entry:
        """What the head of an answer says of a file."""
        response = await self._asked(Request(self._url(name), "HEAD", headers=_PLAIN))
        if response.status in _OFF:
            return Entry(name, tag="", media="")
        if _good(response).url.endswith("/"):
            raise FileNotFoundError(errno.ENOENT, "it is a folder")
        return _entry(name, response.headers)

    async def got(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of a file."""
        part = (("Range", f"bytes={start}-{end - 1}"), *_PLAIN) if start else ()
        response = _good(await self._asked(Request(self._url(name), "GET", end, headers=part)))
        if response.fault and len(response.body) < end:
            raise OSError(errno.EIO, response.fault)
        return response.body[: end - start] if response.status == 206 else response.body[start:end]

    async def ended(self) -> None:
        """Close the connections."""
        if self._throttle is not None:
            await self._throttle.stop()
        await self._client.__aexit__(None, None, None)

    def said(self, error: BaseException) -> str:
        """What went wrong."""
        return error.message if isinstance(error, FetchError) else super().said(error)

    async def _inside(self, folder: str) -> list[Entry]:
        """What is in a folder, by its listing."""
        url = self._url(folder) if folder else self._start
        try:
            if self._robots and not (await self._allowed()).allows(url):
                raise OSError(errno.EACCES, _FORBIDDEN)
            response = _good(await self._asked(Request(url, "GET", _LONGEST)))
            if response.fault or not response.whole:
                raise OSError(errno.EIO, response.fault or f"its listing is longer than {_LONGEST >> 20} MB")
            if kinds.kind_of_type(media_of(response.headers)[0]) is not Kind.HTML:
                raise OSError(errno.ENOTDIR, "the server shows no listing there")
            names = _names(response.url, response.body.decode("utf-8", "replace"))
            if names is None:
                raise OSError(errno.ENOTDIR, "the server shows a page there, and no listing")
        except (OSError, FetchError) as error:
            if not folder:
                raise
            return [Entry(folder, fault=self.said(error))]
        return [Entry(folder + name) for name in names]

    def _url(self, name: str) -> str:
        return self._start + urls.encode_path(name) if name else self._object

    async def _allowed(self) -> Robots:
        await self._begun_once()
        return self._rules

    async def _asked(self, request: Request) -> Response:
        """The answer at the end of redirects, which must not leave the origin. Raises FetchError, OSError."""
        fetch = await self._begun_once()
        chain = await follow(fetch, request, self._remote.max_redirects)
        if chain.response is None or chain.fault:
            raise chain.error or OSError(errno.EIO, chain.message)
        here, there = (url.partition(":")[0] + urls.authority(url) for url in (self._start, chain.response.url))
        if here != there:
            raise OSError(errno.EXDEV, f"it leads elsewhere, to {chain.response.url}")
        return chain.response

    async def _begun_once(self) -> Fetch:
        async with self._beginning:
            if self._fetch is None:
                await self._client.__aenter__()
                throttle = self._throttle = Throttle[None](
                    _nothing, self._hosts, concurrency=self.width, patience=self._remote.patience
                )
                throttle.pace(self._start)
                once = afresh(throttle.throttled(self._client.fetch))
                fetch = retrying(once, attempts=self._remote.retries + 1, held=throttle.held)
                if self._robots:
                    origin = self._start.partition("://")[0] + "://" + urls.authority(self._start)
                    self._rules = await robots_of(fetch, origin, self._hosts.agent(self._start))
                    if self._rules.delay:
                        throttle.space(self._start, min(self._rules.delay, self._remote.patience) * self._processes)
                self._fetch = fetch
        return self._fetch


async def _nothing(_: None) -> None: ...


def _share(remote: RemoteTable, processes: int) -> RemoteTable:
    """The limits of one of several processes, so that all together keep those of the configuration."""
    default = RemoteTable().interval

    def part(connections: int | None) -> int | None:
        return None if connections is None else max(1, connections // processes)

    def pause(interval: float | None) -> float | None:
        return interval if interval is None or interval == default else interval * processes

    rows = tuple(replace(row, per_host=part(row.per_host), interval=pause(row.interval)) for row in remote.host)
    return replace(remote, per_host=part(remote.per_host), interval=pause(remote.interval), host=rows)


def _good(response: Response) -> Response:
    if response.status in {404, 410}:
        raise FileNotFoundError(errno.ENOENT, f"the server answers {response.status}")
    if response.status not in {200, 206}:
        raise OSError(errno.EIO, f"the server answers {response.status}")
    return response


def _entry(name: str, headers: Mapping[str, str]) -> Entry:
    length, modified = headers.get("Content-Length", ""), 0
    with suppress(ValueError, OverflowError):
        modified = int(parsedate_to_datetime(headers.get("Last-Modified", "")).timestamp()) * 1_000_000_000
    tag = headers.get("ETag", "").removeprefix("W/")
    known = bool(tag or modified > 0)
    size = int(length) if length.isdecimal() and len(length) < 19 and known else -1
    return Entry(name, size, tag, max(modified, 0), headers.get("Content-Type", ""))


def _names(url: str, text: str) -> Sequence[str] | None:
    """The names that a listing links to: of files, and with a `/` at their end of folders; None if it is none."""
    tree = LexborHTMLParser(text)
    names: dict[str, None] = {}
    strays = 0
    top = url.partition("?")[0]
    for link in tree.css("a[href]"):
        try:
            there = urls.resolve(top, link.attributes.get("href") or "")
        except urls.InvalidURL:
            strays += 1
            continue
        path, mark, _ = there.partition("#")[0].partition("?")
        if mark or top.startswith(path):
            continue  # another order of the same listing; a folder above
        name = path[len(top) :] if path.startswith(top) else ""
        if name and "/" not in name[:-1]:
            names[_decoded(name)] = None
        else:
            strays += 1
    title = tree.css_first("title") or tree.css_first("h1")
    is_titled = title is not None and unescape(title.text()).strip().lower().startswith(_TITLES)
    return None if strays and not is_titled else [name for name in names if name]


def _decoded(name: str) -> str:
    decoded = urls.decode(name)
    return decoded if decoded.count("/") == name.count("/") else ""
