"""The addresses at which a mirror is published, and the look-up of the file that a URL names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker import logins
from checker.kinds import is_page_name
from checker.mirror import forges
from checker.mirror.copies import Copy
from checker.mirror.layouts import LAYOUTS, Layout
from checker.mirror.redirects import Redirects
from checker.model import ConfigError
from checker.sources.base import Source
from checker.web import urls

PRIVATE = "http://mirror.invalid/"  # the root of a mirror without an address; by RFC 6761, the name never exists

PLAIN, FORGE = LAYOUTS["plain"], LAYOUTS["forge"]


class Mount(NamedTuple):
    """A folder whose files can be named by URLs."""

    label: str  # "" for the mirror; for a sibling, its name in findings, with a `/` at its end
    names: Source  # its files
    layout: Layout  # of the address against which references of its pages are resolved
    redirects: Redirects | None = None
    copies: tuple[Copy, ...] = ()  # of sites, in folders of a repository; the deepest first
    sparse: str = ""  # the ref of which the folder holds a part, while a forge shows all of it

    def layout_at(self, path: str) -> Layout:
        """The layout by which pages of a site find a path: that of the copy which the path is in, or the mount's."""
        return next((copy.layout for copy in self.copies if path.startswith(copy.folder)), self.layout)

    @property
    def depends_on_query(self) -> bool:
        """Whether a URL with a query may lead to another file than the URL without it."""
        return self.redirects is not None or bool(self.layout.queries or self.copies)


class Site(NamedTuple):
    """A plain address: everything below a URL prefix is a folder of a mount."""

    prefix: str  # without scheme, ends with `/`: "mirror.example/docs/"
    mount: int
    folder: str  # "" or "docs/"
    layout: Layout


class Repo(NamedTuple):
    """A repository on a forge (and so on its raw hosts and CDNs) whose checked-out tree is a mount."""

    repository: forges.Repository
    mount: int
    folder: str  # the mount's folder in the repository, "" or "docs/"
    ref: str  # in its addresses: the branch that is checked out
    current: frozenset[str]  # all names of the checked-out commit; includes "" if it is on the default branch
    refs: frozenset[str]  # all refs that the clone has, including the current ones


class Place(NamedTuple):
    """The place in a mount that a URL names. `path` is decoded, and keeps a `/` at its end."""

    mount: int
    path: str
    query: str
    layout: Layout  # how the host of this address finds files
    forge: str = ""  # the forge, which shows files with line numbers
    ref: str = ""  # a ref that is not checked out
    unknown: str = ""  # why this clone cannot look it up
    original: str = ""  # the file that a CDN minifies if the one at `path` is missing


class Addresses:
    """All addresses of a run, and the look-up from a URL. It keeps no file open, so it can be sent to workers."""

    __slots__ = ("_exact", "_prefixes", "_repos", "_sites", "forges", "hosts", "marks")

    def __init__(
        self,
        sites: tuple[Site, ...] = (),
        repos: tuple[Repo, ...] = (),
        exact: Mapping[str, tuple[int, str]] | None = None,
        hosts: Mapping[str, str] | None = None,
    ) -> None:
        """`exact` maps single URLs (without scheme) to (mount, file). `hosts` maps self-hosted hosts to their forge."""
        self._sites = tuple(sorted(sites, key=lambda site: -len(site.prefix)))
        self._prefixes = tuple(site.prefix for site in self._sites)
        self._repos = {repo.repository.key: repo for repo in repos}
        self._exact = dict(exact or {})
        self.forges = dict(hosts or {})
        # What a plain URL that names a place has: one of these as its authority, or one of the marks within.
        self.hosts = frozenset(prefix.partition("/")[0] for prefix in (*self._prefixes, *self._exact))
        self.marks = forges.marks(repo.repository for repo in repos)

    def locate(self, url: str) -> Place | None:
        """The place in a mount that an absolute http(s) URL (serialised, without fragment) names; None: in no mount."""
        rest = urls.below_scheme(url)
        if rest.partition("/")[0] in self.hosts:
            place = self._plain(rest)
            if place is not None:
                return place
        if not self._repos:
            return None
        text = url.lower()
        if "%" not in text and not any(mark in text for mark in self.marks):
            return None
        location = forges.locate(url, self.forges)
        if location is None:
            return None
        repo = self._repos.get(location.repository.key)
        return None if repo is None else _in_repository(repo, location, url)

    def _plain(self, rest: str) -> Place | None:
        if rest in self._exact:
            mount, file = self._exact[rest]
            return Place(mount, file, "", PLAIN)
        path, _, query = rest.partition("?")
        if not path.startswith(self._prefixes):
            if not (path + "/").startswith(self._prefixes):
                return None
            path += "/"
        site = next(site for site in self._sites if path.startswith(site.prefix))
        return Place(site.mount, site.folder + urls.decode(path[len(site.prefix) :]), query, site.layout)


def _in_repository(repo: Repo, location: forges.Location, url: str) -> Place | None:
    query, forge = url.partition("?")[2], repo.repository.forge
    if location.view in {"other", "pages"}:
        return None  # issues, releases, a Pages site: these are not files of the tree
    ref, path = location.ref, location.rest
    if location.view == "root":
        ref, path = "", ""
    elif ref is None:
        split = forges.split_ref(location.rest, repo.refs)
        if split is None:
            head = location.rest.partition("/")[0]
            return Place(repo.mount, path, query, FORGE, forge, unknown=f"the clone knows no ref {head!r}")
        ref, path = split
    if not path.startswith(repo.folder):
        if path.rstrip("/") + "/" != repo.folder:
            return Place(repo.mount, path, query, FORGE, forge, unknown="outside the folder that is checked")
        path = repo.folder
    original = forges.original(location._replace(rest=path)) or ""
    return Place(
        repo.mount,
        path[len(repo.folder) :],
        query,
        FORGE,
        forge,
        ref="" if ref in repo.current else ref or "HEAD",
        original=original[len(repo.folder) :],
    )


def bare(url: str) -> str:
    """An address without its scheme, with a `/` at its end. Raises ConfigError if it is not an http(s) URL."""
    try:
        whole = urls.resolve(PRIVATE, url)
    except urls.InvalidURL as error:
        raise ConfigError(f"{logins.hidden(url)!r} is no URL") from error
    if urls.scheme(url) not in {"http", "https"}:
        raise ConfigError(f"{logins.hidden(url)!r} is no address: write it as https://host/path/")
    rest = urls.below_scheme(whole.partition("#")[0].partition("?")[0])
    if not rest.endswith("/"):
        head, _, last = rest.rpartition("/")
        rest = head + "/" if is_page_name(last) and head else rest + "/"
    return rest
