"""Copies at a web archive, which its availability interface names: https://archive.org/help/wayback_api.php."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from checker import logins
from checker.fetch import Fetch, Request
from checker.fetch.guard import Guard
from checker.fetch.redirects import follow
from checker.mirror import archived
from checker.web import urls

_BODY = 65_536  # bytes of an answer, which has some hundred
_LONGEST = 2_000  # characters of a URL that is written on a page
_FAILURES = 3  # in a row, after which the archive is not asked again
_NOBODYS = (
    ".local",
    ".internal",
    ".localhost",
    ".test",
    ".example",
    ".invalid",
    ".home.arpa",
    ".onion",
)  # RFC 6761, RFC 8375 …
_PUBLIC = Guard()


class _Closest(msgspec.Struct):
    available: bool = False
    url: str = ""
    status: str | int | None = None


class _Snapshots(msgspec.Struct):
    closest: _Closest | None = None


class _Available(msgspec.Struct):
    archived_snapshots: _Snapshots


class Copies:
    """Asks a web archive for copies. It keeps its first failure, and is not asked again after some in a row."""

    def __init__(self, interface: str, limit: int) -> None:
        """`interface`: the URL of the archive's availability interface. `limit`: the most redirects."""
        self.interface = urls.split_fragment(urls.resolve("about:blank", interface))[0]
        self._limit = limit
        self._failures = 0  # in a row
        self._first = ""
        self._unknown = 0

    @property
    def failure(self) -> str:
        """For how many URLs the archive gave no answer, and why; "": it always did."""
        if not self._unknown:
            return ""
        of = f"{self._unknown:,} URL{'s' * (self._unknown != 1)}"
        return f"the archive at {urls.authority(self.interface)} was no help for {of}: {self._first}"

    def takes(self, url: str) -> bool:
        """Whether a URL may be shown to the archive: without a login, public if the archive is, and no copy itself."""
        return (
            logins.hidden(url) == url
            and not archived.of(url)
            and (_is_public(url) or not _is_public(self.interface))
            and not self._is_its_own(url)
        )

    async def of(self, fetch: Fetch, url: str, at: int | None) -> str:
        """The copy of a URL that is the nearest to a moment, in seconds since 1970; None: the newest; "" if none is."""
        if self._failures >= _FAILURES:
            self._unknown += 1
            return ""
        chain = await follow(fetch, Request(self._question(url, at), "GET", _BODY, headers=_JSON), self._limit)
        response = chain.response
        if chain.error is not None:
            self._fail(chain.error.message)
        elif response is None or chain.fault or chain.scheme:
            self._fail(chain.message or "it redirects to nowhere")
        elif response.status != 200:
            self._fail(f"it answers {response.status}")
        elif not response.whole:
            self._fail(response.fault or f"it answers with more than {_BODY:,} bytes")
        else:
            try:
                closest = msgspec.json.decode(response.body, type=_Available).archived_snapshots.closest
            except (msgspec.MsgspecError, ValueError, RecursionError):
                self._fail("its answer is not that of an availability interface ([remote] archive)")
            else:
                self._failures = 0
                if closest is not None and closest.available and str(closest.status).startswith("2"):
                    return self._trusted(closest.url, url)
        return ""

    def _question(self, url: str, at: int | None) -> str:
        mark = "&" if "?" in self.interface else "?"
        moment = f"&timestamp={datetime.fromtimestamp(at, UTC):%Y%m%d%H%M%S}" if at is not None else ""
        return f"{self.interface}{mark}url={quote(url, safe='')}{moment}"

    def _fail(self, why: str) -> None:
        self._failures += 1
        self._unknown += 1
        self._first = self._first or why

    def _trusted(self, copy: str, url: str) -> str:
        """The URL of a copy, if it is one of this archive, and of this URL; else ""."""
        try:
            copy = urls.split_fragment(urls.resolve("about:blank", copy))[0]
        except urls.InvalidURL:
            return ""
        original = archived.of(copy)
        if not (original and self._is_its_own(copy) and _is_same(original, url)):
            return ""
        if len(copy) > _LONGEST or logins.hidden(copy) != copy:
            return ""
        if self.interface.startswith("https:") and copy.startswith("http:"):  # it says http: of itself, and has both
            copy = f"https{copy[4:]}"
        return copy

    def _is_its_own(self, url: str) -> bool:
        """Whether a URL is of the archive's host, or of one below it."""
        own, host = urls.authority(self.interface), urls.authority(url)
        return host == own or host.endswith(f".{own.removeprefix('www.')}")


_JSON = (("Accept", "application/json"),)


def _is_public(url: str) -> bool:
    """Whether the host of a URL may be one of the public internet, by its name or address."""
    host = urls.hostname(urls.authority(url)).rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not f".{host}".endswith(_NOBODYS)
    return not _PUBLIC.refuses(host)


def _is_same(one: str, other: str) -> bool:
    """Whether two URLs are of one page, to an archive: the scheme, `www.`, case and a slash at the end do not count."""
    return _bare(one) == _bare(other)


def _bare(url: str) -> str:
    url = urls.split_fragment(url)[0]
    host, path = urls.host_and_path(url)
    before, mark, query = urls.decode(path).partition("?")
    return f"{host.removeprefix('www.')}{before.rstrip('/')}{mark}{query}".lower()
