"""Compares the files of a work tree with git's index, and with a commit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple, cast, overload

from checker.mirror.git.clone import Clone
from checker.mirror.git.objects import UnknownRef
from checker.mirror.git.process import CHUNK, GitError, answers, encoded, run_git, running_git, text
from checker.spill import Names, Numbers


class Worktree(NamedTuple):
    """The regular files that git tracks below a folder, compared with the index, by their names relative to it."""

    same: Mapping[str, str]  # name -> blob id, of files that did not change since they were checked out
    edited: frozenset[str]
    gone: frozenset[str]


_BESIDE_INDEX = (
    ("ls-files", "-s", "-v", "-z"),
    ("diff-files", "--relative", "--name-only", "--ignore-submodules=all", "-z"),
)
_TRACKED = re.compile(r"([A-Za-z]) 100[0-7]{3} ([0-9a-f]{40,64}) 0\t(.+)", re.S)  # a file of `ls-files -s -v -z`

_OID = len("H 100644 ")  # where the id begins in such a row


def worktree(folder: Path) -> Worktree:
    """Compare files with the index: by size and times, or by their bytes if git does not compare those.

    Raises GitError if git does not answer, FileNotFoundError if there is no git.
    """
    return _worktree(folder, *answers(folder, *_BESIDE_INDEX))


def _worktree(folder: Path, listing: str, differing: str) -> Worktree:
    rows = listing.split("\0")
    end = rows[0].find(" ", _OID)  # of the ids, which are equally long
    same = {row[end + 3 :]: row[_OID:end] for row in rows if row.startswith("H 100")}  # H: there is but one version
    # git found a difference, or is configured not to compare the file
    doubtful = [("H", same.pop(name), name) for name in differing.split("\0") if name in same]
    others = [match for row in rows if row[:2] != "H " and (match := _TRACKED.fullmatch(row))]
    doubtful += [(match[1], match[2], match[3]) for match in others]
    edited, gone = set(), set()
    for tag, oid, name in doubtful:
        path = f"{folder}/{name}"
        try:
            size = os.stat(path, follow_symlinks=False).st_size  # noqa: PTH116 - for each file
            if os.path.isfile(path) and blob_id(path, size, len(oid)) == oid:  # noqa: PTH113
                same[name] = oid
            else:
                edited.add(name)
        except OSError:
            if tag.upper() != "S":  # S: a sparse checkout leaves it out
                gone.add(name)
    return Worktree(same, frozenset(edited), frozenset(gone))


class Changes(NamedTuple):
    """The differences from a commit, by names relative to a folder."""

    commit: str
    added: frozenset[str]
    modified: frozenset[str]
    gone: frozenset[str]
    files: Worktree


class Comparison(NamedTuple):
    """Git's output on a folder and a commit, not parsed yet: parsing in a thread would block the others."""

    commit: str
    listing: str
    differing: str
    named: str
    untracked: str


def compare(folder: Path, revision: str) -> Comparison:
    """Ask what changed below a folder since its history left a revision, that is, since the last common commit.

    Untracked files count as added, unless they are ignored. Raises UnknownRef if this clone does not have the revision,
    GitError if git does not answer, FileNotFoundError if there is no git.
    """
    found = run_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = text(found.stdout).strip()
    if not commit:
        raise UnknownRef(revision)
    commit = text(run_git(folder, "merge-base", commit, "HEAD").stdout).strip() or commit
    # Compare the index with the commit, and the files with the index. `git diff COMMIT` would execute filters of the
    # repository.
    compared = ("diff-index", "--cached", "--name-status", "-z", "--no-renames", "--relative", commit)
    others = ("ls-files", "-z", "--others", "--exclude-standard")
    return Comparison(commit, *answers(folder, *_BESIDE_INDEX, compared, others))


