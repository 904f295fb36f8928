"""What a change can break: the pages that it touched, and every reference to what it removed, anywhere.

https://git-scm.com/docs/git-diff: as a pull request shows it, from the last commit that both sides have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
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

    emptied: frozenset[str]  # folders that some of what is gone was in

    def touches(self, name: str) -> bool:
        """Whether the change may have broken what refers to a name."""
        name = name.rstrip("/")
        return name in self.gone or name in self.emptied or name in self.touched

    def concerns(self, finding: Finding) -> bool:
        """Whether the change may be the reason of a finding."""
        if finding.page in self.touched:
            return True
        name, _, fragment = finding.target.partition("#")
        if fragment and (name := name.rstrip("/")) in self.touched:
            return fragment in self.lost.get(name, ())
        return self.touches(name)


def asked(root: Path, revision: str) -> Callable[[], git.Changes]:
    """Ask git what changed since a revision, while others work. The result waits for the answer, and raises what
    git.compare raises.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    compared = pool.submit(git.compare, root, revision)

    @cache
    def answer() -> git.Changes:
        pool.shutdown()  # threads and forks do not mix
        return git.changes(root, compared.result())

    return answer


def since(
    context: Context, clone: git.Clone | None, root: Path, revision: str, answer: Callable[[], git.Changes]
) -> Since:
    """What changed in a mirror, by git's answer. Raises SourceError where git cannot tell."""
    if clone is None:
        raise SourceError(f"{root}: --changed-since needs a git repository, and git")
    try:
        changes = answer()
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
    emptied = {str(folder) for name in changes.gone for folder in PurePosixPath(name).parents} - {"."}
    touched = changes.added | changes.modified
    return Since(touched, changes.gone, {name: few for name, few in lost.items() if few}, frozenset(emptied))
