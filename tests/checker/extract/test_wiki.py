"""The links `[[Page]]` on the pages of a forge's wiki."""

from __future__ import annotations

import pytest

from checker.extract import Options
from checker.extract.markdown import extract, places
from checker.model import Role

WIKI = Options(wiki=True)
LINK, IMAGE, UNDEFINED = Role.LINK, Role.IMAGE, Role.UNDEFINED

CASES = {
    "a page": ("See [[Oil Lamps]].", [(LINK, "Oil-Lamps", "Oil Lamps")]),
    "a page below a text": ("[[all lamps | Oil Lamps ]]", [(LINK, "Oil-Lamps", "Oil Lamps")]),
    "a section": ("[[lamps|Oil Lamps#The Wick]]", [(LINK, "Oil-Lamps#The-Wick", "Oil Lamps#The Wick")]),
    "a section of this page": ("[[#The Wick]]", [(LINK, "#The-Wick", "#The Wick")]),
    "emphasis is no matter": (
        "[[oil_lamps_of_glass]] *[[Gas]]*",
        [(LINK, *["oil_lamps_of_glass"] * 2), (LINK, "Gas", "Gas")],
    ),
    "a picture": ("![[map.png|alt=a map|width=3]]", [(IMAGE, "map.png", "map.png")]),
    "a picture with spaces": ("[[img/my map.png]]", [(IMAGE, "img/my%20map.png", "img/my map.png")]),
    "a file": ("[[the report|My Report.pdf]]", [(LINK, "My%20Report.pdf", "My Report.pdf")]),
    "from the root": ("[[/Oil Lamps]]", [(LINK, "Oil-Lamps", "/Oil Lamps")]),
    "another site": ("[[a|https://example.test/x_y?z]]", [(LINK, *["https://example.test/x_y?z"] * 2)]),
    "what a URL would end": (
        "[[Why?]] [[Note: 100%]]",
        [(LINK, "Why%3F", "Why?"), (LINK, "Note%3A-100%25", "Note: 100%")],
    ),
    "in a table": ("|ä|\n|-|\n|[[a\\|Gas]] [[Oil]]|", [(LINK, "Gas", "Gas"), (LINK, "Oil", "Oil")]),
    "in a quote and a list": ("> - ß [[Gas]]", [(LINK, "Gas", "Gas")]),
    "behind a bare URL": (
        "https://example.test/a_b. [[Gas]]",
        [(Role.BARE, *["https://example.test/a_b"] * 2), (LINK, "Gas", "Gas")],
    ),
    "code": ("`[[a]]`\n\n    [[b]]\n\n```\n[[c]]\n```\n", []),
    "a link's text": ("[[1]](b) [see [[c]]](d)", [(LINK, "b", "b"), (LINK, "d", "d")]),
    "a quoted one": ("'[[a]] and '[[b]]'", [(LINK, "b", "b")]),
    "in a block of HTML": (
        "<div>\n[[Gas]]\n<td title='[[b]]'>[[map.png]]\n</div>\n\n> <p>\n> [[the oil|Oil]]\n",
        [(LINK, "Gas", "Gas"), (IMAGE, "map.png", "map.png"), (LINK, "Oil", "Oil")],
    ),
    "in a list of HTML": ("- <table><td>ä [[Gas]]\n  </table>\n", [(LINK, "Gas", "Gas")]),
    "between tags": ("a <b>[[Gas]]</b> < [[Oil]] > x", [(LINK, "Gas", "Gas"), (LINK, "Oil", "Oil")]),
    "code of HTML": (
        "<pre>\n[[a]]\n\n[[b]]\n</pre>\n\n<p><code class='x'>[[c]]<b>[[d]]</b></code> <TT>[[e]]</tt> [[Gas]]</p>\n\nf <code>[[g]]</code>",
        [(LINK, "Gas", "Gas")],
    ),
    "code of HTML that is never closed": (
        "<p><code>[[a]]\n\n[[Gas]]\n\n<b>[[Oil]]</b>",
        [(LINK, "Gas", "Gas"), (LINK, "Oil", "Oil")],
    ),
    "no text of HTML": (
        "<!-- [[a]] -->\n\n<p>\n<a href='x'>[[b]]</a>\n<img alt=\"[[c]]\">\n<style>[[d]]</style>\n</p>\n\n[[Gas]]",
        [(LINK, "x", "x"), (LINK, "Gas", "Gas")],
    ),
    "no page": ("[[_TOC_]] [[TOC]] [[include:a]] [[]] [[ ]] [[|]] [[a\nb]] [[`c`]]", []),
    "more brackets": ("[[[a]]] [a] [[b]", []),
    "an undefined reference": ("[[a][b]]", [(UNDEFINED, "[a][b]", "[a][b]")]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_links_of_a_wiki(text: str, expected: list[tuple[Role, str, str]]) -> None:
    found = extract(text, WIKI)
    listed = sorted(places(text, WIKI), key=lambda place: place.start)

    assert [(place.role, place.raw, text[place.start : place.end]) for place in listed] == expected
    assert {(role, raw) for role, raws in found.references.items() for raw in raws} == {row[:2] for row in expected}
    assert found.count == len(expected)


def test_a_forge_whose_parser_of_markdown_reads_them_finds_none_in_a_block_of_html() -> None:
    text = "<div>\n[[a]]\n</div>\n\n[[Gas]]"

    assert extract(text, WIKI._replace(slugs="gitlab")).references[LINK] == {"Gas"}
    assert extract(text, WIKI._replace(slugs="gitea")).references[LINK] == {"a", "Gas"}


def test_elsewhere_brackets_are_text() -> None:
    assert not any(extract("[[Oil Lamps]]", Options()).references.values())
    assert not list(places("[[Oil Lamps]]", Options()))
