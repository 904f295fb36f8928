"""Looks up files on refs that are not checked out, with one `git cat-file --batch`.

A path that a page names never reaches git's command line or its revision parser.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from checker.mirror.git.clone import Clone
from checker.mirror.git.process import CHUNK, encoded, run_git, running_git, text

if TYPE_CHECKING:
    from subprocess import Popen

_LARGEST_TREE = 256_000_000  # bytes

# https://git-scm.com/docs/git-check-ref-format
_REF = re.compile(r"(?!-)(?!.*(?:\.\.|//|@\{))[^\x00-\x20\x7f~^:?*\[\\]+")
_COMMIT = re.compile(r"[0-9A-Fa-f]{7,64}")


class UnknownRef(LookupError):  # noqa: N818
    """The ref, or an object that it needs, is not in this clone (shallow, partial, or never fetched)."""


def existing(clone: Clone, ref: str, paths: Iterable[str]) -> dict[str, str | None]:
    """The type of each path (decoded, relative to the clone's top) on a ref: `blob`, `tree`, or None: missing.

    `commit` is a submodule or a path in it, which this clone does not contain. A path with a `/` at its end
    must be a folder. A `ref` of "" or "HEAD" is the default branch. Raises UnknownRef.
    """
    with _objects(clone) as objects:
        root = objects.root(clone, ref)
        return {path: entry and entry.kind for path in paths for entry in (objects.find(root, path),)}


def listed(clone: Clone, ref: str) -> list[str]:
    """The paths of all files on a branch. Raises UnknownRef, GitError, FileNotFoundError if there is no git."""
    if _REF.fullmatch(ref):
        for kind in ("heads", *(f"remotes/{name}" for name in clone.remotes)):
            asked = run_git(clone.top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", f"refs/{kind}/{ref}", "--")
            if not asked.returncode:
                return text(asked.stdout).split("\0")[:-1]
    raise UnknownRef(ref)


def blobs(clone: Clone, ref: str, paths: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
    """Each path with the bytes of the file on a ref; None if it is missing, not a regular file, or too large.

    `limit` in bytes. Raises UnknownRef.
    """
    with _objects(clone) as objects:
        root = objects.root(clone, ref)
        for path in paths:
            entry = objects.find(root, path)
            regular = entry is not None and entry.mode.startswith(b"100")
            yield path, objects.content(entry.oid, limit) if entry and regular else None


def contents(clone: Clone, oids: Iterable[str], limit: int) -> dict[str, bytes]:
    """The bytes of objects, by id. Objects that are larger than `limit` bytes or not in this clone are left out."""
    found = {}
    with _objects(clone) as objects:
        for oid in oids:
            with suppress(UnknownRef):
                content = objects.content(oid, limit)
                if content is not None:
                    found[oid] = content
    return found


class _Entry(NamedTuple):
    mode: bytes  # octal
    oid: str

    @property
    def kind(self) -> str:
        return {b"40000": "tree", b"160000": "commit"}.get(self.mode, "blob")


class _Objects:
    """A running `git cat-file --batch`. Each request is sent after the answer to the one before was read whole."""

    def __init__(self, process: Popen[bytes]) -> None:
        self._requests, self._answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        self._trees: dict[str, dict[bytes, _Entry]] = {}

    def root(self, clone: Clone, ref: str) -> str:
        """The id of a ref's tree. Raises UnknownRef."""
        if ref in {"", "HEAD"}:
            ref = clone.default or "HEAD"
        if _REF.fullmatch(ref):
            kinds = ("heads", "tags", *(f"remotes/{name}" for name in clone.remotes))
            names = [f"refs/{kind}/{ref}" for kind in kinds]
            if ref == "HEAD" or _COMMIT.fullmatch(ref) or ref.startswith("refs/"):
                names.append(ref)
            for name in names:
                found = self._ask(f"{name}^{{tree}}") if _REF.fullmatch(name) else None
                if found is not None:
                    self._keep(*found)
                    return found[0]
        raise UnknownRef(ref)

    def find(self, root: str, path: str) -> _Entry | None:
        """The entry of a path below a tree; for a path in a submodule, the submodule's entry. Raises UnknownRef."""
        parts = path.removesuffix("/").split("/") if path else []
        entry: _Entry | None = _Entry(b"40000", root)
        for part in parts:
            if entry is None or entry.kind != "tree":
                break
            entry = self._tree(entry.oid).get(encoded(part))
        else:
            return None if entry and path.endswith("/") and entry.kind == "blob" else entry
        return entry if entry and entry.kind == "commit" else None

    def content(self, oid: str, limit: int) -> bytes | None:
        """The bytes of an object; None if there are more than `limit`. Raises UnknownRef."""
        found = self._ask(oid)
        if found is None:
            raise UnknownRef(oid)
        if found[2] <= limit:
            return self._body(found[2])
        left = found[2] + 1
        while left and (passed := self._answers.read(min(left, CHUNK))):
            left -= len(passed)
        return None

    def _tree(self, oid: str) -> dict[bytes, _Entry]:
        if oid not in self._trees:
            found = self._ask(oid)
            if found is None:
                raise UnknownRef(oid)
            self._keep(*found)
        return self._trees[oid]

    def _keep(self, oid: str, kind: str, size: int) -> None:
        if kind != "tree" or size > _LARGEST_TREE:
            raise UnknownRef(oid)
        body, entries, at = self._body(size), {}, 0
        entry = re.compile(rb"([0-7]++) ([^\0]++)\0(.{%d})" % (len(oid) // 2), re.S)
        while (match := entry.match(body, at)) and match.end() > at:
            entries[match[2]] = _Entry(match[1], match[3].hex())
            at = match.end()
        self._trees[oid] = entries

    def _ask(self, name: str) -> tuple[str, str, int] | None:
        """(id, type, size) of an object, whose body must be read next; None if it is missing, ambiguous or damaged."""
        try:
            os.write(self._requests.fileno(), encoded(name) + b"\n")
        except BrokenPipeError:
            return None
        answer = self._answers.readline().split()
        return (text(answer[0]), text(answer[1]), int(answer[2])) if len(answer) == 3 else None

    def _body(self, size: int) -> bytes:
        body = self._answers.read(size + 1)
        if len(body) <= size:
            raise UnknownRef("an object is cut short")
        return body[:-1]


@contextmanager
def _objects(clone: Clone) -> Iterator[_Objects]:
    with running_git(clone.top, "cat-file", "--batch") as process:
        yield _Objects(process)
