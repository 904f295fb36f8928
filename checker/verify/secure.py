"""Whether a resource answers alike over https: and over http:, so that a page can embed it the secure way."""

from __future__ import annotations

from checker.fetch import Fetch, Response, media_of
from checker.fetch.redirects import Chain, follow
from checker.roles import ASSETS
from checker.verify import moved, remote_asset, remote_text
from checker.web import urls


def of(url: str) -> str:
    """The https: URL of a serialised http: URL."""
    return urls.resolve("about:blank", f"https:{url.partition(':')[2]}")


async def is_alike(fetch: Fetch, url: str, role: str, limit: int) -> bool:
    """Whether the https: URL of an http: URL gives the same for a role. `limit`: the most redirects.

    Both must be what the role needs, of one media type. Then the first 64 kB and the length decide. If they differ even
    between two answers over http:, as where the time is written into a page, the media type does, and a page's title.
    """
    secure = await follow(fetch, remote_asset.first_bytes(of(url), role), limit)
    there = _sound(of(url), secure, role)
    if there is None or not all(hop.url.startswith("https:") for hop in secure.hops):
        return False
    here = await _got(fetch, url, role, limit)
    if here is None:
        return False
    if here.url == there.url or _looks(here) == _looks(there):
        return True
    again = await _got(fetch, url, role, limit)
    if again is None or _looks(again) == _looks(here):
        return False
    return _kind(again) == _kind(here) == _kind(there)


async def _got(fetch: Fetch, url: str, role: str, limit: int) -> Response | None:
    return _sound(url, await follow(fetch, remote_asset.first_bytes(url, role), limit), role)


def _sound(url: str, chain: Chain, role: str) -> Response | None:
    """The last answer of a chain, if it is what a page can embed in a role."""
    response = chain.response
    if response is None or chain.fault or chain.scheme or response.fault or not 200 <= response.status < 300:
        return None
    if remote_text.challenges(response) or (chain.hops and moved.doubt(url, response.url, response)):
        return None
    if remote_asset.received(response) is None or (role in ASSETS and remote_asset.look(response, role)):
        return None
    return response


def _looks(response: Response) -> tuple[str, int]:
    """The media type, and a hash of the first bytes and of the number of all bytes."""
    return media_of(response.headers)[0], remote_asset.picture_hash(response)


def _kind(response: Response) -> tuple[str, str]:
    """The media type, and the title of a page."""
    media = media_of(response.headers)[0]
    return media, remote_text.title_of(response.body) if "html" in media else ""
