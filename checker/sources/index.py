"""The index of a mirror's files: a dict, or for many of them a table in temporary files, which takes a fifth."""

from __future__ import annotations

from array import array
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice, pairwise
from mmap import mmap
from typing import Any, overload

from xxhash import xxh3_64_intdigest as digest

from checker.spill import File, Names

MANY = 1_000_000  # files; a dict of so many takes 200 MB
_BLOCK = 1 << 16  # bytes that are written at once
_NEAR = 1 << 10  # names that are read at once


class Index(Mapping[str, int]):
    """Names in their order, with their numbers in it: one text, where each name ends, and a table by the names' keys.

    All three are mapped into memory: workers share them, and the system can drop what it can read again.
    """

    __slots__ = ("_ends", "_files", "_mask", "_names", "_number", "_slots")

    def __init__(self, texts: File, ends: File, table: File) -> None:
        """See `of`. Raises SpillError."""
        self._files = texts, ends, table
        self._names = texts.mapped()
        self._ends = memoryview(ends.mapped()).cast("Q")
        self._slots = memoryview(table.mapped()).cast("I")  # by a key's last bits: 1 + a number, or 0
        self._number, self._mask = len(self._ends) - 1, len(self._slots) - 1

    @classmethod
    def of(cls, names: Iterable[str], number: int) -> Index:
        """An index of sorted names. `number`: how many there are. Raises SpillError."""
        texts, ends, table = File(), File(), File()
        text, own, end = bytearray(), array("Q", [0]), 0
        mask = (1 << (number * 3 // 2).bit_length()) - 1
        slots = memoryview(mmap(-1, (mask + 1) * 4)).cast("I")
        for place, name in enumerate(names, 1):
            data = _encoded(name)
            text += data
            end += len(data)
            own.append(end)
            slot = digest(data) & mask
            while slots[slot]:
                slot = slot + 1 & mask
            slots[slot] = place
            if len(text) > _BLOCK:
                texts.add(text)
                ends.add(own)
                text, own = bytearray(), array("Q")
        texts.add(text)
        ends.add(own)
        table.add(slots)
        return cls(texts, ends, table)

    def __reduce__(self) -> tuple[type[Index], tuple[File, File, File]]:
        return Index, self._files

    @overload
    def get(self, name: str, default: None = None, /) -> int | None: ...
    @overload
    def get(self, name: str, default: int, /) -> int: ...
    @overload
    def get(self, name: str, default: Any, /) -> Any: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        """The number of a name."""
        data = _encoded(name)
        slot = digest(data) & self._mask
        ends, slots = self._ends, self._slots
        while place := slots[slot]:
            if self._names[ends[place - 1] : ends[place]] == data:
                return place - 1
            slot = slot + 1 & self._mask
        return default

    def __getitem__(self, name: str) -> int:
        number = self.get(name)
        if number is None:
            raise KeyError(name)
        return number

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[str]:
        for start in range(0, self._number, _NEAR):
            yield from self.between(start, min(start + _NEAR, self._number))

    def items(self) -> ItemsView[str, int]:
        """The names with their numbers."""
        return _Items(self)

    def name(self, number: int) -> str:
        """The name of a number."""
        return self._names[self._ends[number] : self._ends[number + 1]].decode("utf-8", "surrogatepass")

    def between(self, start: int, stop: int) -> list[str]:
        """The names of the numbers from `start` to before `stop`."""
        ends = self._ends[start : stop + 1].tolist()
        data, first = self._names[ends[0] : ends[-1]], ends[0]
        return [data[one - first : two - first].decode("utf-8", "surrogatepass") for one, two in pairwise(ends)]


class _Items(ItemsView[str, int]):
    _mapping: Index

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self._mapping, range(len(self._mapping)), strict=True)


class Part(Sequence[str]):
    """Some names of an index, by their numbers. A slice is made of them when it is sent, and no sooner."""

    __slots__ = ("_index", "_numbers")

    def __init__(self, index: Index, numbers: Sequence[int]) -> None:
        self._index, self._numbers = index, numbers

    def __reduce__(self) -> tuple[type[list[str]], tuple[list[str]]]:
        return list, ([*self],)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return map(self._index.name, self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Part: ...
    def __getitem__(self, at: int | slice) -> str | Part:
        if isinstance(at, slice):
            return Part(self._index, self._numbers[at])
        return self._index.name(self._numbers[at])


def chosen(files: Mapping[str, int], wanted: Callable[[int], object]) -> Sequence[str]:
    """The names of the files whose numbers are wanted; those of a large mirror are made when they are asked for."""
    if isinstance(files, Index):
        return Part(files, array("I", filter(wanted, range(len(files)))))
    return [name for name, number in files.items() if wanted(number)]


class Bases:
    """The files by the last part of their names, in five bytes and more a file."""

    __slots__ = ("_index", "_map", "_mask", "_shared", "_slots")

    def __init__(self, index: Index) -> None:
        self._index = index
        self._mask = (1 << (len(index) * 3 // 2).bit_length()) - 1
        self._map = mmap(-1, (self._mask + 1) * 4)
        self._slots = memoryview(self._map).cast("I")  # as those of an index
        self._shared = bytearray(len(index))  # by number: whether another file has this last part too
        for number, name in enumerate(index):
            slot, first = self._find(_base(name))
            if first < 0:
                self._slots[slot] = number + 1
            else:
                self._shared[first] = 1

    def only(self, base: str) -> str | None:
        """The one file with this last part; None if there is none, or more."""
        _, number = self._find(base)
        return None if number < 0 or self._shared[number] else self._index.name(number)

    def _find(self, base: str) -> tuple[int, int]:
        """The slot of a last part, and the number of the first file that has it, or -1."""
        slot = digest(_encoded(base)) & self._mask
        while place := self._slots[slot]:
            if _base(self._index.name(place - 1)) == base:
                return slot, place - 1
            slot = slot + 1 & self._mask
        return slot, -1


def _base(name: str) -> str:
    return name[name.rfind("/") + 1 :]


class Gathered:
    """Names in any order, of which an index is made."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._held: list[str] = []
        self._sorted: list[Names] = []
        names = iter(names)
        while some := [*islice(names, MANY)]:
            self.add(some)

    def add(self, names: list[str]) -> None:
        """Add some names. Raises SpillError."""
        self._held += names
        if len(self._held) > MANY:
            self._spill()

    def _spill(self) -> None:
        names = Names()
        for name in sorted(self._held):
            names.add(name)
        self._sorted.append(names)
        self._held = []

    def index(self) -> Mapping[str, int]:
        """The index. Raises SpillError."""
        held = sorted(self._held)
        if not self._sorted:
            return {name: number for number, name in enumerate(held)}
        return Index.of(merge(*self._sorted, held), sum(map(len, self._sorted), len(held)))


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
