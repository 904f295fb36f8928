"""A row of the table of dialects: what a forge, or the renderer of a site generator, makes of Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker.model import Role

UNDERSCORE = "\ue000"  # stands for one in an id, where Markdown would read emphasis
# An id, and other attributes, at the end of a heading: `{#id}`, `{ #id }`, `{: #id}`, `{ id="id" }` of Pandoc,
# markdown-it-attrs, Python-Markdown's attr_list and kramdown.
_ID = r"""(?:\#|id=(?:&quot;|["'])?)([^\s{}"'<>&]+)"""
OWN = re.compile(rf"\s*\{{:?\s*(?:[^{{}}#]*\s)?{_ID}[^{{}}]*\}}\s*\Z")
ATTRIBUTES = re.compile(rf"\{{:?\s*(?:[^{{}}#\n]*\s)?{_ID}[^{{}}\n]*\}}")
# https://github.com/arve0/markdown-it-attrs takes what stands in braces at the end for attributes, with an id or not.
MARKDOWN_IT_ATTRS = re.compile(rf"\s*\{{(?:(?:[^{{}}#]*\s)?{_ID}[^{{}}]*|[^{{}}]+)\}}\s*\Z")


class Dialect(NamedTuple):
    """What a forge, or the renderer of a site generator, makes of Markdown."""

    slug: Callable[[str], str]  # of a heading's text
    again: Callable[[str, int], str] = lambda slug, number: f"{slug}-{number}"  # its id if the slug was met before
    nameless: bool = True  # whether a heading without a letter has no id; else it has a number alone
    skips_taken: bool = True  # whether a number is skipped with which the id would be that of another heading
    of_site: bool = True  # it is a generator's, and no forge's
    # Whether it makes links of all bare URLs of which GFM does, also of those that no parser takes.
    links_bare: bool = True
    own: re.Pattern[str] | None = None  # an id that the author gives to a heading, at the end of its text, in group 1
    attributes: re.Pattern[str] | None = None  # the author's id of anything, in group 1
    first_level: bool = True  # whether <h1> has an id
    written: Callable[[str], str] | None = None  # how a link may write an id, as the generator changes it
    rst: bool = False  # whether it is of a generator that makes pages of reStructuredText too
    antora: bool = False  # whether that is Antora, whose pages are AsciiDoc and have ids
    roles: bool = False  # whether that is Sphinx, whose roles and directives name documents and labels
    # References of Markdown that are none in GFM, with their spans in code points.
    named: Callable[[str], Iterator[tuple[Role, str, int, int]]] | None = None
    also: str = ""  # another dialect by whose ids references are found too
    in_html: bool = True  # whether headings of raw HTML have ids
    blanks: bool = False  # whether the address of a link may hold blanks, or may do so as far as is known
    summaries: bool = False  # whether <summary> has an id, as headings have
    always: tuple[str, ...] = ()  # ids of every page
    prepare: Callable[[str], str] | None = None  # what is not GFM, written in GFM of the same length
    terms: re.Pattern[str] | None = None  # in HTML: a term that is defined, which has an id, in group 1
    unfinished: re.Pattern[str] | None = None  # a heading of whose id only the beginning is known, and the end: groups
    # What brings in text that is not known: it may have ids, those that begin with group 1 if there is one.
    includes: re.Pattern[str] | None = None
    partials: re.Pattern[str] | None = None  # what brings in all of another page, by its path from the page's own
