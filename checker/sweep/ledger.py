"""The ledger: the fragments that pages use and define, eight bytes each. Set arithmetic finds the missing ones."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Set
from itertools import accumulate, compress, groupby

from checker.sweep.columns import Column, Sums, having
from checker.sweep.facts import Facts

_SHARE = 1 << 19  # keys that are compared at once: their set takes some 40 MB


def _divided(keys: array[int], number: int) -> list[array[int]]:
    """Divide keys by their first bits into `number` shares; it is a power of two."""
    if number == 1:
        return [keys]
    shares = [array("Q") for _ in range(number)]
    appends = [share.append for share in shares]
    shift = 64 - (number - 1).bit_length()
    for key_ in keys:
        appends[key_ >> shift](key_)
    return shares


class Uses:
    """Which page uses which keys, in eight bytes a use."""

    __slots__ = ("_ends", "_pages", "keys")

    def __init__(self) -> None:
        self._pages: list[str] = []
        self._ends = array("Q")  # where each page's uses end in `keys`
        self.keys = array("Q")

    def add(self, page: str, keys: bytes) -> None:
        """Note the keys that a page uses, as the bytes of an array('Q')."""
        if keys:
            self.keys.frombytes(keys)
            self._pages.append(page)
            self._ends.append(len(self.keys))

    def extend(self, pages: list[str], keys: array[int], lengths: array[int]) -> None:
        """Note the keys that many pages use. `lengths`: how many each page uses."""
        ends = accumulate(filter(None, lengths), initial=len(self.keys))
        next(ends)
        self.keys += keys
        self._pages += compress(pages, lengths)
        self._ends.extend(ends)

    def __iter__(self) -> Iterator[tuple[str, array[int]]]:
        """Each page, with the keys it uses."""
        start = 0
        for page, end in zip(self._pages, self._ends, strict=True):
            yield page, self.keys[start:end]
            start = end

    def by(self, group: Callable[[str], str]) -> Iterator[tuple[str, array[int]]]:
        """The keys that pages of one group use which follow each other."""
        start = 0
        for name, pages in groupby(zip(self._pages, self._ends, strict=True), lambda use: group(use[0])):
            end = max(end for _, end in pages)  # the last
            yield name, self.keys[start:end]
            start = end

    def of(self, pages: Set[str]) -> frozenset[int]:
        """The keys that pages use."""
        return frozenset().union(*(keys for page, keys in self if page in pages))

    def users(self, keys: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """Each page that uses any of the keys, with the keys that it uses."""
        for at in having(keys, self.keys, self._ends):
            yield self._pages[at], keys.intersection(self.keys[self._ends[at - 1] if at else 0 : self._ends[at]])


class Ledger:
    """The fragments that pages use and define, until all pages have been read."""

    __slots__ = ("_defines", "_known", "_uses", "ranges", "used")

    def __init__(self) -> None:
        self._uses = Uses()
        self._defines = array("Q")
        self.ranges: list[tuple[int, int, int]] = []  # uses that two definitions satisfy together
        self.used = 0  # distinct fragments that are used, once settled
        self._known: tuple[int, frozenset[int]] | None = None  # what settling will find, if nothing is added

    def add(self, facts: Facts) -> None:
        """Note one page's uses and definitions."""
        self._known = None
        self._defines.frombytes(facts.defines)
        self._uses.add(facts.page, facts.uses)

    def extend(self, pages: list[str], uses: Column, defines: array[int], sums: Sums | None = None) -> None:
        """Note the uses and definitions of many pages, and what is known of all these."""
        alone = not (self._uses.keys or self._defines)
        self.define(defines)
        self._uses.extend(pages, uses.values, uses.lengths)
        self._known = (sums.used, frozenset(sums.missing)) if sums and alone else None

    def define(self, keys: array[int]) -> None:
        """Note keys that some page defines."""
        self._known = None
        self._defines += keys

    def settle(self) -> frozenset[int]:
        """Keys that are used and never defined. They are compared share by share, so that the sets stay small."""
        if self._known:
            self.used = self._known[0]
            return self._known[1]
        missing: set[int] = set()
        parts = {part for whole in self.ranges for part in whole[1:]}
        found_parts: set[int] = set()
        shares = 1 << (len(self._uses.keys) // _SHARE).bit_length()
        divided = zip(_divided(self._uses.keys, shares), _divided(self._defines, shares), strict=True)
        for uses, defines in divided:
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
