"""The pages that this process read last, at hand: a run comes back to those that are faulty, or are referred to."""

from __future__ import annotations

import sys

from checker.sweep import budget
from checker.sweep.facts import Context, Facts
from checker.sweep.page import Page, load

_ROOM = 16 << 20  # bytes of text; what was extracted from it takes no more
_LARGEST = _ROOM >> 4  # of one page
_SMALLEST = 2_000  # code points; to read a smaller page again takes not much longer than to keep each


class _Shelf:
    """The last pages of one mirror, by mount and name."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.pages: dict[tuple[int, str], Page] = {}
        self._left = _ROOM

    def put(self, mount: int, name: str, page: Page) -> None:
        """Keep a page, in the place of those that have been here longest."""
        size = sys.getsizeof(page.text)
        if size > _LARGEST or (mount, name) in self.pages:
            return
        self.pages[mount, name] = page
        self._left -= size
        while self._left < 0:
            self._left += sys.getsizeof(self.pages.pop(next(iter(self.pages))).text)


_shelf: _Shelf | None = None


def _shelf_of(context: Context) -> _Shelf:
    global _shelf  # noqa: PLW0603 - a process reads one mirror at a time
    if _shelf is None or _shelf.context is not context:
        _shelf = _Shelf(context)
    return _shelf


def read(context: Context, mount: int, name: str) -> Page | Facts:
    """Read a page as `load` does, and keep it at hand."""
    found = load(context, mount, name)
    if isinstance(found, Page) and len(found.text) >= _SMALLEST:
        _shelf_of(context).put(mount, name, found)
    return found


def again(context: Context, mount: int, name: str) -> Page | Facts:
    """The page as it was read, if it is still at hand; else as `load` reads it. Its budget begins anew."""
    found = _shelf_of(context).pages.get((mount, name))
    if found is None:
        return load(context, mount, name)
    budget.begin(sys.getsizeof(found.text))
    return found
