"""A live site: the pages that were fetched, on the disk, by URL."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker import kinds
from checker.model import Kind
from checker.web import urls


def may_be_page(url: str) -> bool:
    """Whether a URL may be a page by its name: images, archives and the like are not asked for as such."""
    return kinds.may_be_sent(urls.host_and_path(url)[1].partition("?")[0].rpartition("/")[2])


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
        kind = kinds.kind_of_type(media)
        if kind is True:
            kind = kinds.sniff(body[:2048])
        if not isinstance(kind, Kind):
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
