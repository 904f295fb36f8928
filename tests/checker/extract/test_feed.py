"""What feeds and sitemaps name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import Extract, Options
from checker.extract.feed import extract, places

RSS, ATOM, SITEMAP = '<rss version="2.0"><channel>{}</channel></rss>', "<feed>{}</feed>", "<urlset>{}</urlset>"

CASES = [
    ("RSS link", RSS, "<item><link> https://x.test/a?b&amp;c </link></item>", [("feed", "https://x.test/a?b&c")]),
    ("RSS guid", RSS, "<guid>https://x.test/a</guid>", [("feed", "https://x.test/a")]),
    ("RSS guid that is no permalink: none", RSS, '<guid isPermaLink="false">https://no.test/</guid>', []),
    ("RSS guid that is no URL: none", RSS, "<guid>item-1</guid>", []),
    ("RSS enclosure", RSS, '<enclosure url="a.ogg" type="audio/ogg"/>', [("media", "a.ogg")]),
    ("RSS enclosure of an image", RSS, '<enclosure url="a.png" type="image/png"/>', [("image", "a.png")]),
    ("RSS image", RSS, "<image><url>a.png</url><link>b</link></image>", [("image", "a.png"), ("feed", "b")]),
    ("RSS comments", RSS, "<comments>a</comments>", [("link", "a")]),
    ("RSS source", RSS, '<source url="a.xml">b</source>', [("feed", "a.xml")]),
    ("RSS description", RSS, '<description>&lt;a href="?a&amp;amp;b"&gt;</description>', [("link", "?a&b")]),
    (
        "RSS content in CDATA",
        RSS,
        '<content:encoded><![CDATA[<img src="a.png">]]></content:encoded>',
        [("image", "a.png")],
    ),
    ("RSS 1.0", "<rdf:RDF>{}</rdf:RDF>", '<item rdf:about="no"><link>a</link></item>', [("feed", "a")]),
    ("atom:link in RSS", RSS, '<atom:link href="a.xml" rel="self"/>', [("feed", "a.xml")]),
    (
        "media:content",
        RSS,
        '<media:content url="a.mp4"/><media:thumbnail url="b.jpg"/>',
        [("media", "a.mp4"), ("image", "b.jpg")],
    ),
    ("media:content of an image", RSS, '<media:content url="a" medium="image"/>', [("image", "a")]),
    ("itunes:image", RSS, '<itunes:image href="a.jpg"/>', [("image", "a.jpg")]),
    ("Atom link", ATOM, '<link href="a"/><link rel="alternate" href="b"/>', [("feed", "a"), ("feed", "b")]),
    ("Atom link rel=enclosure", ATOM, '<link rel="enclosure" href="a.ogg"/>', [("media", "a.ogg")]),
    ("Atom link rel=related", ATOM, '<link rel="related" href="a"/>', [("link", "a")]),
    ("Atom link rel=hub: none", ATOM, '<link rel="hub" href="no"/>', []),
    ("Atom id: none", ATOM, "<id>https://no.test/</id>", []),
    ("Atom icon and logo", ATOM, "<icon>a.ico</icon><logo>b.png</logo>", [("icon", "a.ico"), ("image", "b.png")]),
    ("Atom author", ATOM, "<author><uri>a</uri></author>", [("link", "a")]),
    ("Atom generator", ATOM, '<generator uri="a">b</generator>', [("link", "a")]),
    ("Atom content of HTML", ATOM, '<content type="html">&lt;img src=a.png&gt;</content>', [("image", "a.png")]),
    (
        "Atom content of XHTML",
        ATOM,
        '<content type="xhtml"><div><a href="a">b</a><img src="c.png"/></div></content>',
        [("link", "a"), ("image", "c.png")],
    ),
    ("Atom content elsewhere", ATOM, '<content type="text/html" src="a.html"/>', [("feed", "a.html")]),
    ("Atom summary of text: none", ATOM, "<summary>&lt;a href=no&gt;</summary>", []),
    ("sitemap", SITEMAP, "<url><loc>\n https://x.test/a\n</loc></url>", [("sitemap", "https://x.test/a")]),
    ("sitemap index", "<sitemapindex>{}</sitemapindex>", "<sitemap><loc>a.xml</loc></sitemap>", [("sitemap", "a.xml")]),
    (
        "sitemap image",
        SITEMAP,
        "<url><image:image><image:loc>a.png</image:loc></image:image></url>",
        [("image", "a.png")],
    ),
    (
        "sitemap video",
        SITEMAP,
        "<video:thumbnail_loc>a</video:thumbnail_loc><video:content_loc>b</video:content_loc><video:player_loc>c</video:player_loc>",
        [("image", "a"), ("media", "b"), ("media", "c")],
    ),
    (
        "sitemap xhtml:link",
        SITEMAP,
        '<url><xhtml:link rel="alternate" hreflang="fr" href="a"/></url>',
        [("alternate", "a")],
    ),
    ("a style sheet", '<?xml-stylesheet href="a.xsl"?><urlset>{}</urlset>', "", [("stylesheet", "a.xsl")]),
    ("a bare ampersand", RSS, "<link>?a&b</link>", [("feed", "?a&b")]),
    ("an HTML entity", RSS, "<title>a&nbsp;b</title><link>c</link>", [("feed", "c")]),
    ("what is not closed", RSS, "<item><link>a</link><title>b<item><link>c</link>", [("feed", "a"), ("feed", "c")]),
    ("a comment: none", RSS, "<!-- <link>no</link> -->", []),
]


@pytest.mark.parametrize(("frame", "markup", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_finds(frame: str, markup: str, expected: list[tuple[str, str]]) -> None:
    found = extract(frame.format(markup), Options())

    assert pairs(found) == sorted(expected)
    assert found.count == len(expected)


def pairs(found: Extract) -> list[tuple[str, str]]:
    return sorted((role, raw) for role, raws in found.references.items() for raw in raws)


def test_json_feed() -> None:
    item = {"id": "no", "url": "a", "image": "b.png", "content_html": '<a href="c">', "attachments": [{"url": "d.mp3"}]}

    found = extract(json.dumps({"version": "https://no.test/", "feed_url": "e.json", "items": [item]}), Options())

    assert pairs(found) == [("feed", "a"), ("feed", "e.json"), ("image", "b.png"), ("link", "c"), ("media", "d.mp3")]


def test_the_roots_base_is_the_pages() -> None:
    found = extract('<feed xml:base="https://x.test/a/"><link href="b"/></feed>', Options())

    assert (found.base, pairs(found)) == ("https://x.test/a/", [("feed", "b")])


def test_a_base_within_holds_for_its_element() -> None:
    entry = '<content type="html" xml:base="https://x.test/a/b">&lt;a href="c"&gt;&lt;a href="#d"&gt;</content><link href="e"/>'

    found = extract(f"<feed><entry>{entry}</entry></feed>", Options())

    assert pairs(found) == [("feed", "e"), ("link", "https://x.test/a/b#d"), ("link", "https://x.test/a/c")]


def test_a_footnote_is_found_within_its_entry() -> None:
    found = extract(RSS.format('<description><![CDATA[<a href="#n"><p id="n">]]></description>'), Options())

    assert found.ids == {"n"}


def test_a_span_is_the_url_as_written() -> None:
    text = RSS.format(
        '<link>?a&amp;b</link><enclosure url="c"/><description>&lt;i&gt;&amp;nbsp;&lt;a href="d"&gt;</description>'
        '<description><![CDATA[1 < 2 <img src="e">]]></description>'
    )

    assert [text[place.start : place.end] for place in places(text, Options())] == ["?a&amp;b", "c", "d", "e"]


PIECES = [
    *(
        "<rss>",
        "<feed xml:base='https://x.test/'>",
        "<link>",
        "</link>",
        "<link href='a'/>",
        "<guid>",
        "</guid>",
        "https://y.test/",
    ),
    *(
        "<description>",
        "</description>",
        "&lt;a href='b'&gt;",
        "<![CDATA[",
        "]]>",
        "<img src='c'/>",
        "<image>",
        "</image>",
    ),
    *(
        "<content type='html' xml:base='d/e'>",
        "</content>",
        "<url>",
        "</url>",
        "<!--",
        "-->",
        "&amp;",
        " ",
        "<loc>",
        "</loc>",
    ),
]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_the_close_up_finds_what_the_sweep_finds(text: str) -> None:
    found = extract(text, Options())

    close = list(places(text, Options()))
    assert len(close) == found.count
    assert {place[:2] for place in close} == {(role, raw) for role, raws in found.references.items() for raw in raws}
