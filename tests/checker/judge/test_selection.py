"""Which findings count: selection, suppressions and fingerprints."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from checker.config.schema import Config, PathRules, RulesTable
from checker.extract.suppress import Suppression
from checker.judge import evidence
from checker.judge.selection import Judge
from checker.model import Finding, Role
from checker.rules import RULES

PAGE = "docs/page.md"


def finding(rule: str = "local/missing-file", line: int = 1, reference: str = "x.md", page: str = PAGE) -> Finding:
    row = RULES[rule]
    return Finding(rule, row.level, page, line, 1, "words", Role.LINK, reference, "x.md", row.verdict)


def judged(*findings: Finding, suppressions: tuple[Suppression, ...] = (), **rules: Any) -> list[tuple[str, int]]:
    found = Judge(Config(rules=RulesTable(**rules))).page(PAGE, findings, suppressions)
    return [(one.rule, one.line) for one in found]


# --- what counts ---------------------------------------------------------------------------------------

BOTH = (finding("local/missing-file"), finding("url/empty", 2), finding("local/wrong-case", 3))


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ({}, [1, 2, 3]),
        ({"select": ("local",)}, [1, 3]),
        ({"select": ("local/wrong-case", "url")}, [2, 3]),
        ({"ignore": ("local",)}, [2]),
        ({"ignore": ("local/missing-file",)}, [2, 3]),
        ({"select": ("local",), "ignore": ("local/missing-file",)}, [3]),
        ({"select": ("local/missing-file",), "ignore": ("local",)}, []),
        ({"path": (PathRules("docs/**", ("local",)),)}, [2]),
        ({"path": (PathRules("docs/*.html", ("local",)),)}, [1, 2, 3]),
        ({"path": (PathRules("/*.md", ("local",)),)}, [1, 2, 3]),
        ({"path": (PathRules("*.md", ("local",)),)}, [2]),
        ({"path": (PathRules("docs/page.md", ("url/empty",)), PathRules("**", ("local/wrong-case",)))}, [1]),
    ],
)
def test_the_configuration_says_what_counts(rules: dict[str, Any], lines: list[int]) -> None:
    assert [line for _, line in judged(*BOTH, **rules)] == lines


def silence(line: int, *rules: str, at: tuple[int, int] = (1, 1)) -> Suppression:
    return Suppression(rules, line, at, "")


@pytest.mark.parametrize(
    ("suppressions", "found"),
    [
        ([silence(1, "local/missing-file")], [("url/empty", 2), ("local/wrong-case", 3)]),
        ([silence(0, "local")], [("url/empty", 2)]),
        ([silence(0, "local", "url")], []),
        ([silence(1, "local"), silence(3, "local/wrong-case")], [("url/empty", 2)]),
        (
            [silence(2, "local", at=(9, 1))],
            [("local/missing-file", 1), ("url/empty", 2), ("local/wrong-case", 3), ("suppression/unused", 9)],
        ),
        (
            [silence(0, "local/no-such", at=(9, 1))],
            [("local/missing-file", 1), ("url/empty", 2), ("local/wrong-case", 3), ("suppression/unknown-rule", 9)],
        ),
        ([silence(0, "local", "url", "no-such", at=(9, 1))], [("suppression/unknown-rule", 9)]),
        (
            [silence(0, at=(9, 1))],
            [("local/missing-file", 1), ("url/empty", 2), ("local/wrong-case", 3), ("suppression/unknown-rule", 9)],
        ),
        ([silence(0, "local", "url", at=(8, 1)), silence(1, "local", at=(9, 1))], []),
    ],
)
def test_a_suppression_silences_what_it_names_or_is_told_on(
    suppressions: list[Suppression], found: list[tuple[str, int]]
) -> None:
    assert judged(*BOTH, suppressions=tuple(suppressions)) == found


def test_what_is_silenced_is_counted_and_what_does_not_count_is_not() -> None:
    verdict = Judge(Config(rules=RulesTable(ignore=("url",))))

    assert not list(verdict.page(PAGE, BOTH, (silence(0, "local"),)))
    assert verdict.suppressed == 2


def test_notes_on_suppressions_can_be_ignored_too() -> None:
    unused = silence(5, "local/wrong-case")

    assert judged(suppressions=(unused,)) == [("suppression/unused", 1)]
    assert judged(suppressions=(unused,), ignore=("suppression",)) == []
    assert judged(suppressions=(unused,), path=(PathRules("docs/**", ("suppression/unused",)),)) == []


def test_findings_come_in_the_order_of_the_page() -> None:
    assert judged(*reversed(BOTH)) == judged(*BOTH)


# --- fingerprints --------------------------------------------------------------------------------------


def prints(*findings: Finding) -> list[str]:
    return [one.fingerprint for one in Judge(Config()).page(PAGE, findings)]


def test_a_fingerprint_outlives_a_move_and_other_words() -> None:
    assert prints(finding()) == prints(replace(finding(line=70), column=9, message="other words", suggestion="y"))


@pytest.mark.parametrize(
    "other", [finding("local/wrong-case"), finding(reference="y.md"), finding(page="docs/other.md")]
)
def test_another_rule_reference_or_page_has_another_fingerprint(other: Finding) -> None:
    assert prints(finding()) != prints(other)


def test_the_places_of_one_reference_have_fingerprints_of_their_own_in_order() -> None:
    three = prints(finding(line=1), finding(line=5), finding(line=9))

    assert len(set(three)) == 3
    assert three == prints(finding(line=9), finding(line=2), finding(line=3))


def test_findings_on_whole_files_are_told_apart_by_their_target() -> None:
    one, other = (evidence.of_page(PAGE, "local/name-collision", "words", target) for target in ("a", "b"))

    assert len(set(prints(one, other))) == 2


def test_suppressions_that_silence_nothing_have_fingerprints_of_their_own() -> None:
    two = silence(5, "local", at=(4, 1)), silence(9, "url", at=(8, 1))
    found = list(Judge(Config()).page(PAGE, (), two))

    assert [one.rule for one in found] == ["suppression/unused"] * 2
    assert len({one.fingerprint for one in found}) == 2


def test_a_fingerprint_is_made_of_any_name() -> None:
    assert prints(finding(reference="\udcd6\ud83d")) != prints(finding(reference="\udcd6"))
