"""mdBook."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.row import MARKDOWN_IT_ATTRS, Dialect

DIALECTS = {
    # https://github.com/rust-lang/mdBook/blob/master/crates/mdbook-html/src/utils.rs
    "mdbook": Dialect(
        slugs.mdbook,
        links_bare=False,
        own=MARKDOWN_IT_ATTRS,
        in_html=False,
        includes=re.compile(r"\{\{[ \t]*#include[ \t][^{}\n]*\.md:"),
        partials=re.compile(r"\{\{[ \t]*#include[ \t]+([^{}\n:]+\.md)[ \t]*\}\}"),
    ),
}
