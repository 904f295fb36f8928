"""Follows redirects. Every hop is recorded, and goes through the guard and the throttle of its host.

https://www.rfc-editor.org/rfc/rfc9110#name-redirection-3xx, https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from checker import logins
from checker.fetch import Fetch, FetchError, Request, Response
from checker.fetch.cookies import Jar
from checker.model import Hop
from checker.rules.codes import Code
from checker.web import urls
from checker.words import counted

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
# Schemes to which browsers follow no redirect: of scripts, of their own documents, of files.
_REFUSED = frozenset({
    "about", "blob", "chrome", "data", "file", "filesystem", "javascript", "resource", "view-source", "ws", "wss"
})  # fmt: skip


class Chain(NamedTuple):
    """The redirects of a URL, and the last answer."""

    hops: tuple[Hop, ...]  # each redirect's status, and the URL that it leads to
    response: Response | None = None  # the last answer
    error: FetchError | None = None  # why there is no answer
    fault: str = ""  # the rule that the last answer breaks, if it is a redirect that leads nowhere
    message: str = ""
    fragment: str = ""  # of the last redirect that states one
    scheme: str = ""  # of another program, which a browser hands the last redirect's URL over to
    moved: str = ""  # the end of its leading run of permanent redirects, with the fragment that they state


async def follow(fetch: Fetch, request: Request, limit: int) -> Chain:
    """Follow redirects from a request, `limit` at most. `fetch` may raise NotAskedError for where they lead."""
    hops: list[Hop] = []
    seen = {(request.url, "")}
    jar = Jar()
    fragment = moved = ""
    while True:
        try:
            response = await fetch(request)
        except FetchError as error:
            return Chain(tuple(hops), error=error, fragment=fragment)
        if response.status not in REDIRECTS:
            return Chain(tuple(hops), response, fragment=fragment, moved=moved)
        location = response.headers.get("Location")
        if location is None or not location.strip():
            return _lost(hops, response, "names no URL")
        try:
            url = urls.resolve(request.url, urls.escape_stray(location))
        except urls.InvalidURL:
            return _lost(hops, response, f"leads to something that is not a URL: {logins.hidden(location)[:200]!r}")
        url, mark, stated = url.partition("#")
        fragment = stated or fragment
        if leading(hops) == len(hops) and response.status in PERMANENT:
            moved = url + (f"#{stated}" if mark else moved[len(moved.partition("#")[0]) :])
        hops.append(Hop(response.status, url))
        if not url.startswith(("http://", "https://")):
            # https://html.spec.whatwg.org/multipage/browsing-the-web.html#hand-off-to-external-software
            scheme = url.partition(":")[0]
            if scheme in _REFUSED:
                return _lost(hops, response, f"leads to a {scheme}: URL, to which browsers do not follow it")
            return Chain(tuple(hops), response, fragment=fragment, scheme=scheme)
        jar.keep(response)
        cookies = jar.header(url)
        if (url, cookies) in seen:
            return Chain(
                tuple(hops), response, fault=Code.REMOTE_REDIRECT_LOOP, message="the redirects run in a circle"
            )
        if len(hops) > limit:
            message = f"more than {counted(limit, 'redirect')} ([remote] max_redirects)"
            return Chain(tuple(hops), response, fault=Code.REMOTE_REDIRECT_LOOP, message=message)
        seen.add((url, cookies))
        request = request._replace(url=url, cookies=cookies, led=True)


def leading(hops: Sequence[Hop]) -> int:
    """How many redirects are permanent before the first one that is not."""
    return next((at for at, hop in enumerate(hops) if hop.status not in PERMANENT), len(hops))


def _lost(hops: list[Hop], response: Response, message: str) -> Chain:
    return Chain(tuple(hops), response, fault=Code.REMOTE_BAD_REDIRECT, message=f"the redirect {message}")