def changes(folder: Path, found: Comparison) -> Changes:
    """Parse a comparison."""
    files = _worktree(folder, found.listing, found.differing)
    rows = found.named.split("\0")
    staged: dict[str, set[str]] = {}
    for status, name in zip(rows[::2], rows[1::2], strict=False):
        staged.setdefault(status[:1], set()).add(name)
    gone = staged.get("D", set()) | files.gone
    new = {*found.untracked.split("\0")} - {""}
    added = (staged.get("A", set()) | new) - gone
    touched = staged.get("M", set()) | staged.get("T", set()) | files.edited
    return Changes(found.commit, frozenset(added), frozenset(touched - added - gone), frozenset(gone - new), files)


_UNSAVED = {"??": "unknown to git", "!!": "ignored by git"}


def unsaved(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The files, among these, whose content no commit has, each with the reason; none if there is no clone or no git.

    Raises GitError if git does not answer.
    """
    found: dict[str, str] = {}
    for inner, its in _by_clone(folder, names).items():
        found |= {f"{inner}{name}": why for name, why in _unsaved(folder / inner, its).items()}
    return found


def _by_clone(folder: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """The names of files by the clone that they are in: "", or the folder of a submodule or of a clone within."""
    found: dict[str, list[str]] = {}
    own = cache(lambda inside: os.path.lexists(folder / inside / ".git"))
    for name in names:
        inside = name.rpartition("/")[0]
        while inside and not own(inside):
            inside = inside.rpartition("/")[0]
        clone = f"{inside}/" if inside else ""
        found.setdefault(clone, []).append(name[len(clone) :])
    return found


def _unsaved(folder: Path, names: Sequence[str]) -> dict[str, str]:
    if not any(os.path.lexists(above / ".git") for above in (folder.resolve(), *folder.resolve().parents)):
        return {}
    found: dict[str, str] = {}
    for start in range(0, len(names), _AT_ONCE):
        asked = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching")
        try:
            named = names[start : start + _AT_ONCE]
            above, said = answers(folder, ("rev-parse", "--show-prefix"), ("--literal-pathspecs", *asked, "--", *named))
        except OSError:
            return {}
        prefix = above.removesuffix("\n")
        found |= {
            row[3:].removeprefix(prefix): _UNSAVED.get(row[:2], "not committed") for row in said.split("\0") if row
        }
    return found


_AT_ONCE = 500  # files that one process of git is asked about


class Recorded(NamedTuple):
    """The entry of a file in git's index, by its name relative to the folder that was asked about."""

    name: str
    oid: str
    size: int  # bytes when git last wrote or read it, modulo 2**32
    mtime: int  # nanoseconds, at that time; -1: so close to the time of the index that it proves nothing
    ctime: int  # nanoseconds


_LISTED = re.compile(  # a file of `ls-files --stage --debug -z`
    rb"(?P<mode>[0-7]{6}) (?P<oid>[0-9a-f]{40,64}) (?P<stage>[0-3])\t(?P<name>[^\0]+)\0"
    rb"  ctime: (?P<ctime>\d+:\d+)\n  mtime: (?P<mtime>\d+:\d+)\n  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n"
    rb"  size: (?P<size>\d+)\tflags: (?P<flags>[0-9a-f]+)\n"
)
_INTENDED = 1 << 29  # `git add --intent-to-add`: no content is recorded yet
_OID_DIGITS = 64  # of the longest ids
_WORDS = 3 + _OID_DIGITS // 16  # numbers of an entry
FEW = 50  # files; so few are asked for by name, which is faster than the list of a million


class Entries(Sequence[Recorded]):
    """Entries of git's index; many of them are on the disk."""

    __slots__ = ("_digits", "_names", "_numbers")

    def __init__(self) -> None:
        self._digits = 0  # of an id
        self._names = Names()
        self._numbers = Numbers()  # of each entry: size, times, id

    def add(self, entry: Recorded) -> None:
        """Add an entry, whose id is as long as those before."""
        self._digits = len(entry.oid)
        self._names.add(entry.name)
        words = (int(entry.oid[at : at + 16].ljust(16, "0"), 16) for at in range(0, _OID_DIGITS, 16))
        self._numbers.extend((entry.size, entry.mtime + 1, entry.ctime, *words))

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, at: int) -> Recorded: ...
    @overload
    def __getitem__(self, at: slice) -> list[Recorded]: ...
    def __getitem__(self, at: int | slice) -> Recorded | list[Recorded]:
        if not isinstance(at, slice):
            return self[at : at + 1][0]
        start, stop, _ = at.indices(len(self))
        numbers = iter(self._numbers[start * _WORDS : stop * _WORDS])
        return [
            Recorded(name, "".join(f"{word:016x}" for word in words)[: self._digits], size, mtime - 1, ctime)
            for name, (size, mtime, ctime, *words) in zip(
                self._names[start:stop], zip(*[numbers] * _WORDS, strict=True), strict=True
            )
        ]


