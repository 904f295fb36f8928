"""The pages of a live site as a source: what a server states of a page counts, and what it compressed is unpacked."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing

import pytest

from checker.model import Kind
from checker.sources.base import Stated
from checker.sources.live import PageStore

URL = "https://mirror.example/page"
SITEMAP = b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>'


@pytest.fixture
def store() -> Iterator[PageStore]:
    with closing(PageStore()) as made:
        yield made


@pytest.mark.parametrize(
    ("media", "body", "kind"),
    [
        ("text/html", b"anything", Kind.HTML),
        ("text/css", b"a{}", Kind.CSS),
        ("", b"<!doctype html>", Kind.HTML),
        ("text/xml", SITEMAP, Kind.SITEMAP),
        ("application/gzip", gzip.compress(SITEMAP), Kind.SITEMAP),
    ],
)
def test_the_kind_of_a_page_is_what_the_server_states_or_the_page_shows(
    store: PageStore, media: str, body: bytes, kind: Kind
) -> None:
    assert store.put(URL, body, media, "koi8-r", 1_000) is kind
    assert store.stated(URL) == Stated(kind, "koi8-r")
    assert [*store.files] == [URL]


@pytest.mark.parametrize(("media", "body"), [("image/png", b"\x89PNG"), ("text/plain", b"words"), ("", b"")])
def test_what_is_no_page_is_not_kept(store: PageStore, media: str, body: bytes) -> None:
    assert store.put(URL, body, media, None, 1_000) is None
    assert store.stated(URL) is None
    assert not store.files


def test_a_compressed_page_is_kept_as_it_was_before_up_to_the_limit(store: PageStore) -> None:
    store.put(URL, gzip.compress(SITEMAP + b" " * 50_000_000), "application/gzip", None, 1_000)

    assert store.read(URL, 1 << 30) == (SITEMAP + b" " * 1_000)[:1_000]


def test_a_page_that_is_fetched_again_replaces_the_one_before(store: PageStore) -> None:
    store.put(URL, b"<p>one", "text/html", None, 1_000)
    store.put(URL, b"<p>two", "text/html", "utf-8", 1_000)

    assert store.read(URL, 1_000) == b"<p>two"
    assert store.stated(URL) == Stated(Kind.HTML, "utf-8")
    assert store.size == 1


def test_header_fields_are_kept_beside_a_page(store: PageStore) -> None:
    fields = (("Link", "<a>; rel=next"), ("link", " <\udcff:>;\trel=x\r"), ("Refresh", ""))
    store.put(URL, b"<!doctype html>", "text/html", None, 1_000, fields)
    store.put(URL + "?", b"<!doctype html>", "text/html", None, 1_000)

    assert store.stated(URL) == Stated(Kind.HTML, None, fields)
    assert store.stated(URL + "?") == Stated(Kind.HTML, None)
