"""MDX, of Docusaurus and of Next.js."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract import components, mdx, slugs
from checker.extract.dialects.row import OWN, UNDERSCORE, Dialect
from checker.extract.directives import Named

# In MDX, where braces hold expressions, a comment: `{/*id*/}`, `{/* #id */}`.
_OWN_IN_MDX = re.compile(r"^([ >]{0,9}#{1,6} .*)\{/\*[ \t]*#?([\w:.-]+)[ \t]*\*/\}(?=[ \t]*$)", re.M)


def mdx_ids(source: str) -> str:
    """The ids that comments of MDX give to headings, as `{#id}`: every position stays."""
    if "{/*" not in source:
        return source
    return _OWN_IN_MDX.sub(lambda own: f"{own[1]}{{#{own[2].replace('_', UNDERSCORE)}}}".ljust(len(own[0])), source)


# Ids that components of MDX give to what they make: `<Member permalink="x">`.
_OF_COMPONENT = re.compile(r"(?<=\s)(permalink|titleId)(?==[\"'])")


_COMPONENT = re.compile(r"\n[ \t]*</?[A-Z]")  # without one, a page of Next.js may be plain Markdown


def _as_gfm(source: str) -> str:
    """MDX as GFM, with the ids that its headings have: every position stays."""
    return mdx.as_gfm(mdx_ids(source))


def _of_next(source: str) -> str:
    """The same with the ids that it gives to what its components make."""
    source = mdx_ids(source)
    if "permalink=" in source or "titleId=" in source:
        source = _OF_COMPONENT.sub(lambda name: "id".rjust(len(name[0])), source)
    return mdx.as_gfm(source)


def _if_used(source: str) -> str:
    """The same of a page whose name does not tell, where it uses components."""
    return _of_next(source) if _COMPONENT.search(f"\n{source}") else mdx_ids(source)


# `[#id]` is Nextra's: https://nextra.site/docs/guide/markdown#custom-heading-id
_NEXTJS = Dialect(
    slugs.github_slugger,
    own=re.compile(r"\s*[\[{]#([^\s\[\]{}]+)[\]}]\s*\Z"),
    prepare=_if_used,
    in_html=False,
)


_LINK = components.pattern("Link")


def _named(text: str) -> Iterator[Named]:
    """https://docusaurus.io/docs/docusaurus-core#link"""
    return components.links(text, _LINK) if "<Link" in text else iter(())


DIALECTS = {
    # https://github.com/facebook/docusaurus/blob/main/packages/docusaurus-mdx-loader/src/remark/headings/index.ts
    "docusaurus": Dialect(
        slugs.github_slugger,
        own=OWN,
        first_level=False,
        in_html=False,
        prepare=_as_gfm,
        named=_named,
        partials=re.compile(r"^import[ \t]+\w+[ \t]+from[ \t]+['\"]([^'\"\n]+\.mdx?)['\"]", re.M),
    ),
    "nextjs": _NEXTJS,
    "nextjs-mdx": _NEXTJS._replace(prepare=_of_next),
}
