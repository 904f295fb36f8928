"""What a change can break: the pages that it touched, and every reference to what it removed, anywhere.

https://git-scm.com/docs/git-diff: as a pull request shows it, from the last commit that both sides have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from checker.mirror import git
from checker.mirror.folder import kind_of
from checker.model import Finding, SourceError
from checker.sweep import FRAGMENTED, Context, ids


class Since(NamedTuple):
    """A change, by names of files of the mirror."""

    touched: frozenset[str]  # files that are new or otherwise
    gone: frozenset[str]
    lost: Mapping[str, frozenset[str]]  # page -> ids that it had and has no more

    def concerns(self, finding: Finding) -> bool:
        """Whether the change may be the reason of a finding."""
        if finding.page in self.touched:
            return True
        name, _, fragment = finding.target.partition("#")
        name = name.rstrip("/")
        if name in self.gone or any(file.startswith(name + "/") for file in self.gone if name):
            return True
        if fragment:
            return fragment in self.lost.get(name, ())
        return name in self.touched  # an asset that was spoilt


def since(context: Context, root: Path, revision: str, beside: Callable[[], git.Worktree]) -> Since:
    """What changed in a mirror, files `beside` git included, since a revision. Raises SourceError where git cannot
    tell.
    """
    try:
        clone = git.open_clone(root)
        if clone is None:
            raise SourceError(f"{root}: --changed-since needs a git repository, and git")
        changes = git.changes(root, revision, beside())
        place = root.resolve().relative_to(clone.top.resolve()).as_posix()
        prefix = "" if place == "." else place + "/"
        pages = [prefix + name for name in sorted(changes.modified) if kind_of(name) in FRAGMENTED]
        lost = {}
        for path, before in git.blobs(clone, changes.commit, pages, context.max_bytes):
            name = path[len(prefix) :]
            if before is not None:
                lost[name] = frozenset(ids(context, name, before) - ids(context, name))
    except git.UnknownRef as error:
        raise SourceError(
            f"{root}: this clone does not hold {revision!r} (a shallow one? `git fetch` it, or clone with more depth)"
        ) from error
    return Since(changes.added | changes.modified, changes.gone, {name: few for name, few in lost.items() if few})
