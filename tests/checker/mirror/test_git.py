"""What git tells of a clone, and what a hostile repository cannot make it do."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker.mirror import git
from checker.mirror.git import process

pytestmark = pytest.mark.needs("git")

IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
FIRST = {"README.md": b"main", "docs/a.md": b"a\n\0b\n"}


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's git configuration, in place of this machine's."""
    file = tmp_path / "gitconfig"
    file.write_text('[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    return file


def read_blob(clone: git.Clone, ref: str, path: str, limit: int) -> bytes | None:
    return dict(git.blobs(clone, ref, [path], limit))[path]


def run(folder: Path, *arguments: str | bytes) -> str:
    command: list[str | bytes] = ["git", *IDENTITY, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode().strip()


def commit(folder: Path, files: Mapping[str, bytes]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", "more")
    return run(folder, "rev-parse", "HEAD")


def create(folder: Path, *options: str) -> Path:
    run(folder.parent, "init", "--quiet", *options, str(folder))
    return folder


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Two branches and two tags; the name of one tag is a folder of a branch's name."""
    folder = create(tmp_path / "origin")
    commit(folder, FIRST)
    run(folder, "tag", "topic")
    run(folder, "checkout", "--quiet", "-b", "topic/new")
    commit(folder, {"only/here.md": b"new"})
    run(folder, "tag", "--annotate", "--message", "first", "v1")
    run(folder, "checkout", "--quiet", "main")
    return folder


@pytest.fixture
def cloned(tmp_path: Path, origin: Path) -> Path:
    run(tmp_path, "clone", "--quiet", str(origin), "cloned")
    return tmp_path / "cloned"


def opened(folder: Path) -> git.Clone:
    clone = git.open_clone(folder)
    assert clone is not None
    return clone


def test_a_repository_knows_its_branch_commit_and_refs(origin: Path) -> None:
    clone = opened(origin)

    assert clone == git.Clone(
        top=origin,
        branch="main",
        head=run(origin, "rev-parse", "HEAD"),
        default="main",
        refs=frozenset({"main", "topic", "topic/new", "v1"}),
        remotes={},
    )


def test_a_folder_of_a_work_tree_belongs_to_its_clone(origin: Path) -> None:
    assert opened(origin / "docs") == opened(origin)


def test_a_clone_knows_its_remote_and_the_remotes_branches(origin: Path, cloned: Path) -> None:
    clone = opened(cloned)

    assert clone.remotes == {"origin": str(origin)}
    assert clone.refs == {"main", "topic", "topic/new", "v1"}


@pytest.mark.parametrize("remote", ["origin", "upstream", "team/ann"])
def test_the_default_branch_is_the_remotes_whatever_is_checked_out(tmp_path: Path, origin: Path, remote: str) -> None:
    run(tmp_path, "clone", "--quiet", "--origin", remote, "--branch", "topic/new", str(origin), "other")

    clone = opened(tmp_path / "other")

    assert (clone.branch, clone.default) == ("topic/new", "main")
    assert clone.refs == {"main", "topic", "topic/new", "v1"}


def test_without_a_remotes_word_the_default_branch_is_the_usual_one(origin: Path) -> None:
    run(origin, "checkout", "--quiet", "topic/new")
    assert opened(origin).default == "main"

    run(origin, "branch", "--move", "main", "trunk")
    assert opened(origin).default == "topic/new"


def test_a_detached_head_is_on_no_branch(cloned: Path) -> None:
    run(cloned, "checkout", "--quiet", "--detach")

    clone = opened(cloned)

    assert (clone.branch, clone.default) == (None, "main")
    assert clone.head == run(cloned, "rev-parse", "HEAD")


def test_a_detached_head_shows_the_default_branch_unless_that_has_gone_on(cloned: Path) -> None:
    tip = commit(cloned, {"more.md": b"more"})

    run(cloned, "checkout", "--quiet", "--detach")
    assert opened(cloned).shown == "main"

    commit(cloned, {"proposed.md": b"ahead"})
    assert opened(cloned).shown == "main"

    run(cloned, "checkout", "--quiet", f"{tip}~1")
    assert opened(cloned).shown == run(cloned, "rev-parse", "HEAD")

    commit(cloned, {"proposed.md": b"beside"})
    assert opened(cloned).shown == "main"


def test_a_tag_called_head_leaves_the_branch_unknown_rather_than_wrong(cloned: Path) -> None:
    run(cloned, "update-ref", "refs/tags/HEAD", "HEAD")

    clone = opened(cloned)

    assert (clone.branch, clone.default) == (None, "main")


def test_a_repository_without_a_commit_still_has_remotes(tmp_path: Path) -> None:
    folder = create(tmp_path / "empty")
    run(folder, "remote", "add", "origin", "https://github.com/ann/site")

    clone = opened(folder)

    assert clone == git.Clone(folder, None, None, None, frozenset(), {"origin": "https://github.com/ann/site"})
    with pytest.raises(git.UnknownRef):
        git.existing(clone, "main", ["a"])


def test_remotes_are_rewritten_as_git_does_it(origin: Path, user: Path) -> None:
    with user.open("a") as file:
        file.write('[url "https://github.com/"]\n\tinsteadOf = gh:\n\tinsteadOf = hub:\n')
        file.write('[url "https://git.example.org/"]\n\tinsteadOf = gh:mirrors/\n')
    for name, url in {"a": "gh:ann/site", "b": "gh:mirrors/site", "c": "hub:ann/site", "d": "/x"}.items():
        run(origin, "remote", "add", name, url)
    run(origin, "remote", "set-url", "--add", "a", "https://second.example/")

    remotes = opened(origin).remotes

    assert remotes == {name: run(origin, "remote", "get-url", name) for name in "abcd"}
    assert remotes["b"] == "https://git.example.org/site"


def test_a_worktree_has_a_branch_of_its_own(tmp_path: Path, origin: Path) -> None:
    run(origin, "worktree", "add", "--quiet", str(tmp_path / "tree"), "topic/new")

    clone = opened(tmp_path / "tree")

    assert (clone.top, clone.branch) == (tmp_path / "tree", "topic/new")
    assert git.existing(clone, "main", ["README.md", "only/here.md"]) == {
        "README.md": "blob",
        "only/here.md": None,
    }


def test_a_submodule_is_a_clone_of_its_own_and_opaque_from_outside(tmp_path: Path, origin: Path) -> None:
    outer = create(tmp_path / "outer")
    run(outer, "submodule", "--quiet", "add", str(origin), "sub")
    commit(outer, {"a.md": b"a"})

    assert opened(outer / "sub").top == outer / "sub"
    assert opened(outer).top == outer
    assert git.existing(opened(outer), "main", ["sub", "sub/", "sub/README.md", "sub/nothing", "a.md"]) == {
        "sub": "commit",
        "sub/": "commit",
        "sub/README.md": "commit",
        "sub/nothing": "commit",
        "a.md": "blob",
    }


def test_what_is_no_work_tree_is_no_clone(tmp_path: Path, origin: Path) -> None:
    run(tmp_path, "clone", "--quiet", "--bare", str(origin), "bare.git")
    (tmp_path / "fake" / ".git").mkdir(parents=True)

    assert git.open_clone(tmp_path) is None
    assert git.open_clone(tmp_path / "bare.git") is None
    assert git.open_clone(tmp_path / "fake") is None
    assert git.open_clone(origin / ".git") is None


def test_a_work_tree_that_is_elsewhere_does_not_hold_the_folder(tmp_path: Path, origin: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    run(origin, "config", "core.worktree", str(tmp_path / "elsewhere"))

    assert git.open_clone(origin) is None


def test_without_a_git_command_there_is_no_clone(tmp_path: Path, origin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert git.open_clone(origin) is None


def test_inside_a_hook_the_folder_decides_not_the_environment(
    tmp_path: Path, cloned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create(tmp_path / "other")
    commit(other, {"b.md": b"b"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))

    clone = opened(cloned)

    assert clone.top == cloned
    assert git.existing(clone, "main", ["README.md", "b.md"]) == {"README.md": "blob", "b.md": None}


def test_opening_takes_two_processes_at_most(tmp_path: Path, cloned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which("git")
    counting = tmp_path / "bin" / "git"
    counting.parent.mkdir()
    counting.write_text(f'#!/bin/sh\necho run >> "{tmp_path}/count"\nexec "{program}" "$@"\n')
    counting.chmod(0o755)
    monkeypatch.setenv("PATH", f"{counting.parent}{os.pathsep}{os.environ['PATH']}")

    assert git.open_clone(tmp_path) is None
    assert not (tmp_path / "count").exists()
    assert opened(cloned).branch == "main"
    assert (tmp_path / "count").read_text().count("run") == 2


PATHS = {
    "README.md": "blob",
    "docs": "tree",
    "docs/": "tree",
    "docs/a.md": "blob",
    "": "tree",
    "docs/a.md/": None,
    "docs/a.md/x": None,
    "docs/b.md": None,
    "DOCS/a.md": None,
    "/README.md": None,
    "docs//a.md": None,
    "./README.md": None,
    "docs/../README.md": None,
    "../origin/README.md": None,
    "README.md\n": None,
    "README.md\0": None,
    "*.md": None,
    ":(glob)*.md": None,
    "--batch": None,
}


def test_a_path_is_looked_up_byte_for_byte(cloned: Path) -> None:
    assert git.existing(opened(cloned), "main", PATHS) == PATHS


def test_a_name_may_hold_anything_git_can_store(origin: Path) -> None:
    names = [
        "a\nb",
        'say "x"',
        "美国.md",
        "e\u0301",
        "tab\tname",
        "-x",
        "a b",
        " ",
        "\udcff.md",
        "back\\slash",
        "*",
    ]
    commit(origin, {f"odd/{name}": b"" for name in names} | {f"{name}/x": b"" for name in names})

    found = git.existing(opened(origin), "main", [*(f"odd/{name}" for name in names), *(f"{name}/x" for name in names)])

    assert set(found.values()) == {"blob"}
    assert git.existing(opened(origin), "main", ["odd/\u00e9"]) == {"odd/\u00e9": None}


@pytest.mark.parametrize("ref", ["topic/new", "v1", "refs/remotes/origin/topic/new", "commit", "short commit"])
def test_a_ref_is_a_branch_of_a_remote_a_tag_or_a_commit(origin: Path, cloned: Path, ref: str) -> None:
    if ref.endswith("commit"):
        ref = run(origin, "rev-parse", "topic/new")[: 10 if ref.startswith("short") else None]

    assert git.existing(opened(cloned), ref, ["only/here.md"]) == {"only/here.md": "blob"}


@pytest.mark.parametrize("ref", ["", "HEAD"])
def test_no_ref_means_the_default_branch_not_the_one_checked_out(cloned: Path, ref: str) -> None:
    run(cloned, "checkout", "--quiet", "topic/new")

    assert git.existing(opened(cloned), ref, ["only/here.md"]) == {"only/here.md": None}


def test_no_ref_means_what_is_checked_out_where_nothing_else_is_known(origin: Path) -> None:
    run(origin, "branch", "--move", "main", "trunk")
    run(origin, "checkout", "--quiet", "--detach", "topic/new")

    assert git.existing(opened(origin), "", ["only/here.md"]) == {"only/here.md": "blob"}


UNKNOWN = [
    "nothing",
    "topic/old",
    "0123456789abcdef0123456789abcdef01234567",
    "main^",
    "main~0",
    "main:docs",
    "main^{tree}",
    "topic/new..main",
    "@{-1}",
    "main@{0}",
    "--help",
    "main\nmain",
    "main main",
    "main\0",
    ":/more",
    "main*",
    "x" * 100_000,
    "\udcff",
]


@pytest.mark.parametrize("ref", UNKNOWN, ids=[repr(ref[:20]) for ref in UNKNOWN])
def test_what_is_no_ref_of_the_clone_is_unknown(cloned: Path, ref: str) -> None:
    with pytest.raises(git.UnknownRef):
        git.existing(opened(cloned), ref, ["README.md"])


def test_a_shallow_clone_says_what_it_lacks(tmp_path: Path, origin: Path) -> None:
    first = run(origin, "rev-parse", "HEAD")
    commit(origin, {"later.md": b"later"})
    run(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{origin}", "shallow")
    clone = opened(tmp_path / "shallow")

    assert git.existing(clone, "main", ["later.md"]) == {"later.md": "blob"}
    for missing in (first, "topic/new"):
        with pytest.raises(git.UnknownRef):
            git.existing(clone, missing, ["README.md"])


def test_a_partial_clone_knows_names_though_not_contents(tmp_path: Path, origin: Path) -> None:
    run(origin, "config", "uploadpack.allowFilter", "true")
    run(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{origin}", "partial")
    clone = opened(tmp_path / "partial")

    assert git.existing(clone, "main", ["README.md", "nothing"]) == {"README.md": "blob", "nothing": None}
    with pytest.raises(git.UnknownRef):
        read_blob(clone, "main", "README.md", 100)


def test_a_file_of_another_ref_is_read_whole_or_not_at_all(origin: Path) -> None:
    (origin / "link").symlink_to("README.md")
    commit(origin, {"big": b"\n" * 1000, "empty": b""})
    run(origin, "checkout", "--quiet", "topic/new")
    clone = opened(origin)

    assert read_blob(clone, "main", "docs/a.md", 5) == FIRST["docs/a.md"]
    assert read_blob(clone, "main", "big", 1000) == b"\n" * 1000
    assert read_blob(clone, "main", "empty", 0) == b""
    assert read_blob(clone, "main", "big", 999) is None
    assert read_blob(clone, "main", "docs", 1000) is None
    assert read_blob(clone, "main", "link", 1000) is None
    assert read_blob(clone, "main", "nothing", 1000) is None
    assert git.existing(clone, "main", ["link"]) == {"link": "blob"}


def test_objects_may_be_named_by_sha256(tmp_path: Path) -> None:
    folder = create(tmp_path / "new", "--object-format=sha256")
    head = commit(folder, FIRST)

    clone = opened(folder)

    assert clone.head == head
    assert git.existing(clone, head, FIRST) == dict.fromkeys(FIRST, "blob")


def test_replaced_objects_are_seen_as_the_forge_sees_them(origin: Path) -> None:
    run(origin, "replace", "main", "topic/new")

    assert git.existing(opened(origin), "main", ["only/here.md"]) == {"only/here.md": None}


def test_a_repository_of_somebody_else_is_refused_with_the_remedy(
    origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process.ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(git.GitError, match=r"safe\.directory") as caught:
        git.open_clone(origin)

    assert str(origin) in str(caught.value)


def test_a_configuration_that_does_not_parse_is_named(origin: Path) -> None:
    (origin / ".git" / "config").write_text("[core\n")

    with pytest.raises(git.GitError, match="bad config line 1"):
        git.open_clone(origin)


@pytest.fixture
def trap(tmp_path: Path, cloned: Path) -> Path:
    """A clone that runs a program wherever its configuration can make git do so; it leaves this file."""
    sprung = tmp_path / "sprung"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ntouch "{sprung}"\n')
    program.chmod(0o755)
    hooks = cloned / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        shutil.copy(program, hooks / hook)
    settings = {
        "core.fsmonitor": str(program),
        "core.sshCommand": str(program),
        "core.gitProxy": str(program),
        "core.pager": str(program),
        "core.editor": str(program),
        "core.alternateRefsCommand": str(program),
        "credential.helper": f"!{program}",
        "alias.cat-file": f"!{program}",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.uploadpack": str(program),
        "remote.origin.promisor": "true",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
    }
    for key, value in settings.items():
        run(cloned, "config", key, value)
    return sprung


def lose(cloned: Path, name: str) -> None:
    """Take an object out of a clone."""
    for pack in (cloned / ".git" / "objects" / "pack").glob("*.pack"):
        packed = pack.rename(cloned / "moved.pack")
        with packed.open("rb") as stream:
            subprocess.run(["git", "-C", str(cloned), "unpack-objects", "-q"], stdin=stream, check=True)
    oid = run(cloned, "rev-parse", name)
    (cloned / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def test_a_hostile_configuration_gets_nothing_executed(cloned: Path, trap: Path) -> None:
    lose(cloned, "main:docs")
    trap.unlink(missing_ok=True)

    clone = opened(cloned)
    assert git.existing(clone, "main", ["README.md"]) == {"README.md": "blob"}
    with pytest.raises(git.UnknownRef):
        git.existing(clone, "main", ["docs/a.md"])
    with pytest.raises(git.UnknownRef):
        read_blob(clone, "main", "docs/a.md", 100)
    assert read_blob(clone, "main", "README.md", 100) == b"main"

    assert not trap.exists()
    subprocess.run(["git", "-C", str(cloned), "cat-file", "-t", "main:docs/a.md"], capture_output=True, check=False)
    assert trap.exists(), "the trap has to be one: plain git fetches what is missing through it"


def test_a_damaged_object_is_unknown(cloned: Path) -> None:
    lose(cloned, "main:docs")
    oid = run(cloned, "rev-parse", "main:docs")
    (cloned / ".git" / "objects" / oid[:2]).mkdir(exist_ok=True)
    (cloned / ".git" / "objects" / oid[:2] / oid[2:]).write_bytes(b"not compressed")

    with pytest.raises(git.UnknownRef):
        git.existing(opened(cloned), "main", ["docs/a.md", "README.md"])


def test_a_pipe_in_place_of_an_object_is_given_up(cloned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = opened(cloned)
    lose(cloned, "main:docs")
    oid = run(cloned, "rev-parse", "main:docs")
    (cloned / ".git" / "objects" / oid[:2]).mkdir(exist_ok=True)
    os.mkfifo(cloned / ".git" / "objects" / oid[:2] / oid[2:])
    monkeypatch.setattr(process, "_PATIENCE", 0.3)

    with pytest.raises(git.UnknownRef):
        git.existing(clone, "main", ["docs/a.md"])


def test_a_pipe_in_place_of_a_configuration_is_given_up(cloned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(cloned, "config", "include.path", "endless")
    os.mkfifo(cloned / ".git" / "endless")
    monkeypatch.setattr(process, "_PATIENCE", 0.3)

    with pytest.raises(git.GitError, match="did not answer"):
        git.open_clone(cloned)


@pytest.mark.parametrize("kind", ["clean", "process"])
@pytest.mark.parametrize("name", ["evil", 'e=v.il"s'])
def test_what_git_doubts_is_not_put_through_a_filter_of_the_repository(
    origin: Path, tmp_path: Path, kind: str, name: str
) -> None:
    mark = tmp_path / "executed"
    (origin / ".gitattributes").write_text(f"* filter={name}\n")
    run(origin, "config", f"filter.{name}.{kind}", f"touch {mark}; cat")
    run(origin, "config", f"filter.{name}.required", "true")
    os.utime(origin / "README.md", (4_000_000_000, 4_000_000_000))  # later than the index
    subprocess.run(["git", "update-index", "--refresh"], cwd=origin, check=False, capture_output=True)
    mark.unlink(missing_ok=True)

    assert "README.md" in git.worktree(origin).same
    (origin / "README.md").write_bytes(b"niam")
    os.utime(origin / "README.md", (4_000_000_000, 4_000_000_000))
    assert git.worktree(origin).edited == {"README.md"}
    assert not mark.exists()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_at_which_git_was_told_not_to_look_is_looked_at(origin: Path, flag: str) -> None:
    run(origin, "update-index", flag, "README.md")
    assert "README.md" in git.worktree(origin).same

    (origin / "README.md").write_bytes(b"other")
    assert git.worktree(origin).edited == {"README.md"}

    (origin / "README.md").unlink()
    assert git.worktree(origin).gone == (set() if flag == "--skip-worktree" else {"README.md"})
