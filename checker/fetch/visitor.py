"""The visitor: the cookies of a walked site go with it from page to page, as a browser's do; those of a file, anywhere.

A cookie goes only to the hosts that it names.
"""

from __future__ import annotations

from pathlib import Path

from checker.fetch import Fetch, Request, Response
from checker.fetch.cookies import Jar, together
from checker.web import urls


class Visitor:
    """Who asks for all URLs, and may walk one site. https://www.rfc-editor.org/rfc/rfc6265#section-5.4"""

    def __init__(self, file: str = "") -> None:
        """`file`: a file of cookies, in Netscape's format. Raises ConfigError if it cannot be read."""
        self._given = Jar()
        self._site: str | None = None  # the host, with its port, whose cookies are kept; "": every host
        self._jar = Jar()
        for jar in (self._given, self._jar) if file else ():
            jar.read(Path(file))

    def follow(self) -> None:
        """Keep the cookies of each host on the way to the first page."""
        self._site = ""

    def stay(self, url: str) -> None:
        """Keep those of the host of a URL only."""
        self._site = urls.authority(url)

    def remembering(self, fetch: Fetch) -> Fetch:
        """`fetch`, with the given cookies, and those that the site has set, whichever page set them."""

        async def asked(request: Request) -> Response:
            if self._site is None or (self._site and urls.authority(request.url) != self._site):
                if given := self._given.header(request.url):
                    request = request._replace(cookies=together(given, request.cookies))
                return await fetch(request)
            if cookies := self._jar.header(request.url):  # and so those of the chain of redirects too
                request = request._replace(cookies=cookies)
            response = await fetch(request)
            self._jar.keep(response)
            return response

        return asked
