"""The login of a walk: a form that is filled in and sent once, before the first page.

What is filled in goes to the origin of the login's page and to no other. The cookies that answer it are the visitor's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from checker import logins
from checker.config.file import VARIABLE
from checker.config.schema import LoginTable
from checker.extract import charset
from checker.extract.forms import Form, Forms, forms_of
from checker.fetch import Fetch, FetchError, Request, Response, media_of
from checker.fetch.hosts import expanded
from checker.fetch.redirects import REDIRECTS, follow
from checker.model import ConfigError, Hop, Kind, SourceError
from checker.web import urls

_LIMIT = 1_000_000  # bytes of a page that may have the form
_KEEPING = frozenset({307, 308})  # redirects after which the form is sent once more
_HOPS = 10


class _Page(NamedTuple):
    """A page that came, with its forms."""

    url: str
    status: int
    text: str
    forms: Forms


class Login:
    """A login by a form, and whether it holds."""

    def __init__(self, fetch: Fetch, table: LoginTable) -> None:
        """`fetch` remembers cookies. Raises ConfigError if the environment lacks a variable."""
        self._fetch = fetch
        self._where = f"[site.login] {logins.hidden(table.url)}"
        self.url = urls.split_fragment(urls.resolve("about:blank", table.url))[0]
        self._origin = self.url[: self.url.find("/", 8)]
        self._written = table.fields
        self._fields = {name: expanded(value, self._where) for name, value in table.fields.items()}
        self._check = re.compile(table.check) if table.check else None
        self._inside = self.url  # the page that follows the login

    async def begin(self) -> None:
        """Log in. Raises SourceError, which says why it fails, and ConfigError for what a form must not be sent."""
        page = await self._got(Request(self.url, "GET", _LIMIT))
        form = self._form_of(page)
        if form is None:
            names = ", ".join(self._fields)
            raise SourceError(f"{self._where}: {page.status}: no form there has the fields {names}")
        for name in form.secret & self._written.keys():
            if VARIABLE.search(self._written[name]) is None:
                raise ConfigError(f"{self._where}: {name} is a password; name a variable for it: '${{NAME}}'")
        action = self._action_of(form, page)
        if form.method != "post":
            raise SourceError(f"{self._where}: its form is sent by {form.method.upper()}, which writes it into the URL")
        sent = [(name, self._fields.get(name, value)) for name, value in form.fields]
        named = {name for name, _ in sent}
        sent += [(name, value) for name, value in self._fields.items() if name not in named]  # an unticked box
        after = await self._send(action, urlencode(sent).encode(), page.url)
        if why := self._lacks(after):
            raise SourceError(f"{self._where}: the login fails: {after.status}, {why}; see its fields, and check")
        self._inside = after.url

    async def holds(self) -> bool:
        """Whether the login still holds: the page that followed it is asked for again."""
        try:
            return not self._lacks(await self._got(Request(self._inside, "GET", _LIMIT)))
        except SourceError:
            return False

    def ends_at(self, url: str, hops: Sequence[Hop]) -> bool:
        """Whether redirects lead from another page to the login."""
        own = self.url.partition("?")[0]
        return bool(hops) and hops[-1].url.partition("?")[0] == own != url.partition("?")[0]

    def _lacks(self, page: _Page) -> str:
        """Why a page is not what those see who are logged in; "" if it is."""
        if page.status >= 400:
            return "an error"
        if self._check is not None:
            return "" if self._check.search(page.text) else f"the page lacks {self._check.pattern!r}"
        return "the form is there again" if self._form_of(page) else ""

    def _form_of(self, page: _Page) -> Form | None:
        """The form that has all fields."""
        return next((form for form in page.forms.forms if self._fields.keys() <= form.names), None)

    def _action_of(self, form: Form, page: _Page) -> str:
        try:
            base = urls.resolve(page.url, page.forms.base) if page.forms.base else page.url
            action = urls.split_fragment(urls.resolve(base, form.action))[0] if form.action else page.url
        except urls.InvalidURL as error:
            raise SourceError(f"{self._where}: the form is sent to something that is not a URL") from error
        self._refuse(action)
        return action

    def _refuse(self, url: str) -> None:
        """Raise SourceError for a URL to which no password goes."""
        if not url.startswith(self._origin + "/"):
            there = urls.authority(url) or url[:80]
            raise SourceError(f"{self._where}: its form is sent to {there}; name that login's address, if it is yours")

    async def _send(self, url: str, form: bytes, page: str) -> _Page:
        """Send the form, and follow where that leads: without the form, but for redirects that keep it."""
        headers = (("Origin", self._origin), ("Referer", page))
        for _ in range(_HOPS):
            response = await self._once(Request(url, "POST", _LIMIT, form=form, headers=headers))
            if response.status not in REDIRECTS:
                return _page(response)
            try:
                url = urls.resolve(url, urls.escape_stray(response.headers.get("Location", ""))).partition("#")[0]
            except urls.InvalidURL:
                break
            if response.status not in _KEEPING:
                return await self._got(Request(url, "GET", _LIMIT))
            self._refuse(url)
        raise SourceError(f"{self._where}: the login fails: it leads nowhere")

    async def _got(self, request: Request) -> _Page:
        chain = await follow(self._fetch, request, _HOPS)
        if chain.response is None or chain.fault:
            said = chain.error.message if chain.error else chain.message
            raise SourceError(f"{self._where}: {said or 'no answer'}")
        return _page(chain.response)

    async def _once(self, request: Request) -> Response:
        try:
            return await self._fetch(request)
        except FetchError as error:
            raise SourceError(f"{self._where}: {error.message}") from error


def _page(response: Response) -> _Page:
    text = charset.decode(response.body, Kind.HTML, declared=media_of(response.headers)[1]).text
    return _Page(response.url, response.status, text, forms_of(text))
