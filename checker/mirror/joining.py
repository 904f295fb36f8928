"""Joins the references of a page with its base, as browsers and forges do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Set
from contextlib import suppress

from checker import logins
from checker.mirror.address import PRIVATE
from checker.mirror.target import Generated, Home
from checker.model import Kind
from checker.web import urls

_DEEP = "~/" * 64  # folders added above a private root, to test whether a reference climbs out of it
# Templates of requests on GitHub, whose text is read at the address of a request:
# https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests
_REQUEST = re.compile(r"\A(?:(?:\.github|docs)/)?(?:pull_request_template|issue_template)(?:\.md|/[^/]+\.md)\Z", re.I)
_GITHUB = re.compile(r"(https://[^/]+/[^/]+/[^/]+/)blob/")
_FILLED_IN = "%7B%7B%7D%7D/"  # in place of a base that a template is to name: no folder is called so


class Base:
    """The base of an open page: its URL, or that of its `<base href>`, and what a slash in front stands for."""

    __slots__ = (
        "_encoding",
        "_home",
        "_page",
        "_root",
        "_starts",
        "_url",
        "folder",
        "html",
        "is_own",
        "is_request",
        "is_template",
        "secure",
    )

    def __init__(
        self,
        home: Home,
        page: str,
        url: str,
        *,
        root: str = "",
        encoding: str = "utf-8",
        folder: list[str] | None = None,
        is_request: bool = False,
    ) -> None:
        """`root`: the URL that a slash in front stands for; "": the root of the base's host. `folder`: the names of the
        folders, from the mount down, from where plain relative references name files. `is_request`: the page is read
        as the text of a request, at an address of its own.
        """
        self._home, self._page, self._url, self._root, self._encoding = home, page, url, root, encoding
        self.html: Set[str] = frozenset()  # what only raw HTML of the page refers to: see `Resolver.open`
        self._starts: dict[str, str] = {}  # made when it is needed
        self.folder = folder
        self.is_own = True  # no <base href> leads elsewhere
        self.is_request = is_request
        self.is_template = False  # a `<base href>` is yet to be filled in
        self.secure = url.startswith("https:")  # whether the page is published at https:

    def turn(self, page: str) -> None:
        """Go on with another page that resolves alike, and so has no `<base href>`. Few pages need their own URL."""
        self._page, self._url = page, ""

    @property
    def url(self) -> str:
        """The base URL of the open page."""
        if not self._url:
            self._url = self._home.prefix + urls.encode_path(self._page)
        return self._url

    @property
    def shared(self) -> tuple[str, str, str]:
        """What bases have in common with which references lead to the same places."""
        return self.url[: self.url.rfind("/") + 1], self._root, self.codec

    @property
    def codec(self) -> str:
        """The codec of queries, if it is not UTF-8."""
        return "" if self._encoding == "utf-8" else self._encoding

    @property
    def starts(self) -> dict[str, str]:
        """The paths of the folder, and of those above it, by the steps that lead there: `../../`."""
        if not self._starts and self.folder is not None:
            depth = len(self.folder)
            folders = ("".join([f"{name}/" for name in self.folder[: depth - up]]) for up in range(depth + 1))
            self._starts = {"../" * up: start for up, start in enumerate(folders)}
        return self._starts

    @property
    def relative(self) -> str | None:
        """The base as a path in the mirror; None if it is outside."""
        prefix = self._home.prefix
        return urls.decode(self.url[len(prefix) :].partition("?")[0]) if self.url.startswith(prefix) else None

    def join(self, raw: str) -> str:
        """The absolute URL that a reference resolves to. Raises urls.InvalidURL."""
        if self._encoding != "utf-8":
            raw = urls.encode_query(raw, self._encoding, self.url)
        return self._join(raw)

    def _join(self, raw: str) -> str:
        if self._root and raw.lstrip()[:1] in {"/", "\\"} and raw not in self.html:
            text = urls.strip(raw)
            if text[1:2] not in {"/", "\\"}:
                return urls.resolve(self._root, "./" + text[1:])
        return urls.resolve(self.url, raw)

    def leaves(self, raw: str) -> bool:
        """Whether a reference climbs out of a mirror without an address."""
        if self._home.clamps or urls.climbs(raw) <= self.url.count("/") - 3:
            return False
        deep = PRIVATE + _DEEP
        return not urls.resolve(deep + self.url[len(PRIVATE) :], raw).startswith((deep, PRIVATE + "~~"))

    def move(self, href: str) -> None:
        """Join with a `<base href>` from now on. One that does not parse, or is data: or javascript:, is ignored."""
        self.folder, self.is_own = None, False
        if not self._home.live and urls.holds_placeholder(href):
            self._url, self.is_template = f"{self._home.prefix}{_FILLED_IN}", True
            return
        with suppress(urls.InvalidURL):
            joined = self._join(href)
            if not set(logins.of(href)).issubset(logins.of(joined)):  # a login elsewhere may be a path here
                joined = self._join(logins.hidden(href))
            if not joined.startswith(("data:", "javascript:")):
                self._url = joined
                self._root = self._root if joined.startswith(self._root) else ""


def of_page(home: Home, page: str, kind: Kind | bool | None, encoding: str) -> Base:
    """The base of a page by its own address."""
    if request := request_at(home, page):
        return Base(home, page, request, encoding=encoding, is_request=True)
    path = page
    if home.serves_folders_bare and posixpath.basename(page).startswith("index."):
        path = posixpath.dirname(page)
    url = page if home.live else home.prefix + urls.encode_path(path)
    folder = None if home.live else path.split("/")[:-1]
    return Base(home, page, url, root=_root_of(home, page, kind), encoding=encoding, folder=folder)


def of_site(site: Generated, page: str, kind: Kind | bool | None, encoding: str) -> Base:
    """The base of a page of a site that a generator makes: its address is not that of its file."""
    home, built = site.home, site.built
    path = "" if built.plan.at_root and page in built.pages else urls.encode_path(built.url_of(page))
    root = home.prefix if built.plan.rooted and kind is Kind.MARKDOWN else ""
    return Base(home, page, home.prefix + path, root=root, encoding=encoding)


def request_at(home: Home, page: str) -> str:
    """The address of the request whose text a page of a forge becomes; "" if it is no template of one."""
    shown = _GITHUB.match(home.prefix) if home.rooted and _REQUEST.match(page) else None
    return f"{shown[1]}pull/1" if shown else ""


def _root_of(home: Home, page: str, kind: Kind | bool | None) -> str:
    """The URL that a slash in front stands for on a page; "" if it is the root of the page's own URL."""
    forge = home.rooted and home.roots and kind is Kind.MARKDOWN  # which a forge shows, and no HTML
    folder = page if home.roots and not forge else ""
    while folder := folder.rpartition("/")[0]:
        if folder in home.roots:
            return f"{home.prefix}{urls.encode_path(folder)}/"
    return home.prefix if home.rooted else ""
