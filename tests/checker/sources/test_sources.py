"""What every source does alike: names, bytes up to a limit, blocks, the whole, sizes; and what there is not."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import stores as lab

from checker.model import Kind
from checker.sources import archive, clients
from checker.sources.address import Address
from checker.sources.archive import Archive
from checker.sources.base import Source
from checker.sources.folder import Folder
from checker.sources.given import Given, WithPage
from checker.sources.live import PageStore
from checker.sources.stores import Store

LARGE = b"<p>" + bytes(range(256)) * 20_000  # five megabytes, beyond what is read or unpacked at once
FILES = {"index.html": b"<p>home\n<p>end", "a/page.html": LARGE, "a/empty.html": b"", "中文 %41.html": b"<p>x"}


def folder(tmp_path: Path) -> Folder:
    for name, data in FILES.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "outside.html").write_bytes(b"no part of the mirror")
    source = Folder(tmp_path / "site")
    os.mkfifo(tmp_path / "site" / "pipe.html")
    return source


def deflated(tmp_path: Path) -> Archive:
    with zipfile.ZipFile(tmp_path / "site.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in FILES.items():
            file.writestr(name, data)
    return Archive(tmp_path / "site.zip")


def stored(tmp_path: Path) -> Archive:
    with zipfile.ZipFile(tmp_path / "site.zip", "w", zipfile.ZIP_STORED) as file:
        for name, data in FILES.items():
            file.writestr(f"site-main/{name}", data)
    return Archive(tmp_path / "site.zip")


def mapped(tmp_path: Path) -> Archive:
    return deflated(tmp_path)


def live(_tmp_path: Path) -> PageStore:
    store = PageStore()
    for name, data in FILES.items():
        store.put(name, data, "text/html", "utf-8", 1)
    return store


def with_page(tmp_path: Path) -> WithPage:
    below = folder(tmp_path)
    given = Given("a/page.html", LARGE, Kind.HTML)
    (tmp_path / "site" / "a" / "page.html").write_bytes(b"it stands here")
    return WithPage(below, given)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Store]:
    """A store that has the files."""
    with lab.moto(tmp_path_factory.mktemp("moto")) as server:
        server.fill("bucket", {f"site/{name}": data for name, data in FILES.items()})
        yield server


def in_a_store(_tmp_path: Path) -> Store:
    return Store(Address("s3://bucket/site", clients.opened))


MADE = [folder, deflated, stored, mapped, live, with_page, in_a_store]


@pytest.fixture(params=MADE, ids=lambda each: each.__name__)
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    if request.param is in_a_store:
        for name, value in request.getfixturevalue("servers").environment.items():
            monkeypatch.setenv(name, value)
    if request.param is mapped:  # members that are too large for the memory
        monkeypatch.setattr(archive, "_MAPPED", 1)
    made = request.param(tmp_path)
    if isinstance(made, PageStore):
        with closing(made):
            yield made
    else:
        yield made
        made.rest()


def test_the_names_are_those_of_the_files_and_each_has_a_number(source: Source) -> None:
    assert source.files.keys() == FILES.keys()
    assert sorted(source.files.values()) == [0, 1, 2, 3]
    assert source.size == 4
    assert "" in source.folders
    assert not source.problems
    assert not source.links


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_up_to_a_limit(source: Source, name: str) -> None:
    data = FILES[name]

    assert source.read(name, 1 << 30) == data
    assert source.read(name, len(data) + 1) == data
    assert source.read(name, len(data)) == data
    for limit in (1, 5, 70_000, 1_500_000):
        assert source.read(name, limit) == data[:limit]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_the_same_in_blocks_as_a_stream_and_whole(source: Source, name: str) -> None:
    data = FILES[name]

    assert b"".join(source.blocks(name)) == data
    with source.stream(name) as stream:
        assert stream.read() == data
    with source.stream(name) as stream:
        assert stream.readlines() == data.splitlines(keepends=True) or b"\r" in data
    whole = source.whole(name)
    assert bytes(whole) == data
    if not isinstance(whole, bytes):
        whole.close()


def test_a_large_file_is_never_in_one_block(source: Source) -> None:
    if not isinstance(source, PageStore):  # whose pages are no larger than a page may be
        assert max(map(len, source.blocks("a/page.html"))) <= 1 << 20


def test_sizes_are_those_of_the_bytes(source: Source) -> None:
    assert dict(source.sizes([*FILES, "nowhere.html"])) == {name: len(data) for name, data in FILES.items()}


def test_a_stamp_stands_for_the_content(source: Source) -> None:
    stamps = source.stamps([*FILES, "nowhere.html"])

    assert stamps == source.stamps(FILES)
    if not isinstance(source, PageStore):  # what a server has now is known when it is asked
        given = {"a/page.html"} if isinstance(source, WithPage) else set()
        assert stamps.keys() == FILES.keys() - given
        assert len(set(stamps.values())) == 4 - len(given)


@pytest.mark.parametrize(
    "name", ["nowhere.html", "a", "", "../site/index.html/x", "a/../index.html", "../outside.html", "pipe.html"]
)
def test_what_is_not_there_cannot_be_read(source: Source, name: str) -> None:
    readers: list[Callable[[], object]] = [
        lambda: source.read(name, 10),
        lambda: [*source.blocks(name)],
        lambda: source.whole(name),
        lambda: source.stream(name).read(),
    ]
    for reader in readers:
        with pytest.raises(OSError) as caught:  # noqa: PT011 - of any kind
            reader()
        assert caught.value.strerror


def test_only_a_server_states_what_a_page_is(source: Source) -> None:
    stated = source.stated("index.html")

    assert stated == ((Kind.HTML, "utf-8", ()) if isinstance(source, PageStore) else None)


def test_only_a_folder_can_be_known_to_git_and_written_to(source: Source) -> None:
    assert (source.root is not None) is isinstance(source, Folder | WithPage)


def test_a_source_travels_to_other_processes(source: Source) -> None:
    if isinstance(source, PageStore):
        return  # a live site is read where it is fetched
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own

    assert copy.files == source.files
    assert copy.read("index.html", 100) == FILES["index.html"]
    copy.rest()
