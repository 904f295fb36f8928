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
import pyromark
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
    assert len(listed) <= found.count
    quoted = html_blocks(text)
    return Counter(
        (TAGS[place.role], encoded(place.raw))
        for place in listed
        if place.role in TAGS and not (place.role is Role.BARE and any(place.start in block for block in quoted))
    )


def html_blocks(text: str) -> list[range]:
    """Where raw HTML blocks stand. The forge links no URL in their text; we report those that stand there."""
    data = text.encode()
    return [
        range(len(data[: span["start"]].decode()), len(data[: span["end"]].decode()))
        for event, span in pyromark.events_with_range(text)
        if event == {"Start": "HtmlBlock"}
    ]


def linked(html: str) -> Found:
    """Links and images of rendered Markdown, but for those between a footnote and its mark."""
    nodes = LexborHTMLParser(html, is_fragment=True).css(
        ":is(a[href]:not([href^='#fn']), img[src])"
    )
    return Counter((node.tag, encoded(node.attributes["href" if node.tag == "a" else "src"] or "")) for node in nodes)


def encoded(reference: str) -> str:
    """In the form a browser requests: cmark encodes what pulldown-cmark leaves to the browser."""
    return quote(reference, "!\"#$%&'()*+,-./:;<=>?@[\\]_`{|}~").replace('"', "%22")


# --- the specifications --------------------------------------------------------------------------------------


class Example(NamedTuple):
    """An example of a specification: a case of its test suite."""

    number: int
    extensions: str
    source: str
    expected: str


EXAMPLE = re.compile(r"^`{32} example ?([\w ]*)\n(.*?)^\.\n(.*?)^`{32}$", re.M | re.S)


def examples(file: Path) -> Iterator[Example]:
    text = file.read_text(encoding="utf-8").replace("→", "\t")
    for number, match in enumerate(EXAMPLE.finditer(text), 1):
        yield Example(number, *match.groups())


REPEATED = "an <a> that is never closed is repeated by an HTML parser in each later block: its place is one"
DEVIATIONS = {
    "commonmark-spec.txt": dict.fromkeys((189, 346, 478, 479, 632, 633, 645, 646), REPEATED),
    "gfm-spec.txt": dict.fromkeys((156, 354, 485, 486, 650, 651, 663, 664), REPEATED),
    "gfm-extensions.txt": {},
}


@pytest.mark.parametrize("file", DEVIATIONS)
def test_every_example_of_a_specification_has_the_links_and_images_it_promises(
    file: str, conformance: Path
) -> None:
    differing = {}
    for example in examples(conformance / file):
        bare = "autolink" in example.extensions or file == "gfm-extensions.txt"  # it has every extension on
        found, promised = ours(example.source, bare=bare), linked(example.expected)
        if found != promised:
            differing[example.number] = (example.source, found - promised, promised - found)

    unlisted = differing.keys() ^ DEVIATIONS[file].keys()
    assert not unlisted, {number: differing.get(number, "conforms") for number in unlisted}


# --- the oracle ----------------------------------------------------------------------------------------------

HOSTS = ("example.test", "a-b.example.test", "192.0.2.1:8080", "美国.test", "localhost", "a_b.test", "x.a_b", "user@example.test")
PATHS = ("", "/", "/a/b.html", "/新闻/1.htm", "/x_(y)", "/a?b=c&d=e", "/a?b&amp;c", "/a?b&copy;", "/#f", "/%E7%BE%8E", "/~me", "/a_b_c", "/*a*", "/(a", "/a)b", "/a[b]c", "/[b](c)", "/`b`", "/\\_b", "/**", "/a|b")
PUNCTUATION = (*"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", *"，。、；：？！（）「」『』【】《》“”‘’…—～·", "\u3000", "\xa0")
SCHEMES = ("http://", "https://", "HTTPS://", "ftp://", "www.", "xhttp://", "ssh://", "http:/", "WWW.")
WORDS = ("word", "文字", "新闻联播", "a_b", "e\u0301", "x*y", "café", "1", "💌", "&nbsp;", "&lt;", "\\*", "\\[", "\\`", "!", "foo@example.test", "mailto:me@example.test", "a@b", "<b>", "</b>", "<br>", "<!-- c -->", "[x]", "[^n]", "[ref]", "]", "~~s~~", "**b**", "_i_", "`c`", "``a`b``")
DESTINATIONS = ("a.md", "../b c.md", "<b c.md>", "https://example.test/x", "a(b).md", "a\\)b", "#frag", "", "页.md?n=1", "&#104;.md", "a&amp;b")


class Pages:
    """Pages of GFM that try to be misread, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def page(self) -> str:
        blocks = [self._block() for _ in range(self._random.randint(1, 6))]
        note = "\n\nnoted[^n]\n\n[^n]: note " + self._inlines(2)  # the forge drops a note that nothing mentions
        return "\n\n".join([*blocks, "[ref]: https://example.test/ref 'title'"]) + note + "\n"

    def _block(self) -> str:
        pick, text = self._random.choice, self._inlines(self._random.randint(1, 7))
        match self._random.randrange(12):
            case 0:
                return "#" * self._random.randint(1, 6) + " " + text
            case 1:
                return "\n".join(f"{mark} {self._inlines(3)}" for mark in pick((("-", "-"), ("1.", "2."), ("* [ ]", "* [x]"))))
            case 2:
                return "\n".join("> " + line for line in (text, self._inlines(3)))
            case 3:
                cells = [self._inlines(2).replace("|", "\\|").replace("\n", " ") for _ in range(4)]
                return f"| {cells[0]} | {cells[1]} |\n|---|:-:|\n|{cells[2]}|{cells[3]}|"
            case 4:
                return pick(("```\n{}\n```", "    {}", "~~~ x\n{}\n~~~")).format(text.replace("\n", " "))
            case 5:
                return f'<div class="x">\n<a href="{pick(DESTINATIONS[3:7])}">b</a> <img src="i.png">\n</div>'
            case 6:
                return f"{text}\n{self._inlines(2)}\n==="
            case _:
                return text

    def _inlines(self, count: int) -> str:
        pick = self._random.choice
        return "".join(self._inline() + pick(("", " ", " ", "\n", *PUNCTUATION[-30:])) for _ in range(count)).strip() or "x"

    def _inline(self) -> str:
        pick, chance = self._random.choice, self._random.random()
        if chance < 0.4:
            around = pick(PUNCTUATION), pick(PUNCTUATION)
            url = pick(SCHEMES) + pick(HOSTS) + pick(PATHS)
            return (pick(("", around[0])) + url + pick(("", around[1])) + pick(("", around[1], pick(WORDS))))
        if chance < 0.6:
            title = pick(("", "", ' "t"', " 't'"))
            return f"{pick(('', '!'))}[{self._label()}]({pick(DESTINATIONS)}{title})"
        if chance < 0.7:
            return pick(("<https://example.test/a>", "<x:?b&amp;c&#x3b>", "[x][ref]", "[ref][]", "![ref]", '<a href="r.html">', "</a>", '<img src="r.png">'))
        return pick(WORDS)

    def _label(self) -> str:
        pick = self._random.choice
        return pick(("text", "文 字", "`]`", "a [b] c", "![i](i.png)", "https://example.test/l", "*e*", "a\\]b", pick(WORDS)))


def rendered_by_cmark(text: str) -> str:
    """The forge's own renderer. It leaks memory, which a test can bear."""
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        text,
        options=Cmark.CMARK_OPT_UNSAFE | Cmark.CMARK_OPT_FOOTNOTES,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )
    return html
