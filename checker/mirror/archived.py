"""What a URL of a web archive is a snapshot of, told by its shape: archives are many, and their URLs of one kind."""

from __future__ import annotations

import re
from contextlib import suppress

from checker.web import urls

# https://pywb.readthedocs.io/en/latest/manual/rewriter.html#url-rewriting: a collection, a time, what is asked of it.
# https://archive.today writes the time with dots, or `o` and the name of the copy.
_SNAPSHOT = re.compile(
    r"https?://[^/?]+/(?:(?:[\w-]+/){0,2}\d{4,14}(?:[a-z]{2}_)?|\d{4}(?:\.\d\d){2}-\d{6}|o/\w+)/(https?:/.*)", re.S
)
# https://en.wikipedia.org/wiki/Help:Using_the_Wayback_Machine: the time and the scheme may be missing.
HOST = "web.archive.org"
_OF_WAYBACK = re.compile(
    rf"https?://{re.escape(HOST)}/(?:web/)?(?:\d{{1,14}}(?:[a-z]{{2}}_)?/)?(?:(https?)(?::|%3A)/+)?([^/*]+\..*)",
    re.S | re.I,
)


def of(url: str) -> str:
    """The URL that a serialised URL is a snapshot of, serialised; "" for one that is none, or that of another."""
    with suppress(urls.InvalidURL):
        if whole := _OF_WAYBACK.match(url):
            return _alone(f"{whole[1] or 'http'}://{whole[2]}")
        if "/http" in url and (found := _SNAPSHOT.match(url)):
            return _alone(found[1])
    return ""


def _alone(url: str) -> str:
    inner = urls.resolve(url, "")
    return "" if _SNAPSHOT.match(inner) or _OF_WAYBACK.match(inner) else inner


_ROOT = re.compile(r"(?:.*/)?\d{4,14}(?:[a-z]{2}_)?/https?:/[^/]+", re.S)


def is_root(folder: str) -> bool:
    """Whether a folder is that of a host below a snapshot, where a copy of an archive was made."""
    return ":/" in folder and _ROOT.fullmatch(folder) is not None
