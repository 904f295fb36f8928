"""The references in a response's header: RFC 8288, with what servers make of it."""

from __future__ import annotations

import pytest

from checker.extract.headers import references
from checker.model import Role

PAGE = "https://mirror.example/a/page?x=1"
LINKS = [
    # field value, (role, reference) of each link
    ("</s.css>; rel=stylesheet", [("stylesheet", "/s.css")]),
    ('<s.css>;REL="StyleSheet"', [("stylesheet", "s.css")]),
    ('<a.png>; rel="shortcut icon"', [("icon", "a.png")]),
    ("<f.woff2>; rel=preload; as=font; crossorigin", [("preload", "f.woff2")]),
    ('<m.js>; rel="modulepreload", <b>; rel=next', [("preload", "m.js"), ("link", "b")]),
    ("<x>; rel=canonical; rel=stylesheet", [("canonical", "x")]),  # the first counts
    ("<fr>; rel=alternate; hreflang=\"fr\"; title*=UTF-8''a%2cb", [("alternate", "fr")]),
    ("<m>; rel=manifest", [("manifest", "m")]),
    ("<p>; rel=prev,<q>;rel=last ,, <r>\t;\trel=x", [("link", "p"), ("link", "q"), ("link", "r")]),
    ("<https://api.w.org/>; rel=https://api.w.org/", [("link", "https://api.w.org/")]),
    ("<hook>; rel=webmention", [("endpoint", "hook")]),
    # what holds commas, semicolons and quotes
    ("<a,b;c>; rel=next", [("link", "a,b;c")]),
    ('<a>; title="x, <no>; rel=icon"; rel=next', [("link", "a")]),
    (r'<a>; title="\"<no>"; rel=next, <b>; rel=next', [("link", "a"), ("link", "b")]),
    ('<a>; rel=preload; imagesrcset="b 1x, c 2x"', [("preload", "a"), ("image", "b"), ("image", "c")]),
    # what names no resource, or has no relation
    ("<https://a.example>; rel=preconnect, <https://b.example>; rel=dns-prefetch", []),
    ('<a>, <b>; title=x, <c>; rel="", <d>; rev=made', []),
    ("", []),
    ("a; rel=next", []),
    ("<a; rel=next", []),
    # an anchor: of this page, or of another, for which browsers fetch nothing
    ('<s.css>; rel=stylesheet; anchor="#here"', [("stylesheet", "s.css")]),
    ('<s.css>; rel=stylesheet; anchor="/other"', [("link", "s.css")]),
    ('<up>; rel=canonical; anchor="/other"', [("canonical", "up")]),
    ('<s.css>; rel=icon; anchor="http://[/"', [("link", "s.css")]),
    # what follows a fault is not read
    ("<a>; rel=next, junk, <b>; rel=next", [("link", "a")]),
    ('<a>; rel="next', [("link", "a")]),
    ("<a>; rel = next ; = ; ;x==y, <b>;rel=next", [("link", "a"), ("link", "b")]),
    ("<>; rel=next", [("link", "")]),
    ("<\udcff>; rel=next", [("link", "%FF")]),
]


@pytest.mark.parametrize(("value", "expected"), LINKS)
def test_a_link_field_has_the_roles_of_the_element_link(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.role, each.raw) for each in references(PAGE, [("Link", value)])] == expected


def test_references_resolve_against_the_page_and_name_their_field() -> None:
    fields = [
        ("link", "<../b>; rel=next"),
        ("Refresh", "3; url='c#d'"),
        ("Location", "/e"),
        ("LINK", "<http://[>;rel=x"),
    ]

    assert list(references(PAGE, fields)) == [
        (Role.LINK, "../b", "https://mirror.example/b", "link"),
        (Role.LINK, "http://[", "http://[", "LINK"),
        (Role.META, "c#d", "https://mirror.example/a/c#d", "Refresh"),
    ]


@pytest.mark.parametrize(
    ("values", "url"),
    [
        (["0; url=/caf\udce9"], "https://mirror.example/caf%C3%A9"),
        (["0; url=/caf\xe9"], "https://mirror.example/caf%C3%83%C2%A9"),
        (["0; url=/b", "1; url=/c"], "https://mirror.example/b,%201;%20url=/c"),
    ],
)
def test_a_refresh_is_read_byte_by_byte_and_all_its_fields_are_one(values: list[str], url: str) -> None:
    """As Chromium asks for it."""
    assert [each.url for each in references(PAGE, [("Refresh", value) for value in values])] == [url]
