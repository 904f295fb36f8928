"""A folder: the index of its files, made once. Every later question about a name is a look-up, not a system call."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from checker.model import SourceError
from checker.rules.codes import Code

_SKIPPED = frozenset({".git", ".hg", ".svn", ".mirrorcheck"})  # a tool's own store, never published

_LINKS_IN_A_ROW = 40  # symbolic links through symbolic links that are followed, as by the kernel


class Problem(NamedTuple):
    """What is wrong with a file as such, whoever refers to it."""

    path: str
    rule: str
    message: str


class Index:
    """The files and folders under `root`, by their names relative to it, `/`-separated.

    A name that is not UTF-8 holds lone surrogates (PEP 383). A symbolic link that stays inside is in `links`, another
    name of what it leads to, and is not walked; one that leaves, dangles or loops is among the `problems`.
    """

    __slots__ = ("_above", "_folded", "files", "folders", "links", "problems", "root", "size")

    def __init__(self, root: Path) -> None:
        """Walk the folder. Raises SourceError where it cannot be read."""
        self.root = root
        self._above = os.path.join(root, "")  # noqa: PTH118
        self.problems: list[Problem] = []
        self.links: dict[str, str] = {}
        self._folded: tuple[dict[str, str], dict[str, list[str]]] | None = None
        names, self.folders = _walk(root, self.links, self.problems)
        names.sort()
        self.files: dict[str, int] = {name: number for number, name in enumerate(names)}
        self.size = len(names)  # numbers are below it

    def renumber(self, before: Sequence[str]) -> None:
        """Give files the numbers they had in a list from before; "" and what is gone leave gaps."""
        numbers = dict(zip(before, range(len(before)), strict=True))
        added = self.files.keys() - numbers.keys()
        self.size = len(before) + len(added)
        numbers |= zip(sorted(added), range(len(before), self.size), strict=True)
        self.files = dict(zip(self.files, map(numbers.__getitem__, self.files), strict=True))

    def path(self, name: str) -> str:
        """Where a file is on this machine."""
        return f"{self._above}{name}"  # joined as a path it takes ten times as long, and is asked for each file

    def real(self, name: str) -> str:
        """The name of the file or folder that a name leads to through symbolic links; the name itself without any."""
        for _ in range(_LINKS_IN_A_ROW if self.links else 0):
            parts = name.split("/")
            for end in range(1, len(parts) + 1):
                target = self.links.get("/".join(parts[:end]))
                if target is not None:
                    name = "/".join((target, *parts[end:])) if target else "/".join(parts[end:])
                    break
            else:
                break
        return name

    def alike(self, name: str) -> list[str]:
        """Names that differ from this one only by case or Unicode form, folders among them."""
        last, several = self._folds()
        form = fold(name)
        return [other for other in several.get(form, (last.get(form, name),)) if other != name]

    def collisions(self) -> Iterator[list[str]]:
        """Groups of names that a disk blind to case or Unicode form cannot hold side by side."""
        return iter(self._folds()[1].values())

    def _folds(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The last name of each form, and all names of the forms that have several."""
        if self._folded is None:
            names = [*self.files, *sorted(self.folders)]
            forms = fold("\0".join(names)).split("\0")  # all at once
            last = dict(zip(forms, names, strict=True))
            several: dict[str, list[str]] = {}
            if len(last) < len(names):
                for form, name in zip(forms, names, strict=True):
                    if last[form] != name:
                        several.setdefault(form, [last[form]]).insert(-1, name)
            self._folded = last, several
        return self._folded


def fold(name: str) -> str:
    """The form under which names collide on disks that ignore case and Unicode form: the canonical caseless match."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _walk(root: Path, links: dict[str, str], problems: list[Problem]) -> tuple[list[str], set[str]]:
    names: list[str] = []
    folders = {""}
    top = os.path.realpath(root)
    waiting = [("", os.fspath(root))]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if entry.is_file(follow_symlinks=False):  # most are
                        names.append(name)
                    elif entry.is_dir(follow_symlinks=False):
                        if entry.name not in _SKIPPED:
                            folders.add(name)
                            waiting.append((name + "/", entry.path))
                    elif entry.is_symlink():
                        _follow(entry.path, name, top, links, problems)
        except OSError as error:
            if not prefix:
                raise SourceError(f"{root}: cannot be read: {error.strerror}") from error
            message = f"the folder cannot be read: {error.strerror}"
            problems.append(Problem(prefix.rstrip("/"), Code.LOCAL_UNREADABLE, message))
    return names, folders


def _follow(path: str, name: str, top: str, links: dict[str, str], problems: list[Problem]) -> None:
    """A symbolic link: another name of something inside the mirror, or a problem."""
    real = os.path.realpath(path)
    if real != top and not real.startswith(top + os.sep):
        problems.append(Problem(name, Code.LOCAL_BAD_SYMLINK, "the symbolic link leaves the mirror"))
    elif not os.path.exists(real):  # noqa: PTH110 - of a loop too, where Path raises
        problems.append(Problem(name, Code.LOCAL_BAD_SYMLINK, "the symbolic link dangles or loops"))
    else:
        links[name] = os.path.relpath(real, top).replace(os.sep, "/") if real != top else ""
