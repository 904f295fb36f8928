"""Writes mended pages in place of the old ones, and tells where git could not give the old ones back."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from checker import disk
from checker.mend.plan import Change
from checker.mirror import git
from checker.model import ReportError, SourceError
from checker.sources.named import open_source
from checker.verify.fixity import manifest as sums
from checker.verify.fixity.manifest import Manifest, ManifestError


def refuse_unsaved(root: Path, changes: Sequence[Change]) -> None:
    """Raise SourceError if a page has changes that are not committed, or is in a clone whose git does not know it."""
    unsaved = git.unsaved(root, [change.page for change in changes])
    if unsaved:
        named = ", ".join(f"{page} ({why})" for page, why in list(unsaved.items())[:_NAMED])
        more = f" and {len(unsaved) - _NAMED:,} more" if len(unsaved) > _NAMED else ""
        raise SourceError(f"git could not give back {named}{more}: nothing was written; commit first, or use --force")


_NAMED = 5  # pages that a message names


def write(root: Path, changes: Iterable[Change]) -> None:
    """Write pages, each whole or not at all, with the permissions that they have. Raises ReportError."""
    for change in changes:
        path = root / change.page
        try:
            with disk.reading(path) as file:
                if file.read() != change.before:
                    raise ReportError(f"{path}: it was changed meanwhile; nothing is written to it")
            with disk.whole(path) as new:
                new.buffer.write(change.after)
        except OSError as error:
            raise ReportError(f"{path}: cannot be written: {error.strerror}") from error


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
