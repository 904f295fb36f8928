"""Where the first page of a site leads: to another place of the same site, or to another site."""

from __future__ import annotations

from contextlib import suppress

from checker.model import Role
from checker.sweep.facts import Facts
from checker.sweep.page import Page
from checker.verify import ids
from checker.web import urls

_WEB = ("http://", "https://")


def is_one_site(one: str, other: str) -> bool:
    """Whether two URLs are of one host, but for the scheme and port, or of a host and one below it."""
    names = [urls.hostname(urls.authority(url)).removeprefix("www.") for url in (one, other)]
    short, long = sorted(names, key=len)
    return short == long or ("." in short and long.endswith(f".{short}") and not short.replace(".", "").isdigit())


def sent_on(url: str, page: Page | Facts) -> list[str]:
    """The http(s) URLs to which a page sends its readers at once, by `meta refresh` or a header field; none if not."""
    if not isinstance(page, Page) or not (ids.sends_on(page) or "refresh" in map(str.lower, page.header.values())):
        return []
    places = []
    for raw in page.found.references.get(Role.META, ()):
        with suppress(urls.InvalidURL):
            places.append(urls.split_fragment(urls.resolve(url, raw))[0])
    return [place for place in places if place.startswith(_WEB)]
