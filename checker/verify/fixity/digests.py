"""Whether files hold the bytes that were recorded of them, by a manifest or by git."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.mirror.git import Recorded
from checker.sources.base import Source, Stamp
from checker.verify.fixity.manifest import Entry, Manifest, ManifestError, entries

if TYPE_CHECKING:  # it brings the extractors, which nothing that is hashed needs
    from checker.sweep.facts import Context

_TOLD = 8000  # bytes among which git looks for a NUL, to tell binary files from text

Read = tuple[str, "bytes | str"]  # name of a file; its digest, or why it cannot be read


class DifferenceKind(StrEnum):
    """In what a file differs from what the manifest records."""

    CHANGED = "changed"
    MISSING = "missing"
    RENAMED = "renamed"
    ADDED = "added"
    UNREADABLE = "unreadable"  # so that it cannot be told


class Difference(NamedTuple):
    """How a folder differs from its manifest."""

    kind: DifferenceKind
    name: str
    line: int = 0  # of the manifest; 0: the file is not in it
    now: str = ""  # the new name; why it cannot be read


class Sums:
    """Digests by file number, in one block of memory: a million files take what their digests do."""

    __slots__ = ("_block", "_known", "algorithm", "size")

    def __init__(self, files: int, algorithm: str) -> None:
        self.algorithm = algorithm
        self.size = hashlib.new(algorithm, usedforsecurity=False).digest_size
        self._block = bytearray(files * self.size)
        self._known = bytearray(files)

    def __contains__(self, number: int) -> bool:
        return bool(self._known[number])

    def __setitem__(self, number: int, digest: bytes) -> None:
        if len(digest) != self.size:
            raise ValueError("a digest of another algorithm")
        self._known[number] = 1
        self._block[number * self.size : (number + 1) * self.size] = digest

    def get(self, number: int) -> bytes | None:
        """None: not known."""
        return self.of(number) if self._known[number] else None

    def of(self, number: int) -> bytes:
        """A digest that is known."""
        return bytes(self._block[number * self.size : (number + 1) * self.size])


class Record:
    """What a manifest says of a folder's files."""

    def __init__(
        self, manifest: Manifest, index: Source, concerned: Callable[[str], bool] = lambda _name: True
    ) -> None:
        """Read the manifest, and of it what is `concerned`. Raises ManifestError."""
        self.manifest = manifest
        self._index = index
        self._concerned = concerned
        self._empty = hashlib.new(manifest.algorithm, usedforsecurity=False).digest()
        self._sums = Sums(index.size, manifest.algorithm)
        self.missing: dict[str, Entry] = {}
        self.listed = 0
        for entry in entries(manifest, index):
            self.listed += 1
            if concerned(entry.name):
                self._add(entry)

    def _add(self, entry: Entry) -> None:
        number = self._index.files.get(entry.name)
        if number is None:
            number = self._index.files.get(self._index.real(entry.name))
        if number is None:
            known = self.missing.setdefault(entry.name, entry).digest
        else:
            known = self._sums.get(number) or entry.digest
            self._sums[number] = entry.digest
        if known != entry.digest:
            raise ManifestError(self.manifest, entry.line, "the file is listed before, with another sum")

    def to_hash(self) -> list[str]:
        """The files whose digests tell all differences: new ones only where they may be what is missing."""
        every = bool(self.missing)
        return [
            name for name, number in self._index.files.items() if number in self._sums or (every and self._new(name))
        ]

    @property
    def partial(self) -> bool:
        """Whether it lists a few of the files only, such as what is there to download."""
        return self.listed * 2 < sum(map(self.manifest.covers, self._index.files))

    def _new(self, name: str) -> bool:
        return self.manifest.covers(name) and self._concerned(name)

    def differences(self, now: Sums, unreadable: dict[str, str]) -> Iterator[Difference]:
        """How the folder differs, in the order of names; each file that was renamed is told once."""
        new: dict[bytes, list[str]] = defaultdict(list)
        added: list[str] = []
        wanted = {entry.digest for entry in self.missing.values()} - {self._empty}  # empty files are all alike
        for name, number in self._index.files.items():
            recorded, digest = self._sums.get(number), now.get(number)
            if name in unreadable:
                yield Difference(DifferenceKind.UNREADABLE, name, now=unreadable[name])
            elif recorded is not None:
                if digest is not None and digest != recorded:
                    yield Difference(DifferenceKind.CHANGED, name)
            elif self._new(name):
                if digest in wanted and digest is not None:
                    new[digest].append(name)
                else:
                    added.append(name)
        for entry in sorted(self.missing.values()):
            if names := new.get(entry.digest):
                yield Difference(DifferenceKind.RENAMED, entry.name, entry.line, names.pop(0))
            else:
                yield Difference(DifferenceKind.MISSING, entry.name, entry.line)
        for name in sorted((*added, *(name for names in new.values() for name in names))):
            yield Difference(DifferenceKind.ADDED, name)


class Files(NamedTuple):
    """What workers hold that only hash the files of a mirror."""

    source: Source
    online: bool = False


def digests(context: Files | Context, batch: Iterable[str], algorithm: str) -> list[Read]:
    """The digests of files."""
    source, make = context.source, getattr(hashlib, algorithm)
    return [(name, _digest(source, name, make)) for name in batch]


def _digest(source: Source, name: str, make: Callable[..., Any]) -> bytes | str:
    digest = make(usedforsecurity=False)
    try:
        for block in source.blocks(name):
            digest.update(block)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return bytes(digest.digest())


class Altered(NamedTuple):
    """A file whose bytes are not those of git's blob."""

    name: str
    oid: str  # of the blob
    kept: bool  # its size and time are as git noted them: nobody wrote to it
    binary: bool


def blobs(context: Context, batch: Iterable[Recorded]) -> list[Altered | None]:
    """Which files are not byte for byte what git recorded."""
    source = context.source
    batch = [*batch]
    stamps = source.stamps(each.name for each in batch)
    return [_altered(each, source, stamps.get(each.name)) for each in batch]


def _altered(recorded: Recorded, source: Source, stamp: Stamp | None) -> Altered | None:
    if stamp is None:
        return None  # whoever reads it for another reason says so
    size, modified, _ = stamp
    make = hashlib.sha1 if len(recorded.oid) == 40 else hashlib.sha256
    digest = make(b"blob %d\0" % size, usedforsecurity=False)
    head = b""
    try:
        for block in source.blocks(recorded.name):
            head = head or block
            digest.update(block)
    except OSError:
        return None
    if digest.hexdigest() == recorded.oid:
        return None
    kept = size & 0xFFFF_FFFF == recorded.size and _same_time(modified, recorded.mtime)
    return Altered(recorded.name, recorded.oid, kept, binary=b"\0" in head[:_TOLD])


def _same_time(now: int, then: int) -> bool:
    """Archives and some disks know whole seconds only."""
    whole = 1_000_000_000
    return now == then or (now // whole == then // whole and not (now % whole and then % whole))


def unread(name: str) -> Read:
    """A file that takes its worker down."""
    return name, "cannot be read: the process that reads it does not survive it"
