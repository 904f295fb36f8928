"""Resolves references to targets: joins them as browsers do, and maps addresses of the mirror back to files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Set

from checker.kinds import PROXIED, SHOWN_BY_FORGES, kind_of
from checker.mirror import archived, forges, joining, layouts
from checker.mirror.address import PRIVATE, Addresses, Mount, Place
from checker.mirror.generators.row import Built, Led
from checker.mirror.joining import Base
from checker.mirror.layouts import Layout
from checker.mirror.lookup import Lookup
from checker.mirror.remembered import Remembered, Settled
from checker.mirror.site_page import SitePage
from checker.mirror.target import SELF, Generated, Home, Target
from checker.model import Kind, Role, TargetKind, Unchecked
from checker.roles import TAKEN_IN
from checker.web import urls

_ODD = re.compile(r"[\\\s]|^\s*[a-zA-Z]+:(?!//[^/])")  # references that browsers may repair; most do not match
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
# What no forge shows, as HTML: its readers have it from some server, or from the disk.
_SERVED = layouts.LAYOUTS["plain"]._replace(lists=True)
_SHOWN = "it counts from the pages that show this one"
_PACKAGE, _STYLES = "a bundler looks for it among packages", ".css"
_UNPARSED = frozenset({TargetKind.INVALID, TargetKind.LOCAL_PATH})
_LOST = frozenset({TargetKind.MISSING, TargetKind.OUTSIDE})


class Resolver:
    """Resolves the references of one page after another. It remembers targets that pages of a folder share."""

    __slots__ = (
        "_addresses",
        "_at",
        "_beside",
        "_bundlers",
        "_bundles",
        "_elsewhere",
        "_generated",
        "_home",
        "_lookup",
        "_mounts",
        "_online",
        "_opened",
        "_original",
        "_origins",
        "_other",
        "_page",
        "_published",
        "_remembered",
        "_site",
        "_takes_in",
        "_targets",
        "_with_routes",
        "has_routes",
        "proxies",
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
        self._other = other
        self._mounts = mounts
        self._lookup = Lookup(mounts, sites, online=online)
        self._addresses = addresses
        self._origins = origins
        self._remembered = Remembered()
        self._targets = self._remembered.targets
        self._published = home  # of what the address shows
        # Of what no forge shows.
        self._elsewhere = Home(home.site or PRIVATE, clamps=False, rooted=bool(home.site), roots=home.roots)
        # Of the open page:
        self._page = ""
        self._home = home
        self._at = Base(home, "", "")
        self._site: SitePage | None = None
        self._takes_in = False  # whether its generator takes in what it embeds
        self._bundles: Generated | None = None  # the site that takes in the style sheet
        self._original = True  # whether it is the origin's own: Markdown was written after it
        self.proxies = False  # whether it loads nothing from foreign hosts
        self._opened: tuple[str, str | None, str, Set[str]] | None = None  # what the other readers have open
        self._beside: tuple[str, Kind | bool | None, str] | None = None  # what pages have in common that resolve alike

    def open(self, page: str, base: str | None = None, encoding: str = "utf-8", html: Set[str] = frozenset()) -> None:
        """Begin a page: `base` is its `<base href>` as written, `encoding` the Python codec of its queries, `html` what
        only raw HTML refers to, without fragments, where it is a page of Markdown.
        """
        kind = kind_of(page)
        self._page, self._opened = page, (page, base, encoding, html)
        site = self._generated.get(page)
        if site is not None:
            self._enter_site(site, kind, base, encoding, html)
        else:
            self._enter(kind, base, encoding, html)
        self._remembered.trim()

    def _enter_site(
        self, site: Generated, kind: Kind | bool | None, base: str | None, encoding: str, html: Set[str]
    ) -> None:
        """Begin a page of a site. Few of these resolve alike."""
        page = self._page
        self._home, self._beside, self._bundles, self.proxies = site.home, None, None, False
        self._site = SitePage(site.built, page, kind, html)
        self._takes_in = self._site.takes_in
        self._original = kind is not Kind.MARKDOWN
        self._at = at = joining.of_site(site, page, kind, encoding)
        at.html = html
        if base is not None:
            at.move(base)
        place = f"{posixpath.dirname(page)}\n{kind}"  # Markdown is led by the generator, HTML is not
        folder = None if html else (*at.shared, site.home.mount, place)
        self._remembered.enter(folder, ("", at.codec, True, self._original))  # everywhere: references that are URLs
        self._targets = self._remembered.targets

    def _enter(self, kind: Kind | bool | None, base: str | None, encoding: str, html: Set[str]) -> None:
        """Begin a page that no generator makes anything of."""
        page = self._page
        self._site, self._takes_in, self._bundles = None, False, None
        if kind is Kind.CSS and self._bundlers:
            self._bundles = next((site for site in self._bundlers if page.startswith(site.built.folder)), None)
        home = self._home = self._published if kind in SHOWN_BY_FORGES or not self._published.forge else self._elsewhere
        folder, _, name = page.rpartition("/")
        bare = home.serves_folders_bare and name.startswith("index.")
        alone = base is not None or home.live or bare or bool(joining.request_at(home, page))
        beside = None if alone else (folder, kind, encoding)
        if beside is not None and beside == self._beside:
            self._at.turn(page)  # all but its own URL is that of the page before
            self._at.html = html
            return
        self._beside = beside
        self.proxies = home.proxies and kind in PROXIED
        self._original = kind is not Kind.MARKDOWN
        self._at = at = joining.of_page(home, page, kind, encoding)
        at.html = html
        if base is not None and not at.is_request:
            at.move(base)
        served = home is self._elsewhere
        everywhere = None if at.folder is None or self._bundles else (at.shared[1], at.codec, served, self._original)
        self._remembered.enter((*at.shared, served, bool(self._bundles)), everywhere)
        self._targets = self._remembered.targets

    @property
    def settled(self) -> Settled:
        """The caller's conclusions on references that mean the same on every page of the open page's folder."""
        return self._remembered.settled

    @property
    def settled_everywhere(self) -> Settled:
        """The same of references that mean the same in other folders too."""
        return self._remembered.settled_everywhere

    @property
    def secure(self) -> bool:
        """Whether the open page is published at https:."""
        return self._at.secure

    @property
    def base(self) -> str:
        """The base URL of the open page."""
        return self._at.url

    def foreign(self, references: Iterable[str]) -> list[tuple[str, str]]:
        """(reference, URL without fragment) of the references that certainly leave the mirror: most of those that do,
        told many at once. On every page they lead to that URL, and no browser repairs them.
        """
        lines = "\n".join(references)
        found = urls.plain(lines) if "://" in lines else []
        if not found:
            return []
        lines, prefix, hosts = (
            lines.lower(),
            self._home.prefix,
            self._addresses.hosts | self._origins.hosts | {archived.HOST},
        )
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
        starts, files = self._at.starts, self._mounts[0].names.files
        if not starts or self._mounts[0].redirects is not None:
            return
        for raw, steps, path, fragment in _PLAIN_LINES.findall("\n".join(references)):
            start = starts.get(steps)
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
        return self._at.relative if self._site is None else None

    def url(self, raw: str) -> str:
        """The absolute URL that a reference resolves to. Raises urls.InvalidURL."""
        return self._at.join(raw)

    def is_the_same_everywhere(self, raw: str) -> bool:
        """Whether a reference of the open page leads to the same place from every folder; what a generator leads may
        depend on the page.
        """
        return raw.startswith(_EVERYWHERE if self._site is None else _URLS) and not urls.climbs(raw)

    def defines(self) -> bool:
        """Whether the generator may give a reference link of the open page the definition that it lacks."""
        return self._site is not None and self._site.defines

    def keeps_apart(self, role: Role) -> bool:
        """Whether a reference of the open page leads elsewhere in this role than as a link."""
        return self._takes_in and role in TAKEN_IN

    def target(self, raw: str, role: Role | None = None) -> Target:
        """The target of a reference without its fragment. Its role matters where a generator takes in pictures."""
        if self._takes_in and role in TAKEN_IN:
            return self._targets.get(f"{role}\n{raw}") or self._remember(raw, role)
        target = self._targets.get(raw)
        if target is not None:
            return target
        path, mark, query = raw.partition("?")
        if mark and path and path[-1] > " " and not self._at.html and not _ODD.search(query):
            # Many sites add a changing query to references, against caches. Most files do not depend on it.
            target = self._targets.get(path) or self._remember(path)
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
        if target.kind is TargetKind.MISSING and target.mount and urls.scheme(text) is not None:
            target = self._lookup.beyond(target)
        elif target.kind is TargetKind.MISSING and target.mount and text[:1] != "/" and self._is_shown_elsewhere():
            target = Target(TargetKind.UNKNOWN, text, why=_SHOWN)
        if (self._at.is_template and target.kind in _LOST) or (
            target.kind is not TargetKind.FILE and urls.holds_placeholder(raw) and not self._says(raw, role)
        ):
            target = Target(TargetKind.UNKNOWN, text, why=Unchecked.TEMPLATE)
        elif target.kind in _LOST and self._other is not None and (file := self._for_others(raw, role)):
            target = target._replace(kind=TargetKind.MISSING, other=file, at_site=self._site is not None)
        elif odd and target.kind not in _UNPARSED and urls.repaired(raw) is not None:
            target = target._replace(odd=not self._says(raw, role))  # a generator writes what it changes anew
        if target.leak and self._site is not None:
            target = target._replace(at_site=True)
        self._targets[f"{role}\n{raw}" if role else raw] = target
        return target

    def _is_shown_elsewhere(self) -> bool:
        return self._site is not None and self._site.is_shown_elsewhere

    def labelled(self, name: str) -> str | None:
        """Whether a name that is no id of the open page leads to a label of its site: see `SitePage.labelled`."""
        return None if self._site is None else self._site.labelled(name)

    def _says(self, raw: str, role: Role | None) -> bool:
        """Whether the generator of the open page says where a reference leads: no template is to fill it in."""
        return self._site is not None and self._site.led(raw, role) is not None

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
        at, prefix = self._at, self._home.prefix
        if at.is_request or (self._site is not None and at.is_own):
            return SELF
        if at.is_own and self.base.startswith(prefix) and not self._home.live and not self.base.endswith("/"):
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
        if (starts := self._at.starts) and (plain := _PLAIN.fullmatch(raw)):
            start = starts.get(plain[1])
            if start is not None and (target := self._own(start + plain[2], "")).kind is TargetKind.FILE:
                return target
        target = self._parsed(raw, text)
        if self._bundles and target.kind is TargetKind.MISSING and urls.scheme(raw) is None:
            return self._bundled(raw, target)
        return target

    def _bundled(self, raw: str, missing: Target) -> Target:
        """The target of a path in a style sheet that a bundler puts together: it may lack the extension, and what does
        not begin with a dot may be in a package.
        """
        if raw[:1] not in {".", "/"}:
            return Target(TargetKind.UNKNOWN, raw, why=_PACKAGE)
        found = self._parsed(raw + _STYLES, raw + _STYLES) if raw[:1] == "." else missing
        return found if found.kind is TargetKind.FILE else missing

    def routed(self, raw: str) -> str:
        """A reference of the open page without what a program of a site reads as a route."""
        if self._site is not None and (routed := self._site.routed(raw)) is not None:
            return routed
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
        return None if self._site is None else self._site.filled(raw)

    def _led(self, page: SitePage, raw: str, role: Role | None) -> Target | None:
        """The target of a reference that the generator of the open page changes."""
        led, site = page.led(raw, role), page.site
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
        if url.startswith("file:"):  # by the base of the page
            return Target(TargetKind.LOCAL_PATH, text)
        if scheme is None and url.startswith(PRIVATE) and self._home.prefix == PRIVATE and self._at.leaves(raw):
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
            is_page = parts != "/" or rest.partition(".")[0] not in {"", "index"}  # any host has a first page
            if parts and path.startswith(parts) and is_page:
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
