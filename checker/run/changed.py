"""What changed since a revision, according to git."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath

from checker.judge.change import Change
from checker.kinds import WITH_IDS, kind_of
from checker.mirror import git
from checker.model import SourceError
from checker.sources.address import Address, Root
from checker.sweep.facts import Context
from checker.sweep.page import ids


def asked(root: Path, revision: str) -> Callable[[], git.Changes]:
    """Ask git in a thread what changed since a revision. The returned function waits for the answer; it raises the
    errors of git.compare.
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
    context: Context, clone: git.Clone | None, root: Root, revision: str, answer: Callable[[], git.Changes]
) -> Change:
    """What changed in a mirror, by git's answer. Raises SourceError if git cannot tell."""
    if clone is None or isinstance(root, Address):
        raise SourceError(f"{root}: --changed-since needs a git repository, and git")
    try:
        changes = answer()
        place = root.resolve().relative_to(clone.top.resolve()).as_posix()
        prefix = "" if place == "." else place + "/"
        pages = [prefix + name for name in sorted(changes.modified) if kind_of(name) in WITH_IDS]
        lost = {}
        for path, before in git.blobs(clone, changes.commit, pages, context.max_bytes):
            name = path[len(prefix) :]
            if before is not None:
                lost[name] = frozenset(ids(context, name, before) - ids(context, name))
    except git.UnknownRef as error:
        raise SourceError(
            f"{root}: this clone does not have {revision!r} (if it is shallow, `git fetch` it or clone with more depth)"
        ) from error
    emptied = {str(folder) for name in changes.gone for folder in PurePosixPath(name).parents} - {"."}
    touched = changes.added | changes.modified
    return Change(touched, changes.gone, {name: few for name, few in lost.items() if few}, frozenset(emptied))
