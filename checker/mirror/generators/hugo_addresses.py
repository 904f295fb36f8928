"""The addresses that Hugo gives to pages: https://gohugo.io/content-management/urls/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from checker.mirror.generators.reading import word
from checker.web import urls

_UNSAFE = re.compile(r"[^\w./\\#+~@%-]")  # `paths.Sanitize`; letters and digits of any script stay
_TOKEN = re.compile(r":([a-z]+)(?:\[(\d{0,3}):?(\d{0,3})\])?")
_LONGEST = 1000  # characters of a pattern


class File(NamedTuple):
    """A file of the content."""

    name: str
    inside: str  # relative to the content, without its language
    language: str


class Page(NamedTuple):
    """A page of the content."""

    file: File
    front: Mapping[str, Any]
    logical: str  # "/posts/first": the path by which pages are looked up; "" for the home page
    kind: str  # home, section, leaf or page


def sanitized(text: str) -> str:
    """A path as it stands in addresses."""
    return re.sub(r"-{2,}", "-", _UNSAFE.sub("", re.sub(r"\s+", "-", text.strip())))


def file_of(path: str) -> str:
    path = posixpath.normpath(urls.decode(path.partition("#")[0]).strip().lstrip("/") or ".")
    path = "" if path == "." else path
    return path if path.endswith((".html", ".htm", ".xml", ".json", ".txt")) else posixpath.join(path, "index.html")


def when(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def tokens(pattern: str, page: Page, front: Mapping[str, Any]) -> str:
    """https://gohugo.io/configuration/permalinks/#tokens"""
    folders = [each for each in posixpath.dirname(page.logical).split("/") if each]
    stem = page.logical.rpartition("/")[2]
    title = sanitized(word(front.get("title")) or stem).lower()
    slug = sanitized(word(front.get("slug")))
    of = when(front.get("date")) or when(front.get("publishdate")) or datetime(1, 1, 1, tzinfo=UTC)
    values = {
        "year": f"{of.year:04}",
        "month": f"{of.month:02}",
        "monthname": f"{of:%B}".lower(),
        "day": f"{of.day:02}",
        "weekday": str(of.isoweekday() % 7),
        "weekdayname": f"{of:%A}".lower(),
        "yearday": str(of.timetuple().tm_yday),
        "section": folders[0] if folders else stem,
        "title": title,
        "slug": slug or title,
        "filename": stem,
        "slugorfilename": slug or stem,
        "contentbasename": stem,
        "slugorcontentbasename": slug or stem,
        "contentbasenameorslug": stem,
    }

    def value(token: re.Match[str]) -> str:
        if token[1] == "sections":
            if token[2] is None:
                return "/".join(folders)
            return "/".join(folders[int(token[2] or 0) : int(token[3]) if token[3] else None])
        return values.get(token[1], token[0])

    return _TOKEN.sub(value, pattern[:_LONGEST])
