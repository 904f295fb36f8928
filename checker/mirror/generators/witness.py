"""What was built of a site's sources, where it is at hand: it settles what only the generator could tell."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from checker.mirror import git
from checker.mirror.generators.row import Generator
from checker.sources.base import Source

_BRANCHES = ("gh-pages", "asf-site")  # of GitHub Pages and of Apache's, which hold nothing but a built site
_ROOTS = ("", "output/", "content/")  # where in such a branch it is
_INDEX = "index.html"


class Witness(NamedTuple):
    """The names of a built site, relative to its root."""

    where: str  # in messages
    files: Mapping[str, int]
    folders: AbstractSet[str]


def of(source: Source, generator: Generator, folder: str, clone: git.Clone | None) -> Witness | None:
    """The site in the folder that a generator builds into, or in the branch of a clone that is there for it."""
    if built := output(source, generator, folder):
        return _named(built, [name.removeprefix(built) for name in source.files if name.startswith(built)])
    branch = next((name for name in _BRANCHES if name in clone.refs), "") if clone and not folder else ""
    if not branch or clone is None:
        return None
    try:
        names = git.listed(clone, branch)
    except (OSError, git.GitError, git.UnknownRef):
        return None
    root = next((root for root in _ROOTS if root + _INDEX in names), None)
    if root is None:
        return None
    return _named(f"the branch {branch}", [name.removeprefix(root) for name in names if name.startswith(root)])


def output(source: Source, generator: Generator, folder: str) -> str:
    """The folder that a generator has built into, with a `/` at its end; "" if there is nothing."""
    built = f"{posixpath.normpath(folder + generator.output)}/"
    return built if generator.output and built + _INDEX in source.files else ""


def _named(where: str, names: Iterable[str]) -> Witness:
    files = dict.fromkeys(names, -1)
    folders = {""}
    for name in files:
        while (name := name.rpartition("/")[0]) and name not in folders:
            folders.add(name)
    return Witness(where, files, folders)
