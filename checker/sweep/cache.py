"""The page cache keeps the facts of each page for the next run, which does not read unchanged pages again.

A page is unchanged if its size and times are the same, as in git's own index. Otherwise its content is compared: by the
blob id if git knows the file, else by reading it. Pages are also read again if a file came or went that they may refer
to; and all pages are, if the configuration or the layout changed.

All data is in columns, a few bytes for each reference: a hundred thousand pages are loaded in a few large reads.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from itertools import chain, compress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from checker import disk, logins
from checker.model import Kind, Role, TargetKind
from checker.sources.base import Source, Stamp
from checker.spill import Names
from checker.sweep.columns import Column, Late, Sums
from checker.sweep.facts import Facts, Suspect
from checker.sweep.keys import remote_key
from checker.sweep.ledger import Ledger
from checker.sweep.sound import ROLE_NUMBERS, Asset, Sound, joined, split

_FORMAT = 9
_DIGEST = 8  # bytes at the beginning: the xxh3 of the rest
KIND_NUMBERS: tuple[Kind | None, ...] = (None, *Kind)
_CODES = {"files": "I"} | dict.fromkeys(
    ("assets", "uses", "defines", "remote", "remote_embeds", "third_party", "parts", "other"), "Q"
)
_BLANK: Mapping[str, Any] = {name: () if name == "assets" else b"" for name in _CODES} | {"to_ask": (), "blob": b""}
_ID = 20  # bytes of a blob's id
_GRAIN = 50_000_000  # nanoseconds: two changes within this time may have the same time stamp

_SCRUB = 20 * 3_600_000_000_000  # nanoseconds: once a day, all assets are compared with git, not only the changed ones


class Revisit(NamedTuple):
    """The suspects that a second look at a page found, and the keys for which it was made."""

    keys: set[int]
    suspects: tuple[Suspect, ...]


class _Stored(msgspec.Struct, array_like=True):
    format: int
    identity: str
    began: int
    files: bytes
    folders: bytes
    pages: bytes
    kinds: bytes
    counts: bytes
    stamps: bytes
    blobs: bytes
    columns: dict[str, tuple[memoryview, memoryview]]  # looked at where they are: they are most of the file
    sums: Sums
    rest: dict[str, Facts]
    revisits: dict[str, Revisit]
    to_ask: msgspec.Raw
    sound: msgspec.Raw
    scrubbed: int


class PageCache:
    """The facts of pages. Fill with `add`, in any order."""

    def __init__(self, identity: str) -> None:
        """`identity`: a hash of all that facts depend on, except the pages themselves."""
        self.identity = identity
        self.began = time.time_ns()
        self.pages: list[str] = []
        self.kinds = bytearray()
        self.counts = array("I")
        self.stamps = array("Q")
        self.blobs = bytearray()
        self.columns = {name: Column(code) for name, code in _CODES.items()}
        self.sums: Sums | None = None  # of the pages that come from the disk, if all of them are still there
        self.rest: dict[str, Facts] = {}  # the facts that few pages have, and that have no column
        self.revisits: dict[str, Revisit] = {}
        self._to_ask = Late(list[tuple[str, str, str]], [])  # (URL, fragment, role) to ask the network for
        self._newer: dict[tuple[str, str, str], None] = {}  # the same, from pages that this run read
        self._sound = Late(Sound, Sound())  # assets without a flaw
        self.scrubbed = 0  # when all assets were last compared with git, in nanoseconds
        self.changed = True  # whether it differs from the file on the disk
        self.before = 0  # number of pages that come from the disk; they are the first ones

    def add(self, facts: Facts, stamp: Stamp, *, keep: bool = True) -> None:
        """Add the facts of one page. `stamp` was taken before it was read. `keep`: this is written for the next run."""
        self.changed = True
        self._newer.update(dict.fromkeys(each for each in facts.to_ask if not logins.of(each[0])))
        self.rest.pop(facts.page, None)
        self.revisits.pop(facts.page, None)
        if not keep or not facts.blob or any(one.target.kind is TargetKind.ELSEWHERE for one in facts.suspects):
            return  # a file on another ref can come or go without a change of the page
        self.pages.append(facts.page)
        self.kinds.append(KIND_NUMBERS.index(facts.kind))
        self.counts.append(facts.references)
        self.stamps.extend(stamp)
        self.blobs += facts.blob
        for name, column in self.columns.items():
            column.add(_packed(facts.assets) if name == "assets" else getattr(facts, name))
        rest = facts._replace(references=0, **_BLANK)
        if rest != Facts(facts.page, facts.kind):
            self.rest[facts.page] = rest

    def doubtful(self, pages: Sequence[str], now: array[int], dropped: set[int]) -> dict[str, tuple[int, Stamp]]:
        """Of these pages, with their stamps `now`, those that may have changed, with their indexes and stamps. The
        indexes of pages that are gone are added to `dropped`; what was dropped is left out.
        """
        settled = self.began - _GRAIN
        if now == self.stamps and max(now[2::3], default=0) < settled:  # as it is without a change
            return {}
        found: dict[str, tuple[int, Stamp]] = {}
        places = {page: place for place, page in enumerate(self.pages)}
        for at, page in enumerate(pages):
            place, stamp = places[page], now[at * 3 : at * 3 + 3]
            if not any(stamp):
                dropped.add(place)
            elif place not in dropped and not (self.stamps[place * 3 : place * 3 + 3] == stamp and stamp[2] < settled):
                found[page] = place, (stamp[0], stamp[1], stamp[2])
        return found

    def with_bytes(self) -> set[str]:
        """The pages that are known not to be empty."""
        return set(compress(self.pages, self.stamps[::3]))

    def doubted(self, names: Source, assets: Sequence[Asset], *, every: bool, deep: bool = False) -> list[Asset]:
        """The assets that changed, or are not known to be sound. All of them count as sound from now on; see
        `distrust`.

        `every`: these are all assets, so others can be forgotten. `deep`: only a decoded asset is sound.
        """
        doubted, sound = self._sound.value.doubted(names, assets, self.began - _GRAIN, every=every, deep=deep)
        self._keep_sound(sound)
        return doubted

    def distrust(self, names: Set[str]) -> None:
        """Let the next run examine assets again."""
        self._keep_sound(self._sound.value.without(names))

    def _keep_sound(self, sound: Sound) -> None:
        if sound is not self._sound.value:
            self.changed |= sound != self._sound.value
            self._sound.value = sound

    def scrub(self) -> bool:
        """Whether it is time to compare all assets with git again. If so, that counts as done from now on."""
        due = not 0 <= self.began - self.scrubbed < _SCRUB
        if due:
            self.scrubbed, self.changed = self.began, True
        return due

    def restamp(self, place: int, stamp: Stamp) -> None:
        """Note that a page has another stamp now."""
        self.stamps[place * 3 : place * 3 + 3] = array("Q", stamp)
        self.changed = True

    def blob(self, place: int) -> bytes:
        """The id of a page's content."""
        return bytes(self.blobs[place * _ID : place * _ID + _ID])

    def among(self, blobs: Mapping[str, str]) -> set[str]:
        """The pages whose content has the id that `blobs` gives for them."""
        ids = self.blobs.hex(" ", _ID).split()
        return {page for page, own in zip(self.pages, ids, strict=True) if blobs.get(page) == own}

    def revisit(self, page: str, keys: set[int], suspects: Sequence[Suspect]) -> None:
        """Note the suspects that a second look at a page found."""
        self.changed = True
        self.revisits[page] = Revisit(keys, tuple(suspects))

    def former(self) -> PageCache:
        """The pages that come from the disk."""
        return self if self.before == len(self.pages) else self._with([slice(0, self.before)])

    def only(self, places: Collection[int]) -> PageCache:
        """A copy with only some of the pages, by their indexes."""
        runs: list[slice] = []
        for place in sorted(places):
            start = runs.pop().start if runs and runs[-1].stop == place else place
            runs.append(slice(start, place + 1))
        return self._with(runs)

    def concerned(self, files: Set[int], fragments: Set[int], touched: Set[str]) -> set[int]:
        """The indexes of pages that embed one of these files, use one of these fragments (by key), were touched, or
        have a suspect whose target was touched.
        """
        embedded = frozenset(number << 8 | role for number in files for role in range(len(ROLE_NUMBERS)))
        found = self.columns["assets"].concerned(embedded) | self.columns["uses"].concerned(frozenset(fragments))
        affected = {
            page
            for page, facts in self.rest.items()
            if any(one.target.name.rstrip("/") in touched for one in facts.suspects)
        }
        affected |= touched
        return found | {place for place, page in enumerate(self.pages) if page in affected}

    def outward(self) -> frozenset[int]:
        """Keys of the remote URLs, and of their fragments, that pages refer to."""
        return frozenset(self.columns["remote"].values).union(self.columns["parts"].values)

    def wanted(self, keys: frozenset[int] | None = None) -> Iterator[tuple[str, str, str]]:
        """(URL, fragment, role) that pages need from the network; only with these keys, if they are given."""
        used = self.outward() if keys is None else keys
        rows = chain(self._to_ask.value, self._newer) if used else ()
        return (row for row in rows if remote_key(row[0], row[1]) in used)

    def without(self, dropped: set[int]) -> None:
        """Forget pages, by their indexes."""
        if not dropped:
            return
        runs, start = [], 0
        for place in (*sorted(dropped), len(self.pages)):
            if place > start:
                runs.append(slice(start, place))
            start = place + 1
        self._keep(runs)

    def _with(self, runs: Sequence[slice]) -> PageCache:
        """A copy with only the pages in these runs of indexes."""
        some = copy(self)
        some._keep(runs)
        return some

    def _keep(self, runs: Sequence[slice]) -> None:
        self.changed = True
        before = sum(max(min(run.stop, self.before) - run.start, 0) for run in runs)
        self.sums = self.sums if before == self.before else None
        self.before = before
        self.pages = [page for run in runs for page in self.pages[run]]
        self.kinds = bytearray(b"".join(self.kinds[run] for run in runs))
        self.blobs = bytearray(b"".join(self.blobs[run.start * _ID : run.stop * _ID] for run in runs))
        self.counts = array("I", b"".join(self.counts[run].tobytes() for run in runs))
        self.stamps = array("Q", b"".join(self.stamps[run.start * 3 : run.stop * 3].tobytes() for run in runs))
        self.columns = {name: column.kept(runs) for name, column in self.columns.items()}
        left = set(self.pages)
        self.rest = {page: facts for page, facts in self.rest.items() if page in left}
        self.revisits = {page: revisit for page, revisit in self.revisits.items() if page in left}

    def _summed(self, files: int) -> Sums:
        referred = bytearray(files)
        for number in set(self.columns["files"].values):
            referred[number] = 1
        ledger = Ledger(Names())
        ledger.extend(range(len(self.pages)), self.columns["uses"], self.columns["defines"].values)
        ledger.ranges += [each for facts in self.rest.values() for each in facts.ranges]
        missing = tuple(ledger.settle())
        remote = array("Q", set(self.columns["remote"].values)).tobytes()
        return Sums(bytes(referred), remote, ledger.used, missing)

    def write(self, path: Path, names: Source) -> bool:
        """Write the file, whole or not at all. Returns whether that worked: a run does not fail without its cache."""
        kept = set(self.pages)
        files = [""] * names.size
        for name, number in names.files.items():
            files[number] = name
        if self._newer:
            self._to_ask.value = list(dict.fromkeys(chain(self._to_ask.value, self._newer)))
        stored = _Stored(
            _FORMAT,
            self.identity,
            self.began,
            joined(files),
            joined(sorted(names.folders)),
            joined(self.pages),
            bytes(self.kinds),
            self.counts.tobytes(),
            self.stamps.tobytes(),
            bytes(self.blobs),
            {name: (memoryview(each.values), memoryview(each.lengths)) for name, each in self.columns.items()},
            self.sums if self.sums and self.before == len(self.pages) else self._summed(names.size),
            self.rest,
            {page: revisit for page, revisit in self.revisits.items() if page in kept},
            self._to_ask.encoded(),
            self._sound.encoded(),
            self.scrubbed,
        )
        try:
            data = msgspec.msgpack.encode(stored)
            with disk.whole(path, lasting=False) as file:  # the digest shows if the file is torn
                file.buffer.write(xxh3_64_digest(data))
                file.buffer.write(data)
        except (OSError, UnicodeError):  # UnicodeError: a name in the facts is not UTF-8
            return False
        return True


