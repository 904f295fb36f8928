"""MyST, of Sphinx."""

from __future__ import annotations

import re

from checker.extract import directives, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect


def _docutils(_slug: str, number: int) -> str:
    return f"id{number}"


DIALECTS = {
    # https://docutils.sourceforge.io/docs/ref/rst/directives.html#identifier-normalization, and MyST's own
    "myst": Dialect(
        slugs.docutils,
        _docutils,
        nameless=False,
        in_html=False,
        own=OWN,
        attributes=ATTRIBUTES,
        prepare=directives.as_gfm,
        includes=re.compile(
            r"^[ \t]*(?:`{3,}|:{3,})"
            r"\{(?:include|click|argparse|(?:auto[\w-]*|[\w-]+:[\w-]+)\}[ \t]*(\w+))"
            r"|^\.\. (?:include|auto\w+)::",
            re.M,
        ),
        rst=True,
        roles=True,
        named=directives.names,
        also="github",
    ),
}
