"""What was built of a site's sources, where it is at hand: it settles what only the generator could tell."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from checker.mirror import git
from checker.mirror.generators.row import Generator
from checker.sources.base import Source

_BRANCH = "gh-pages"  # of GitHub Pages, which holds nothing but a built site
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
    if clone is None or _BRANCH not in clone.refs or folder:
        return None
    try:
        names = git.listed(clone, _BRANCH)
    except (OSError, git.GitError, git.UnknownRef):
        return None
    return _named(f"the branch {_BRANCH}", names) if _INDEX in names else None


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
