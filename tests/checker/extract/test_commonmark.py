"""Markdown as the forge reads it: the examples of the specifications, and pages beside cmark-gfm."""

from __future__ import annotations

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

pytestmark = pytest.mark.slow

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
    nodes = LexborHTMLParser(html, is_fragment=True).css(":is(a[href]:not([href^='#fn']), img[src])")
    return Counter((node.tag, encoded(node.attributes["href" if node.tag == "a" else "src"] or "")) for node in nodes)


def encoded(reference: str) -> str:
    """In the form a browser requests: cmark encodes what pulldown-cmark leaves to the browser."""
    return quote(reference, "!\"#$%&'()*+,-./:;<=>?@[\\]_`{|}~").replace('"', "%22")


# --- the specifications ----------------------------------------------------------------------------------


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
def test_every_example_of_a_specification_has_the_links_and_images_it_promises(file: str, conformance: Path) -> None:
    differing = {}
    for example in examples(conformance / file):
        bare = "autolink" in example.extensions or file == "gfm-extensions.txt"  # it has every extension on
        found, promised = ours(example.source, bare=bare), linked(example.expected)
        if found != promised:
            differing[example.number] = (example.source, found - promised, promised - found)

    unlisted = differing.keys() ^ DEVIATIONS[file].keys()
    assert not unlisted, {number: differing.get(number, "conforms") for number in unlisted}


# --- the oracle ------------------------------------------------------------------------------------------

SCHEMES = ("http://", "https://", "HTTPS://", "ftp://", "www.", "xhttp://", "ssh://", "http:/", "WWW.")
HOSTS = ("example.test", "a-b.example.test", "192.0.2.1:8080", "美国.test", "localhost", "a_b.test", "x.a_b")
PATHS = (
    "", "/", "/a/b.html", "/新闻/1.htm", "/x_(y)", "/a?b=c&d=e", "/a?b&amp;c", "/a?b&copy;", "/#f",
    "/%E7", "/~me",
    "/a_b_c", "/*a*", "/(a", "/a)b", "/a[b]c", "/[b](c)", "/`b`", "/\\_b", "/**", "/a|b",
    "/m@example.test",
)  # fmt: skip
PUNCTUATION = (
    *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", *"，。、；：？！（）「」『』【】《》“”‘’…—～·", "\u3000", "\xa0",
)  # fmt: skip
WORDS = (
    "word", "文字", "新闻联播", "a_b", "e\u0301", "x*y", "café", "1", "💌", "&nbsp;", "&lt;", "\\*", "\\[",
    "\\`", "!", "me@example.test", "mailto:me@example.test", "a@b", "<b>", "</b>", "<br>",
    "<!-- c -->", "[x]", "[ref]", "]", "~~s~~", "**b**", "_i_", "`c`", "``a`b``",
)  # fmt: skip
LABELS = (*WORDS, "文 字", "`]`", "a [b] c", "![i](i.png)", "https://example.test/l", "*e*", "a\\]b")
DESTINATIONS = (
    "a.md", "../b c.md", "<b c.md>", "https://example.test/x", "a(b).md", "a\\)b", "#f", "", "页.md?n=1",
    "&#104;.md", "a&amp;b",
)  # fmt: skip
OTHERS = (
    "<https://example.test/a>", "<xx:?b&amp;c&#x3b;>", "[x][ref]", "[ref][]", "![ref]", "[^n]",
    '<a href="r.html">', "</a>", '<img src="r.png">',
)  # fmt: skip


