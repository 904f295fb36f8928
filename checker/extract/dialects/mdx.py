"""MDX, of Docusaurus and of Next.js."""

from __future__ import annotations

import re

from checker.extract import mdx, slugs
from checker.extract.dialects.row import OWN, UNDERSCORE, Dialect

# In MDX, where braces hold expressions, a comment: `{/*id*/}`, `{/* #id */}`.
_OWN_IN_MDX = re.compile(r"^([ >]{0,9}#{1,6} .*)\{/\*[ \t]*#?([\w:.-]+)[ \t]*\*/\}(?=[ \t]*$)", re.M)


def mdx_ids(source: str) -> str:
    """The ids that comments of MDX give to headings, as `{#id}`: every position stays."""
    if "{/*" not in source:
        return source
    return _OWN_IN_MDX.sub(lambda own: f"{own[1]}{{#{own[2].replace('_', UNDERSCORE)}}}".ljust(len(own[0])), source)


_COMPONENT = re.compile(r"<[A-Z]")


def _prepared(source: str) -> str:
    """MDX as GFM; without components, a page is taken for GFM."""
    return mdx.as_gfm(source) if _COMPONENT.search(source) else source


# Ids that components of MDX give to what they make: `<Member permalink="x">`.
_OF_COMPONENT = re.compile(r"(?<=\s)(permalink|titleId)(?==[\"'])")


def _components_ids(source: str) -> str:
    """The ids that MDX gives to headings, and to what its components make: every position stays."""
    return _OF_COMPONENT.sub(lambda name: "id".rjust(len(name[0])), mdx_ids(source))


DIALECTS = {
    # https://github.com/facebook/docusaurus/blob/main/packages/docusaurus-mdx-loader/src/remark/headings/index.ts
    "docusaurus": Dialect(
        slugs.github,
        own=OWN,
        first_level=False,
        in_html=False,
        prepare=lambda source: _prepared(mdx_ids(source)),
        partials=re.compile(r"^import[ \t]+\w+[ \t]+from[ \t]+['\"]([^'\"\n]+\.mdx?)['\"]", re.M),
    ),
    # `[#id]` is Nextra's: https://nextra.site/docs/guide/markdown#custom-heading-id
    "nextjs": Dialect(
        slugs.github,
        own=re.compile(r"\s*[\[{]#([^\s\[\]{}]+)[\]}]\s*\Z"),
        prepare=lambda source: _prepared(_components_ids(source)),
        in_html=False,
    ),
}
