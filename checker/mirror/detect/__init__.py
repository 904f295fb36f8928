"""Detects a mirror's addresses, layout and origin from its folder, for `mirrorcheck init`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from checker.mirror import forges, generating, generators, git, shown
from checker.mirror.detect.pages import crawled, saved, sitemap, stated
from checker.mirror.detect.repositories import neighbours, remotes, submodules
from checker.mirror.detect.seen import host, look
from checker.mirror.detect.settings import domains, of_generators
from checker.mirror.generators.row import Built
from checker.mirror.layouts import LAYOUTS
from checker.mirror.signs import Sign, Trust
from checker.model import Kind
from checker.sources.base import Source


@dataclass(frozen=True, slots=True)
class Detected:
    """All signs that were found, the most reliable first."""

    published: tuple[Sign, ...] = ()
    origin: tuple[Sign, ...] = ()
    siblings: tuple[Sign, ...] = ()  # `folder` may lead upwards: "../basic"
    layouts: tuple[Sign, ...] = ()
    generators: tuple[Sign, ...] = ()  # of which the folder holds the sources; `folder` is that of the settings
    pages: Mapping[Kind, int] = field(default_factory=dict, compare=False)  # the number of pages of each kind

    @property
    def layout(self) -> Sign | None:
        """The layout to adopt, if there is one."""
        return next((sign for sign in self.layouts if sign.trust), None)


def detect(source: Source) -> Detected:
    """Look for signs of where a mirror is published, where it was copied from, and which layout it has."""
    seen = look(source)
    clone = git.open_clone(source.root) if source.root else None
    sites = generators.find(source)
    published = [*_addresses(sites), *remotes(seen, clone), *domains(seen, sites), *of_generators(seen, sites)]
    layouts = shown.signs(source, seen.text, [sign.value for sign in published if sign.trust])
    origin, savers = saved(seen)
    origin = [*crawled(seen), *origin]
    addresses, clean = stated(seen)
    addresses += sitemap(seen)
    layouts += savers  # signs in names and settings come first: `auto` uses only those, and does not read pages
    copied = any(sign.trust and _copies(sign.value) for sign in layouts)
    hosted = any(not _copies(sign.value) for sign in layouts)
    for sign in addresses:
        to = origin if copied or _elsewhere(sign, published) else published
        # a repository on a forge may be a site's source, or a copy that still names its origin
        sure = copied or (to is published and (hosted or not any(map(_on_forge, published))))
        to.append(sign if sure else sign._replace(trust=Trust.GUESSED))
    return Detected(
        _ranked(published, sites_first=bool(sites) or len(seen.html) > len(seen.markdown)),
        _ranked(origin),
        _ranked([*submodules(seen, clone), *neighbours(seen, clone)]),
        _ranked([*layouts, *clean]),
        tuple(Sign(site.generator.name, site.settings, Trust.HIGH) for site in sites),
        seen.kinds,
    )


def _addresses(sites: Iterable[Built]) -> Iterator[Sign]:
    """The addresses of the sites that generators make of the folder."""
    for site in sites:
        if "//" in (url := generating.address(site)):
            yield Sign(url, f"{site.settings}: the site that {site.generator.label} makes", Trust.HIGH)


def _copies(layout: str) -> bool:
    return layout == "saved" or bool(LAYOUTS[layout].queries)


def _elsewhere(sign: Sign, published: Iterable[Sign]) -> bool:
    """Whether a sign names another site than the known one: copied pages keep the canonical URL of their origin."""
    sites = [host(known.value) for known in published if known.trust and not _on_forge(known)]
    return bool(sites) and host(sign.value) not in sites


def _on_forge(sign: Sign) -> bool:
    return forges.repository(sign.value) is not None


def _ranked(signs: Iterable[Sign], sites_first: bool = False) -> tuple[Sign, ...]:
    """Each value once, with all its evidence; the most reliable first."""
    merged: dict[tuple[str, str], Sign] = {}
    for sign in signs:
        key = (sign.value.partition("://")[2] or sign.value, sign.folder)
        known = merged.get(key)
        if known is None:
            merged[key] = sign
        elif sign.evidence not in known.evidence:
            merged[key] = known._replace(
                evidence=f"{known.evidence}; {sign.evidence}", trust=max(known.trust, sign.trust)
            )
    return tuple(
        sorted(
            merged.values(),
            key=lambda sign: (not sign.trust, sites_first and _on_forge(sign), -sign.trust),
        )
    )
