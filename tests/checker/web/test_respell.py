"""Only the wrong characters of a reference change, and what it then says is what it should say."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from checker.web import respell, urls

PATHS = [
    ("/Docs/x", "Docs/x", "docs/x", "/docs/x"),
    ("../Docs/x?v=1#a", "Docs/x", "docs/x", "../docs/x?v=1#a"),
    ("https://m.test/Docs/%e4%b8%ad%20X.md", "Docs/中 X.md", "docs/中 x.md", "https://m.test/docs/%e4%b8%ad%20x.md"),
    ("//m.test/Docs/", "Docs/", "docs/", "//m.test/docs/"),
    ("指南.MD", "a/指南.MD", "a/指南.md", "指南.md"),
    ("./old.md", "a/old.md", "a/b/old.md", "./b/old.md"),
    ("a/gone.md", "a/gone.md", "b/c/gone.md", "b/c/gone.md"),
    ("x", "a/x", "a/x.html", "x.html"),
    ("%E4%B8%AD.md", "中.md", "文.md", "%E6%96%87.md"),
    ("café.md", "café.md", "cafe\u0301.md", "cafe\u0301.md"),
    ("caf%C3%A9.md", "café.md", "cafe\u0301.md", "cafe%CC%81.md"),
    ("E%25E4%25B8%25AD.md", "E%E4%B8%AD.md", "E中.md", "E%E4%B8%AD.md"),
    ("a+b.html", "a+b.html", "a b.html", "a%20b.html"),
    ("x.md", "x.md", "a:b.md", "./a:b.md"),
    ("f(1).md", "f(1).md", "F(1).md", "F(1).md"),
]


@pytest.mark.parametrize(("written", "wrong", "right", "now"), PATHS)
def test_a_path_keeps_all_that_is_right(written: str, wrong: str, right: str, now: str) -> None:
    assert respell.with_path(written, wrong, right) == now


@pytest.mark.parametrize(
    ("written", "wrong", "right"),
    [("x", "a/x", "b/x"), ("../x", "x", "b/y/x"), ("../../a/x", "a/x", "x"), ("", "a/x", "b/x"), ("?q", "a/x", "b/x")],
)
def test_a_reference_that_names_too_little_is_left_alone(written: str, wrong: str, right: str) -> None:
    now = respell.with_path(written, wrong, right)
    assert now is None or urls.decode(now).lstrip("./").endswith(right)


@pytest.mark.parametrize(
    ("written", "right", "now"),
    [
        ("a#Getting%20Started", "getting-started", "a#getting-started"),
        ("#fünf-Äpfel", "fünf-äpfel", "#fünf-äpfel"),
        ("?q=1#A", "a", "?q=1#a"),
        ("x#a", 'a"b', "x#a%22b"),
        ("x#%c3%84", "ä", "x#%C3%A4"),
        ("x#guvenlik", "güvenlik", "x#güvenlik"),
    ],
)
def test_a_fragment_keeps_all_that_is_right(written: str, right: str, now: str) -> None:
    assert respell.with_fragment(written, right) == now


NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='/\\?#%"<>`|'), min_size=1, max_size=6
).filter(lambda name: name.strip(". ") == name)
FOLDERS = st.lists(NAMES, max_size=3)


@given(FOLDERS, FOLDERS, NAMES, FOLDERS, NAMES)
def test_what_is_written_resolves_to_what_is_right(
    above: list[str], between: list[str], name: str, elsewhere: list[str], other: str
) -> None:
    wrong, right = "/".join((*above, *between, name)), "/".join((*above, *elsewhere, other))
    assume(wrong != right)
    page = "/".join((*above, "page"))
    written = urls.encode_path(posixpath.relpath(wrong, posixpath.dirname(page) or "."))
    now = respell.with_path(f"{written}?q=1#f", wrong, right)
    if now is not None:
        base = "http://m.test/"
        resolved = urls.resolve(base + urls.encode_path(page), now)
        assert urls.decode(resolved[len(base) :].partition("?")[0]) == right
        assert now.endswith("?q=1#f")


@pytest.mark.parametrize(
    ("written", "old", "new", "now"),
    [
        ("http://a.example/x#y", "http://a.example/x", "https://b.example/z", "https://b.example/z#y"),
        ("http://a.example/x#y", "http://a.example/x", "https://b.example/z#w", "https://b.example/z#w"),
        ("http://a.example/x#y", "http://a.example/x", "https://b.example/z#", "https://b.example/z#"),
        ("http://a.example", "http://a.example/", "https://a.example/", "https://a.example"),
        ("http://A.example/x", "http://a.example/x", "https://a.example/x", "https://A.example/x"),
        ("http://a.example/中?q=é", "http://a.example/%E4%B8%AD?q=%C3%A9", "https://a.example/%E4%B8%AD/?q=%C3%A9", "https://a.example/中/?q=é"),
        ("http://例え.jp/x", "http://xn--r8jz45g.jp/x", "https://xn--r8jz45g.jp/y", "https://例え.jp/y"),
        ("//a.example/x", "https://a.example/x", "https://a.example/y", "//a.example/y"),
        ("//a.example/x", "http://a.example/x", "https://a.example/y", "https://a.example/y"),
        ("www.a.example/x", "http://www.a.example/x", "https://a.example/x", "https://a.example/x"),
        ("../../o/x", "https://a.example/o/x", "https://a.example/p/x", "https://a.example/p/x"),
        ("http://a.example/%2Fx", "http://a.example/%2Fx", "https://a.example//x", "https://a.example//x"),
        ("http://ann:pw@a.example/x", "http://ann:pw@a.example/x", "https://a.example/x/", "https://a.example/x/"),
        ("http://ann:pw@a.example/x", "http://ann:pw@a.example/x", "http://ann:pw@a.example/y", "http://ann:pw@a.example/y"),
    ],
)  # fmt: skip
def test_what_two_urls_have_in_common_stays_as_it_is_spelt(written: str, old: str, new: str, now: str) -> None:
    assert respell.with_url(written, old, new) == now


def test_a_path_of_very_many_segments_is_not_compared() -> None:
    long = "/a" * 30_000
    assert respell.with_url(f"http://a.example{long}", f"http://a.example{long}", f"http://b.example{long}/b").endswith(
        "/b"
    )
