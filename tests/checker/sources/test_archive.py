"""A ZIP archive as a mirror: which folder is the root, which members are files, and what is hostile in it."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.model import SourceError
from checker.sources import archive as module
from checker.sources import clients
from checker.sources.archive import Archive
from checker.sources.named import open_source, place_of

pytestmark = pytest.mark.slow

PAGE = b"<p>a page"


def packed(tmp_path: Path, *members: str | zipfile.ZipInfo, data: bytes = PAGE, name: str = "site.zip") -> Path:
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as file:
        for member in members:
            file.writestr(member, data)
    return tmp_path / name


def info(name: str, *, mode: int = 0, system: int = 3, flags: int = 0) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr, member.flag_bits = system, mode << 16, flags
    return member


@pytest.mark.parametrize(
    ("members", "files", "folders"),
    [
        (["index.html", "a/b.html"], {"index.html", "a/b.html"}, {"", "a"}),
        (["repo-main/README.md", "repo-main/docs/a.md"], {"README.md", "docs/a.md"}, {"", "docs"}),
        (["repo-main/", "repo-main/a.md", "repo-main/empty/"], {"a.md"}, {"", "empty"}),
        (["a/b/c/page.html"], {"b/c/page.html"}, {"", "b", "b/c"}),
        (["site/a.html", "__MACOSX/site/._a.html"], {"a.html"}, {""}),
        (["site/a.html", "site/.git/config", "site/.mirrorcheck/history.sqlite"], {"a.html"}, {""}),
        (["./index.html", "./a//b.html"], {"index.html", "a/b.html"}, {"", "a"}),
        (["one/a.html", "two/b.html"], {"one/a.html", "two/b.html"}, {"", "one", "two"}),
        ([], set(), {""}),
    ],
    ids=["flat", "top", "listed-folders", "deep", "macos", "stores", "dots", "two-tops", "empty"],
)
def test_a_single_top_folder_is_the_root(
    tmp_path: Path, members: list[str], files: set[str], folders: set[str]
) -> None:
    archive = Archive(packed(tmp_path, *members))

    assert archive.files.keys() == files
    assert archive.folders == folders
    assert not archive.problems


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil.html", "the name of the archive's member leads out of the archive"),
        ("a/../../evil.html", "the name of the archive's member leads out of the archive"),
        ("/etc/evil.html", "the archive's member has an absolute name"),
        ("//host/evil.html", "the archive's member has an absolute name"),
        ("C:/evil.html", "the name of the archive's member begins with a drive"),
        ("c:\\evil.html", "the name of the archive's member begins with a drive"),
        ("a/" * 200 + "evil.html", "the name of the archive's member is longer or deeper than any folder's"),
        ("a" * 5_000, "the name of the archive's member is longer or deeper than any folder's"),
    ],
)
def test_a_name_that_no_folder_can_hold_is_a_problem_and_no_file(tmp_path: Path, name: str, message: str) -> None:
    archive = Archive(packed(tmp_path, "index.html", name))

    assert archive.files.keys() == {"index.html"}
    assert [tuple(problem) for problem in archive.problems] == [(name, "local/unreadable", message)]


def test_a_climbing_name_with_the_slashes_of_windows_is_a_problem(tmp_path: Path) -> None:
    archive = Archive(packed(tmp_path, "index.html", info("a\\..\\..\\evil.html", system=0)))

    assert archive.files.keys() == {"index.html"}
    assert [problem.path for problem in archive.problems] == ["a/../../evil.html"]


def test_a_name_with_a_nul_is_a_problem(tmp_path: Path) -> None:
    path = packed(tmp_path, "index.html", "good.html_evil")
    path.write_bytes(path.read_bytes().replace(b"good.html_evil", b"good.html\0evil"))

    archive = Archive(path)

    assert archive.files.keys() == {"index.html"}
    assert [problem.message for problem in archive.problems] == ["the name of the archive's member holds a NUL"]


def test_backslashes_are_slashes_where_windows_made_the_archive_and_letters_elsewhere(tmp_path: Path) -> None:
    path = packed(tmp_path, info("a\\b.html", system=0), info("c\\d.html", system=10), info("e\\f.html", system=3))

    assert Archive(path).files.keys() == {"a/b.html", "c/d.html", "e\\f.html"}


def test_of_several_members_of_one_name_the_last_counts_and_that_is_said(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as file:
        file.writestr("index.html", b"the first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("index.html", b"the last")

    archive = Archive(tmp_path / "site.zip")

    assert archive.read("index.html", 100) == b"the last"
    assert [problem.message for problem in archive.problems] == [
        "several members of the archive have this name; the last one is read"
    ]


def test_a_file_that_is_a_folder_too_is_a_problem(tmp_path: Path) -> None:
    archive = Archive(packed(tmp_path, "index.html", "a", "a/page.html"))

    assert archive.files.keys() == {"index.html", "a/page.html"}
    assert [tuple(problem)[::2] for problem in archive.problems] == [("a", "a folder of the archive has the same name")]


@pytest.mark.parametrize(
    ("raw", "flags", "extra", "name"),
    [
        ("中文.html".encode(), 0x800, b"", "中文.html"),
        ("中文.html".encode(), 0, b"", "中文.html"),  # by programs that do not set the flag
        (b"caf\x82.html", 0, b"", "café.html"),  # code page 437, as the specification says
        (b"caf_.html", 0, "café.html".encode(), "café.html"),  # Info-ZIP's field beside it
    ],
    ids=["utf-8", "utf-8-untold", "cp437", "unicode-path"],
)
def test_names_are_read_in_the_encoding_that_they_are_in(
    tmp_path: Path, raw: bytes, flags: int, extra: bytes, name: str
) -> None:
    path = tmp_path / "site.zip"
    path.write_bytes(by_hand(raw, PAGE, flags=flags, extra=unicode_path(raw, extra) if extra else b""))

    archive = Archive(path)

    assert [*archive.files] == [name]
    assert archive.read(name, 100) == PAGE


def test_a_unicode_name_that_is_of_another_name_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "site.zip"
    path.write_bytes(by_hand(b"plain.html", PAGE, extra=unicode_path(b"other", b"forged.html")))

    assert [*Archive(path).files] == ["plain.html"]


def unicode_path(raw: bytes, name: bytes) -> bytes:
    field = struct.pack("<BI", 1, zlib.crc32(raw)) + name
    return struct.pack("<HH", 0x7075, len(field)) + field


def by_hand(
    name: bytes, data: bytes, *, flags: int = 0, extra: bytes = b"", method: int = 0, size: int | None = None
) -> bytes:
    """An archive of one member, which says of itself what is asked for."""
    size = len(data) if size is None else size
    common = struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0, 0, zlib.crc32(data), len(data), size, len(name), len(extra)
    )
    local = b"PK\3\4" + common + name + extra + data
    entry = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name + extra
    return local + entry + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)


@pytest.mark.parametrize(
    ("flags", "method", "message"),
    [
        (1, 0, "it is encrypted"),
        (0, 12, "it is packed by method 12: neither stored nor deflated"),
        (0, 14, "it is packed by method 14: neither stored nor deflated"),
        (0, 99, "it is packed by method 99: neither stored nor deflated"),
    ],
)
def test_a_member_that_cannot_be_unpacked_is_a_file_that_cannot_be_read(
    tmp_path: Path, flags: int, method: int, message: str
) -> None:
    (tmp_path / "site.zip").write_bytes(by_hand(b"index.html", PAGE, flags=flags, method=method))
    archive = Archive(tmp_path / "site.zip")

    assert archive.files.keys() == {"index.html"}
    with pytest.raises(OSError, match=message):
        archive.read("index.html", 100)


def test_reading_a_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(packed(tmp_path, "index.html", data=bytes(300 << 20)))
    taken = 0
    inflated = module._inflated

    def counted(pieces: object) -> object:
        nonlocal taken
        for block in inflated(pieces):  # type: ignore[arg-type]
            taken += len(block)
            yield block

    monkeypatch.setattr(module, "_inflated", counted)

    assert archive.read("index.html", 1_000_000) == bytes(1_000_000)
    assert taken < 1_100_000


def test_an_archive_that_would_unpack_to_far_more_than_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("index.html", "w") as member:
        for _ in range(1_100):
            member.write(bytes(1 << 20))

    with pytest.raises(SourceError, match=r"site\.zip: it would unpack to 1,153,433,600 bytes, more than 200 times"):
        Archive(path)


def test_an_archive_whose_members_overlap_is_refused(tmp_path: Path) -> None:
    one = by_hand(b"index.html", PAGE * 100)
    at, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entries = one[at:end] * 5
    tail = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 5, 5, len(entries), at, 0)
    (tmp_path / "site.zip").write_bytes(one[:at] + entries + tail)

    with pytest.raises(SourceError, match="overlap"):
        Archive(tmp_path / "site.zip")


def test_a_member_that_begins_where_no_file_reaches_is_damaged(tmp_path: Path) -> None:
    one = by_hand(b"index.html", PAGE)
    at, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entry = bytearray(one[at:end])
    struct.pack_into("<H", entry, 30, 12)  # with an extra field: the offset in 64 bits
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    entry += struct.pack("<HHQ", 1, 8, 2**64 - 1)
    tail = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), at, 0)
    (tmp_path / "site.zip").write_bytes(one[:at] + entry + tail)

    with pytest.raises(OSError, match="damaged"):
        Archive(tmp_path / "site.zip").read("index.html", 100)


@pytest.mark.parametrize("size", [5, 500])
def test_a_member_that_is_not_as_large_as_it_says_is_damaged(tmp_path: Path, size: int) -> None:
    (tmp_path / "site.zip").write_bytes(by_hand(b"index.html", PAGE, size=size))

    with pytest.raises(OSError, match="damaged"):
        Archive(tmp_path / "site.zip").read("index.html", 1_000)


def test_a_member_whose_bytes_changed_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "site.zip").write_bytes(by_hand(b"index.html", PAGE).replace(PAGE, b"<p>A page", 1))

    with pytest.raises(OSError, match="damaged"):
        Archive(tmp_path / "site.zip").read("index.html", 1_000)


def test_a_member_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    path = packed(tmp_path, "index.html", data=os.urandom(200_000))
    archive = Archive(path)
    path.write_bytes(path.read_bytes()[:100_000])

    with pytest.raises(OSError, match="damaged"):
        archive.whole("index.html")


@pytest.mark.parametrize(
    ("name", "to", "leads_to"),
    [
        ("link.html", "a/page.html", "a/page.html"),
        ("a/link.html", "../index.html", "index.html"),
        ("latest", "a", "a"),
        ("self", ".", ""),
        ("far", "link-to-a/page.html", "a/page.html"),
    ],
)
def test_a_symbolic_link_that_stays_inside_is_another_name(tmp_path: Path, name: str, to: str, leads_to: str) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as file:
        file.writestr("index.html", PAGE)
        file.writestr("a/page.html", PAGE)
        file.writestr(info("link-to-a", mode=stat.S_IFLNK | 0o777), "a")
        file.writestr(info(name, mode=stat.S_IFLNK | 0o777), to)

    archive = Archive(tmp_path / "site.zip")

    assert archive.links == {"link-to-a": "a", name: leads_to}
    assert archive.files.keys() == {"index.html", "a/page.html"}
    assert not archive.problems


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("../outside.html", "the symbolic link leaves the mirror"),
        ("/etc/passwd", "the symbolic link leaves the mirror"),
        ("a/../../x", "the symbolic link leaves the mirror"),
        ("nowhere.html", "the symbolic link dangles or loops"),
        ("link.html", "the symbolic link dangles or loops"),
    ],
)
def test_a_symbolic_link_that_leads_nowhere_in_the_archive_is_a_problem(tmp_path: Path, to: str, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as file:
        file.writestr("index.html", PAGE)
        file.writestr(info("link.html", mode=stat.S_IFLNK | 0o777), to)

    archive = Archive(tmp_path / "site.zip")

    assert [tuple(problem) for problem in archive.problems] == [("link.html", "local/bad-symlink", message)]
    assert not archive.links
    assert archive.files.keys() == {"index.html"}


def test_a_pipe_or_a_device_is_no_part_of_the_mirror(tmp_path: Path) -> None:
    path = packed(tmp_path, "index.html", info("pipe.html", mode=stat.S_IFIFO | 0o644))

    assert Archive(path).files.keys() == {"index.html"}


@pytest.mark.parametrize("name", ["site.zip", "site.epub"])
def test_an_archive_is_known_by_how_it_begins(tmp_path: Path, name: str) -> None:
    source = open_source(packed(tmp_path, "index.html", "a/b.html", name=name))

    assert source.files.keys() == {"index.html", "a/b.html"}
    assert source.root is None


def test_an_archive_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path, "index.html")

    def refused(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # the superuser is never refused

    monkeypatch.setattr(zipfile, "ZipFile", refused)

    with pytest.raises(SourceError, match=r"site\.zip: cannot be read: Permission denied"):
        open_source(path)


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\3\4", b"PK\5\6" + bytes(5)])
def test_what_is_named_as_an_archive_and_is_none_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "site.zip").write_bytes(data)

    with pytest.raises(SourceError, match=r"site\.zip: not a ZIP archive that can be read"):
        open_source(tmp_path / "site.zip")


def test_a_folder_of_an_archive_is_a_mirror_too(tmp_path: Path) -> None:
    path = packed(tmp_path, "repo-main/README.md", "repo-main/docs/a.md", "repo-main/docs/b/c.md")

    for folder in ("docs", "docs/", "repo-main/docs"):
        assert open_source(path / folder).files.keys() == {"a.md", "b/c.md"}
    with pytest.raises(SourceError, match=r"site\.zip/nowhere: no such folder in the archive"):
        open_source(path / "nowhere")


def test_a_path_may_run_through_an_archive_with_or_without_its_top_folder(tmp_path: Path) -> None:
    path = packed(tmp_path, "repo-main/README.md", "repo-main/docs/a.md")

    assert place_of(str(path), clients.opened) == (path, False)
    assert place_of(f"{path}/docs/a.md", clients.opened) == (path / "docs/a.md", True)
    assert place_of(f"{path}/repo-main/docs/a.md", clients.opened) == (path / "docs/a.md", True)
    assert place_of(f"{path}/docs", clients.opened) == (path / "docs", False)
    for name in ("nowhere.md", "docs/../../x", "docs/a.md/x"):
        with pytest.raises(SourceError, match="no such file or folder in the archive"):
            place_of(f"{path}/{name}", clients.opened)


WHOLE = io.BytesIO()
with zipfile.ZipFile(WHOLE, "w", zipfile.ZIP_DEFLATED) as whole:
    whole.writestr("index.html", b"<p>" * 300)
    whole.writestr("a/page.html", PAGE)
    whole.writestr(info("link", mode=stat.S_IFLNK | 0o777), "a/page.html")


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_in_an_archive_is_told_and_nothing_else_is_raised(
    tmp_path: Path, data: st.DataObject
) -> None:
    damaged = bytearray(WHOLE.getvalue())
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(damaged))))
    (tmp_path / "site.zip").write_bytes(damaged[:cut])

    try:
        archive = Archive(tmp_path / "site.zip")
    except SourceError:
        return
    for name in archive.files:
        with suppress(OSError):
            assert len(archive.read(name, 10_000)) <= 10_000


@pytest.mark.needs("zip")
def test_what_the_program_zip_writes_is_what_the_folder_holds(tmp_path: Path, write: Callable[..., Path]) -> None:
    root = write({"index.html": "x", "a b/中文.md": "y", "empty.css": "", "large.bin": os.urandom(1 << 20)})
    (root / "link.html").symlink_to("index.html")
    (root / "bare").mkdir()
    subprocess.run(["zip", "-qry", "../site.zip", "."], cwd=root, check=True, timeout=60)

    archive, folder = Archive(tmp_path / "site.zip"), open_source(root)

    assert archive.files == folder.files
    assert archive.folders == folder.folders
    assert archive.links == folder.links
    for name in folder.files:
        assert archive.read(name, 1 << 30) == folder.read(name, 1 << 30)


class Pipe(io.BytesIO):
    """What cannot seek: a member's sizes are then written after it."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_arguments: int) -> int:
        raise OSError


def test_a_member_whose_size_was_not_known_when_it_began_is_read(tmp_path: Path) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("index.html", PAGE)
    (tmp_path / "site.zip").write_bytes(pipe.getvalue())

    assert pipe.getvalue()[6] & 8  # the flag that says so
    assert Archive(tmp_path / "site.zip").read("index.html", 100) == PAGE


def _digests(archive: Archive) -> list[int]:
    return [zlib.crc32(archive.read(name, 1 << 30)) for name in archive.files]


def test_forked_workers_that_read_at_once_do_not_share_a_position(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(60):
            file.writestr(f"{number}.bin", os.urandom(100_000))
    archive = Archive(tmp_path / "site.zip")

    with get_context("fork").Pool(4) as pool:
        assert pool.map(_digests, [archive] * 8) == [_digests(archive)] * 8
