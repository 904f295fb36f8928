"""From a reference to the line and column of each of its places: where `‸` stands in a text, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import Options, extractor
from checker.extract.locate import Spot, spots
from checker.model import Kind, Role

MARK = "‸"


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column of each."""
    parts = text.split(MARK)
    before = ["".join(parts[:end]).split("\n") for end in range(1, len(parts))]
    return "".join(parts), [(len(lines), len(lines[-1]) + 1) for lines in before]


def assert_located(kind: Kind, text: str, role: str, raw: str) -> None:
    plain, expected = marked(text)
    reference = (Role(role), raw)

    assert raw in extractor(kind).extract(plain, Options()).references[reference[0]]
    assert [spot[:2] for spot in spots(plain, kind, [reference], Options())[reference]] == expected


HTML = [
    # quotes and blanks
    ("double quotes", '<a href="‸x.html">', "link", "x.html"),
    ("single quotes", "<a href='‸x.html'>", "link", "x.html"),
    ("no quotes", "<a href=‸x.html>", "link", "x.html"),
    ("no quotes, then another attribute", "<a href=‸x.html class=y>", "link", "x.html"),
    ("no quotes, then a slash", "<a href=‸x.html/>", "link", "x.html/"),
    ("blanks and line breaks around the sign", "<a\nhref\n=\n'‸x.html'>", "link", "x.html"),
    ("blanks inside the quotes", '<a href="‸ x.html ">', "link", " x.html "),
    ("capitals", '<A HREF="‸x.html">', "link", "x.html"),
    ("no blank before the name", '<a class="y"href="‸x.html">', "link", "x.html"),
    ("an empty value", '<img src="‸"><img alt=""><img src="‸">', "image", ""),
    ("a line break in the value", '<a href="‸x\ny.html">', "link", "x\ny.html"),
    ("a line break of Windows in the value", '<a href="‸x\r\ny.html">', "link", "x\ny.html"),
    # lines and columns
    ("line breaks of Windows", '<p>\r\n<a href="‸x.html">\r\n\r\n<a href="‸x.html">', "link", "x.html"),
    ("a tab is one column", '<p>\n\t\t<a href="‸x.html">', "link", "x.html"),
    ("an astral character is one column", '𝒳🏔<a href="‸🏔.html">', "link", "🏔.html"),
    ("a combining character is one column", 'e\u0301\u0323<a href="‸x.html">', "link", "x.html"),
    ("a line separator ends no line", 'a\u2028b\x0b\x0c\x85<a href="‸x.html">', "link", "x.html"),
    ("a byte order mark is one column", '\ufeff<a href="‸x.html">', "link", "x.html"),
    # entities
    ("an ampersand", '<a href="‸x?a=1&b=2"> <a href="‸x?a=1&amp;b=2">', "link", "x?a=1&b=2"),
    ("an ampersand by number", '<a href="‸x?a&#38;b">', "link", "x?a&b"),
    ("a letter by name", '<a href="‸caf&eacute;.html">', "link", "café.html"),
    ("a letter by number", '<a href="‸&#x4E2D;.html">', "link", "中.html"),
    # the same words elsewhere
    ("the text of the link", '<a title="x.html" href="‸x.html">x.html</a> x.html', "link", "x.html"),
    ("an attribute within a value", '<a title="href=x.html" href="‸x.html">', "link", "x.html"),
    ("part of another name", '<a href="ax.html"><a href="x.html#y"><a href="‸x.html">', "link", "x.html"),
    ("an attribute that ends alike", '<b data-href="x.html"></b><a href="‸x.html" ping="x.html">', "link", "x.html"),
    ("a comment", '<!-- <a href="x.html"> --><a href="‸x.html"><!-- <a href="x.html">', "link", "x.html"),
    ("a comment that is empty", '<!--><a href="‸x.html"><!-- -->', "link", "x.html"),
    ("a script in a comment", '<!-- <script> --><a href="‸x.html"><script></script>', "link", "x.html"),
    ("a script", '<script>"<a href=\'x.html\'>"</script><a href="‸x.html">', "link", "x.html"),
    ("a style", '<style>/* <a href="x.html"> */</style><a href="‸x.html">', "link", "x.html"),
    ("a text area", '<textarea><a href="x.html"></textarea><a href="‸x.html">', "link", "x.html"),
    ("a title", '<title><a href="x.html"></title><a href="‸x.html">', "link", "x.html"),
    ("an old frame's content", '<iframe><a href="x.html"></iframe><a href="‸x.html">', "link", "x.html"),
    ("an element that begins as a title does", '<titled><a href="‸x.html"></titled>', "link", "x.html"),
    ("code that is shown", '<pre>&lt;a href="x.html"></pre><a href="‸x.html">', "link", "x.html"),
    ("running text", 'href="x.html" <a href="‸x.html">', "link", "x.html"),
    ("an end tag", '</a href="x.html"><a href="‸x.html">', "link", "x.html"),
    ("a second attribute of the name", '<a href="y" href="x.html"><a href="‸x.html" href="y">', "link", "x.html"),
    ("a base", '<base href="x.html"><a href="‸x.html">', "link", "x.html"),
    ("a hint", '<link rel=preconnect href="//x.test"><a href="‸//x.test">', "link", "//x.test"),
    ("a description", '<meta name=d content="x.png"><meta name="twitter:image" content="‸x.png">', "meta", "x.png"),
    ("an attribute of other elements", '<p cite="x"></p><ins cite="‸x"></ins>', "cite", "x"),
    # one name in several roles
    ("an image, not a link", '<img src="‸x.png"><a href="x.png">', "image", "x.png"),
    ("a link, not an image", '<img src="x.png"><a href="‸x.png">', "link", "x.png"),
    ("an icon, not a link", '<link href="‸x.png" rel=icon><a href="x.png">', "icon", "x.png"),
    ("a link, not an icon", '<link href="x.png" rel=icon><a href="‸x.png">', "link", "x.png"),
    # values that hold more than a URL
    ("a candidate of a list", '<img srcset="a.png 1x, ‸b.png 2x">', "image", "b.png"),
    ("a candidate that others end with", '<img srcset="ab.png 1x, ‸b.png 2x">', "image", "b.png"),
    ("a candidate that others begin with", '<img srcset="b.png.bak, ‸b.png">', "image", "b.png"),
    ("a candidate and a source", '<img src="‸b.png" srcset="a.png 1x,\n ‸b.png 2x">', "image", "b.png"),
    ("a list of one", '<img srcset="‸b.png">', "image", "b.png"),
    ("a style's image", '<p style="background:url(‸b.png)">', "image", "b.png"),
    ("a style's second image", "<p style=\"background:url('ab.png'),url('‸b.png')\">", "image", "b.png"),
    ("a style sheet's image and an element's", '<style>p{a:url(‸b.png)}</style><img src="‸b.png">', "image", "b.png"),
    ("a refresh", '<meta http-equiv=refresh content="0; url=‸x.html">', "meta", "x.html"),
    (
        "JSON-LD and a card",
        '<meta property="og:image" content="‸/x"><script type="application/ld+json">{"url": "‸/x"}</script>',
        "meta",
        "/x",
    ),
    ("a document within", '<iframe srcdoc="<a href=‸x.html>"></iframe>', "link", "x.html"),
    ("a document within, encoded", '<iframe srcdoc="&lt;a href=‸x.html&gt;"></iframe>', "link", "x.html"),
    # elements
    ("forms", '<form action="‸x"><button formmethod=get formaction="‸x">', "form", "x"),
    ("a lazy image", '<img data-src="‸x.png">', "image", "x.png"),
    ("SVG", '<svg><use xlink:href="‸#i"/><image href="‸#i"/></svg>', "image", "#i"),
    ("a template", '<template><a href="‸x.html"></template>', "link", "x.html"),
    ("a tag with a long attribute", f'<a title="{"x" * 9000}" href="‸x.html">', "link", "x.html"),
]


