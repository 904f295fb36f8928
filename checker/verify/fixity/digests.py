"""Compares the digests of files with those that a manifest or git recorded."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import compress, count
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.mirror.git import Recorded
from checker.sources.base import Source, Stamp
from checker.sources.index import chosen
from checker.verify.fixity.manifest import Entry, Manifest, ManifestError, entries

if TYPE_CHECKING:  # it loads the extractors, which hashing does not need
    from checker.sweep.facts import Context

_SNIFFED = 8000  # first bytes of a file; git takes it for binary if they contain a NUL

Read = tuple[str, "bytes | str"]  # name of a file; its digest, or why it cannot be read


class DifferenceKind(StrEnum):
    """How a file differs from what the manifest records."""

    CHANGED = "changed"
    MISSING = "missing"
    RENAMED = "renamed"
    ADDED = "added"
    UNREADABLE = "unreadable"  # so it cannot be compared


class Difference(NamedTuple):
    """One difference between a folder and its manifest."""

    kind: DifferenceKind
    name: str
    line: int = 0  # of the manifest; 0: the file is in the folder
    now: str = ""  # the new name, or why the file cannot be read


class Sums:
    """Digests by file number, in one block of memory without overhead per file."""

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
        """The digest of a file; None if it is not known."""
        return self.of(number) if self._known[number] else None

    def __iter__(self) -> Iterator[bytes]:
        """The digests that are known."""
        return map(self.of, compress(count(), self._known))

    def of(self, number: int) -> bytes:
        """The digest of a file for which it is known."""
        return bytes(self._block[number * self.size : (number + 1) * self.size])


class Record:
    """The digests that a manifest records for a folder's files."""

    def __init__(
        self, manifest: Manifest, index: Source, concerned: Callable[[str], bool] = lambda _name: True
    ) -> None:
        """Read the entries of a manifest for which `concerned(name)` is true. Raises ManifestError."""
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
            raise ManifestError(self.manifest, entry.line, "the file is listed above with another checksum")

    def to_hash(self) -> Sequence[str]:
        """The files that need to be hashed. New files do only if files are missing, which may have been renamed."""
        files = self._index.files
        if not self.missing:
            return chosen(files, self._sums.__contains__)
        return [name for name, number in files.items() if number in self._sums or self._new(name)]

    @property
    def partial(self) -> bool:
        """Whether the manifest lists less than half of the files, for example only the downloads."""
        return self.listed * 2 < sum(map(self.manifest.covers, self._index.files))

    def _new(self, name: str) -> bool:
        return self.manifest.covers(name) and self._concerned(name)

    def differences(self, now: Sums, unreadable: dict[str, str]) -> Iterator[Difference]:
        """The differences, sorted by name. A file that was renamed is one difference."""
        new: dict[bytes, list[str]] = defaultdict(list)
        added: list[str] = []
        wanted = {entry.digest for entry in self.missing.values()} - {self._empty}  # all empty files are the same
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
    """The context of workers that only hash the files of a mirror."""

    source: Source
    online: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """The same, as an engine asks for it."""
        return (self.source,)


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
    """A file whose bytes differ from git's blob."""

    name: str
    oid: str  # of the blob
    kept: bool  # its size and time are those that git noted, so nobody wrote to it
    binary: bool


def blobs(context: Context, batch: Iterable[Recorded]) -> list[Altered | None]:
    """For each file, how its bytes differ from git's blob; None if they do not."""
    source = context.source
    batch = [*batch]
    stamps = source.stamps(each.name for each in batch)
    return [_altered(each, source, stamps.get(each.name)) for each in batch]


def _altered(recorded: Recorded, source: Source, stamp: Stamp | None) -> Altered | None:
    if stamp is None:
        return None  # another finding says that it cannot be read
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
    return Altered(recorded.name, recorded.oid, kept, binary=b"\0" in head[:_SNIFFED])


def _same_time(now: int, then: int) -> bool:
    """Whether two times in nanoseconds are the same; archives and some disks keep only whole seconds."""
    whole = 1_000_000_000
    return now == then or (now // whole == then // whole and not (now % whole and then % whole))


def unread(name: str) -> Read:
    """The result for a file that crashes its worker."""
    return name, "cannot be read: the process that reads it crashes"
