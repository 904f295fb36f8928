"""Pages that send their readers on at once, by `meta refresh`.

https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh
"""

from __future__ import annotations

import re

from checker.extract.elements import meta_of
from checker.extract.tags import tags

_REFRESH = re.compile(r"\brefresh\b", re.I)  # a quick test, before the exact one
_AT_ONCE = re.compile(r"\s*0*[0-9]?(?![0-9])")  # seconds: who refreshes a page after more lets it be read


def sends_on(text: str) -> bool:
    """Whether a page of HTML sends its readers to another URL at once."""
    if not _REFRESH.search(text):
        return False
    for tag in tags(text):
        if tag.name == "meta" and "http-equiv" in tag.attributes and "content" in tag.attributes:
            content = tag.attributes["content"].value
            refreshes = {"http-equiv": tag.attributes["http-equiv"].value}
            if _AT_ONCE.match(content) and any(meta_of(refreshes, content)):
                return True
    return False
