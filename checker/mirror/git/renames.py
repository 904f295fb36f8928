"""Where the files of a clone are now that it no longer has under their old names, as its history tells."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple, cast

from checker.mirror.git.process import CHUNK, run_git, running_git, text

_MOST = 200  # files that are looked for: each deletion in the history is looked at on its own


class Renamed(NamedTuple):
    """The new name of a file, and whether it has the bytes that it had under the old name."""

    name: str
    same: bool


class _Deletion(NamedTuple):
    commit: str
    oid: str  # of the last content


def renamed(folder: Path, names: Collection[str], files: Collection[str]) -> Mapping[str, Renamed]:
    """The new names of files that are gone, relative to a folder; only those that git can tell without a doubt.

    `files`: what is in the folder now. A file whose last content is there under one other name has that one; else the
    renames of the commit that removed it are asked for. Nothing is found in a shallow clone. Raises GitError.
    """
    deletions = _deletions(folder, sorted(names)[:_MOST])
    by_oid: dict[str, list[str]] = {}
    if deletions:
        for row in text(run_git(folder, "ls-files", "-s", "-z").stdout).split("\0")[:-1]:
            head, _, name = row.partition("\t")
            by_oid.setdefault(head.split()[1], []).append(name)
    found: dict[str, Renamed] = {}
    for name, deletion in deletions.items():
        same = [other for other in by_oid.get(deletion.oid, ()) if other in files]
        if len(same) == 1:
            found[name] = Renamed(same[0], True)
    commits = {deletion.commit for name, deletion in deletions.items() if name not in found}
    renames = {commit: _renames(folder, commit) for commit in sorted(commits)}
    for name, deletion in deletions.items():
        if name not in found and (new := renames[deletion.commit].get(name)) in files and new is not None:
            found[name] = Renamed(new, False)
    return found


def _deletions(folder: Path, names: list[str]) -> dict[str, _Deletion]:
    """The last deletion of each file in the history of the checked-out commit."""
    found: dict[str, _Deletion] = {}
    if not names:
        return found
    asked = ("log", "--format=%x01%H", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=D", "--relative", "-z")
    with running_git(folder, "--literal-pathspecs", *asked, "--", *names) as process:
        wanted, commit, before = set(names), "", ""
        for part in _parts(cast("IO[bytes]", process.stdout)):
            if part.startswith("\1"):
                commit = part[1:].strip()
            elif part.lstrip("\n").startswith(":"):
                before = part.split()[2]
            elif part in wanted:
                found.setdefault(part, _Deletion(commit, before))
                wanted.discard(part)
                if not wanted:
                    break
    return found


def _parts(output: IO[bytes]) -> Iterator[str]:
    """The parts of git's output, each ended by a NUL, as they come."""
    rest = b""
    while chunk := os.read(output.fileno(), CHUNK):
        *parts, rest = (rest + chunk).split(b"\0")
        yield from map(text, parts)


def _renames(folder: Path, commit: str) -> dict[str, str]:
    """The renames of a commit: old name -> new name."""
    asked = ("diff-tree", "-r", "-M", "--diff-filter=R", "--name-status", "--relative", "--no-commit-id", "-z", commit)
    rows = text(run_git(folder, *asked).stdout).split("\0")
    return dict(zip(rows[1::3], rows[2::3], strict=False))
