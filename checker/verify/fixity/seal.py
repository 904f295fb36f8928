"""`mirrorcheck seal`: records the checksums of a folder's files, and compares them with those recorded before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from checker import disk
from checker.config.schema import EngineTable
from checker.model import ConfigError, SourceError
from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sources.named import open_source
from checker.sweep import executor
from checker.verify.fixity import manifest as sums
from checker.verify.fixity.digests import Difference, DifferenceKind, Files, Record, Sums, digests, unread
from checker.verify.fixity.manifest import Manifest

_BATCH = 256  # files per task at most: a small file is hashed in the time that it takes to send its name to a worker
_PATIENCE = 86_400.0  # seconds: a file that takes hours is not stuck, only large
_MANY = 64_000_000  # bytes; with so many, a few files are worth starting processes too
_FEW = 300  # files; for so many or fewer, their sizes decide


class Sealing(NamedTuple):
    """The result of sealing a folder."""

    manifest: Path
    files: int
    differences: tuple[Difference, ...]
    recorded: bool  # there was a manifest before
    written: bool


def seal(root: Path, setting: str, engine: EngineTable, *, accept: bool) -> Sealing:
    """Write the manifest of a folder. One that differs is replaced only with `accept`, an unreadable one never.

    Raises SourceError if something cannot be read, ConfigError for a manifest of another kind, ReportError.
    """
    index = open_source(root)
    if index.root is None:
        raise SourceError(
            f"{root}: an archive cannot be sealed; unpack it and seal the folder, or record its checksum with sha256sum"
        )
    manifest = _manifest(index, setting)
    path = root / manifest.name
    disk.refuse_foreign([path], root, "name another manifest in [assets] manifest")
    for problem in index.problems:
        if problem.rule == Code.LOCAL_UNREADABLE:  # a manifest without the file would hide its loss
            raise SourceError(f"{index.shown(problem.path)}: {problem.message}; nothing is sealed")
    recorded = os.path.lexists(path)
    record = Record(manifest, index) if recorded else None
    files = [name for name in index.files if manifest.covers(name)]
    now = Sums(index.size, manifest.algorithm)

    async def run() -> dict[str, str]:
        with executor.start(Files(index), _work(index, files), engine) as running:
            return await hashed(running, index, files, now)

    for name, message in sorted(executor.finished(run()).items()):
        raise SourceError(f"{index.shown(name)}: {message}; nothing is sealed")
    differences = tuple(record.differences(now, {})) if record else ()
    written = record is None or bool(differences and accept)
    if written:
        sums.write(path, ((name, now.of(index.files[name])) for name in files))
    return Sealing(path, len(files), differences, recorded, written)


async def hashed(running: executor.Engine, index: Source, files: Sequence[str], now: Sums) -> dict[str, str]:
    """Hash files into `now`. Returns why files could not be read, by name."""
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
    """The differences of a folder, or `only` some of its files, from its manifest. Raises ManifestError.

    A manifest that was `found`, not named by the user, may list only downloads. Then other files are not reported.
    """
    record = Record(manifest, index, only or (lambda _name: True))
    now = Sums(index.size, manifest.algorithm)
    unreadable = await hashed(running, index, record.to_hash(), now)
    quiet = found and record.partial
    return [each for each in record.differences(now, unreadable) if not quiet or each.kind is not DifferenceKind.ADDED]


def _manifest(index: Source, setting: str) -> Manifest:
    manifest = sums.find(index, sums.NAME if setting in {"", "auto"} else setting)
    if manifest is None or not manifest.sealable:
        raise ConfigError(f"[assets] manifest = {setting!r}: seal writes only SHA-256 checksums in sha256sum's format")
    return manifest


def _work(index: Source, files: Sequence[str]) -> int:
    """The work in pages, for the executor: a few large files are worth starting processes too."""
    if len(files) > _FEW or sum(size for _, size in index.sizes(files)) < _MANY:
        return len(files)
    return _FEW + 1
