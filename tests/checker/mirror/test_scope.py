"""The part of the web that a live mirror is, and its limits."""

from __future__ import annotations

from checker.config.schema import SiteTable
from checker.mirror.scope import Refusal, Scope
from checker.model import Bound

START = "https://example.org/docs/index.html"


def test_a_mirror_is_what_lies_beside_and_below_its_first_page() -> None:
    scope = Scope(START, SiteTable(exclude=("/old/",)))

    assert scope.prefix == "https://example.org/docs/"
    assert [scope.holds(f"https://example.org/{path}") for path in ("docs/a", "docs/old/a", "blog/")] == [
        True,
        False,
        False,
    ]


def test_a_limit_says_which_it_is() -> None:
    scope = Scope(START, SiteTable(max_pages=1, max_bytes=10, endless=3))

    assert scope.limit(4) == Bound("not read: farther than 3 references from the first page ([site] endless)")
    assert scope.limit(0) is None
    assert scope.limit(0) == Bound("not read: more than 1 page ([site] max_pages)")
    assert scope.keep(10) is None
    assert scope.keep(1) == Bound("not read: more than 10 bytes of pages ([site] max_bytes)")


def test_what_looks_endless_is_refused() -> None:
    scope = Scope(START, SiteTable(depth=2))

    assert scope.refuses("https://example.org/docs/a", 2) is None
    assert scope.refuses("https://example.org/docs/a", 3) is Refusal.TOO_DEEP
    assert scope.refuses("https://example.org/docs/a/b/a/b/a/b", 1) is Refusal.LOOP
    assert {scope.refuses(f"https://example.org/docs/a?day={day}", 1) for day in range(500)} == {None}
    assert scope.refuses("https://example.org/docs/a?day=500", 1) is Refusal.QUERIES
