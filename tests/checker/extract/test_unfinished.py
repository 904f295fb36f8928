"""A page that was cut short when it was saved shows where it ends."""

from __future__ import annotations

import pytest

from checker.extract import xml
from checker.extract.tags import unfinished


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("<p>one <a href='x", "the tag <a>"),
        ('<p>one <img alt="a > b', "the tag <img>"),
        ("<p>one</p", "the tag </p>"),
        ("<p>one <!-- two", "a comment"),
        ("<script>if (1 > 0) lamp(", "<script>"),
        ("<title>The la", "<title>"),
        ("<style>p { color: red", "<style>"),
        ("<p>one <", "a tag"),
        ("<p>one </", "a tag"),
        ("<!-- one --><!doctype htm", "a declaration"),
        ("<p>one", ""),
        ("<p>1 < 2", ""),
        ("<p>1 <2", ""),
        ("<p>one</p><!-- two -->", ""),
        ("<script></script>", ""),
        ("<plaintext><a href", ""),
        ("words", ""),
        ("", ""),
    ],
)
def test_a_page_ends_within_a_token_or_between_two(text: str, within: str) -> None:
    assert unfinished(text) == within
    assert unfinished(f"<!doctype html><title>t</title>{text}") == within


@pytest.mark.parametrize("part", ["<a href='", "<!--", "<script>", "<", "</", "<a b=c "])
def test_the_end_is_found_in_linear_time(part: str) -> None:
    assert unfinished(part * 200_000)


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("<rss><channel><title>The la", "<rss>"),
        ("<?xml version='1.0'?><!-- <a> --><s:urlset xmlns:s='x'><s:url/>", "<urlset>"),
        ("<rss><channel", "<rss>"),
        ("<rss></rss>", ""),
        ("<a:rss></a:rss>" + "<!-- -->" * 100, ""),
        ("<rss/>", ""),
        ("<RSS></rss >", ""),
        ("words", ""),
    ],
)
def test_an_xml_document_ends_within_its_root_or_behind_it(text: str, within: str) -> None:
    assert xml.unfinished(text) == within
