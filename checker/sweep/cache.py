"""What the sweep learnt of each page, kept for the next run: a page that did not change is not read again.

A page is the same if its size and times are, as in git's own index, or else if its content is: by git's blob ids where
git knows the file, by reading it where not. What it refers to may have come or gone meanwhile: pages that a new or a
missing file concerns are read again, and all of them where the configuration or the layout changed.

All is in columns, a few bytes a reference, so that a hundred thousand pages come back in a few large reads.
"""

from __future__ import annotations

import re
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from hashlib import sha1
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from xxhash import xxh3_64_digest

from checker import __version__, disk, logins
from checker.config.schema import Config
from checker.mirror.opening import Opened
from checker.model import Kind, Role, TargetKind
from checker.sources.base import Source, Stamp
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
_GAPS = 1000  # numbers of files that are gone, beside as many as there are files, that may stay unused
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


T = TypeVar("T")


class _Late(Generic[T]):
    """A part of what is on disk, decoded when it is first asked for."""

    __slots__ = ("_kind", "_raw", "_value")

    def __init__(self, kind: type[T], value: T) -> None:
        self._kind = kind
        self._raw: msgspec.Raw | None = None
        self._value = value

    @property
    def value(self) -> T:
        if self._raw is not None:
            self._value, self._raw = msgspec.msgpack.decode(self._raw, type=self._kind), None
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self._value, self._raw = value, None

    def encoded_as(self, raw: msgspec.Raw) -> None:
        self._raw = raw

    def encoded(self) -> msgspec.Raw:
        return self._raw if self._raw is not None else msgspec.Raw(msgspec.msgpack.encode(self._value))


