"""Where a URL in running text ends for a reader."""

from __future__ import annotations

import pytest

from checker.web import prose


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://example.test/a|。后文", id="a sentence that goes on"),
        pytest.param("https://example.test/a|。Then", id="one in Latin letters"),
        pytest.param("https://example.test/a|）。", id="a bracket that was opened before"),
        pytest.param("https://example.test/a|）-2.html", id="such a bracket, whatever follows"),
        pytest.param("https://example.test/a.html|（图）-3.html", id="what had ended as pages end"),
        pytest.param("https://example.test/a|、https://example.test/b.html", id="another URL"),
        pytest.param("https://example.test/a.php|です。", id="letters behind an extension"),
        pytest.param("https://example.test/a|`と`b`。", id="a backtick"),
        pytest.param("https://example.test/a|%60と。", id="an encoded one"),
        pytest.param("https://example.test/a.html|}。", id="a brace that nothing opened"),
        pytest.param("https://example.test/a|%5D（图）", id="an encoded bracket"),
        pytest.param("https://example.test/a.html|\\。", id="a backslash"),
        pytest.param("https://example.test/a.html||b。", id="a bar"),
        pytest.param("https://example.test/{id}/a[1]|。", id="brackets that belong to it"),
        pytest.param("https://example.test/《a》-1.html|。后文", id="a sentence behind a slug"),
        pytest.param("https://example.test/?q=“a”&b=1|", id="quotes in a query"),
        pytest.param("https://example.test/旅行/地図|。", id="a path in another script"),
        pytest.param("https://example.test/“a”-402.html|", id="quotes in a slug"),
        pytest.param("https://example.test/a——b-7.html|", id="dashes in a slug"),
        pytest.param("https://example.test/图（一）_2/|", id="brackets in a slug"),
        pytest.param("https://example.test/a：b.html?p=1#c|", id="a colon before a query"),
        pytest.param("https://example.test/it’s-so|", id="an apostrophe"),
        pytest.param("https://example.test/a.b|", id="none of these"),
    ],
)
def test_a_url_ends_where_its_reader_sees_its_end(url: str) -> None:
    whole = url.replace("|", "", 1)

    assert prose.end_of_url(whole) == url.index("|")


def test_a_quote_that_a_blank_cuts_is_no_end() -> None:
    assert prose.is_cut_in_quotes("https://example.test/“when", 21)
    assert not prose.is_cut_in_quotes("https://example.test/”", 21)
