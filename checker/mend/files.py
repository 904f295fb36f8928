"""Writes mended pages in place of the old ones, and tells where git could not give the old ones back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from checker import disk
from checker.mend.plan import Change
from checker.mirror import git
from checker.model import ReportError, SourceError


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