class Column:
    """Numbers of each page, one page after the other."""

    __slots__ = ("lengths", "values")

    def __init__(self, code: str, values: bytes = b"", lengths: bytes = b"") -> None:
        self.values = array(code, values)
        self.lengths = array("I", lengths)  # how many each page has

    @property
    def ends(self) -> array[int]:
        """Where each page's numbers end."""
        return array("Q", accumulate(self.lengths))

    def add(self, data: bytes) -> None:
        """The next page's, as the bytes of an array."""
        self.values.frombytes(data)
        self.lengths.append(len(data) // self.values.itemsize)

    def concerned(self, values: frozenset[int]) -> set[int]:
        """The places of the pages that have any of these numbers."""
        found, start = set(), 0
        for place, end in enumerate(self.ends if values else ()):
            if not values.isdisjoint(self.values[start:end]):
                found.add(place)
            start = end
        return found

    def kept(self, runs: Sequence[slice]) -> Column:
        """Those pages only."""
        column, ends = Column(self.values.typecode), self.ends
        for run in runs:
            column.values += self.values[ends[run.start - 1] if run.start else 0 : ends[run.stop - 1]]
            column.lengths += self.lengths[run]
        return column


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
        self._news = _Late(list[tuple[str, str, str]], [])  # URL, fragment and role, as the network is asked
        self._newer: dict[tuple[str, str, str], None] = {}  # the same, of pages that were read now
        self._sound = _Late(dict[str, Sound], {})  # assets that are what they claim to be
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


class Known(NamedTuple):
    """A snapshot from the disk, and the places of its pages that files which came or went concern."""

    snapshot: PageCache
    changed: set[int]


def known(path: Path, identity: str, names: Source) -> Known | None:
    """What is on disk, if any of it holds. Gives the files in `names` the numbers they have there."""
    found = read(path, identity)
    changed = None if found is None else _changed(*found, names)
    return None if found is None or changed is None else Known(found[0], changed)


class Recalled(NamedTuple):
    """What is remembered of pages."""

    snapshot: PageCache
    stamps: Mapping[str, Stamp]  # of all pages, now
    places: Mapping[str, int]  # of pages in the snapshot that may have changed
    unread: Sequence[tuple[str, bytes]]  # pages to read, if their content has not this id


def recall(
    found: Known | None,
    identity: str,
    names: Source,
    pages: Sequence[str],
    vouched: Callable[[], Mapping[str, str]],
    *,
    change: bool = False,
) -> Recalled:
    """Which pages need to be read. `vouched()`: ids of files that git knows to be as they were checked out; where only
    a `change` counts, git is asked first, who compares files faster.
    """
    began = time.time_ns()
    if found is None:
        return Recalled(PageCache(identity), names.stamps(pages), {}, [(page, b"") for page in pages])
    snapshot, dropped = found
    held = snapshot.among(vouched()).intersection(pages) if change else set()
    now = names.stamps(page for page in pages if page not in held)
    doubtful: dict[str, int] = {}
    for place, page in enumerate(snapshot.pages):
        if page in held:
            continue
        stamp = now.get(page)
        if stamp is None:
            dropped.add(place)
        elif place not in dropped and not snapshot.stands(place, stamp):
            doubtful[page] = place
    same = vouched() if doubtful else {}
    for page, place in doubtful.items():
        snapshot.restamp(place, now[page])
    doubtful = {page: place for page, place in doubtful.items() if same.get(page) != snapshot.blob(place).hex()}
    ids = {page: snapshot.blob(place) for page, place in doubtful.items()}
    snapshot.without(dropped)
    snapshot.began = began
    places = {page: place for place, page in enumerate(snapshot.pages)}
    unread = [(page, ids.get(page, b"")) for page in pages if page in ids or page not in places]
    return Recalled(snapshot, now, {page: places[page] for page in ids}, unread)


def _changed(snapshot: PageCache, files: list[str], names: Source) -> set[int] | None:
    """The places of pages that are concerned by files that came or went; None: all are."""
    if list(names.files) == files:
        return set()
    if len(files) > 2 * len(names.files) + _GAPS:
        return None
    before = dict(zip(files, range(len(files)), strict=True))
    added = names.files.keys() - before.keys()
    gone = {before[name] for name in before.keys() - names.files.keys() if name}
    folders = _folders(files)
    if not folders <= names.folders:
        return None  # what of a folder is referred to is not kept
    stems = {_stem(name) for name in added} | (names.folders - folders)
    concerned = gone.union(_with_stems(files, stems))
    names.renumber(files)
    places = snapshot.columns["files"].concerned(frozenset(concerned))
    if added:
        missed = {page for page, facts in snapshot.told.items() if any(map(_is_missed, facts.suspects))}
        places.update(place for place, page in enumerate(snapshot.pages) if page in missed)
    snapshot.changed = True
    return places


def _is_missed(suspect: Suspect) -> bool:
    return suspect.target.kind is TargetKind.MISSING


def _folders(files: Iterable[str]) -> set[str]:
    """The folders that files are in, at any depth."""
    found = {""}
    for folder in {name.rpartition("/")[0] for name in files}:
        above = folder
        while above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _with_stems(files: Sequence[str], stems: Set[str]) -> Iterator[int]:
    """The numbers of files whose names have one of these stems, with which each of them begins."""
    order = sorted(range(len(files)), key=files.__getitem__) if stems else []
    for stem in stems:
        at = bisect_left(order, stem, key=files.__getitem__)
        while at < len(order) and files[order[at]].startswith(stem):
            if _stem(files[order[at]]) == stem:
                yield order[at]
            at += 1


def _stem(name: str) -> str:
    """What names have in common that may answer for one another: without query, extension and `index`."""
    head, slash, base = name.partition("?")[0].partition("@")[0].rpartition("/")
    base = base.partition(".")[0]
    return head if base in {"index", "README", "readme"} else f"{head}{slash}{base}"


def identity(config: Config, opened: Opened, *, online: bool, embeds: bool = True) -> str:
    """What facts depend on beside the pages and the names of the mirror's files.

    Not the names of commits and other refs: they change every night, and pages that name them are not remembered.
    """
    parts = [config.mirror, config.pages, config.references, opened.published, opened.slugs, opened.home]
    parts += [opened.addresses, opened.origins, opened.mounts, online, embeds]
    return sha1(repr((__version__, [_plain(part) for part in parts])).encode(), usedforsecurity=False).hexdigest()


def _plain(value: object) -> object:
    """A value as one that prints the same in every process."""
    match value:
        case Source():
            return [value.links, sorted(value.problems)]
        case re.Pattern():
            return value.pattern
        case str() | int() | float() | bytes() | None:
            return value
        case dict() | Mapping():
            return sorted((repr(key), _plain(each)) for key, each in value.items())
        case set() | frozenset():
            return sorted(map(repr, value))
        case tuple() if hasattr(value, "_asdict"):
            fields = value._asdict()
            return [_plain(each) for name, each in fields.items() if name not in {"current", "refs"}]
        case list() | tuple():
            return [_plain(each) for each in value]
    names = getattr(value, "__struct_fields__", None) or getattr(type(value), "__slots__", None) or vars(value)
    return [_plain(getattr(value, name)) for name in names]


def _packed(assets: Iterable[tuple[int, str]]) -> bytes:
    return array("Q", [number << 8 | ROLE_NUMBERS.index(Role(role)) for number, role in assets]).tobytes()


def _joined(names: Iterable[str]) -> bytes:
    return "\0".join(names).encode("utf-8", "surrogateescape")


def _split(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\0") if data else []
