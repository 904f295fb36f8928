"""How a process reads from a store: ahead within bounds, and what was read to open a mirror from a file beside it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import msgspec
from xxhash import xxh3_64_digest

from checker import disk
from checker.sources.address import Client, Entry
from checker.sources.base import Stamp

UNKNOWN = (1 << 64) - 1  # in place of a size

_AHEAD = 4 << 20  # bytes; no more of an object is read ahead
_ROOM = 32 << 20  # bytes that are read ahead
_GUESSED = 1 << 18  # bytes of an object whose size is not known
_LEAST = 1 << 16  # bytes that are asked for at once, where fewer are wanted

_FORMAT = 1
_DIGEST = 8  # bytes at the beginning: the xxh3 of the rest
_REMEMBERED = 32 << 20  # bytes of all objects


class Reader:
    """The connections of this process to a store, and what they have read ahead."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.process = os.getpid()
        self._waiting: deque[tuple[str, int]] = deque()
        self._running: dict[str, tuple[Future[bytes], int]] = {}
        self._room = _ROOM
        self._last = "", b"", 0  # a page may be asked for twice: first its beginning, then all of it

    def ahead(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Begin to read objects (name, bytes) that will be asked for in this order, instead of those named before."""
        for future, _ in self._running.values():
            future.cancel()
        self._running.clear()
        self._room = _ROOM
        self._waiting = deque(
            (name, _GUESSED if size == UNKNOWN else size)
            for name, size in sizes
            if 0 < size <= _AHEAD or size == UNKNOWN
        )
        self._fill()

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of an object. Raises OSError."""
        if self._last[0] != name:
            self._last = name, *self._first(name, limit)
        _, data, asked = self._last
        if limit > asked <= len(data):
            data = self.client.get(name, 0, limit).result()
            self._last = name, data, limit
        return data[:limit]

    def looks(self, names: Sequence[str]) -> Iterator[tuple[str, Entry | None]]:
        """What there is to know of objects; None of what cannot be known."""
        running: deque[tuple[str, Future[Entry]]] = deque()
        waiting = iter(names)
        while True:
            while len(running) < self.client.width and (name := next(waiting, None)) is not None:
                running.append((name, self.client.look(name)))
            if not running:
                return
            name, future = running.popleft()
            try:
                yield name, future.result()
            except OSError:
                yield name, None

    def _first(self, name: str, limit: int) -> tuple[bytes, int]:
        """Bytes of an object, and how many were asked for."""
        if name not in self._running:
            asked = max(limit, _LEAST)
            return self.client.get(name, 0, asked).result(), asked
        future, size = self._running.pop(name)
        self._room += size
        self._fill()
        return future.result(), _AHEAD

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self.client.width and self._room > 0:
            name, size = self._waiting.popleft()
            if name not in self._running:
                self._room -= size
                self._running[name] = self.client.get(name, 0, _AHEAD), size


class _Beginning(msgspec.Struct, array_like=True, frozen=True):
    stamp: Stamp
    limit: int  # bytes that were asked for
    data: bytes


class _Type(msgspec.Struct, array_like=True, frozen=True):
    stamp: Stamp
    modified: int  # the type of an object can change without its content
    text: str


class _Stored(msgspec.Struct, array_like=True):
    format: int = _FORMAT
    beginnings: dict[str, _Beginning] = {}
    types: dict[str, _Type] = {}


class Memory:
    """What the opening of a mirror learnt of objects, for the next run: while their stamps are the same, no object is
    read to open it.
    """

    def __init__(self, file: Path | None) -> None:
        """`file`: None remembers nothing beyond this run. What cannot be read is as if it was not there."""
        self._file = file
        self._before = _read(file) if file else _Stored()
        self._now = _Stored()
        self._left = _REMEMBERED

    def beginning(self, name: str, stamp: Stamp, limit: int) -> bytes | None:
        """The first `limit` bytes of an object; None if they are not known."""
        known = self._now.beginnings.get(name) or self._before.beginnings.get(name)
        if known is None or known.stamp != stamp or limit > known.limit <= len(known.data):
            return None
        self._now.beginnings[name] = known
        return known.data[:limit]

    def knows(self, name: str, stamp: Stamp) -> bool:
        """Whether the beginning of an object is known."""
        return self.beginning(name, stamp, 0) is not None

    def type_of(self, name: str, stamp: Stamp, modified: int) -> str | None:
        """The media type of an object; None if it is not known."""
        known = self._before.types.get(name)
        if known is None or (known.stamp, known.modified) != (stamp, modified):
            return None
        self._now.types[name] = known
        return known.text

    def note_beginning(self, name: str, stamp: Stamp, limit: int, data: bytes) -> None:
        """Remember the first `limit` bytes of an object."""
        if len(data) <= self._left:
            self._left -= len(data)
            self._now.beginnings[name] = _Beginning(stamp, limit, data)

    def note_type(self, name: str, stamp: Stamp, modified: int, text: str) -> None:
        """Remember the media type of an object."""
        self._now.types[name] = _Type(stamp, modified, text)

    def write(self) -> None:
        """Write the file, whole or not at all: a run does not fail without it."""
        if self._file is None or self._before == self._now:
            return
        with suppress(OSError, UnicodeError):
            data = msgspec.msgpack.encode(self._now)
            with disk.whole(self._file, lasting=False) as file:
                file.buffer.write(xxh3_64_digest(data))
                file.buffer.write(data)


def _read(path: Path) -> _Stored:
    try:
        with disk.reading(path) as file:
            data = memoryview(file.read())
        if data[:_DIGEST] != xxh3_64_digest(data[_DIGEST:]):
            return _Stored()
        stored = msgspec.msgpack.decode(data[_DIGEST:], type=_Stored)
    except (OSError, ValueError):
        return _Stored()
    return stored if stored.format == _FORMAT else _Stored()
