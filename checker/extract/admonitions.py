"""Blocks of Python-Markdown whose content is indented: admonitions, details, tabs, definitions.

https://python-markdown.github.io/extensions/admonition/, https://facelessuser.github.io/pymdown-extensions/
"""

from __future__ import annotations

import re

# `!!! note "Title"`, `??? note`, `???+ note`, `=== "Tab"`; `:   text` of a definition list.
_BLOCK = re.compile(r"^([ \t]*+)(?:(!!!|\?\?\?\+?|===)(?=[ \t]+[\w\"'])|(:)(?= {3}\S))", re.M)
_ITEMS = {"!!!": "-  ", "???": "-  ", "???+": "-  .", "===": "-  ", ":": "-"}
_MARKS = ("!!!", "???", "===", "\n:   ")  # a quick test, before the exact one


def as_lists(source: str) -> str:
    """The blocks as items of lists, whose content is indented by four as well: every position stays."""
    if not any(mark in source for mark in _MARKS):
        return source
    return _BLOCK.sub(lambda block: block[1] + _ITEMS[block[2] or block[3]], source)
