"""What the sweep learnt of each page, kept for the next run: a page that did not change is not read again.

A page is the same if its size and times are, as in git's own index, or else if its content is: by git's blob ids where
git knows the file, by reading it where not. What it refers to may have come or gone meanwhile: pages that a new or a
missing file concerns are read again, and all of them where the configuration or the layout changed.

All is in columns, a few bytes a reference, so that a hundred thousand pages come back in a few large reads.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from checker import disk, logins
from checker.model import Kind, Role, TargetKind
from checker.sources.base import Source, Stamp
from checker.sweep.columns import Column, Late
from checker.sweep.facts import Facts, Suspect
from checker.sweep.keys import remote_key

_FORMAT = 6
_DIGEST = 8  # bytes at the beginning: the xxh3 of the rest
KIND_NUMBERS: tuple[Kind | None, ...] = (None, *Kind)
ROLE_NUMBERS = tuple(Role)
_CODES = {"files": "I"} | dict.fromkeys(
    ("assets", "uses", "defines", "remote", "remote_embeds", "third_party", "parts", "other"), "Q"
)
_BLANK: Mapping[str, Any] = {name: () if name == "assets" else b"" for name in _CODES} | {"news": (), "blob": b""}
_ID = 20  # bytes of a blob's id
_GRAIN = 50_000_000  # nanoseconds: two changes within a tick of the disk's clock look like one

_SCRUB = 20 * 3_600_000_000_000  # nanoseconds: a nightly run compares all assets with git, one by day what changed

Asset = tuple[int, str, str]  # number, name, and the role that a page embeds it in
Sound = tuple[str, Stamp, bool]  # the role that an asset was looked at for, what it was then, and if it was decoded


class Revisit(NamedTuple):
    """What a second look at a page brought, and the keys that it was made for."""

    keys: set[int]
    suspects: tuple[Suspect, ...]


class _Stored(msgspec.Struct, array_like=True):
    format: int
    identity: str
    began: int
    files: bytes
    pages: bytes
    kinds: bytes
    counts: bytes
    stamps: bytes
    blobs: bytes
    columns: dict[str, tuple[bytes, bytes]]
    told: dict[str, Facts]
    revisits: dict[str, Revisit]
    news: msgspec.Raw
    sound: msgspec.Raw
    scrubbed: int


class PageCache:
    """The facts of pages. Fill with `add`, in any order."""

    def __init__(self, identity: str) -> None:
        """`identity`: of all else that facts depend on."""
        self.identity = identity
        self.began = time.time_ns()
        self.pages: list[str] = []
        self.kinds = bytearray()
        self.counts = array("I")
        self.stamps = array("Q")
        self.blobs = bytearray()
        self.columns = {name: Column(code) for name, code in _CODES.items()}
        self.told: dict[str, Facts] = {}  # what few pages have
        self.revisits: dict[str, Revisit] = {}
        self._news = Late(list[tuple[str, str, str]], [])  # URL, fragment and role, as the network is asked
        self._newer: dict[tuple[str, str, str], None] = {}  # the same, of pages that were read now
        self._sound = Late(dict[str, Sound], {})  # assets that are what they claim to be
        self.scrubbed = 0  # when all assets were last compared with git, in nanoseconds
        self.changed = True  # since it was read from the disk
        self.before = 0  # pages that come from the disk; they stand first

    def add(self, facts: Facts, stamp: Stamp) -> None:
        """Note one page's facts; `stamp` was taken before it was read."""
        self.changed = True
        self._newer.update(dict.fromkeys(news for news in facts.news if not logins.of(news[0])))
        self.told.pop(facts.page, None)
        self.revisits.pop(facts.page, None)
        if not facts.blob or any(one.target.kind is TargetKind.ELSEWHERE for one in facts.suspects):
            return  # what git knows of other refs changes without the page
        self.pages.append(facts.page)
        self.kinds.append(KIND_NUMBERS.index(facts.kind))
        self.counts.append(facts.references)
        self.stamps.extend(stamp)
        self.blobs += facts.blob
        for name, column in self.columns.items():
            column.add(_packed(facts.assets) if name == "assets" else getattr(facts, name))
        rest = facts._replace(references=0, **_BLANK)
        if rest != Facts(facts.page, facts.kind):
            self.told[facts.page] = rest

    def stands(self, place: int, stamp: Stamp) -> bool:
        """Whether a page's stamp shows that it did not change."""
        return self.stamps[place * 3 : place * 3 + 3] == array("Q", stamp) and stamp[2] < self.began - _GRAIN

    def doubted(self, names: Source, assets: Sequence[Asset], *, every: bool, deep: bool = False) -> list[Asset]:
        """Those assets that changed, or are not known to be sound. All are taken to be so now: see `distrust`.

        `every`: there are no other assets, so that others can be forgotten. `deep`: sound is what was decoded.
        """
        now = names.stamps(name for _, name, _ in assets)
        known, settled = self._sound.value, self.began - _GRAIN
        sound: dict[str, Sound] = {}
        doubted = []
        for asset in assets:
            _, name, role = asset
            stamp = now.get(name)
            before = known.get(name)
            stands = before is not None and before[:2] == (role, stamp) and (before[2] or not deep)
            if not stands:
                doubted.append(asset)
            if stamp is not None and stamp[2] < settled:
                sound[name] = before if before is not None and stands else (role, stamp, deep)
        if not every:
            sound = known | sound
        self.changed |= known != sound
        self._sound.value = sound
        return doubted

    def distrust(self, name: str) -> None:
        """Look at an asset again next time."""
        self.changed |= self._sound.value.pop(name, None) is not None

    def scrub(self) -> bool:
        """Whether it is time to compare all assets with git again; if so, that is taken to happen now."""
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
        """The pages whose content has the id that is given for them."""
        ids = self.blobs.hex()
        starts = range(0, len(ids), 2 * _ID)
        return {page for page, at in zip(self.pages, starts, strict=True) if blobs.get(page) == ids[at : at + 2 * _ID]}

    def revisit(self, page: str, keys: set[int], suspects: Sequence[Suspect]) -> None:
        """Note what a second look at a page brought."""
        self.changed = True
        self.revisits[page] = Revisit(keys, tuple(suspects))

    def former(self) -> PageCache:
        """The pages that come from the disk."""
        return self if self.before == len(self.pages) else self.only(range(self.before))

    def only(self, places: Collection[int]) -> PageCache:
        """Some of the pages, by their places, as a snapshot of their own."""
        some = copy(self)
        some.without(set(range(len(self.pages))).difference(places))
        return some

    def concerned(self, files: Set[int], fragments: Set[int], touched: Callable[[str], bool]) -> set[int]:
        """The places of pages that embed one of these files, name one of these fragments (by key), or of which is told
        that they refer to something that was touched.
        """
        embedded = frozenset(number << 8 | role for number in files for role in range(len(ROLE_NUMBERS)))
        found = self.columns["assets"].concerned(embedded) | self.columns["uses"].concerned(frozenset(fragments))
        told = {
            page
            for page, facts in self.told.items()
            if touched(page) or any(touched(one.target.name) for one in facts.suspects)
        }
        return found | {place for place, page in enumerate(self.pages) if page in told or touched(page)}

    def outward(self) -> frozenset[int]:
        """Keys of the remote URLs, and of their fragments, that pages refer to."""
        return frozenset(self.columns["remote"].values).union(self.columns["parts"].values)

    def wanted(self, keys: frozenset[int] | None = None) -> Iterator[tuple[str, str, str]]:
        """What pages ask of the network; of these keys only, if any are given."""
        used = self.outward() if keys is None else keys
        rows = chain(self._news.value, self._newer) if used else ()
        return (row for row in rows if remote_key(row[0], row[1]) in used)

    def without(self, dropped: set[int]) -> None:
        """Forget pages, by their places."""
        if not dropped:
            return
        self.changed = True
        self.before -= sum(place < self.before for place in dropped)
        runs, start = [], 0
        for place in (*sorted(dropped), len(self.pages)):
            if place > start:
                runs.append(slice(start, place))
            start = place + 1
        self.pages = [page for run in runs for page in self.pages[run]]
        self.kinds = bytearray(b"".join(self.kinds[run] for run in runs))
        self.blobs = bytearray(b"".join(self.blobs[run.start * _ID : run.stop * _ID] for run in runs))
        self.counts = array("I", b"".join(self.counts[run].tobytes() for run in runs))
        self.stamps = array("Q", b"".join(self.stamps[run.start * 3 : run.stop * 3].tobytes() for run in runs))
        self.columns = {name: column.kept(runs) for name, column in self.columns.items()}
        left = set(self.pages)
        self.told = {page: facts for page, facts in self.told.items() if page in left}
        self.revisits = {page: revisit for page, revisit in self.revisits.items() if page in left}

    def write(self, path: Path, names: Source) -> bool:
        """Write it, whole or not at all; whether that worked: a run does not fail for what it would remember."""
        kept = set(self.pages)
        files = [""] * names.size
        for name, number in names.files.items():
            files[number] = name
        if self._newer:
            self._news.value = list(dict.fromkeys(chain(self._news.value, self._newer)))
        stored = _Stored(
            _FORMAT,
            self.identity,
            self.began,
            _joined(files),
            _joined(self.pages),
            bytes(self.kinds),
            self.counts.tobytes(),
            self.stamps.tobytes(),
            bytes(self.blobs),
            {name: (column.values.tobytes(), column.lengths.tobytes()) for name, column in self.columns.items()},
            self.told,
            {page: revisit for page, revisit in self.revisits.items() if page in kept},
            self._news.encoded(),
            self._sound.encoded(),
            self.scrubbed,
        )
        try:
            data = msgspec.msgpack.encode(stored)
            with disk.whole(path, lasting=False) as file:  # a torn one is known by its digest
                file.buffer.write(xxh3_64_digest(data))
                file.buffer.write(data)
        except (OSError, UnicodeError):  # a name that is not UTF-8 in what is told
            return False
        return True


