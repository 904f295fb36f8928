"""Files that mirrorcheck writes: whole or not at all, and never through a link that came with a mirror."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import IO, TextIO

from checker.model import ConfigError

_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # without it, opening a pipe waits for a writer
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

# The folder takes no new file, or the file cannot be replaced: it may be mounted, or belong to another user.
_IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV})

_STREAMS = frozenset({("dev", "stdout"), ("dev", "stderr"), ("dev", "fd")})


class ForeignError(ConfigError):
    """A file of ours should be written where something lies that may have come with the mirror."""


def refuse_foreign(paths: Iterable[Path], root: Path, instead: str) -> None:
    """Raise ForeignError if writing one of these files would leave `root`, wait, or change a file of another name.

    No folder on the way from `root` to a file may be a symbolic link; the file must be missing, or be a regular file
    without a second name. Files outside `root` were named by the user, and are not examined. `instead` says what the
    user can do other than removing the file.
    """
    for path in paths:
        places = _steps(path, root)
        for place in places:
            fault = _fault(place, last=place == places[-1])
            if fault:
                raise ForeignError(
                    f"{place}: {fault}, which may have come with the mirror: nothing is written there;"
                    f" remove it, or {instead}"
                )


def _steps(path: Path, root: Path) -> list[Path]:
    """The folders from below `root` down to a file, and the file; empty if it lies elsewhere."""
    try:
        parts = path.absolute().relative_to(root.absolute()).parts
    except ValueError:
        return []
    places = list(accumulate(parts, Path.joinpath, initial=root))[1:]
    return [] if os.path.relpath(path, root).startswith(os.pardir + os.sep) else places


def _fault(place: Path, *, last: bool) -> str:
    try:
        status = place.lstat()
    except OSError:
        return ""  # it does not exist yet; opening it reports any other fault
    if stat.S_ISLNK(status.st_mode):
        return "a symbolic link"
    if not last:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    return "a hard link to a file that has another name too" if status.st_nlink > 1 else ""


def reading(path: Path) -> IO[bytes]:
    """Open a file that may have come with the mirror.

    Raises OSError, also for anything but a regular file, such as a pipe that nobody writes to.
    """
    number = os.open(path, os.O_RDONLY | _NO_WAIT | _BINARY)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return os.fdopen(number, "rb")


def open_own(path: Path) -> TextIO:
    """Open a file of ours to read and write; create it if it is missing. Raises OSError, also for a link or a pipe."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | _NO_WAIT | _BINARY | _NO_LINK, 0o666)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return os.fdopen(number, "r+", encoding="utf-8")


@contextmanager
def whole(path: Path, *, named: bool = False, lasting: bool = True) -> Iterator[TextIO]:
    """Open a file to write as UTF-8 (or as bytes, to its `buffer`). An old file stays until the new one is complete.

    The new file has the permissions, and if possible the owner, of the file that it replaces. `named`: the user named
    the file; then a link is followed, and a device, a pipe or a file that cannot be replaced is written in place.
    `lasting`: the file must survive a crash of the machine. Raises OSError; then nothing has changed.
    """
    if named and _is_stream(path):
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path)) if named else path
    before = _regular(target)
    beside = target.with_name(f".mirrorcheck-{os.urandom(8).hex()}")
    try:
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    except OSError as error:
        if not (named and before and error.errno in _IN_PLACE):
            raise
        with target.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        return
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as stream:
            if before:
                _take_over(number, before)
            yield stream
            stream.flush()
            if lasting:
                os.fsync(number)
        try:
            beside.replace(target)
        except OSError as error:
            if not (named and before and error.errno in _IN_PLACE):
                raise
            from shutil import copyfile  # loads every kind of compression

            copyfile(beside, target)
            beside.unlink()
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _is_stream(path: Path) -> bool:
    """Whether a name stands for an open stream (`/dev/stdout`, `/dev/fd/3`), a device or a pipe."""
    if path.absolute().parts[1:2] == ("proc",) or path.absolute().parts[1:3] in _STREAMS:
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _regular(path: Path) -> os.stat_result | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _take_over(number: int, before: os.stat_result) -> None:
    """Give an open file the owner and the permissions of another."""
    if not hasattr(os, "fchown"):  # Windows
        return
    now = os.fstat(number)
    with suppress(OSError):
        if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
            os.fchown(number, before.st_uid, before.st_gid)
        os.fchmod(number, stat.S_IMODE(before.st_mode) & 0o777)


_ZIP = (b"PK\3\4", b"PK\5\6")  # the first bytes of an archive, and of one without members


def archive_in(path: Path) -> tuple[Path, str] | None:
    """The ZIP archive that a path leads to or through, and the rest of the path; None if it has no archive."""
    for place in (path, *path.parents):
        try:
            if not stat.S_ISREG(place.stat().st_mode):
                return None
            if place.suffix.lower() != ".zip" and not _begins(place, _ZIP):
                return None
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
        rest = path.relative_to(place).as_posix()
        return place, "" if rest == "." else rest
    return None


def _begins(path: Path, marks: tuple[bytes, ...]) -> bool:
    with reading(path) as file:
        return file.read(max(map(len, marks))).startswith(marks)


def folder_of(root: Path) -> Path:
    """The folder that a mirror's own files belong in: the mirror itself, or the folder that its archive lies in."""
    held = archive_in(root)
    return held[0].parent if held else root


def inside(root: Path, path: Path) -> str | None:
    """A path's name relative to the root, or None if it lies outside, or in an archive below the root."""
    held, around = archive_in(path), archive_in(root)
    if held and (around is None or held[0].resolve() != around[0].resolve()):
        return None
    try:
        name = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None
    return "" if name == "." else posixpath.normpath(name)
