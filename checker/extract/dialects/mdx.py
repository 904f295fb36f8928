"""MDX, of Docusaurus and of Next.js."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.row import OWN, UNDERSCORE, Dialect

# In MDX, where braces hold expressions, a comment: `{/*id*/}`, `{/* #id */}`.
_OWN_IN_MDX = re.compile(r"^([ >]{0,9}#{1,6} .*)\{/\*[ \t]*#?([\w:.-]+)[ \t]*\*/\}(?=[ \t]*$)", re.M)


def mdx_ids(source: str) -> str:
    """The ids that comments of MDX give to headings, as `{#id}`: every position stays."""
    if "{/*" not in source:
        return source
    return _OWN_IN_MDX.sub(lambda own: f"{own[1]}{{#{own[2].replace('_', UNDERSCORE)}}}".ljust(len(own[0])), source)


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
        prepare=mdx_ids,
        partials=re.compile(r"^import[ \t]+\w+[ \t]+from[ \t]+['\"]([^'\"\n]+\.mdx?)['\"]", re.M),
    ),
    # `[#id]` is Nextra's: https://nextra.site/docs/guide/markdown#custom-heading-id
    "nextjs": Dialect(
        slugs.github,
        own=re.compile(r"\s*[\[{]#([^\s\[\]{}]+)[\]}]\s*\Z"),
        prepare=_components_ids,
        in_html=False,
    ),
}
