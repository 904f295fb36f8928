"""The URL from which a page was saved: browsers, SingleFile and HTTrack note it in a comment."""

from __future__ import annotations

import re

from checker.web import urls

_BROWSER = re.compile(r"<!--\s*saved from url=\((\d{1,6})\)([^\s>]{1,4096})", re.I)
_SINGLEFILE = re.compile(r"<!--\s*(?:Page saved with|Archive processed by) SingleFile\s+url:\s*([^\s>]{1,4096})")
_HTTRACK = re.compile(r"<!-- Mirrored from ([^\s>]{1,4096}) by HTTrack ")


def page_origin(text: str) -> str | None:
    """The http(s) URL from which a page was saved, by a comment in it; None if there is none.

    Such comments come from browsers (https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/compatibility/ms537628(v=vs.85)),
    SingleFile and HTTrack.
    """
    origin = saved_by(text)
    return origin and origin[0]


def saved_by(text: str) -> tuple[str, str] | None:
    """(URL, layout of the tool that saved it)."""
    browser = _BROWSER.search(text)
    single = None if browser else _SINGLEFILE.search(text)
    crawled = None if browser or single else _HTTRACK.search(text)
    if browser:
        url, layout = browser[2][: int(browser[1])], "saved"
    elif single:
        url, layout = single[1].removesuffix("--"), "saved"
    elif crawled:
        url, layout = f"http://{crawled[1]}", "httrack"
    else:
        return None
    try:
        whole = urls.resolve(url, "")
    except urls.InvalidURL:
        return None
    return (whole, layout) if whole.startswith(("http://", "https://")) else None
