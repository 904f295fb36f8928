"""A site of which no generator is known: any of their ways to write an id, or to bring in other text."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.mdx import mdx_ids
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

DIALECTS = {
    "site": Dialect(
        slugs.github,
        own=OWN,
        attributes=ATTRIBUTES,
        prepare=mdx_ids,
        includes=re.compile(r"^[ \t]*-{1,}8<-{1,}|^[ \t]*\{[%{][^\n]*\binclude|<!--\s*@include", re.M),
    ),
}
