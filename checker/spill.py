"""What grows with the pages of a mirror: in memory while it is small, then in temporary files.

The files have no name where the system can do without one, so that not even a killed run leaves any.
"""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, NamedTuple, overload

from checker.model import CheckerError

ROOM = 16 << 20  # bytes that a column takes in memory; some twenty grow with the pages
MANY = 1 << 18  # keys of a set in memory, which take 20 MB, and of a share that is looked at
_BLOCK = 1 << 17  # bytes that are written or read at once
_PIECE = 1 << 20  # bytes that are packed at once
_NEAR = 1 << 10  # names that are read at once
_SHARES = 256  # of a large set


_written = 0


def written() -> int:
    """The bytes that this process has written to temporary files."""
    return _written


class SpillError(CheckerError):
    """The temporary folder does not take what a run has learnt."""


class _Place(NamedTuple):
    """Where a process of this machine finds an open file of another one, if the system shows it."""

    machine: bytes  # what this start of the machine is called; empty: the system does not show it
    process: int
    number: int  # of the open file
    size: int
    digest: int

    def opened(self) -> BinaryIO | None:
        """The file, for reading; None if it is not there, or another one is."""
        if not self.machine or self.machine != _machine():
            return None
        path = Path(f"/proc/{self.process}/fd/{self.number}")
        try:
            if not path.is_file():  # to open a pipe could wait for ever
                return None
            file = path.open("rb", buffering=0)
            if _digest(file) == (self.size, self.digest):
                return file
            file.close()
        except OSError:
            pass
        return None


def _machine() -> bytes:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return b""


def _digest(file: BinaryIO) -> tuple[int, int]:
    """The size, and the digest of all bytes."""
    from xxhash import xxh3_64_intdigest

    size = os.fstat(file.fileno()).st_size
    if not size:
        return 0, 0
    with mmap(file.fileno(), size, access=ACCESS_READ) as data:
        return size, xxh3_64_intdigest(data)


def _received(place: _Place | None, blocks: list[bytes]) -> File:
    file = File()
    if place and (opened := place.opened()):
        file.size, file._file = place.size, opened
        return file
    for block in blocks:
        file.add(zlib.decompress(block))
    return file


class File:
    """A temporary file, made when the first bytes are added.

    Another process to which it is sent has the same file, for reading, if it is on this machine and the system shows it
    there; or else a copy.
    """

    __slots__ = ("_file", "size")

    def __init__(self) -> None:
        self.size = 0
        self._file: BinaryIO | None = None

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def __reduce__(self) -> tuple[Callable[..., File], tuple[_Place | None, list[bytes]]]:
        place = _Place(_machine(), os.getpid(), self._file.fileno(), *_digest(self._file)) if self._file else None
        pieces = (self.read(start, _PIECE) for start in range(0, self.size, _PIECE))
        return _received, (place, [zlib.compress(piece, 1) for piece in pieces])

    def add(self, data: bytes | bytearray | memoryview | array[int]) -> int:
        """Add bytes at the end. Returns where they begin. Raises SpillError."""
        global _written  # noqa: PLW0603 - a sum for the benchmark
        import tempfile  # loads random and shutil, which small runs do without

        data, start = memoryview(data).cast("B"), self.size
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="mirrorcheck-", buffering=0)  # noqa: SIM115 - as long as it
            self._file.seek(start)
            while data:
                size = self._file.write(data)
                self.size += size
                _written += size
                data = data[size:]
        except OSError as error:
            folder = tempfile.gettempdir() if tempfile.tempdir else "the temporary folder"
            raise SpillError(
                f"{folder}: cannot take what is learnt of so many pages: {error.strerror or error};"
                " make room there, or name another folder in TMPDIR"
            ) from error
        return start

    def read(self, start: int, size: int) -> bytes:
        """Bytes of the file. Raises SpillError."""
        if not size or self._file is None:
            return b""
        parts = []
        try:
            self._file.seek(start)
            while size and (part := self._file.read(size)):
                parts.append(part)
                size -= len(part)
        except OSError as error:
            raise SpillError(f"a temporary file cannot be read: {error.strerror or error}") from error
        return b"".join(parts)

    def mapped(self) -> mmap:
        """All bytes, mapped into memory; the file has some. Raises SpillError."""
        if self._file is None:
            raise ValueError("there is nothing to map")
        try:
            return mmap(self._file.fileno(), self.size, access=ACCESS_READ)
        except OSError as error:
            raise SpillError(f"a temporary file cannot be mapped into memory: {error.strerror or error}") from error