@pytest.mark.parametrize(("text", "role", "raw"), [row[1:] for row in HTML], ids=[row[0] for row in HTML])
def test_a_reference_of_html_is_found_where_it_stands(text: str, role: str, raw: str) -> None:
    assert_located(Kind.HTML, text, role, raw)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ('<a href="‸x?a&amp;b"><a href="‸x?a&#38;b">', "x?a&b"),
        ('<a href="‸caf&eacute;.html"><a href="‸café.html">', "café.html"),
    ],
)
def test_a_reference_spelt_in_two_ways_is_found_in_both(text: str, raw: str) -> None:
    assert_located(Kind.HTML, text, "link", raw)


def test_markup_in_a_value_is_no_place() -> None:
    assert_located(Kind.HTML, '<p title=\'<a href="x.html">\'><a href="‸x.html">', "link", "x.html")


OTHERS = [
    ("Markdown link", Kind.MARKDOWN, "a\n\n- [x.md](‸x.md) x.md\n", "link", "x.md"),
    ("Markdown link with a title", Kind.MARKDOWN, '[x](‸x.md "x.md")\n', "link", "x.md"),
    ("Markdown image", Kind.MARKDOWN, "🏔 ![x.png](‸x.png)\n", "image", "x.png"),
    ("Markdown destination in brackets", Kind.MARKDOWN, "[x](<‸x y.md>)\n", "link", "x%20y.md"),
    ("Markdown autolink", Kind.MARKDOWN, "中文 <‸https://example.org/x>\n", "link", "https://example.org/x"),
    ("Markdown bare URL", Kind.MARKDOWN, "原文：‸https://example.org/x\n", "bare", "https://example.org/x"),
    ("Markdown raw HTML", Kind.MARKDOWN, '\r\n<p>\r\n<a href="‸x.md">x</a>\r\n', "link", "x.md"),
    ("Markdown code", Kind.MARKDOWN, "`[x](x.md)` [x](‸x.md)\n\n    [x](x.md)\n", "link", "x.md"),
    ("Markdown after front matter", Kind.MARKDOWN, "---\ntitle: x.md\n---\n\n[x](‸x.md)\n", "link", "x.md"),
    ("Markdown link by its definition", Kind.MARKDOWN, "`[x](x.md)` ‸[x][y]\n\n[y]: x.md\n", "link", "x.md"),
    ("Markdown beside raw HTML", Kind.MARKDOWN, '[x](‸x.md)\n<a href="‸x.md">x</a> <b>a/x.md</b>\n', "link", "x.md"),
    ("Markdown twice", Kind.MARKDOWN, "[x](‸x.md) [y](x.md#y)\n[x](‸x.md)\n", "link", "x.md"),
    ("CSS url", Kind.CSS, "/* url(x.png) */\n.𝒳 { background: url(‸x.png) }", "image", "x.png"),
    ("CSS url in quotes", Kind.CSS, "p {\r\n\tbackground: url( '‸x.png' ), url(\"‸x.png\") }", "image", "x.png"),
    ("CSS import", Kind.CSS, '@import "‸x.css";\n@import url(‸x.css);', "stylesheet", "x.css"),
    ("CSS font", Kind.CSS, "@font-face { src: url(‸x.woff2) }", "font", "x.woff2"),
    ("SVG image", Kind.SVG, '<svg xmlns:xlink="x">\n <image xlink:href="‸x.png"/></svg>', "image", "x.png"),
    ("SVG comment", Kind.SVG, "<svg><!-- <a href='x'/> --><a href='‸x'/></svg>", "link", "x"),
    ("SVG entity", Kind.SVG, '<svg><a href="‸x?a&amp;b"/><a href="‸x?a&#38;b"/></svg>', "link", "x?a&b"),
    ("SVG fill", Kind.SVG, '<svg><path fill="url(‸#g)"/></svg>', "image", "#g"),
    ("feed link", Kind.FEED, "<feed><title>x</title>\n<entry><link href='‸x'/></entry></feed>", "feed", "x"),
    ("feed text", Kind.FEED, "<rss><channel><item>\n<link>‸http://x.test/a</link>", "feed", "http://x.test/a"),
    ("feed content", Kind.FEED, '<rss><channel><item><description>&lt;img src="‸x"&gt;</description>', "image", "x"),
    ("sitemap", Kind.SITEMAP, "<urlset>\n<url><loc>‸http://x.test/</loc></url>", "sitemap", "http://x.test/"),
    ("book", Kind.BOOK, '<item id="x.html" href="‸x.html"/>', "link", "x.html"),
    ("manifest", Kind.MANIFEST, '{"name": "x.png",\n "icons": [{"src": "‸x.png"}]}', "icon", "x.png"),
]


