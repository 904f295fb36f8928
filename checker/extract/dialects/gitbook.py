"""GitBook."""

from __future__ import annotations

import re

from checker.extract import blocks, slugs
from checker.extract.dialects.row import OWN, Dialect

DIALECTS = {
    # https://gitbook.com/docs; the ids of its editor are those of links that stand in headings: `<a href="#x" id="x">`
    "gitbook": Dialect(
        slugs.gitbook,
        own=OWN,
        blanks=True,
        prepare=blocks.as_links,
        partials=re.compile(r"\{%[ \t]*include[ \t]+\"([^\"\n]+\.md)\"[ \t]*%\}"),
        summaries=True,
        also="github",
    ),
}
