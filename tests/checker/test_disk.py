"""Writing files: whole or not at all, and only where the user wants it."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from checker import disk
from checker.disk import ForeignError, refuse_foreign, whole

OPTION = "name another"


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("named", [True, False])
def test_a_file_that_is_not_written_to_its_end_leaves_the_one_before(named: bool, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")

    def write() -> None:
        with whole(path, named=named) as file:
            file.write("half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert (left(tmp_path), path.read_text()) == (["report.json"], "before")


@pytest.mark.parametrize("named", [True, False])
def test_a_file_is_there_when_it_is_whole(named: bool, tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    with whole(path, named=named) as file:
        file.write("é\n")
        file.flush()
        assert not path.exists()

    assert (left(tmp_path), path.read_bytes()) == (["report.json"], b"\xc3\xa9\n")


def test_rights_are_those_of_any_new_file_or_of_the_one_before(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.touch()
    old.chmod(0o640)
    (tmp_path / "usual").touch()

    for path in (new, old):
        with whole(path) as file:
            file.write("x")

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "usual", "old")]
    assert modes == [modes[1], modes[1], 0o640]


def test_a_link_that_is_named_is_followed_and_any_other_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    for named, expected in ((True, ("new", True)), (False, ("old", False))):
        target.write_text("old")
        link.unlink(missing_ok=True)
        link.symlink_to("target")

        with whole(link, named=named) as file:
            file.write("new")

        assert (target.read_text(), link.is_symlink()) == expected
        assert link.read_text() == "new"


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    with whole(tmp_path / ("n" * 255)) as file:
        file.write("x")

    assert left(tmp_path) == ["n" * 255]


def test_a_pipe_that_is_named_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()

    with whole(path, named=True) as file:
        file.write("through")
    reader.join()

    assert (read, left(tmp_path)) == (["through"], ["pipe"])


def test_what_is_open_already_is_written_to(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w+") as file:
        with whole(Path(f"/dev/fd/{file.fileno()}"), named=True) as stream:
            stream.write("here")

        assert file.read() == "here"


def test_a_full_device_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"), whole(Path("/dev/full"), named=True) as file:
        file.write("x")


def test_a_file_in_a_folder_that_takes_no_new_one_is_written_in_place(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before, and longer")
    path.chmod(0o666)
    tmp_path.chmod(0o555)
    for parent in tmp_path.parents[:2] if os.geteuid() == 0 else ():
        parent.chmod(0o755)

    if os.geteuid() == 0:  # who may write everywhere
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError), whole(path) as file:
            file.write("never")
        with whole(path, named=True) as file:
            file.write("after")
    finally:
        os.seteuid(os.getuid())

    assert path.read_text() == "after"


def test_a_file_that_cannot_be_replaced_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mounted.json"
    path.write_text("before, and longer")

    def busy(_self: Path, _target: Path) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    with whole(path, named=True) as file:
        file.write("after")
    with pytest.raises(OSError, match="busy"), whole(path) as file:
        file.write("never")

    assert (path.read_text(), left(tmp_path)) == ("after", ["mounted.json"])


def link(path: Path) -> None:
    path.symlink_to("elsewhere")


def hard_link(path: Path) -> None:
    (path.parent / "elsewhere").write_text("x")
    path.hardlink_to(path.parent / "elsewhere")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.fspath(path))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (link, "a symbolic link"),
        (hard_link, "a hard link"),
        (os.mkfifo, "not a regular file"),
        (listening, "not a regular file"),
        (Path.mkdir, "not a regular file"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(make: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make(tmp_path / "file")

    with pytest.raises(ForeignError, match=rf"file: {said}.*; remove it, or name another$"):
        refuse_foreign([tmp_path / "missing", tmp_path / "file"], tmp_path, OPTION)


@pytest.mark.parametrize("path", ["linked/file", "a/linked/new/file", "linked/../file", "a/../linked/file"])
def test_a_folder_that_is_a_link_is_refused(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    for name in ("linked", "a/linked"):
        (tmp_path / name).symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)

    for root in (tmp_path, Path()):
        with pytest.raises(ForeignError, match=r"linked: a symbolic link"):
            refuse_foreign([root / path], root, OPTION)
    with pytest.raises(ForeignError, match=r"linked: a symbolic link"):
        refuse_foreign([tmp_path / path], Path(), OPTION)


def test_what_is_above_the_root_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real" / "root").mkdir(parents=True)
    (tmp_path / "real" / "file").symlink_to("elsewhere")
    (tmp_path / "link").symlink_to("real")
    root = tmp_path / "link" / "root"

    refuse_foreign([root / "a" / "file", root / ".." / "file", root.parent / "file", Path("/dev/stdout")], root, OPTION)
    monkeypatch.chdir(root)
    refuse_foreign([Path("file"), Path("../file")], Path(), OPTION)


def test_a_file_of_ours_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("made")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=r"symbolic links|not a regular file"):
            disk.open_own(tmp_path / name)
    assert left(tmp_path) == ["link", "pipe"]


def test_a_pipe_in_a_mirror_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="not a regular file"):
        disk.reading(tmp_path / "pipe")


def test_a_disk_that_ends_early_leaves_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("before")
    program = (
        "import sys\nfrom pathlib import Path\nfrom checker.disk import whole\n"
        "with whole(Path(sys.argv[1]), named=True) as file:\n    file.write('x' * 200_000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", sys.executable, "-c", program, path],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "File too large" in done.stderr
    assert (path.read_text(), left(tmp_path)) == ("before", ["report"])
