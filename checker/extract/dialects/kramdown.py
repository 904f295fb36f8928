"""Kramdown with its GFM parser, of Jekyll."""

from __future__ import annotations

from checker.extract import kramdown, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

DIALECTS = {
    # https://github.com/kramdown/parser-gfm/blob/master/lib/kramdown/parser/gfm.rb
    "kramdown": Dialect(
        slugs.kramdown,
        links_bare=False,
        skips_taken=False,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        blanks=True,
        always=("markdown-toc",),
        prepare=kramdown.prepared,
        unfinished=kramdown.UNFINISHED,
    ),
}
