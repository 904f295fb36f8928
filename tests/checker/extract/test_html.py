"""Each row of the extraction matrix, and that `places` finds what `extract` finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.extract import Options
from checker.extract.elements import srcset
from checker.extract.html import extract, extract_fragment, places
from checker.model import Role

ROOT = Path(__file__).parents[3]

# (id, HTML, [(role, reference)]). docs/extraction.md is compared with the ids.
MATRIX = [
    ("a href", '<a href="x">t</a>', [("link", "x")]),
    ("area href", '<map><area href="x"></map>', [("link", "x")]),
    ("img src", '<img src="x.png">', [("image", "x.png")]),
    ("img srcset", '<img srcset="a.png 1x, b.png 2x">', [("image", "a.png"), ("image", "b.png")]),
    (
        "picture source srcset",
        '<picture><source srcset="a.webp 400w, b.webp"></picture>',
        [("image", "a.webp"), ("image", "b.webp")],
    ),
    ("video src", '<video src="x.webm"></video>', [("media", "x.webm")]),
    ("audio src", '<audio src="x.ogg"></audio>', [("media", "x.ogg")]),
    ("source src", '<video><source src="x.webm"></video>', [("media", "x.webm")]),
    ("track src", '<video><track src="x.vtt"></video>', [("media", "x.vtt")]),
    ("video poster", '<video poster="x.jpg"></video>', [("image", "x.jpg")]),
    ("iframe src", '<iframe src="x.html"></iframe>', [("frame", "x.html")]),
    ("frame src", '<frameset><frame src="x.html"></frameset>', [("frame", "x.html")]),
    ("iframe srcdoc", '<iframe srcdoc="&lt;a href=x&gt;&lt;a href=#own&gt;"></iframe>', [("link", "x")]),
    ("object data", '<object data="x.svg"></object>', [("object", "x.svg")]),
    ("embed src", '<embed src="x.svg">', [("object", "x.svg")]),
    ("script src", '<script src="x.js"></script>', [("script", "x.js")]),
    ("link rel=stylesheet", '<link rel="stylesheet" href="x.css">', [("stylesheet", "x.css")]),
    ("link rel=icon", '<link rel="shortcut icon" href="x.ico">', [("icon", "x.ico")]),
    ("link rel=preload", '<link rel=preload href="x.woff2" as=font>', [("preload", "x.woff2")]),
    (
        "link imagesrcset",
        '<link rel=preload as=image imagesrcset="a.png 1x, b.png 2x">',
        [("image", "a.png"), ("image", "b.png")],
    ),
    ("link rel=canonical", '<link rel="canonical" href="x">', [("canonical", "x")]),
    ("link rel=alternate", '<link rel="alternate" href="x.xml">', [("alternate", "x.xml")]),
    ("link rel=manifest", '<link rel="manifest" href="x.json">', [("manifest", "x.json")]),
    (
        "link rel=next, prev",
        '<link rel="next" href="x"><link rel="prev" href="y">',
        [("link", "x"), ("link", "y")],
    ),
    (
        "link rel=preconnect, dns-prefetch: none",
        '<link rel="preconnect" href="//x.test"><link rel="dns-prefetch" href="//y.test">',
        [],
    ),
    ("form action", '<form action="x"></form>', [("form", "x")]),
    ("button formaction", '<button formaction="x"></button>', [("endpoint", "x")]),
    (
        "form method=post",
        "<form method=POST action=x><input type=submit formaction=y formmethod=get>",
        [("endpoint", "x"), ("form", "y")],
    ),
    (
        "formaction of what sends nothing: none",
        "<button type=button formaction=x></button><input type=text formaction=y><button type=RESET formaction=z>",
        [],
    ),
    ("form method=dialog: none", "<form method=dialog action=x><button formaction=y formmethod=dialog>", []),
    (
        "link rel=pingback",
        '<link rel=pingback href=x><link rel="webmention" href=y>',
        [("endpoint", "x"), ("endpoint", "y")],
    ),
    ("input type=image src", '<input type="image" src="x.png">', [("image", "x.png")]),
    (
        "cite",
        '<blockquote cite="x"></blockquote><q cite="y"></q><del cite="z"></del>',
        [("cite", "x"), ("cite", "y"), ("cite", "z")],
    ),
    ("usemap", '<img usemap="#x"><p usemap="#y">', [("map", "#x")]),
    ("longdesc", '<img longdesc="x">', [("cite", "x")]),
    ("background", '<table background="x.png"></table>', [("image", "x.png")]),
    ("meta refresh", '<meta http-equiv="Refresh" content="5; URL=\'x.html\'">', [("meta", "x.html")]),
    (
        "og:*",
        '<meta property="og:image" content="x.png"><meta property="og:title" content="no">',
        [("meta", "x.png")],
    ),
    ("twitter:*", '<meta name="twitter:image" content="x.png">', [("meta", "x.png")]),
    (
        "JSON-LD",
        '<script type="application/ld+json">{"@context":"https://schema.org","image":["/a.png"],"publisher":{"logo":{"url":"https:\\/\\/x.test\\/l.png"}},"name":"no/no"}</script>',
        [("meta", "/a.png"), ("meta", "https://x.test/l.png")],
    ),
    (
        "style of another language: none",
        "<style type=text/less>@import 'no.less';</style><style type=TEXT/CSS>a{b:url(x)}</style><style type>@import 'y'",
        [("image", "x"), ("stylesheet", "y")],
    ),
    (
        "style element",
        '<style>@import "a.css"; b{background:url(b.png)}</style>',
        [("stylesheet", "a.css"), ("image", "b.png")],
    ),
    ("style attribute", "<p style=\"background:url('x y.png')\">", [("image", "x y.png")]),
    (
        "svg href",
        '<svg><a href="x"></a><image href="y.png"/><use href="#z"/></svg>',
        [("link", "x"), ("image", "y.png"), ("image", "#z")],
    ),
    (
        "svg xlink:href",
        '<svg><use xlink:href="s.svg#i"/><a xlink:href="x"></a></svg>',
        [("image", "s.svg#i"), ("link", "x")],
    ),
    (
        "xlink:href on an HTML element: none",
        '<a href="x" xlink:href="no">t</a><img xlink:href="no.png">',
        [("link", "x")],
    ),
    ("data-src", '<img src="data:," data-src="x.png">', [("image", "data:,"), ("image", "x.png")]),
    ("data-srcset", '<img data-srcset="a.png 1x, b.png 2x">', [("image", "a.png"), ("image", "b.png")]),
    ("data-original", '<img data-original="x.png">', [("image", "x.png")]),
    (
        "href on any element",
        '<ok href="x">t</ok><my-card href="y"></my-card>',
        [("link", "x"), ("link", "y")],
    ),
    ("src on any element", '<my-player src="x.ogg"></my-player>', [("object", "x.ogg")]),
    (
        "template content",
        '<template><a href="x"></a><template><img src="y"></template></template>',
        [("link", "x"), ("image", "y")],
    ),
    ("noscript content", '<noscript><img src="x.png"></noscript>', [("image", "x.png")]),
    (
        "pre and code: real elements",
        '<pre><code><a href="x">t</a> &lt;a href="no"&gt;</code></pre>',
        [("link", "x")],
    ),
]


@pytest.mark.parametrize(("html", "expected"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
def test_each_row_of_the_matrix_is_extracted(html: str, expected: list[tuple[str, str]]) -> None:
    found = extract(html, Options())

    assert sorted((role, raw) for role, raws in found.references.items() for raw in raws) == sorted(expected)
    assert found.count == len(expected)


@pytest.mark.parametrize(("html", "expected"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
def test_the_close_up_finds_each_row_where_it_stands(html: str, expected: list[tuple[str, str]]) -> None:
    found = list(places(html, Options()))

    assert sorted({(place.role, place.raw) for place in found}) == sorted(set(expected))
    assert all(0 <= place.start < place.end <= len(html) + 1 for place in found)


def test_the_published_matrix_names_every_row() -> None:
    documented = set(re.findall(r"^\| `?([^|`]+?)`? \|", (ROOT / "docs/extraction.md").read_text("utf-8"), re.M))

    assert {row[0] for row in MATRIX} <= documented


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<!-- <a href=x> -->", []),
        ("<script>'<a href=x>'</script>", []),
        ("<textarea><a href=x></textarea>", []),
        ("<title><a href=x></title>", []),
        ('<a href="x" href="y">', ["x"]),
        ("<a href>", [""]),
        ("<a href='x&amp;y&copy;=1'>", ["x&y\xa9=1"]),
        ("<a HREF=x>", ["x"]),
        ("<table><image src=x><tr><td><image src=x></table>", ["x"]),
        ("<table><tr><image src=x></table>", ["x"]),
        ("<table><!-- <svg> --><image src=x></table>", ["x"]),
        ("<svg/><table><image src=x></table>", ["x"]),
        ("<table><svg><title><image src=x></title></svg><script>'<image src=no>'</script></table>", ["x"]),
        ("<TABLE><TR><Image src=x></TABLE>", ["x"]),
        ("<table><svg><image href=x /></svg></table>", ["x"]),
        ("<a name=x>", []),
    ],
)
def test_only_what_a_browser_sees_is_a_reference(html: str, expected: list[str]) -> None:
    found = extract(html, Options())

    assert [raw for raws in found.references.values() for raw in raws] == expected


def test_ids_are_what_a_fragment_can_find() -> None:
    found = extract(
        '<p id="a"><a name="b"><img name="c"><template><p id="d"></template><svg id="e"><g id="f">', Options()
    )

    assert found.ids == {"a", "b", "e", "f"}


@pytest.mark.parametrize(
    ("around", "html_within"),
    [
        ("<p>{}</p>", True),
        ("<svg></svg>{}", True),
        ("<svg>{}</svg>", False),
        ("<SVG><g>{}</g></SVG>", False),
        ("<svg><foreignObject>{}</foreignObject></svg>", True),
        ("<svg><foreignObject><b>{}</b></foreignObject></svg>", True),
        ("<svg><foreignObject><svg>{}</svg></foreignObject></svg>", False),
        ("<svg><desc>{}</desc></svg>", True),
        ("<svg><mi>{}</mi></svg>", False),
        ("<svg><g><p>{}</p></g></svg>", True),  # breaks out
        ("<math>{}</math>", False),
        ("<math><mi>{}</mi></math>", True),
        ("<math><mi><mglyph>{}</mglyph></mi></math>", False),
        ("<math><mtext><malignmark></malignmark>{}</mtext></math>", True),
        ("<math><mi><b><mglyph>{}</mglyph></b></mi></math>", True),
        ("<mi><mglyph>{}</mglyph></mi>", True),
        ("<math><desc>{}</desc></math>", False),
        ('<math><annotation-xml encoding="text/html">{}</annotation-xml></math>', True),
        ("<math><annotation-xml>{}</annotation-xml></math>", False),
        ("<math><annotation-xml encoding=MathML-Content>{}</annotation-xml></math>", False),
        ("<math><annotation-xml encoding=Application/XHTML+XML>{}</annotation-xml></math>", True),
        ("<math><annotation-xml><svg>{}</svg></annotation-xml></math>", False),
        ("<math><annotation-xml><svg><desc>{}</desc></svg></annotation-xml></math>", True),
        ("<desc>{}</desc>", True),
    ],
)
def test_an_element_of_svg_or_mathml_is_not_html_s_of_that_name(around: str, html_within: bool) -> None:
    found = extract(around.format('<base href="/b/"></base><a name="n" xlink:href="x"></a>'), Options())

    assert found.base == ("/b/" if html_within else None)
    assert found.ids == ({"n"} if html_within else set())
    assert found.references["link"] == (set() if html_within else {"x"})  # type: ignore[index]


def test_a_foreign_root_has_its_references_whatever_stands_around_it() -> None:
    html = '<svg xlink:href="a"><foreignObject xlink:href="b"></foreignObject></svg><math xlink:href="c"></math>'

    assert extract(html, Options()).references["link"] == {"a", "b", "c"}  # type: ignore[index]


def test_a_name_that_html_and_svg_both_use_is_found() -> None:
    assert extract('<svg><a name="n"></a></svg><a name="n"></a><a id="o" name></a>', Options()).ids == {"n", "o"}


def test_the_first_base_counts() -> None:
    assert extract('<base target="_top"><base href="/x/"><base href="/y/">', Options()).base == "/x/"


def test_a_fragment_has_no_base_of_its_own() -> None:
    assert extract_fragment('<base href="/x/"><a href="y">', Options()).base is None


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<style id=i>p { background: url(x) }</style>", {"x"}),
        ("<template id=i><img src=x></template>", {"x"}),
        ("<div DATA-Src=x></div>", {"x"}),
        ("<p style='color: red' id=i><p style='background: url&#40;x)'>", {"x"}),
    ],
)
def test_an_element_is_read_whatever_else_it_states(html: str, expected: set[str]) -> None:
    found = extract(html, Options())

    assert found.references["image"] == expected  # type: ignore[index]
    assert found.count == len([*places(html, Options())])


def test_lazy_attributes_are_configurable() -> None:
    html = '<img data-hi="a.png" data-src="b.png">'

    found = extract(html, Options(lazy=frozenset({"data-hi"})))

    assert found.references["image"] == {"a.png"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.png", ["a.png"]),
        ("a.png, b.png", ["a.png", "b.png"]),
        ("a.png 1x,b.png 2x", ["a.png", "b.png"]),
        ("a,b.png 1x", ["a,b.png"]),
        ("a.png,, b.png", ["a.png", "b.png"]),
        (" , a.png 100w ", ["a.png"]),
        ("a.png (1x, 2x), b.png", ["b.png"]),  # one descriptor, and none that a browser knows
        ("a.png ((1x), b.png", ["b.png"]),
        ("a (1).png 320w, b.png", ["b.png"]),
        ("a.png 1x 2x, b.png 1w 1x, c.png 0w, d.png -1x, e.png 1h, f.png x", []),
        ("a.png 1w 2h, b.png .5x, c.png 1e3x, d.png 2h\t1w", ["a.png", "b.png", "c.png", "d.png"]),
        ("data:image/png;base64,AA== 1x, b.png", ["data:image/png;base64,AA==", "b.png"]),
        ("", []),
    ],
)
def test_srcset_is_split_as_the_standard_says(value: str, expected: list[str]) -> None:
    assert srcset(value) == expected


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ("0;url=x", "x"),
        (" 1.5 , URL = 'x' y", "x"),
        (".;x", "x"),
        ("0 x", "x"),
        ("0;url x", "url x"),
        ("1 2;url=x", "2;url=x"),
        ("0;\u00a0x", "\u00a0x"),
        (";url=x", None),
        ("\u0663;url=x", None),
        ("0x", None),
        ("0", None),
    ],
)
def test_a_refresh_is_read_as_the_standard_says(content: str, url: str | None) -> None:
    found = extract(f'<meta http-equiv=refresh content="{content}">', Options())

    assert found.references.get(Role.META, set()) == ({url} if url else set())


def test_a_button_has_the_method_of_its_form_unless_it_has_its_own() -> None:
    found = extract(
        "<form method=Dialog action=v><p><button formaction=w></button><input type=submit formaction=x>"
        "<button formaction=y formmethod=post></button></form><button formaction=z>",
        Options(),
    )

    assert found.references == {Role.LINK: set(), Role.ENDPOINT: {"y", "z"}}


def test_a_map_is_found_by_its_name() -> None:
    found = extract('<map name="plan"></map><img usemap="#plan">', Options())

    assert found.maps == {"plan"}
    assert not found.ids
