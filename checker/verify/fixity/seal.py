"""`mirrorcheck seal`: what a folder's files hold now, recorded; and how it differs from what was recorded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from checker import disk
from checker.model import ConfigError, SourceError
from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sources.named import open_source
from checker.sweep import executor
from checker.verify.fixity import manifest as sums
from checker.verify.fixity.digests import Difference, DifferenceKind, Files, Record, Sums, digests, unread
from checker.verify.fixity.manifest import Manifest

_BATCH = 256  # files a task at most: hashing a small one takes no longer than telling a worker its name
_PATIENCE = 86_400.0  # seconds: a file that takes hours is only large
_MANY = 64_000_000  # bytes, from which a few files are worth processes too
_FEW = 300  # files, up to which their size is asked for


class Sealing(NamedTuple):
    """What sealing a folder accepts, or would."""

    manifest: Path
    files: int
    differences: tuple[Difference, ...]
    recorded: bool  # a manifest was there
    written: bool


def seal(root: Path, setting: str, jobs: int, *, accept: bool) -> Sealing:
    """Write the manifest of a folder. Over one that differs only if `accept`; never over one that cannot be read.

    Raises SourceError for what cannot be read, ConfigError for a manifest of another kind, ReportError.
    """
    index = open_source(root)
    if index.root is None:
        raise SourceError(
            f"{root}: an archive is not sealed: unpack it and seal the folder, or record its own sum with sha256sum"
        )
    manifest = _manifest(index, setting)
    disk.refuse_foreign([manifest.path], root, "name another manifest in [assets] manifest")
    for problem in index.problems:
        if problem.rule == Code.LOCAL_UNREADABLE:  # sealed without it, it would be lost unnoticed
            raise SourceError(f"{index.shown(problem.path)}: {problem.message}; nothing is sealed")
    recorded = os.path.lexists(manifest.path)
    record = Record(manifest, index) if recorded else None
    files = [name for name in index.files if manifest.covers(name)]
    now = Sums(index.size, manifest.algorithm)

    async def run() -> dict[str, str]:
        with executor.start(Files(index), _work(index, files), jobs) as running:
            return await hashed(running, index, files, now)

    for name, message in sorted(asyncio.run(run()).items()):
        raise SourceError(f"{index.shown(name)}: {message}; nothing is sealed")
    differences = tuple(record.differences(now, {})) if record else ()
    written = record is None or bool(differences and accept)
    if written:
        sums.write(manifest.path, ((name, now.of(index.files[name])) for name in files))
    return Sealing(manifest.path, len(files), differences, recorded, written)


async def hashed(running: executor.Engine, index: Source, files: Sequence[str], now: Sums) -> dict[str, str]:
    """Hash files into `now`; those that cannot be read, and why."""
    unreadable = {}
    size = max(1, min(_BATCH, len(files) // 32))
    mapped = running.map(digests, files, now.algorithm, lost=unread, patience=_PATIENCE, size=size)
    async for batch in mapped:
        for name, read in batch:
            if isinstance(read, bytes):
                now[index.files[name]] = read
            else:
                unreadable[name] = read
    return unreadable


async def compared(
    running: executor.Engine, index: Source, manifest: Manifest, only: Callable[[str], bool] | None, *, found: bool
) -> list[Difference]:
    """How a folder, or `only` some files of it, differ from its manifest. Raises ManifestError.

    One that was `found` and not named may list downloads only: then no other file is missed in it.
    """
    record = Record(manifest, index, only or (lambda _name: True))
    now = Sums(index.size, manifest.algorithm)
    unreadable = await hashed(running, index, record.to_hash(), now)
    quiet = found and record.partial
    return [each for each in record.differences(now, unreadable) if not quiet or each.kind is not DifferenceKind.ADDED]


def _manifest(index: Source, setting: str) -> Manifest:
    manifest = sums.find(index, sums.NAME if setting in {"", "auto"} else setting)
    if manifest is None or manifest.bag or manifest.algorithm != "sha256":
        raise ConfigError(f"[assets] manifest = {setting!r}: seal writes SHA-256 sums as sha256sum does, and no others")
    return manifest


def _work(index: Source, files: Sequence[str]) -> int:
    """How many pages' worth of work: a few large files are worth processes too."""
    if len(files) > _FEW or sum(index.sizes(files).values()) < _MANY:
        return len(files)
    return _FEW + 1
