"""The index of a folder: what is walked, what symbolic links lead to, which names collide."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model import SourceError
from checker.sources.base import fold
from checker.sources.folder import Folder

Write = Callable[..., Path]

LEAVES, DANGLES = "the symbolic link leaves the mirror", "the symbolic link dangles or loops"


def test_files_and_folders_are_known_by_their_names_below_the_root(write: Write) -> None:
    root = write({"b.html": "", "a/c.html": "", "a/.hidden": "", ".well-known/x": "", "a b/中文.md": ""})
    (root / "empty" / "inner").mkdir(parents=True)

    index = Folder(root)

    assert list(index.files) == sorted(index.files)
    assert set(index.files) == {"b.html", "a/c.html", "a/.hidden", ".well-known/x", "a b/中文.md"}
    assert index.folders == {"", "a", ".well-known", "a b", "empty", "empty/inner"}
    assert [index.files[name] for name in sorted(index.files)] == [0, 1, 2, 3, 4]
    assert Path(index.path("a/c.html")) == root / "a" / "c.html"
    assert not index.problems
    assert not index.links


@pytest.mark.parametrize("store", [".git", ".hg", ".svn", ".mirrorcheck"])
def test_a_tools_own_store_is_no_part_of_the_mirror_at_any_depth(store: str, write: Write) -> None:
    index = Folder(write({f"{store}/page.html": "", f"a/{store}/page.html": "", f"{store}more/page.html": ""}))

    assert set(index.files) == {f"{store}more/page.html"}
    assert index.folders == {"", "a", f"{store}more"}


def test_a_file_named_as_a_store_is_a_file(write: Write) -> None:
    assert set(Folder(write({".git": "gitdir: elsewhere"})).files) == {".git"}


def test_what_is_neither_file_nor_folder_is_left_out(write: Write) -> None:
    root = write({"page.html": ""})
    os.mkfifo(root / "pipe.html")

    assert set(Folder(root).files) == {"page.html"}


def test_a_name_that_is_not_utf8_keeps_its_bytes(write: Write) -> None:
    root = write({})
    (root / os.fsdecode(b"\xd6\xd0.html")).write_bytes(b"x")

    [name] = Folder(root).files

    assert os.fsencode(name) == b"\xd6\xd0.html"


@pytest.mark.parametrize("name", ["nowhere", "page.html"])
def test_what_is_no_folder_is_an_error_that_names_it(name: str, write: Write) -> None:
    root = write({"page.html": ""}) / name

    with pytest.raises(SourceError, match=name):
        Folder(root)


@pytest.mark.parametrize(
    ("name", "to", "leads_to"),
    [
        ("link.html", "a/page.html", "a/page.html"),
        ("a/link.html", "page.html", "a/page.html"),
        ("a/deep/link.html", "../../index.html", "index.html"),
        ("latest", "a", "a"),
        ("latest", "a/", "a"),
        ("a/up", "..", ""),
        ("a/self", ".", "a"),
        ("self", ".", ""),
        ("absolute", "{root}/a/deep", "a/deep"),
        ("around", "../{root.name}/a", "a"),
        ("hidden", ".git/inner.html", ".git/inner.html"),
    ],
)
def test_a_link_that_stays_inside_is_another_name(name: str, to: str, leads_to: str, write: Write) -> None:
    root = write({"index.html": "", "a/page.html": "", "a/deep/x.html": "", ".git/inner.html": ""})
    (root / name).symlink_to(to.format(root=root))

    index = Folder(root)

    assert index.links == {name: leads_to}
    assert index.real(name) == leads_to
    assert not index.problems
    assert name not in index.files
    assert name not in index.folders


@pytest.mark.parametrize(
    ("name", "to", "message"),
    [
        ("out.html", "../outside.html", LEAVES),
        ("out", "..", LEAVES),
        ("out", "/", LEAVES),
        ("beside", "../mirror-two", LEAVES),  # its path begins with the root's
        ("beside", "../mirror-two/page.html", LEAVES),
        ("never-there", "../nowhere", LEAVES),
        ("dangles.html", "nowhere.html", DANGLES),
        ("dangles", "a/nowhere/page.html", DANGLES),
        ("through-a-file", "index.html/x", DANGLES),
        ("loop", "loop", DANGLES),
        ("a/loop", "../a/loop", DANGLES),
    ],
)
def test_a_link_that_leads_nowhere_in_the_mirror_is_a_problem(name: str, to: str, message: str, write: Write) -> None:
    write({"page.html": ""}, "mirror-two")
    root = write({"index.html": "", "a/page.html": "", "../outside.html": ""})
    (root / name).symlink_to(to)

    index = Folder(root)

    assert [tuple(problem) for problem in index.problems] == [(name, "local/bad-symlink", message)]
    assert not index.links


def test_two_links_that_lead_to_each_other_are_two_problems(write: Write) -> None:
    root = write({"index.html": ""})
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")

    assert {problem.path: problem.message for problem in Folder(root).problems} == {"a": DANGLES, "b": DANGLES}


def test_a_mirror_may_itself_be_named_by_a_link(write: Write, tmp_path: Path) -> None:
    root = write({"a/page.html": ""})
    (root / "inner").symlink_to("a")
    (tmp_path / "alias").symlink_to(root)

    index = Folder(tmp_path / "alias")

    assert set(index.files) == {"a/page.html"}
    assert index.links == {"inner": "a"}


@pytest.mark.parametrize(
    ("name", "real"),
    [
        ("latest", "v1"),
        ("latest/page.html", "v1/page.html"),
        ("latest/not-there.html", "v1/not-there.html"),
        ("newest/page.html", "v1/page.html"),
        ("v1/top/latest/top/page.html", "page.html"),
        ("v1/top/v1/top/v1", "v1"),
        ("v1/page.html", "v1/page.html"),
        ("latest-not", "latest-not"),
        ("x/latest", "x/latest"),
        ("", ""),
    ],
)
def test_a_name_is_followed_through_every_link_in_it(name: str, real: str, write: Write) -> None:
    root = write({"v1/page.html": ""})
    (root / "latest").symlink_to("v1")
    (root / "newest").symlink_to("latest")
    (root / "v1" / "top").symlink_to("..")

    assert Folder(root).real(name) == real


def test_a_name_that_goes_round_for_ever_comes_to_an_end(write: Write) -> None:
    root = write({"page.html": ""})
    (root / "self").symlink_to(".")

    assert Folder(root).real("self/" * 50 + "page.html").endswith("page.html")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("page.html", "Page.HTML"),
        ("Folder/page.html", "folder/page.html"),
        ("caf\u00e9.md", "cafe\u0301.md"),
        ("CAF\u00c9.md", "cafe\u0301.md"),
        ("straße.md", "STRASSE.md"),
        ("ΣΙΓΜΑΣ.md", "σιγμας.md"),
        ("\ufb01n.md", "fin.md"),
        ("\u1fb4.md", "\u0391\u0345\u0301.md"),
        ("가.md", "\u1100\u1161.md"),
    ],
)
def test_names_that_a_disk_blind_to_case_or_form_cannot_hold_collide(one: str, other: str, write: Write) -> None:
    index = Folder(write({one: "", other: "", "neighbour.md": ""}))

    assert index.alike(one) == [other]
    assert index.alike(other) == [one]
    assert {one, other} in [set(group) for group in index.collisions()]


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.md", "b.md"), ("１.md", "1.md"), ("e.md", "\u00e9.md"), ("a b.md", "a%20b.md"), ("x/a", "y/A")],
)
def test_names_that_any_disk_tells_apart_do_not_collide(one: str, other: str, write: Write) -> None:
    index = Folder(write({one: "", other: ""}))

    assert index.alike(one) == []
    assert list(index.collisions()) == []


def test_a_folder_and_a_file_can_collide_and_files_come_first(write: Write) -> None:
    index = Folder(write({"docs/page.md": "", "Docs": ""}))

    assert list(index.collisions()) == [["Docs", "docs"]]
    assert index.alike("DOCS") == ["Docs", "docs"]


@given(st.text("aAßé\u0301\u0323\u0345ᾳΑΣς\u01f0\ufb01가", max_size=6))
def test_folding_forgets_case_and_form_alone_and_does_so_once_for_all(name: str) -> None:
    folded = fold(name)

    assert fold(folded) == folded
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, name)) == folded
