"""The clone that a folder is in: its remotes, its refs, and the branch or commit that is checked out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.mirror.git.process import Asked, GitError, run_git, text

if TYPE_CHECKING:
    from subprocess import CompletedProcess

_HEADS = re.compile(
    r"(?P<top>.*?)\n(?P<head>[0-9a-f]{40,64})\n(?:refs/heads/(?P<branch>.+?)\n|HEAD\n)?(?:true|false)\n(?P<refs>.*)",
    re.S,
)


class Clone(NamedTuple):
    """A work tree, and the refs and remotes of its repository."""

    top: Path
    branch: str | None  # checked out; None: a detached HEAD, or no commit yet
    head: str | None  # the id of the checked-out commit
    default: str | None  # the branch that an address without a ref means
    refs: frozenset[str]  # short names of branches, tags, and the remotes' branches without the remote's name
    remotes: Mapping[str, str]  # name -> URL, `insteadOf` applied
    behind: bool = False  # a detached HEAD is behind the default branch
    sparse: bool = False  # the work tree may lack files of the commit: https://git-scm.com/docs/git-sparse-checkout

    @property
    def shown(self) -> str | None:
        """The ref in the addresses of the checked-out files. A detached HEAD stands for the default branch unless it is
        behind, since CI jobs check out changes for that branch in this way.
        """
        return self.branch or (self.head if self.behind else self.default)


_REMOTE = "origin"  # the usual name
_ITSELF = "./"  # the folder as a whole
_OTHERS = ("ls-files", "-z", "--others", "--directory", "--no-empty-directory")
_IGNORED = (*_OTHERS, "--ignored", "--exclude-standard")


def _refs(remote: str) -> tuple[str, ...]:
    """The question for the refs: git answers in this order, and the first failure is the end."""
    pointer = f"refs/remotes/{remote}/HEAD"
    asked = ("HEAD", "--symbolic-full-name", "HEAD", "--is-bare-repository", "--all", pointer)
    return ("rev-parse", "--show-toplevel", *asked)


class Questions:
    """What git is asked about a folder. It answers while the folder is listed; `close` ends what is not needed."""

    def __init__(self, folder: Path, *, beside: bool = False) -> None:
        """`beside`: it will be asked what is not in its index."""
        self._folder = folder = folder.resolve()
        self._asked: list[Asked] = []
        if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
            return
        questions = (("config", "--list", "-z"), _refs(_REMOTE), _OTHERS)
        try:
            for each in questions if beside else questions[:2]:
                self._asked.append(Asked(folder, *each))
        except OSError:  # there is no git
            self.close()
            self._asked.clear()

    def close(self) -> None:
        """End what still runs."""
        for each in self._asked:
            each.drop()

    def clone(self) -> Clone | None:
        """The clone that the folder is in; None if it is in none, or if there is no git command. Starts two processes
        of git; more if HEAD is detached, or if no remote is called `origin`.

        Raises GitError if git refuses (`safe.directory`, a configuration that it cannot parse).
        """
        if not self._asked:
            return None
        config = _config(self._asked[0].answer())
        remotes = _remotes(config)
        remote = _REMOTE if _REMOTE in remotes else next(iter(remotes), _REMOTE)
        answer = self._asked[1].answer() if remote == _REMOTE else run_git(self._folder, *_refs(remote))
        return _clone(self._folder, config, remotes, remote, answer)

    def beside(self, *, told: bool) -> Beside:
        """What is in the folder and not in git's index; of a clean checkout, nothing. Where the folder as such is
        ignored, nothing is: who checks what was built means it. `told`: whether there is a `.gitignore` in the folder;
        without one there or above, nothing is ignored.

        Raises GitError where git does not answer, OSError where there is none.
        """
        there = _listed(self._folder, self._asked[2].answer())
        ignored: list[str] = []
        if there and (told or any(os.path.lexists(above / ".gitignore") for above in self._folder.parents)):
            ignored = _listed(self._folder, run_git(self._folder, *_IGNORED))
        if _ITSELF in ignored:
            ignored.clear()
        return Beside(tuple(sorted(ignored)), tuple(sorted(set(there).difference(ignored) - {_ITSELF})))


def _listed(folder: Path, answer: CompletedProcess[bytes]) -> list[str]:
    if answer.returncode:
        complain(folder, text(answer.stderr))
    return text(answer.stdout).split("\0")[:-1]


def open_clone(folder: Path) -> Clone | None:
    """The clone that a folder is in, as `Questions.clone` tells it."""
    with closing(Questions(folder)) as questions:
        return questions.clone()


def _clone(
    folder: Path, config: Mapping[str, list[str]], remotes: dict[str, str], remote: str, answer: CompletedProcess[bytes]
) -> Clone | None:
    said = text(answer.stdout)
    if not said:
        complain(folder, text(answer.stderr))
        return None
    parts = _HEADS.match(said)
    top = Path(parts["top"] if parts else said.removesuffix("HEAD\n").removesuffix("\n"))
    if not folder.is_relative_to(top.resolve()):
        return None  # core.worktree is another folder
    if parts is None:
        return Clone(top, None, None, None, frozenset(), remotes)
    names = parts["refs"].splitlines()
    pointed = names.pop() if names else ""  # the last line: the ref to which the remote's HEAD points, if it does
    refs = frozenset(_short(names, remotes))
    found = pointed.removeprefix(f"refs/remotes/{remote}/") if answer.returncode == 0 else None
    initial = config.get("init.defaultbranch", [""])[-1]
    default = found or (initial if initial in refs else parts["branch"])
    branches = (f"refs/heads/{default}", f"refs/remotes/{remote}/{default}")
    upstream = None if parts["branch"] else next((name for name in branches if name in names), None)
    behind = upstream is not None and _is_behind(folder, upstream)
    sparse = config.get("core.sparsecheckout", [""])[-1] == "true"
    return Clone(top, parts["branch"], parts["head"], default, refs, remotes, behind, sparse)


def _is_behind(folder: Path, upstream: str) -> bool:
    """Whether HEAD lacks commits of a branch, and has no commit that the branch lacks."""
    counted = text(run_git(folder, "rev-list", "--left-right", "--count", f"HEAD...{upstream}", "--").stdout).split()
    return len(counted) == 2 and counted[0] == "0" and counted[1] != "0"


def complain(folder: Path, complaint: str) -> None:
    """Raise GitError for a message of git, unless it only says that there is no clone."""
    if "not a git repository" in complaint or "must be run in a work tree" in complaint:
        return
    if "dubious ownership" in complaint:
        raise GitError(
            f"{folder}: git refuses to read a repository of another user; "
            f"if you trust it, run: git config --global --add safe.directory '{folder}'"
        )
    raise GitError(f"{folder}: git cannot read this repository: {complaint.strip()}")


def _config(answer: CompletedProcess[bytes]) -> dict[str, list[str]]:
    """Keys as git prints them (section and variable in lower case) -> values, the most specific last."""
    config: dict[str, list[str]] = {}
    for entry in text(answer.stdout).split("\0"):
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


class Beside(NamedTuple):
    """What is in a folder and not in git's index: files, and whole folders with a `/` behind."""

    ignored: tuple[str, ...] = ()  # what a `.gitignore` names
    untracked: tuple[str, ...] = ()  # what nobody has added; those of its files that are ignored count as such


def tracked(folder: Path, names: Iterable[str]) -> list[str]:
    """The files of a folder, of these names in any case, that are in git's index; empty if there is no clone or no git.

    Raises GitError if git does not answer.
    """
    if not any(os.path.lexists(above / ".git") for above in (folder.resolve(), *folder.resolve().parents)):
        return []
    try:
        answer = run_git(folder, "ls-files", "-z", "--", *(f":(icase,literal){name}" for name in names))
    except OSError:
        return []
    if answer.returncode:
        complain(folder, text(answer.stderr))
    return text(answer.stdout).split("\0")[:-1]
