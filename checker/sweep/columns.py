"""Columns of the page cache: numbers of many pages in one array, read when they are asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
_ABREAST = 64  # pages that are searched at once: few have what is searched for


class Late(Generic[T]):
    """A part of the file that is decoded when it is first needed."""

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


class Sums(msgspec.Struct, array_like=True):
    """What follows from the columns of all pages together, for a run in which none of them changed."""

    referred: bytes  # by file number: whether a page refers to it
    remote: bytes  # the distinct keys of `remote`
    used: int  # distinct fragments that are used
    missing: tuple[int, ...]  # keys of those that no page defines


def having(wanted: frozenset[int], values: array[int], ends: array[int]) -> Iterator[int]:
    """The indexes of the pages that have any of the wanted numbers. `ends`: where each page's numbers end."""
    start = 0
    for first in range(0, len(ends) if wanted else 0, _ABREAST):
        several = ends[first : first + _ABREAST]
        if not wanted.isdisjoint(values[start : several[-1]]):
            for place, end in enumerate(several, first):
                if not wanted.isdisjoint(values[start:end]):
                    yield place
                start = end
        start = several[-1]


class Column:
    """Numbers of each page, one page after the other."""

    __slots__ = ("lengths", "values")

    def __init__(self, code: str, values: bytes | memoryview = b"", lengths: bytes | memoryview = b"") -> None:
        """`values` and `lengths`: the bytes of arrays."""
        self.values, self.lengths = array(code), array("I")  # the numbers, and how many each page has
        self.values.frombytes(values)
        self.lengths.frombytes(lengths)

    @property
    def ends(self) -> array[int]:
        """Where each page's numbers end."""
        return array("Q", accumulate(self.lengths))

    def add(self, data: bytes) -> None:
        """Add the numbers of the next page, as the bytes of an array."""
        self.values.frombytes(data)
        self.lengths.append(len(data) // self.values.itemsize)

    def concerned(self, values: frozenset[int]) -> set[int]:
        """The indexes of the pages that have any of these numbers."""
        return set(having(values, self.values, self.ends)) if values else set()

    def kept(self, runs: Sequence[slice]) -> Column:
        """A column with only the pages in these runs of indexes."""
        column, end, place = Column(self.values.typecode), 0, 0
        for run in runs:
            lengths = self.lengths[run]
            start = end + sum(self.lengths[place : run.start])
            end, place = start + sum(lengths), run.stop
            column.values += self.values[start:end]
            column.lengths += lengths
        return column
