"""A live site: the pages that were fetched, on the disk, by URL."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker.kinds import kind_of, sniff
from checker.model import Kind
from checker.web import urls

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


class PageStore:
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
