"""No input is worse than linear: four times as much of it takes about four times the work, whatever it is made of.

The work is processor time of this process, so that a loaded machine changes nothing; what is quadratic takes sixteen
times as much. Where the smaller text takes too little to be told, the larger must take next to nothing too.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator

import pytest

from checker.config.schema import Config
from checker.extract import (
    Options,
    components,
    directives,
    extractor,
    front,
    headers,
    kramdown,
    mdx,
    placeholders,
    shortcodes,
)
from checker.extract.charset import decode
from checker.extract.dialects import Anchors, dialect_of
from checker.extract.elements import srcset
from checker.extract.locate import spots
from checker.extract.suppress import Suppression, suppressions
from checker.extract.written import spellings
from checker.judge.selection import Judge
from checker.mirror.generators import hugo_links, hugo_mounts, liquid, snippets
from checker.model import Finding, Kind, Level, Role, Verdict
from checker.verify.containers import css, media

pytestmark = pytest.mark.slow

MOST = 10.0  # times the work for four times the text
LEAST = 0.003  # seconds of work that can be told from none
SMALL = 8_000  # code points of the smaller text
LARGE = 60_000  # the same, where what is quadratic is quick: a copy, a search
OPTIONS = Options(wiki=True)

Form = tuple[str, str, str]  # what stands before, what is repeated (`%` is its number), what stands behind


def written(form: Form, length: int) -> str:
    """So long a text of a form."""
    before, piece, behind = form
    number = length // len(piece)
    return (
        before
        + ("".join(piece.replace("%", str(n)) for n in range(number)) if "%" in piece else piece * number)
        + behind
    )


def work(run: Callable[[], object]) -> float:
    """Seconds of processor time, without what collecting the garbage of all other tests takes."""
    gc.disable()
    try:
        start = time.process_time()
        run()
        return time.process_time() - start
    finally:
        gc.enable()


def assert_linear(run: Callable[[str], object], form: Form, length: int) -> None:
    """Up to three tries: what is quadratic is so each time."""
    small, large = written(form, length), written(form, 4 * length)
    run(small)  # what is imported and compiled once
    ratios = []
    for _ in range(3):
        ratios.append(work(lambda: run(large)) / max(work(lambda: run(small)), LEAST))
        if ratios[-1] <= MOST:
            return
    pytest.fail(f"four times the text took {min(ratios):.0f} times the work")


def read(kind: Kind) -> Callable[[str], None]:
    """The extraction, the places, and the search for few and for many references."""
    module = extractor(kind)

    def run(text: str) -> None:
        found = module.extract(text, OPTIONS)
        for _ in module.places(text, OPTIONS):
            pass
        wanted = [(role, raw) for role, raws in found.references.items() for raw in raws]
        spots(text, kind, wanted[:2], OPTIONS)
        spots(text, kind, wanted, OPTIONS)
        spellings(text, kind, wanted, OPTIONS)
        suppressions(text, kind)

    return run


def forms(*pieces: str, before: str = "", behind: str = "") -> list[Form]:
    return [(before, piece, behind) for piece in pieces]


HTML: list[Form] = [
    *forms("<", ">", "</", "<!", "<!--", "<!a", "<![CDATA[", "<?", "</>", "</a ", "<!---->", "<!--a-->", "-->", "\0", "\r"),
    *forms("<a ", "<a href", "<a href>", "<a href=", '<a href="', "<a href='", "<a b=c ", '<a b="x>', "&", "&am", "&#1", '"'),
    *forms("<a>", "<b><p>", "<a href=x><p>", "<p>", "<font size=%>"),
    *forms("<table>", "<table><td>", "<table><tr>", "<select>", "<option>", "<button>", "<form>", "<svg>", "<svg></desc>"),
    *forms("<math><mi>", "<template>", "<body a%=b>", "<html a%=b>", "<ruby><rt>", "<nobr>", "<b></p>", "<div></b>"),
    *forms("<script>", "<script><!--<script>", "<style>", "<textarea>", "<title>", "<iframe>", "<xmp>", "<noscript>"),
    *forms('<a href="%.html">', "<a href=%.html>x</a>\n", '<a href="x.html">', '<a href="x?%&#38;b">', '<img src="">'),
    *forms("<a name=x%>", "<base href=x%>", "<link rel=icon href=%>", '<p style="a:url(%)">', "<h1>a</h1>"),
    *forms('<img srcset="a%.png 1x, b.png 2x">', '<iframe srcdoc="<a href=x>"></iframe>', "<svg><use xlink:href='#a'/>"),
    *forms("<meta http-equiv=refresh content='0;url=%'>", '<img src="data:image/png;base64,AAAA">'),
    *forms("<!-- mirrorcheck: ignore local -->", "<!-- mirrorcheck: ignore-file url/empty -->\n", "<!--mirrorcheck:ignore "),
    # in one tag
    *forms("a%=1 ", "a%", "%/", ' a%="<>"', "/", "=", " ", "b  ", "href=x ", " a%:href=x", before="<a ", behind=" href=y>"),
    # in one value
    *forms("a:url(%.png);", "a:url(b);", r"a:url(\62);", 'a:url(&quot;b&amp;&quot;);', before='<p style="', behind='">'),
    *forms("%.png 1x, ", "a 1x,", ",", "a,", "(", "a (,", " ", before='<img srcset="', behind='">'),
    *forms("<a href=%>", "&lt;b>", "&lt;p>", "<a ", "<a href>", before='<iframe srcdoc="', behind='"></iframe>'),
    *forms("0 ", " .,", " ", before='<meta http-equiv=refresh content="', behind='">'),
    *forms("&amp;", "&eacute;", "&#38;", "%", "\r\n", before='<a href="', behind='">'),
    # in one text
    *forms('"/x%",', '"/x",', "[", r'"\n",', before='<script type="application/ld+json">{"url":[', behind='"/y"]}</script>'),
    *forms("a{b:url(%)}", "/*", before="<style>", behind="</style>"),
    # behind or before others
    *forms("<a href>", behind='<img srcset="b.png 1x">'),
    *forms("<!--", "<![CDATA[", "<!a", before=">" * SMALL + '<img srcset="b.png 1x">'),
    *forms('"a', "<b c=a>", before='<a href="a">'),
    *forms("<p>x", "<div></p>", "</x>", before="".join(f"<b class={n}>" for n in range(50))),
]  # fmt: skip
# The tree of the standard's parser is linear in these from some depth on, at which pages are read without it.
NESTED = forms("<ul><li>", "<dl><dd>", "<b>", "<b><i>", "<div>", "<i id=x%>", "<svg></desc>", "<x-y>", "<li><div></li>")
MARKDOWN: list[Form] = [
    *forms("[", "]", "![", "[[", "](", "[a](", "[a](<", '[a](b "', "[a](b)", "[a](((", "![[a](b)", "[a](%)\n", "[a][b] ", "[a] ", "[[a|b]] ", "[[|"),
    *forms("*a", "*a_ ", "**a*", "_", "~~a", "`", "`a``b", "\\", "\\\n", "$a", "a**b", "*a **b ", "<b>", "a <b c=", "&amp;"),
    *forms("# a\n\n", "# a-%\n\n", "a\n===\n", "- a\n", "- [ ] a\n", "1. a\n", "> a\n", "> a\nb\n", "---\n", "    a\n", "\t"),
    *forms("|a|b|\n|-|-|\n", "|a", "[^%]", "[^1]", "[^%]: a\n\n", "[a%]: b\n", "[a%]: b\n\n[a%] ", "- - - ", "> - ", ">"),
    *forms("http://a.bb/x ", "http://a.bb/%\n", "http://a.bb/(x \n", "http://a.bb/x", "http://", "://", "www.a.bb ", "www."),
    *forms("http://a.bb/*x* ", "http://a.bb/[b](c *d ", "[http://a.bb/x ", "http://a_b.c_d/x ", "http://a.bb/&a; ", "ftp://a.bb "),
    *forms("中http://a.bb/中 ", "|http://a.bb/x|\n", "`http://a.bb/x` ", "<http://a.bb/?a&amp;%> ", "# http://a.bb/x\n\n"),
    *forms("a@b.cc ", "a@b.cc\n", "中 a@b.cc ", "a@", "a@b.", "@", "a@b.c@", "a@b.cc &amp; ", "a@b.cc [ ", "mailto:a@b.cc "),
    *forms("<a href=x%>\n", "<div>http://a.bb/x</div>\n\n", "<!-- a -->\n", "<?", "<!A", "<![CDATA[", "<pre>\n", "\ud800"),
    *forms("<!-- mirrorcheck: ignore local -->\n\n", "`<!-- mirrorcheck: ignore local -->` ", "a <!-- mirrorcheck: ignore x --> "),
    *forms(".", ")", "&a;", ";", "a", "://a", before="http://a.bb/"),
    *forms("http://a.bb/(x \n", "www.a-", "www.a.bb ", '<a ="', "<a ='", "中 http://a.bb/x\n", "&amp;", before="<div>\nhttp://a.bb/"),
    *forms("[a](ü%)\n", "[a%]: ü%\n\n[a%] ", "[ü](ü) ", "](ü", "](ü(", "[a](\\ü) ", "[ü]:", "[ü]: \n>", "<ü:", "[a](<ü", "](ü(\\"),
    *forms("<code>[[a]]", "<pre>[[a]]", "<p>[[a]]</code>", "<a b='[[a]]", '<p "', "<code></code>", before="<div>\n[[a]]"),
    *forms("a: b\n", "\n", "# a\n", "--- x\n", " ", before="---\na: b\n"),
    *forms("import a,", "export const a\n", "\n   a", " ", before='import "a"\n'),
    *forms("](b)", before="![" * 200),
]  # fmt: skip
CSS: list[Form] = [
    *forms("url(%)", "url(", "url( ", 'url("a")', 'url("a', "url(a b", "url(\\", "URL", '"', "'", '"\\', '"\n', "\\", "\\a", "\\41 "),
    *forms("/*", "/* a */", "*/", "/", "{", "}", "(", ")", ";", "@", '@import "%";', "@import ", "@import url(a) ", "@font-face{"),
    *forms("@font-face{src:url(%)}", "image-set(", 'image-set("a" 1x)', "src(", "@namespace url(a);", "a{b:url(%)}\n", "abc "),
    *forms("\\)", " ", "a", "\\", before="a{b:url("),
    *forms("/* mirrorcheck: ignore local */", "/* mirrorcheck: ignore "),
]  # fmt: skip
XML: list[Form] = [
    *forms("<", "<a>", "<a ", '<a href="%"/>', '"', '<a b="', '<a b="c" ', "<a b='", "<!--", "<![CDATA[", "<![CDATA[a]]>", "<?"),
    *forms('<?xml-stylesheet href="%"?>', '<?xml-stylesheet href="a" ', "<!a", '<!a "', "<!DOCTYPE a [", "</a>", "&", "&amp;"),
    *forms("<link>%</link>", "<link>x", "<guid>http://x</guid>", "<description>&lt;a href=%></description>", "<image><url>%</url>"),
    *forms("<style>a{b:url(%)}</style>", "<style>a{b:url(c)}", '<p fill="url(#%)"/>', '<a id="%"/>', "<loc>http://x/%</loc>"),
    *forms("a{b:url(c&amp;)}", "a{b:url(%)}<![CDATA[d]]>", before="<svg><style>", behind="</style>"),
    *forms("&lt;a href=%>", "<![CDATA[<a href=x>]]>", "&lt;p>", before="<rss><description>", behind="</description>"),
    *forms('<a xml:base="b/">', '<a xml:base="b/"><link>%</link>', before="<rss>", behind="<link>x</link>"),
    *forms("<link>%</link>", before=f'<rss><a xml:base="http://a.test/{"c" * 5_000}/">'),
    *forms('a%="1" ', 'a%:href="1" ', '"" ', "a  ", before="<a "),
]  # fmt: skip
JSON: list[Form] = [
    *forms("{", "[", '"', '"\\', '{"a":', '"a",', '{"src":"%"},', ":", ",", "}", "]", '"a":', before='{"icons":['),
    *forms("\\n", "\\u4e2d", "a", before='{"icons":[{"src":"', behind='"}]}'),
    *forms('{"content_html":"<a href=%>"},', '{"url":"%"},', before='{"items":['),
    *forms("<a href='%'>", "<p>", before='{"items":[{"content_html":"', behind='"}]}'),
]  # fmt: skip
TEXT: list[Form] = [
    *forms("http://a.bb/%\n", "http://a.bb/(x ", "http://", "://", ".", ")", "http://a.bb/x"),
    *forms(".", ")", "&a;", "a", "(", before="http://a.bb/"),
]  # fmt: skip
RST: list[Form] = [
    *forms("`a <b%>`_ ", "`a <", "`", "``", "``a", "``a`` ", "`a <b", "<b>`_", "a::\n", "a::\n\n    b\n", ".. a\n", ".. ", "::\n"),
    *forms(".. _a: b%\n", ".. _a", ".. _`a", ".. _a\\", "__ a\n", ".. image:: a%\n", ".. |a", ".. |a| image:: b\n", ":target: a\n"),
    *forms(" ", " a", "  b", "\t", before=".. _a: b"),
    *forms(":download:`a <b%>` ", ":download:`", ".. code::\n\n   a\n", ".. mirrorcheck: ignore local\n", " \n"),
]  # fmt: skip
ASCIIDOC: list[Form] = [
    *forms("link:a%[b] ", "link:", "link:a", "link:++a", "image::a%[]\n", "xref:a.adoc[b] ", "<<a.adoc#b,c>> ", "<<", "<<a,", "[", "++"),
    *forms("----\n", "----\na\n", "////\n", "// a\n", "....", "```\n", ":imagesdir: a\n", "// mirrorcheck: ignore local\n", "include::"),
    *forms(" ", "a ", "b:", before="link:a"),
]  # fmt: skip
NOTEBOOK: list[Form] = [
    *forms('{"cell_type":"markdown","source":"[a](%)"},', '{"cell_type":"markdown","source":[', '"source":"a",', before='{"cells":['),
    *forms('"[a](%)\\n",', '"a",', before='{"cells":[{"cell_type":"markdown","source":[', behind="]}]}"),
    *forms("[a](%) ", "\\n", "\\u4e2d[a](b)", "\\", before='{"cells":[{"cell_type":"markdown","source":"', behind='"}]}'),
]  # fmt: skip
BY_KIND = {
    Kind.HTML: HTML,
    Kind.MARKDOWN: [*MARKDOWN, *HTML[::9]],
    Kind.CSS: CSS,
    Kind.SVG: XML,
    Kind.FEED: [*XML, *JSON],
    Kind.SITEMAP: XML[::9],
    Kind.MANIFEST: JSON,
    Kind.BOOK: [*XML[::9], *forms("<item href='%'/>", "<item ", "<content src='")],
    Kind.TEXT: TEXT,
    Kind.RST: [*RST, *TEXT],
    Kind.ASCIIDOC: [*ASCIIDOC, *TEXT],
    Kind.NOTEBOOK: [*NOTEBOOK, *JSON],
}


def cases() -> Iterator[object]:
    for kind, of_kind in BY_KIND.items():
        for form in dict.fromkeys(of_kind):
            before, piece, behind = (ascii(part[:40]) for part in form)
            yield pytest.param(kind, form, id=f"{kind}-{before}-{piece}-{behind}")


def test_every_kind_of_page_has_its_forms() -> None:
    assert BY_KIND.keys() == set(Kind)


@pytest.mark.parametrize(("kind", "form"), list(cases()))
def test_reading_a_page_is_linear(kind: Kind, form: Form) -> None:
    assert_linear(read(kind), form, SMALL)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (Kind.HTML, ("", "<a href>", '<img srcset="b.png 1x">')),
        (Kind.HTML, ("<a ", "a%=1 ", "href=x>")),
        (Kind.HTML, ("<a href=x></a ", "a%=1 ", ">")),
        (Kind.HTML, ("<a ", "a%=1 ", "")),
        (Kind.MARKDOWN, ("", "a@b.cc ", "")),
        (Kind.MARKDOWN, ("", "http://a.bb/(x \n", "")),
        (Kind.MARKDOWN, ("<div>\n", "http://a.bb/(x \n", "")),
    ],
    ids=[
        "valueless attributes",
        "attributes",
        "attributes of an end tag",
        "attributes of a tag without end",
        "mails in one line",
        "URLs in one block",
        "URLs in one block of HTML",
    ],
)
def test_what_is_copied_or_sought_is_so_once(kind: Kind, form: Form) -> None:
    assert_linear(read(kind), form, LARGE)


@pytest.mark.parametrize("form", NESTED)
def test_reading_what_is_nested_is_linear(form: Form) -> None:
    assert_linear(read(Kind.HTML), form, LARGE)


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
@pytest.mark.parametrize("heading", ["a", "a-%", "a-1-%", "(core)", "a-1"])
def test_numbering_headings_is_linear(forge: str, heading: str) -> None:
    def run(text: str) -> None:
        anchors = Anchors(dialect_of(forge))
        for name in text.split("\n"):
            anchors.add(name)
            anchors.add("a")

    assert_linear(run, ("", f"{heading}\n", ""), SMALL)


@pytest.mark.parametrize("piece", ["a", "\x81", "\x81\x30", "\xff", "\x1b$", "\xe4\xb8", "\xfe\xfe"])
@pytest.mark.parametrize("charset", [None, "gbk", "big5", "euc-jp", "windows-1253", "utf-8"])
def test_decoding_is_linear(piece: str, charset: str | None) -> None:
    assert_linear(lambda text: decode(text.encode("latin-1"), Kind.HTML, declared=charset), ("", piece, ""), 2 * SMALL)


@pytest.mark.parametrize("form", [*CSS, *forms("a;", "a/", "/a", "@import a;", "/*a*/;"), ("", "a", ",(")])
def test_following_the_braces_of_a_style_sheet_is_linear(form: Form) -> None:
    assert_linear(lambda text: css.walk(memoryview(text.encode())), form, 2 * SMALL)


@pytest.mark.parametrize("form", forms("<!--", "<!---->", " ", "<!-- -", "<?xml ", "<!doctype "))
def test_sniffing_is_linear(form: Form) -> None:
    assert_linear(lambda text: media.markup(text.encode()), form, 2 * SMALL)


@pytest.mark.parametrize("form", forms("a 1x, ", ",", "a,", "a (", " "))
def test_reading_a_list_of_images_is_linear(form: Form) -> None:
    assert_linear(srcset, form, 2 * SMALL)


FIELD: list[Form] = [
    *forms("<a>;rel=b,", "<%>;rel=icon, ", "<", "<a", "<a>", ",", " ", ";", "<a>;", '<a>;b="', "<a>;b=c;", "=", '"', "\\"),
    *forms('"', ";", "; ", "b ", "=", "\\", " ", "a", "b=c;", ';b="c"', '"b', before="<a>;rel=next;"),
    *forms('\\"', "a", ";", ",", "\\", before='<a>;rel=next;b="'),
    *forms("a ", "icon ", " ", before='<a>;rel="', behind='"'),
    *forms("a 1x,", ",", " ", before='<a>;rel=preload;imagesrcset="', behind='"'),
]  # fmt: skip


@pytest.mark.parametrize("form", FIELD)
def test_reading_a_header_is_linear(form: Form) -> None:
    assert_linear(
        lambda text: list(headers.references("http://a.bb/", [("Link", text), ("Refresh", text)])), form, SMALL
    )


@pytest.mark.parametrize("line", [0, 7])
def test_silencing_many_findings_by_many_comments_is_linear(line: int) -> None:
    def run(text: str) -> None:
        findings = [
            Finding("url/empty", Level.ERROR, "x", 7, n, "", reference=str(n), verdict=Verdict.BROKEN)
            for n in range(len(text))
        ]
        silent = tuple(Suppression(("url",), line, (1, n), "") for n in range(len(text)))
        assert not list(Judge(Config()).page("x", findings, silent))

    assert_linear(run, ("", "x", ""), 1_500)


DIRECTIVES: list[Form] = [
    *forms("`", "```", ":", "~~~ ", " ", "{doc}`a <", "< ", behind="`"),
    *forms(":", " ", "a <", "a\n", before="```{toctree}\n", behind="`"),
    *forms("(a)=\n", "```{note}\n", ":::{note}\n:::\n", ".. toctree::\n\n   a\n", "%\n"),
]


@pytest.mark.parametrize("form", DIRECTIVES)
def test_directives_of_sphinx(form: Form) -> None:
    assert_linear(directives.as_gfm, form, SMALL)
    assert_linear(lambda text: list(directives.names(text)), form, SMALL)
    assert_linear(lambda text: list(directives.rst_names(text)), form, SMALL)


MDX: list[Form] = [
    *forms("<a ", '<a b="', "<a b='", "<a {", "<a b={", "{", "{`", "{'", "}", "`", "<", "</a>", "<a>", "{/*", "a=1 "),
    *forms("a=1 ", "a={1} ", "{", '"', "\n", 'a="" ', before="<a "),
    *forms("`% ", "```\n", "<a>\n", "  <a>\n", "export \n", "\\{", "<a>\n`", "`` `\n", "<a b='<a b=\"", behind="<a>"),
    *forms("\n\n    a", "\n \n\t-", " ", "\t", "\n", "\n\n" + " " * 40 + "- a", before="\n\n    ", behind="<a>"),
]


@pytest.mark.parametrize("form", MDX)
def test_tags_and_expressions_of_mdx(form: Form) -> None:
    assert_linear(mdx.as_gfm, form, SMALL)
    assert_linear(mdx.as_gfm, form, LARGE)


@pytest.mark.parametrize("form", forms("-", "--8<-- 'a'\n", "--8<--\n", "-8<- [", " ", ";"))
def test_snippets(form: Form) -> None:
    assert_linear(lambda text: snippets.brought(f"{text}\n--8<-- 'a:b'", lambda _name: text, [""]), form, SMALL)


@pytest.mark.parametrize(
    "form",
    [
        ("", "{% raw %}", ""),
        ("", "{% highlight a ", ""),
        ("", "{{<highlight ", ""),
        ("", "{{< highlight a >}}", ""),
        ("", "a{{", ""),
        ("# ", "\t", "a"),
        ("# a\n{:", "#", ""),
        ("", "<p>", "\n"),
        ("", "a{%a(", ""),
        ("{{< figure", " ", ""),
    ],
)
def test_placeholders_and_shortcodes(form: Form) -> None:
    assert_linear(kramdown.prepared, form, SMALL)
    assert_linear(shortcodes.of_hugo, form, SMALL)
    assert_linear(shortcodes.of_zola, form, SMALL)
    for name in ("kramdown", "goldmark", "zola"):
        if (pattern := dialect_of(name).unfinished) is not None:
            assert_linear(pattern.findall, form, SMALL)


@pytest.mark.parametrize("piece", ["a", "a/", "/", "ab"])
def test_patterns_of_hugo(piece: str) -> None:
    for pattern in ("**a" * 40, "*a" * 40 + "**", "{,/**}a{,**}" * 3, "{a,b}" * 90, "{" * 400):
        assert_linear(hugo_mounts.Glob(pattern).matches, ("", piece, "c"), SMALL)


@pytest.mark.parametrize("piece", ["{{", "{{ ", "{{ a |", "'", "%7B%7B", "%7B%", "%EE%80%80", "{{< ref '"])
def test_references_with_placeholders(piece: str) -> None:
    form = ("{{ \ue000", piece, "")
    assert_linear(placeholders.released, form, SMALL)
    assert_linear(lambda text: liquid.filled(text, {}.get, lambda _name, _argument: None, "", ""), form, SMALL)
    assert_linear(hugo_links._REF.match, ("{{< ref ", piece, ""), SMALL)


@pytest.mark.parametrize(
    "form",
    [
        *forms(
            "\n<A>", '\n<A "', "\n<A {", "\n<A x={1", '\n<A href="b" x={"y"}>', "\n<A>\n  ", "\n<p>a", before="<A>\n"
        ),
        *forms("\n```", "\n- 1. ```a", "\n<A\n", "<A/>", "\n<A b='", "\n# a {/*b", "</A", before="<A>\n"),
    ],
)
def test_tags_of_mdx(form: Form) -> None:
    assert_linear(mdx.as_gfm, form, SMALL)


@pytest.mark.parametrize(
    "form",
    [
        *forms("a:\n", " a:\n", "- ", "a: {", "a: ' ", "a: b #", before="---\na: b\n", behind="---\n"),
        *forms("<Link ", '<Link "', "<Link to='", "<Link a={", "`", "```a\n", "<!--", "{/*"),
    ],
)
def test_front_matter_and_components_that_are_links(form: Form) -> None:
    assert_linear(lambda text: [*front.references(text, {"a.a": Role.LINK})], form, SMALL)
    assert_linear(lambda text: [*components.links(text, components.pattern("Link"))], form, SMALL)
