"""A source with a page that stands in none of its files: it is given beside it, and takes a name there."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import NamedTuple

from checker.model import Kind
from checker.sources.base import Source, Stamp, Stated

_BLOCK = 1 << 20  # bytes


class Given(NamedTuple):
    """A page that is given, and the name under which it is to stand."""

    name: str
    data: bytes
    kind: Kind


class WithPage(Source):
    """A source, in which one page is given instead of read."""

    __slots__ = ("_below", "_given")

    def __init__(self, below: Source, given: Given) -> None:
        self._below = below
        self._given = given
        folders = set(below.folders)
        folder = posixpath.dirname(given.name)
        while folder:
            folders.add(folder)
            folder = posixpath.dirname(folder)
        super().__init__(
            below.place,
            {*below.files, given.name},
            folders,
            {name: to for name, to in below.links.items() if name != given.name},
            below.problems,
            root=below.root,
        )

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a file."""
        return self._given.data[:limit] if name == self._given.name else self._below.read(name, limit)

    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of a file."""
        if name != self._given.name:
            return self._below.blocks(name)
        data = self._given.data
        return (data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK))

    def whole(self, name: str) -> bytes | mmap:
        """All bytes of a file at once."""
        return self._given.data if name == self._given.name else self._below.whole(name)

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """The stamps of files; the page has none."""
        return self._below.stamps(name for name in names if name != self._given.name)

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Files with their sizes in bytes."""
        names = [*names]
        yield from self._below.sizes(name for name in names if name != self._given.name)
        if self._given.name in names:
            yield self._given.name, len(self._given.data)

    def stated(self, name: str) -> Stated | None:
        """The kind that was named for the page; what the source states for others."""
        return Stated(self._given.kind, None) if name == self._given.name else self._below.stated(name)

    def stream(self, name: str) -> io.BufferedReader:
        """A stream of a file, without seeking."""
        return super().stream(name) if name == self._given.name else self._below.stream(name)

    def kind_of(self, name: str) -> Kind | bool | None:
        """The kind of page that a file is."""
        return self._below.kind_of(name)

    def ahead(self, names: Iterable[str]) -> None:
        """Prepare for reading files."""
        self._below.ahead(name for name in names if name != self._given.name)

    def rest(self) -> None:
        """End connections."""
        self._below.rest()

    def shown(self, name: str) -> str:
        """A file's name in messages."""
        return name if name == self._given.name else self._below.shown(name)
