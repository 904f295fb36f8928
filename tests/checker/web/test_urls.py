"""URLs against the standard's own test data, and what browsers repair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.web import urls

BASE = "http://mirror.invalid/"


def reachable(case: dict[str, Any]) -> tuple[str, str] | None:
    """(base, reference) of a case that a page can hold: a page's base is http(s), whatever its reference is."""
    reference, base = case["input"], case["base"]
    if base is not None and base != "about:blank":
        return (base, reference) if base.startswith(("http:", "https:")) else None
    scheme = urls.scheme(reference)
    if scheme is None or (scheme in {"http", "https"} and "//" not in reference.replace("\\", "/")):
        return None  # relative: its result would be the base's
    return BASE, reference


def test_every_case_a_reference_can_reach_agrees_with_the_standard(conformance: Path) -> None:
    """No deviation: where the parser came to differ, it would be listed here with its reason."""
    cases = [
        case for case in json.loads((conformance / "urltestdata.json").read_text("utf-8")) if isinstance(case, dict)
    ]
    reached = [(case, pair) for case in cases if (pair := reachable(case))]
    differing = []
    for case, (base, reference) in reached:
        try:
            got = urls.resolve(base, reference)
        except urls.InvalidURL:
            got = None
        if got != (None if case.get("failure") else case["href"]):
            differing.append((base, reference, got))

    assert len(reached) > 700
    assert differing == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("page.html", None),
        (" page.html ", None),
        ("a b.html", "a%20b.html"),
        ("a\\b.html", "a/b.html"),
        ("pa\nge.html", "page.html"),
        ("http:\\\\example.test\\x", "http://example.test/x"),
        ("https:///example.test/x", "https://example.test/x"),
        ("https:/example.test/x", "https://example.test/x"),
        ("https://example.test/x", None),
        ("https://example.test/?q=a b", "https://example.test/?q=a%20b"),
        ("?q=a\\b", None),
        ("mailto:a b@example.test", None),
        ("javascript:a b", None),
        ("data:text/plain,a b", None),
        ("#a b", "#a%20b"),
        ("中文.md", None),
    ],
)
def test_what_a_browser_repairs_is_told(raw: str, expected: str | None) -> None:
    assert urls.repaired(raw) == expected


@given(st.text(max_size=60))
def test_what_was_repaired_needs_no_repair_and_leads_to_the_same_place(raw: str) -> None:
    fixed = urls.repaired(raw)
    if fixed is None:
        return
    try:
        before = urls.resolve("https://example.test/a/b", raw)
    except urls.InvalidURL:
        return

    assert urls.resolve("https://example.test/a/b", fixed) == before
    assert urls.repaired(fixed) is None


def test_half_a_surrogate_pair_is_a_replacement_character() -> None:
    assert urls.resolve(BASE, "a\ud800b") == BASE + "a%EF%BF%BDb"


