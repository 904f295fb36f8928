"""What a few pages refer to, and what that shows of a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.mirror import referred, shown
from checker.sources.folder import Folder

SITE = {
    "a.html": '<link href="/s.css"><a href="/b.html?x=1#y">b</a><a href="/lost.html">lost</a>',
    "b.html": "b",
    "s.css": "p {}",
}


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


@pytest.fixture
def roots(write: Callable[..., Path]) -> Callable[[dict[str, str]], set[str]]:
    def of(files: dict[str, str]) -> set[str]:
        folder = Folder(write(files))
        read = lambda name: shown.beginning(folder, name)  # noqa: E731
        return set(referred.roots(folder, read) or referred.hosts(folder, read, shown.named_after_hosts(folder)))

    return of


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (below("web", SITE), {"web"}),
        (below("docs/out", SITE) | {"README.md": "# r"}, {"docs/out"}),
        (below("one", SITE) | below("two", SITE), {"one", "two"}),
        (below("web", SITE) | below("web/old", SITE), {"web"}),
        (below("web", SITE) | {"index.html": "the site is here"}, set()),
        (below("shop.example", SITE) | {"index.html": "a list of copies"}, {"shop.example"}),
        (below("blog", {"a.html": '<a href="/b.html">b</a>', "b.html": "b"}) | {"b.html": "b"}, set()),
        (below("web", {"a.html": '<a href="b.html">b</a><a href="//b.html">host</a>', "b.html": "b"}), set()),
        (below("web", {"a.html": '<a href="/lost.html">lost</a>'}), set()),
        (SITE, set()),
    ],
    ids=[
        "a-folder",
        "deep",
        "two-sites",
        "a-site-within-a-site",
        "beside-an-index",
        "a-host-beside-an-index",
        "there-at-the-root-as-well",
        "no-slash-in-front",
        "nowhere",
        "the-mirror-itself",
    ],
)
def test_a_folder_is_a_root_if_what_its_pages_ask_for_with_a_slash_is_in_it(
    files: dict[str, str], found: set[str], roots: Callable[[dict[str, str]], set[str]]
) -> None:
    assert roots(files) == found


@pytest.mark.parametrize(
    ("reference", "file", "converted"),
    [
        ("p.php%3Fid=1", "p.php?id=1", True),
        ("../d/p.php%3fid=1&amp;x=%25", "p.php?id=1&x=%", True),
        ("p.php@id=1", "p.php@id=1", True),
        ("p.php?id=1.html", "p.php?id=1.html", True),
        ("p.php?id=1", "p.php?id=1", False),
        ("p.php?url=http%3A%2F%2Fo.example%2F%3Fa", "p.php?url=http:%2F%2Fo.example%2F?a", False),
        ("ann@example.org", "ann@example.org", False),
        ("p.php%3Fid=2", "p.php?id=1", False),
    ],
)
def test_wget_has_converted_the_references_of_a_copy_if_one_names_a_file_with_a_query(
    reference: str, file: str, converted: bool, write: Callable[..., Path]
) -> None:
    folder = Folder(write({"d/index.html": f"<a href='{reference}'>p</a>", f"d/{file}": "x"}))

    assert referred.converted(folder, lambda name: shown.beginning(folder, name)) is converted


LOST = '<a href="https://shop.example/not-copied">n</a>'


@pytest.mark.parametrize(
    ("more", "converted"),
    [
        ("", True),
        ('<a href="https://other.example/x">o</a>', True),
        ('<a href="https://shop.example/p.php?id=1">as it was</a>', False),
        ('<a href="https://shop.example/">as it was</a>', False),
        ('<a href="/p.php">as it was</a>', False),
    ],
)
def test_wget_has_converted_the_references_of_a_copy_if_only_what_is_not_here_is_still_as_it_was(
    more: str, converted: bool, write: Callable[..., Path]
) -> None:
    folder = Folder(write({"shop.example/index.html": LOST + more, "shop.example/p.php?id=1": "x"}))

    assert referred.converted(folder, lambda name: shown.beginning(folder, name)) is converted


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        (below("shop.example", SITE), "wget"),
        (below("shop.example", {"a.html": '<a href="https://shop.example/not-copied">n</a>'}), "wget"),
        (below("shop.example:8080", {"a.html": '<a href="http://shop.example:8080/x">n</a>'}), "wget"),
        (
            {"about.html": "the site is here"}
            | below("shop.example", {"a.html": '<a href="https://shop.example/">what I think of it</a>'}),
            "plain",
        ),
        (below("shop.example", {"a.html": '<a href="https://other.example/">o</a>'}), "plain"),
        (below("web", SITE), "plain"),
        (below("node.js", {"a.html": '<a href="b.html">b</a>'}), "plain"),
    ],
    ids=["roots", "own-host", "own-port", "a-folder-about-a-host", "another-host", "no-host", "no-sign"],
)
def test_a_folder_named_after_a_host_is_a_copy_by_wget_if_its_pages_treat_it_as_that_host(
    files: dict[str, str], layout: str, write: Callable[..., Path]
) -> None:
    folder = Folder(write(files))

    assert shown.auto(folder, lambda name: shown.beginning(folder, name), "").name == layout


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"shop.test/a.html": '<a href="http://shop.test/lost.html">'}, {"shop.test"}),
        ({"shop.test/a.html": '<a href="https://img.test/lost.png">', "img.test/a.png": ""}, {"img.test"}),
        ({"shop.test+8080/a.html": '<a href="//SHOP.test:8080/lost.html">'}, {"shop.test+8080"}),
        ({"shop.test/a.html": '<a href="http://gas.test/">', "socket.io/a.js": ""}, set()),
        ({"oil/a.html": '<a href="http://shop.test/">', "shop.test/a.html": ""}, set()),
        ({"shop.test/a.html": '<a href="http://shop.test/">', "index.html": ""}, set()),
    ],
    ids=["its-own", "another", "with-a-port", "no-folder", "from-elsewhere", "beside-a-page"],
)
def test_the_hosts_that_pages_of_hosts_refer_to_are_known(
    files: dict[str, str], found: set[str], write: Callable[..., Path]
) -> None:
    folder = Folder(write(files))

    hosts = referred.hosts(folder, lambda name: shown.beginning(folder, name), shown.named_after_hosts(folder))

    assert hosts == found
