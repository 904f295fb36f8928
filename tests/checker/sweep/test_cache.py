"""A run that remembers finds what one that does not finds, whatever happened in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from checker.config.schema import Config, MirrorTable, ReferencesTable
from checker.mirror import git
from checker.mirror.opening import open_mirror
from checker.model import Finding, Report
from checker.run import check
from checker.run.job import Job
from checker.run.prepare import context_of
from checker.sources.folder import Folder
from checker.sweep import cache, classify, recall

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636460f85f0f0002870180eb47ba920000000049454e44ae426082"
)
FOREST = MirrorTable(published=("https://github.com/example-owner/example-mirror/blob/master/",))


def outcome(root: Path, kept: Path | None, config: Config | None = None) -> Report:
    report = asyncio.run(check.check(Job(config=config or Config(mirror=FOREST), source="mirror", cache=kept), root))
    return replace(report, started="", finished="")


def write(root: Path, name: str, text: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    long_ago = path.stat().st_mtime_ns - 10**10  # the state's time cannot be set: see `settled`
    os.utime(path, ns=(long_ago, long_ago))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were written just now are taken for old ones: the tests do not wait for the disk's clock."""
    monkeypatch.setattr(cache, "_GRAIN", -(10**12))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    root = tmp_path / "mirror"
    for number in range(12):
        write(root, f"pages/{number}.md", page(Random(number)))  # noqa: S311 - seeded
    write(root, "img/dot.png", PNG)
    write(root, "README.md", "# Home\n\n[all](pages/) ![dot](img/dot.png)\n")
    return root


def page(random: Random) -> str:
    links = [
        f"[a](../pages/{random.randrange(14)}.md)",
        f"[b]({random.randrange(14)}.md#part-{random.randrange(3)})",
        "![c](../img/dot.png)",
        f"![d](../img/{random.choice(['dot', 'gone', 'DOT'])}.png)",
        "<https://origin.example/a>",
        "[e](https://github.com/example-owner/example-mirror/blob/master/pages/1.md)",
        "[f](/pages)",
        f"[g](#{random.choice(['part-1', 'nowhere'])})",
    ]
    return f"# Part {random.randrange(3)}\n\n" + "\n\n".join(random.sample(links, 5)) + "\n"


def edits(random: Random, root: Path) -> None:
    """One to four things that happen to a mirror overnight."""
    for _ in range(random.randint(1, 4)):
        pages = sorted(root.glob("pages/*.md"))
        one = random.choice(pages)
        match random.randrange(9):
            case 0:
                write(root, f"pages/{random.randrange(14)}.md", page(random))
            case 1 if len(pages) > 3:
                one.unlink()
            case 2:
                one.rename(one.with_name(f"{random.randrange(14)}.md"))
            case 3:
                one.write_text(page(random))
            case 4:
                os.utime(one)
            case 5:
                write(root, "img/dot.png", random.choice([PNG, PNG[:40], b"", b"<html>no"]))
            case 6:
                write(root, f"pages/{random.randrange(14)}/index.md", page(random))
            case 7:
                shutil.rmtree(
                    random.choice([path for path in root.glob("*/*") if path.is_dir()] or [root / "none"]), True
                )
            case _:
                write(root, f"img/{random.choice(['gone', 'DOT'])}.png", PNG)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("seed", range(30))
def test_a_run_that_remembers_finds_what_one_that_does_not_finds(mirror: Path, tmp_path: Path, seed: int) -> None:
    random, kept = Random(seed), tmp_path / "kept"  # noqa: S311 - seeded

    for _night in range(6):
        assert outcome(mirror, kept) == outcome(mirror, None)
        edits(random, mirror)

    assert kept.is_file()


def read_pages(root: Path, kept: Path, config: Config | None = None) -> list[str]:
    """The pages that a run would read."""
    config = config or Config(mirror=FOREST)
    opened = open_mirror(config, root)
    identity = recall.identity(config, opened, online=False)
    names = opened.mounts[0].names
    known = recall.known(kept, identity, names)
    _, pages = context_of(config, opened, None)
    return [page for page, _ in recall.recall(known, identity, names, pages, lambda: git.worktree(root).same).unread]


@pytest.mark.usefixtures("settled")
def test_nothing_is_read_again_that_did_not_change(mirror: Path, tmp_path: Path) -> None:
    outcome(mirror, tmp_path / "kept")

    assert read_pages(mirror, tmp_path / "kept") == []


def test_what_was_written_while_the_run_began_is_looked_at_again(mirror: Path, tmp_path: Path) -> None:
    outcome(mirror, tmp_path / "kept")

    assert "README.md" in read_pages(mirror, tmp_path / "kept")


def rename(root: Path) -> None:
    (root / "pages/1.md").rename(root / "pages/one.md")


def spoil(root: Path) -> None:
    write(root, "pages/2.md", "# Other\n")


def add(root: Path) -> None:
    write(root, "img/gone.png", PNG)