@pytest.mark.parametrize(
    ("raw", "encoding", "expected"),
    [
        ("search?k=新闻", "gbk", "search?k=%D0%C2%CE%C5"),
        ("search?k=新闻#新", "gbk", "search?k=%D0%C2%CE%C5#新"),
        ("新?k=a", "gbk", "新?k=a"),
        ("?k=☃", "windows-1252", "?k=%26%239731%3B"),
        ("?k=☃☃", "gbk", "?k=%26%239731%3B%26%239731%3B"),
        ("?€", "gbk", "?%80"),
        ("?€", "gb18030", "?%A2%E3"),
        ("?ⅰ\u3400", "gbk", "?%A2%A1%26%2313312%3B"),
        ("?ḿ", "gbk", "?%A8%BC"),
        ("?\x8dé☃", "cp1252", "?%8D%E9%26%239731%3B"),
        ("?\x80", "cp1252", "?%26%23128%3B"),
        ("?丂丁", "euc_jp", "?%26%2319970%3B%C3%FA"),
        ("?本{", "cp932", "?%96{{"),
        ("?ソ=\\|~^`", "cp932", "?%83\\=\\|~^`"),
        ("?本 '\"<>", "cp932", "?%96{%20%27%22%3C%3E"),
        ("?%E6é%", "windows-1252", "?%E6%E9%"),
        ("?～①￢", "euc_jp", "?%A1%C1%AD%A1%A2%CC"),
        ("?￥€港", "big5hkscs", "?%A2D%A3%E1%B4%E4"),
        ("?語=日本&x", "iso2022_jp", "?%1B$B8l%1B(B=%1B$BF|K\\%1B(B&x"),
        ("?語☃語", "iso2022_jp", "?%1B$B8l%1B(B%26%239731%3B%1B$B8l%1B(B"),
        ("?語\n語", "iso2022_jp", "?%1B$B8l8l%1B(B"),
        ("?あ", "iso2022_jp", "?%1B$B$%22%1B(B"),
        ("?①¢", "iso2022_jp", "?%1B$B-!%1B(B%26%23162%3B"),
        ("?ⅰ¢¥‾−ｱ", "cp932", "?%FA@%26%23162%3B\\~%81|%B1"),
        ("?À䏰十", "big5hkscs", "?%26%23192%3B%26%2317392%3B%A4Q"),
        ("?№¢", "euc_jp", "?%AD%E2%26%23162%3B"),
        ("?ў╝", "koi8-u", "?%AE%26%239565%3B"),
        ("?\u05ba", "cp1255", "?%CA"),
        ("?ḿ龴丂𠀀", "gb18030", "?%A8%BC%FEY%81@%952%826"),
        (" ?é ", "windows-1252", "?%E9"),
        ("http://example.test/?é", "windows-1252", "http://example.test/?%E9"),
        ("FTP://example.test/?é", "windows-1252", "FTP://example.test/?%E9"),
        ("mailto:a@example.test?é", "windows-1252", "mailto:a@example.test?é"),
        ("ws://example.test/?é", "windows-1252", "ws://example.test/?é"),
        ("wss://example.test/?é", "windows-1252", "wss://example.test/?é"),
        ("foo://example.test/?é", "windows-1252", "foo://example.test/?é"),
    ],
)
def test_the_query_of_a_legacy_page_is_in_its_charset(raw: str, encoding: str, expected: str) -> None:
    assert urls.encode_query(raw, encoding, BASE) == expected


@pytest.mark.parametrize(
    ("base", "expected"), [("file:///x", "?%E9"), ("ws://example.test/", "?é"), ("foo://example.test/", "?é")]
)
def test_a_relative_query_is_encoded_as_its_base_has_it(base: str, expected: str) -> None:
    assert urls.encode_query("?é", "windows-1252", base) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("../../x", 2),
        ("..\\..\\x", 2),
        ("%2e%2E/x", 1),
        (".%2e/x", 1),
        ("a..b/x", 0),
        ("x?../..", 0),
        ("x#../..", 0),
        ("..", 1),
    ],
)
def test_steps_upwards_are_counted_in_every_spelling(raw: str, expected: int) -> None:
    assert urls.climbs(raw) == expected


@pytest.mark.parametrize(
    ("raw", "before"),
    [
        ("a#b", "a"),
        ("a #b", "a%20"),
        ("a \n\f#b", "a%20%0C"),
        (" #b", " "),
        ("#b", ""),
        ("a ", "a "),
    ],
)
def test_a_blank_before_the_fragment_is_part_of_the_url(raw: str, before: str) -> None:
    assert urls.before_fragment(raw) == before
    assert urls.resolve(BASE, before) == urls.resolve(BASE, raw).partition("#")[0]


@pytest.mark.parametrize(
    "raw",
    [
        *("/docs/<VERSION>/a", "<YOUR_TOKEN>", "%3CK6_VERSION%3E/a", "{{ a }}/b", "a%7B%7Bb", "$BASE/a"),
        *("<?php echo $a ?>", "a<?= $b ?>", "<%= a %>", "%3C%25= a", "%=%20a%20%", "{!! $a !!}", "{$a}/b", "#{a}/b"),
        *("@{/a}", '@Url.Content("~/a")', '<c:url value="/a"/>', "[% a %]/b", "%PUBLIC_URL%/a.ico", "a/%BASE%/b"),
    ],
)
def test_a_placeholder_is_filled_in_before_a_browser_sees_it(raw: str) -> None:
    assert urls.holds_placeholder(raw)


@pytest.mark.parametrize(
    "raw",
    [
        *("/docs/<version>/a", "a<b>c", "<https://example.org>", "a%3Cb%3E", "A<", "<A B>", "a/$B", "{a}", "a[1%]"),
        *("%E7%94%B5%E8%84%AFPC%E7%BD%91", "%AF%BE", "a%20PC%20b", "%BA%BAPC%BA", "@types/a", "<mailto:a@b.test>"),
    ],
)
def test_what_looks_like_a_placeholder(raw: str) -> None:
    assert not urls.holds_placeholder(raw)
