"""Writes mended pages in place of the old ones, and tells where git could not give the old ones back."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from checker import disk
from checker.mend.plan import Change
from checker.mirror import git
from checker.model import ReportError, SourceError
from checker.sources.named import open_source
from checker.verify.fixity import manifest as sums
from checker.verify.fixity.manifest import Manifest, ManifestError
from checker.words import counted


def refuse(root: Path, changes: Sequence[Change]) -> None:
    """Raise SourceError if a page has changes that are not committed, is in a clone whose git does not know it, or may
    not be written.
    """
    unsaved = git.unsaved(root, [change.page for change in changes])
    if unsaved:
        named = _listed([f"{page} ({why})" for page, why in unsaved.items()])
        raise SourceError(f"git could not give back {named}: nothing was written; commit first, or use --force")
    guarded = [change.page for change in changes if not _may_be_written(root / change.page)]
    if guarded:
        raise SourceError(f"{_listed(guarded)}: read-only; nothing was written; change the mode, or use --force")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _may_be_written(path: Path) -> bool:
    """Whether a file's mode lets anyone write it. The administrator may write all files, whatever is meant by it."""
    try:
        return bool(path.stat().st_mode & 0o222)
    except OSError:
        return True  # to write it will tell why not


_NAMED = 5  # pages that a message names


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write pages, each whole or not at all, with the permissions that they have.

    Raises ReportError; then nothing is written, unless the disk fails or a page changes in the midst of it.
    """
    for change in changes:
        _refuse_changed(root, change)
    for number, change in enumerate(changes):
        path = root / change.page
        _refuse_changed(root, change)
        try:
            with disk.whole(path) as new:
                new.buffer.write(change.after)
        except OSError as error:
            written = f"; {counted(number, 'page')} written before" if number else ""
            raise ReportError(f"{path}: cannot be written: {error.strerror}{written}") from error


def _refuse_changed(root: Path, change: Change) -> None:
    path = root / change.page
    try:
        with disk.reading(path) as file:
            same = file.read() == change.before
    except OSError as error:
        raise ReportError(f"{path}: cannot be read again: {error.strerror}; nothing is written to it") from error
    if not same:
        raise ReportError(f"{path}: it was changed meanwhile; nothing is written to it; run fix again")


def listed(root: Path, setting: str, pages: Container[str]) -> tuple[Manifest, int] | None:
    """The mirror's manifest of checksums, and how many of these pages it lists; None if it lists none of them.

    `setting`: its name, "auto", or "" for no manifest.
    """
    names = open_source(root)
    manifest = sums.find(names, setting)
    try:
        number = sum(entry.name in pages for entry in sums.entries(manifest, names)) if manifest else 0
    except ManifestError:
        return None  # a finding of its own
    return (manifest, number) if manifest and number else None
