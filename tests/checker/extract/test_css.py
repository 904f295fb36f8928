"""What a style sheet names, held against a whole tokenizer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import Options
from checker.extract.css import extract, places, urls

CASES = [
    ("a quoted url()", 'a{b:url("x.png")}', [("image", "x.png")]),
    ("an unquoted url()", "a{b:url( x.png )}", [("image", "x.png")]),
    ("spaces in quotes", "a{b:URL('x y.png')}", [("image", "x y.png")]),
    (
        "escapes",
        r'a{b:url(x\ y\28z\29.png) url("\"q\".png")}',
        [("image", "x y(z).png"), ("image", '"q".png')],
    ),
    ("a string over two lines", 'a{b:url("x\\\ny.png")}', [("image", "xy.png")]),
    ("a url() that never ends", "a{b:url(x.png", [("image", "x.png")]),
    ("a string that never ends", 'a{b:url("x.png', [("image", "x.png")]),
    ("an empty url()", "a{b:url() url('')}", [("image", ""), ("image", "")]),
    ("a fragment", "a{filter:url(#blur)}", [("image", "#blur")]),
    ("a data: URL", "a{b:url(data:,x)}", [("image", "data:,x")]),
    ("src()", 'a{b:src("x.png")}', [("image", "x.png")]),
    ("@import of a string", '@import "x.css" print;', [("stylesheet", "x.css")]),
    ("@import of a url()", "@IMPORT url(x.css);", [("stylesheet", "x.css")]),
    (
        "@import with conditions",
        '@import url("x.css") layer(y) supports(b: url(no)) screen and (width > 1px);b{c:url(z)}',
        [("stylesheet", "x.css"), ("image", "z")],
    ),
    (
        "@font-face src",
        '@font-face{src:url(x.woff2) format("woff2"),url(x.woff)}a{b:url(y)}',
        [("font", "x.woff2"), ("font", "x.woff"), ("image", "y")],
    ),
    (
        "image-set()",
        'a{b:-webkit-image-set("x.png" 1x type("image/png"), url(y.png), url("z.png"), "w.png");c:"no"}',
        [("image", "x.png"), ("image", "y.png"), ("image", "z.png"), ("image", "w.png")],
    ),
    ("@namespace: none", '@namespace url(no);@namespace svg "no";', []),
    ("@supports: none in its condition", "@supports (b:url(no)){a{b:url(x)}}", [("image", "x")]),
    ("a comment: none", "/* url(no) @import 'no'; */a{b:url(x)}/* url(no)", [("image", "x")]),
    ("a string: none", "a{content:'url(no)'}", []),
    ("another function: none", "a{b:my-url(no) -url(no) urls(no)}", []),
    (
        "an unquoted url() with a space: none, as browsers drop it",
        "a{b:url(my file.png);c:url(x)}",
        [("image", "x")],
    ),
    ("a string cut by a line break: none", "a{b:url('no\n);c:url(x)}", [("image", "x")]),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_finds(text: str, expected: list[tuple[str, str]]) -> None:
    assert urls(text) == expected


def test_a_style_attribute_is_a_list_of_declarations() -> None:
    assert urls("color: red; background: url('x.png')") == [("image", "x.png")]


def test_a_span_is_the_url_as_written() -> None:
    text = r'@import "a.css"; b{c:url( d\ e.png )}'

    assert [text[place.start : place.end] for place in places(text, Options())] == ["a.css", r"d\ e.png"]


# Pieces of style sheets, so that strings, comments and functions meet in every order. tinycss2 takes `\\)`
# for an escaped bracket, where the standard has an escaped backslash before a bracket: no such pair here.
PIECES = [
    *(
        "url( ",
        "URL(",
        "url('",
        ' url("',
        "url(x",
        "#url(",
        "\\66 url(",
        "-url(",
        "1url(",
        "src(",
        "image-set(",
        "type(",
    ),
    *(
        "@font-face{",
        "@media x{",
        "@import ",
        "@import url(",
        "@namespace ",
        "@supports (",
        "a{b:",
        "c:",
        "{",
        "}",
        ";",
    ),
    *("(", ")", '"', "'", "/*", "*/", "/", "<!-- ", "-->", "%", ".", "1px", "a.png", "é"),
    *("\\29 ", "\\20", '\\"', "\\'", "x\\\ny", "\n", "\r\n", "\f", " ", "\t", "\0"),
]
SHEETS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(SHEETS)
def test_it_finds_the_urls_that_a_whole_tokenizer_finds(text: str) -> None:
    text = re.sub(r"image-set\(|src\(|type\(|@(?:import|namespace|supports) ?\(?", "", text)

    assert Counter(raw for _, raw in urls(text)) == Counter(oracle(tinycss2.parse_component_value_list(text)))


def oracle(tokens: Iterable[Any]) -> Iterable[str]:
    """Every `url()` of a token tree."""
    for token in tokens:
        if token.type == "url":
            yield token.value
        elif token.type == "function" and token.lower_name == "url":
            first = next((part for part in token.arguments if part.type != "whitespace"), None)
            if first is not None and first.type == "string":
                yield first.value
            yield from oracle(token.arguments)
        else:
            yield from oracle(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


@given(SHEETS)
def test_the_close_up_finds_what_the_sweep_finds(text: str) -> None:
    found = extract(text, Options())

    close = list(places(text, Options()))
    assert len(close) == found.count
    assert {(place.role, place.raw) for place in close} == {
        (role, raw) for role, raws in found.references.items() for raw in raws
    }


def test_in_what_a_bundler_reads_a_module_is_no_address() -> None:
    sheet = (
        '@import "lib"; @import "@x/lib/a.css"; @import "./b.css"; @import "c.css";'
        "p { background: url(~/d.png) url($lib/h.png) url(e.png) }"
    )
    module = {"lib", "@x/lib/a.css", "~/d.png", "$lib/h.png"}

    plain = {raw for _, raw in urls(sheet)}
    bundled = {raw for _, raw in urls(sheet + "q { @apply flex; }")}

    assert plain == module | {"./b.css", "c.css", "e.png"}
    assert bundled == plain - module
    assert {raw for _, raw in urls(sheet + '@import "~lib/f.css"; @reference "../g.css";')} == plain - module


def test_a_property_that_only_editors_of_drawings_have_names_nothing() -> None:
    style = "shape-inside:url(#a); -inkscape-stroke: url('#b'); shape-outside: url(c.png); fill: url(#d)"

    assert urls(style) == [("image", "c.png"), ("image", "#d")]
