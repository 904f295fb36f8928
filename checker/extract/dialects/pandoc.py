"""Pandoc's Markdown: https://pandoc.org/MANUAL.html#extension-auto_identifiers"""

from __future__ import annotations

from checker.extract import slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

DIALECTS = {
    "pandoc": Dialect(
        slugs.pandoc,
        links_bare=False,
        own=OWN,
        blanks=True,
        attributes=ATTRIBUTES,
        in_html=False,
    ),
}
