"""Forges that render Markdown by cmark-gfm or in its way."""

from __future__ import annotations

from checker.extract import slugs
from checker.extract.dialects.row import Dialect

DIALECTS = {
    "github": Dialect(slugs.github, of_site=False),
    # https://docs.gitlab.com/user/markdown/#links: its own filter makes links of addresses with blanks.
    "gitlab": Dialect(slugs.gitlab, skips_taken=False, of_site=False, blanks=True),
}
