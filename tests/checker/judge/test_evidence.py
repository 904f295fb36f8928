"""From what is suspect to findings: words, and what to write instead."""

from __future__ import annotations

import posixpath
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from checker.extract.locate import Spot
from checker.judge import evidence
from checker.mirror.target import SELF, Target
from checker.model import Doubt, Finding, Grade, Level, Role, TargetKind, Verdict
from checker.rules import RULES
from checker.sweep.facts import Suspect
from checker.verify.fragment import Answer
from checker.verify.local import Miss
from checker.web import urls

PAGE = "docs/page.md"
MISSING = Target(TargetKind.MISSING, "docs/gone.md")


def suspect(raw: str, target: Target = MISSING, rule: str = "", **others: Any) -> Suspect:
    fields: dict[str, Any] = {"fragment": "", "spots": (Spot(3, 5),), "base": PAGE} | others
    return Suspect(Role.LINK, raw, target, fields["fragment"], Doubt.BROKEN, rule, fields["spots"], fields["base"])


# --- words ---------------------------------------------------------------------------------------------


def test_a_finding_carries_its_rules_row_and_its_evidence() -> None:
    [found] = evidence.of_miss(
        PAGE, suspect("gone.md#part", fragment="part"), Miss("local/missing-file", "no such file")
    )

    assert found == Finding(
        "local/missing-file",
        Level.ERROR,
        PAGE,
        3,
        5,
        "no such file",
        Role.LINK,
        "gone.md#part",
        "docs/gone.md#part",
        Verdict.BROKEN,
    )


def test_each_place_of_a_reference_is_a_finding() -> None:
    spots = (Spot(1, 2), Spot(1, 9, "gone%2Emd"), Spot(4, 1))
    found = [*evidence.of_miss(PAGE, suspect("gone.md", spots=spots), Miss("local/missing-file", ""))]

    assert [(one.line, one.column) for one in found] == [(1, 2), (1, 9), (4, 1)]
    assert [one.reference for one in found] == ["gone.md"] * 3
    assert [one.shown for one in found] == ["gone.md", "gone%2Emd", "gone.md"]


def test_a_page_as_a_whole_is_found_at_its_beginning() -> None:
    found = evidence.of_page(PAGE, "local/too-large", "too large")

    assert (found.line, found.column, found.reference, found.target, found.role) == (1, 1, "", PAGE, None)
    assert (found.level, found.verdict) == (Level.WARNING, Verdict.UNCHECKED)


@pytest.mark.parametrize(
    ("target", "fragment", "label", "named"),
    [
        (MISSING, "", "", "docs/gone.md"),
        (MISSING, "x", "", "docs/gone.md#x"),
        (MISSING, "", "sibling/", "sibling/docs/gone.md"),
        (Target(TargetKind.FILE, "docs/b.md", 1, 3), "x", "sibling/", "sibling/docs/b.md#x"),
        (SELF, "x", "", "docs/page.md#x"),
        (Target(TargetKind.REMOTE, "https://user:secret@example.org/x"), "", "sibling/", "https://***@example.org/x"),
        (Target(TargetKind.OTHER, "htpp"), "", "", "htpp"),
        (Target(TargetKind.OUTSIDE), "", "", ""),
    ],
)
def test_a_target_is_named_relative_to_its_folder(target: Target, fragment: str, label: str, named: str) -> None:
    [found] = evidence.of_miss(PAGE, suspect("r", target, fragment=fragment), Miss("local/missing-file", ""), label)

    assert found.target == named


def test_credentials_of_a_reference_are_not_told() -> None:
    raw = "https://user:secret@example.org/ a"
    target = Target(TargetKind.REMOTE, raw)

    [found] = evidence.of_reference(PAGE, suspect(raw, target, "url/repaired-by-browsers"), {})

    assert "secret" not in repr(found)
    assert found.suggestion == "https://***@example.org/%20a"


