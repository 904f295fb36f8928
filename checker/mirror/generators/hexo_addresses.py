"""Addresses of Hexo's posts: https://hexo.io/docs/permalinks"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from checker.mirror.generators.reading import word
from checker.web import latin

MOST = 500  # settings or terms of a kind
TOKEN = re.compile(r":(\w*[^\W_])")
_SEGMENTS = {"year": r"(\d{4})", "month": r"(\d\d)", "day": r"(\d\d)", "i_month": r"(\d\d?)", "i_day": r"(\d\d?)"}
_STATED = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?")
_MOST_TOKENS = 8  # of a permalink


def table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, LookupError):
        return None


def file_of(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))[1:] or "index.html"


def case(settings: Mapping[str, Any]) -> object:
    return settings.get("filename_case")


def compiled(name: str) -> re.Pattern[str] | None:
    """The pattern of a post's name, without its extension."""
    text = posixpath.splitext(name)[0][:200]
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for token in TOKEN.finditer(text):
        if token[1] in seen or not token[1].isidentifier() or len(seen) > 8:
            return None
        seen.add(token[1])
        segment = _SEGMENTS.get(token[1], "(.+?)")
        parts += re.escape(text[end : token.start()]), f"(?P<{token[1]}>{segment[1:]}"
        end = token.end()
    try:
        return re.compile("".join(parts) + re.escape(text[end:]) + r"\Z", re.S)
    except re.error:
        return None


def date_of(front: Mapping[str, Any], info: Mapping[str, str]) -> datetime | None:
    """When a post is from, as it is written: Hexo takes it for a time of its own zone."""
    stated = front.get("date")
    if isinstance(stated, str) and (found := _STATED.match(stated.strip())):
        parts = [int(each or 0) for each in found.groups()]
    elif isinstance(stated, datetime):
        return stated.replace(tzinfo=UTC)
    elif isinstance(stated, date):
        parts = [stated.year, stated.month, stated.day]
    else:
        named = (info.get("year"), info.get("month") or info.get("i_month"), info.get("day") or info.get("i_day"))
        parts = [int(each or 0) for each in named]
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def values_of(
    front: Mapping[str, Any], info: Mapping[str, str], slug: str, when: datetime | None, settings: Mapping[str, Any]
) -> dict[str, str]:
    """What the placeholders of an address stand for: https://hexo.io/docs/permalinks"""
    values = {str(key): word(value) for key, value in table(settings, "permalink_defaults").items()}
    values |= {key: word(value) for key, value in front.items() if isinstance(key, str) and word(value)}
    values |= {key: value for key, value in info.items() if value}
    path = next(iter(categories(front)), ())
    named = [latin.slugized(word(table(settings, "category_map").get(each)) or each, case(settings)) for each in path]
    values |= {
        "title": slug,
        "name": posixpath.basename(slug),
        "post_title": latin.slugized(word(front.get("title")) or slug, 1),
        "category": "/".join(named) or word(settings.get("default_category")) or "uncategorized",
    }
    for key in ("id", "hash", "timestamp"):
        if key not in front:
            values.pop(key, None)
    times = ("year", "month", "day", "hour", "minute", "second", "i_month", "i_day")
    if when is None:
        return {key: value for key, value in values.items() if key not in times}
    values |= {key: f"{getattr(when, key):02}" for key in times if not key.startswith("i_")}
    return values | {"year": f"{when.year:04}", "i_month": str(when.month), "i_day": str(when.day)}


def words(value: object) -> Iterator[str]:
    yield from filter(None, map(word, value if isinstance(value, list) else [value]))


def categories(front: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The categories of a post, each with those above it: a list is one path, lists in a list are several."""
    listed = front.get("categories", front.get("category"))
    rows = listed if isinstance(listed, list) else [listed]
    if any(isinstance(row, list) for row in rows):
        for row in rows[:MOST]:
            yield tuple(words(row))
    elif path := tuple(words(rows)):
        yield path[:20]


def unfinished(rule: str, values: Mapping[str, str]) -> str:
    """A pattern of the addresses that a post may have of which not all is known."""
    parts = TOKEN.split(rule.strip("/"))
    if len(parts) > 2 * _MOST_TOKENS:
        return rf"{re.escape(parts[0])}."
    named = (re.escape(values[part]) if part in values else _SEGMENTS.get(part, "([^/]+)") for part in parts[1::2])
    return "".join(re.escape(known) + next(named, "") for known in parts[::2])
