"""A fragment against the ids of its page: there, there in another spelling, or the nearest."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model import Grade
from checker.sweep.indicated import wanted
from checker.verify import fragment as module
from checker.verify.fragment import Answer, verify, verify_all

IDS = frozenset({"intro", "Install", "usage-notes", "1", "9", "15", "caf\u00e9", "résumé".upper(), "第一章", "🏔"})


def ask(fragment: str, ids: frozenset[str] = IDS, lines: int = 12, *, forge: bool = False, page: bool = True) -> Answer:
    return verify(fragment, ids, lines, forge=forge, page=page)


@pytest.mark.parametrize("fragment", [*sorted(IDS), "1-9", "9-15", "15-1"])
def test_an_id_or_lines_of_a_listing_are_found(fragment: str) -> None:
    assert ask(fragment) == Answer("")


@pytest.mark.parametrize(
    ("fragment", "rule", "nearest"),
    [
        ("install", "local/wrong-case", "Install"),
        ("INTRO", "local/wrong-case", "intro"),
        ("résumé", "local/wrong-case", "RÉSUMÉ"),
        ("cafe\u0301", "local/wrong-normalisation", "caf\u00e9"),
        ("CAFE\u0301", "local/wrong-case", "caf\u00e9"),
        ("intr", "local/missing-fragment", "intro"),
        ("usage-note", "local/missing-fragment", "usage-notes"),
        ("usgae-notes", "local/missing-fragment", "usage-notes"),
        ("第二章", "local/missing-fragment", None),
        ("nothing-like-it", "local/missing-fragment", None),
        ("1-10", "local/missing-fragment", None),
        ("-", "local/missing-fragment", None),
        ("1-", "local/missing-fragment", None),
        ("L3", "local/missing-fragment", None),
    ],
)
def test_what_is_not_there_is_told_from_what_is_misspelt(fragment: str, rule: str, nearest: str | None) -> None:
    answer = ask(fragment)

    assert (answer.rule, answer.nearest) == (rule, nearest)
    assert answer.message


def test_the_exact_id_wins_over_its_other_spellings() -> None:
    assert ask("A", frozenset({"a", "A"})) == Answer("")
    assert ask("\u00e9", frozenset({"e\u0301", "\u00e9"})) == Answer("")


def test_of_several_spellings_none_is_suggested() -> None:
    answer = ask("intro", frozenset({"inTro", "Intro", "INTRO"}))

    assert (answer.nearest, answer.grade) == (None, None)
    assert answer.message == "the id is written 'INTRO' or 'Intro' or 'inTro'"


@pytest.mark.parametrize(
    ("fragment", "grade"),
    [("Intro", Grade.CERTAIN), ("In tro!", Grade.CERTAIN), ("intros", Grade.LIKELY), ("cafe\u0301", Grade.CERTAIN)],
)
def test_a_suggestion_has_a_grade(fragment: str, grade: Grade) -> None:
    assert ask(fragment, frozenset({"intro", "in-tro", "café"})).grade is grade


def test_a_page_without_ids_says_so() -> None:
    assert ask("x", frozenset()) == Answer("local/missing-fragment", "the page has no ids")


@pytest.mark.parametrize(
    ("fragment", "there"),
    [
        ("L1", True),
        ("L12", True),
        ("L13", False),
        ("L0", False),
        ("L3-L12", True),
        ("L12-L3", True),
        ("L3-12", True),
        ("L3-L13", False),
        ("L13-L3", False),
        ("L0-L3", False),
        ("L3C5-L4C1", True),
        ("lines-3:5", True),
        ("lines-3:50", False),
        ("l3", True),
    ],
)
@pytest.mark.parametrize("page", [True, False])
def test_a_forge_shows_as_many_lines_as_the_file_has(fragment: str, there: bool, page: bool) -> None:
    missing = Answer("local/missing-fragment", "the file has 12 lines")

    assert ask(fragment, forge=True, page=page) == (Answer("") if there else missing)


def test_an_id_that_reads_like_a_line_is_an_id() -> None:
    assert ask("L99", frozenset({"L99"}), forge=True) == Answer("")


@pytest.mark.parametrize("fragment", ["page=3", "t=10,20", "xywh=0,0,9,9", "nonsense", "L3"])
@pytest.mark.parametrize("forge", [True, False])
def test_what_is_no_page_leaves_its_fragments_to_its_viewer(fragment: str, forge: bool) -> None:
    assert ask(fragment, frozenset(), forge=forge, page=False) == Answer("")


@given(st.frozensets(st.text(min_size=1, max_size=8), max_size=6), st.text(max_size=8))
def test_an_answer_suggests_only_what_is_there_and_misses_nothing_that_is(ids: frozenset[str], fragment: str) -> None:
    answer = ask(fragment, ids)

    assert answer.nearest is None or answer.nearest in ids
    assert (answer.rule == "") == (fragment in ids or listing(fragment, ids))
    if answer.rule == "local/wrong-normalisation":
        assert unicodedata.normalize("NFC", answer.nearest or "") == unicodedata.normalize("NFC", fragment)


def listing(fragment: str, ids: frozenset[str]) -> bool:
    return all(part.isdigit() and part in ids for part in fragment.partition("-")[::2])


@pytest.mark.parametrize(
    ("fragment", "name"),
    [
        ("part", "part"),
        ("part ", "part"),
        ("part \t\n", "part"),
        ("pa\nrt", "part"),
        (" part", " part"),
        ("\n part", " part"),
        ("part%20", "part "),
        (" ", ""),
        ("TOP ", ""),
    ],
)
def test_what_a_browser_strips_is_no_part_of_the_id(fragment: str, name: str) -> None:
    assert wanted(fragment) == name


def test_ids_are_tried_as_long_as_that_takes_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMPARED", 2 * len(IDS))

    answers = verify_all({"intor", "usage-note", "install"}, IDS, 1, forge=False, page=True)

    assert {fragment: answer.nearest for fragment, answer in answers.items()} == {
        "install": "Install",
        "intor": "intro",
        "usage-note": None,
    }
