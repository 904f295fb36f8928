"""What every source of a mirror's bytes can tell and do: its names, and the bytes behind each of them."""

from __future__ import annotations

import errno
import io
import os
import unicodedata
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple

from checker.model import Kind

LINKS_IN_A_ROW = 40  # symbolic links through symbolic links that are followed, as by the kernel
GZIP = b"\x1f\x8b"  # how a gzip file begins
SKIPPED = frozenset({".git", ".hg", ".svn", ".mirrorcheck"})  # a tool's own store, never published

Stamp = tuple[int, int, int]  # size in bytes, then two numbers of which one changes with the content


class Problem(NamedTuple):
    """What is wrong with a file as such, whoever refers to it."""

    path: str
    rule: str
    message: str


class Stated(NamedTuple):
    """What a server stated of a page when it sent it."""

    kind: Kind
    charset: str | None


class Source(ABC):
    """The files and folders of a mirror, by their names relative to its root, `/`-separated; and what they hold.

    A name that is not UTF-8 holds lone surrogates (PEP 383). A symbolic link that stays inside is in `links`, another
    name of what it leads to; one that leaves, dangles or loops is among the `problems`.

    A source travels to worker processes, so it keeps no file open. It reads its own files only: no pipe, and nothing
    outside of the mirror. Reading raises OSError, with a `strerror` that ends the sentence "cannot be read: …".
    """

    __slots__ = ("_folded", "files", "folders", "links", "place", "problems", "root", "size")

    def __init__(
        self,
        place: Path,
        files: Iterable[str],
        folders: set[str],
        links: dict[str, str],
        problems: list[Problem],
        *,
        root: Path | None = None,
    ) -> None:
        """`place` is how people name it. `root` is its folder on this machine, which git may know and `seal` writes to;
        None where there is no such folder.
        """
        self.place = place
        self.root = root
        self.folders = folders
        self.links = links
        self.problems = problems
        self.files: dict[str, int] = {name: number for number, name in enumerate(sorted(files))}
        self.size = len(self.files)  # numbers are below it
        self._folded: tuple[dict[str, str], dict[str, list[str]]] | None = None

    @abstractmethod
    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a file, or all that it has. Raises OSError."""

    @abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of a file, in pieces that fit in memory. Raises OSError."""

    @abstractmethod
    def whole(self, name: str) -> bytes | mmap:
        """All bytes of a file at once; a large file as a map, which the caller closes. Raises OSError."""

    @abstractmethod
    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """The stamps of those files that can be read: a file whose stamp is the same has the same content."""

    @abstractmethod
    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes of those files that can be read; of several hard links to one file, only the first counts."""

    def stated(self, name: str) -> Stated | None:  # noqa: ARG002 - most sources know names and bytes only
        """What a server stated of a page; None where its name and its bytes are all that there is."""
        return None

    def stream(self, name: str) -> io.BufferedReader:
        """A file to read piece by piece or line by line, not to seek in. Raises OSError, while it is read too."""
        return io.BufferedReader(_Stream(self.blocks(name)))

    def shown(self, name: str) -> str:
        """A file's name in messages."""
        return f"{self.place}/{name}"

    def holds(self, name: str) -> bool:
        """Whether there is a file of this name, through symbolic links too."""
        return name in self.files or self.real(name) in self.files

    def renumber(self, before: Sequence[str]) -> None:
        """Give files the numbers they had in a list from before; "" and what is gone leave gaps."""
        numbers = dict(zip(before, range(len(before)), strict=True))
        added = self.files.keys() - numbers.keys()
        self.size = len(before) + len(added)
        numbers |= zip(sorted(added), range(len(before), self.size), strict=True)
        self.files = dict(zip(self.files, map(numbers.__getitem__, self.files), strict=True))

    def real(self, name: str) -> str:
        """The name of the file or folder that a name leads to through symbolic links; the name itself without any."""
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
        """Names that differ from this one only by case or Unicode form, folders among them."""
        last, several = self._folds()
        form = fold(name)
        return [other for other in several.get(form, (last.get(form, name),)) if other != name]

    def collisions(self) -> Iterator[list[str]]:
        """Groups of names that a disk blind to case or Unicode form cannot hold side by side."""
        return iter(self._folds()[1].values())

    def _folds(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The last name of each form, and all names of the forms that have several."""
        if self._folded is None:
            names = [*self.files, *sorted(self.folders)]
            forms = fold("\0".join(names)).split("\0")  # all at once
            last = dict(zip(forms, names, strict=True))
            several: dict[str, list[str]] = {}
            if len(last) < len(names):
                for form, name in zip(forms, names, strict=True):
                    if last[form] != name:
                        several.setdefault(form, [last[form]]).insert(-1, name)
            self._folded = last, several
        return self._folded


def fold(name: str) -> str:
    """The form under which names collide on disks that ignore case and Unicode form: the canonical caseless match."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def gunzip(data: bytes, limit: int) -> bytes:
    """The first `limit` bytes of a gzip file; what is broken behind them does not matter to a page."""
    try:
        return zlib.decompressobj(31).decompress(data, limit)
    except zlib.error:
        return b""


def no_such(name: str) -> FileNotFoundError:
    """What reading a name raises that is not among the files of a source, whatever lies there."""
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