def read(path: Path, identity: str) -> tuple[PageCache, list[str]] | None:
    """What is on disk, and the files by their numbers; None where there is nothing that can be used."""
    try:
        with disk.reading(path) as file:
            data = memoryview(file.read())
        if data[:_DIGEST] != xxh3_64_digest(data[_DIGEST:]):
            return None
        stored = msgspec.msgpack.decode(data[_DIGEST:], type=_Stored)
        if stored.format != _FORMAT or stored.identity != identity:
            return None
        snapshot = PageCache(identity)
        snapshot.pages = _split(stored.pages)
        snapshot.kinds, snapshot.blobs = bytearray(stored.kinds), bytearray(stored.blobs)
        snapshot.counts, snapshot.stamps = array("I", stored.counts), array("Q", stored.stamps)
        snapshot.columns = {name: Column(code, *stored.columns[name]) for name, code in _CODES.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    pages = len(snapshot.pages)
    sizes = {len(snapshot.kinds), len(snapshot.counts), len(snapshot.stamps) // 3, len(snapshot.blobs) // _ID}
    if sizes | {len(column.lengths) for column in snapshot.columns.values()} != {pages}:
        return None
    snapshot.told, snapshot.revisits = stored.told, stored.revisits
    snapshot._news.encoded_as(stored.news)
    snapshot._sound.encoded_as(stored.sound)
    snapshot.scrubbed = stored.scrubbed
    snapshot.began, snapshot.before, snapshot.changed = stored.began, pages, False
    return snapshot, _split(stored.files)


def _packed(assets: Iterable[tuple[int, str]]) -> bytes:
    return array("Q", [number << 8 | ROLE_NUMBERS.index(Role(role)) for number, role in assets]).tobytes()


def _joined(names: Iterable[str]) -> bytes:
    return "\0".join(names).encode("utf-8", "surrogateescape")


def _split(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\0") if data else []
