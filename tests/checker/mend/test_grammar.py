"""References are rewritten in their own syntax: what stays the same keeps its spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mend import grammar

ROWS = [
    ("Docs/a&amp;b.html?x=1&y=2", "Docs/a&b.html?x=1&y=2", "docs/a&b.html?x=1&y=2", "docs/a&amp;b.html?x=1&y=2"),
    ("&#x44;ocs/x", "Docs/x", "docs/x", "docs/x"),
    ("men\r\nu.html", "men\nu.html", "menu.html", "menu.html"),
    (r"https:\/\/e.test\/A", "https://e.test/A", "https://e.test/a", r"https:\/\/e.test\/a"),  # JSON-LD
    (r"Docs/f\(x\).md", "Docs/f(x).md", "docs/f(x).md", r"docs/f\(x\).md"),
    ("Docs/fü.md", "Docs/f%C3%BC.md", "docs/fü.md", "docs/fü.md"),
    (r"Img\2f a.png", "Img/a.png", "img/a.png", r"img\2f a.png"),
    (r"a\ B.png", "a B.png", "a b.png", r"a\ b.png"),
    (r"\/Img\/\u00e4.png", "/Img/ä.png", "/img/ä.png", r"\/img\/\u00e4.png"),
    (r"A\ b.png?x&amp;y", "A b.png?x&y", "a b.png?x&y", r"a\ b.png?x&amp;y"),  # a style in an attribute
    ("A?x&amp;amp;y", "A?x&y", "a?x&y", "a?x&amp;amp;y"),  # a document in an attribute
    (r"A?x&amp;\"y", 'A?x&"y', 'a?x&"y', r"a?x&amp;\"y"),  # HTML in a feed of JSON
    (r"A\\(1\\).md", "A(1).md", "a(1).md", r"a\\(1\\).md"),  # Markdown in a notebook
    (
        "https://e.test/?a=1&amp;B=2",
        "https://e.test/?a=1&B=2",
        "https://e.test/?a=1&b=2",
        "https://e.test/?a=1&amp;b=2",
    ),
]


@pytest.mark.parametrize(("source", "before", "now", "new"), ROWS)
def test_only_what_differs_is_rewritten(source: str, before: str, now: str, new: str) -> None:
    assert new in list(grammar.rewritings(source, before, now))


def test_a_character_of_the_syntax_is_escaped() -> None:
    assert "b?x=&quot;1&quot;&amp;copy=2" in list(grammar.rewritings("a", "a", 'b?x="1"&copy=2'))


def test_a_source_that_says_something_else_is_left_alone() -> None:
    assert list(grammar.rewritings("[text][label]", "a.md", "b.md")) == []


@pytest.mark.parametrize("one", grammar.GRAMMARS)
@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_source_is_cut_into_pieces_that_are_the_source(one: grammar.Grammar, source: str) -> None:
    assert "".join(spelt for spelt, _ in one.units(source)) == source
