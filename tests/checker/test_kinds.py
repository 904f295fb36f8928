"""The table of page kinds: every row is whole, and what the program does with a kind is what its row says."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from checker.extract import Options, extractor
from checker.extract.charset import decode
from checker.extract.suppress import suppressions
from checker.kinds import (
    FORMATS,
    KINDS,
    PAGE_TYPES,
    Comments,
    Declared,
    Format,
    is_asset,
    kind_of,
    kind_of_type,
    listed,
    may_be_sent,
    sniff,
    sniff_named,
    sniff_sent,
)
from checker.model import Kind
from checker.verify.containers import media

DOCS = Path(__file__).parents[2] / "docs" / "extraction.md"
DECLARATIONS = {
    Declared.META: b'<meta charset="gbk">',
    Declared.XML: b'<?xml version="1.0" encoding="gbk"?>',
    Declared.AT_CHARSET: b'@charset "gbk";',
}
BYTES = "一盞燈".encode("gbk")

every_kind = pytest.mark.parametrize("kind", Kind)


def test_every_kind_has_a_row() -> None:
    assert list(KINDS) == list(Kind)


@pytest.mark.parametrize("column", ["extensions", "media_types", "names"])
def test_a_name_and_a_media_type_tell_one_kind(column: str) -> None:
    values = list(chain.from_iterable(getattr(row, column) for row in KINDS.values()))

    assert len(set(values)) == len(values)
    assert values == [value.lower() for value in values]


@every_kind
def test_a_kind_can_be_told(kind: Kind) -> None:
    row = KINDS[kind]

    assert row.extensions or row.names or row.begins or row.holds
    assert {kind_of(f"a/page{extension}") for extension in row.extensions} <= {kind}
    assert {kind_of(f"a/{name}") for name in row.names} <= {kind}
    assert {kind_of_type(media_type) for media_type in row.media_types} <= {kind}
    assert set(row.media_types) <= PAGE_TYPES
    assert {sniff(b"\n" + mark.upper() + b">") for mark in row.begins} <= {kind}
    assert {sniff(b"<?xml version='1.0'?>\n" + mark + b">") for mark in row.holds} <= {kind}
    assert all(map(may_be_sent, (f"page{extension}" for extension in row.extensions)))


@every_kind
def test_a_kind_has_an_extractor(kind: Kind) -> None:
    reader = extractor(kind)

    assert not any(reader.extract("", Options()).references.values())
    assert list(reader.places("", Options())) == []


@every_kind
def test_a_kind_is_in_the_published_table(kind: Kind) -> None:
    named = re.findall(r"^(?:## |\| )([^|\n]+)", DOCS.read_text("utf-8"), re.M)

    assert any(re.match(rf"{KINDS[kind].label}\b", entry) for entry in named)


@every_kind
@pytest.mark.parametrize("where", Declared)
def test_a_charset_counts_where_the_kind_declares_it(kind: Kind, where: Declared) -> None:
    decoded = decode(DECLARATIONS[where] + BYTES, kind)

    assert (decoded.encoding == "gbk" and decoded.sure) == (where in KINDS[kind].declares)


@every_kind
@pytest.mark.parametrize("comment", ["<!-- mirrorcheck: ignore local -->", "/* mirrorcheck: ignore local */"])
def test_a_comment_silences_where_the_kind_has_comments(kind: Kind, comment: str) -> None:
    shown = f"``` html\n{comment}\n```\n"

    assert suppressions(f"<style>{comment}</style>", kind)
    assert bool(suppressions(shown, kind)) == (KINDS[kind].comments is Comments.ANYWHERE)


@every_kind
def test_the_bytes_of_a_kind_are_what_its_name_promises(kind: Kind) -> None:
    row = KINDS[kind]

    assert {media.named(f"a/page{extension}") for extension in row.extensions} <= {row.syntax}
    assert {is_asset(f"a/page{extension}") for extension in row.extensions} <= {row.embedded}


def test_the_labels_are_listed_as_a_sentence_needs_them() -> None:
    assert (
        listed()
        == "HTML, Markdown, CSS, SVG, feed, sitemap, web manifest, EPUB package, plain text, reStructuredText, "
        "AsciiDoc or notebook"
    )


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.media_type)
def test_a_format_is_no_page_by_its_name(row: Format) -> None:
    names = [f"a/file{extension}" for extension in (*row.embedded, *row.others)]

    assert not any(isinstance(kind_of(name), Kind) for name in names)
    assert {media.named(name) for name in names} == {row.media_type}
    assert [name for name in names if is_asset(name)] == [f"a/file{extension}" for extension in row.embedded]


def test_an_extension_is_of_one_format() -> None:
    extensions = [extension for row in FORMATS for extension in (*row.embedded, *row.others)]

    assert len(set(extensions)) == len(extensions)
    assert all(re.fullmatch(r"\.[a-z0-9]+", extension) for extension in extensions)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", Kind.HTML),
        ("a/b/INDEX.HTM", Kind.HTML),
        ("a.xhtml", Kind.HTML),
        ("README.md", Kind.MARKDOWN),
        ("a.MDX", Kind.MARKDOWN),
        ("a.markdown", Kind.MARKDOWN),
        ("style.css", Kind.CSS),
        ("logo.svg", Kind.SVG),
        ("feed.rss", Kind.FEED),
        ("feed.atom", Kind.FEED),
        ("manifest.json", Kind.MANIFEST),
        ("OEBPS/content.opf", Kind.BOOK),
        ("OEBPS/toc.ncx", Kind.BOOK),
        ("a/site.webmanifest", Kind.MANIFEST),
        ("photo.jpg", None),
        ("notes.txt", Kind.TEXT),
        ("notes.log", None),
        ("data.json", None),
        ("LICENSE", True),
        ("wiki/Main_Page", True),
        ("docs/v1.2", True),
        ("wiki/U.S.", True),
        ("index.html.en", True),
        ("a.php5", True),
        ("a.NSF", True),
        ("page.html.tmpl", None),
        ("index.html.orig", None),
        ("index.html~", None),
        (".gitignore", None),
        ("PHOTO.JPG", None),
        (".html", None),
        (".md", None),
        ("folder.html/file", True),
        ("dump.tar.gz", None),
        ("page.html.gz", None),
        ("", None),
        ("sitemap.xml", True),
        ("feed.xml", True),
        ("sitemap.xml.gz", True),
        ("a/sitemap-1.gz", True),
        ("sitemap", True),
        ("index.php", True),
        ("list.aspx", True),
        ("p.php?id=1", True),
        ("p.html?id=1", True),
        ("style.css@v=2", Kind.CSS),
        ("style.css%3Fv=2", Kind.CSS),
        ("what is css%3F.png", None),
        ("image.png?w=10", True),
    ],
)
def test_a_name_tells_the_kind_of_page_or_that_its_bytes_must(name: str, kind: Kind | bool | None) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"<!DOCTYPE html><title>t</title>", Kind.HTML),
        (b"\xef\xbb\xbf \r\n<!doctype HTML>", Kind.HTML),
        (b"<HTML lang=zh>", Kind.HTML),
        (b"<head>", Kind.HTML),
        (b"<body bgcolor=white>", Kind.HTML),
        (b"<!-- saved from url=(0020)http://example.org/ -->\n<html>", Kind.HTML),
        (b"<!-- Mirrored from example.org/ by HTTrack -->", Kind.HTML),
        (b"<!-- note -->\n<html>", Kind.HTML),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html>', Kind.HTML),
        (b'<?xml version="1.0"?><rss version="2.0">', Kind.FEED),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', Kind.FEED),
        (b"<rdf:RDF>", Kind.FEED),
        (b"<urlset>", Kind.SITEMAP),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n<sitemapindex>', Kind.SITEMAP),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">', Kind.SVG),
        (b"", None),
        (b"text that names <html>", None),
        (b"<catalogue><item/></catalogue>", None),
        (b"<?php echo 1;", None),
        (b"\x89PNG\r\n\x1a\n<html>", None),
        (b"{}", None),
        (b"<!-- " + b"x" * 2000 + b" --><html>", None),
    ],
)
def test_the_first_bytes_tell_what_a_name_does_not(head: bytes, kind: Kind | None) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.php", b"\n<title>t</title>", Kind.HTML),
        ("wiki/Main_Page", b"<!-- made by hand -->\n<p>", Kind.HTML),
        ("docs/v1.2", b"<P CLASS=x>", Kind.HTML),
        ("a.phtml", b"<script\n>", Kind.HTML),
        ("a.php", b"<h2>a</h2>", Kind.HTML),
        ("a.action?id=1", b"<meta charset=utf-8>", Kind.HTML),
        ("a.cfml", b"<h2><%= name %>", None),
        ("a.php", b"<a:b>", None),
        ("a.php", b"words <p>", None),
        ("a?id=1", b"<a>", Kind.HTML),
        ("a.xml", b"<a>", None),
        ("a.xml", b"<!-- a list --><catalogue>", None),
        ("a.js?v=1", b"<!-- hide this from old browsers", None),
        ("a.js@v=1", b"<!doctype html>", Kind.HTML),
        ("a.php", b"<div><?php echo $name ?></div>", None),
        ("a.aspx", b"<p><%= name %>", None),
        ("noext", b"<article>", None),
        ("noext", b"<pre>", None),
        ("noext", b"words <p>", None),
    ],
)
def test_what_no_name_tells_is_html_where_a_browser_would_take_it_for_that(
    name: str, head: bytes, kind: Kind | None
) -> None:
    assert sniff_named(name, head) == kind


@pytest.mark.parametrize(
    ("media_type", "kind"), [("", Kind.HTML), ("*/*", Kind.HTML), ("text/plain", None), ("application/xml", None)]
)
def test_what_a_server_names_a_type_of_is_not_guessed_at(media_type: str, kind: Kind | None) -> None:
    assert sniff_sent(media_type, b"<p>a") == kind


@pytest.mark.parametrize(
    ("name", "embedded", "linked"),
    [
        ("v1.2", True, True),
        ("Dr._Who", True, True),
        ("index.html.en", True, True),
        ("y.mspx", True, True),
        ("page.py", True, True),
        ("Node.js", False, True),
        ("File:Map.jpg", False, True),
        ("photo.jpg", False, False),
        ("a.zip", False, False),
    ],
)
def test_a_server_may_send_a_page_under_any_name_but_that_of_a_download(
    name: str, embedded: bool, linked: bool
) -> None:
    assert may_be_sent(name) == embedded
    assert may_be_sent(name, linked=True) == linked
