"""Git: the remotes and refs of the clone that a mirror is in, and files on refs that are not checked out."""

from checker.mirror.git.checkout import (
    FEW,
    Changes,
    Comparison,
    Recorded,
    Worktree,
    as_recorded,
    changes,
    compare,
    filters,
    recorded,
    unsaved,
    worktree,
)
from checker.mirror.git.clone import Beside, Clone, Questions, open_clone, tracked
from checker.mirror.git.objects import UnknownRef, blobs, contents, existing, listed
from checker.mirror.git.process import GitError
from checker.mirror.git.renames import Renamed, renamed

__all__ = [
    "FEW",
    "Beside",
    "Changes",
    "Clone",
    "Comparison",
    "GitError",
    "Questions",
    "Recorded",
    "Renamed",
    "UnknownRef",
    "Worktree",
    "as_recorded",
    "blobs",
    "changes",
    "compare",
    "contents",
    "existing",
    "filters",
    "listed",
    "open_clone",
    "recorded",
    "renamed",
    "tracked",
    "unsaved",
    "worktree",
]
