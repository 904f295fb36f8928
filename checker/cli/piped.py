"""A page on standard input: where it is to stand, and what kind of page it is."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from checker import kinds
from checker.cli.stores import opens_of
from checker.config.names import is_store
from checker.config.schema import Config
from checker.disk import archive_in
from checker.model import Kind, SourceError
from checker.sources.address import Root
from checker.sources.given import Given
from checker.sources.named import Place, name_in, root_of
from checker.web import urls
from checker.words import counted

_UNNAMED = "<stdin>"  # no file has the name


def kind_named(text: str) -> Kind:
    """The kind of page with a name, or with a name's extension. Raises click.UsageError."""
    kind = kinds.kind_of(f"x.{text.lower()}")
    try:
        return kind if isinstance(kind, Kind) else Kind(text.lower())
    except ValueError as error:
        raise click.UsageError(f"--kind {text}: write one of {', '.join(Kind)}") from error


def received(limit: int) -> bytes:
    """What came on standard input. Raises SourceError if that is more than a page may have, or cannot be read."""
    try:
        data = sys.stdin.buffer.read(limit + 1)
    except OSError as error:
        raise SourceError(f"standard input: cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise SourceError(f"standard input: larger than {counted(limit, 'byte')} ([pages] max_bytes)")
    return data


def placed(data: bytes, at: str, kind: Kind | None, config: Config, base: Path | None) -> tuple[Root, Given]:
    """(root of the mirror, the page in it) for a page that is to stand at a path: a file's, or a folder's.

    Raises SourceError if no page can stand there.
    """
    if is_store(at):
        raise SourceError(f"{at}: --base names a place on this machine, or a URL; `mirrorcheck page` checks an object")
    path = Path(at)
    held = archive_in(path)
    if at.endswith("/") or path.is_dir() or (held and not held[1]):
        kind = kind or _told(data)
        path = path / (_UNNAMED + next(iter(kinds.KINDS[kind].extensions), ""))
    by_name = kinds.kind_of(path.name)
    if by_name is None:
        raise SourceError(f"{at}: no page has such a name; --base names a page or its folder")
    root = root_of(Place(path, is_file=True), config, base, opens_of(config))
    name = name_in(root, path)
    if not name:
        raise SourceError(f"{at}: not a place in {root}")
    return root, Given(name, data, kind or (by_name if isinstance(by_name, Kind) else _told(data)))


def kind_at(data: bytes, url: str, kind: Kind | None) -> Kind:
    """The kind of a page that is to stand at a URL."""
    by_name = kinds.kind_of(urls.host_and_path(url)[1].partition("?")[0])
    return kind or (by_name if isinstance(by_name, Kind) else _told(data))


def _told(data: bytes) -> Kind:
    """What kind of page its bytes show. Markdown has no sign of its own."""
    return kinds.sniff(data[: kinds.HEAD], unknown=True) or Kind.MARKDOWN