def add_below(root: Path) -> None:
    write(root, "pages/12/index.md", "# Twelve\n")


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    ("edit", "needs"),
    [
        (rename, lambda name, text: name == "pages/one.md" or "(1.md" in text or "/1.md)" in text),
        (spoil, lambda name, _text: name == "pages/2.md"),
        (add, lambda _name, text: "gone.png" in text),
        (add_below, lambda name, text: name == "pages/12/index.md" or "12.md" in text),
    ],
    ids=["a page that moved, and those that refer to it", "a page that changed", "pages that missed it", "a folder"],
)
def test_only_what_is_concerned_is_read_again(
    mirror: Path, tmp_path: Path, edit: Callable[[Path], None], needs: Callable[[str, str], bool]
) -> None:
    outcome(mirror, tmp_path / "kept")
    edit(mirror)

    names = Folder(mirror).files
    expected = [name for name in names if name.endswith(".md") and needs(name, (mirror / name).read_text())]
    assert read_pages(mirror, tmp_path / "kept") == expected


@pytest.mark.parametrize("seed", range(20))
def test_files_keep_their_numbers_whichever_come_and_go(tmp_path: Path, seed: int) -> None:
    random, root, kept = Random(seed), tmp_path / "mirror", tmp_path / "kept"  # noqa: S311 - seeded
    numbers: dict[str, int] = {}
    for _ in range(4):
        for number in random.sample(range(300), random.choice([1, 30, 150])):
            if (file := root / f"{number}.png").exists():
                file.unlink()
            else:
                write(root, file.name, PNG)
        write(root, "README.md", "# Home\n")
        opened = open_mirror(Config(), root)
        names = opened.mounts[0].names
        recall.known(kept, "same", names)

        assert len({*names.files.values()}) == len(names.files)
        assert max(names.files.values()) < names.size
        assert all(numbers.get(name, number) == number for name, number in names.files.items())
        cache.PageCache("same").write(kept, names)
        numbers = {**names.files}


def run_git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=Keeper", "-c", "user.email=keeper@example.test"]
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_vouches_for_the_pages_of_a_new_clone(mirror: Path, tmp_path: Path) -> None:
    run_git(mirror, "init", "-q", "-b", "master")
    run_git(mirror, "add", "-A")
    run_git(mirror, "commit", "-qm", "all")
    outcome(mirror, tmp_path / "kept")
    run_git(tmp_path, "clone", "-q", "mirror", "clone")
    write(tmp_path / "clone", "pages/3.md", "# Changed\n")

    assert read_pages(tmp_path / "clone", tmp_path / "kept") == ["pages/3.md"]
    assert outcome(tmp_path / "clone", tmp_path / "kept").findings == outcome(tmp_path / "clone", None).findings


def test_a_copy_without_git_is_read_but_not_parsed(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = outcome(mirror, tmp_path / "kept")
    shutil.copytree(mirror, tmp_path / "copy")
    parsed: list[str] = []
    facts = classify._facts
    monkeypatch.setattr(
        classify, "_facts", lambda context, reader, page: parsed.append(page) or facts(context, reader, page)
    )

    assert findings(outcome(tmp_path / "copy", tmp_path / "kept")) == findings(before)
    assert parsed == []


def findings(report: Report) -> tuple[Finding, ...]:
    return report.findings


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "config",
    [
        Config(mirror=MirrorTable(published=("https://mirror.example/",))),
        Config(mirror=FOREST, references=ReferencesTable(bare=False)),
    ],
    ids=["another address", "other references"],
)
def test_another_configuration_remembers_nothing(mirror: Path, tmp_path: Path, config: Config) -> None:
    outcome(mirror, tmp_path / "kept")

    assert len(read_pages(mirror, tmp_path / "kept", config)) == 13


def test_another_process_remembers_too_whatever_the_order_of_its_sets(mirror: Path, tmp_path: Path) -> None:
    (mirror / "config.toml").write_text(
        """
        [mirror]
        published = ["https://github.com/example-owner/one/", "https://pages.example/", "https://forge.example/b/two"]
        origin = ["https://a.example/", "https://b.example/", "https://c.example/"]
        forges = {"forge.example" = "gitea", "code.example" = "gitlab"}
        """
    )
    run_git(mirror, "init", "-q", "-b", "master")
    run_git(mirror, "add", "-A")
    run_git(mirror, "commit", "-qm", "all")
    for name in ("one", "two", "three"):
        run_git(mirror, "tag", name)
    identities = set()
    for seed in range(5):
        history = tmp_path / str(seed)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "checker",
            "check",
            mirror,
            "--config",
            mirror / "config.toml",
        ]
        command += ["--history", history, "--offline", "--quiet", "--fail-on", "never"]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(PROJECT)})
        identities.add(msgspec.msgpack.decode(history.with_suffix(".pages").read_bytes()[8:])[1])

    assert len(identities) == 1


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x9d\x01", None], ids=["empty", "a byte", "a head", "cut"])
def test_a_file_that_cannot_be_used_is_as_none(mirror: Path, tmp_path: Path, damage: bytes | None) -> None:
    kept = tmp_path / "kept"
    before = outcome(mirror, kept)
    kept.write_bytes(kept.read_bytes()[:-200] if damage is None else damage)

    assert outcome(mirror, kept) == before


def test_a_place_that_cannot_be_written_to_fails_nothing(mirror: Path, tmp_path: Path) -> None:
    assert outcome(mirror, tmp_path / "none" / "kept") == outcome(mirror, None)
