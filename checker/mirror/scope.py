"""The scope of a live mirror: which URLs belong to it, and the limits of its crawl."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from checker.config.schema import SiteTable
from checker.model import Bound
from checker.web import urls
from checker.web.globs import any_of
from checker.words import counted

_DEEPEST = 24  # segments of a path
_REPEATS = 3  # repeats of the same segments: /a/b/a/b/a/b comes from a loop of relative references
_QUERIES = 500  # different queries of one path, such as of a calendar or of a shop's filters


class Refusal(StrEnum):
    """Why a URL of the mirror is not read, although it may be a page."""

    TOO_DEEP = "deeper than [site] depth"
    LOOP = "an endless path"
    QUERIES = f"more than {_QUERIES} queries of one path"


class Scope:
    """The URLs that belong to a live mirror: those below an origin and a path, up to some limits."""

    def __init__(self, start: str, config: SiteTable) -> None:
        """`start` is a serialised URL. Raises re.error for an invalid pattern."""
        scheme, _, rest = start.partition("//")
        host, slash, path = rest.partition("/")
        self.origin = f"{scheme}//{host}"
        self.prefix = f"{self.origin}/{path.partition('?')[0].rpartition('/')[0]}".rstrip("/") + slash
        self._include = any_of(config.include)
        self._exclude = any_of(config.exclude)
        self._config = config
        self._queries: Counter[str] = Counter()
        self._pages = 0
        self._bytes = 0

    def holds(self, url: str) -> bool:
        """Whether a URL is part of the mirror."""
        if not url.startswith(self.prefix):
            return False
        if self._exclude is not None and self._exclude.search(url):
            return False
        return self._include is None or self._include.search(url) is not None

    def refuses(self, url: str, depth: int) -> Refusal | None:
        """Why a URL of the mirror is not read, although it may be a page. It is still checked as a link."""
        if 0 <= self._config.depth < depth:
            return Refusal.TOO_DEEP
        path, _, query = urls.host_and_path(url)[1].partition("?")
        if _is_loop(path):
            return Refusal.LOOP
        if query:
            self._queries[path] += 1
            if self._queries[path] > _QUERIES:
                return Refusal.QUERIES
        return None

    def limit(self, depth: int) -> Bound | None:
        """The limit of the crawl that another page would exceed; None: it is within all limits, and is counted."""
        config = self._config
        if 0 < config.endless < depth:
            return _unread(f"farther than {counted(config.endless, 'reference')} from the first page ([site] endless)")
        if 0 < config.max_pages <= self._pages:
            return _unread(f"more than {counted(config.max_pages, 'page')} ([site] max_pages)")
        if full := self.keep(0):
            return full
        self._pages += 1
        return None

    def keep(self, size: int) -> Bound | None:
        """The limit of the crawl that a page of `size` bytes would exceed; None: its bytes are counted."""
        most = self._config.max_bytes
        if 0 < most < self._bytes + size:
            return _unread(f"more than {counted(most, 'byte')} of pages ([site] max_bytes)")
        self._bytes += size
        return None


def _unread(limit: str) -> Bound:
    return Bound(f"not read: {limit}")


def _is_loop(path: str) -> bool:
    segments = path.strip("/").split("/")
    if len(segments) > _DEEPEST:
        return True
    for length in range(1, len(segments) // _REPEATS + 1):
        for start in range(len(segments) - length * _REPEATS + 1):
            run = segments[start : start + length]
            if all(segments[start + length * n : start + length * (n + 1)] == run for n in range(1, _REPEATS)):
                return True
    return False
