"""Mirrors that are git repositories: real ones, made here, checked through the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.needs("git")

GITHUB = "https://github.com/ann/site.git"
GITLAB = "https://gitlab.example.org/group/sub/site.git"
GITEA = "https://gitea.example.org/ann/site.git"
FORGES = '[mirror.forges]\n"gitlab.example.org" = "gitlab"\n"gitea.example.org" = "gitea"\n'

GUIDE = "# Guide\n\n## First steps\n"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's git configuration, in place of this machine's."""
    file = tmp_path / "gitconfig"
    file.write_text("[init]\n\tdefaultBranch = main\n[user]\n\tname = Ann\n\temail = ann@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode().strip()


def commit(folder: Path, files: Mapping[str, str]) -> str:
    """Add files to what is checked out; the commit's name."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "more")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str], remote: str = GITHUB) -> Path:
    """A repository on its branch `main`, with one commit and a remote that was never fetched."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", remote)
    commit(folder, files)
    return folder


def page(references: Iterable[str]) -> str:
    return "\n".join(f"[{number}]({reference})\n" for number, reference in enumerate(references))


def check(run: Callable[..., Any], *arguments: str | Path) -> dict[str, Any]:
    result = run("check", *arguments, "--offline", "--format", "json", "--all")
    assert result.code in {0, 1}, result.err
    report: dict[str, Any] = result.report
    return report


