"""A folder as a source. Its files are listed once; later, a name is looked up in the list without a system call."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from checker.model import SourceError
from checker.rules.codes import Code
from checker.sources.base import SKIPPED, UNREAD, Problem, Source, Stamp, no_such
from checker.sources.index import Gathered

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 16  # bytes; most files have less
_LARGE_BLOCK = 1 << 20  # bytes of all blocks but the first
_BITS = (1 << 64) - 1  # of a time: there are files from before 1970
_MAPPED = 1 << 20  # bytes; a larger file is mapped into memory instead of read


class Folder(Source):
    """The files below a folder on this machine. Symbolic links are not followed while listing."""

    __slots__ = ("_above",)

    def __init__(self, root: Path) -> None:
        """List the folder. Raises SourceError if it cannot be read."""
        problems: list[Problem] = []
        links: dict[str, str] = {}
        names, folders = _walk(root, links, problems)
        super().__init__(root, names, folders, links, problems, root=root)
        self._above = os.path.join(root, "")  # noqa: PTH118

    def path(self, name: str) -> str:
        """Where a file is on this machine."""
        return f"{self._above}{name}"  # called for each file; to join paths takes ten times as long

    shown = path

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a file."""
        if name not in self.files:
            raise no_such(name)
        file = os.open(f"{self._above}{name}", _READ)  # the hot path: no file object, and one call for most pages
        try:
            data = os.read(file, min(_BLOCK, limit))
            if len(data) < _BLOCK:
                return data
            data += os.read(file, min(max(os.fstat(file).st_size - _BLOCK, 0) + 1, limit - _BLOCK))
            while len(data) < limit and (more := os.read(file, min(_LARGE_BLOCK, limit - len(data)))):
                data += more
        finally:
            os.close(file)
        return data

    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of a file."""
        if name not in self.files:
            raise no_such(name)
        file = os.open(f"{self._above}{name}", _READ)  # a file object takes as long to make as a small file to hash
        try:
            block = os.read(file, _BLOCK)
            while block:
                yield block
                if len(block) < _BLOCK:
                    break
                block = os.read(file, _LARGE_BLOCK)
        finally:
            os.close(file)

    def whole(self, name: str) -> bytes | mmap:
        """All bytes of a file; a large file is mapped into memory."""
        if name not in self.files:
            raise no_such(name)
        file = os.open(f"{self._above}{name}", _READ)  # a file object costs as much as the system's own calls
        try:
            data = os.read(file, _BLOCK)
            if len(data) == _BLOCK:  # a smaller file needs no large buffer
                data += os.read(file, _MAPPED - _BLOCK)
            return data if len(data) < _MAPPED else mmap(file, 0, access=ACCESS_READ)
        finally:
            os.close(file)

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """Size in bytes, and mtime and ctime in nanoseconds, as in git's index."""
        found = {}
        for name in names:
            try:
                status = os.stat(f"{self._above}{name}")  # noqa: PTH116 - a hundred thousand times
            except OSError:
                continue
            found[name] = (status.st_size, status.st_mtime_ns & _BITS, status.st_ctime_ns & _BITS)
        return found

    def stamped(self, names: Iterable[str]) -> array[int]:
        """The same, one after the other; three zeros for a file that is unreadable."""
        found = array("Q")
        add, above = found.extend, self._above
        for name in names:
            try:
                status = os.stat(f"{above}{name}")  # noqa: PTH116 - a hundred thousand times
            except OSError:
                add(UNREAD)
            else:
                add((status.st_size, status.st_mtime_ns & _BITS, status.st_ctime_ns & _BITS))
        return found

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Files with their sizes in bytes; of several hard links to one file, only the first is listed."""
        linked: set[tuple[int, int]] = set()
        for name in names:
            try:
                status = os.stat(f"{self._above}{name}", follow_symlinks=False)  # noqa: PTH116 - the paths are strings
            except OSError:
                continue
            if status.st_nlink > 1:
                file = status.st_dev, status.st_ino
                if file in linked:
                    continue
                linked.add(file)
            yield name, status.st_size


def _walk(root: Path, links: dict[str, str], problems: list[Problem]) -> tuple[Gathered, set[str]]:
    names = Gathered()
    folders = {""}
    top = os.path.realpath(root)
    waiting = [("", os.fspath(root))]
    while waiting:
        prefix, folder = waiting.pop()
        inside, below = [], []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):  # most are
                        inside.append(entry.name)
                        continue
                    name = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in SKIPPED:
                            folders.add(name)
                            below.append((name + "/", entry.path))
                    elif entry.is_symlink():
                        _follow(entry.path, name, top, links, problems)
        except OSError as error:
            if not prefix:
                raise SourceError(f"{root}: cannot be read: {error.strerror}") from error
            message = f"the folder cannot be read: {error.strerror}"
            problems.append(Problem(prefix.rstrip("/"), Code.LOCAL_UNREADABLE, message))
        inside.sort()  # short names, folder by folder: then there is little to do to sort all paths
        names.add([prefix + name for name in inside])
        waiting += sorted(below, reverse=True)
    return names, folders


def _follow(path: str, name: str, top: str, links: dict[str, str], problems: list[Problem]) -> None:
    """A symbolic link: another name of something inside the mirror, or a problem."""
    real = os.path.realpath(path)
    if real != top and not real.startswith(top + os.sep):
        problems.append(Problem(name, Code.LOCAL_BAD_SYMLINK, "the symbolic link leaves the mirror"))
    elif not os.path.exists(real):  # noqa: PTH110 - Path raises for a loop
        problems.append(Problem(name, Code.LOCAL_BAD_SYMLINK, "the symbolic link dangles or loops"))
    else:
        links[name] = os.path.relpath(real, top).replace(os.sep, "/") if real != top else ""
