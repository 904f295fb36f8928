"""The addresses that Jekyll gives to pages: https://jekyllrb.com/docs/permalinks/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import islice
from typing import Any, NamedTuple

from checker.mirror.generators.reading import word
from checker.web import urls

DATED = re.compile(r"(\d{4}|\d\d)-(\d{1,2})-(\d{1,2})-([^/]*)\Z")
STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")
_WORDS = re.compile(r"[^\w._~!$&'()+,;=@]+")
_PLAIN = re.compile(r"[\W_]+")
_LONGEST = 1000  # characters of a template of addresses
_MOST = 100  # categories of a post


class Site(NamedTuple):
    """The settings that decide where pages go."""

    root: str  # the folder of the sources, "" or "docs/"
    settings: Mapping[str, Any]
    plugins: frozenset[str]
    style: str  # of permalinks
    defaults: tuple[tuple[str, str, Mapping[str, Any]], ...]  # (path, type, values) of front matter
    zone: tzinfo | None
    now: datetime


class Page(NamedTuple):
    """A file with front matter, and what its address is made of."""

    inside: str  # relative to the root
    front: Mapping[str, Any]
    collection: str = ""  # "posts" too
    template: str = ""  # the collection's address


def address(site: Site, page: Page, front: Mapping[str, Any], stem: str, output: str) -> str:
    """The file that is written for a page."""
    own = front.get("permalink")
    template = page.template
    folder, _, _ = page.inside.rpartition("/")
    if isinstance(own, str) and own:
        template = STYLES.get(own, own) if page.collection == "posts" else own
    elif not page.collection:
        if output != ".html":
            template = "/:path/:basename:output_ext"
        elif stem == "index":
            template = "/:path/"
        else:
            template = suffixed("/:path/:basename", site.style)
    values = _values(site, page, front, stem, output)
    if not page.collection:
        values["path"] = folder
    filled = _TOKEN.sub(lambda token: values.get(token[1], token[0]), template[:_LONGEST])
    return file_of(filled, output)


def suffixed(template: str, style: str) -> str:
    """`Utils.add_permalink_suffix`: what pages and collections take over of the style of posts."""
    if style == "pretty":
        return f"{template}/"
    if style in {"date", "ordinal", "none"}:
        return f"{template}:output_ext"
    return template + ("/" if style.endswith("/") else ":output_ext" if style.endswith(":output_ext") else "")


def _values(site: Site, page: Page, front: Mapping[str, Any], stem: str, output: str) -> dict[str, str]:
    """What the placeholders of an address stand for: https://jekyllrb.com/docs/permalinks/#placeholders"""
    dated = DATED.match(stem) if page.collection else None
    title = dated[4] if dated else stem
    slug = word(front.get("slug")) or title
    path = page.inside.rpartition(".")[0].rstrip(".")
    values = {
        "collection": page.collection,
        "path": path,
        "basename": stem,
        "name": _PLAIN.sub("-", stem).strip("-").lower(),
        "title": _WORDS.sub("-", slug).strip("-"),
        "slug": _PLAIN.sub("-", slug).strip("-").lower(),
        "output_ext": output,
        "categories": "/".join(_categories(front)),
        "slugified_categories": "/".join(_PLAIN.sub("-", each).strip("-") for each in _categories(front)),
    }
    at = when(front, stem, site.zone) if page.collection else None
    if at is not None:
        values |= {
            "year": f"{at.year:04}",
            "month": f"{at.month:02}",
            "i_month": str(at.month),
            "day": f"{at.day:02}",
            "i_day": str(at.day),
            "y_day": f"{at.timetuple().tm_yday:03}",
            "short_year": f"{at.year % 100:02}",
            "hour": f"{at.hour:02}",
            "minute": f"{at.minute:02}",
            "second": f"{at.second:02}",
            "short_month": f"{at:%b}",
            "long_month": f"{at:%B}",
            "short_day": f"{at:%a}",
            "long_day": f"{at:%A}",
            "week": f"{at:%V}",
            "w_year": f"{at:%G}",
            "w_day": f"{at:%u}",
        }
    return values


def _categories(front: Mapping[str, Any]) -> Iterator[str]:
    seen = [each for each in word(front.get("folder")).split("/") if each]
    for key in ("category", "categories"):
        value = front.get(key)
        seen += value.split() if isinstance(value, str) and key == "categories" else map(word, _list(value))
    yield from dict.fromkeys(each.lower() for each in islice(seen, _MOST) if each)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []


def when(front: Mapping[str, Any], stem: str, zone: tzinfo | None) -> datetime | None:
    """When a post is from: its front matter comes before its file's name."""
    stated = front.get("date")
    if isinstance(stated, str):
        stated = _parsed(stated)
    if isinstance(stated, datetime):
        try:
            return stated.astimezone(zone) if zone and stated.tzinfo else stated
        except OverflowError:
            return None
    if isinstance(stated, date):
        return datetime(stated.year, stated.month, stated.day, tzinfo=zone or UTC)
    dated = DATED.match(stem)
    try:
        year = int(dated[1]) if dated else 0
        return datetime(year + 2000 * (year < 100), int(dated[2]), int(dated[3]), tzinfo=zone or UTC) if dated else None
    except ValueError:
        return None


_STATED = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?[\d.]*\s*(?:([+-]\d\d):?(\d\d))?")


def _parsed(text: str) -> datetime | None:
    if (found := _STATED.match(text.strip())) is None:
        return None
    try:
        year, month, day, hour, minute, second, ahead, more = (int(each or 0) for each in found.groups())
        aware = timezone(timedelta(hours=ahead, minutes=more)) if found[7] else None
        return datetime(year, month, day, hour, minute, second, tzinfo=aware)
    except ValueError:
        return None


def is_due(when: datetime, site: Site) -> bool:
    aware = when if when.tzinfo else when.replace(tzinfo=site.now.tzinfo)
    return site.settings.get("future") is True or aware <= site.now


def file_of(address: str, output: str) -> str:
    """The file that is written for an address."""
    path = re.sub(r"/{2,}", "/", urls.decode(address.partition("#")[0]))
    file = (
        posixpath.normpath(path.lstrip("/") + ("index" if path.endswith("/") else "")) if path.strip("/") else "index"
    )
    return file if file.endswith(output) or posixpath.splitext(file)[1] == output else file + output
