"""Markdown as the forge reads it: every example of the specifications, and generated pages beside cmark-gfm."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options as Cmark
from selectolax.lexbor import LexborHTMLParser

from checker.extract import Options
from checker.extract.markdown import extract, places
from checker.model import Role

Found = Counter[tuple[str, str]]  # (tag, reference)

TAGS = {Role.LINK: "a", Role.BARE: "a", Role.IMAGE: "img"}


def ours(text: str, *, bare: bool) -> Found:
    """Links and images on every path of ours, which must agree."""
    options = Options(bare=bare)
    listed = list(places(text, options))
    found = extract(text, options)
    assert {(place.role, place.raw) for place in listed} == {
        (role, raw) for role, raws in found.references.items() for raw in raws
    }
    assert len(listed) == found.count
    return Counter((TAGS[place.role], encoded(place.raw)) for place in listed if place.role in TAGS)


def linked(html: str) -> Found:
    """Links and images of rendered Markdown, but for those between a footnote and its mark."""
    nodes = LexborHTMLParser(html, is_fragment=True).css(
        ":is(a[href]:not(.footnote-backref, [data-footnote-ref]), img[src])"
    )
    return Counter((node.tag, encoded(node.attributes["href" if node.tag == "a" else "src"] or "")) for node in nodes)


def encoded(reference: str) -> str:
    """In the form a browser requests: cmark encodes what pulldown-cmark leaves to the browser."""
    return quote(reference, "!\"#$%&'()*+,-./:;<=>?@[\\]_`{|}~").replace('"', "%22")


# --- the specifications --------------------------------------------------------------------------------------


class Example(NamedTuple):
    """An example of a specification: a case of its test suite."""

    file: str
    number: int
    extensions: str
    source: str
    expected: str


EXAMPLE = re.compile(r"^`{32} example ?([\w ]*)\n(.*?)^\.\n(.*?)^`{32}$", re.M | re.S)
FILES = ("commonmark-spec.txt", "gfm-spec.txt", "gfm-extensions.txt")


def examples(file: str) -> Iterator[Example]:
    folder = os.environ.get("MIRRORCHECK_CONFORMANCE")
    if not folder:
        pytest.skip("MIRRORCHECK_CONFORMANCE is unset: no specifications to conform to")
    text = (Path(folder) / file).read_text(encoding="utf-8").replace("→", "\t")
    for number, match in enumerate(EXAMPLE.finditer(text), 1):
        yield Example(file, number, match[1], match[2], match[3])


DEVIATIONS: dict[tuple[str, int], str] = {}


@pytest.mark.parametrize("file", FILES)
def test_every_example_of_a_specification_has_the_links_and_images_it_promises(file: str) -> None:
    differing = {}
    for example in examples(file):
        bare = "autolink" in example.extensions or file == "gfm-extensions.txt"
        if (found := ours(example.source, bare=bare)) != (promised := linked(example.expected)):
            differing[file, example.number] = (example.source, found, promised)

    listed = {key for key in DEVIATIONS if key[0] == file}
    assert differing.keys() == listed, {key: differing.get(key) for key in differing.keys() ^ listed}
