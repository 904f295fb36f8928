"""A live site as a source: the pages that were fetched, kept on the disk by URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from checker import kinds
from checker.model import Kind
from checker.sources.base import GZIP, Source, Stamp, Stated, gunzip, no_such
from checker.web import urls


def may_be_page(url: str, *, linked: bool) -> bool:
    """Whether a URL may be a page, by its name. Images, archives and other files are not."""
    return kinds.may_be_sent(_name(url), linked=linked)


def _name(url: str) -> str:
    return urls.host_and_path(url)[1].partition("?")[0].rpartition("/")[2]


class PageStore(Source):
    """The pages that were fetched, kept on the disk by URL, since those with findings are read again."""

    files: dict[str, int]

    __slots__ = ("_folder", "_kept", "_pages")

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="mirrorcheck-")
        self._pages: dict[str, tuple[Stated, bool]] = {}  # and whether header fields are kept beside it
        self._kept = Path(self._folder.name)
        super().__init__(self._kept, (), {""}, {}, [])

    def put(
        self,
        url: str,
        body: bytes,
        media: str,
        charset: str | None,
        limit: int,
        fields: Sequence[tuple[str, str]] = (),
    ) -> Kind | None:
        """Keep a page, and return its kind. A body that is not a page is not kept; then the result is None.

        A gzip file is unpacked, up to `limit` bytes, unless it is said to be HTML: browsers show that as it is.
        `fields`: (name, value) of the header fields that name URLs.
        """
        kind, name = kinds.kind_of_type(media), _name(url)
        if body.startswith(GZIP) and kind is not Kind.HTML:
            body, name = gunzip(body, limit), name.removesuffix(".gz")
        if kind is True:
            kind = kinds.sniff_sent(media, body) or kinds.text_of(name)
        if not isinstance(kind, Kind):
            return None
        number = self.files.setdefault(url, len(self.files))
        self.size = len(self.files)
        (self._kept / str(number)).write_bytes(body)
        if fields:  # a server may send 256 KiB of them with each page
            lines = "\n".join(f"{name}:{value}" for name, value in fields)
            self._head(number).write_text(lines, "utf-8", "surrogateescape", "")
        self._pages[url] = Stated(kind, charset), bool(fields)
        return kind

    def stated(self, name: str) -> Stated | None:
        """What the server stated for a page; None: not a page."""
        stated, has_fields = self._pages.get(name, (None, False))
        if stated is None or not has_fields:
            return stated
        with self._head(self.files[name]).open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = [line.removesuffix("\n").partition(":") for line in file]
        return stated._replace(fields=tuple((field, value) for field, _, value in lines))

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a page."""
        with self._file(name).open("rb") as file:
            return file.read(limit)

    def blocks(self, name: str) -> Iterator[bytes]:
        """A page, in one piece: it is no larger than `[pages] max_bytes`."""
        yield self.whole(name)

    def whole(self, name: str) -> bytes:
        """All bytes of a page."""
        return self._file(name).read_bytes()

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:  # noqa: ARG002 - none has one
        """No stamps: without a request, it is not known whether a page changed."""
        return {}

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Pages with their sizes in bytes."""
        return ((name, self._file(name).stat().st_size) for name in names if name in self.files)

    def shown(self, name: str) -> str:
        """A page's URL."""
        return name

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    def _head(self, number: int) -> Path:
        return self._kept / f"{number}.head"

    def _file(self, url: str) -> Path:
        if url not in self.files:
            raise no_such(url)
        return self._kept / str(self.files[url])
