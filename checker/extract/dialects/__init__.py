"""Dialects of Markdown: the ids that forges and generators of sites give to headings, and what is not as in GFM.

A module for each renderer, with the rows of those who use it; a generator names its own (`mirror/generators`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from importlib import import_module

from checker.extract.dialects.row import UNDERSCORE, Dialect

# The rows of each module, which is loaded when one of them is asked for.
MODULES = {
    "antora": ("antora",),
    "astro": ("astro", "astro-mdx"),
    "docsify": ("docsify", "docsify-4", "docsify-5"),
    "eleventy": (
        "eleventy",
        "eleventy-attrs",
        "eleventy-ids",
        "eleventy-anchor",
        "eleventy-own",
        "eleventy-divided",
        "eleventy-bare",
        "eleventy-anchor-own",
        "eleventy-anchor-divided",
        "eleventy-anchor-plain",
    ),
    "forges": ("github", "gitlab"),
    "gitbook": ("gitbook",),
    "goldmark": ("gitea", "goldmark"),
    "hexo": ("hexo", "hexo-plain", "hexo-lower", "hexo-bare"),
    "kramdown": ("kramdown",),
    "markdown_it": ("vitepress", "vuepress", "vuepress-attrs"),
    "mdbook": ("mdbook",),
    "mdx": ("docusaurus", "nextjs", "nextjs-mdx"),
    "myst": ("myst",),
    "pandoc": ("pandoc",),
    "python_markdown": ("python-markdown", "python-markdown-bare", "apache"),
    "unknown": ("site",),
    "zola": ("zola",),
}
_MODULE_OF = {name: module for module, names in MODULES.items() for name in names}


@cache
def dialect_of(name: str) -> Dialect:
    """The dialect of a name. Raises KeyError for one that is not known."""
    found: Dialect = import_module(f"{__name__}.{_MODULE_OF[name]}").DIALECTS[name]
    return found


class Anchors:
    """The anchors of one page's headings, which are added in order: a name that is taken gets a number."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        # Name -> the last number given to it.
        self._used: dict[str, int] = {} if dialect.nameless else {"": 0}

    def add(self, text: str) -> str:
        """The anchor of the next heading."""
        used, dialect = self._used, self._dialect
        if dialect.own is not None and (own := dialect.own.search(text)):
            if name := (own[1] or "").replace(UNDERSCORE, "_"):
                used[name] = 0
                return name
            text = text[: own.start()]
        name = slug = dialect.slug(text)
        while name in used:
            used[slug] += 1
            name = dialect.again(slug, used[slug])
            if not dialect.skips_taken:
                return name
        used[name] = 0
        return name


_HEADING = re.compile(r"<h([1-6])(?:\s[^<>]*+)?>([^<]*+(?>(?:<(?!/?h[1-6][\s>])[^<]*+){0,100000}))</h\1\s*+>", re.I)
_SUMMARY = re.compile(r"<summary(?:\s[^<>]*+)?>([^<]*+(?>(?:<(?!/?summary[\s>])[^<]*+){0,1000}))</summary\s*+>", re.I)
_NOTE = re.compile(r'<div class="footnote-definition" id="fn-([^"]*)">')  # of GFM; most generators write a colon
_TAG = re.compile(r"<[^<>]*>")
_CODE = re.compile(r"<(pre|code)\b[^<>]*>.*?</\1>", re.S)


def ids(rendered: str, name: str, by_hand: str = "") -> Iterator[str]:
    """The ids that a dialect gives to the headings in a rendered text without comments. `by_hand` is its raw HTML."""
    dialect = dialect_of(name)
    anchors = Anchors(dialect)
    given: set[str] = set()
    others = (
        Counter(inner for _, inner in _HEADING.findall(by_hand)) if by_hand and not dialect.in_html else Counter[str]()
    )
    for level, inner in _headings(rendered, dialect):
        if others and others[inner]:
            others[inner] -= 1
        elif (anchor := anchors.add(unescape(_TAG.sub("", inner) if "<" in inner else inner))) and (
            level != "1" or dialect.first_level
        ):
            given.add(anchor)
            yield anchor
            if dialect.written is not None:
                yield dialect.written(anchor)
    if dialect.summaries and "<summary" in rendered:
        yield from (anchors.add(unescape(_TAG.sub("", inner))) for inner in _SUMMARY.findall(rendered))
    yield from dialect.always
    if dialect.of_site and "footnote-definition" in rendered:
        yield from (f"fn:{name}" for name in _NOTE.findall(rendered))
    if dialect.also:
        yield from ids(rendered, dialect.also, by_hand)
    if dialect.attributes is not None and not given.issuperset(dialect.attributes.findall(rendered)):
        yield from dialect.attributes.findall(_CODE.sub("", rendered))  # to leave code out takes long


def _headings(rendered: str, dialect: Dialect) -> list[tuple[str, str]]:
    """(level, HTML) of what gets an id, in order; a term has no level."""
    if dialect.terms is None or "\n: " not in rendered:
        return _HEADING.findall(rendered)
    found = [(each.start(), each[1], each[2]) for each in _HEADING.finditer(rendered)]
    found += [(each.start(), "", each[1]) for each in dialect.terms.finditer(rendered)]
    return [(level, inner) for _, level, inner in sorted(found)]
