"""The cookies of one chain of redirects. Without them, many sites redirect in a circle. Each is sent only to its host.

https://www.rfc-editor.org/rfc/rfc6265#section-5.2, with the limits of its section 6.1 as browsers have them.
"""

from __future__ import annotations

import re

from checker.fetch import Response
from checker.web import urls

_COOKIES = 180  # of a host
_LARGEST = 4_096  # bytes of a name and its value; a larger cookie is ignored
_SENT = 8_192  # bytes of cookies in a request; servers refuse longer header lines
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Jar:
    """The cookies that the hosts of a chain set."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, str]] = {}  # by host, by name: the oldest first

    def keep(self, response: Response) -> None:
        """Keep the cookies that an answer sets."""
        if not response.cookies:
            return
        kept = self._cookies.setdefault(urls.authority(response.url), {})
        for header in response.cookies:
            pair = header.partition(";")[0]
            name, equals, value = pair.partition("=")
            name, value = name.strip(" \t"), value.strip(" \t")
            if not (equals and name) or len(name) + len(value) > _LARGEST or _CONTROLS.search(pair):
                continue
            kept[name] = value
            if len(kept) > _COOKIES:
                del kept[next(iter(kept))]

    def header(self, url: str) -> str:
        """The value of the `Cookie` header for a URL; "" if there are no cookies."""
        sent: list[str] = []
        left = _SENT
        for name, value in self._cookies.get(urls.authority(url), {}).items():
            pair = f"{name}={value}"
            if len(pair) + 2 <= left:
                sent.append(pair)
                left -= len(pair) + 2
        return "; ".join(sent)
