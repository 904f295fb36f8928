"""What git knows of the clone a mirror lies in: its remotes, its refs, and the files of refs not checked out."""

from checker.mirror.git.checkout import (
    Changes,
    Comparison,
    Recorded,
    Worktree,
    as_recorded,
    changes,
    compare,
    filters,
    recorded,
    worktree,
)
from checker.mirror.git.clone import Clone, open_clone, tracked
from checker.mirror.git.objects import UnknownRef, blobs, contents, existing
from checker.mirror.git.process import GitError

__all__ = [
    "Changes",
    "Clone",
    "Comparison",
    "GitError",
    "Recorded",
    "UnknownRef",
    "Worktree",
    "as_recorded",
    "blobs",
    "changes",
    "compare",
    "contents",
    "existing",
    "filters",
    "open_clone",
    "recorded",
    "tracked",
    "worktree",
]
