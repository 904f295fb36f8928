"""The rules of a site's robots.txt, by RFC 9309."""

from __future__ import annotations

import re

from protego import Protego

from checker.fetch import Fetch, Request
from checker.fetch.redirects import follow

_LIMIT = 512_000  # bytes; RFC 9309, section 2.5
_NAME = "mirrorcheck"
_AGENT = re.compile(r"\s*user[ -]?agent\b[\s:]*([^#]*)", re.I)


class Robots:
    """The rules of one origin for this program."""

    def __init__(self, text: str) -> None:
        self._rules = Protego.parse("\n".join(map(_for_us, text.splitlines())))
        self.sitemaps: tuple[str, ...] = tuple(self._rules.sitemaps)
        delay = self._rules.crawl_delay(_NAME)
        self.delay = float(delay) if delay is not None else None  # seconds between two requests

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched."""
        return bool(self._rules.can_fetch(url, _NAME))


def _for_us(line: str) -> str:
    """A line, in which all other programs get one name. Protego would keep rules for tens of thousands of names."""
    match = _AGENT.match(line)
    if match is None or _NAME.startswith(match[1].strip().strip("*").lower()):
        return line
    return "User-agent: another"


async def robots_of(fetch: Fetch, origin: str) -> Robots:
    """The rules of an origin. All is allowed if there is no file, nothing if the server fails.

    https://www.rfc-editor.org/rfc/rfc9309#section-2.3.1
    """
    chain = await follow(fetch, Request(f"{origin}/robots.txt", "GET", _LIMIT), 5)
    if chain.response is not None and chain.response.status >= 500:
        return Robots("User-agent: *\nDisallow: /")
    if chain.response is None or chain.response.status != 200:  # without an answer, pages will not get one either
        return Robots("")
    return Robots(chain.response.body.decode("utf-8", "replace"))
