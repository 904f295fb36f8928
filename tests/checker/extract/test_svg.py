"""What an SVG file names and defines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import Options
from checker.extract.svg import extract, places

CASES = [
    ("a", '<a href="x"/>', [("link", "x")]),
    ("xlink:href", '<a xlink:href="x"/>', [("link", "x")]),
    ("a's own fragment: none", '<a href="#x"/><use href="#y"/>', [("image", "#y")]),
    (
        "a property of editors: none",
        '<text style="shape-inside:url(#x);fill:url(#y)"/><p style="-inkscape-stroke: url(#z)"/>',
        [("image", "#y")],
    ),
    ("an element that no browser has: none", '<altGlyph xlink:href="#x"/><font-face-uri href="y.svg#z"/>', []),
    ("image", '<image href="x.png"/>', [("image", "x.png")]),
    ("feImage", '<filter><feImage href="x.png"/></filter>', [("image", "x.png")]),
    ("use", '<use href="x.svg#y"/>', [("image", "x.svg#y")]),
    ("script", '<script href="x.js"/>', [("script", "x.js")]),
    ("a gradient", '<linearGradient href="#x"/>', [("link", "#x")]),
    ("a presentation attribute", '<path fill="url(#x)" mask="url(y.svg#z)"/>', [("image", "#x"), ("image", "y.svg#z")]),
    ("a style attribute", '<path style="fill:url(&quot;#x&quot;)"/>', [("image", "#x")]),
    ("a style element", "<style>@import 'x.css'; a{b:url(y)}</style>", [("stylesheet", "x.css"), ("image", "y")]),
    ("a style element in CDATA", "<style><![CDATA[a>b{c:url(x)}]]></style>", [("image", "x")]),
    (
        "HTML within",
        '<foreignObject><img src="x.png"/><a href="y">z</a></foreignObject>',
        [("image", "x.png"), ("link", "y")],
    ),
    ("an entity", '<a href="?x&amp;y"/>', [("link", "?x&y")]),
    ("a comment: none", '<!-- <a href="no"/> -->', []),
    ("text: none", "<text>url(no) href='no'</text>", []),
    ("namespaces: none", '<g xmlns:xlink="http://no.test/"/>', []),
    (
        "what is not well-formed",
        '<g><a href="x"><image href=oops /><image href="y.png"></g>',
        [("link", "x"), ("image", "y.png")],
    ),
]


@pytest.mark.parametrize(("markup", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_finds(markup: str, expected: list[tuple[str, str]]) -> None:
    found = extract(f'<svg xmlns="http://www.w3.org/2000/svg">{markup}</svg>', Options())

    assert sorted((role, raw) for role, raws in found.references.items() for raw in raws) == sorted(expected)
    assert found.count == len(expected)


def test_it_finds_the_style_sheet_that_the_prolog_names() -> None:
    found = extract('<?xml version="1.0"?><?xml-stylesheet href="x.css" type="text/css"?><svg/>', Options())

    assert found.references == {"stylesheet": {"x.css"}}


def test_ids_are_what_a_fragment_can_find() -> None:
    found = extract(
        '<!DOCTYPE svg [<!ENTITY e "<g id=\'no\'/>">]><svg><g id="a&amp;b"/><g xml:id="c"/></svg>', Options()
    )

    assert found.ids == {"a&b", "c"}


def test_a_span_is_the_url_as_written() -> None:
    text = "<svg><style>a{b:url(x)}<![CDATA[c{d:url(y)}]]></style><g style='e:url(&#39;z&#39;)'/></svg>"

    assert [text[place.start : place.end] for place in places(text, Options())] == ["x", "y", "z"]


PIECES = [
    *(
        "<svg>",
        "</svg>",
        '<a href="x">',
        "<use xlink:href='y'/>",
        "<style>",
        "</style>",
        "a{b:url(z)}",
        "<![CDATA[",
        "]]>",
    ),
    *(
        '<g id="i" style="c:url(&quot;w&quot;)"/>',
        "<g fill='url(#f)'",
        "<!--",
        "-->",
        "<?xml-stylesheet href='s'?>",
        "&",
        ">",
    ),
]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_the_close_up_finds_what_the_sweep_finds(text: str) -> None:
    found = extract(text, Options())

    close = list(places(text, Options()))
    assert len(close) == found.count
    assert {place[:2] for place in close} == {(role, raw) for role, raws in found.references.items() for raw in raws}
