"""The ledger: the fragments that pages use and define, eight bytes each. Set arithmetic finds the missing ones."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Set
from itertools import accumulate, compress, groupby

from checker.spill import Names, Numbers, divided
from checker.sweep.columns import Column, Sums, having
from checker.sweep.facts import Facts

_SHARE = 1 << 19  # keys that are compared at once: their set takes some 40 MB
_BLOCK = 1 << 12  # pages that are looked through at once


class Uses:
    """Which page uses which keys, in eight bytes a use and twelve a page. A page is told by its number in `names`."""

    __slots__ = ("_ends", "_names", "_pages", "keys")

    def __init__(self, names: Names) -> None:
        self._names = names
        self._pages = Numbers("I")
        self._ends = Numbers()  # where each page's uses end in `keys`
        self.keys = Numbers()

    def add(self, page: int, keys: bytes) -> None:
        """Note the keys that a page uses, as the bytes of an array('Q')."""
        if keys:
            self.keys.frombytes(keys)
            self._pages.append(page)
            self._ends.append(len(self.keys))

    def extend(self, pages: range, keys: array[int], lengths: array[int]) -> None:
        """Note the keys that many pages use. `lengths`: how many each page uses."""
        ends = accumulate(filter(None, lengths), initial=len(self.keys))
        next(ends)
        self.keys.extend(keys)
        self._pages.extend(compress(pages, lengths))
        self._ends.extend(ends)

    def _blocks(self) -> Iterator[tuple[array[int], array[int], array[int]]]:
        """Some pages at a time: their numbers, their keys, and where in these each page's keys end."""
        start = 0
        for first in range(0, len(self._ends), _BLOCK):
            ends = self._ends[first : first + _BLOCK]
            own = array("Q", [end - start for end in ends]) if start else ends
            yield self._pages[first : first + _BLOCK], self.keys[start : ends[-1]], own
            start = ends[-1]

    def __iter__(self) -> Iterator[tuple[str, array[int]]]:
        """Each page, with the keys it uses."""
        for pages, keys, ends in self._blocks():
            start = 0
            for page, end in zip(pages, ends, strict=True):
                yield self._names[page], keys[start:end]
                start = end

    def by(self, group: Callable[[str], str]) -> dict[str, list[slice]]:
        """Where in `keys` those of each group of pages are."""
        spans: dict[str, list[slice]] = {}
        start = 0
        for name, pages in groupby(zip(self._pages, self._ends, strict=True), lambda use: group(self._names[use[0]])):
            end = max(end for _, end in pages)  # the last
            spans.setdefault(name, []).append(slice(start, end))
            start = end
        return spans

    def of(self, pages: Set[str]) -> frozenset[int]:
        """The keys that pages use."""
        return frozenset().union(*(keys for page, keys in self if page in pages))

    def users(self, keys: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """Each page that uses any of the keys, with the keys that it uses."""
        for pages, used, ends in self._blocks() if keys else ():
            for at in having(keys, used, ends):
                yield self._names[pages[at]], keys.intersection(used[ends[at - 1] if at else 0 : ends[at]])


class Ledger:
    """The fragments that pages use and define, until all pages have been read."""

    __slots__ = ("_defines", "_known", "_uses", "ranges", "used")

    def __init__(self, names: Names) -> None:
        """`names`: of the pages, by their numbers."""
        self._uses = Uses(names)
        self._defines = Numbers()
        self.ranges: list[tuple[int, int, int]] = []  # uses that two definitions satisfy together
        self.used = 0  # distinct fragments that are used, once settled
        self._known: tuple[int, frozenset[int]] | None = None  # what settling will find, if nothing is added

    def add(self, page: int, facts: Facts) -> None:
        """Note one page's uses and definitions."""
        self._known = None
        self._defines.frombytes(facts.defines)
        self._uses.add(page, facts.uses)

    def extend(self, pages: range, uses: Column, defines: array[int], sums: Sums | None = None) -> None:
        """Note the uses and definitions of many pages, and what is known of all these."""
        alone = not (len(self._uses.keys) or len(self._defines))
        self.define(defines)
        self._uses.extend(pages, uses.values, uses.lengths)
        self._known = (sums.used, frozenset(sums.missing)) if sums and alone else None

    def define(self, keys: array[int]) -> None:
        """Note keys that some page defines."""
        self._known = None
        self._defines.extend(keys)

    def settle(self) -> frozenset[int]:
        """Keys that are used and never defined. They are compared share by share, so that the sets stay small."""
        if self._known:
            self.used = self._known[0]
            return self._known[1]
        missing: set[int] = set()
        parts = {part for whole in self.ranges for part in whole[1:]}
        found_parts: set[int] = set()
        shares = 1 << (len(self._uses.keys) // _SHARE).bit_length()
        for uses, defines in zip(divided(self._uses.keys, shares), divided(self._defines, shares), strict=True):
            used = set(uses)
            self.used += len(used)
            found_parts |= parts.intersection(defines) if parts else set()
            missing |= used.difference(defines)
        for whole, first, last in self.ranges:
            if first in found_parts and last in found_parts:
                missing.discard(whole)
        return frozenset(missing)

    def users(self, keys: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """Each page that uses any of the keys, with the keys that it uses."""
        return self._uses.users(keys)
