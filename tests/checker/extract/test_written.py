"""A reference as its author spells it: what a person can search the file for, where a renderer spells it otherwise."""

from __future__ import annotations

import json
from html import unescape

import pytest

from checker.extract import Options, extractor
from checker.extract.locate import spots
from checker.extract.written import spellings
from checker.model import Kind, Role

# A page, and the spelling of each place in the order of the page; "" is the renderer's own.
PAGES = [
    ("letters", "[a](#fünf-Äpfel)", ["#fünf-Äpfel"]),
    ("an image", "![a](bild%20ä.png)", ["bild%20ä.png"]),
    ("blanks in brackets", "[a](<a b ü.md> 'title')", ["a b ü.md"]),
    ("an escape", "[a](a\\(b.md)", ["a\\(b.md"]),
    ("an escape in brackets", "[a](<a\\>b.md>)", ["a\\>b.md"]),
    ("an escape in a table", "|a|\n|-|\n|[a](x\\|ü.md)|", ["x\\|ü.md"]),
    ("an entity", "[a](a&amp;b&auml;.md)", ["a&bä.md"]),
    ("only an entity", "[a](a&amp;b.md)", [""]),
    ("parentheses", "[a](ü_(b).md)", ["ü_(b).md"]),
    ("brackets", "[a]([b]ü)", ["[b]ü"]),
    ("other characters", '[a](a"b^c`d{e}|f.md)', ['a"b^c`d{e}|f.md']),
    ("half encoded", "[a](ü.md#%zz%20)", ["ü.md#%zz%20"]),
    ("encoded by the author", "[a](%C3%BC.md)", [""]),
    ("encoded by the author, in small letters", "[a](%c3%bc.md)", [""]),
    ("both", "[a](#fünf) [b](#f%C3%BCnf)", ["#fünf", ""]),
    ("both, one in code", "`[a](#fünf)` [a](#f%C3%BCnf)", [""]),
    ("an escape beside what it stands for", "[a](a\\_b.md) [b](a_b.md)", ["a\\_b.md", ""]),
    ("a reference link", "[t][l]\n\n[l]: #fünf 'title'", ["#fünf"]),
    ("a reference link with an escape in brackets", "[l]\n\n[l]: <a\\>ü.md>", ["a\\>ü.md"]),
    ("a collapsed one", "[l][]\n\n[l]: <#fü nf>", ["#fü nf"]),
    ("a shortcut, defined on two lines of a quote", "[l]\n\n> [l]:\n> #fünf", ["#fünf"]),
    ("defined in a list", "- x\n\n  [l]: ü.md\n\n[l]", ["ü.md"]),
    ("defined as it is rendered", "[t][l]\n\n[l]: %C3%BC.md", [""]),
    ("an autolink", "<https://example.test/ü>", ["https://example.test/ü"]),
    ("a bare URL", "see https://example.test/ü.", [""]),
    ("a bare host", "see www.example.test/ü here", ["www.example.test/ü"]),
    ("an address", "<me@example.test>", ["me@example.test"]),
    ("text over two lines", "[a\nb](ü.md)", ["ü.md"]),
    ("over two lines of a quote", "> [a](\n> ü.md)", ["ü.md"]),
    ("an image in a link", "[![x](ü.png)](ö.md)", ["ü.png", "ö.md"]),
    ("raw HTML", "<a href='ü.md'>x</a> <img src=\"b&#40;ä.png\">", ["", ""]),
    ("line ends of Windows", "[a](ü.md)\r\n[b](ö.md)\r\n", ["ü.md", "ö.md"]),
    ("a login", "[a](http://u:pw@example.test/ü)", ["http://u:pw@example.test/ü"]),
    ("a login that an escape would bare", "[a](http://u\\:p\\_w@example.test/ü)", [""]),
]


def references(text: str, kind: Kind) -> list[tuple[Role, str]]:
    found = extractor(kind).extract(text, Options()).references
    return [(role, raw) for role, raws in found.items() for raw in raws]


@pytest.mark.parametrize(("text", "expected"), [page[1:] for page in PAGES], ids=[page[0] for page in PAGES])
def test_each_place_has_the_spelling_of_its_author(text: str, expected: list[str]) -> None:
    wanted = references(text, Kind.MARKDOWN)

    found = spots(text, Kind.MARKDOWN, wanted, Options())

    assert [spot.written for spot in sorted(spot for each in found.values() for spot in each)] == expected
    assert all(written in unescape(text) for written in expected)


@pytest.mark.parametrize("text", [page[1] for page in PAGES], ids=[page[0] for page in PAGES])
def test_the_list_of_all_references_has_the_spellings_of_the_places(text: str) -> None:
    wanted = references(text, Kind.MARKDOWN)
    places = {
        one: {spot.written for spot in each} for one, each in spots(text, Kind.MARKDOWN, wanted, Options()).items()
    }

    found = spellings(text, Kind.MARKDOWN, wanted, Options())

    assert {one: found.get(one, {""}) for one in wanted} == places


def test_many_references_are_spelt_as_few_are() -> None:
    text = "\n".join(f"[a](ü{number}.md)" for number in range(400))
    wanted = references(text, Kind.MARKDOWN)

    found = spellings(text, Kind.MARKDOWN, wanted, Options())

    assert {written for each in found.values() for written in each} == {f"ü{number}.md" for number in range(400)}


@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_notebook_is_spelt_as_its_cells_are(ascii_only: bool) -> None:
    cell = {"cell_type": "markdown", "source": ["[a](fünf.md)\n", "[b](a\\(b.md)"]}
    text = json.dumps({"cells": [cell], "nbformat": 4}, ensure_ascii=ascii_only)
    wanted = references(text, Kind.NOTEBOOK)

    found = spots(text, Kind.NOTEBOOK, wanted, Options())

    assert {spot.written for each in found.values() for spot in each} == {"fünf.md", "a\\(b.md"}


def test_kinds_that_no_renderer_reads_are_as_they_stand() -> None:
    text = '<a href="&#35;f%C3%BCnf">x</a>'

    [[spot]] = spots(text, Kind.HTML, references(text, Kind.HTML), Options()).values()

    assert spot.written == ""
