"""Globs of files mean what they mean in a .gitignore; wildcards of URLs know nothing but `*`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from checker.config.schema import PagesTable
from checker.web.globs import matcher, wildcard

PATHS = [
    ("*.md", "a.md", True),
    ("*.md", "b/a.md", True),
    ("/*.md", "b/a.md", False),
    ("**/*.md", "a.md", True),
    ("**/*.md", "b/c/a.md", True),
    ("drafts/**", "drafts/a/b", True),
    ("drafts/**", "drafts", False),
    ("drafts/**", "b/drafts/a", False),
    ("drafts", "b/drafts/a", True),
    ("drafts/", "b/drafts/a", True),
    ("drafts/", "b/drafts", False),
    ("b/drafts", "a/b/drafts", False),
    ("/index.*", "index.html", True),
    ("/index.*", "b/index.html", False),
    ("/404.html", "404.html", True),
    ("/404.html", "404.htmlx", False),
    ("/docs", "docs/a", True),
    ("/docs", "docs2/a", False),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("a.c", "abc", False),
    ("a[b]", "ab", True),
    (r"a\[b]", "a[b]", True),
    ("A.md", "a.md", False),
    ("[[:alpha:]].md", "a.md", False),
]


@pytest.mark.parametrize(("pattern", "path", "matches"), PATHS)
def test_globs_are_those_of_gitignore(pattern: str, path: str, *, matches: bool) -> None:
    assert matcher([pattern])(path) is matches


@pytest.mark.needs("git")
@pytest.mark.parametrize(("pattern", "path", "matches"), PATHS[:-1])  # git knows [[:alpha:]], pathspec does not
def test_git_itself_says_the_same(pattern: str, path: str, *, matches: bool, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text(pattern + "\n")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("")

    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=tmp_path, check=False)

    assert (ignored.returncode == 0) is matches


def test_the_last_pattern_that_matches_decides() -> None:
    left_out = matcher(["*.md", "!README.md", "/old/**"])

    assert [left_out(path) for path in ("a.md", "b/README.md", "old/README.md", "a.html")] == [True, False, True, False]


def test_without_patterns_nothing_matches() -> None:
    assert not matcher([])("a")


@pytest.mark.parametrize("pattern", ["!", "a\\", "[z-a]"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid git pattern|bad character range"):
        matcher([pattern])


NAMES = st.sampled_from(
    ["a", "b.md", "index.html", "index.", ".venv", "node_modules", "node_modules2", "404.html", "ü-1"]
)
SEGMENTS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
SIMPLE = st.one_of(
    SEGMENTS.map("{}/**".format), SEGMENTS.map("/{}".format), SEGMENTS.map(lambda path: f"/{path[:-1]}*")
)


@given(st.lists(SIMPLE, max_size=4), SEGMENTS)
def test_simple_patterns_are_matched_without_the_library_and_as_by_it(patterns: Sequence[str], path: str) -> None:
    assert matcher(patterns)(path) is GitIgnoreSpec.from_lines(patterns).match_file(path)


def test_the_defaults_do_not_wait_for_the_library() -> None:
    program = (
        "import sys; from checker.config.schema import PagesTable; from checker.web.globs import matcher\n"
        "table = PagesTable()\n"
        "for patterns in (table.include, table.exclude, table.entry): matcher(patterns)('a')\n"
        "print('pathspec' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert answer.stdout == "False\n"


@pytest.mark.parametrize(
    ("path", "is_entry"),
    [
        ("index.html", True),
        ("README.md", True),
        ("404.html", True),
        ("docs/index.html", False),
        ("docs/404.html", False),
    ],
)
def test_the_entries_of_a_mirror_are_at_its_root(path: str, *, is_entry: bool) -> None:
    assert matcher(PagesTable().entry)(path) is is_entry


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("/private/*", "/private/a/b?c", True),
        ("https://x.test/?a=[1]", "https://x.test/?a=[1]", True),
        ("a.b", "axb", False),
    ],
)
def test_in_a_url_a_star_stands_for_anything(pattern: str, text: str, *, matches: bool) -> None:
    assert (wildcard(pattern).fullmatch(text) is not None) is matches


def test_a_wildcard_heeds_case_unless_told_not_to() -> None:
    assert not wildcard("a*").fullmatch("AB")
    assert wildcard("a*", re.I).fullmatch("AB")
