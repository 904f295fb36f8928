"""Finds the source that a user names: a folder, an archive, or something in one of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from checker.config.schema import Config
from checker.config.settings import existing
from checker.disk import archive_in, inside
from checker.model import SourceError
from checker.sources.base import Source
from checker.sources.folder import Folder


class Place(NamedTuple):
    """The place of a source. The path may lead into an archive: `site.zip/docs/index.html`."""

    path: Path
    is_file: bool  # neither a folder nor a whole archive


def open_source(path: Path) -> Source:
    """The files of a folder, of an archive, or of a folder in an archive.

    Raises SourceError if there is no such source, or if it cannot be read.
    """
    if held := archive_in(path):
        from checker.sources.archive import Archive  # most mirrors are folders, and zipfile loads slowly

        return Archive(*held)
    if not path.is_dir():
        raise SourceError(f"{path}: no such folder")
    return Folder(path)


def is_mirror(path: Path) -> bool:
    """Whether a path leads to a folder, to an archive, or into an archive."""
    return path.is_dir() or archive_in(path) is not None


def place_of(name: str) -> Place:
    """The place with a name. Raises SourceError if there is nothing."""
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


Held = Callable[[Path, Path], bool]  # whether a clone's top holds what makes sense of a folder below it


def root_of(place: Place, config: Config, base: Path | None, held_by: Held | None = None) -> Path:
    """The root of a source's mirror: the configured one, else the folder itself, or a file's archive, clone, folder. It
    is the clone too of a folder that is `held_by` it.
    """
    path = place.path
    if base is not None and inside(base / config.mirror.root, path) is not None:
        return base / config.mirror.root
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


def source_of(
    config: Config, base: Path | None, source: tuple[str, ...], held_by: Held | None = None
) -> tuple[Path, Callable[[str], bool] | None, str]:
    """(root of the mirror, which pages to read, the source's name in reports). Raises SourceError."""
    if not source:
        root = (base or Path()) / config.mirror.root
        return root, None, str(root)
    places = [place_of(name) for name in source]
    root = root_of(places[0], config, base, held_by) if len(places) == 1 else _common(places, config, base)
    same = len(places) == 1 and not places[0].is_file and places[0].path.resolve() == root.resolve()
    return root, None if same else among(places, root), ", ".join(source)


def among(places: Sequence[Place], root: Path) -> Callable[[str], bool]:
    """A test whether a page is one of these places, or is in one of these folders."""
    names = {inside(root, place.path) or "" for place in places}
    folders = tuple(
        name + "/" if name else "" for place in places if not place.is_file for name in [inside(root, place.path) or ""]
    )
    return lambda name: name in names or (bool(folders) and name.startswith(folders))


def _common(places: Sequence[Place], config: Config, base: Path | None) -> Path:
    """The mirror that contains several places. Raises SourceError if only some of them are in an archive."""
    root = root_of(places[0], config, base)
    if all(inside(root, place.path) is not None for place in places):
        return root
    held = {each[0] for place in places if (each := archive_in(place.path))}
    if len(held) == 1 and all(archive_in(place.path) for place in places):
        return held.pop()
    if held:
        raise SourceError("an archive is a mirror of its own; check it in a run of its own")
    folders = [place.path.resolve().parent if place.is_file else place.path.resolve() for place in places]
    return Path(os.path.commonpath(folders))
