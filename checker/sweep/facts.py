"""What the sweep is given, and what it tells of a page: records that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker.extract import Options
from checker.extract.suppress import Suppression
from checker.mirror.address import Addresses, Mount
from checker.mirror.resolve import Home, Target
from checker.model import Doubt, Kind, Role, TargetKind
from checker.sources.base import Source

# What a file number's flag says of fragments that name it: it has no ids; the sweep reads them; it must be asked.
NO_IDS, SWEPT, ASKED = 0, 1, 2

Spots = tuple[tuple[int, int], ...]  # (line, column) of each place, both from 1


class Context(NamedTuple):
    """All that reading a page needs; given to each worker once."""

    mounts: tuple[Mount, ...]
    home: Home
    addresses: Addresses
    origins: Addresses
    options: Options
    flags: bytes  # by file number of the mirror: NO_IDS, SWEPT or ASKED
    max_bytes: int
    rows: bool = False  # every reference travels, for --all
    online: bool = False  # remote URLs travel, to be asked for
    embeds: bool = False  # whether it counts where what pages embed comes from
    remember: bool = False  # pages' ids travel, so that the next run can tell whether they changed
    heads: tuple[str, ...] = ()  # names of the checked-out commit: what a page says of them holds for this run only
    host: str = ""  # of a live mirror: `host/`, which is no third party

    @property
    def source(self) -> Source:
        """The mirror's own files."""
        return self.mounts[0].names


class Suspect(NamedTuple):
    """A reference that is, or may be, wrong: `rule` says which rule it breaks where its doubt alone does not.

    Where it is doubted for its integrity, `fragment` is what the page states.
    """

    role: Role
    raw: str
    target: Target
    fragment: str
    doubt: Doubt
    rule: str
    spots: Spots
    base: str | None = None  # the path in the mirror that relative references of its page are relative to


class Row(NamedTuple):
    """One reference for --all."""

    role: Role
    raw: str
    target: str
    kind: TargetKind


class Facts(NamedTuple):
    """What a page uses and defines."""

    page: str
    kind: Kind | None  # None: its first bytes say that it is no page
    references: int = 0  # places that name a URL
    files: bytes = b""  # array('I'): numbers of the mirror's files it refers to
    assets: tuple[tuple[int, str], ...] = ()  # (number, role) of the mirror's files that it embeds
    uses: bytes = b""  # array('Q'): keys of the fragments it refers to in other pages
    defines: bytes = b""  # array('Q'): keys of its own ids
    remote: bytes = b""  # array('Q'): keys of the remote URLs it refers to
    remote_embeds: bytes = b""  # array('Q'): keys of those that it embeds
    third_party: bytes = b""  # array('Q'): keys of whom those come from, see `third_party_key`
    parts: bytes = b""  # array('Q'): keys of the fragments of remote URLs it refers to
    news: tuple[tuple[str, str, str], ...] = ()  # (remote URL, fragment, role if embedded) that this worker meets first
    other: bytes = b""  # array('Q'): keys of what is neither
    ranges: tuple[tuple[int, int, int], ...] = ()  # a use that two definitions satisfy together
    suspects: tuple[Suspect, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    unknown: tuple[str, ...] = ()  # why the clone cannot tell, once a reference
    fault: tuple[str, str] | None = None  # rule and message on the page as a whole
    rows: tuple[Row, ...] = ()
    origin: int = 0  # key of the URL that the page says it was saved from
    blob: bytes = b""  # the id of its content; empty: not to be remembered


SIGNED = "signed"  # the role of what is asked for to compare its hash


class Wrong(NamedTuple):
    """What was learnt to be wrong when all pages had been read."""

    fragments: frozenset[int] = frozenset()  # keys of fragments that nothing defines
    copies: Mapping[int, str] = {}  # key of a remote URL -> the page that is a copy of it
    remote: frozenset[int] = frozenset()  # keys of remote URLs, and of their fragments
    assets: frozenset[int] = frozenset()  # numbers of files that are not what pages embed them for
    third_parties: Mapping[str, frozenset[int]] = {}  # page -> keys of those that it tells of
