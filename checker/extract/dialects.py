"""Dialects of Markdown: the ids that forges and generators of sites give to headings, and what is not as in GFM.

A row for each; a generator names its own (`mirror/generators`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import NamedTuple

from checker.extract import admonitions, blocks, directives, kramdown, shortcodes, slugs


class Dialect(NamedTuple):
    """What a forge, or the renderer of a site generator, makes of Markdown."""

    slug: Callable[[str], str]  # of a heading's text
    again: Callable[[str, int], str] = lambda slug, number: f"{slug}-{number}"  # its id if the slug was met before
    nameless: bool = True  # whether a heading without a letter has no id; else it has a number alone
    skips_taken: bool = True  # whether a number is skipped with which the id would be that of another heading
    of_site: bool = True  # it is a generator's, and no forge's
    own: re.Pattern[str] | None = None  # an id that the author gives to a heading, at the end of its text, in group 1
    attributes: re.Pattern[str] | None = None  # the author's id of anything, in group 1
    first_level: bool = True  # whether <h1> has an id
    written: Callable[[str], str] | None = None  # how a link may write an id, as the generator changes it
    rst: bool = False  # whether it is of a generator that makes pages of reStructuredText too
    antora: bool = False  # whether that is Antora, whose pages are AsciiDoc and have ids
    roles: bool = False  # whether that is Sphinx, whose roles and directives name documents and labels
    also: str = ""  # another dialect by whose ids references are found too
    in_html: bool = True  # whether headings of raw HTML have ids
    summaries: bool = False  # whether <summary> has an id, as headings have
    always: tuple[str, ...] = ()  # ids of every page
    prepare: Callable[[str], str] | None = None  # what is not GFM, written in GFM of the same length
    terms: re.Pattern[str] | None = None  # in HTML: a term that is defined, which has an id, in group 1
    unfinished: re.Pattern[str] | None = None  # a heading whose id is not known but for its beginning, in group 1
    # What brings in text that is not known: it may have ids, those that begin with group 1 if there is one.
    includes: re.Pattern[str] | None = None
    partials: re.Pattern[str] | None = None  # what brings in all of another page, by its path from the page's own


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
            if name := (own[1] or "").replace(_UNDERSCORE, "_"):
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
    dialect = DIALECTS[name]
    anchors = Anchors(dialect)
    others = (
        Counter(inner for _, inner in _HEADING.findall(by_hand)) if by_hand and not dialect.in_html else Counter[str]()
    )
    for level, inner in _headings(rendered, dialect):
        if others and others[inner]:
            others[inner] -= 1
        elif (anchor := anchors.add(unescape(_TAG.sub("", inner) if "<" in inner else inner))) and (
            level != "1" or dialect.first_level
        ):
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
    if dialect.attributes is not None and "{" in rendered:
        yield from dialect.attributes.findall(_CODE.sub("", rendered))


def _headings(rendered: str, dialect: Dialect) -> list[tuple[str, str]]:
    """(level, HTML) of what gets an id, in order; a term has no level."""
    if dialect.terms is None or "\n: " not in rendered:
        return _HEADING.findall(rendered)
    found = [(each.start(), each[1], each[2]) for each in _HEADING.finditer(rendered)]
    found += [(each.start(), "", each[1]) for each in dialect.terms.finditer(rendered)]
    return [(level, inner) for _, level, inner in sorted(found)]


# Attributes behind a heading, as `{#id .class key=value}`: https://github.com/yuin/goldmark#attributes
_ITEM = r"(?:[#.][\w:.-]++|[A-Za-z_:][\w:.-]*+=(?:\"[^\"{}]*+\"|'[^'{}]*+'|[^\s{}\"',=]++))"
_GOLDMARK = re.compile(
    rf"[ \t]*+\{{(?=(?:[^#{{}}]*[ \t,]|[ \t]*)#([\w:.-]+)|)[ \t]*+{_ITEM}(?>(?:[ \t,]++{_ITEM})*)[ \t]*+\}}[ \t]*+\Z"
)
# The same of Pandoc, markdown-it-attrs and Python-Markdown's attr_list, and of kramdown: `{#id}`, `{ #id }`, `{: #id}`.
OWN = re.compile(r"\s*\{:?\s*(?:[^{}#]*\s)?#([^\s{}]+)[^{}]*\}\s*\Z")
ATTRIBUTES = re.compile(r"\{:?\s*(?:[^{}#\n]*\s)?#([\w:.-]+)[^{}\n]*\}")
# https://github.com/arve0/markdown-it-attrs takes what stands in braces at the end for attributes, with an id or not.
_MARKDOWN_IT_ATTRS = re.compile(r"\s*\{(?:(?:[^{}#]*\s)?#([^\s{}]+)[^{}]*|[^{}]+)\}\s*\Z")
_ENTITY = re.compile(r"^( {0,3}#{1,6} .*&[A-Za-z]+;.*)$", re.M)


def _entities_as_words(source: str) -> str:
    """Entities in headings as the words that VitePress takes them for: every position stays."""
    if "&" not in source:
        return source
    return _ENTITY.sub(lambda heading: re.sub(r"&([A-Za-z]+);", r" \1 ", heading[0]), source)


# In MDX, where braces hold expressions, a comment: `{/*id*/}`, `{/* #id */}`.
_OWN_IN_MDX = re.compile(r"^([ >]{0,9}#{1,6} .*)\{/\*[ \t]*#?([\w:.-]+)[ \t]*\*/\}(?=[ \t]*$)", re.M)


_UNDERSCORE = "\ue000"  # stands for one in an id, where Markdown would read emphasis


def mdx_ids(source: str) -> str:
    """The ids that comments of MDX give to headings, as `{#id}`: every position stays."""
    if "{/*" not in source:
        return source
    return _OWN_IN_MDX.sub(lambda own: f"{own[1]}{{#{own[2].replace('_', _UNDERSCORE)}}}".ljust(len(own[0])), source)


# Ids that components of MDX give to what they make: `<Member permalink="x">`.
_OF_COMPONENT = re.compile(r"(?<=\s)(permalink|titleId)(?==[\"'])")


def _components_ids(source: str) -> str:
    """The ids that MDX gives to headings, and to what its components make: every position stays."""
    return _OF_COMPONENT.sub(lambda name: "id".rjust(len(name[0])), mdx_ids(source))


_UNDERSCORED = re.compile(r"(.*)_([0-9]{1,9})\Z", re.S)


def _docutils(_slug: str, number: int) -> str:
    return f"id{number}"


def _underscored(slug: str, number: int) -> str:
    """An id with a number behind it, or with a higher one: `unique` of Python-Markdown."""
    if counted := _UNDERSCORED.match(slug):
        return f"{counted[1]}_{int(counted[2]) + number}"
    return f"{slug}_{number}"


_VUEPRESS = Dialect(
    slugs.vitepress,
    written=lambda slug: slug.removeprefix("_"),
    in_html=False,
    includes=re.compile(r"^@include|<!--[ \t]*@include|\A(?!.*^#{1,6} )(?=.*^<[A-Z])", re.M | re.S),
)

_ELEVENTY = Dialect(
    slugs.eleventy,
    again=lambda slug, number: f"{slug}-{number + 1}",
    skips_taken=False,
    prepare=kramdown.of_eleventy,
    # Letters of other scripts are written in Latin ones.
    unfinished=re.compile(r"^#{1,6}[ \t]++([^\n{\u0370-\u1fff]*+)(?:\{[{%]|[\u0370-\u1fff])", re.M),
)
_OF_ANCHOR = _ELEVENTY._replace(
    slug=slugs.markdown_it_anchor,
    again=lambda slug, number: f"{slug}-{number}",
    skips_taken=True,
    own=OWN,
    attributes=ATTRIBUTES,
    in_html=False,
)
_HEXO = Dialect(slugs.hexo, skips_taken=False, in_html=False, prepare=kramdown.typeset)

DIALECTS: Mapping[str, Dialect] = {
    "github": Dialect(slugs.github, of_site=False),
    "gitlab": Dialect(slugs.gitlab, skips_taken=False, of_site=False),
    "gitea": Dialect(slugs.gitea, of_site=False, own=_GOLDMARK),
    # https://github.com/rust-lang/mdBook/blob/master/crates/mdbook-html/src/utils.rs
    # Of a site of which no generator is known: any of their ways to write an id, or to bring in other text.
    "site": Dialect(
        slugs.github,
        own=OWN,
        attributes=ATTRIBUTES,
        prepare=mdx_ids,
        includes=re.compile(r"^[ \t]*-{1,}8<-{1,}|^[ \t]*\{[%{][^\n]*\binclude|<!--\s*@include", re.M),
    ),
    # https://github.com/Python-Markdown/markdown/blob/master/markdown/extensions/toc.py
    "python-markdown": Dialect(
        slugs.python_markdown,
        _underscored,
        nameless=False,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=admonitions.as_lists,
        rst=True,
    ),
    # Without the extension, headings have no ids but those of their authors.
    "python-markdown-bare": Dialect(
        slugs.nothing,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        rst=True,
    ),
    # https://github.com/apache/infrastructure-actions/blob/main/pelican/plugins/asfgenid.py
    "apache": Dialect(
        slugs.python_markdown,
        _underscored,
        nameless=False,
        own=OWN,
        attributes=ATTRIBUTES,
    ),
    # https://docutils.sourceforge.io/docs/ref/rst/directives.html#identifier-normalization, and MyST's own
    "myst": Dialect(
        slugs.docutils,
        _docutils,
        nameless=False,
        in_html=False,
        own=OWN,
        attributes=ATTRIBUTES,
        prepare=directives.as_gfm,
        includes=re.compile(
            r"^[ \t]*(?:`{3,}|:{3,})"
            r"\{(?:include|click|argparse|(?:auto[\w-]*|[\w-]+:[\w-]+)\}[ \t]*(\w+))"
            r"|^\.\. (?:include|auto\w+)::",
            re.M,
        ),
        rst=True,
        roles=True,
        also="github",
    ),
    "vitepress": Dialect(
        slugs.vitepress,
        own=_MARKDOWN_IT_ATTRS,
        in_html=False,
        attributes=ATTRIBUTES,
        prepare=_entities_as_words,
        # A page whose text is a component of its own has no heading.
        includes=re.compile(r"<!--\s*@include:[^>\n]*[{#]|\A(?!.*^#{1,6} )(?=.*^<[A-Z])", re.M | re.S),
        partials=re.compile(r"<!--\s*@include:\s*([^\s{}#<>]+)\s*-->"),
    ),
    "vuepress": _VUEPRESS,
    "vuepress-attrs": _VUEPRESS._replace(own=_MARKDOWN_IT_ATTRS, attributes=ATTRIBUTES),
    # https://github.com/facebook/docusaurus/blob/main/packages/docusaurus-mdx-loader/src/remark/headings/index.ts
    "docusaurus": Dialect(
        slugs.github,
        own=OWN,
        first_level=False,
        in_html=False,
        prepare=mdx_ids,
        partials=re.compile(r"^import[ \t]+\w+[ \t]+from[ \t]+['\"]([^'\"\n]+\.mdx?)['\"]", re.M),
    ),
    # Its ids are those of Asciidoctor. Texts that are brought in may have any, and attributes in headings any value.
    "antora": Dialect(
        slugs.nothing,
        antora=True,
        includes=re.compile(r"^include::(?![^\[\n]*example\$)|^={1,6} .*\{[\w-]+\}", re.M),
    ),
    # https://gitbook.com/docs; the ids of its editor are those of links that stand in headings: `<a href="#x" id="x">`
    "gitbook": Dialect(
        slugs.gitbook,
        own=OWN,
        prepare=blocks.as_links,
        partials=re.compile(r"\{%[ \t]*include[ \t]+\"([^\"\n]+\.md)\"[ \t]*%\}"),
        summaries=True,
        also="github",
    ),
    "mdbook": Dialect(
        slugs.mdbook,
        own=_MARKDOWN_IT_ATTRS,
        in_html=False,
        includes=re.compile(r"\{\{[ \t]*#include[ \t][^{}\n]*\.md:"),
        partials=re.compile(r"\{\{[ \t]*#include[ \t]+([^{}\n:]+\.md)[ \t]*\}\}"),
    ),
    # https://github.com/kramdown/parser-gfm/blob/master/lib/kramdown/parser/gfm.rb
    "kramdown": Dialect(
        slugs.github,
        skips_taken=False,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        always=("markdown-toc",),
        prepare=kramdown.prepared,
        unfinished=kramdown.UNFINISHED,
    ),
    # https://gohugo.io/configuration/markup/#goldmark
    "goldmark": Dialect(
        slugs.goldmark,
        own=_GOLDMARK,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=shortcodes.of_hugo,
        terms=re.compile(r"^<p>([^\n]*?)(?:</p>\n<p>|\n): ", re.M),
        unfinished=re.compile(r"^#{1,6}[ \t]++([^\n{]*+)\{\{[<%]", re.M),
    ),
    # https://github.com/getzola/zola/blob/master/components/utils/src/slugs.rs
    "zola": Dialect(
        slugs.zola,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=shortcodes.of_zola,
        unfinished=re.compile(r"^#{1,6}[ \t]++([^\n\u0250-\uffff]*+)[\u0250-\u1fff\u2e80-\uffff]", re.M),  # deunicode's
    ),
    # Without a plug-in, no heading has an id.
    "eleventy": _ELEVENTY._replace(slug=slugs.nothing, unfinished=None),
    "eleventy-attrs": _ELEVENTY._replace(slug=slugs.nothing, unfinished=None, own=OWN, attributes=ATTRIBUTES),
    # https://www.11ty.dev/docs/plugins/id-attribute/
    "eleventy-ids": _ELEVENTY,
    # https://github.com/valeriangalliat/markdown-it-anchor
    "eleventy-anchor": _OF_ANCHOR,
    # A function of the site's own, which mostly calls one of these.
    "eleventy-own": _ELEVENTY._replace(also="eleventy-divided"),
    "eleventy-divided": _ELEVENTY._replace(slug=slugs.decamelized, also="eleventy-bare"),
    "eleventy-bare": _ELEVENTY._replace(slug=slugs.decamelized_bare),
    "eleventy-anchor-own": _OF_ANCHOR._replace(slug=slugs.eleventy, also="eleventy-anchor-divided"),
    "eleventy-anchor-divided": _OF_ANCHOR._replace(slug=slugs.decamelized, also="eleventy-anchor-plain"),
    "eleventy-anchor-plain": _OF_ANCHOR._replace(also="github"),
    # https://github.com/hexojs/hexo-renderer-marked
    "hexo": _HEXO,
    "hexo-plain": _HEXO._replace(slug=slugs.hexo_plain, prepare=kramdown.of_hexo),
    "hexo-lower": _HEXO._replace(slug=slugs.hexo_lower),
    "hexo-bare": _HEXO._replace(slug=slugs.nothing),
    # `[#id]` is Nextra's: https://nextra.site/docs/guide/markdown#custom-heading-id
    "nextjs": Dialect(
        slugs.github,
        own=re.compile(r"\s*[\[{]#([^\s\[\]{}]+)[\]}]\s*\Z"),
        prepare=_components_ids,
        in_html=False,
    ),
}