@pytest.mark.parametrize(
    ("rule", "raw", "target", "message", "suggestion"),
    [
        ("url/empty", "", SELF, "the attribute is empty", None),
        ("url/invalid", "http://[", Target(TargetKind.INVALID), "cannot be parsed as a URL", None),
        ("url/local-path", "C:\\x", Target(TargetKind.LOCAL_PATH), "names a file on one person's computer", None),
        (
            "url/local-path",
            "blob:https://example.org/1",
            Target(TargetKind.OTHER, "blob"),
            "names what only one browser had (blob:)",
            None,
        ),
        (
            "url/unknown-scheme",
            "htpp:x",
            Target(TargetKind.OTHER, "htpp"),
            "'htpp' is not a scheme of the web",
            None,
        ),
        ("url/repaired-by-browsers", "a b.md", MISSING, "browsers repair it; the suggestion shows how", "a%20b.md"),
        (
            "url/swallowed-punctuation",
            "https://example.org/a。后文，more",
            Target(TargetKind.REMOTE, "https://example.org/a"),
            "the forge takes the text after the URL as part of it",
            "https://example.org/a",
        ),
        (
            "url/swallowed-punctuation",
            "https://example.org/a_(b).)，而且",
            Target(TargetKind.REMOTE, "https://example.org/a"),
            "the forge takes the text after the URL as part of it",
            "https://example.org/a_(b)",
        ),
        ("local/outside-mirror", "../../x", Target(TargetKind.OUTSIDE), "climbs above the root of the mirror", None),
        (
            "mirror/leak",
            "https://example.org/b?x=1#y",
            Target(TargetKind.REMOTE, "https://example.org/b", leak="docs/b.md"),
            "the mirror has a copy: docs/b.md",
            "b.md#y",
        ),
    ],
)
def test_a_rule_that_needs_no_look_at_the_disk_has_its_words(
    rule: str, raw: str, target: Target, message: str, suggestion: str | None
) -> None:
    [found] = evidence.of_reference(PAGE, suspect(raw, target, rule), {})

    assert (found.rule, found.message, found.suggestion) == (rule, message, suggestion)
    assert (found.level, found.verdict) == (RULES[rule].level, RULES[rule].verdict)


# --- what to write instead -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "raw", "suggestion"),
    [
        (Role.LINK, "https://o.test/b", "b/%E4%B8%AD.md"),
        (Role.BARE, "https://o.test/b?v=1#x", "https://m.test/docs/b/%E4%B8%AD.md#x"),
        (Role.BARE, "https://o.test/中", "https://m.test/docs/b/中.md"),
        (Role.SITEMAP, "https://o.test/b", "https://m.test/docs/b/%E4%B8%AD.md"),
        (Role.FEED, "https://o.test/b", "https://m.test/docs/b/%E4%B8%AD.md"),
        (Role.CANONICAL, "https://o.test/b", None),
    ],
)
def test_what_must_be_a_url_stays_one(role: Role, raw: str, suggestion: str | None) -> None:
    copy = "docs/b/中.md"
    leak = suspect(raw, Target(TargetKind.REMOTE, raw, leak=copy), "mirror/leak")._replace(role=role)

    [found] = evidence.of_reference(PAGE, leak, {copy: "https://m.test/docs/b/%E4%B8%AD.md"})
    [without] = evidence.of_reference(PAGE, leak, {})

    assert found.suggestion == suggestion
    assert found.grade is (Grade.CERTAIN if suggestion else None)
    assert without.suggestion == (suggestion if role is Role.LINK else None)


@pytest.mark.parametrize(
    ("raw", "base", "nearest", "suggestion"),
    [
        ("gone.md", "docs/page.md", "docs/near.md", "near.md"),
        ("gone.md", "page.md", "docs/near.md", "docs/near.md"),
        ("gone.md", "docs/page.md", "near.md", "../near.md"),
        ("gone.md", "a/b/c.md", "x/y.md", "../../x/y.md"),
        ("gone.md?v=2#part", "docs/page.md", "docs/near.md", "near.md?v=2#part"),
        ("gone.md#a?b", "docs/page.md", "docs/near.md", "near.md#a?b"),
        ("gone.md#", "docs/page.md", "docs/near.md", "near.md#"),
        (
            "https://example.org/gone.md?v=2#part",
            "docs/page.md",
            "docs/near.md",
            "https://example.org/docs/near.md?v=2#part",
        ),
        ("gone.md?u=1", "docs/page.md", "docs/第一 章?.md", "%E7%AC%AC%E4%B8%80%20%E7%AB%A0%3F.md?u=1"),
        ("没有.md?u=1", "docs/page.md", "docs/第一 章?.md", "第一%20章%3F.md?u=1"),
        ("/docs/gone.md", "docs/page.md", "docs/near.md", "/docs/near.md"),
        ("gone.md", "docs/page.md", "docs/50%.md", "50%25.md"),
        ("gone.md", "docs/page.md", "docs/a:b.md", "./a:b.md"),
        ("gone.md", "docs/page.md", "docs/x/a:b.md", "x/a:b.md"),
        ("gone", "docs/page.md", "docs/x/", "x/"),
        ("gone", "docs/page.md", "docs/", "./"),
        ("gone.md", "docs/page.md", None, None),
    ],
)
def test_what_to_write_has_the_form_of_what_was_written(
    raw: str, base: str | None, nearest: str | None, suggestion: str | None
) -> None:
    path = urls.decode(urls.host_and_path(raw)[1] if "://" in raw else raw).partition("?")[0].partition("#")[0]
    folder = posixpath.dirname(base or "") if "://" not in raw else ""
    missing = Target(TargetKind.MISSING, posixpath.join(folder, path).lstrip("/"))
    [found] = evidence.of_miss(PAGE, suspect(raw, missing, base=base), Miss("local/missing-file", "", nearest))

    assert found.suggestion == suggestion


