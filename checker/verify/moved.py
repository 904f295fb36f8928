"""Pages that have moved: how the new URL differs from the old one, and whether readers should be sent there."""

from __future__ import annotations

import re

from checker import logins
from checker.fetch import Response
from checker.verify import remote_text
from checker.web import urls

_HOME = re.compile(r"/(?:(?:index|default|home)(?:\.\w+)?|[a-z]{2}/|[a-z]{2}[-_][a-z]{2}/?)?", re.I)
_LONGEST = 2_000  # characters of a URL that is written on a page


def is_home(url: str) -> bool:
    """Whether a URL is that of its host's home page, as far as its path tells."""
    return _HOME.fullmatch(urls.host_and_path(url)[1].partition("?")[0]) is not None


def is_same_path(url: str, final: str) -> bool:
    """Whether two URLs have the same path, but for a slash at the end."""
    return urls.host_and_path(url)[1].rstrip("/") == urls.host_and_path(final)[1].rstrip("/")


def difference(url: str, final: str) -> str:
    """The difference between a URL and the one that it redirects to, in words."""
    before, after = urls.host_and_path(url), urls.host_and_path(final)
    if before == after and url.partition(":")[0] != final.partition(":")[0]:
        return "from http to https" if final.startswith("https:") else "from https to http, which is not secure"
    if before == after:
        return "only the login changes"
    if before[1] == after[1]:
        hosts = {before[0].removeprefix("www."), after[0].removeprefix("www.")}
        return "only the www of the host changes" if len(hosts) == 1 else f"moved to the host {after[0]}"
    if before[0] == after[0] and is_same_path(url, final):
        return "only the slash at the end changes"
    return "leads elsewhere" if before[0] == after[0] else f"leads to the host {after[0]}"


def doubt(url: str, target: str, response: Response) -> str:
    """Why a page's new URL is not to be written in place of the old one; "" if it is.

    `response`: the answer to a GET, where redirects from the new URL end.
    """
    if len(target) > _LONGEST:
        return "the new URL is too long for a page"
    if is_home(target) and not is_home(url) and not is_same_path(url, target):
        return "the new URL is a home page"
    if target.startswith("http:") and url.startswith("https:"):
        return "the new URL is not secure"
    if (known := logins.of(target)) and known != logins.of(url):
        return "the new URL states a login"
    if remote_text.shows_login(response.body):
        return "the new URL shows a login"
    if remote_text.is_missing(remote_text.title_of(response.body)) or remote_text.missing_by(response.url, response):
        return "the new URL shows that there is no page"
    return ""
