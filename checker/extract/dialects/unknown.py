"""A site of which no generator is known: any of their ways to write an id, or to bring in other text."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.mdx import mdx_ids
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

# Snippets; Liquid, Jinja, mdBook and Hugo; VitePress; MkDocs; Docsify; DocFX; MDX.
_BRINGS_IN = re.compile(
    r"^[ \t]*-{1,}8<-{1,}|^[ \t]*\{[%{](?:[^\n]*\binclude|-?\s{1,20}include)|<!--\s*@include|^[ \t]*\{!"
    r"|\]\([^()\n]*['\"]:include|\[!INCLUDE"
    r"|^import[ \t]+\w+[ \t]+from[ \t]+['\"][^'\"\n]+\.mdx?['\"]",
    re.M,
)

DIALECTS = {
    "site": Dialect(
        slugs.github,
        own=OWN,
        blanks=True,
        attributes=ATTRIBUTES,
        prepare=mdx_ids,
        includes=_BRINGS_IN,
    ),
}
