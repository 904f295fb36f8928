"""Resolves references to targets: joins them as browsers do, and maps addresses of the mirror back to files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress

from checker import logins
from checker.kinds import SHOWN_BY_FORGES, kind_of
from checker.mirror import archived, forges, layouts
from checker.mirror.address import PRIVATE, Addresses, Mount, Place
from checker.mirror.generators.row import Built, Led
from checker.mirror.layouts import Layout
from checker.mirror.lookup import Lookup
from checker.mirror.target import SELF, Generated, Home, Target
from checker.model import Kind, Role, TargetKind, Unchecked
from checker.roles import TAKEN_IN
from checker.web import urls

_ANOTHERS = re.compile(r"[/.: ]")  # in a label of another site's, a term, or the name of an object
_DEEP = "~/" * 64  # folders added above a private root, to test whether a reference climbs out of it
_ODD = re.compile(r"[\\\s]|^\s*[a-zA-Z]+:(?!//[^/])")  # references that browsers may repair; most do not match
_FOLDERS = 6  # folders whose targets are remembered; pages come sorted by folder
_REMEMBERED = 20_000  # targets that are remembered for a folder
# A mail address that Cloudflare hides: a script of its own turns the reference into `mailto:` in the reader's browser.
_HIDING = "cdn-cgi"
_HIDDEN_MAIL = re.compile(r"(?:[^?#]*/)?cdn-cgi/l/email-protection(?:\.html)?(?:\?.*)?", re.S)
# A relative reference in which the URL parser changes only the steps upwards.
_STEPS, _PATH = r"((?:\.\./)*)", r"((?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*)"
_PLAIN = re.compile(_STEPS + _PATH)
# Of these, one a line, with a fragment that is the name of an id as it stands.
_ID = r"(?!(?i:top)$|user-content-)[A-Za-z][A-Za-z0-9_.:(),[\]-]*"
_PLAIN_LINES = re.compile(rf"^({_STEPS}{_PATH}(?:#({_ID}))?)$", re.M)
_URLS = ("http://", "https://")
_EVERYWHERE = ("/", *_URLS)  # references that begin so lead to the same place from every folder
# Templates of requests on GitHub, whose text is read at the address of a request:
# https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests
_REQUEST = re.compile(r"\A(?:(?:\.github|docs)/)?(?:pull_request_template|issue_template)(?:\.md|/[^/]+\.md)\Z", re.I)
# What no forge shows, as HTML: its readers have it from some server, or from the disk.
_SERVED = layouts.LAYOUTS["plain"]._replace(lists=True)
_GITHUB = re.compile(r"(https://[^/]+/[^/]+/[^/]+/)blob/")


_UNPARSED = frozenset({TargetKind.INVALID, TargetKind.LOCAL_PATH})
_LOST = frozenset({TargetKind.MISSING, TargetKind.OUTSIDE})
# Reference, with its fragment -> a caller's conclusion on it; then the same for references in running text.
Settled = tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]


class Resolver:
    """Resolves the references of one page after another. It remembers targets that pages of a folder share."""

    __slots__ = (
        "_addresses",
        "_base",
        "_beside",
        "_bundlers",
        "_bundles",
        "_cache",
        "_caches",
        "_elsewhere",
        "_everywhere",
        "_folder",
        "_generated",
        "_home",
        "_html",
        "_is_request",
        "_is_source",
        "_lookup",
        "_mounts",
        "_online",
        "_only_html",
        "_opened",
        "_original",
        "_origins",
        "_other",
        "_own_base",
        "_page",
        "_published",
        "_query",
        "_root",
        "_site",
        "_starts",
        "_takes_in",
        "_with_routes",
        "has_routes",
        "proxies",
        "secure",
        "settled",
        "settled_everywhere",
    )

    def __init__(
        self,
        mounts: tuple[Mount, ...],
        home: Home,
        addresses: Addresses,
        origins: Addresses,
        *,
        online: bool = False,
        sites: tuple[Generated, ...] = (),
        other: Resolver | None = None,
    ) -> None:
        """`online`: a URL that the clone cannot look up is remote, to be asked for. `sites`: their pages are read
        there. `other` resolves the pages of sites as their other readers have them.
        """
        self._online = online
        self._generated = {page: site for site in sites for page in site.built.addresses}
        self._with_routes = [site for site in sites if site.built.generator.routed is not None]
        self.has_routes = bool(self._with_routes)  # whether fragments may be routes
        self._bundlers = [site for site in sites if site.built.generator.bundles]
        self._bundles: Generated | None = None  # the site that takes in the open style sheet
        self._site: Built | None = None  # of the open page
        self._only_html = False  # whether the open page is HTML, which a generator changes nowhere
        self._own_base = True  # whether the open page of a site has no <base href>
        self._is_source = False  # whether its generator makes it, and does not only copy it
        self._takes_in = False  # whether its generator takes in what it embeds
        self._html: Set[str] = frozenset()  # what only raw HTML of the open page refers to
        self._other = other
        self._opened: tuple[str, str | None, str, Set[str]] | None = None  # what the other readers have open
        self._mounts = mounts
        self._lookup = Lookup(mounts, sites, online=online)
        self._home = self._published = home  # of the open page; of what the address shows
        # Of what no forge shows.
        self._elsewhere = Home(home.site or PRIVATE, clamps=False, rooted=bool(home.site), roots=home.roots)
        self._addresses = addresses
        self._origins = origins
        self._caches: dict[tuple[str, str, str, int | bool, str], tuple[dict[str, Target], Settled]] = {}
        self._base = self._page = self._root = ""  # the base URL is made when it is needed
        self._beside: tuple[str, Kind | bool | None, str] | None = None  # what pages have in common that resolve alike
        self._original = True  # whether the open page is the origin's own: Markdown was written after it
        self._is_request = False  # the open page is read as the text of a request, at an address of its own
        self.secure = False  # whether the open page is published at https:
        self.proxies = False  # whether it loads nothing from foreign hosts
        self._folder: list[str] | None = None  # of the open page, to resolve plain relative references
        self._starts: dict[str, str] = {}  # steps upwards -> the path of the folder there; made when it is needed
        self._query = "utf-8"
        self._cache: dict[str, Target] = {}
        # The caller's conclusions on references that mean the same on every page of the folder.
        self.settled: Settled = ({}, {})
        # The same of references that mean the same in other folders too; empty if the base of the page is elsewhere.
        self.settled_everywhere: Settled = ({}, {})
        self._everywhere: dict[tuple[str, str, bool, bool], Settled] = {}

    def open(self, page: str, base: str | None = None, encoding: str = "utf-8", html: Set[str] = frozenset()) -> None:
        """Begin a page: `base` is its `<base href>` as written, `encoding` the Python codec of its queries, `html` what
        only raw HTML refers to, without fragments, where it is a page of Markdown.
        """
        kind = kind_of(page)
        self._page, self._html = page, html
        self._opened = (page, base, encoding, html)
        if site := self._generated.get(page):
            self._enter_site(site, page, kind, base, encoding)
            return
        self._site, self._takes_in, self._bundles = None, False, None
        if kind is Kind.CSS and self._bundlers:
            self._bundles = next((site for site in self._bundlers if page.startswith(site.built.folder)), None)
        home = self._home = self._published if kind in SHOWN_BY_FORGES or not self._published.forge else self._elsewhere
        folder, _, name = page.rpartition("/")
        is_request = home.rooted and _REQUEST.match(page) is not None
        alone = base is not None or home.live or is_request or (home.serves_folders_bare and name.startswith("index."))
        beside = None if alone else (folder, kind, encoding)
        if beside is None or beside != self._beside:
            self._enter(page, kind, base, encoding, is_request=is_request)
            self._beside = beside
        else:  # all but its own URL is that of the page before, and few pages need their own
            self._base = ""
        if len(self._cache) + sum(map(len, self.settled)) > _REMEMBERED:
            self._cache.clear()
            for each in self.settled:
                each.clear()
        if sum(map(len, self.settled_everywhere)) > _REMEMBERED:
            for each in self.settled_everywhere:
                each.clear()

    def _enter_site(
        self, site: Generated, page: str, kind: Kind | bool | None, base: str | None, encoding: str
    ) -> None:
        """Begin a page of a site: its address is not that of its file, and few pages resolve alike."""
        self._home, self._site, self._beside, self._bundles = site.home, site.built, None, None
        self._is_source = page in site.built.pages
        alone = self._is_source and site.built.plan.at_root
        self._base = site.home.prefix + ("" if alone else urls.encode_path(site.built.url_of(page)))
        self.secure, self.proxies = self._base.startswith("https:"), False
        self._root = site.home.prefix if site.built.plan.rooted and kind is Kind.MARKDOWN else ""
        self._original = kind is not Kind.MARKDOWN
        self._only_html = kind is Kind.HTML
        self._own_base = base is None
        self._takes_in = self._is_source and site.built.generator.embed is not None
        if base is not None:
            with suppress(urls.InvalidURL):
                self._base = self._join(logins.hidden(base))
        self._folder, self._is_request = None, False
        self._query = encoding
        codec = "" if encoding == "utf-8" else encoding
        place = f"{posixpath.dirname(page)}\n{kind}"  # Markdown is led by the generator, HTML is not
        key = (self._base[: self._base.rfind("/") + 1], self._root, codec, site.home.mount, place)
        if self._html:
            self._cache, self.settled = {}, ({}, {})
        else:
            if key not in self._caches:
                if len(self._caches) >= _FOLDERS:
                    self._caches.clear()
                self._caches[key] = ({}, ({}, {}))
            self._cache, self.settled = self._caches[key]
        of_urls = ("", codec, True, self._original)  # of references that are URLs
        self.settled_everywhere = self._everywhere.setdefault(of_urls, ({}, {}))
        if sum(map(len, self.settled_everywhere)) > _REMEMBERED:
            for each in self.settled_everywhere:
                each.clear()

    def _enter(self, page: str, kind: Kind | bool | None, base: str | None, encoding: str, *, is_request: bool) -> None:
        home = self._home
        url = page
        if home.serves_folders_bare and posixpath.basename(page).startswith("index."):
            url = posixpath.dirname(page)
        self._base = page if home.live else home.prefix + urls.encode_path(url)
        self.secure = self._base.startswith("https:")
        self.proxies = home.proxies and kind is Kind.MARKDOWN
        self._root = self._root_of(page)
        self._original = kind is not Kind.MARKDOWN
        if base is not None:
            with suppress(urls.InvalidURL):  # an unparsable base is ignored, as is a data: or javascript: URL
                joined = self._join(base)
                if not set(logins.of(base)).issubset(logins.of(joined)):  # a login elsewhere may be a path here
                    joined = self._join(logins.hidden(base))
                if not joined.startswith(("data:", "javascript:")):
                    self._base = joined
                    self._root = self._root if joined.startswith(self._root) else ""
        self._folder = None if base is not None or home.live else url.split("/")[:-1]
        self._starts = {}
        self._is_request = False
        if is_request and (shown := _GITHUB.match(home.prefix)):
            self._is_request = True
            self._base, self._root, self._folder = f"{shown[1]}pull/1", "", None
        self._query = encoding
        codec = "" if encoding == "utf-8" else encoding
        bundled = "bundled" if self._bundles else ""
        key = (self._base[: self._base.rfind("/") + 1], self._root, codec, home is self._elsewhere, bundled)
        if key not in self._caches:
            if len(self._caches) >= _FOLDERS:
                self._caches.clear()
            self._caches[key] = ({}, ({}, {}))
        self._cache, self.settled = self._caches[key]
        self.settled_everywhere = ({}, {})
        if self._folder is not None and not bundled:
            everywhere = (self._root, codec, home is self._elsewhere, self._original)
            if len(self._everywhere) >= _FOLDERS and everywhere not in self._everywhere:
                self._everywhere.clear()
            self.settled_everywhere = self._everywhere.setdefault(everywhere, self.settled_everywhere)

    @property
    def base(self) -> str:
        """The base URL of the open page."""
        if not self._base:
            self._base = self._home.prefix + urls.encode_path(self._page)
        return self._base

    def foreign(self, references: Iterable[str]) -> list[tuple[str, str]]:
        """(reference, URL without fragment) of the references that certainly leave the mirror: most of those that do,
        told many at once. On every page they lead to that URL, and no browser repairs them.
        """
        lines = "\n".join(references)
        found = urls.plain(lines) if "://" in lines else []
        if not found:
            return []
        lines, prefix, hosts = lines.lower(), self._home.prefix, self._addresses.hosts | self._origins.hosts
        marks = [mark for mark in (_HIDING, *self._addresses.marks, *self._origins.marks) if mark in lines]
        return [
            (f"{origin}{path}{fragment}", url)
            for origin, host, path, fragment in found
            if host not in hosts
            and not (url := f"{origin}{path or '/'}").startswith(prefix)
            and not (marks and any(mark in url.lower() for mark in marks) and not forges.is_numbered(url))
        ]

    def beside(self, references: Iterable[str]) -> Iterator[tuple[str, str, int, str]]:
        """(reference, file, its number, fragment) of the relative references that certainly lead to a file of the
        mirror and are no more than its path from here: most of those that do, told many at once.
        """
        folder, files = self._folder, self._mounts[0].names.files
        if folder is None or self._mounts[0].redirects is not None:
            return
        depth = len(folder)
        if not self._starts:
            folders = ("".join([f"{name}/" for name in folder[: depth - up]]) for up in range(depth + 1))
            self._starts = {"../" * up: start for up, start in enumerate(folders)}
        for raw, steps, path, fragment in _PLAIN_LINES.findall("\n".join(references)):
            start = self._starts.get(steps)
            if start is None or (fragment and self._home.forge) or _HIDING in path:
                continue
            file = start + path
            if (number := files.get(file)) is not None:
                yield raw, file, number, fragment

    def published(self, file: str) -> str:
        """A URL of the mirror's own that leads to a file of it; "" if no address is known to."""
        home, path = self._published, urls.encode_path(file)
        addresses = [home.address]
        if home.forge and home.site and kind_of(file) not in SHOWN_BY_FORGES:
            addresses.insert(0, f"{home.site}{{page}}")
        for address in filter(None, addresses):
            url = urls.resolve(PRIVATE, address.replace("{page}", path))
            found = self._absolute(url)
            if found.kind is TargetKind.FILE and (found.mount, found.name) == (0, file):
                return url
        return ""

    def copied(self, url: str) -> bool:
        """Whether a URL belongs to the origin of the mirror."""
        return self._origins.locate(url) is not None

    def lacks(self, url: str) -> bool:
        """Whether a link of the open page leaves the mirror for its origin, where a whole copy would have the page."""
        return self._original and not self._mounts[0].layout.alone and self.copied(url)

    @property
    def relative_to(self) -> str | None:
        """The base of the open page as a path in the mirror; None if it is outside, or on a site that is made of it."""
        if self._site is not None:
            return None
        prefix = self._home.prefix
        return urls.decode(self.base[len(prefix) :].partition("?")[0]) if self.base.startswith(prefix) else None

    def url(self, raw: str) -> str:
        """The absolute URL that a reference resolves to. Raises urls.InvalidURL."""
        if self._query != "utf-8":
            raw = urls.encode_query(raw, self._query, self.base)
        return self._join(raw)

    def _join(self, raw: str) -> str:
        if self._root and raw.lstrip()[:1] in {"/", "\\"} and raw not in self._html:
            text = urls.strip(raw)
            if text[1:2] not in {"/", "\\"}:
                return urls.resolve(self._root, "./" + text[1:])
        return urls.resolve(self.base, raw)

    def _root_of(self, page: str) -> str:
        """The URL that a leading slash stands for on a page; "" if it is the root of the page's own URL."""
        home = self._home
        forge = home.rooted and home.roots and kind_of(page) is Kind.MARKDOWN  # which a forge shows, and no HTML
        folder = page if home.roots and not forge else ""
        while folder := folder.rpartition("/")[0]:
            if folder in home.roots:
                return f"{home.prefix}{urls.encode_path(folder)}/"
        return home.prefix if home.rooted else ""

    def is_the_same_everywhere(self, raw: str) -> bool:
        """Whether a reference of the open page leads to the same place from every folder; what a generator leads may
        depend on the page.
        """
        return raw.startswith(_EVERYWHERE if self._site is None else _URLS) and not urls.climbs(raw)

    def keeps_apart(self, role: Role) -> bool:
        """Whether a reference of the open page leads elsewhere in this role than as a link."""
        return self._takes_in and role in TAKEN_IN

    def target(self, raw: str, role: Role | None = None) -> Target:
        """The target of a reference without its fragment. Its role matters where a generator takes in pictures."""
        if self._takes_in and role in TAKEN_IN:
            return self._cache.get(f"{role}\n{raw}") or self._remember(raw, role)
        target = self._cache.get(raw)
        if target is not None:
            return target
        path, mark, query = raw.partition("?")
        if mark and path and path[-1] > " " and not self._html and not _ODD.search(query):
            # Many sites add a changing query to references, against caches. Most files do not depend on it.
            target = self._cache.get(path) or self._remember(path)
            if target.number >= 0 and not target.listed and not self._mounts[target.mount].depends_on_query:
                return target
        return self._remember(raw)

    def _remember(self, raw: str, role: Role | None = None) -> Target:
        odd = _ODD.search(raw)
        text = urls.strip(raw) if odd else raw
        if not text or text[0] == "?":
            return self._itself(text)
        hidden = _HIDING in text and _HIDDEN_MAIL.fullmatch(text)
        target = Target(TargetKind.OTHER, "mailto") if hidden else self._resolve(raw, text, role)
        if target.kind is not TargetKind.FILE and urls.holds_placeholder(raw) and not self._says(raw, role):
            target = Target(TargetKind.UNKNOWN, text, why=Unchecked.TEMPLATE)
        elif target.kind in _LOST and self._other is not None and (file := self._for_others(raw, role)):
            target = target._replace(kind=TargetKind.MISSING, other=file, at_site=self._site is not None)
        elif odd and target.kind not in _UNPARSED and urls.repaired(raw) is not None:
            target = target._replace(odd=not self._says(raw, role))  # a generator writes what it changes anew
        if target.leak and self._site is not None:
            target = target._replace(at_site=True)
        self._cache[f"{role}\n{raw}" if role else raw] = target
        return target

    def labelled(self, name: str) -> str | None:
        """Whether a name that is no id of the open page leads to a label of its site: "" if so, None if not, else why
        only the generator can tell.
        """
        site = self._site
        if site is None or not self._is_source or not site.plan.labels:
            return None
        if name in site.plan.labels:
            return ""
        elsewhere = site.plan.other_labels if _ANOTHERS.search(name) and site.label_like(name) is None else ""
        return elsewhere or None

    def _says(self, raw: str, role: Role | None) -> bool:
        """Whether the generator of the open page says where a reference leads: no template is to fill it in."""
        return self._site is not None and self._led(self._site, raw, role) is not None

    def _for_others(self, raw: str, role: Role | None) -> str:
        """The file that the other readers of a site's source are led to; "" if there is none."""
        other = self._other
        if other is None or self._opened is None or urls.scheme(raw) is not None:
            return ""
        if self._page not in self._generated and self._page not in other._generated:
            return ""
        if other._opened is not self._opened:
            other.open(*self._opened)
            other._opened = self._opened
        found = other.target(raw, role)
        if found.kind is not TargetKind.FILE or found.mount:
            return ""
        if found.number < 0 and self._site is not None and raw[:1] == "/":
            return ""  # whoever writes a path of a site means no listing of a folder that has the same name by chance
        return found.name or "."

    def _itself(self, text: str) -> Target:
        """What an empty reference leads to, or one that is only a query."""
        if self._is_request or (self._site is not None and self._own_base):
            return SELF
        prefix = self._home.prefix
        own = self._opened is None or self._opened[1] is None  # no <base href> leads elsewhere
        if own and self.base.startswith(prefix) and not self._home.live and not self.base.endswith("/"):
            query = self.url(text).partition("#")[0].partition("?")[2]
            page = urls.decode(self.base[len(prefix) :].partition("?")[0])
            if not query or self._layout_at(page).queries != "wget":
                return SELF
            target = self._own(layouts.without_query(page), query)
            return SELF if target.name == page and target.number >= 0 else target
        return self._resolve(text, text)  # with <base href>, even an empty reference leads elsewhere

    def _resolve(self, raw: str, text: str, role: Role | None = None) -> Target:
        if urls.serialised(raw):
            return self._absolute(raw)
        if self._site is not None and (led := self._led(self._site, raw, role)):
            return led
        if self._bundles and raw[:1] == "/" != raw[1:2] and (public := self._public(self._bundles, text)):
            return public
        if self._folder is not None and (plain := _PLAIN.fullmatch(raw)):
            steps, name = plain.groups()
            up = len(steps) // 3
            if up <= len(self._folder):
                target = self._own("/".join((*self._folder[: len(self._folder) - up], name)), "")
                if target.kind is TargetKind.FILE:
                    return target
        return self._parsed(raw, text)

    def routed(self, raw: str) -> str:
        """A reference of the open page without what a program of a site reads as a route."""
        site = self._site
        if site is not None and self._is_source and site.generator.routed is not None and urls.scheme(raw) is None:
            in_html = self._only_html or (raw.partition("#")[0] or raw) in self._html
            return site.generator.routed(site, self._page, raw, in_html)
        for home, built in self._with_routes:
            if raw.startswith(home.prefix) and built.generator.routed is not None:
                return home.prefix + built.generator.routed(built, "", raw[len(home.prefix) :], True)
        return raw

    def _public(self, site: Generated, text: str) -> Target | None:
        """The file of a site that a path from its root leads to; None if there is none."""
        path = urls.decode(text.partition("?")[0]).lstrip("/")
        found = self._lookup.at(Place(site.home.mount, path, "", self._mounts[site.home.mount].layout))
        return found if found.kind is TargetKind.FILE else None

    def filled(self, raw: str) -> str | None:
        """A reference as the generator of the open page fills its placeholders in; None if nobody else can tell."""
        return None if self._site is None else self._site.generator.fill(self._site, self._page, raw)

    def _led(self, site: Built, raw: str, role: Role | None) -> Target | None:
        """The target of a reference that the generator of the open page changes."""
        in_html = self._only_html or raw in self._html
        if not self._is_source or raw[:1] in {"", "?"} or urls.scheme(raw) not in (None, *site.generator.schemes):
            return None
        if role is not None and site.generator.embed is not None:
            led = site.generator.embed(site, self._page, raw, role, in_html)
        elif in_html and not site.generator.in_html and urls.scheme(raw) is None:
            return None
        else:
            led = site.generator.link(site, self._page, raw)
        if led is None:
            return None
        if led.href:
            return self._led_to(site, led, raw)
        if led.unknown:
            return Target(TargetKind.UNKNOWN, raw, why=led.unknown)
        if why := site.plan.hidden.get(led.file):
            return Target(TargetKind.MISSING, led.file, why=why)
        target = self._lookup.at(Place(0, led.file, "", _SERVED))
        served = target.number >= 0 and (led.copied or site.serves(target.name))  # a folder is no file of a site
        if target.kind is TargetKind.FILE and not served:
            why = f"it is not on the site that {site.generator.label} makes"
            return Target(TargetKind.MISSING, led.file, why=why)
        return target

    def _led_to(self, site: Built, led: Led, raw: str) -> Target:
        """The target of what a reference becomes. One that is missing has the name by which the page asks for it."""
        found = self._parsed(led.href, led.href)
        if found.kind is not TargetKind.MISSING:
            return found
        asked = self._lookup.at(Place(0, led.file, "", _SERVED)) if led.file else self._parsed(raw, raw)
        if asked.kind is TargetKind.MISSING:
            return asked
        why = site.plan.hidden.get(asked.name, "")
        why = why or f"{site.generator.label} leads it to {found.name}, and there is nothing"
        return Target(TargetKind.MISSING, led.file or found.name, why=why)

    def _parsed(self, raw: str, text: str) -> Target:
        """Resolve with the URL parser, which can resolve any reference."""
        scheme = urls.scheme(text)
        if scheme is not None and scheme not in {"http", "https"} and (beside := self._named(text)):
            return beside
        if urls.local_path(text):
            return Target(TargetKind.LOCAL_PATH, text)
        if scheme is not None and scheme not in {"http", "https"}:
            return Target(TargetKind.OTHER, scheme) if urls.parses(text) else Target(TargetKind.INVALID, text)
        try:
            url = self.url(raw).partition("#")[0]
        except urls.InvalidURL:
            return Target(TargetKind.INVALID, text)
        if scheme is None and url.startswith(PRIVATE) and self._home.prefix == PRIVATE and self._leaves(raw):
            if self._site is not None:
                return Target(TargetKind.UNKNOWN, text, why=Unchecked.BESIDE_THE_SITE)
            return Target(TargetKind.OUTSIDE, text)
        target = self._absolute(url)
        if target.kind is TargetKind.REMOTE and scheme is None and not target.leak and text[1:2] not in {"/", "\\"}:
            return target._replace(leak=self._moved(url))
        if target.kind is TargetKind.MISSING and self._home.retries and scheme is None:
            path, _, query = urls.resolve(PRIVATE, raw)[len(PRIVATE) :].partition("#")[0].partition("?")
            again = self._own(urls.decode(path), query)
            return again if again.kind is TargetKind.FILE else target
        return target

    def _moved(self, url: str) -> str:
        """The file that a URL leads to if the site, now published below a path, had all of its host, or less of it."""
        home = self._home
        host, parts = urls.host_and_path(home.prefix)
        if home.rooted or home.live or not self.base.startswith(home.prefix) or urls.authority(url) != host:
            return ""
        path, _, query = urls.host_and_path(url)[1].partition("?")
        while parts:
            parts = parts[parts.find("/", 1) :] if parts.count("/") > 1 else ""  # "/zim/wiki/", "/wiki/", "/", ""
            rest = path.removeprefix(parts)
            if parts and path.startswith(parts) and rest.partition(".")[0] not in {"", "index"}:
                target = self._own(urls.decode(rest), query)
                if target.kind is TargetKind.FILE:
                    return target.name
        return ""

    def _named(self, text: str) -> Target | None:
        """The file that a reference would name if its beginning were no scheme, `Help:Contents.html`."""
        try:
            url = urls.resolve(self.base, "./" + text).partition("#")[0]
        except urls.InvalidURL:
            return None
        if self._home.live or not url.startswith(self._home.prefix):
            return None
        found = self._absolute(url)
        return found._replace(kind=TargetKind.MISSING, number=-1) if found.kind is TargetKind.FILE else None

    def _absolute(self, url: str) -> Target:
        """The target of a serialised URL."""
        url = self._home.login.taken(url)
        if url.startswith(self._home.prefix) and not self._home.live:
            path, _, query = url[len(self._home.prefix) :].partition("?")
            return self._own(urls.decode(path), query)
        if not url.startswith(("http:", "https:")):
            return Target(TargetKind.OTHER, url.partition(":")[0])
        if self._site is not None and url.startswith(PRIVATE):  # on the host of the site, of which only a path is known
            found = Target(TargetKind.UNKNOWN, url[len(PRIVATE) - 1 :], why=Unchecked.BESIDE_THE_SITE)
            why = f"the site is published below /{self._home.prefix[len(PRIVATE) :]}, and this is outside it"
            return found._replace(kind=TargetKind.MISSING, why=why) if self._moved(url) else found
        place = self._addresses.locate(url)
        if place is not None and not (place.unknown and self._online):
            return self._lookup.at(place)
        leak = self._leak(url)
        if not leak and (original := archived.of(url)):
            here = self._absolute(original)
            if here.kind is TargetKind.FILE and here.mount == 0:
                return Target(TargetKind.REMOTE, url, leak=here.name, snapshot=True)
            return Target(TargetKind.REMOTE, url, leak=here.leak, snapshot=bool(here.leak))
        return Target(TargetKind.REMOTE, url, leak=leak)

    def _own(self, path: str, query: str) -> Target:
        return self._lookup.at(Place(self._home.mount, path, query, self._layout_at(path), self._home.forge))

    def _layout_at(self, path: str) -> Layout:
        """How the open page finds a path: by the forge's rules or, where it shows no such page, by those of a server or
        of the tool that copied it.
        """
        mount = self._mounts[self._home.mount]
        if self._home is not self._elsewhere:
            return mount.layout
        layout = mount.layout_at(path)
        return _SERVED if layout is mount.layout else layout

    def _leaves(self, raw: str) -> bool:
        if self._home.clamps or urls.climbs(raw) <= self.base.count("/") - 3:
            return False
        deep = PRIVATE + _DEEP
        return not urls.resolve(deep + self.base[len(PRIVATE) :], raw).startswith((deep, PRIVATE + "~~"))

    def _leak(self, url: str) -> str:
        place = self._origins.locate(url)
        if place is None or place.unknown or place.ref:
            return ""
        target = self._lookup.at(place)
        if target.kind is TargetKind.FILE:
            return target.name if target.mount == 0 else ""
        if place.mount or not place.layout.queries:
            return ""
        copied = layouts.find(place.layout, self._mounts[0].names, place.path, place.query)
        return copied.file if copied and copied.how != layouts.QUERY_IGNORED else ""  # under a name that the tool made
