"""What a URL of a web archive is a snapshot of, told by its shape: archives are many, and their URLs of one kind."""

from __future__ import annotations

import re
from contextlib import suppress

from checker.web import urls

# https://pywb.readthedocs.io/en/latest/manual/rewriter.html#url-rewriting: a collection, a time, what is asked of it
_SNAPSHOT = re.compile(r"https?://[^/?]+/(?:[\w-]+/){0,2}\d{4,14}(?:[a-z]{2}_)?/(https?:/.*)", re.S)


def of(url: str) -> str:
    """The URL that a serialised URL is a snapshot of, serialised; "" for one that is none, or that of another."""
    found = _SNAPSHOT.fullmatch(url) if "/http" in url else None
    if found is not None:
        with suppress(urls.InvalidURL):
            inner = urls.resolve(found[1], "")
            return "" if _SNAPSHOT.match(inner) else inner
    return ""
