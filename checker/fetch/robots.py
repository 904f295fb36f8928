"""The rules of a site's robots.txt, by RFC 9309."""

from __future__ import annotations

import re

from protego import Protego

from checker.fetch import Fetch, Request
from checker.fetch.redirects import follow

_LIMIT = 512_000  # bytes; RFC 9309, section 2.5
_NAME = "mirrorcheck"
_TOKEN = re.compile(r"[A-Za-z_-]+")
_AGENT = re.compile(r"\s*user[ -]?agent\b[\s:]*([^#]*)", re.I)


class Robots:
    """The rules of one origin for this program."""

    def __init__(self, text: str, agent: str = "") -> None:
        """`agent`: what the program calls itself in its requests, RFC 9309 section 2.2.1; "" for its own name."""
        self._name = name_of(agent)
        self._rules = Protego.parse("\n".join(_for_us(line, self._name) for line in text.splitlines()))
        self.sitemaps: tuple[str, ...] = tuple(self._rules.sitemaps)
        delay = self._rules.crawl_delay(self._name)
        self.delay = float(delay) if delay is not None else None  # seconds between two requests

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched."""
        return bool(self._rules.can_fetch(url, self._name))


def name_of(agent: str) -> str:
    """The product token in a `User-Agent`, in lower case: that of a browser does not count before `compatible;`."""
    _, compatible, behind = agent.partition("compatible;")
    match = _TOKEN.match((behind if compatible else agent).strip())
    return match[0].lower() if match else _NAME


def _for_us(line: str, name: str) -> str:
    """A line, in which all other programs get one name. Protego would keep rules for tens of thousands of names."""
    match = _AGENT.match(line)
    if match is None:
        return line
    token, version, _ = match[1].strip().partition("/")  # a version does not count
    ours = name.startswith(token.strip("*").lower()) and (token or not version)
    return f"User-agent: {token}" if ours else "User-agent: another"


async def robots_of(fetch: Fetch, origin: str, agent: str = "") -> Robots:
    """The rules of an origin. All is allowed if there is no file, nothing if the server fails.

    https://www.rfc-editor.org/rfc/rfc9309#section-2.3.1
    """
    chain = await follow(fetch, Request(f"{origin}/robots.txt", "GET", _LIMIT), 5)
    if chain.response is not None and chain.response.status >= 500:
        return Robots("User-agent: *\nDisallow: /", agent)
    if chain.response is None or chain.response.status != 200:  # without an answer, pages will not get one either
        return Robots("", agent)
    return Robots(chain.response.body.decode("utf-8-sig", "replace"), agent)