def recorded(folder: Path, wanted: Callable[[str], object], few: Sequence[str] = ()) -> Entries:
    """The index entries of regular files below a folder that are wanted. If these are `few`, git is asked for them by
    name. Raises GitError.
    """
    asked = run_git(folder, "rev-parse", "--git-path", "index")
    try:
        written = (folder / text(asked.stdout).rstrip("\n")).stat().st_mtime_ns
    except OSError:
        return Entries()
    found = Entries()
    named = ("--", *few) if few else ()
    with running_git(folder, "--literal-pathspecs", "ls-files", "--stage", "--debug", "-z", *named) as process:
        listing, rest = cast("IO[bytes]", process.stdout), b""
        while chunk := listing.read(CHUNK):
            rest, at = rest + chunk, 0
            while (match := _LISTED.match(rest, at)) and match.end() > at:
                at = match.end()
                name = text(match["name"])
                regular = match["mode"].startswith(b"100") and match["stage"] == b"0"
                if regular and wanted(name) and not int(match["flags"], 16) & _INTENDED:
                    mtime = _nanoseconds(match["mtime"])
                    times = mtime if mtime < written else -1, _nanoseconds(match["ctime"])
                    found.add(Recorded(name, text(match["oid"]), int(match["size"]), *times))
            rest = rest[at:]
    if rest:
        raise GitError(f"{folder}: this version of git lists its index in an unknown form")
    return found


def _nanoseconds(time: bytes) -> int:
    seconds, _, rest = time.partition(b":")
    return int(seconds) * 1_000_000_000 + int(rest)


def blob_id(path: str, size: int, digits: int) -> str:
    """The blob id of a file's bytes, without conversions."""
    import hashlib

    digest = (hashlib.sha1 if digits == 40 else hashlib.sha256)(b"blob %d\0" % size, usedforsecurity=False)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the paths are strings
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def filters(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The filter driver, such as `lfs`, of each file that has one."""
    given = b"".join(encoded(name) + b"\0" for name in names)
    fields = text(run_git(folder, "check-attr", "-z", "--stdin", "filter", given=given).stdout).split("\0")
    rows = zip(fields[::3], fields[2::3], strict=False)
    return {name: value for name, value in rows if value not in {"unspecified", "unset"}}


def as_recorded(clone: Clone, paths: Sequence[str]) -> list[str]:
    """The ids that git would give the files now, after converting line ends and encodings by its attributes.

    The files must not have a filter driver, which would be executed. The list is shorter if a file cannot be read.
    """
    given = b"".join(_quoted(path) + b"\n" for path in paths)
    return text(run_git(clone.top, "hash-object", "--stdin-paths", given=given).stdout).split()


def _quoted(path: str) -> bytes:
    """A name quoted for git, as names with line ends must be."""
    return b'"%s"' % re.sub(rb'[\0-\x1f"\\\x7f-\xff]', lambda match: b"\\%03o" % match[0][0], encoded(path))