class Written(NamedTuple):
    """The page cache from the disk, and the names of files (by their numbers) and folders then."""

    snapshot: PageCache
    files: list[str]
    folders: Set[str]


def read(path: Path, identity: str) -> Written | None:
    """What is on the disk; None if it cannot be used."""
    try:
        with disk.reading(path) as file:
            data = memoryview(file.read())
        if data[:_DIGEST] != xxh3_64_digest(data[_DIGEST:]):
            return None
        stored = msgspec.msgpack.decode(data[_DIGEST:], type=_Stored)
        if stored.format != _FORMAT or stored.identity != identity:
            return None
        snapshot = PageCache(identity)
        snapshot.pages = split(stored.pages)
        snapshot.kinds, snapshot.blobs = bytearray(stored.kinds), bytearray(stored.blobs)
        snapshot.counts, snapshot.stamps = array("I", stored.counts), array("Q", stored.stamps)
        snapshot.columns = {name: Column(code, *stored.columns[name]) for name, code in _CODES.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    pages = len(snapshot.pages)
    sizes = {len(snapshot.kinds), len(snapshot.counts), len(snapshot.stamps) // 3, len(snapshot.blobs) // _ID}
    if sizes | {len(column.lengths) for column in snapshot.columns.values()} != {pages}:
        return None
    snapshot.sums, snapshot.rest, snapshot.revisits = stored.sums, stored.rest, stored.revisits
    snapshot._to_ask.encoded_as(stored.to_ask)
    snapshot._sound.encoded_as(stored.sound)
    snapshot.scrubbed = stored.scrubbed
    snapshot.began, snapshot.before, snapshot.changed = stored.began, pages, False
    return Written(snapshot, split(stored.files), frozenset(["", *split(stored.folders)]))


def _packed(assets: Iterable[tuple[int, str]]) -> bytes:
    return array("Q", [number << 8 | ROLE_NUMBERS.index(Role(role)) for number, role in assets]).tobytes()
