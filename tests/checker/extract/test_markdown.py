"""What a Markdown page refers to, the ids it has, and where each reference stands."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checker.extract import Options, markdown
from checker.extract.markdown import extract, places, render
from checker.model import Role

LINK, IMAGE, BARE = Role.LINK, Role.IMAGE, Role.BARE


def references(text: str, options: Options = Options()) -> Counter[tuple[Role, str]]:  # noqa: B008
    """Each place's role and reference, on which `extract` and `places` must agree."""
    found = extract(text, options)
    listed = Counter((place.role, place.raw) for place in places(text, options))

    assert set(listed) == {(role, raw) for role, raws in found.references.items() for raw in raws}
    assert listed.total() == found.count
    return listed


CASES = {
    # links and images
    "an inline link": ("[a](b.md 'title')", [(LINK, "b.md")]),
    "an image": ("![a](b.png)", [(IMAGE, "b.png")]),
    "an image in a link": ("[![a](b.png)](c.md)", [(IMAGE, "b.png"), (LINK, "c.md")]),
    "a full reference": ("[a][r]\n\n[r]: b.md", [(LINK, "b.md")]),
    "a collapsed reference": ("[R][]\n\n[r]: b.md", [(LINK, "b.md")]),
    "a shortcut reference": ("![r]\n\n[r]: b.png", [(IMAGE, "b.png")]),
    "a definition that nothing uses": ("[r]: b.md", []),
    "an autolink": ("<https://example.test/a>", [(LINK, "https://example.test/a")]),
    "an autolink with an entity": ("<https://example.test/?a&amp;b>", [(LINK, "https://example.test/?a&b")]),
    "an e-mail autolink": ("<me@example.test>", [(LINK, "mailto:me@example.test")]),
    "one place twice": ("[a](b) [c](b)", [(LINK, "b"), (LINK, "b")]),
    "an empty destination": ("[a]()", [(LINK, "")]),
    "spaces around the text": ("## [ 💌 text with spaces ](a.md) &nbsp;", [(LINK, "a.md")]),
    "a space in angle brackets": ("[a](<b c.md>)", [(LINK, "b%20c.md")]),
    "a space without them": ("[a](b c.md)", [(Role.UNDEFINED, "[a](b c.md)")]),
    "a name in Chinese": ("[a](美国.md?n1)", [(LINK, "%E7%BE%8E%E5%9B%BD.md?n1")]),
    "an escape and an entity": (r"[a](b\*c&auml;.md)", [(LINK, "b*c%C3%A4.md")]),
    "balanced brackets": ("[a](b_(c).md)", [(LINK, "b_(c).md")]),
    "a table": ("|a|b|\n|-|-|\n|[x](y)|![z](w)|", [(LINK, "y"), (IMAGE, "w")]),
    "a task": ("- [x] [a](b)", [(LINK, "b")]),
    "a footnote": ("a[^1]\n\n[^1]: [b](c) https://example.test", [(LINK, "c"), (BARE, "https://example.test")]),
    "an alert": ("> [!NOTE]\n> [a](b)", [(LINK, "b")]),
    "struck out": ("~~[a](b)~~", [(LINK, "b")]),
    "code": ("`[a](b)` and\n\n    [a](b)\n\n```\n[a](b) https://example.test\n```", []),
    "no heading attributes": ("# a {#b href=c}", []),
    "an autolink that no forge makes": ("a <file:line> <moz-extension://a/b> [c](d)", [(LINK, "d")]),
    "a full reference without a definition": ("see [a][b].", [(Role.UNDEFINED, "[a][b]")]),
    "a collapsed one": ("see [a b][]", [(Role.UNDEFINED, "[a b][]")]),
    "an image without a definition": ("![ä][b]", [(Role.UNDEFINED, "[ä][b]")]),
    "one in a link": ("[![a][b]][c]\n\n[c]: d", [(LINK, "d"), (Role.UNDEFINED, "[a][b]")]),
    "one around an image": ("[![a][b]][c]\n\n[b]: d", [(IMAGE, "d"), (Role.UNDEFINED, "[![a][b]][c]")]),
    "marks of notes": ("a [1][2], [1, 2][], [^1][^2], [3][]", []),
    "an index": ("m[i][j] and [a] [b]", []),
    "escaped brackets": (r"\[a][b] [a\][b] [a]\[b]", []),
    "a comment of MDX": ("a\n\n{/* [a](b)\n\n[c](d) */}\n\n[e](f)", [(LINK, "f")]),
    "a comment of MDX before text": ("{/* [a](b) */} [c](d)", [(LINK, "d")]),
    "a comment of MDX without an end": ("{/* [a](b)", [(LINK, "b")]),
    "a comment of MDX on lines of its own": ("a\n\n{\n  /* [a](b)\n  * [c](d) **/\n}\n\n[e](f)", [(LINK, "f")]),
    "a comment of MDX apart from its braces": ("- { /* [a](b) */ }\n- [c](d)", [(LINK, "d")]),
    "a short comment of MDX": ("{/**/} [c](d) {/*a*/}", [(LINK, "d")]),
    "a comment of CSS": ("p { /* [a](b) */ x } [c](d) { /* */ }", [(LINK, "b"), (LINK, "d")]),
    "a comment of a program in a list": ("- a\n\n  ```js\n  go() {\n    /* [a](b) */\n  },\n  ```\n\n[c](d)", [(LINK, "d")]),
    "a comment of MDX in code": ("```\n{/* [a](b) */}\n```\n[c](d)", [(LINK, "d")]),
    # formulas
    "a formula": ("so $f[x](y)$ is, and [a](b)", [(LINK, "b")]),
    "a formula after a bracket": ("($f[x](y)$) [a](b)", [(LINK, "b")]),
    "a formula in a block": ("$$\n[f](g)\n$$\n\n[a](b)", [(LINK, "b")]),
    "a formula in a list": ("- $$[f](g)$$\n- [a](b)", [(LINK, "b")]),
    "two formulas": ("$f[x](y)$ [a](b) $g[x](z)$", [(LINK, "b")]),
    "prices": ("from $5 [a](b) to $6, [c](d)", [(LINK, "b"), (LINK, "d")]),
    "escaped dollars": (r"\$[a](b)\$", [(LINK, "b")]),
    "dollars in code": ("`$` [a](b) `$`", [(LINK, "b")]),
    "a dollar and code": ("$`x` [a](b) `y`$", [(LINK, "b")]),
    "dollars in fenced code": ("```\n$x\n```\n[a](b)\n~~~\ny$\n~~~", [(LINK, "b")]),
    "dollars in names": ("[a](b$c) [d](e$f)", [(LINK, "b$c"), (LINK, "e$f")]),
    "variables": ("[a]($HOME/b) [c]($HOME/d)", [(LINK, "$HOME/b"), (LINK, "$HOME/d")]),
    "dollars in two paragraphs": ("a $x\n\n[a](b)\n\ny$", [(LINK, "b")]),
    # raw HTML
    "an element no browser knows": ('<ok href="a.html">b</ok>', [(LINK, "a.html")]),
    "raw HTML in a line": ('a <img src="b.png"> <a href="c">d</a>', [(IMAGE, "b.png"), (LINK, "c")]),
    "raw HTML in a quote": ('> <div>\n> <a\n> href="b">c</a>\n> </div>', [(LINK, "b")]),
    "raw HTML in an image's text": ('![<img src="a">](b)', [(IMAGE, "b")]),
    "a tag that the forge shows, and no end of it": ("<ins>\n<title> of [a](b)\n</ins>\n\n[c](d)", [(LINK, "d")]),
    "such a tag in a line": ("the <textarea> of [a](b)\n\n[c](d)", [(LINK, "b"), (LINK, "d")]),
    "such a tag in capitals": ("<p>\n<XMP>\n\n[a](b)", [(LINK, "b")]),
    "such a tag before raw HTML": ('<style>\n\n<a href="b">c</a>', [(LINK, "b")]),
    "a script named in prose before a script": (
        "a <script> and [a](b)\n\n<script>\nlet a = '<a href=c>'\n\n</script>\n\n[d](e)",
        [(LINK, "b"), (LINK, "e")],
    ),
    "a whole script is code": ("<div>\n  <script>'<a href=b>'</script>\n</div>\n\n[c](d)", [(LINK, "d")]),
    "a whole frame": ('<iframe src="a"><a href="b"></a></iframe>\n\n[c](d)', [(Role.FRAME, "a"), (LINK, "d")]),
    "a title with its end": ('<title><a href="b">c</a></title>', [(LINK, "b")]),
    "a comment": ("<!-- [a](b) https://example.test -->", []),
    "Markdown within a raw element": ("<div>\n\n[a](b)\n\n</div>", [(LINK, "b")]),
    "no Markdown in a raw block": ("<div>\n[a](b)\n</div>", []),
    # bare URLs
    "a bare URL": ("see https://example.test/a?b#c.", [(BARE, "https://example.test/a?b#c")]),
    "in capitals": ("HTTPS://EXAMPLE.TEST", [(BARE, "HTTPS://EXAMPLE.TEST")]),
    "ftp": ("ftp://example.test/a", [(BARE, "ftp://example.test/a")]),
    "another scheme": ("ssh://example.test xhttps://example.test", []),
    "without a scheme": ("www.example.test/a", [(BARE, "http://www.example.test/a")]),
    "www. after Chinese": ("来源：www.example.test", []),
    "www. in brackets": ("(www.example.test)", [(BARE, "http://www.example.test")]),
    "after full-width punctuation": ("原文地址：https://example.test/1.htm", [(BARE, "https://example.test/1.htm")]),
    "after a Chinese character": ("见https://example.test", [(BARE, "https://example.test")]),
    "full-width punctuation is swallowed": ("https://example.test/a。后文", [(BARE, "https://example.test/a。后文")]),
    "so is the ideographic space": ("https://example.test/a\u3000b", [(BARE, "https://example.test/a\u3000b")]),
    "brackets": ("(https://example.test/a_(b))", [(BARE, "https://example.test/a_(b)")]),
    "what looks like an entity": ("https://example.test/?a&copy;", [(BARE, "https://example.test/?a")]),
    "an entity within": ("https://example.test/?a&amp;b", [(BARE, "https://example.test/?a&amp;b")]),
    "an escape within": (r"https://example.test/a\_b", [(BARE, "https://example.test/a%5C_b")]),
    "emphasis": ("**https://example.test**", [(BARE, "https://example.test")]),
    "emphasis is swallowed": ("**https://example.test**。", [(BARE, "https://example.test**。")]),
    "a link is swallowed": ("https://example.test/[a](b)", [(BARE, "https://example.test/%5Ba%5D(b)")]),
    "a code span is swallowed": (
        "https://example.test/`a https://example.test/`b [c](d)",
        [(BARE, "https://example.test/%60a"), (BARE, "https://example.test/%60b"), (LINK, "d")],
    ),
    "in a link's text": ("[https://example.test](a)", [(LINK, "a")]),
    "in brackets that link nothing": ("[https://example.test] [ https://example.test", []),
    "after an escaped bracket": (r"\[ https://example.test", [(BARE, "https://example.test")]),
    "after a failed link": ("a](https://example.test/b)", [(BARE, "https://example.test/b")]),
    "in a destination with a space": ("[a](https://example.test/b c)", [(BARE, "https://example.test/b")]),
    "an underscore in the host": ("https://a_b.test https://a_b.example.test.", [(BARE, "https://a_b.example.test")]),
    "an escaped scheme": (r"https\://example.test", []),
    "between raw tags": ("<b>https://example.test</b>", [(BARE, "https://example.test")]),
    "in a table": ("|a|b|\n|-|-|\n|https://example.test|x|", [(BARE, "https://example.test")]),
    "a pipe in a table": ("|a|b|\n|-|-|\n|https://example.test/a\\|b|x|", [(BARE, "https://example.test/a%7Cb")]),
    "after code of a tight list": ("- ```\n  a\n  ```\n  https://example.test", [(BARE, "https://example.test")]),
    "after a heading of a tight list": ("- # a\n  https://example.test\n", [(BARE, "https://example.test")]),
    "over two lines of a quote": ("> a\n>www.example.test", [(BARE, "http://www.example.test")]),
    "an e-mail address": ("write to me@example.test.", [(LINK, "mailto:me@example.test")]),
    "an e-mail address with its scheme": ("mailto:me@example.test", [(LINK, "mailto:me@example.test")]),
    "no e-mail address": ("a@b me@example.test-", []),
    # bare URLs in raw HTML blocks: no forge links them
    "in a raw block": ("<div>原文：https://example.test/a</div>", [(BARE, "https://example.test/a")]),
    "a slug with punctuation in a raw block": (
        "<hr>\nhttps://example.test/“a，b”-1.html<br>\nhttps://example.test/“c d”-2.html",
        [(BARE, "https://example.test/“a，b”-1.html")],
    ),
    "punctuation in a raw block": ("<p>\nhttps://example.test/a。后文（www.example.test/b）\n</p>", [
        (BARE, "https://example.test/a"), (BARE, "http://www.example.test/b")]),
    "an entity in a raw block": ("<p>https://example.test/?a&amp;b&nbsp;c</p>", [(BARE, "https://example.test/?a&b")]),
    "not in an attribute": ('<p data-x="https://example.test" title=\'a>b https://example.test\'>c</p>', []),
    "not in a raw link or code": (
        "<div>\n<a href='a'>https://example.test</a><code>https://example.test</code> http://b.test\n</div>",
        [(LINK, "a"), (BARE, "http://b.test")],
    ),
    "an anchor is no link": ('<p><a name="x">https://example.test</a></p>', [(BARE, "https://example.test")]),
    "not in a script": ("<script>\nlet a = 'https://example.test'\n</script>", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_page_refers_to_what_the_forge_links(text: str, expected: list[tuple[Role, str]]) -> None:
    assert references(text) == Counter(expected)


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_reference_is_the_same_among_other_text(text: str, expected: list[tuple[Role, str]]) -> None:
    """Whichever way the page is read: as a plain one, or closely, as an e-mail address asks for."""
    for extra in ("前文。\n\n{}\n\nhttps://plain.test/\n", "{}\n\nx@plain.test https://plain.test/\n"):
        found = references(extra.format(text))

        del found[LINK, "mailto:x@plain.test"], found[BARE, "https://plain.test/"]
        assert found == Counter(expected)


def test_bare_urls_can_be_left_out() -> None:
    text = "https://example.test [a](b) me@example.test <https://example.test/c>"

    assert references(text, Options(bare=False)) == Counter([(LINK, "b"), (LINK, "https://example.test/c")])


PREFACES = {
    "YAML": ("---\ntitle: a\nurl: https://example.test\n\n# comment\n---\n", True),
    "YAML ended by dots": ("---\n# comment\n\ntitle: a [x](y)\n...\n", True),
    "no YAML": ("---\n---\n", True),
    "TOML": ('+++\nurl = "https://example.test"\n+++\n', True),
    "YAML of Windows": ("---\r\nurl: https://example.test\r\n---\r\n", True),
    "a thematic break": ("---\n\n[x](y)\n\n---\n", False),
    "YAML that never ends": ("---\ntitle: [x](y)\n", False),
    "YAML further down": ("a\n\n---\nb: [x](y)\n---\n", False),
    "an import": ("import A, {b} from './a.js'\nimport 'https://example.test/x.css';\n\n", True),
    "an import over lines": ("import {\n  a,\n} from 'https://example.test/a.js'\n\n", True),
    "an export": ("import A from 'a'\n\nexport const a = {\n  url: 'https://example.test',\n}\n\n", True),
    "prose": ("import duties rose, see [x](y)\n\nexport const of [x](y)\n\n", False),
}


@pytest.mark.parametrize(("preface", "aside"), PREFACES.values(), ids=PREFACES)
def test_front_matter_and_module_lines_are_set_aside(preface: str, aside: bool) -> None:
    text = f"{preface}[a](b.md)\n"
    found = references(text)
    [place] = [place for place in places(text, Options()) if place.raw == "b.md"]

    assert (set(found) == {(LINK, "b.md")}) == aside
    assert found[LINK, "b.md"] == 1
    assert text[place.start : place.end] == "b.md"


SPANS = {
    "an inline link": ("新[a](b.md 'c')", "b.md"),
    "brackets in the text": (r"[a \] [b] `](`](c.md)", "c.md"),
    "an angle-bracketed destination": ("[a](  <美 国.md>\n'c')", "美 国.md"),
    "an escaped destination": (r"[新](b\).md)", r"b\).md"),
    "an empty destination": ("[a]()", ""),
    "an image": ("![](b.png)", "b.png"),
    "a link around an image": ("[![a][r]](b.md)\n\n[r]: c", ["![a][r]", "b.md"]),
    "a reference link": ("新 [a][r]\n\n[r]: b.md", "[a][r]"),
    "an autolink": ("新<https://example.test>", "https://example.test"),
    "a bare URL": ("新：https://example.test/新。", "https://example.test/新。"),
    "a bare URL after another that needs care": (
        "https://新.test/[a](b) [新](c.md)",
        ["https://新.test/[a](b)", "c.md"],
    ),
    "a bare URL in a raw block of a quote": ("> <div>\n> 新 https://example.test/a\n> </div>", "https://example.test/a"),
    "an e-mail address": ("新&amp; me@example.test", "me@example.test"),
    "raw HTML": ('新 <img\nsrc="b.png">', "b.png"),
    "raw HTML in a quote": ('> 新\n>\n> <ok\n> href="b">', "b"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("before", ["", "---\ntitle: 新\n---\n", "新" * 3000 + "\n\n"], ids=["first", "second", "far"])
def test_a_place_is_where_the_destination_stands(text: str, expected: str | list[str], before: str) -> None:
    whole = before + text
    found = sorted(places(whole, Options()), key=lambda place: place.start)

    assert [whole[place.start : place.end] for place in found] == (
        expected if isinstance(expected, list) else [expected]
    )
    assert all(place.start >= len(before) for place in found)


IDS = {
    "headings": ("# A b\n\nC\n---\n\n### A b", {"a-b", "c", "a-b-1"}),
    "a heading in Chinese": ("## 新闻，联播", {"新闻联播"}),
    "code, emphasis and a link": ("# `a_b` *c* [d](e) ![f](g)", {"a_b-c-d-"}),
    "an entity and an escape": (r"# a &amp; b \* c", {"a--b--c"}),
    "an emoji's name": ("# :tada: a", {"tada-a"}),
    "a URL": ("# https://example.test/_a_", {"httpsexampletest_a_"}),
    "a closing sequence": ("# a ##", {"a"}),
    "no heading attributes": ("# a {#b}", {"a-b"}),
    "a heading of raw HTML": ("<h2 align='center'>A <b>b</b></h2>", {"a-b"}),
    "a heading in a comment": ("<!--\n<h2>a</h2>\n-->\n\n# a", {"a"}),
    "a heading in code": ("```\n# a\n<h1>a</h1>\n```", set[str]()),
    "a heading of punctuation": ("# !?\n\n# ?!", {"-1"}),
    "ids and names of raw HTML": ('<a name="A.b"></a> <p id="c">', {"A.b", "c"}),
    "footnotes": ("a[^n]\n\n[^n]: b", {"fn-n", "fnref-n"}),
    "no front matter": ("---\n# a\nb: c\n---\n# d", {"d"}),
}


@pytest.mark.parametrize(("text", "ids"), IDS.values(), ids=IDS)
def test_a_page_has_the_ids_that_the_forge_gives_it(text: str, ids: set[str]) -> None:
    assert extract(text, Options()).ids == ids


@pytest.mark.parametrize(("forge", "anchor"), [("github", "a--"), ("gitlab", "a-"), ("gitea", "a--①")])
def test_headings_have_the_anchors_of_the_forge(forge: str, anchor: str) -> None:
    assert extract("# A – ①", Options(slugs=forge)).ids == {anchor}


FAR = "\n" + 30 * " "
FAR_IN = {
    "elements": (f"<div>{FAR}<p>{FAR}<a href='b'>{FAR}c{FAR}</a> https://a.test/b{FAR}</p></div>", {"b", "https://a.test/b"}, set()),
    "a value": (f"<div>{FAR}<a href='b{FAR}c' id='d{FAR}e'></a></div>", {f"b{FAR}c"}, {f"d{FAR}e"}),
    "a heading": (f"<div>{FAR}<h2>{FAR}a b</h2></div>", set(), {f"{30 * '-'}a-b"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "references", "ids"), FAR_IN.values(), ids=FAR_IN)
def test_what_stands_far_in_is_read_as_it_is_written(text: str, references: set[str], ids: set[str]) -> None:
    found = extract(text, Options())

    assert set().union(*found.references.values()) == references
    assert found.ids == ids
    assert {place.raw for place in places(text, Options())} == references


def test_a_page_renders_without_what_is_set_aside() -> None:
    assert render("---\na: b\n---\n# c\n\nd https://example.test") == "<h1>c</h1>\n<p>d https://example.test</p>\n"


PIECES = (
    *"[]()<>!`*_~\\&;|#:-+=\"'\n \t\r\0.@/^$%{}文。\u3000\ud800\x01\ufeff",
    *("](", "![", "<a href=", "</a>", "<!--", "-->", "<pre>", "<h1>", "</h1>", "```", "> ", "|-|-|\n"),
    *("https://", "www.", "a.test", "mailto:", "&amp;", "&#0;", "[^1]", "[^1]: ", "[a]: "),
    *("---\n", "+++\n", "\n\n", "import a from 'b'\n", "export const "),
)
MARKUP = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(MARKUP, st.text()))
def test_any_text_is_read_to_its_end(text: str) -> None:
    found = extract(text, Options())
    listed = list(places(text, Options()))

    assert sum(map(len, found.references.values())) <= found.count
    assert all(0 <= place.start <= place.end <= len(text) for place in listed)
    assert {place.raw for place in listed if place.role is BARE} == found.references.get(BARE, set())


REPEATED = (
    *(
        "https://a_b/",
        "www.a_www.",
        "https://a.b/`c ",
        "https://a/[b](c) ",
        "https://a.b/))",
        "a@b.",
        "mailto:",
    ),
    *("[", "![", "[a](", "<a ", "<!--", "<h1>", "`", "&", "&a;", "\\", "import a from\n", "---\n"),
)


@pytest.mark.parametrize("piece", REPEATED)
def test_a_page_of_one_piece_over_and_over_ends(piece: str) -> None:
    """A reading in quadratic time would take minutes."""
    text = piece * (300_000 // len(piece))

    assert extract(text, Options()).count <= len(text)


PIECES = (
    "x.md",
    "y%20z",
    "a_b",
    "[t](",
    ")",
    "<a href='",
    '<img src="',
    '"',
    "'>",
    ">",
    "`",
    "\n\n",
    " ",
    "&amp;",
    "\\",
    "<",
    "#q",
)


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
@example("<a href='x.md'>x</a>\n\n`<a href='x.md'>` [t](x.md)")
@example("<a href='a_b'>x</a> [t](a\\_b)")
@example("<a href='x.md'>x</a> [t](x&#46;md)")
@example("<a href='y%20z'>x</a> [t](<y z>)")
@example("<img src=\"x.md\" href='#q'> [x.md](#q)")
def test_what_stands_in_raw_html_alone_is_known_without_reading_the_markdown_or_by_reading_it(text: str) -> None:
    options = Options(slugs="vitepress")
    quickly = markdown.extract(text, options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "_in_tags", lambda *_: None)
        slowly = markdown.extract(text + "\n", options)

    assert quickly.html - {""} == slowly.html - {""}
    assert quickly.references == slowly.references
