"""Docsify, whose program renders in the browser by marked."""

from __future__ import annotations

import re

from checker.extract import slugs, titled
from checker.extract.dialects.row import Dialect

# https://github.com/docsifyjs/docsify/blob/develop/src/core/render/slugify.js
_DOCSIFY = Dialect(
    slugs.docsify,
    skips_taken=False,
    in_html=False,
    prepare=titled.blanked,
    named=titled.names,
    includes=re.compile(r"\]\([ \t]*(?:https?:)?//[^()\n]*:include"),
)

DIALECTS = {
    "docsify": _DOCSIFY._replace(also="docsify-5"),
    "docsify-4": _DOCSIFY,
    "docsify-5": _DOCSIFY._replace(slug=slugs.docsify_5),
}
