"""Any bytes and any markup: no extractor raises, hangs or points outside its page."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.extract import Options, extractor
from checker.extract.charset import decode
from checker.model import Kind

pytestmark = pytest.mark.slow

KINDS = pytest.mark.parametrize("kind", list(Kind))
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no test depends on the clock

PIECES = [
    *(
        "<",
        ">",
        "</",
        "/>",
        "<!",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "<!DOCTYPE html>",
        "<!DOCTYPE a [",
        "]",
    ),
    *(
        "&",
        "&amp;",
        "&#",
        "&#x110000;",
        "&#0;",
        "&lt;",
        ";",
        "\0",
        "\ufeff",
        "\ufffd",
        "\u202e",
        "\U0010ffff",
        "é",
        "茶",
    ),
    *(
        "<a href=",
        "<a name=x>",
        "</a>",
        "<img srcset='a 1x, ,b'",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<template>",
    ),
    *(
        "<svg>",
        "</svg>",
        "<math>",
        "<iframe srcdoc='<a href=x>'>",
        "<base href=//[>",
        "<table>",
        "<p>",
        "<li>",
        "<plaintext>",
    ),
    *(
        "<rss>",
        "<feed>",
        "<link>",
        "</link>",
        "<loc>",
        "</loc>",
        "<description>",
        "</description>",
        "xml:base='",
        "<guid>",
    ),
    *(
        "url(",
        "@import ",
        "@font-face{",
        "image-set(",
        "/*",
        "*/",
        "\\",
        "\\2",
        "{",
        "}",
        "(",
        ")",
        '"',
        "'",
        "=",
        ":",
        ",",
    ),
    *(
        '{"icons":[{"src":"',
        '{"items":[{"content_html":"',
        "[[",
        "](",
        "![",
        "](<",
        "[^1]",
        "[^1]: ",
        "```",
        "~~~",
        "    ",
        "> ",
    ),
    *(
        "# ",
        "===",
        "- ",
        "1. ",
        "| a | b |",
        "|---|---|",
        "---\n",
        "+++\n",
        "http://",
        "https://x.test/",
        "www.",
        "a@b.c",
        "**",
    ),
    *(
        "\n",
        "\r\n",
        "\r",
        "\f",
        "\t",
        " ",
        "\u3000",
        "，",
        "。",
        "x",
        "/",
        "../",
        "?",
        "#",
        "%E7%",
        "data:,",
        "javascript:",
    ),
]
MARKUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def read(text: str, kind: Kind) -> None:
    """Both functions of the extractor, held to what each promises."""
    module = extractor(kind)
    found = module.extract(text, Options())
    assert found.count >= sum(map(len, found.references.values()))
    for place in module.places(text, Options()):
        assert isinstance(place.raw, str)
        assert 0 <= place.start <= place.end


@KINDS
@PATIENT
@given(st.binary(max_size=300))
def test_any_bytes_are_read(kind: Kind, data: bytes) -> None:
    decoded = decode(data, kind)

    assert decoded.damaged >= 0
    read(decoded.text, kind)


@KINDS
@PATIENT
@given(st.text(max_size=200))
def test_any_text_is_read(kind: Kind, text: str) -> None:
    read(text, kind)


@KINDS
@PATIENT
@given(MARKUP)
def test_any_markup_is_read(kind: Kind, text: str) -> None:
    read(text, kind)


@PATIENT
@given(
    st.binary(max_size=300), st.sampled_from(["gbk", "big5", "shift_jis", "utf-16", "utf-7", "nobody-knows", "", "\0"])
)
def test_any_bytes_are_decoded_in_any_charset(data: bytes, declared: str) -> None:
    decoded = decode(data, Kind.HTML, declared=declared)

    assert decoded.damaged <= decoded.text.count("\ufffd")
    decoded.text.encode()  # no lone surrogates


# What takes a scan that looks back, or a parser that nests, beyond all bounds when it is repeated.
REPEATED = [
    *PIECES,
    "<a href='x' ",
    "<a b=c ",
    "[a](b",
    "![[",
    "`",
    "*a",
    "_",
    "<b><i>",
    "&#1",
    "\\\n",
    "url('a",
    '"\\',
    '{"a":',
    "a ",
]


@KINDS
@pytest.mark.parametrize("piece", sorted(set(REPEATED)), ids=ascii)
def test_a_piece_repeated_is_read(kind: Kind, piece: str) -> None:
    read(piece * (_LENGTH.get(kind, 60_000) // len(piece)), kind)


_LENGTH = {Kind.HTML: 8_000, Kind.MARKDOWN: 8_000}  # their parsers build trees, the other extractors scan