@pytest.mark.parametrize(("kind", "text", "role", "raw"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_a_reference_of_another_kind_of_page_is_found_where_it_stands(
    kind: Kind, text: str, role: str, raw: str
) -> None:
    assert_located(kind, text, role, raw)


def test_what_is_not_there_is_at_the_beginning() -> None:
    assert spots("<p>\n", Kind.HTML, [(Role.LINK, "x")], Options()) == {(Role.LINK, "x"): (Spot(1, 1),)}


def test_many_places_are_counted_as_few_are() -> None:
    text, expected = marked('<p>\r\n🏔 <a href="‸x.html">\n\n' * 30)

    found = spots(text, Kind.HTML, [(Role.LINK, "x.html")], Options())

    assert found[Role.LINK, "x.html"] == tuple(Spot(*place) for place in expected)


def test_a_large_page_is_looked_at_as_closely_as_a_small_one() -> None:
    text, expected = marked(f'<p>{"text " * 1_700_000}\n<img srcset="‸x.png 1x"><img src="‸x.png">')

    found = spots(text, Kind.HTML, [(Role.IMAGE, "x.png")], Options())

    assert found == {(Role.IMAGE, "x.png"): tuple(Spot(*place) for place in expected)}


def test_many_references_are_found_where_few_are() -> None:
    rows = [
        f'<a title="{n}.html" href="‸{n}.html"><img srcset="a.png, ‸{n}.png 2x" src=\'‸{n}?a&amp;b\'>'
        for n in range(400)
    ]
    marks = [marked("\n".join(rows))[1][at::3] for at in range(3)]
    text = marked("\n".join(rows))[0]
    wanted = [
        [(Role.LINK, f"{n}.html") for n in range(400)],
        [(Role.IMAGE, f"{n}.png") for n in range(400)],
        [(Role.IMAGE, f"{n}?a&b") for n in range(400)],
    ]

    found = spots(text, Kind.HTML, [reference for each in wanted for reference in each], Options())

    for references, expected in zip(wanted, marks, strict=True):
        assert [found[reference] for reference in references] == [(Spot(*place),) for place in expected]


NOISE = st.sampled_from(
    [
        "text ",
        "\n",
        "\r\n",
        "\t",
        "🏔𝒳中",
        "<p class=y>",
        "</p>",
        "<br/>",
        "&lt;a href='TARGET'&gt;",
        "TARGET",
        " href=TARGET ",
        "<!-- <a href='TARGET'> -->",
        "<script>'<a href=\"TARGET\">'</script>",
        "<style>p { color: red } /* TARGET */</style>",
        "<textarea><a href=TARGET></textarea>",
        "<a href='TARGETS'>",
        '<a href="a/TARGET">TARGET</a>',
        "<a name=TARGET>",
        "<p title=TARGET>",
        "<img src='TARGET'>",
    ]
)
TAG = st.sampled_from(
    [
        '<a href="‸TARGET">',
        "<a href='‸TARGET'>",
        "<a href=‸TARGET>",
        "<A class='y'\n HREF = '‸TARGET' title='TARGET'>TARGET</A>",
        '<area alt="TARGET" href="‸TARGET"/>',
        '<ok href="‸TARGET">',
    ]
)


@given(st.lists(NOISE | TAG, max_size=12), TAG, st.sampled_from(["x.html", "x?a&b", "第一章.md", "/", "a", "#🏔"]))
def test_a_reference_put_at_known_places_is_found_there_and_nowhere_else(
    noise: list[str], tag: str, target: str
) -> None:
    text, expected = marked("".join([*noise, tag]).replace("TARGET", target))

    found = spots(text, Kind.HTML, [(Role.LINK, target)], Options())

    assert found[Role.LINK, target] == tuple(Spot(*place) for place in expected)


MARKDOWN_PIECE = st.sampled_from(
    [
        "[a](x.md) ",
        '![a](x.md "t") ',
        "[![a](x.md)](x.md)\n",
        "[a](<x.md>)\n\n",
        "[a](\n  x.md) ",
        "[a](x\\.md) ",
        "[a](x&period;md) ",
        "[a](x.mdx) x.md ",
        "## a { x.md }\n",
        "`[a](x.md)` ",
        "\n\n    [a](x.md)\n\n",
        "\n```\n[a](x.md)\n```\n",
        "\\[a](x.md) ",
        '<a href="x.md">a</a> ',
        '<img alt="<" src="x.md"> ',
        '\n\n<div title="[a](x.md)">\n\n',
        '`<a href="x.md">` ',
        '<!-- <a href="x.md"> -->\n',
        '<textarea><a href="x.md"></textarea>\n\n',
        "[r]\n\n[r]: x.md\n\n",
        "* > [x]:\n  x.md\n",
        "[x]: x.md\n",
        "[t][x] ",
        "[x][] ",
        "[`a<b>`][x] ",
        "[`a[`][x]\n",
        "[[1]][x] ",
        "[p\nq][x] ",
        "> [p\n> q][x]\n\n",
        "![p][x] ",
        "[t][r][x] ",
        "`[` t][x] ",
        "<b title='['>t][x] ",
        "[^x]\n\n[^x]: note [t][x]\n\n",
        "http://a.test/`[b](x.md) ",
        "http://a.test/[b](x.md) ",
        "`",
        "深 text\n\n",
        "[a]() ",
        "[a](<>) ",
        "[a]( ) ",
        "`[a]()` ",
        '<a href="">b</a> ',
        "[e]\n\n[e]: <>\n\n",
    ]
)


@given(st.lists(MARKDOWN_PIECE, min_size=1, max_size=6).map("".join))
def test_a_reference_of_markdown_is_found_by_its_html_where_its_extractor_finds_it(text: str) -> None:
    places = list(extractor(Kind.MARKDOWN).places(text, Options()))
    wanted = {place[:2] for place in places if place.role in {Role.LINK, Role.IMAGE}}

    found = spots(text, Kind.MARKDOWN, wanted, Options())

    for reference in wanted:
        offsets = sorted({place.start for place in places if place[:2] == reference})
        expected = [(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)) for at in offsets]
        assert [spot[:2] for spot in found[reference]] == expected
