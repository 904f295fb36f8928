"""What git knows of the clone a mirror lies in: its remotes, its refs, and the files of refs not checked out.

A repository is as hostile as its pages: nothing in its configuration may get anything executed or fetched,
and no path that a page names ever reaches git's command line or revision parser.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from checker.model import SourceError

if TYPE_CHECKING:
    from subprocess import CompletedProcess, Popen

_PATIENCE = 60.0  # seconds; a repository can hold pipes and devices where git expects files
_LARGEST_TREE = 256_000_000  # bytes

# No hook, no file system monitor, no transport: a partial clone fetches what it misses without being asked.
_SAFE = ("--no-replace-objects", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # unlike protocol.allow, nothing in a configuration overrides it
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT = (
    "GIT_CONFIG",
    "GIT_EXEC_PATH",
    "GIT_CEILING_DIRECTORIES",
)  # GIT_DIR and its kin are set inside a hook

# https://git-scm.com/docs/git-check-ref-format
_REF = re.compile(r"(?!-)(?!.*(?:\.\.|//|@\{))[^\x00-\x20\x7f~^:?*\[\\]+")
_COMMIT = re.compile(r"[0-9A-Fa-f]{7,64}")
_HEADS = re.compile(
    r"(?P<top>.*?)\n(?P<head>[0-9a-f]{40,64})\n(?:refs/heads/(?P<branch>.+?)\n|HEAD\n)?(?:true|false)\n(?P<refs>.*)",
    re.S,
)


class GitError(SourceError):
    """git refuses to read the repository, or does not answer."""


class UnknownRef(LookupError):  # noqa: N818
    """The ref, or an object that it needs, is not in this clone (shallow, partial, or never fetched)."""


class Clone(NamedTuple):
    """A work tree and what its repository says of itself."""

    top: Path
    branch: str | None  # checked out; None: a detached HEAD, or no commit yet
    head: str | None  # the commit
    default: str | None  # the branch that an address without a ref means
    refs: frozenset[str]  # short names of branches, tags, and the remotes' branches without the remote's name
    remotes: Mapping[str, str]  # name -> URL, `insteadOf` applied
    behind: bool = False  # a detached HEAD that the default branch has gone on from

    @property
    def shown(self) -> str | None:
        """What the addresses of what is checked out name. A detached HEAD stands for the default branch unless it is
        behind: a CI job has what is proposed for that branch checked out so.
        """
        return self.branch or (self.head if self.behind else self.default)


def open_clone(folder: Path) -> Clone | None:
    """The clone a folder lies in; None: it lies in none, or there is no git command. Two processes on a branch, three
    where HEAD is detached.

    Raises GitError where git refuses (`safe.directory`, a configuration that does not parse).
    """
    folder = folder.resolve()
    if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
        return None
    try:
        config = _config(_git(folder, "config", "--list", "-z"))
        remotes = _remotes(config)
        remote = "origin" if "origin" in remotes else next(iter(remotes), "origin")
        pointer = f"refs/remotes/{remote}/HEAD"
        asked = ("HEAD", "--symbolic-full-name", "HEAD", "--is-bare-repository", "--all", pointer)
        answer = _git(folder, "rev-parse", "--show-toplevel", *asked)  # in this order; where one fails, none follows
    except OSError:
        return None
    said = _text(answer.stdout)
    if not said:
        _complain(folder, _text(answer.stderr))
        return None
    parts = _HEADS.match(said)
    top = Path(parts["top"] if parts else said.removesuffix("HEAD\n").removesuffix("\n"))
    if not folder.is_relative_to(top.resolve()):
        return None  # core.worktree is elsewhere
    if parts is None:
        return Clone(top, None, None, None, frozenset(), remotes)
    names = parts["refs"].splitlines()
    pointed = names.pop() if names else ""  # the last one: where the remote's HEAD points, or that it does not
    refs = frozenset(_short(names, remotes))
    found = pointed.removeprefix(f"refs/remotes/{remote}/") if answer.returncode == 0 else None
    initial = config.get("init.defaultbranch", [""])[-1]
    default = found or (initial if initial in refs else parts["branch"])
    branches = (f"refs/heads/{default}", f"refs/remotes/{remote}/{default}")
    upstream = None if parts["branch"] else next((name for name in branches if name in names), None)
    behind = upstream is not None and _is_behind(folder, upstream)
    return Clone(top, parts["branch"], parts["head"], default, refs, remotes, behind)


def _is_behind(folder: Path, upstream: str) -> bool:
    """Whether a branch has commits that HEAD lacks, and HEAD none that the branch lacks."""
    counted = _text(_git(folder, "rev-list", "--left-right", "--count", f"HEAD...{upstream}", "--").stdout).split()
    return len(counted) == 2 and counted[0] == "0" and counted[1] != "0"


def _complain(folder: Path, complaint: str) -> None:
    """No clone at all is no error; anything else that keeps git from answering is."""
    if "not a git repository" in complaint or "must be run in a work tree" in complaint:
        return
    if "dubious ownership" in complaint:
        raise GitError(
            f"{folder}: git refuses to read a repository that belongs to somebody else; "
            f"if you trust it, run: git config --global --add safe.directory '{folder}'"
        )
    raise GitError(f"{folder}: git cannot read this repository: {complaint.strip()}")


def _config(answer: CompletedProcess[bytes]) -> dict[str, list[str]]:
    """Keys as git prints them (section and variable in lower case) -> values, the most specific last."""
    config: dict[str, list[str]] = {}
    for entry in _text(answer.stdout).split("\0"):
        key, _, value = entry.partition("\n")
        config.setdefault(key, []).append(value)
    return config


def _remotes(config: Mapping[str, list[str]]) -> dict[str, str]:
    """The first URL of each remote, its longest known prefix replaced (`url.<base>.insteadOf`)."""
    instead = [
        (prefix, key[len("url.") : -len(".insteadof")])
        for key, prefixes in config.items()
        if key.startswith("url.") and key.endswith(".insteadof")
        for prefix in prefixes
    ]
    remotes = {}
    for key, found in config.items():
        if key.startswith("remote.") and key.endswith(".url") and (name := key[len("remote.") : -len(".url")]):
            url = found[0]
            matching = [pair for pair in instead if url.startswith(pair[0])]
            prefix, base = max(matching, key=lambda pair: len(pair[0]), default=("", ""))
            remotes[name] = base + url[len(prefix) :]
    return remotes


def _short(names: Iterable[str], remotes: Mapping[str, str]) -> Iterator[str]:
    prefixes = sorted((f"{name}/" for name in remotes), key=len, reverse=True)
    for name in names:
        kind, _, short = name.removeprefix("refs/").partition("/")
        if kind in {"heads", "tags"}:
            yield short
        elif kind == "remotes":
            prefix = next((known for known in prefixes if short.startswith(known)), short.partition("/")[0] + "/")
            yield short[len(prefix) :]


def existing(clone: Clone, ref: str, paths: Iterable[str]) -> dict[str, str | None]:
    """What each path (decoded, relative to the clone's top) is on a ref: `blob`, `tree`, or None: missing.

    `commit` is a submodule or something in it, of which this clone knows no more. A path with a `/` at its
    end asks for a folder. A `ref` of "" or "HEAD" is the default branch. Raises UnknownRef.
    """
    with _objects(clone) as objects:
        root = objects.root(clone, ref)
        return {path: entry and entry.kind for path in paths for entry in (objects.find(root, path),)}


def blobs(clone: Clone, ref: str, paths: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
    """Each path with the bytes of the file on a ref; None where it is missing, no regular file, or too large.

    `limit` in bytes. Raises UnknownRef.
    """
    with _objects(clone) as objects:
        root = objects.root(clone, ref)
        for path in paths:
            entry = objects.find(root, path)
            regular = entry is not None and entry.mode.startswith(b"100")
            yield path, objects.content(entry.oid, limit) if entry and regular else None


def tracked(folder: Path, names: Iterable[str]) -> list[str]:
    """Which of these files of a folder are in git's index, in whatever case; none where there is no clone or no git.

    Raises GitError where git does not answer.
    """
    if not any(os.path.lexists(above / ".git") for above in (folder.resolve(), *folder.resolve().parents)):
        return []
    try:
        answer = _git(folder, "ls-files", "-z", "--", *(f":(icase,literal){name}" for name in names))
    except OSError:
        return []
    if answer.returncode:
        _complain(folder, _text(answer.stderr))
    return _text(answer.stdout).split("\0")[:-1]


class Worktree(NamedTuple):
    """The regular files that git tracks below a folder, by their names relative to it, beside what it recorded."""

    same: Mapping[str, str]  # name -> blob id, of those that are as they were checked out
    edited: frozenset[str]
    gone: frozenset[str]


_BESIDE_INDEX = (
    ("ls-files", "-s", "-v", "-z"),
    ("diff-files", "--relative", "--name-only", "--ignore-submodules=all", "-z"),
)
_TRACKED = re.compile(r"([A-Za-z]) 100[0-7]{3} ([0-9a-f]{40,64}) 0\t([^\0]+)")  # a file of `ls-files -s -v -z`


def worktree(folder: Path) -> Worktree:
    """Compare files with the index: by their size and times, or by their bytes where those tell nothing.

    Raises GitError where git does not answer, FileNotFoundError where there is none.
    """
    return _worktree(folder, *_answers(folder, *_BESIDE_INDEX))


def _worktree(folder: Path, listing: str, differing: str) -> Worktree:
    doubtful = set(differing.split("\0"))
    same: dict[str, str] = {}
    edited, gone = set(), set()
    for tag, oid, name in _TRACKED.findall(listing):
        if tag != "H" or name in doubtful:  # git was told not to look, or it did
            path = f"{folder}/{name}"
            try:
                size = os.stat(path, follow_symlinks=False).st_size  # noqa: PTH116 - for each file
                if not os.path.isfile(path) or _blob(path, size, len(oid)) != oid:  # noqa: PTH113
                    edited.add(name)
                    continue
            except OSError:
                if tag.upper() != "S":  # left out of a sparse checkout
                    gone.add(name)
                continue
        same[name] = oid
    return Worktree(same, frozenset(edited), frozenset(gone))


class Changes(NamedTuple):
    """What is otherwise than on a commit, by names relative to a folder."""

    commit: str
    added: frozenset[str]
    modified: frozenset[str]
    gone: frozenset[str]
    files: Worktree


class Comparison(NamedTuple):
    """What git says of a folder beside a commit, not read yet: a thread that reads keeps all others waiting."""

    commit: str
    listing: str
    differing: str
    named: str
    untracked: str


def compare(folder: Path, revision: str) -> Comparison:
    """Ask what changed below a folder since the work left a revision: since the last commit that both have.

    Files that git does not know count as added, unless they are ignored. Raises UnknownRef where this clone does not
    hold the revision, GitError where git does not answer, FileNotFoundError where there is none.
    """
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = _text(found.stdout).strip()
    if not commit:
        raise UnknownRef(revision)
    commit = _text(_git(folder, "merge-base", commit, "HEAD").stdout).strip() or commit
    # The index beside the commit, and the files beside the index: `git diff COMMIT` executes the repository's filters.
    compared = ("diff-index", "--cached", "--name-status", "-z", "--no-renames", "--relative", commit)
    others = ("ls-files", "-z", "--others", "--exclude-standard")
    return Comparison(commit, *_answers(folder, *_BESIDE_INDEX, compared, others))


def changes(folder: Path, found: Comparison) -> Changes:
    """What a comparison says."""
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


class Recorded(NamedTuple):
    """What git's index says of a file of the work tree, by its name relative to the folder that was asked about."""

    name: str
    oid: str
    size: int  # bytes, when git last wrote or read it; its last 32 bits
    mtime: int  # nanoseconds, likewise; -1: it was changed so late that its time tells nothing
    ctime: int  # nanoseconds


_LISTED = re.compile(  # a file of `ls-files --stage --debug -z`
    rb"(?P<mode>[0-7]{6}) (?P<oid>[0-9a-f]{40,64}) (?P<stage>[0-3])\t(?P<name>[^\0]+)\0"
    rb"  ctime: (?P<ctime>\d+:\d+)\n  mtime: (?P<mtime>\d+:\d+)\n  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n"
    rb"  size: (?P<size>\d+)\tflags: (?P<flags>[0-9a-f]+)\n"
)
_INTENDED = 1 << 29  # `git add --intent-to-add`: no content is recorded yet
_READ = 1 << 20
_NAMED = 50  # files that are asked for by name, so that one page does not wait for the list of a million


def recorded(folder: Path, wanted: Collection[str] | None = None) -> list[Recorded]:
    """What git recorded of regular files below a folder, of those that are wanted, or all. Raises GitError."""
    asked = _git(folder, "rev-parse", "--git-path", "index")
    try:
        written = (folder / _text(asked.stdout).rstrip("\n")).stat().st_mtime_ns
    except OSError:
        return []
    found = []
    named = ("--", *wanted) if wanted is not None and len(wanted) <= _NAMED else ()
    with _process(folder, "--literal-pathspecs", "ls-files", "--stage", "--debug", "-z", *named) as process:
        listing, rest = cast("IO[bytes]", process.stdout), b""
        while chunk := listing.read(_READ):
            rest, at = rest + chunk, 0
            while (match := _LISTED.match(rest, at)) and match.end() > at:
                at = match.end()
                name = _text(match["name"])
                regular = match["mode"].startswith(b"100") and match["stage"] == b"0"
                if regular and (wanted is None or name in wanted) and not int(match["flags"], 16) & _INTENDED:
                    mtime = _nanoseconds(match["mtime"])
                    times = mtime if mtime < written else -1, _nanoseconds(match["ctime"])
                    found.append(Recorded(name, _text(match["oid"]), int(match["size"]), *times))
            rest = rest[at:]
    if rest:
        raise GitError(f"{folder}: this git lists its index in a form that is not known")
    return found


def _nanoseconds(time: bytes) -> int:
    seconds, _, rest = time.partition(b":")
    return int(seconds) * 1_000_000_000 + int(rest)


def _blob(path: str, size: int, digits: int) -> str:
    """The id of a file's bytes as they are."""
    import hashlib

    digest = (hashlib.sha1 if digits == 40 else hashlib.sha256)(b"blob %d\0" % size, usedforsecurity=False)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the paths are strings
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def filters(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The filter driver, such as `lfs`, of each file that has one."""
    given = b"".join(_bytes(name) + b"\0" for name in names)
    fields = _text(_git(folder, "check-attr", "-z", "--stdin", "filter", given=given).stdout).split("\0")
    rows = zip(fields[::3], fields[2::3], strict=False)
    return {name: value for name, value in rows if value not in {"unspecified", "unset"}}


def as_recorded(clone: Clone, paths: Sequence[str]) -> list[str]:
    """The ids that git would record files under now: line ends and encodings converted, as its attributes say.

    None of them may have a filter driver, which would be executed. Fewer than asked where one cannot be read.
    """
    given = b"".join(_quoted(path) + b"\n" for path in paths)
    return _text(_git(clone.top, "hash-object", "--stdin-paths", given=given).stdout).split()


def _quoted(path: str) -> bytes:
    """As git reads names that hold line ends."""
    return b'"%s"' % re.sub(rb'[\0-\x1f"\\\x7f-\xff]', lambda match: b"\\%03o" % match[0][0], _bytes(path))


def contents(clone: Clone, oids: Iterable[str], limit: int) -> dict[str, bytes]:
    """The bytes of small objects; those that are larger or not in this clone are left out."""
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
    """A running `git cat-file --batch`: one request, its whole answer, the next."""

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
        """The entry of a path below a tree; a submodule's own for all that is in it. Raises UnknownRef."""
        parts = path.removesuffix("/").split("/") if path else []
        entry: _Entry | None = _Entry(b"40000", root)
        for part in parts:
            if entry is None or entry.kind != "tree":
                break
            entry = self._tree(entry.oid).get(_bytes(part))
        else:
            return None if entry and path.endswith("/") and entry.kind == "blob" else entry
        return entry if entry and entry.kind == "commit" else None

    def content(self, oid: str, limit: int) -> bytes | None:
        """The bytes of an object, None where there are more than `limit`. Raises UnknownRef."""
        found = self._ask(oid)
        if found is None:
            raise UnknownRef(oid)
        if found[2] <= limit:
            return self._body(found[2])
        left = found[2] + 1
        while left and (passed := self._answers.read(min(left, _READ))):
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
        """(id, type, size) of an object, whose body is to be read next; None: missing, ambiguous, damaged."""
        try:
            os.write(self._requests.fileno(), _bytes(name) + b"\n")
        except BrokenPipeError:
            return None
        answer = self._answers.readline().split()
        return (_text(answer[0]), _text(answer[1]), int(answer[2])) if len(answer) == 3 else None

    def _body(self, size: int) -> bytes:
        body = self._answers.read(size + 1)
        if len(body) <= size:
            raise UnknownRef("an object is cut short")
        return body[:-1]


@contextmanager
def _objects(clone: Clone) -> Iterator[_Objects]:
    with _process(clone.top, "cat-file", "--batch") as process:
        yield _Objects(process)


@contextmanager
def _process(folder: Path, *arguments: str) -> Iterator[Popen[bytes]]:
    """A git that runs, for a while at most."""
    from subprocess import DEVNULL, PIPE, Popen
    from threading import Timer

    command = _command(folder, *arguments)
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()) as process:  # noqa: S603
        watchdog = Timer(_PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()  # it may still be writing what nobody wants to read


def _git(
    folder: Path, *arguments: str, given: bytes = b"", settings: Mapping[str, str] = MappingProxyType({})
) -> CompletedProcess[bytes]:
    """Run git to its end. Raises FileNotFoundError where there is none, GitError where it does not answer."""
    from subprocess import TimeoutExpired, run

    try:
        return run(  # noqa: S603
            _command(folder, *arguments),
            input=given,
            capture_output=True,
            env=_environment() | _configured(settings),
            timeout=_PATIENCE,
            check=False,
        )
    except TimeoutExpired as error:
        raise GitError(f"{folder}: git did not answer within {_PATIENCE:.0f} seconds") from error


def _answers(folder: Path, *commands: tuple[str, ...]) -> list[str]:
    """What several commands print, run side by side; none of them gets a filter of the repository executed."""
    from concurrent.futures import ThreadPoolExecutor

    keys = (entry.partition("\n")[0] for entry in _text(_git(folder, "config", "--list", "-z").stdout).split("\0"))
    drivers = {key.rpartition(".")[0] for key in keys if key.startswith("filter.")}
    unfiltered = {f"{driver}.{kind}": "" for driver in drivers for kind in ("clean", "process")}
    unfiltered |= dict.fromkeys((f"{driver}.required" for driver in drivers), "false")
    with ThreadPoolExecutor(len(commands)) as pool:
        asked = [pool.submit(_git, folder, *command, settings=unfiltered) for command in commands]
        return [_text(each.result().stdout) for each in asked]


def _command(folder: Path, *arguments: str) -> list[str]:
    return ["git", *_SAFE, "-C", str(folder), *arguments]


def _environment() -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
    return ours | _ENVIRONMENT


def _configured(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings that nothing else overrides, as git takes them from the environment, whatever is in their names."""
    before = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(before) if before.isdecimal() else 0
    found = {"GIT_CONFIG_COUNT": str(first + len(settings))} if settings else {}
    for number, (key, value) in enumerate(settings.items(), first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
