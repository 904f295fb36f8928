"""A live address as a mirror: which of its URLs are pages to read, and where what was read is kept."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker import urls
from checker.config import SiteTable
from checker.mirror.folder import kind_of, sniff
from checker.model import Kind

TOO_DEEP = "deeper than [site] depth"
_DEEPEST = 24  # segments of a path
_REPEATS = 3  # of a run of segments: /a/b/a/b/a/b is no place but a loop of relative references
_QUERIES = 500  # of one path: a calendar, a shop's filters
_MEDIA = {
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "text/css": Kind.CSS,
    "text/markdown": Kind.MARKDOWN,
    "image/svg+xml": Kind.SVG,
    "application/rss+xml": Kind.FEED,
    "application/atom+xml": Kind.FEED,
    "application/feed+json": Kind.FEED,
    "application/manifest+json": Kind.MANIFEST,
}
_UNTOLD = frozenset({"", "text/xml", "application/xml", "text/plain", "application/gzip", "application/x-gzip"})
MEDIA = frozenset({*_MEDIA, *_UNTOLD})  # types of what may be a page


class Scope:
    """The part of the web that is the mirror: an origin and a path, without what looks endless, up to some limits."""

    def __init__(self, start: str, config: SiteTable) -> None:
        """`start` is a serialised URL. Raises re.error for a pattern that is none."""
        scheme, _, rest = start.partition("//")
        host, slash, path = rest.partition("/")
        self.origin = f"{scheme}//{host}"
        self.prefix = f"{self.origin}/{path.partition('?')[0].rpartition('/')[0]}".rstrip("/") + slash
        self._include = re.compile("|".join(f"(?:{one})" for one in config.include)) if config.include else None
        self._exclude = re.compile("|".join(f"(?:{one})" for one in config.exclude)) if config.exclude else None
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

    def refuses(self, url: str, depth: int) -> str:
        """Why a URL of the mirror is not read though it may be a page, or ""; it is a link all the same."""
        if 0 <= self._config.depth < depth:
            return TOO_DEEP
        path, _, query = urls.host_and_path(url)[1].partition("?")
        if _is_loop(path):
            return "an endless path"
        if query:
            self._queries[path] += 1
            if self._queries[path] > _QUERIES:
                return f"more than {_QUERIES} queries of one path"
        return ""

    def limit(self, depth: int) -> str:
        """Which limit of the walk a further page is beyond, or "". Counts those that are not."""
        config = self._config
        if 0 < config.endless < depth:
            return f"farther than {config.endless:,} references from the first page ([site] endless)"
        if 0 < config.max_pages <= self._pages:
            return f"more than {config.max_pages:,} pages ([site] max_pages)"
        if full := self.keep(0):
            return full
        self._pages += 1
        return ""

    def keep(self, size: int) -> str:
        """Which limit of the walk a page of so many bytes is beyond, or "". Counts those that are not."""
        most = self._config.max_bytes
        if 0 < most < self._bytes + size:
            return f"more than {most:,} bytes of pages ([site] max_bytes)"
        self._bytes += size
        return ""


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


def may_be_page(url: str) -> bool:
    """Whether a URL may be a page by its name: images, archives and the like are not asked for as such."""
    name = urls.host_and_path(url)[1].partition("?")[0].rpartition("/")[2]
    return "." not in name or kind_of(name) is not None or name.rpartition(".")[2].lower() in _PROGRAMS


_PROGRAMS = frozenset({"php", "asp", "aspx", "jsp", "cgi", "pl", "cfm", "do", "action", "shtml", "phtml", "py"})


class Kept(NamedTuple):
    """A page that was fetched."""

    file: Path
    kind: Kind
    charset: str | None  # that the transport names


class Shelf:
    """The pages that were fetched, on the disk, by URL: those with findings are looked at again."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="mirrorcheck-")
        self._kept: dict[str, Kept] = {}

    def put(self, url: str, body: bytes, media: str, charset: str | None) -> Kind | None:
        """Keep a page; None, and nothing kept, where it is none."""
        kind = _MEDIA.get(media) or (sniff(body[:2048]) if media in _UNTOLD else None)
        if kind is None:
            return None
        file = Path(self._folder.name, str(len(self._kept)))
        file.write_bytes(body)
        self._kept[url] = Kept(file, kind, charset)
        return kind

    def get(self, url: str) -> Kept | None:
        """A page that was kept."""
        return self._kept.get(url)

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
