"""Compares the files of a clone with the versions in git, and distinguishes bit rot from an edit.

`git status` trusts a file's size and time, and so does not see a change that keeps both. Here the bytes are read.
Conversions that git makes on checkout (line ends, encodings, Git LFS) do not count as changes. No program that the
repository configures is executed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from checker.mirror import git
from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sweep import executor
from checker.verify.containers.flaw import Flaw
from checker.verify.fixity.digests import Altered, Sums, blobs
from checker.verify.fixity.seal import hashed

_POINTER = re.compile(rb"version https://[^\n]+/spec/v1\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n")
_LARGEST_POINTER = 1024  # bytes, by its specification


async def flaws(running: executor.Engine, index: Source, clone: git.Clone, names: Sequence[str]) -> dict[str, Flaw]:
    """The flaws of files that git tracks, by name. Raises GitError."""
    among = bytearray(index.size)
    for name in names:
        among[index.files[name]] = 1

    def is_wanted(name: str) -> bool:
        number = index.files.get(name)
        return number is not None and among[number] > 0

    recorded = git.recorded(_root(index), is_wanted, names if len(names) <= git.FEW else ())
    altered: list[Altered] = []
    async for batch in running.map(blobs, recorded, lost=lambda _each: None):
        altered += filter(None, batch)
    if altered:
        known = await _converted(running, index, clone, altered)
        altered = [each for each in altered if each.name not in known]
    return {each.name: _flaw(each) for each in altered if each.kept or each.binary}


def _root(index: Source) -> Path:
    """The folder of a source."""
    assert index.root is not None  # noqa: S101 - for the type checker
    return index.root


def _flaw(altered: Altered) -> Flaw:
    blob = f"the version in git (blob {altered.oid[:10]})"
    if altered.kept:
        return Flaw(Code.ASSET_ROTTEN, f"differs from {blob}, though its size and time are the same: nobody edited it")
    return Flaw(Code.ASSET_CHANGED, f"differs from {blob}: it was edited")


async def _converted(
    running: executor.Engine, index: Source, clone: git.Clone, altered: Sequence[Altered]
) -> frozenset[str]:
    """The names of files that differ, or may differ, only by the conversions of a checkout."""
    root = _root(index)
    drivers = git.filters(root, [each.name for each in altered])
    plain = [each for each in altered if each.name not in drivers]
    above = root.resolve().relative_to(clone.top.resolve())
    oids = git.as_recorded(clone, [(above / each.name).as_posix() for each in plain]) if plain else []
    same = {each.name for each, oid in zip(plain, oids, strict=False) if each.oid == oid}
    large = [each for each in altered if drivers.get(each.name) == "lfs"]
    changed = await _lfs_changed(running, index, clone, large)
    return frozenset(same | (drivers.keys() - changed))


async def _lfs_changed(
    running: executor.Engine, index: Source, clone: git.Clone, altered: Sequence[Altered]
) -> frozenset[str]:
    """The names of files that do not have the hash in their pointer of Git LFS, which is what git recorded."""
    pointers = git.contents(clone, [each.oid for each in altered], _LARGEST_POINTER) if altered else {}
    wanted = {
        each.name: bytes.fromhex(match[1].decode())
        for each in altered
        if (match := _POINTER.match(pointers.get(each.oid, b"")))
    }
    now = Sums(index.size, "sha256")
    await hashed(running, index, list(wanted), now)
    return frozenset(name for name, digest in wanted.items() if now.get(index.files[name]) not in {None, digest})
