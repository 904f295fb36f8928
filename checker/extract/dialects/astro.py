"""Astro, with Starlight or without: https://docs.astro.build/en/guides/markdown-content/#heading-ids"""

from __future__ import annotations

import re

from checker.extract import mdx, slugs
from checker.extract.dialects.row import Dialect

_MARKDOWN = Dialect(
    slugs.github_slugger,
    written=lambda slug: slug.removesuffix("-"),  # up to Astro 5
    in_html=False,
    always=("_top",),  # of the title that Starlight puts above
)

DIALECTS = {
    "astro": _MARKDOWN,
    "astro-mdx": _MARKDOWN._replace(
        prepare=mdx.as_gfm,
        unfinished=re.compile(r"^#{1,6}[ \t]++([^\n{`\\]*+)\{(?!/\*)", re.M),
        partials=re.compile(r"^import[ \t]+\w+[ \t]+from[ \t]+['\"]([^'\"\n]+\.mdx?)['\"]", re.M),
    ),
}