def faults(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(reference, rule, target) of what is wrong with references; notes on files aside."""
    return [
        (finding["reference"], finding["rule"], finding["target"])
        for finding in report["findings"]
        if finding["level"] == "error"
    ]


def verdicts(report: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {row["reference"]: (row["target"], row["verdict"]) for row in report["references"]}


# The same file at every address that its forge, its raw hosts and its CDNs give it.
GITHUB_ADDRESSES = (
    "https://github.com/ann/site/blob/main/{}",
    "http://www.github.com/ann/site/blob/main/{}?plain=1",
    "https://github.com/Ann/Site/blob/refs/heads/main/{}",
    "https://github.com/ann/site/raw/main/{}",
    "https://github.com/ann/site/edit/main/{}",
    "https://raw.githubusercontent.com/ann/site/main/{}",
    "https://raw.githubusercontent.com/ann/site/HEAD/{}",
    "https://raw.githubusercontent.com/ann/site/refs/heads/main/{}",
    "https://cdn.jsdelivr.net/gh/ann/site@main/{}",
    "https://cdn.jsdelivr.net/gh/ann/site/{}?n1001",
    "https://cdn.statically.io/gh/ann/site/main/{}",
    "https://raw.githack.com/ann/site/main/{}",
    "https://proxy.example/https://github.com/ann/site/raw/main/{}",
)
GITLAB_ADDRESSES = (
    "https://gitlab.example.org/group/sub/site/-/blob/main/{}",
    "https://gitlab.example.org/group/sub/site/-/raw/main/{}?inline=false",
    "https://gitlab.example.org/group/sub/site/blob/main/{}",
)
GITEA_ADDRESSES = (
    "https://gitea.example.org/ann/site/src/branch/main/{}",
    "https://gitea.example.org/ann/site/raw/branch/main/{}",
    "https://gitea.example.org/ann/site/media/branch/main/{}",
    "https://gitea.example.org/ann/site/src/main/{}",
)


@pytest.mark.parametrize(
    ("remote", "addresses"),
    [
        (GITHUB, GITHUB_ADDRESSES),
        ("git@github.com:ann/site.git", GITHUB_ADDRESSES),
        ("ssh://git@github.com/ann/site", GITHUB_ADDRESSES),
        ("https://ann:secret@github.com/ann/site.git", GITHUB_ADDRESSES),
        (GITLAB, GITLAB_ADDRESSES),
        ("git@gitlab.example.org:group/sub/site.git", GITLAB_ADDRESSES),
        (GITEA, GITEA_ADDRESSES),
    ],
    ids=["github", "github-scp", "github-ssh", "github-credentials", "gitlab", "gitlab-scp", "gitea"],
)
def test_the_remote_alone_tells_the_addresses_of_a_mirror(
    remote: str, addresses: tuple[str, ...], tmp_path: Path, run: Callable[..., Any]
) -> None:
    present = [address.format("pages/%E7%BE%8E.md") for address in addresses]
    absent = [address.format("pages/gone.md") for address in addresses]
    root = repository(tmp_path / "site", {"README.md": page(present + absent), "pages/美.md": GUIDE}, remote)
    (tmp_path / "forges.toml").write_text('[mirror]\nroot = "site"\n' + FORGES)
    source = [root] if "github.com" in remote else ["--config", tmp_path / "forges.toml"]

    report = check(run, *source)

    assert verdicts(report) == {
        **dict.fromkeys(present, ("pages/美.md", "ok")),
        **dict.fromkeys(absent, ("pages/gone.md", "broken")),
    }
    assert {rule for _, rule, _ in faults(report)} == {"local/missing-file"}
    assert report["totals"]["targets"]["remote"] == 0
    assert "secret" not in str(report)


def test_what_a_forge_holds_beside_the_files_and_other_repositories_are_remote(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    remote = [
        "https://github.com/ann/site/issues/7",
        "https://github.com/ann/site/releases/download/v1/site.zip",
        "https://github.com/bob/site/blob/main/gone.md",
        "https://cdn.jsdelivr.net/npm/site/gone.js",
        "https://ann.github.io/site/gone.html",
    ]
    root = repository(tmp_path / "site", {"README.md": page(remote)})

    report = check(run, root)

    assert verdicts(report) == {url: (url, "unchecked") for url in remote}
    assert report["findings"] == []


def test_an_address_on_the_command_line_beats_the_remote(tmp_path: Path, run: Callable[..., Any]) -> None:
    own, forked = "https://github.com/bob/site/blob/main/gone.md", "https://github.com/ann/site/blob/main/gone.md"
    root = repository(tmp_path / "site", {"README.md": page([own, forked])})

    assert faults(check(run, root)) == [(forked, "local/missing-file", "gone.md")]
    assert faults(check(run, root, "--published", "https://github.com/bob/site")) == [
        (own, "local/missing-file", "gone.md")
    ]


def test_a_folder_and_its_lines_and_headings_are_checked_at_absolute_addresses(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    blob = "https://github.com/ann/site/blob/main/docs/guide.md"
    good = [
        "https://github.com/ann/site",
        "https://github.com/ann/site/tree/main/docs",
        "https://github.com/ann/site/tree/main",
        f"{blob}#first-steps",
        f"{blob}?plain=1#L1-L3",
    ]
    bad = [f"{blob}#second-steps", f"{blob}#L99", "https://github.com/ann/site/tree/main/doc"]
    root = repository(tmp_path / "site", {"README.md": page(good + bad), "docs/guide.md": GUIDE})

    assert faults(check(run, root)) == [
        (bad[0], "local/missing-fragment", "docs/guide.md#second-steps"),
        (bad[1], "local/missing-fragment", "docs/guide.md#L99"),
        (bad[2], "local/missing-file", "doc"),
    ]


@pytest.mark.parametrize("branch", ["topic/new", "topic/new/deep", "%E4%B8%BB%E9%A2%98/%E6%96%B0"])
def test_a_branch_name_may_hold_slashes(branch: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    bases = [
        f"https://github.com/ann/site/blob/{branch}/",
        f"https://github.com/ann/site/raw/refs/heads/{branch}/",
        f"https://raw.githubusercontent.com/ann/site/{branch}/",
        "./",
    ]
    present, absent = [f"{base}docs/guide.md" for base in bases], [f"{base}docs/gone.md" for base in bases]
    root = repository(tmp_path / "site", {"docs/guide.md": GUIDE})
    git(root, "checkout", "--quiet", "-b", unquote(branch))
    commit(root, {"README.md": page(present + absent)})

    report = check(run, root)

    assert faults(report) == [(reference, "local/missing-file", "docs/gone.md") for reference in absent]
    assert {verdict for _, verdict in verdicts(report).values()} == {"ok", "broken"}


def test_steps_up_count_each_segment_of_a_slashed_branch(tmp_path: Path, run: Callable[..., Any]) -> None:
    root = repository(tmp_path / "site", {"guide.md": GUIDE})
    git(root, "checkout", "--quiet", "-b", "topic/new")
    sibling, own, gone = "../../../../basic/blob/main/a.md", "../../topic/new/guide.md", "../../topic/new/gone.md"
    commit(root, {"README.md": page([sibling, own, gone])})

    report = check(run, root)

    assert verdicts(report) == {
        sibling: ("https://github.com/ann/basic/blob/main/a.md", "unchecked"),
        own: ("guide.md", "ok"),
        gone: ("gone.md", "broken"),
    }


@pytest.fixture
def branched(tmp_path: Path) -> Path:
    """`main` is checked out; `docs/old.md` is on the branch `old/1`, the tag `v1` and their commit only."""
    root = repository(tmp_path / "site", {"docs/guide.md": GUIDE})
    git(root, "checkout", "--quiet", "-b", "old/1")
    commit(root, {"docs/old.md": "old"})
    git(root, "tag", "--annotate", "--message", "first", "v1")
    git(root, "checkout", "--quiet", "main")
    return root


@pytest.mark.parametrize("ref", ["old/1", "v1", "{commit}", "{commit:.10}"])
def test_a_file_on_another_ref_is_looked_up_in_git(ref: str, branched: Path, run: Callable[..., Any]) -> None:
    ref = ref.format(commit=git(branched, "rev-parse", "old/1"))
    bases = [
        f"https://github.com/ann/site/blob/{ref}/docs/",
        f"https://raw.githubusercontent.com/ann/site/{ref}/docs/",
        f"../{ref}/docs/",  # on GitHub the step up leaves the branch
    ]
    present = [f"{base}{name}" for base in bases for name in ("old.md", "guide.md", "")]
    absent = [f"{base}gone.md" for base in bases]
    commit(branched, {"README.md": page(present + absent)})

    report = check(run, branched)

    assert sorted(faults(report)) == sorted((url, "local/missing-file", "docs/gone.md") for url in absent)
    assert {finding["message"] for finding in report["findings"] if finding["reference"]} == {f"not in {ref}"}
    assert {verdicts(report)[url][1] for url in present} == {"ok"}
    assert report["totals"]["unchecked"] == {}


def test_a_fragment_on_another_ref_is_left_unchecked(branched: Path, run: Callable[..., Any]) -> None:
    reference = "https://github.com/ann/site/blob/v1/docs/guide.md#no-such-heading"
    commit(branched, {"README.md": page([reference])})

    report = check(run, branched)

    assert faults(report) == []
    assert verdicts(report)[reference] == ("docs/guide.md#no-such-heading", "unchecked")


def test_a_file_is_looked_up_on_the_ref_that_is_named_and_on_no_other(branched: Path, run: Callable[..., Any]) -> None:
    here, there = (f"https://github.com/ann/site/blob/{ref}/docs/old.md" for ref in ("main", "old/1"))
    commit(branched, {"README.md": page([here, there])})

    assert faults(check(run, branched)) == [(here, "local/missing-file", "docs/old.md")]


def test_a_ref_that_the_clone_does_not_know_leaves_the_reference_unchecked_with_the_reason(
    branched: Path, run: Callable[..., Any]
) -> None:
    unknown, lost = (f"https://github.com/ann/site/blob/{ref}/docs/gone.md" for ref in ("future", "f" * 40))
    commit(branched, {"README.md": page([unknown, lost])})

    report = check(run, branched)

    assert report["findings"] == [finding for finding in report["findings"] if finding["rule"] == "mirror/orphan"]
    assert verdicts(report)[unknown][1] == verdicts(report)[lost][1] == "unchecked"
    assert report["totals"]["unchecked"] == {
        "the clone knows no ref 'future'": 1,
        f"on {'f' * 40}, which this clone does not hold": 1,
    }


def test_an_address_without_a_ref_means_the_default_branch_whatever_is_checked_out(
    branched: Path, run: Callable[..., Any]
) -> None:
    git(branched, "checkout", "--quiet", "old/1")
    bases = [
        "https://raw.githubusercontent.com/ann/site/HEAD/",
        "https://github.com/ann/site/blob/HEAD/",
        "https://cdn.jsdelivr.net/gh/ann/site/",
    ]
    references = [base + name for base in bases for name in ("docs/guide.md", "docs/old.md")]
    commit(branched, {"README.md": page(references)})

    assert sorted(faults(check(run, branched))) == sorted(
        (f"{base}docs/old.md", "local/missing-file", "docs/old.md") for base in bases
    )


def test_a_mirror_may_be_a_folder_of_its_repository(tmp_path: Path, run: Callable[..., Any]) -> None:
    blob = "https://github.com/ann/site/blob"
    good = [f"{blob}/main/docs/a/guide.md#first-steps", f"{blob}/old/docs/old.md", "a/guide.md", f"{blob}/main/docs"]
    beside = ["../README.md", f"{blob}/main/README.md", f"{blob}/main/gone.md"]
    bad = [f"{blob}/main/docs/gone.md", f"{blob}/old/docs/gone.md", "gone.md"]
    root = repository(tmp_path / "site", {"README.md": "top", "docs/a/guide.md": GUIDE})
    git(root, "checkout", "--quiet", "-b", "old")
    commit(root, {"docs/old.md": "old"})
    git(root, "checkout", "--quiet", "main")
    commit(root, {"docs/README.md": page(good + beside + bad)})

    report = check(run, root / "docs")

    assert faults(report) == [(reference, "local/missing-file", "gone.md") for reference in bad]
    assert report["totals"]["unchecked"] == {"outside the folder that is checked": 3}


def test_a_repository_around_the_mirror_that_is_another_one_says_nothing_of_it(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    own = "https://github.com/bob/copy/blob/master/gone.md"
    root = repository(tmp_path / "site", {"copy/README.md": page([own, "https://github.com/ann/site/blob/main/x.md"])})

    report = check(run, root / "copy", "--published", "https://github.com/bob/copy/blob/master/")

    assert faults(report) == [(own, "local/missing-file", "gone.md")]
    assert report["totals"]["targets"]["remote"] == 1


SIBLING = """
[mirror]
root = "."
[[mirror.address]]
url = "https://github.com/ann/basic"
folder = "../basic"
"""


def test_a_sibling_clone_answers_for_its_own_addresses(tmp_path: Path, run: Callable[..., Any]) -> None:
    climb, blob = "../../../basic/blob", "https://github.com/ann/basic/blob"
    good = [
        f"{climb}/main/README.md",
        f"{climb}/main/README.md#basics",
        f"{blob}/main/README.md?n1001",
        "https://cdn.jsdelivr.net/gh/ann/basic@main/README.md",
        f"{climb}/old/only-old.md",
    ]
    bad = [f"{climb}/main/gone.md", f"{blob}/main/readme.md", f"{climb}/old/gone.md", f"{climb}/main/README.md#none"]
    basic = repository(tmp_path / "basic", {"README.md": "# Basics\n"}, "https://github.com/ann/basic.git")
    git(basic, "checkout", "--quiet", "-b", "old")
    commit(basic, {"only-old.md": "old"})
    git(basic, "checkout", "--quiet", "main")
    root = repository(tmp_path / "site", {"README.md": page(good + bad), "config.toml": SIBLING})

    report = check(run, "--config", root / "config.toml")

    assert faults(report) == [
        (bad[0], "local/missing-file", "../basic/gone.md"),
        (bad[1], "local/wrong-case", "../basic/readme.md"),
        (bad[2], "local/missing-file", "../basic/gone.md"),
        (bad[3], "local/missing-fragment", "../basic/README.md#none"),
    ]
    assert [verdicts(report)[reference] for reference in good] == [
        ("../basic/README.md", "ok"),
        ("../basic/README.md#basics", "ok"),
        ("../basic/README.md", "ok"),
        ("../basic/README.md", "ok"),
        ("../basic/only-old.md", "ok"),
    ]


def test_a_sibling_that_is_not_mapped_is_remote_though_its_clone_lies_there(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    reference = "../../../basic/blob/main/gone.md"
    repository(tmp_path / "basic", {"README.md": "b"}, "https://github.com/ann/basic.git")
    root = repository(tmp_path / "site", {"README.md": page([reference])})

    assert verdicts(check(run, root)) == {reference: ("https://github.com/ann/basic/blob/main/gone.md", "unchecked")}


def test_init_maps_the_sibling_that_pages_climb_to(tmp_path: Path, run: Callable[..., Any]) -> None:
    references = ["../../../basic/blob/main/README.md", "../../../basic/blob/main/gone.md"]
    repository(tmp_path / "basic", {"README.md": "b"}, "https://github.com/ann/basic.git")
    root = repository(tmp_path / "site", {"README.md": page(references)})

    assert run("init", root).code == 0

    assert faults(check(run, "--config", root / "config.toml")) == [
        (references[1], "local/missing-file", "../basic/gone.md")
    ]


@pytest.mark.parametrize(
    ("remote", "leaves"), [(GITHUB, True), (GITLAB, False), (GITEA, False)], ids=["github", "gitlab", "gitea"]
)
def test_steps_up_leave_the_repository_on_github_and_stop_at_its_root_elsewhere(
    remote: str, leaves: bool, tmp_path: Path, run: Callable[..., Any]
) -> None:
    inside, outside = "../../../../docs/guide.md", "../../../../basic/blob/main/README.md"
    files = {"docs/guide.md": GUIDE, "docs/page.md": page([inside, outside])}
    root = repository(tmp_path / "site", {**files, "config.toml": FORGES}, remote)

    found = verdicts(check(run, "--config", root / "config.toml"))

    assert found == (
        {
            inside: ("https://github.com/ann/docs/guide.md", "unchecked"),
            outside: ("https://github.com/ann/basic/blob/main/README.md", "unchecked"),
        }
        if leaves
        else {inside: ("docs/guide.md", "ok"), outside: ("basic/blob/main/README.md", "broken")}
    )


@pytest.mark.parametrize("remote", [GITHUB, GITLAB, GITEA], ids=["github", "gitlab", "gitea"])
def test_a_slash_in_front_means_the_root_of_the_repository(
    remote: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    files = {"docs/guide.md": GUIDE, "docs/page.md": page(["/docs/guide.md#first-steps", "/guide.md"])}
    root = repository(tmp_path / "site", {**files, "config.toml": FORGES}, remote)

    report = check(run, "--config", root / "config.toml")

    assert faults(report) == [("/guide.md", "local/missing-file", "guide.md")]


@pytest.mark.parametrize(
    ("remote", "verdict"), [(GITHUB, "broken"), (GITLAB, "ok"), (GITEA, "broken")], ids=["github", "gitlab", "gitea"]
)
def test_gitlab_alone_looks_at_the_root_for_what_is_not_beside_the_page(
    remote: str, verdict: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    files = {"README.md": "top", "docs/page.md": page(["README.md"])}
    root = repository(tmp_path / "site", {**files, "config.toml": FORGES}, remote)

    assert verdicts(check(run, "--config", root / "config.toml"))["README.md"][1] == verdict


def test_a_detached_head_is_the_default_branch_and_its_own_commit(tmp_path: Path, run: Callable[..., Any]) -> None:
    root = repository(tmp_path / "site", {"docs/guide.md": GUIDE})
    first = git(root, "rev-parse", "HEAD")
    names = ("docs/guide.md", "docs/gone.md")
    bases = ["", "https://github.com/ann/site/blob/main/", f"https://github.com/ann/site/blob/{first}/"]
    commit(root, {"README.md": page(base + name for base in bases for name in names)})
    git(root, "checkout", "--quiet", "--detach")

    report = check(run, root)

    assert sorted(faults(report)) == sorted(
        (f"{base}docs/gone.md", "local/missing-file", "docs/gone.md") for base in bases
    )
    assert report["totals"]["unchecked"] == {}


def test_a_detached_head_that_is_behind_the_default_branch_is_not_taken_for_it(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    newer = "https://github.com/ann/site/blob/main/newer.md"
    root = repository(tmp_path / "site", {"README.md": page([newer])})
    commit(root, {"newer.md": "new"})
    git(root, "checkout", "--quiet", "--detach", "HEAD~1")

    assert faults(check(run, root)) == []


def test_without_the_git_command_a_repository_is_a_folder_like_any_other(
    branched: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absolute, climbing = "https://github.com/ann/site/blob/main/gone.md", "../../../basic/blob/main/README.md"
    commit(branched, {"README.md": page([absolute, climbing, "gone.md", "docs/guide.md#first-steps"])})
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    report = check(run, branched)

    assert faults(report) == [
        (climbing, "local/outside-mirror", climbing),
        ("gone.md", "local/missing-file", "gone.md"),
    ]
    assert verdicts(report)[absolute] == (absolute, "unchecked")


def test_without_the_git_command_a_published_address_still_leads_to_files_but_other_refs_are_unknown(
    branched: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blob = "https://github.com/ann/site/blob"
    references = [f"{blob}/main/gone.md", f"{blob}/main/docs/guide.md", f"{blob}/old/1/gone.md", "../main/gone.md"]
    commit(branched, {"README.md": page(references)})
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    report = check(run, branched, "--published", f"{blob}/main/")

    assert faults(report) == [
        (references[0], "local/missing-file", "gone.md"),
        (references[3], "local/missing-file", "gone.md"),
    ]
    assert report["totals"]["unchecked"] == {"the clone knows no ref 'old'": 1}


def test_init_without_the_git_command_writes_a_configuration_that_names_no_address(
    branched: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as context:
        context.setenv("PATH", str(tmp_path / "nothing"))
        without = run("init", branched, "--stdout")

    assert without.code == 0
    assert "\npublished = []\n" in without.out
    assert '"https://github.com/ann/site/blob/main/",' in run("init", branched, "--stdout").out


def test_what_git_ignores_is_not_on_the_forge(tmp_path: Path, run: Callable[..., Any]) -> None:
    references = ["out/a.html", "out", "b.log", "kept.log", "new.md"]
    root = repository(tmp_path / "site", {"README.md": page(references), ".gitignore": "out/\n*.log\n"})
    (root / "kept.log").write_text("lamps")
    git(root, "add", "--force", "kept.log")
    (root / "out").mkdir()
    for name in ("out/a.html", "b.log", "new.md"):
        (root / name).write_text('<a href="gone.html">x</a>' if name == "out/a.html" else "lamps")

    report = check(run, root)
    elsewhere = check(run, root, "--published", "https://lamps.example.org/")

    assert {(reference, rule) for reference, rule, _ in faults(report)} == {
        ("out/a.html", "local/missing-file"),
        ("out", "local/missing-file"),
        ("b.log", "local/missing-file"),
    }
    assert strays(report) == {("README.md", "new.md")}
    assert "git ignores it" in next(each["message"] for each in report["findings"] if each["reference"] == "b.log")
    assert {reference for reference, _, _ in faults(elsewhere)} == {"out"}  # its page is not read
    assert check(run, root / "out", "--published", "https://github.com/ann/site")["totals"]["pages"] == 1


def test_what_git_ignores_is_read_where_it_is_named(tmp_path: Path, run: Callable[..., Any]) -> None:
    files = {
        ".gitignore": "notes.md\nout/\n",
        "c.toml": 'mirror.published = ["https://github.com/ann/site"]\n',
        "README.md": page(["docs/notes.md"]),
        "docs/lamps.md": "# Lamps\n",
    }
    root = repository(tmp_path / "site", files)
    for name in ("docs/notes.md", "out/a.md", "out/b.md"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(page(["gone.md", "b.md", "../README.md"]))

    def broken(*named: str) -> set[tuple[str, str]]:
        named = tuple(str(root / name) for name in named)
        report = run("check", *named, "--config", root / "c.toml", "--format", "json", "--offline").report
        return {(each["page"], each["reference"]) for each in report["findings"] if each["level"] == "error"}

    assert broken("docs/notes.md") == {("docs/notes.md", "gone.md"), ("docs/notes.md", "b.md")}
    assert broken("out") == {("out/a.md", "gone.md"), ("out/b.md", "gone.md")}
    assert broken("README.md", "docs") == {("README.md", "docs/notes.md")}  # it is not named, nor is it on the forge
    assert run("explain", root / "docs/notes.md", "gone.md").code == 0


def test_what_a_sparse_checkout_lacks_is_on_the_forge(tmp_path: Path, run: Callable[..., Any]) -> None:
    links = ["oil/a.md", "oil/a.md#wick", "oil", "gas/b.md", "oil/lost.md", "lost.md"]
    root = repository(tmp_path / "site", {"README.md": page(links), "oil/a.md": "# Wick\n", "gas/b.md": "# B\n"})
    git(root, "sparse-checkout", "set", "gas")
    assert not (root / "oil").exists()

    report = check(run, root)
    on_a_site = check(run, root, "--published", "https://lamps.example.org/")

    assert {reference for reference, _, _ in faults(report)} == {"oil/lost.md", "lost.md"}
    assert {reference for reference, _, _ in faults(on_a_site)} >= {"oil/a.md", "oil"}


def strays(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["page"], each["reference"]) for each in report["findings"] if each["rule"] == "local/untracked"}


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A working copy before a commit: new files, staged or not, and pages that refer to them."""
    files = {
        "README.md": page(["old.md"]),
        "old.md": "# Old\n",
        "docs/a.md": page(["../new.md"]),
        "b.md": page(["old.md"]),
    }
    root = repository(tmp_path / "site", files)
    (root / "README.md").write_text(
        page(
            [
                "old.md",
                "new.md#new",
                "new.md#gone",
                "staged.md",
                "meant.md",
                "more/x.md",
                "more",
                "map%201.png",
                "later.md",
            ]
        )
    )
    (root / "new.md").write_text(f"# New\n\n{page(['more/x.md', 'later.md', 'old.md'])}")
    (root / "more").mkdir()
    for name in ("staged.md", "meant.md", "more/x.md", "more/README.md", "later.md", "map 1.png", "unused.md"):
        (root / name).write_text("# X\n")
    git(root, "add", "staged.md")
    git(root, "add", "--intent-to-add", "meant.md")
    return root


NEW = {"new.md#new", "new.md#gone", "more/x.md", "more", "map%201.png", "later.md"}


def test_what_nobody_added_to_git_is_not_on_the_forge_for_the_pages_that_are(
    edited: Path, run: Callable[..., Any]
) -> None:
    report = check(run, edited)

    assert strays(report) == {("docs/a.md", "../new.md")} | {("README.md", reference) for reference in NEW}
    assert {each["level"] for each in report["findings"] if each["rule"] == "local/untracked"} == {"warning"}
    assert [each[:2] for each in faults(report)] == [("new.md#gone", "local/missing-fragment")]  # it is read as well
    assert strays(check(run, edited, "--published", "https://lamps.example.org/")) == set()
    assert strays(run("page", edited / "docs/a.md", "--offline", "--format", "json").report) == {
        ("docs/a.md", "../new.md")
    }


def test_added_files_are_on_the_forge_and_a_folder_that_is_new_as_a_whole_is_no_news(
    edited: Path, run: Callable[..., Any]
) -> None:
    (edited / "more" / "y.md").write_text(page(["x.md", "../old.md"]))

    assert strays(check(run, edited / "more", "--published", "https://github.com/ann/site")) == set()
    git(edited, "add", "--all")
    assert strays(check(run, edited)) == set()


def test_the_page_cache_hears_of_what_is_added_and_taken_back(
    edited: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    def found() -> set[tuple[str, str]]:
        return strays(run("check", edited, "--offline", "--history", tmp_path / "h.sqlite", "--format", "json").report)

    before = found()
    assert found() == before == {("docs/a.md", "../new.md")} | {("README.md", reference) for reference in NEW}
    git(edited, "add", "new.md")
    assert found() == {
        *(("README.md", reference) for reference in NEW if not reference.startswith("new.md")),
        *(("new.md", reference) for reference in ("more/x.md", "later.md")),
    }
    git(edited, "reset", "--quiet")
    git(edited, "rm", "--quiet", "--cached", "old.md")
    assert found() - before == {
        *(("README.md", reference) for reference in ("old.md", "staged.md", "meant.md")),
        ("b.md", "old.md"),
    }


def test_a_change_tells_what_it_leaves_out_of_git(edited: Path, run: Callable[..., Any]) -> None:
    report = run("check", edited, "--offline", "--no-history", "--changed-since", "HEAD", "--format", "json").report

    assert strays(report) >= {("README.md", reference) for reference in NEW}


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/ann/site.wiki.git", "https://github.com/ann/site/wiki"),
        ("git@gitlab.com:ann/lamps/site.wiki.git", "https://gitlab.com/ann/lamps/site/-/wikis"),
        ("https://codeberg.org/ann/site.wiki.git", "https://codeberg.org/ann/site/wiki"),
    ],
)
def test_the_pages_of_a_wiki_are_named_without_their_extension(
    remote: str, address: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    there = ["Oil-Lamps", "Oil-Lamps#wick", "Home", "Wick", "map.png", address, f"{address}/Oil-Lamps#wick"]
    gone = ["Gas", f"{address}/Gas", "Wick#oil"]
    files = {
        "Home.md": page([*there, *gone]),
        "Oil Lamps.md": "# Wick",
        "Wick.md": "# Wick",
        "map.png": "",
        "Lost.md": "x",
    }
    root = repository(tmp_path / "site", files, remote)

    report = check(run, root)

    assert {reference for reference, _, _ in faults(report)} == {*gone}
    assert not any(
        finding["rule"] == "mirror/orphan" and finding["page"].endswith(".md") for finding in report["findings"]
    )


@pytest.mark.parametrize(
    ("remote", "made", "gone"),
    [
        (
            "https://github.com/ann/site.wiki.git",
            ["Oil/_edit", "../wiki/_new", "https://github.com/ann/site/wiki/Oil/_history", f"Oil/{'0a' * 20}"],
            {"_lost", "Oil/lost", "https://raw.githubusercontent.com/wiki/ann/site/lost.png", "/parts/Glass"},
        ),
        (
            "https://gitlab.com/ann/site.wiki.git",
            ["Oil/edit", "https://gitlab.com/ann/site/-/wikis/pages", "Oil/history"],
            {"_lost", "Oil/lost"},
        ),
        (
            "https://codeberg.org/ann/site.wiki.git",
            ["_pages", "https://codeberg.org/ann/site/wiki/_new", "https://codeberg.org/ann/site/wiki/raw/map.png"],
            {"_lost", "Oil/lost", "/parts/Glass"},
        ),
    ],
)
def test_what_a_forge_makes_of_a_wiki_is_not_in_its_clone(
    remote: str, made: list[str], gone: set[str], tmp_path: Path, run: Callable[..., Any]
) -> None:
    there = [reference.replace("lost.png", "map.png") for reference in gone if "lost.png" in reference]
    files = {
        "Home.md": page([*made, *gone, *there, "/parts/Glass", "Oil"]),
        "Oil.md": "# Oil",
        "map.png": "",
        "parts/Glass.md": "# Glass",
    }
    root = repository(tmp_path / "site", files, remote)

    report = check(run, root, "--all")

    wrong = {each["reference"] for each in report["references"] if each["verdict"] in {"broken", "suspect"}}
    assert wrong == gone
    unknown = {each["reference"] for each in report["references"] if each["verdict"] == "unchecked"}
    assert unknown - {"/parts/Glass"} == set(made)


@pytest.mark.parametrize(
    ("remote", "gone"),
    [
        ("https://github.com/ann/site.wiki.git", {"Gas", "Oil Lamps#oil", "no.png"}),
        (
            "https://gitlab.com/ann/site.wiki.git",
            {"Gas", "Oil Lamps#oil", "no.png", "oil lamps", "Glass", "Oil Lamps#Wick and Oil"},
        ),
    ],
)
def test_links_in_brackets_lead_to_pages_of_a_wiki(
    remote: str, gone: set[str], tmp_path: Path, run: Callable[..., Any]
) -> None:
    links = [
        "Oil Lamps",
        "lamps|Oil Lamps#wick",
        "/Oil-Lamps",
        "map.svg|alt=a map",
        "Oil Lamps#Wick and Oil",
        "parts/Glass",
        "A-B C",
    ]
    svg = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    broken = ["Gas", "all|Oil Lamps#oil", "no.png", "oil lamps", "Glass"]
    text = "\n".join(f"[[{link}]]\n" for link in [*links, *broken])
    files = {
        "Home.md": text,
        "parts/Glass.md": text,
        "Oil Lamps.md": "# Wick\n# Wick and oil",
        "A-B C.md": "x",
        "map.svg": svg,
    }
    root = repository(tmp_path / "site", files, remote)

    found = faults(check(run, root))

    assert {reference for reference, _, _ in found} == gone
