"""What only members of a repository see on a forge: strangers get a 404, or a login; the forge's API tells who may ask.

A token goes to the address of its API, and to no other: the redirects of an API are followed there only.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import NamedTuple

from checker.config.schema import ForgeTable
from checker.fetch import Fetch, FetchError, Request
from checker.fetch.hosts import expanded
from checker.fetch.redirects import REDIRECTS
from checker.mirror.forge_apis import APIS, address_of, places_of, repository_of
from checker.mirror.forges import HOSTS, Location, locate
from checker.model import ConfigError
from checker.rules.codes import Code
from checker.verify.known import Answer
from checker.web import urls

# What a forge answers to strangers, and to those who ask too much.
_CLOSED = frozenset({Code.REMOTE_NOT_FOUND, Code.REMOTE_BLOCKED, Code.REMOTE_RATE_LIMITED})
_REDIRECTS = 3
_JSON = ("Accept", "application/json")
_UNFIT = re.compile(r"[^\x21-\x7e]")


class _Forge(NamedTuple):
    """A forge, its API, and the header field that opens it."""

    host: str
    forge: str
    address: str
    header: tuple[str, str]


class Members:
    """Asks the APIs of forges whether a place is there. Each repository is asked for once."""

    def __init__(self, fetch: Fetch, rows: Iterable[ForgeTable]) -> None:
        """Raises ConfigError for a forge that is not known, and if the environment lacks a token."""
        self._fetch = fetch
        self._forges = {row.host: _forge_of(row) for row in rows}
        self._repositories: dict[tuple[str, str], asyncio.Task[str | None]] = {}

    async def told(self, url: str, answer: Answer) -> Answer:
        """The answer to a URL; another one, if its forge is closed to strangers and the API knows more."""
        if not self._forges or answer.rule not in _CLOSED:
            return answer
        host = urls.authority(url).removeprefix("www.")
        forge = self._forges.get(host)
        location = locate(url, {host: forge.forge}) if forge else None
        if forge is None or location is None or location.repository.host != host:
            return answer
        said = await self._repository(forge, location)
        if said is None:
            return answer._replace(message=f"{answer.message}; the token shows no such repository either")
        if not said:
            said = await self._place(forge, location, url)
        if said is None:
            message = "404: not found; the token shows its repository, but nothing there"
            return Answer(Code.REMOTE_NOT_FOUND, message, 404, answer.hops)
        if not said:
            return Answer(status=200)
        message = f"{answer.message}; {said}"
        return answer._replace(rule=Code.REMOTE_BLOCKED, message=message, suggestion=None, passing=False)

    # What an API says of a path is None if there is nothing, "" if there is something, else why it cannot be told.

    async def _repository(self, forge: _Forge, location: Location) -> str | None:
        path, key = repository_of(location), location.repository.key
        if path is None:
            return None
        if key not in self._repositories:
            self._repositories[key] = asyncio.ensure_future(self._ask(forge, path))
        return await asyncio.shield(self._repositories[key])

    async def _place(self, forge: _Forge, location: Location, url: str) -> str | None:
        segments = urls.host_and_path(url)[1].partition("?")[0].strip("/").split("/")
        named = location.repository.name.count("/") + 1
        places = places_of(location, "/".join(segments[named:]))
        if places is None:
            return "the repository is there, but the forge's API does not know pages of this kind"
        for place in places:
            if (said := await self._ask(forge, place)) is not None:
                return said
        return None

    async def _ask(self, forge: _Forge, path: str) -> str | None:
        url = forge.address + path
        for _ in range(_REDIRECTS):
            try:
                response = await self._fetch(Request(url, "GET", headers=(forge.header, _JSON)))
            except FetchError as error:
                return f"the forge's API does not answer: {error.message}"
            if response.status not in REDIRECTS:
                return _said(response.status)
            try:
                url = urls.resolve(url, urls.escape_stray(response.headers.get("Location", ""))).partition("#")[0]
            except urls.InvalidURL:
                break
            if not url.startswith(forge.address + "/"):
                break
        return "the forge's API leads elsewhere, where the token does not go"


def _said(status: int) -> str | None:
    if 200 <= status < 300:
        return ""
    if status in {404, 410}:
        return None
    if status == 401:
        return "the forge's API does not accept the token (401): it may have expired"
    return f"the forge's API does not tell ({status})"


def _forge_of(row: ForgeTable) -> _Forge:
    where = f"[[remote.forge]] {row.host}"
    known = HOSTS.get(row.host)
    forge = row.forge or (known.forge if known else "")
    if forge not in APIS:
        raise ConfigError(f"{where}: say which forge it is: forge = {' or '.join(map(repr, APIS))}")
    token = expanded(row.token, where)
    if not token or _UNFIT.search(token):
        raise ConfigError(f"{where}: the value of {row.token} is no token: it is empty, or holds blanks or line ends")
    name, value = APIS[forge].header
    try:
        address = urls.resolve("about:blank", row.api or address_of(forge, row.host)).rstrip("/")
    except urls.InvalidURL as error:
        raise ConfigError(f"{where}: api: not a URL: {row.api}") from error
    return _Forge(row.host, forge, address, (name, value.format(token=token)))
