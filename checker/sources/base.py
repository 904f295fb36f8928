"""The interface of all sources of a mirror: the names of its files, and their bytes."""

from __future__ import annotations

import errno
import io
import os
import unicodedata
import zlib
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, islice
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple

from checker import kinds
from checker.model import Kind
from checker.sources.address import Root
from checker.sources.index import Gathered, Index

_AT_ONCE = 1_000_000  # names that are folded together
LINKS_IN_A_ROW = 40  # symbolic links through symbolic links that are followed, as by the kernel
GZIP = b"\x1f\x8b"  # how a gzip file begins
SKIPPED = frozenset({".git", ".hg", ".svn", ".mirrorcheck"})  # folders of tools, which are never published

Stamp = tuple[int, int, int]  # size in bytes, then two numbers; at least one changes with the content
UNREAD: Stamp = (0, 0, 0)  # in place of the stamp of a file that is unreadable


class Problem(NamedTuple):
    """A fault of a file itself, whether or not pages refer to it."""

    path: str
    rule: str
    message: str


class Stated(NamedTuple):
    """What a server stated for a page: its kind and charset, and header fields that name URLs."""

    kind: Kind
    charset: str | None
    fields: tuple[tuple[str, str], ...] = ()  # (name, value)


class Source(ABC):
    """The files and folders of a mirror, by their names relative to its root, `/`-separated, and their bytes.

    A name that is not UTF-8 contains lone surrogates (PEP 383). A symbolic link that stays inside is in `links`, with
    the name of its target. One that leaves the mirror, dangles or loops is in `problems`.

    A source is sent to worker processes, so it keeps no file open. It reads only its own files: no pipe, and nothing
    outside the mirror. Reading raises OSError, with a `strerror` that ends the sentence "cannot be read: …".
    """

    __slots__ = ("_folded", "files", "folders", "left_out", "links", "place", "problems", "root", "size")

    def __init__(
        self,
        place: Root,
        files: Iterable[str] | Gathered,
        folders: set[str],
        links: dict[str, str],
        problems: list[Problem],
        *,
        root: Path | None = None,
    ) -> None:
        """`place` is the name that the user sees. `root` is the folder on this machine, for git and `seal`; None if
        there is no such folder.
        """
        self.place = place
        self.root = root
        self.folders = folders
        self.links = links
        self.problems = problems
        self.files: Mapping[str, int] = (files if isinstance(files, Gathered) else Gathered(files)).index()
        self.size = len(self.files)  # numbers are below it
        # What lies there and is not published; a folder has a `/` at its end.
        self.left_out: frozenset[str] = frozenset()
        self._folded: dict[str, list[str]] | None = None

    batch = 0  # files that a worker reads in one go; 0: as many as it likes
    kind_of = staticmethod(kinds.kind_of)  # the kind of page that a file is; a store may know more than the name

    def ahead(self, names: Iterable[str]) -> None:  # noqa: B027 - most have nothing to do
        """Prepare for reading files soon, in this order; what is far away begins to fetch them."""

    def rest(self) -> None:  # noqa: B027
        """End what the next read would start again, as connections and threads."""

    @abstractmethod
    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a file, or all if it has fewer. Raises OSError."""

    @abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of a file, in pieces that fit in memory. Raises OSError."""

    @abstractmethod
    def whole(self, name: str) -> bytes | mmap:
        """All bytes of a file at once; a large file as a map, which the caller closes. Raises OSError."""

    @abstractmethod
    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """The stamps of files; unreadable files are left out. A file with the same stamp has the same content."""

    def stamped(self, names: Iterable[str]) -> array[int]:
        """The stamps of files, one after the other; three zeros for a file that is unreadable."""
        names = list(names)
        known = self.stamps(names)
        return array("Q", chain.from_iterable([known.get(name, UNREAD) for name in names]))

    @abstractmethod
    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Files with their sizes in bytes; unreadable files, and further hard links to one file, are left out."""

    def stated(self, name: str) -> Stated | None:  # noqa: ARG002 - most sources know names and bytes only
        """What a server stated for a page; None if the source has only names and bytes."""
        return None

    def stream(self, name: str) -> io.BufferedReader:
        """A stream of a file, without seeking. Raises OSError, also while it is read."""
        return io.BufferedReader(_Stream(self.blocks(name)))

    def shown(self, name: str) -> str:
        """A file's name in messages."""
        return f"{self.place}/{name}"

    def holds(self, name: str) -> bool:
        """Whether there is a file of this name, through symbolic links too."""
        return name in self.files or self.real(name) in self.files

    def leave_out(self, names: Iterable[str], but: frozenset[str] = frozenset()) -> None:
        """Take files, and whole folders that are named with a `/` at their end, for what is not there, `but` some."""
        before, self.left_out = self.left_out, frozenset(names)
        there = (name for name in self.files if name in but or not self.leaves_out(name))
        kept = Gathered(there).index() if self.left_out else {}
        if not kept:  # a folder of nothing but such files is none that git publishes
            self.left_out = before
            return
        self.files = kept
        self.size = len(kept)
        self.folders = {name for name in self.folders if not self.leaves_out(name)}
        for name in but:
            while (name := name.rpartition("/")[0]) and name not in self.folders:
                self.folders.add(name)
        self.links = {name: to for name, to in self.links.items() if not self.leaves_out(name)}
        self._folded = None

    def leaves_out(self, name: str) -> bool:
        """Whether a name is of what lies there and is not published."""
        return _is_among(name, self.left_out)

    def among(self, names: Iterable[str]) -> frozenset[str]:
        """The files that are named, or are in a folder that is named with a `/` at its end."""
        named = frozenset(names)
        return frozenset([name for name in self.files if _is_among(name, named)]) if named else named

    @property
    def is_large(self) -> bool:
        """Whether there are so many files that lists of them do not fit in memory."""
        return isinstance(self.files, Index)

    def renumber(self, numbers: Iterable[int], size: int) -> None:
        """Give files other numbers, in the order of their names; all are below `size`."""
        self.files, self.size = dict(zip(self.files, numbers, strict=True)), size

    def real(self, name: str) -> str:
        """The name of the file or folder that a name leads to through symbolic links; without links, the same name."""
        for _ in range(LINKS_IN_A_ROW if self.links else 0):
            parts = name.split("/")
            for end in range(1, len(parts) + 1):
                target = self.links.get("/".join(parts[:end]))
                if target is not None:
                    name = "/".join((target, *parts[end:])) if target else "/".join(parts[end:])
                    break
            else:
                break
        return name

    def alike(self, name: str) -> list[str]:
        """Names of files and folders that differ from this one only by case or Unicode form."""
        return [other for other in self._of_form(fold(name)) if other != name]

    def collisions(self) -> Iterator[list[str]]:
        """Groups of names that are the same on a disk that ignores case or Unicode form."""
        groups = [self._of_form(form) for form in self._unlike()]
        return iter(sorted(group for group in groups if len(group) > 1))

    def _of_form(self, form: str) -> list[str]:
        """The files, and then the folders, whose names have a form."""
        names = self._unlike().get(form, [])
        if form in self.files or form in self.folders:
            names = [*names, form]
        return sorted(names, key=lambda name: (name in self.folders, name))

    def _unlike(self) -> dict[str, list[str]]:
        """The names that differ from their own forms, by these."""
        if self._folded is None:
            self._folded = {}
            names = chain(self.files, self.folders)
            while some := [*islice(names, _AT_ONCE)]:
                for name, form in _folded(some):
                    self._folded.setdefault(form, []).append(name)
        return self._folded


def _is_among(name: str, named: Set[str]) -> bool:
    if not named or name in named:
        return bool(named)
    while name and f"{name}/" not in named:
        name = name.rpartition("/")[0]
    return bool(name)


def fold(name: str) -> str:
    """The form under which names collide on disks that ignore case and Unicode form: the canonical caseless match."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _folded(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names that differ from their own forms, with these. Those beyond ASCII are folded all at once."""
    others = [name for name in names if not name.isascii()]
    forms = fold("\0".join(others)).split("\0") if others else []
    for name in names:
        if name.isascii() and (form := name.lower()) != name:
            yield name, form
    for name, form in zip(others, forms, strict=True):
        if name != form:
            yield name, form


def gunzip(data: bytes, limit: int) -> bytes:
    """The first `limit` bytes of a gzip file. Damage after them does not matter for a page."""
    try:
        return zlib.decompressobj(31).decompress(data, limit)
    except zlib.error:
        return b""


def no_such(name: str) -> FileNotFoundError:
    """The error of reading a name that is not a file of the source, even if something else has that name."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)


class _Stream(io.RawIOBase):
    """Blocks as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        size = min(len(room), len(self._rest))
        room[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
