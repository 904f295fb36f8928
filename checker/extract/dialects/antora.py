"""Antora, whose pages are AsciiDoc."""

from __future__ import annotations

import re

from checker.extract import slugs
from checker.extract.dialects.row import Dialect

DIALECTS = {
    # Its ids are those of Asciidoctor. Parts of texts that are brought in may have any, attributes in headings any
    # value.
    "antora": Dialect(
        slugs.nothing,
        antora=True,
        includes=re.compile(
            r"^include::(?![^\[\n]*example\$)(?:[^\[\n]*\{|[^\n]*\[[^\]\n]*(?:tags?|lines)=)|^={1,6} .*\{[\w-]+\}", re.M
        ),
        partials=re.compile(r"^include::(?![^\[\n]*example\$)([^\[\n{]+)\[(?![^\]\n]*(?:tags?|lines)=)", re.M),
    ),
}
