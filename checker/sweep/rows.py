"""The rows of a page for --all, as its author spells the references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.extract.written import spellings
from checker.sweep import budget
from checker.sweep.facts import Row
from checker.sweep.page import Page


def spelt(page: Page, rows: Iterable[Row]) -> Iterator[Row]:
    """Each row once for each spelling of its reference on the page."""
    rows = tuple(rows)
    try:
        known = spellings(page.text, page.kind, [(row.role, row.raw) for row in rows], page.options)
    except budget.Spent:  # the page was read, but there was no time to look how
        budget.end()
        known = {}
    for row in rows:
        for written in sorted(known.get((row.role, row.raw), ("",))):
            yield row._replace(written=written) if written else row
