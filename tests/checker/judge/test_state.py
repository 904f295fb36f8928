"""What a run knows so far, page by page and all at once."""

from __future__ import annotations

from array import array

from checker.judge.state import FromNetwork, RunState
from checker.model import Kind, Unchecked, section_of
from checker.sweep.facts import Facts


def facts(page: str, **more: object) -> Facts:
    return Facts(page, Kind.HTML)._replace(**more)  # type: ignore[arg-type]


def keys(*each: int) -> bytes:
    return array("Q", each).tobytes()


def test_pages_add_up() -> None:
    learnt = RunState(3)

    learnt.add(facts("docs/a.html", references=2, files=array("I", [1]).tobytes(), assets=((1, "image"),)))
    learnt.add(facts("b.md", kind=Kind.MARKDOWN, references=3, remote=keys(7, 8), parts=keys(9)))
    learnt.add(facts("s.css", kind=Kind.CSS))

    assert (learnt.pages, learnt.references) == (3, 5)
    assert learnt.referred == bytearray([0, 1, 0])
    assert [*learnt.addressed] == ["docs/a.html", "b.md"]
    assert learnt.sections == {"docs": [1, 2], "": [2, 3]}
    assert learnt.remote == {7, 8}
    assert learnt.roles == {1: "image"}


def test_what_is_no_page_is_not_counted_as_one() -> None:
    learnt = RunState(0)

    learnt.add(facts("a.php", kind=None))
    learnt.add(facts("b.html", fault=("local/unreadable", "cannot be read: Permission denied")))

    assert learnt.pages == 1
    assert learnt.nonpages == {"a.php"}
    assert learnt.faults == [("b.html", "local/unreadable", "cannot be read: Permission denied")]


def test_remote_urls_without_a_verdict_are_counted_by_reason() -> None:
    learnt = RunState(0)
    learnt.add(facts("a.html", remote=keys(7, 8)))

    assert learnt.missed(online=False) == ({Unchecked.OFFLINE: 2}, {7, 8})
    learnt.network = FromNetwork(unasked={Unchecked.EXCLUDED: 1}, left={8})
    assert learnt.missed(online=True) == ({Unchecked.EXCLUDED: 1}, {8})
    learnt.network = FromNetwork(cut_off="no address could be looked up")
    assert learnt.missed(online=True) == ({Unchecked.NO_NETWORK: 2}, {7, 8})


def test_a_section_is_the_folder_at_the_top() -> None:
    assert [section_of(page) for page in ("a.html", "docs/a.html", "docs/deep/a.html")] == ["", "docs", "docs"]