class Pages:
    """Pages of GFM that try to be misread, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (nothing secret)

    def page(self) -> str:
        blocks = [self._block() for _ in range(self._random.randint(1, 6))]
        ends = ("[ref]: https://example.test/ref 'title'", "noted[^n]", f"[^n]: note {self._inlines(2)}\n")
        return "\n\n".join([*blocks, *ends])

    def _block(self) -> str:
        pick, text, more = self._random.choice, self._inlines(self._random.randint(1, 7)), self._inlines(3)
        match self._random.randrange(12):
            case 0:
                return f"{pick(('#', '##', '######'))} {text}"
            case 1:
                return pick(("- {}\n- {}", "1. {}\n2. {}", "* [ ] {}\n* [x] {}")).format(text, more)
            case 2:
                return f"> {text}\n> {more}"
            case 3:
                cells = [self._inlines(2).replace("|", "\\|").replace("\n", " ") for _ in range(4)]
                return "| {} | {} |\n|---|:-:|\n|{}|{}|".format(*cells)
            case 4:
                return pick(("```\n{}\n```", "    {}", "~~~ x\n{}\n~~~")).format(text.replace("\n", " "))
            case 5:
                return f'<div class="x">\n<a href="{pick(DESTINATIONS[3:7])}">b</a> <img src="i.png">\n</div>'
            case 6:
                return f"{text}\n{more}\n==="
            case _:
                return text

    def _inlines(self, count: int) -> str:
        between = ("", " ", " ", "\n", *PUNCTUATION[-30:])
        return "".join(self._inline() + self._random.choice(between) for _ in range(count)).strip() or "x"

    def _inline(self) -> str:
        pick, chance = self._random.choice, self._random.random()
        if chance < 0.4:
            before, after = pick(PUNCTUATION), pick(PUNCTUATION)
            url = pick(SCHEMES) + pick(HOSTS) + pick(PATHS)
            return pick(("", before)) + url + pick(("", after)) + pick(("", after, pick(WORDS)))
        if chance < 0.6:
            title = pick(("", "", ' "t"', " 't'"))
            return f"{pick(('', '!'))}[{pick(LABELS)}]({pick(DESTINATIONS)}{title})"
        return pick(OTHERS if chance < 0.7 else WORDS)


def rendered_by_cmark(text: str) -> str:
    """The forge's own renderer. It leaks memory, which a test can bear."""
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        text,
        options=Cmark.CMARK_OPT_UNSAFE | Cmark.CMARK_OPT_FOOTNOTES,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )
    return html


PAGES = 2000
LABELLED = "cmark takes a footnote's mark for the label of the brackets before it, which then are no link"
LONE = "cmark lets a lone tag end a quoted or listed paragraph; the specification does not"
WITHIN = "cmark takes a link within a link where a bracket stands between; the specification does not"
DIFFERING: dict[int, dict[int, str]] = {  # seed -> pages that differ, each for a reason that DIFFERENT has
    1: {1168: WITHIN},
    2: {},
    3: {1370: LABELLED},
    4: {},
    5: {667: LONE, 1718: LONE},
}


@pytest.mark.parametrize("seed", DIFFERING)
def test_generated_pages_have_the_links_and_images_of_cmark_gfm(seed: int) -> None:
    pages = Pages(seed)
    differing = {}
    for number in range(PAGES):
        text = pages.page()
        found, promised = ours(text, bare=True), linked(rendered_by_cmark(text))
        if found.keys() != promised.keys():  # an <a> that is never closed is repeated by an HTML parser
            differing[number] = (text, found - promised, promised - found)

    unlisted = differing.keys() ^ DIFFERING[seed].keys()
    assert not unlisted, {number: differing.get(number, "conforms") for number in unlisted}


DIFFERENT = {
    "the forge drops a note that nothing mentions; its links are checked all the same": "[^n]: [a](b)",
    "pulldown-cmark makes no link of a text with a footnote's mark in it": "[a[^n]](b)\n\n[^n]: c",
    "to pulldown-cmark, a footnote's mark that means nothing does not follow a link": "[r][^n]\n\n[r]: b",
    LABELLED: "![r][^n]\n\n[r]: b\n\n[^n]: c",
    LONE: "> a\n<b>\n[c](d)",
    WITHIN: "[a [b](c) [d] e](f)",
    "cmark takes the spaces off a destination in angle brackets; the specification does not": "[a](< b >)",
    "cmark lets the address after xmpp: have a path": "xmpp:a@example.test/b",
}


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_a_listed_difference_from_cmark_gfm_is_still_one(text: str) -> None:
    assert ours(text, bare=True) != linked(rendered_by_cmark(text))
