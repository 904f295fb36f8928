"""GitHub Flavored Markdown to HTML, as the forge renders it."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import quote

from pyromark import Markdown
from pyromark import Options as Syntax

GFM = Markdown(
    options=Syntax.ENABLE_TABLES
    | Syntax.ENABLE_FOOTNOTES
    | Syntax.ENABLE_STRIKETHROUGH
    | Syntax.ENABLE_TASKLISTS
    | Syntax.ENABLE_GFM
)


_FOOTNOTE = re.compile(r'(?<=<sup class="footnote-reference">)<a href="#([^"]*)">')
_NOTE = re.compile(r'(?<=<div class="footnote-definition" id=")')
_AUTOLINK = re.compile(r"<([A-Za-z][\w+.-]{1,31}:[^\s<>&]*&[^\s<>]*)>", re.A)
_LINK = re.compile(r'(?<=<a href=")[^"]*')
SAFE = "!#$%&'()*+,-./:;=?@^_~"  # what the renderer does not encode in a destination, besides letters and digits
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]*);", re.A)


def render_source(source: str, marks: frozenset[str] | None = None) -> str:
    """The HTML of a page whose front matter has been set aside. `marks`: what is `angled` there, if that is known."""
    rendered = GFM.html(source)
    if (
        "^" in source and "[^" in source
    ):  # the forge's ids; its links between note and mark cannot break, so they are no references
        rendered = _NOTE.sub("fn-", _FOOTNOTE.sub(r'<a id="fnref-\1">', rendered))
    if marks is None:
        marks = angled(source) if "&" in source else frozenset()
    if autolinks := [autolink[1] for mark in marks if "&" in mark and (autolink := _AUTOLINK.match(mark))]:
        repaired = {escape(quote(url, SAFE)): escape(quote(decode_entities(url), SAFE)) for url in autolinks}
        rendered = _LINK.sub(lambda link: repaired.get(link[0], link[0]), rendered)
    return rendered


_DEEP = "\n" + 16 * " "
_INDENT = re.compile(_DEEP + " *+")


def unindented(rendered: str) -> str:
    """Rendered text in which lines that stand far in do not: what programs write is made of blanks for four fifths.
    They mean something in headings, and in values of attributes that hold a line break.
    """
    return _INDENT.sub("\n ", rendered) if _DEEP in rendered else rendered


def decode_entities(url: str) -> str:
    """Decode the entities in an autolink's URL, which the renderer leaves as they are."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), url)


_RAW = re.compile(r"<(?!https?:)[A-Za-z/!?]")
# What in angle brackets is no plain text: raw HTML whose text is not read as any other, and what may be an autolink.
_ANGLED = re.compile(
    r"<(?:(?:/?[aA]|[cC](?i:ode)|[pP](?i:re|laintext)|[sS](?i:cript|tyle)|[tT](?i:extarea|itle)|[xX](?i:mp)|[iI](?i:frame)"
    r"|[nN](?i:oembed|oframes))(?=[\s/>]|\Z)[^<>]*>?|!--|[!?]|[A-Za-z-][\w+.-]{1,31}+:[^<>]*>)"
)
_MAY_LINK = re.compile(r"<[\w+.-]+:")
_LINKED = re.compile(r'<a href="([^"]*)"')
_SHOWN = re.compile(r'<img src="([^"]*)"')


def may_hold_tags(source: str) -> bool:
    """Whether a page may hold raw HTML, or notes, which have ids."""
    return _RAW.search(source) is not None or ("^" in source and "[^" in source)


def angled(source: str) -> frozenset[str]:
    """What a page may hold in angle brackets, as written: tags of raw HTML whose text is not read as any other, `<!--`
    and the like, and autolinks. It takes one pass, which is quicker than one for each.
    """
    return frozenset(_ANGLED.findall(source)) if "<" in source else frozenset()


def notable_tags(marks: frozenset[str]) -> frozenset[str]:
    """Those that are no autolinks."""
    return frozenset([mark for mark in marks if not _MAY_LINK.match(mark)])


def destinations(rendered: str) -> tuple[list[str], list[str]]:
    """The destinations of the links and of the images in what is rendered of a page without raw HTML.

    It takes no parser: the renderer writes either tag in one form, and escapes what could be taken for one.
    """
    links, images = _LINKED.findall(rendered), _SHOWN.findall(rendered) if "<img" in rendered else []
    return [_decoded(url) for url in links] if "&" in rendered else links, [_decoded(url) for url in images]


def _decoded(url: str) -> str:
    return unescape(url) if "&" in url else url
