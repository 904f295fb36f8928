"""Goldmark, which renders for Gitea and for Hugo."""

from __future__ import annotations

import re

from checker.extract import shortcodes, slugs
from checker.extract.dialects.row import ATTRIBUTES, Dialect

# Attributes behind a heading, as `{#id .class key=value}`: https://github.com/yuin/goldmark#attributes
_ITEM = r"(?:[#.][\w:.-]++|[A-Za-z_:][\w:.-]*+=(?:\"[^\"{}]*+\"|'[^'{}]*+'|[^\s{}\"',=]++))"
_GOLDMARK = re.compile(
    rf"[ \t]*+\{{(?=(?:[^#{{}}]*[ \t,]|[ \t]*)#([\w:.-]+)|)[ \t]*+{_ITEM}(?>(?:[ \t,]++{_ITEM})*)[ \t]*+\}}[ \t]*+\Z"
)
DIALECTS = {
    "gitea": Dialect(slugs.gitea, of_site=False, own=_GOLDMARK),
    # https://gohugo.io/configuration/markup/#goldmark
    "goldmark": Dialect(
        slugs.goldmark,
        links_bare=False,
        own=_GOLDMARK,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=shortcodes.of_hugo,
        terms=re.compile(r"^<p>([^\n]*?)(?:</p>\n<p>|\n): ", re.M),
        unfinished=re.compile(r"^#{1,6}[ \t]++([^\n{]*+)\{\{[<%]", re.M),
    ),
}
