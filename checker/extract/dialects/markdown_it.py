"""markdown-it, of VitePress and VuePress."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.row import ATTRIBUTES, MARKDOWN_IT_ATTRS, Dialect

_ENTITY = re.compile(r"^( {0,3}#{1,6} .*&[A-Za-z]+;.*)$", re.M)


def _entities_as_words(source: str) -> str:
    """Entities in headings as the words that VitePress takes them for: every position stays."""
    if "&" not in source:
        return source
    return _ENTITY.sub(lambda heading: re.sub(r"&([A-Za-z]+);", r" \1 ", heading[0]), source)


_VUEPRESS = Dialect(
    slugs.vitepress,
    written=lambda slug: slug.removeprefix("_"),
    in_html=False,
    includes=re.compile(r"^@include|<!--[ \t]*@include|\A(?!.*^#{1,6} )(?=.*^<[A-Z])", re.M | re.S),
)

DIALECTS = {
    "vitepress": Dialect(
        slugs.vitepress,
        own=MARKDOWN_IT_ATTRS,
        in_html=False,
        attributes=ATTRIBUTES,
        prepare=_entities_as_words,
        # A page whose text is a component of its own has no heading.
        includes=re.compile(r"<!--\s*@include:[^>\n]*[{#]|\A(?!.*^#{1,6} )(?=.*^<[A-Z])", re.M | re.S),
        partials=re.compile(r"<!--\s*@include:\s*([^\s{}#<>]+)\s*-->"),
    ),
    "vuepress": _VUEPRESS,
    "vuepress-attrs": _VUEPRESS._replace(own=MARKDOWN_IT_ATTRS, attributes=ATTRIBUTES),
}
