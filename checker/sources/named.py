"""Finds the source that a user names: a folder, an archive, a store, or something in one of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from checker.config.schema import Config
from checker.config.settings import existing
from checker.disk import archive_in, inside
from checker.model import Named, Only, SourceError
from checker.sources.address import Address, Opens, Root, address_of
from checker.sources.base import Source
from checker.sources.folder import Folder


class Place(NamedTuple):
    """The place of a source. The path may lead into an archive: `site.zip/docs/index.html`."""

    path: Root
    is_file: bool  # neither a folder nor a whole archive


def open_source(path: Root) -> Source:
    """The files of a folder, of an archive, of a folder in an archive, or of a store.

    Raises SourceError if there is no such source, or if it cannot be read.
    """
    if isinstance(path, Address):
        from checker.sources.stores import Store

        return Store(path)
    if held := archive_in(path):
        from checker.sources.archive import Archive  # most mirrors are folders, and zipfile loads slowly

        return Archive(*held)
    if not path.is_dir():
        raise SourceError(f"{path}: no such folder")
    return Folder(path)


def is_mirror(path: Root) -> bool:
    """Whether a path leads to a folder, to an archive, into an archive, or to a store."""
    return isinstance(path, Address) or path.is_dir() or archive_in(path) is not None


def place_of(name: str, opens: Opens) -> Place:
    """The place with a name. `opens` connects to a store. Raises SourceError if there is nothing."""
    if address := address_of(name, opens):
        return Place(address, is_file=not name.endswith("/") and _is_object(address))
    held = archive_in(Path(name))
    if held is None:
        path = existing(name)
        return Place(path, path.is_file())
    file, rest = held
    if not rest:
        return Place(file, is_file=False)
    from checker.sources.archive import Archive

    archive = Archive(file)
    found = archive.within(rest)
    if found is None:
        raise SourceError(f"{name}: no such file or folder in the archive")
    return Place(file / found, archive.holds(found))


def _is_object(address: Address) -> bool:
    with closing(address.opens(address.url)) as client:
        try:
            return client.is_object()
        except OSError as error:
            raise SourceError(f"{address}: cannot be read: {error.strerror}") from error


Held = Callable[[Path, Path], bool]  # whether a clone's top holds what makes sense of a folder below it


def root_named(name: str, opens: Opens) -> Root:
    """The place of a whole mirror. Raises SourceError for an address with a login."""
    return address_of(name, opens) or Path(name)


def root_in(config: Config, base: Path | None, opens: Opens) -> Root:
    """The configured root. Raises SourceError if it is the address of a store, and has a login."""
    return address_of(config.mirror.root, opens) or (base or Path()) / config.mirror.root


def root_of(place: Place, config: Config, base: Path | None, opens: Opens, held_by: Held | None = None) -> Root:
    """The root of a source's mirror: the configured one, else the folder itself, or a file's archive, clone, folder. It
    is the clone too of a folder that is `held_by` it.
    """
    path = place.path
    if base is not None and name_in(root := root_in(config, base, opens), path) is not None:
        return root
    if isinstance(path, Address):
        return path.parent if place.is_file else path
    if held := archive_in(path):
        return held[0] if place.is_file else path
    if not place.is_file and held_by is None:
        return path
    above = path.resolve().parents
    top = next((at for at, folder in enumerate(above) if (folder / ".git").exists()), -1)
    if place.is_file:
        return above[top] if top >= 0 else path.parent
    is_top = top < 0 or (path / ".git").exists()
    return above[top] if held_by and not is_top and held_by(above[top], path.resolve()) else path


def name_in(root: Root, path: Root) -> str | None:
    """The name of a place in a mirror; None if it lies outside."""
    if isinstance(root, Address) or isinstance(path, Address):
        return root.inside(path) if isinstance(root, Address) and isinstance(path, Address) else None
    return inside(root, path)


def source_of(
    config: Config, base: Path | None, source: tuple[str, ...], opens: Opens, held_by: Held | None = None
) -> tuple[Root, Only, str]:
    """(root of the mirror, which pages to read, the source's name in reports). Raises SourceError."""
    if not source:
        root = root_in(config, base, opens)
        return root, None, str(root)
    places = [place_of(name, opens) for name in source]
    alone = len(places) == 1
    root = root_of(places[0], config, base, opens, held_by) if alone else _common(places, config, base, opens)
    same = alone and not places[0].is_file and name_in(root, places[0].path) == ""
    return root, None if same else among(places, root), ", ".join(source)


def among(places: Sequence[Place], root: Root) -> Named:
    """These pages and folders, as a mirror names them."""
    names = [(name_in(root, place.path) or "", place.is_file) for place in places]
    folders = tuple(f"{name}/" if name else "" for name, is_file in names if not is_file)
    return Named(frozenset(name for name, is_file in names if is_file), folders)


def _common(places: Sequence[Place], config: Config, base: Path | None, opens: Opens) -> Root:
    """The mirror that contains several places. Raises SourceError for some in an archive or a store."""
    root = root_of(places[0], config, base, opens)
    if all(name_in(root, place.path) is not None for place in places):
        return root
    paths = [place.path for place in places if isinstance(place.path, Path)]
    if len(paths) < len(places):
        raise SourceError("a store is a mirror of its own; check it in a run of its own")
    held = {each[0] for path in paths if (each := archive_in(path))}
    if len(held) == 1 and all(map(archive_in, paths)):
        return held.pop()
    if held:
        raise SourceError("an archive is a mirror of its own; check it in a run of its own")
    resolved = [path.resolve() for path in paths]
    folders = [path.parent if place.is_file else path for place, path in zip(places, resolved, strict=True)]
    return Path(os.path.commonpath(folders))
