"""markdown-it, of VitePress and VuePress."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract import components, front, slugs
from checker.extract.aside import front_matter
from checker.extract.dialects.row import ATTRIBUTES, MARKDOWN_IT_ATTRS, Dialect
from checker.extract.directives import Named
from checker.model import Role

_ENTITY = re.compile(r"^( {0,3}#{1,6} .*&[A-Za-z]+;.*)$", re.M)


def _entities_as_words(source: str) -> str:
    """Entities in headings as the words that VitePress takes them for: every position stays."""
    if "&" not in source:
        return source
    return _ENTITY.sub(lambda heading: re.sub(r"&([A-Za-z]+);", r" \1 ", heading[0]), source)


# https://vitepress.dev/reference/default-theme-home-page, https://vitepress.dev/reference/default-theme-prev-next-links
_OF_PAGE = {"prev.link": Role.LINK, "next.link": Role.LINK}
_OF_HOME = {
    "hero.actions.link": Role.LINK,
    "features.link": Role.LINK,
    **dict.fromkeys(("hero.image", "hero.image.src", "hero.image.light", "hero.image.dark"), Role.IMAGE),
    **dict.fromkeys(("features.icon.src", "features.icon.light", "features.icon.dark"), Role.IMAGE),
}
_HOME = re.compile(r"^layout:[ \t]*([\"']?)home\1[ \t\r]*(?:[ \t]#.*)?$", re.M)
_LINKS = components.pattern("VPLink|VPButton")


def _named(text: str) -> Iterator[Named]:
    """What the theme shows as links: in front matter, and its own components."""
    if text.startswith("---"):
        end = front_matter(text)
        yield from front.references(text, _OF_PAGE | _OF_HOME if _HOME.search(text, 0, end) else _OF_PAGE)
    if "<VP" in text:
        yield from components.links(text, _LINKS)


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
        named=_named,
        # A page whose text is a component of its own has no heading.
        includes=re.compile(r"<!--\s*@include:[^>\n]*[{#]|\A(?!.*^#{1,6} )(?=.*^<[A-Z])", re.M | re.S),
        partials=re.compile(r"<!--\s*@include:\s*([^\s{}#<>]+)\s*-->"),
    ),
    "vuepress": _VUEPRESS,
    "vuepress-attrs": _VUEPRESS._replace(own=MARKDOWN_IT_ATTRS, attributes=ATTRIBUTES),
}
