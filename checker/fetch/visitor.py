"""The visitor of a live mirror: the cookies of its site go with it from page to page, as a browser's do."""

from __future__ import annotations

from checker.fetch import Fetch, Request, Response
from checker.fetch.cookies import Jar
from checker.web import urls


class Visitor:
    """Who walks one site. https://www.rfc-editor.org/rfc/rfc6265#section-5.4"""

    def __init__(self) -> None:
        self._site: str | None = None  # the host, with its port, whose cookies are kept; "": every host
        self._jar = Jar()

    def follow(self) -> None:
        """Keep the cookies of each host on the way to the first page."""
        self._site = ""

    def stay(self, url: str) -> None:
        """Keep those of the host of a URL only."""
        self._site = urls.authority(url)

    def remembering(self, fetch: Fetch) -> Fetch:
        """`fetch`, with the cookies that the site has set, whichever page set them."""

        async def asked(request: Request) -> Response:
            if self._site is None or (self._site and urls.authority(request.url) != self._site):
                return await fetch(request)
            if cookies := self._jar.header(request.url):  # and so those of the chain of redirects too
                request = request._replace(cookies=cookies)
            response = await fetch(request)
            self._jar.keep(response)
            return response

        return asked
