"""Uses and definitions, settled by arithmetic; whatever the order and the number of pages."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model import Kind
from checker.spill import Names
from checker.sweep.columns import Column, Sums
from checker.sweep.facts import Facts
from checker.sweep.keys import fragment_key
from checker.sweep.ledger import Ledger, Uses

KEYS = st.sets(st.integers(0, (1 << 64) - 1), max_size=20)
PAGES = st.lists(st.tuples(KEYS, KEYS), max_size=30)


def ledger_of(*pages: Facts) -> Ledger:
    names = Names()
    ledger = Ledger(names)
    for each in pages:
        ledger.add(names.add(each.page), each)
    return ledger


def packed(keys: set[int]) -> bytes:
    return array("Q", sorted(keys)).tobytes()


def facts(page: str, uses: set[int], defines: set[int]) -> Facts:
    return Facts(page, Kind.HTML, uses=packed(uses), defines=packed(defines))


@given(PAGES)
def test_what_is_used_and_nowhere_defined_is_missing(pages: list[tuple[set[int], set[int]]]) -> None:
    ledger = ledger_of(*(facts(f"{number}.html", uses, defines) for number, (uses, defines) in enumerate(pages)))

    used = set[int]().union(*(uses for uses, _ in pages))
    missing = used.difference(*(defines for _, defines in pages))
    assert ledger.settle() == missing
    assert ledger.used == len(used)
    assert dict(ledger.users(frozenset(missing))) == {
        f"{number}.html": uses & missing for number, (uses, _) in enumerate(pages) if uses & missing
    }


@given(PAGES)
def test_many_pages_at_once_are_as_good_as_one_by_one(pages: list[tuple[set[int], set[int]]]) -> None:
    one, many = ledger_of(*(facts("", *each) for each in pages)), Ledger(Names())
    column, defined = Column("Q"), array("Q")
    for uses, defines in pages:
        column.add(packed(uses))
        defined.extend(sorted(defines))

    many.extend(range(len(pages)), column, defined)

    assert many.settle() == one.settle()
    assert many.used == one.used


@pytest.mark.parametrize("before", [True, False])
def test_what_is_known_of_many_pages_holds_for_them_alone(before: bool) -> None:
    column = Column("Q")
    column.add(packed({1, 2}))
    known = Sums(b"", b"", 2, (2,))
    alone, beside = Ledger(Names()), Ledger(Names())
    alone.extend(range(1), column, array("Q", [1]), known)
    if before:
        beside.add(1, facts("b", {3}, {2}))
    beside.extend(range(1), column, array("Q", [1]), known)
    if not before:
        beside.add(1, facts("b", {3}, {2}))

    assert (alone.settle(), alone.used) == ({2}, 2)
    assert (beside.settle(), beside.used) == ({3}, 3)


def test_a_range_of_lines_is_there_when_both_ends_are() -> None:
    whole, first, last = (fragment_key(0, "listing.html", part) for part in ("3-5", "3", "5"))
    for defined, missing in (({first, last}, frozenset()), ({first}, frozenset({whole}))):
        ledger = ledger_of(facts("a.html", {whole}, set()), facts("listing.html", set(), set(defined)))
        ledger.ranges.append((whole, first, last))

        assert ledger.settle() == missing


def test_uses_are_told_page_by_page() -> None:
    names = Names()
    a, b, c, d = map(names.add, "abcd")
    uses = Uses(names)
    uses.add(a, packed({1, 2}))
    uses.add(b, b"")
    uses.extend(range(c, d + 1), array("Q", [2, 3, 4]), array("I", [1, 2]))

    assert [(page, list(keys)) for page, keys in uses] == [("a", [1, 2]), ("c", [2]), ("d", [3, 4])]
    assert uses.of({"a", "d"}) == {1, 2, 3, 4}
    assert dict(uses.users(frozenset({2}))) == {"a": {2}, "c": {2}}
    assert dict(uses.users(frozenset())) == {}