class Numbers:
    """A column of numbers that grows at its end."""

    __slots__ = ("_before", "_code", "_file", "_room", "_tail")

    def __init__(self, code: str = "Q") -> None:
        """`code`: of an array."""
        self._code, self._tail = code, array(code)
        self._file: File | None = None
        self._before = 0  # how many are in the file
        self._room = ROOM // self._tail.itemsize

    def __len__(self) -> int:
        return self._before + len(self._tail)

    def append(self, number: int) -> None:
        """Add one number."""
        self._tail.append(number)
        if len(self._tail) > self._room:
            self._spill()

    def frombytes(self, data: bytes) -> None:
        """Add numbers, as the bytes of an array."""
        self._tail.frombytes(data)
        if len(self._tail) > self._room:
            self._spill()

    def extend(self, numbers: Iterable[int]) -> None:
        """Add numbers."""
        self._tail.extend(numbers)
        if len(self._tail) > self._room:
            self._spill()

    def _spill(self) -> None:
        self._file = self._file or File()
        self._file.add(self._tail)
        self._before += len(self._tail)
        self._tail = array(self._code)
        self._room = min(self._room, _BLOCK // self._tail.itemsize)

    def __getitem__(self, span: slice) -> array[int]:
        start, stop, _ = span.indices(len(self))
        if self._file is None:
            return self._tail[start:stop]
        found, width = array(self._code), self._tail.itemsize
        if start < self._before:
            found.frombytes(self._file.read(start * width, (min(stop, self._before) - start) * width))
        if stop > self._before:
            found += self._tail[max(start - self._before, 0) : stop - self._before]
        return found

    def blocks(self) -> Iterator[array[int]]:
        """All of them, some at a time."""
        if self._file is None:
            yield self._tail
            return
        size = _BLOCK // self._tail.itemsize
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def __iter__(self) -> Iterator[int]:
        for block in self.blocks():
            yield from block


class Names(Sequence[str]):
    """Names by the order in which they were added."""

    __slots__ = ("_before", "_ends", "_file", "_held", "_near", "_size")

    def __init__(self) -> None:
        self._held: list[str] = []
        self._before, self._size = 0, 0  # how many are in the file, how many code points are held
        self._file = File()
        self._ends = Numbers()  # where each name in the file ends
        self._near: tuple[int, list[str]] = (0, [])  # those around the one that was read last, from which number on

    def __len__(self) -> int:
        return self._before + len(self._held)

    def add(self, name: str) -> int:
        """Add a name. Returns its number."""
        self._held.append(name)
        self._size += len(name)
        if self._size > ROOM // 4:  # a short text takes four times its length
            self._spill()
        return self._before + len(self._held) - 1

    def _spill(self) -> None:
        data = bytearray()
        for name in self._held:
            data += name.encode("utf-8", "surrogatepass")
            self._ends.append(self._file.size + len(data))
        self._file.add(data)
        self._before += len(self._held)
        self._held, self._size = [], 0

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self._some(*at.indices(len(self))[:2])
        if at >= self._before:
            return self._held[at - self._before]
        first, near = self._near
        if not first <= at < first + len(near):  # most are asked for one after the other
            first = at - at % _NEAR
            near = self._some(first, min(first + _NEAR, self._before))
            self._near = first, near
        return near[at - first]

    def _some(self, start: int, stop: int) -> list[str]:
        held = self._held[max(start - self._before, 0) : max(stop - self._before, 0)]
        stop = min(stop, self._before)
        if start >= stop:
            return held
        begins = self._ends[start - 1 : start][0] if start else 0
        ends = self._ends[start:stop]
        data = self._file.read(begins, ends[-1] - begins)
        found, at = [], 0
        for end in ends:
            found.append(data[at : end - begins].decode("utf-8", "surrogatepass"))
            at = end - begins
        return found + held

    def __iter__(self) -> Iterator[str]:
        for start in range(0, self._before, _NEAR):
            yield from self._some(start, min(start + _NEAR, self._before))
        yield from self._held


class Chosen(Sequence[str]):
    """Some of the names, by their numbers."""

    __slots__ = ("_names", "_numbers")

    def __init__(self, names: Names, numbers: Numbers | None = None) -> None:
        self._names, self._numbers = names, Numbers("I") if numbers is None else numbers

    def add(self, number: int) -> None:
        """Add a name, by its number."""
        self._numbers.append(number)

    def extend(self, numbers: Iterable[int]) -> None:
        """Add names, by their numbers."""
        self._numbers.extend(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return map(self._names.__getitem__, self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._names[number] for number in self._numbers[at]]
        return self._names[self._numbers[at : at + 1][0]]


class Shares:
    """Keys, divided by their last bits so that a share fits in memory."""

    __slots__ = ("_file", "_held", "_mask", "_number", "_written")

    def __init__(self, number: int) -> None:
        """`number`: of shares, a power of two."""
        self._mask, self._number = number - 1, 0
        self._held = [array("Q") for _ in range(number)]
        self._written: list[list[tuple[int, int]]] = [[] for _ in range(number)]  # share -> (start, size) in the file
        self._file = File()

    def add(self, keys: Iterable[int], number: int) -> None:
        """Add keys. `number`: how many there are."""
        mask, appends = self._mask, [share.append for share in self._held]
        for key in keys:
            appends[key & mask](key)
        self._number += number
        if self._number * 8 > ROOM:
            self._spill()

    def _spill(self) -> None:
        for place, share in enumerate(self._held):
            if share:
                self._written[place].append((self._file.add(share), len(share) * share.itemsize))
                self._held[place] = array("Q")
        self._number = 0

    def of(self, key: int) -> array[int]:
        """The share that a key is in."""
        return self._share(key & self._mask)

    def __iter__(self) -> Iterator[array[int]]:
        return map(self._share, range(len(self._held)))

    def _share(self, place: int) -> array[int]:
        if not self._written[place]:
            return self._held[place]
        share = array("Q")
        for start, size in self._written[place]:
            share.frombytes(self._file.read(start, size))
        return share + self._held[place]


def divided(numbers: Numbers, shares: int) -> Iterable[array[int]]:
    """The numbers in shares; `shares` is a power of two."""
    if shares == 1:
        return [numbers[:]]
    found = Shares(shares)
    for block in numbers.blocks():
        found.add(block, len(block))
    return found


class Distinct(Set[int]):
    """A set of keys. A large one is kept in shares, and tells how many it has when it is asked."""

    __slots__ = ("_count", "_few", "_shares")

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._few: set[int] = set(keys)
        self._shares: Shares | None = None
        self._count: int | None = None

    @classmethod
    def _from_iterable(cls, keys: Iterable[int]) -> set[int]:  # type: ignore[override]
        return set(keys)

    def update(self, keys: array[int]) -> None:
        """Add keys."""
        if self._shares is None:
            self._few.update(keys)
            if len(self._few) > MANY:
                self._shares = Shares(_SHARES)
                self._shares.add(self._few, len(self._few))
                self._few = set()
        else:
            self._count = None
            self._shares.add(keys, len(keys))

    def parts(self) -> Iterator[set[int]]:
        """All keys, as many at a time as fit in memory."""
        if self._shares is None:
            yield self._few
            return
        for share in self._shares:
            yield set(share)

    def among(self, keys: Iterable[int]) -> set[int]:
        """Those of some keys that it has."""
        if self._shares is None:
            return self._few.intersection(keys)
        wanted = Shares(_SHARES)
        for key in keys:
            wanted.add((key,), 1)
        found: set[int] = set()
        for part, some in zip(self.parts(), wanted, strict=True):
            found |= part.intersection(some)
        return found

    def __contains__(self, key: object) -> bool:
        if self._shares is None or not isinstance(key, int):
            return key in self._few
        return key in self._shares.of(key)

    def __iter__(self) -> Iterator[int]:
        for part in self.parts():
            yield from part

    def __len__(self) -> int:
        if self._shares is None:
            return len(self._few)
        if self._count is None:
            self._count = sum(map(len, self.parts()))
        return self._count

    def __bool__(self) -> bool:
        return bool(self._few) or self._shares is not None
