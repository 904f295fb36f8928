"""The input and the output of the sweep: records that are sent between processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker.extract import Options
from checker.extract.locate import Spots
from checker.extract.suppress import Suppression
from checker.mirror.address import Addresses, Mount
from checker.mirror.generators.row import Built
from checker.mirror.target import Generated, Home, Target
from checker.model import Doubt, Kind, Role, TargetKind
from checker.sources.base import Source

# The flag of a file: it has no ids; the sweep reads its ids; it is read only if a fragment refers to it; it is read if
# pages lead to it and none embeds it.
NO_IDS, SWEPT, ASKED, LED_TO = 0, 1, 2, 3


class Context(NamedTuple):
    """All that is needed to read a page. Each worker gets it once."""

    mounts: tuple[Mount, ...]
    home: Home
    addresses: Addresses
    origins: Addresses
    options: Options
    flags: bytes  # by file number of the mirror: NO_IDS, SWEPT, ASKED or LED_TO
    max_bytes: int
    rows: bool = False  # facts contain every reference, for --all
    online: bool = False  # facts contain remote URLs, to be asked for
    embeds: bool = False  # whether a rule on third parties counts
    remember: bool = False  # facts contain blob ids, by which the next run knows pages that did not change
    heads: tuple[str, ...] = ()  # ids of checked-out commits: a page that names one is not remembered
    host: str = ""  # of a live mirror: `host/`, which is not a third party
    sites: tuple[Generated, ...] = ()  # that generators make of pages of the mirror
    sites_first: bool = False  # whether what counts is what the readers of the sites have, not those of the forge
    dialects: Mapping[str, Options] = {}  # how the pages of the sites are read, by the dialect of their generators

    @property
    def source(self) -> Source:
        """The mirror's own files."""
        return self.mounts[0].names

    @property
    def sources(self) -> tuple[Source, ...]:
        """The same, and those of what is published beside it."""
        return tuple(mount.names for mount in self.mounts)

    def site_at(self, page: str) -> Built | None:
        """The site that counts for the readers of a page; None: they read it on the forge."""
        for site in self.sites if self.sites_first else ():
            if page in site.built.pages:
                return site.built
        return None

    def options_at(self, page: str) -> Options:
        """How a page is read: by the Markdown of its generator or of the forge."""
        site = self.site_at(page)
        return self.options if site is None else self.dialects[site.dialect_of(page)]


class Suspect(NamedTuple):
    """A reference that is, or may be, wrong. `rule` is the rule that it breaks, if the doubt does not imply it.

    If the doubt is about its integrity, `fragment` is the hash that the page states.
    """

    role: Role
    raw: str
    target: Target
    fragment: str
    doubt: Doubt
    rule: str
    spots: Spots
    base: str | None = None  # the path in the mirror against which relative references of its page are resolved
    field: str = ""  # the field of the response's header in which it stands, if it is not on the page itself
    blocked: bool = False  # by browsers, where it is mixed content


class Row(NamedTuple):
    """One reference for --all."""

    role: Role
    raw: str
    target: str
    kind: TargetKind
    written: str = ""  # as it stands in the source, if that differs from `raw`


class Facts(NamedTuple):
    """The facts of a page: what it refers to, and the ids that it defines."""

    page: str
    kind: Kind | None  # None: by its first bytes, it is not a page
    references: int = 0  # places that name a URL
    files: bytes = b""  # array('I'): numbers of the mirror's files it refers to
    assets: tuple[tuple[int, str], ...] = ()  # (number, role) of the mirror's files that it embeds
    uses: bytes = b""  # array('Q'): keys of the fragments it refers to in other pages
    defines: bytes = b""  # array('Q'): keys of its own ids
    remote: bytes = b""  # array('Q'): keys of the remote URLs it refers to
    remote_embeds: bytes = b""  # array('Q'): keys of those that it embeds
    third_party: bytes = b""  # array('Q'): keys of the third parties of those, see `third_party_key`
    parts: bytes = b""  # array('Q'): keys of the fragments of remote URLs it refers to
    to_ask: tuple[tuple[str, str, str], ...] = ()  # (remote URL, fragment, role if embedded) that are new to the worker
    other: bytes = b""  # array('Q'): keys of targets that are neither files nor remote
    ranges: tuple[tuple[int, int, int], ...] = ()  # a use that two definitions satisfy together
    suspects: tuple[Suspect, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    unknown: tuple[str, ...] = ()  # why the clone cannot look up a target, once for each reference
    fault: tuple[str, str] | None = None  # rule and message on the page as a whole
    rows: tuple[Row, ...] = ()
    origin: int = 0  # key of the URL that the page says it was saved from
    blob: bytes = b""  # the id of its content; empty: the page is not remembered


SIGNED = "signed"  # used as the role of a URL that is fetched to compare its hash


class Wrong(NamedTuple):
    """The targets that turned out to be faulty after all pages were read."""

    fragments: frozenset[int] = frozenset()  # keys of fragments that no page defines
    copies: Mapping[int, str] = {}  # key of a remote URL -> the page that is a copy of it
    remote: frozenset[int] = frozenset()  # keys of remote URLs, and of their fragments
    assets: frozenset[int] = frozenset()  # numbers of embedded files that have a flaw
    untracked: frozenset[int] = frozenset()  # numbers of files that git does not have
    third_parties: Mapping[str, frozenset[int]] = {}  # page -> keys of the third parties that it reports
