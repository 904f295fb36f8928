"""Opens the sites that generators make of the pages of a mirror."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from checker.config.schema import MirrorTable
from checker.mirror import forges, generators, git, layouts, publishing, redirects, shown
from checker.mirror.address import PRIVATE, Mount, Site, bare
from checker.mirror.generators.row import Built
from checker.mirror.target import Generated, Home
from checker.model import ConfigError
from checker.sources.base import Source
from checker.web import urls

_USUAL = "github-pages"  # the layout of a host of which nothing is known


def comes_first(table: MirrorTable, hosts: Mapping[str, str]) -> bool:
    """Whether the readers of the sites are those who count: the first address says so, or a generator is named."""
    return table.generator != "auto" or not (table.published and forges.repository(table.published[0], hosts))


def built(
    table: MirrorTable, index: Source, clone: git.Clone | None, hosts: Mapping[str, str]
) -> list[tuple[str, Built]]:
    """The sites that generators make of the mirror, each with its address: a URL, a path, or "" where nothing tells."""
    known = ("auto", "none", *generators.SETTINGS)
    if table.generator not in known:
        raise ConfigError(f"[mirror] generator: {table.generator!r} is none of {', '.join(known)}")
    found = generators.find(index, table.generator, clone)
    stated = [url for url in table.published if forges.repository(url, hosts) is None]
    addresses = [address(names) for names in found]
    if stated and found and not any(bare(url) == bare(stated[0]) for url in addresses if "//" in url):
        addresses[0] = _whole(stated[0])  # the configuration knows better
    for site, url in zip(found, addresses, strict=True):
        site.address = url
        site.is_all = any(bare(url) == bare(each) for each in stated)
    return list(zip(addresses, found, strict=True))


def address(site: Built) -> str:
    """The address of a site, with a `/` at its end; only its path, or "", where nothing tells."""
    url = site.plan.url
    domain = "" if "//" in url else publishing.custom_domain(partial(shown.beginning, site), "")
    return f"https://{domain}/" if domain else _whole(url)


def _whole(url: str) -> str:
    """An address with a `/` at its end, or a path; "" for what is none."""
    if "//" not in url:
        return _path(url) if url else ""
    try:
        return ("http://" if url.startswith("http:") else "https://") + bare(url)
    except ConfigError:
        return ""


def _path(path: str) -> str:
    """A path with a `/` at its beginning and at its end, and no steps upwards."""
    try:
        url = urls.resolve(PRIVATE, f"./{path.lstrip('/')}").partition("#")[0].partition("?")[0]
    except urls.InvalidURL:
        return ""
    return f"/{url[len(PRIVATE) :].strip('/')}/".replace("//", "/")


def opened(
    layout: str, index: Source, built: Iterable[tuple[str, Built]], mounts: list[Mount], sites: list[Site]
) -> tuple[Generated, ...]:
    """Make each site a mount of the mirror, and its address one of the mirror's."""
    found = []
    for url, names in built:
        of_host = _layout(layout, index, names, url)
        prefix = url if "//" in url else PRIVATE + url.lstrip("/")
        found.append(Generated(Home(prefix, clamps=False, rooted=False, mount=len(mounts)), names))
        if "//" in url:
            sites.append(Site(bare(url), len(mounts), "", of_host))
        # A script may copy those that lie at the top of the repository.
        led = redirects.of(names, of_host) or (None if len(found) > 1 else redirects.of(index, of_host))
        mounts.append(Mount("", names, of_host, led))
    return tuple(found)


def _layout(name: str, index: Source, names: Built, url: str) -> layouts.Layout:
    """How the host of a generated site finds files: as configured, or as settings in the folder and the address show,
    or as most such hosts do.
    """
    if name == "auto":
        signs = [
            sign
            for files in (names, index)
            for sign in shown.signs(files, partial(shown.beginning, files), [url] if "//" in url else [])
        ]
        name = next((sign.value for sign in signs if sign.trust and not layouts.LAYOUTS[sign.value].queries), _USUAL)
    layout = layouts.LAYOUTS[name]
    return layout._replace(jekyll=False, lists=False)