@pytest.mark.parametrize(
    ("raw", "suggestion"),
    [("list.php?cat=1", "list.php%3Fcat=1"), ("../docs/list.php?cat=1#a", "../docs/list.php%3Fcat=1#a")],
)
def test_a_query_that_is_part_of_the_name_is_written_as_such(raw: str, suggestion: str) -> None:
    missing = Target(TargetKind.MISSING, "docs/list.php", query="cat=1")
    miss = Miss("local/missing-file", "", "docs/list.php?cat=1")

    [found] = evidence.of_miss(PAGE, suspect(raw, missing), miss)

    assert found.suggestion == suggestion


def test_a_file_of_another_folder_is_suggested_by_its_label() -> None:
    [found] = evidence.of_miss(PAGE, suspect("x"), Miss("local/wrong-case", "", "README.md"), "sibling/")

    assert found.suggestion == "sibling/README.md"


SEGMENT = st.text("aB1 é中%?#&:\\+.~-", min_size=1, max_size=5).filter(lambda text: text.strip(".") != "")
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


@given(PATH, PATH)
def test_a_suggestion_leads_from_the_page_to_the_file(base: str, file: str) -> None:
    gone = posixpath.join(posixpath.dirname(base), "gone")
    assume(not base.startswith(file + "/") and file != gone)  # one name is not both a file and a folder
    missing = Target(TargetKind.MISSING, gone)

    [found] = evidence.of_miss(base, suspect("gone", missing, base=base), Miss("local/missing-file", "", file))

    assert found.suggestion is not None
    resolved = urls.resolve("http://mirror.invalid/" + urls.encode_path(base), found.suggestion)
    assert urls.decode(resolved.removeprefix("http://mirror.invalid/")) == file


@pytest.mark.parametrize(
    ("raw", "nearest", "suggestion"),
    [
        ("b.md#instal", "install", "b.md#install"),
        ("#instal", "install", "#install"),
        ("b.md?x#a#b", "ab", "b.md?x#ab"),
        ("b.md#a-b", "a b", "b.md#a%20b"),
        ("b.md#100", "100%25", "b.md#100%2525"),
        ("b.md#100", "100%", "b.md#100%25"),
        ("b.md#第二章", "第一章", "b.md#第一章"),
        ("b.md#x", None, None),
    ],
)
def test_the_nearest_id_takes_the_place_of_the_fragment(raw: str, nearest: str | None, suggestion: str | None) -> None:
    answer = Answer("local/missing-fragment", "no element has this id", nearest)

    [found] = evidence.of_fragment(PAGE, suspect(raw, Target(TargetKind.FILE, "docs/b.md"), fragment="x"), answer)

    assert (found.rule, found.message, found.suggestion) == (answer.rule, answer.message, suggestion)


@given(st.text('ab%20<>`"é章 \t\n\x7f#?', max_size=8))
def test_a_suggested_fragment_finds_its_id_and_needs_no_repair(name: str) -> None:
    [found] = evidence.of_fragment(PAGE, suspect("#x", SELF, fragment="x"), Answer("local/missing-fragment", "", name))

    assert found.suggestion is not None
    assert urls.decode_fragment(found.suggestion[1:]) == name
    assert urls.repaired(found.suggestion) is None
