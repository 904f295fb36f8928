"""At which addresses a clone without configuration is read: the forge's, or those of the site that is made of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from checker.config.schema import Config, MirrorTable
from checker.mirror.opening import open_mirror

pytestmark = pytest.mark.needs("git")

GITHUB, CODEBERG = "https://github.com/Ann/Lamps", "https://codeberg.org/ann/lamps"
BUILT = {"index.html": "<!doctype html>", "oil/index.html": "<!doctype html>", "README.md": "# Lamps"}
WRITTEN = {"index.html": "<!doctype html>", "oil.md": "", "README.md": "# Lamps"}


def published(folder: Path, files: Mapping[str, str], remote: str, branch: str, below: str = "") -> tuple[str, ...]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    commit = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "-q", "--allow-empty", "-m", "begin")
    for arguments in (("init", "-q", "-b", branch), commit, ("remote", "add", "origin", remote)):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)
    return open_mirror(Config(), folder / below).published


@pytest.mark.parametrize(
    ("files", "remote", "branch", "site"),
    [
        (BUILT, f"{GITHUB}.git", "gh-pages", "https://ann.github.io/Lamps/"),
        (BUILT, "git@github.com:Ann/Lamps.git", "gh-pages", "https://ann.github.io/Lamps/"),
        (BUILT | {"CNAME": "Lamps.example.org\n"}, GITHUB, "gh-pages", "https://lamps.example.org/"),
        (BUILT | {"CNAME": "lamps.example.org"}, GITHUB, "main", "https://lamps.example.org/"),
        (BUILT | {"CNAME": "no domain"}, GITHUB, "gh-pages", "https://ann.github.io/Lamps/"),
        (BUILT | {".nojekyll": ""}, GITHUB, "main", "https://ann.github.io/Lamps/"),
        (WRITTEN, GITHUB, "gh-pages", "https://ann.github.io/Lamps/"),
        (BUILT, "https://github.com/Ann/ann.github.io", "main", "https://ann.github.io/"),
        (BUILT, CODEBERG, "pages", "https://ann.codeberg.page/lamps/"),
        (BUILT, "https://codeberg.org/ann/pages", "main", "https://ann.codeberg.page/"),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else None,
)
def test_a_built_site_is_read_where_its_readers_have_it(
    tmp_path: Path, files: Mapping[str, str], remote: str, branch: str, site: str
) -> None:
    first, forge = published(tmp_path, files, remote, branch)

    assert first == site
    assert forge.startswith(("https://github.com/Ann/", "https://codeberg.org/ann/"))


@pytest.mark.parametrize(
    ("files", "remote", "branch"),
    [
        (BUILT, GITHUB, "main"),
        (BUILT, CODEBERG, "gh-pages"),
        (BUILT | {".nojekyll": ""}, CODEBERG, "main"),
        (BUILT, "https://gitlab.com/ann/lamps", "gh-pages"),
        (WRITTEN | {"CNAME": "lamps.example.org"}, GITHUB, "main"),
        (WRITTEN | {".nojekyll": ""}, GITHUB, "main"),
        ({"README.md": "# Lamps"}, "https://github.com/ann/ann.github.io", "main"),
        ({"oil/index.html": "", "oil/CNAME": "lamps.example.org"}, GITHUB, "main"),
    ],
)
def test_what_is_written_or_not_known_to_be_served_is_read_on_the_forge(
    tmp_path: Path, files: Mapping[str, str], remote: str, branch: str
) -> None:
    assert published(tmp_path, files, remote, branch) == (remote,)


def test_a_folder_of_a_branch_is_not_the_site_unless_it_names_its_domain(tmp_path: Path) -> None:
    plain = {"oil/index.html": "<!doctype html>"}
    named = plain | {"oil/CNAME": "oil.example.org"}

    assert published(tmp_path / "plain", plain, GITHUB, "gh-pages", "oil") == (GITHUB,)
    assert published(tmp_path / "named", named, GITHUB, "main", "oil") == ("https://oil.example.org/", GITHUB)


def test_a_remote_on_no_known_forge_is_no_address(tmp_path: Path) -> None:
    assert published(tmp_path, BUILT, "/srv/git/lamps.git", "gh-pages") == ()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://github.com/o/r/blob/main/docs/", "https://github.com/o/r/blob/main/docs/{page}?plain=1#L{line}"),
        ("https://gitlab.com/g/s/r/-/tree/v1/", "https://gitlab.com/g/s/r/-/blob/v1/{page}?plain=1#L{line}"),
        (
            "https://codeberg.org/o/r/src/branch/main/",
            "https://codeberg.org/o/r/src/branch/main/{page}?display=source#L{line}",
        ),
        ("https://bitbucket.org/o/r/src/main/", "https://bitbucket.org/o/r/src/main/{page}#lines-{line}"),
        ("https://git.sr.ht/~o/r/tree/main/item/", "https://git.sr.ht/~o/r/tree/main/item/{page}#L{line}"),
        ("https://mirror.example/a/", "https://mirror.example/a/{page}"),
    ],
)
def test_a_mirror_knows_where_readers_see_a_line_of_a_page(write: Callable[..., Path], address: str, url: str) -> None:
    config = Config(mirror=MirrorTable(published=(address,)))

    assert open_mirror(config, write({"a.md": "x"})).lines == url
