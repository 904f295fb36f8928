"""Suppressions: what a comment names, which line it silences, and where it is only shown."""

from __future__ import annotations

import pytest

from checker.extract.suppress import Suppression, suppressions
from checker.model import Kind


@pytest.mark.parametrize(
    ("comment", "rules", "reason"),
    [
        ("<!-- mirrorcheck: ignore local/missing-file -->", ("local/missing-file",), ""),
        ("<!--mirrorcheck:ignore local-->", ("local",), ""),
        ("<!-- mirrorcheck: ignore local url/empty -->", ("local", "url/empty"), ""),
        ("<!-- mirrorcheck: ignore local, url/empty,mirror -->", ("local", "url/empty", "mirror"), ""),
        ("<!-- mirrorcheck: ignore local -- moved in spring -->", ("local",), "moved in spring"),
        ("<!-- mirrorcheck: ignore local -- 原站 -- 已关闭 -->", ("local",), "原站 -- 已关闭"),
        ("<!-- mirrorcheck: ignore local -- moved\r\n     in spring\n-->", ("local",), "moved in spring"),
        ("<!-- mirrorcheck: ignore local,\n  url/empty -->", ("local", "url/empty"), ""),
        ("<!-- mirrorcheck: ignore local -- -->", ("local",), ""),
        ("<!-- mirrorcheck: ignore -->", (), ""),
        ("<!-- mirrorcheck: ignore -- no rule named -->", (), "no rule named"),
        ("<!-- mirrorcheck: ignore no/such-rule -->", ("no/such-rule",), ""),
        ("/* mirrorcheck: ignore local/missing-file -- gone */", ("local/missing-file",), "gone"),
    ],
)
def test_a_comment_names_rules_and_a_reason(comment: str, rules: tuple[str, ...], reason: str) -> None:
    [found] = suppressions(comment, Kind.HTML)

    assert (found.rules, found.reason) == (rules, reason)


@pytest.mark.parametrize(
    "text",
    [
        "mirrorcheck: ignore local",
        "<!-- mirrorcheck: ignored local -->",
        "<!-- mirrorcheck: ignore-line local -->",
        "<!-- mirrorcheck: ignore-files local -->",
        "<!-- mirrorcheck ignore local -->",
        "<!-- please mirrorcheck: ignore local -->",
        "<!-- Mirrorcheck: ignore local -->",
        "<!-- mirrorcheck: ignore local",
        "// mirrorcheck: ignore local",
    ],
)
def test_what_is_nearly_a_suppression_is_none(text: str) -> None:
    assert suppressions(text, Kind.HTML) == ()


@pytest.mark.parametrize(
    ("text", "line", "at"),
    [
        ("<!-- mirrorcheck: ignore local -->\n<a href=x>", 2, (1, 1)),
        ("<p>\n\n  <!-- mirrorcheck: ignore local -->\n<a href=x>", 4, (3, 3)),
        ("<p>\r\n<!-- mirrorcheck: ignore local -->\r\n<a href=x>", 3, (2, 1)),
        ("🏔𝒳<!-- mirrorcheck: ignore local -->", 2, (1, 3)),
        ("<!-- mirrorcheck: ignore local\n -->\n<a href=x>", 3, (1, 1)),
        ("<!--\nmirrorcheck: ignore local \n\n-->\n<a href=x>", 5, (1, 1)),
        ("<p>\n<!-- mirrorcheck: ignore-file local -->", 0, (2, 1)),
    ],
)
def test_the_line_after_the_comment_is_silenced_or_the_whole_page(text: str, line: int, at: tuple[int, int]) -> None:
    assert suppressions(text, Kind.HTML) == (Suppression(("local",), line, at, ""),)


def test_each_comment_of_a_page_counts() -> None:
    text = (
        "<!-- mirrorcheck: ignore url -->\n<!-- mirrorcheck: ignore local --><!-- mirrorcheck: ignore-file mirror -->"
    )

    assert [(one.rules, one.line) for one in suppressions(text, Kind.HTML)] == [
        (("url",), 2),
        (("local",), 3),
        (("mirror",), 0),
    ]


COMMENT = "<!-- mirrorcheck: ignore local -->"


@pytest.mark.parametrize(
    ("markdown", "counts"),
    [
        (f"{COMMENT}\n[a](b.md)\n", True),
        (f"text {COMMENT} text\n", True),
        (f"# heading {COMMENT}\n", True),
        (f"- item\n  {COMMENT}\n", True),
        (f"> {COMMENT}\n", True),
        (f"<div>\n{COMMENT}\n</div>\n", True),
        (f"`{COMMENT}`\n", False),
        (f"``` html\n{COMMENT}\n```\n", False),
        (f"~~~\n{COMMENT}\n~~~\n", False),
        (f"text\n\n    {COMMENT}\n", False),
        ("\\" + COMMENT + "\n", False),
        (f"---\ntitle: '{COMMENT}'\n---\n\ntext\n", False),
    ],
)
def test_in_markdown_a_suppression_that_is_shown_as_code_is_none(markdown: str, counts: bool) -> None:
    assert bool(suppressions(markdown, Kind.MARKDOWN)) == counts


def test_a_comment_of_mdx_is_one() -> None:
    text = (
        "# P\n\n{/* mirrorcheck: ignore local -- on its way */}\n[a](b)\n\n```\n{/* mirrorcheck: ignore url */}\n```\n"
    )

    (found,) = suppressions(text, Kind.MARKDOWN)

    assert (found.rules, found.line, found.reason) == (("local",), 4, "on its way")


def test_a_comment_of_mdx_may_stand_on_lines_of_its_own() -> None:
    text = "# P\n\n{\n  /* mirrorcheck: ignore local */\n}\n[a](b)\n"

    assert [(each.rules, each.line) for each in suppressions(text, Kind.MARKDOWN)] == [(("local",), 6)]
