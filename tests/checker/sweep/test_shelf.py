"""The pages that a process read last are at hand, as many as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.config.schema import Config
from checker.mirror.opening import open_mirror
from checker.run.prepare import context_of
from checker.sweep import budget, shelf
from checker.sweep.facts import Context, Facts
from checker.sweep.page import Page

Opener = Callable[[dict[str, str]], Context]


@pytest.fixture
def opened(write: Callable[..., Path]) -> Opener:
    return lambda files: context_of(Config(), open_mirror(Config(), write(files)), None)[0]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(shelf, "_SMALLEST", 0)
    yield
    budget.end()


def test_a_small_page_is_not_kept(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_SMALLEST", 10)
    context = opened({"a.md": "# A\n"})

    assert shelf.read(context, 0, "a.md") is not shelf.again(context, 0, "a.md")


def test_a_page_is_read_once_from_its_file(opened: Opener) -> None:
    context = opened({"a.md": "# A\n"})
    first = shelf.read(context, 0, "a.md")

    assert isinstance(first, Page)
    assert shelf.again(context, 0, "a.md") is first


def test_a_page_that_is_not_at_hand_is_read(opened: Opener) -> None:
    found = shelf.again(opened({"a.md": "# A\n"}), 0, "a.md")

    assert isinstance(found, Page)
    assert found.found.ids == {"a"}


def test_a_page_of_another_mirror_is_not_at_hand(opened: Opener) -> None:
    before, after = opened({"a.md": "# A\n"}), opened({"a.md": "# B\n"})
    shelf.read(before, 0, "a.md")
    found = shelf.again(after, 0, "a.md")

    assert isinstance(found, Page)
    assert found.found.ids == {"b"}


def test_the_last_pages_stay_and_a_large_one_takes_no_room(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_ROOM", 4000)
    monkeypatch.setattr(shelf, "_LARGEST", 2000)
    context = opened(
        {name: "x" * size for name, size in {"a.md": 1500, "b.md": 1500, "c.md": 1500, "d.md": 3000}.items()}
    )
    read = {name: shelf.read(context, 0, name) for name in ("a.md", "b.md", "c.md", "d.md")}

    assert [name for name in read if shelf.again(context, 0, name) is read[name]] == ["b.md", "c.md"]


def test_a_file_that_cannot_be_read_is_asked_for_again(opened: Opener) -> None:
    context = opened({"a.md": "# A\n"})
    (Path(str(context.source.root)) / "a.md").unlink()
    missing = shelf.read(context, 0, "a.md")
    (Path(str(context.source.root)) / "a.md").write_text("# A\n")

    assert isinstance(missing, Facts)
    assert isinstance(shelf.again(context, 0, "a.md"), Page)


def test_the_budget_of_a_page_begins_anew(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    context = opened({"a.md": "# A\n"})
    shelf.read(context, 0, "a.md")
    begun: list[int] = []
    monkeypatch.setattr(budget, "begin", begun.append)
    shelf.again(context, 0, "a.md")

    assert len(begun) == 1
