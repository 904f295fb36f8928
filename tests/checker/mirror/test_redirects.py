"""`_redirects`: which rule answers, and what its target becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mirror.redirects import parse


@pytest.mark.parametrize(
    ("line", "path", "answer"),
    [
        ("/old /new", "/old", (301, "/new")),
        ("/old/ /new 302", "/old", (302, "/new")),
        ("/old /new 308", "/old/", (308, "/new")),
        ("/ /start", "/", (301, "/start")),
        ("/a\t\t/b   200!", "/a", (200, "/b")),
        ("/a /b # moved in 2023", "/a", (301, "/b")),
        ("/a /b#part", "/a", (301, "/b#part")),
        ("/a https://example.org/b", "/a", (301, "https://example.org/b")),
        ("/%E6%97%A7/ /%E6%96%B0/", "/旧/", (301, "/%E6%96%B0/")),
        ("/Old /new", "/old", None),
        ("/old /new", "/old/more", None),
        ("/news/* /blog/:splat", "/news/2024/story", (301, "/blog/2024/story")),
        ("/news/* /blog/:splat", "/news/2024/", (301, "/blog/2024/")),
        ("/news/* /blog/:splat", "/news", (301, "/blog/")),
        ("/news/* /blog/:splat", "/newsletter", None),
        ("/news* /blog/:splat", "/newsletter", (301, "/blog/letter")),
        ("/a/*/end /b/:splat", "/a/x/y/end", (301, "/b/x/y")),
        ("/a/*/end /b/:splat", "/a/end", (301, "/b/")),
        ("/a/*.html /b/:splat", "/a/x/y.html", (301, "/b/x/y")),
        ("/a/*.html /b/:splat", "/a/x/y.htm", None),
        ("/* /index.html 200", "/anything/at/all", (200, "/index.html")),
        ("/n/:year/:month/:slug /b/:slug-:year-:month", "/n/24/05/we", (301, "/b/we-24-05")),
        ("/n/:year /b/:year", "/n/24/05", None),
        ("/n/:year/* /b/:splat/:year", "/n/24/a/b", (301, "/b/a/b/24")),
        ("/n/:title /b/:title", "/n/新 闻", (301, "/b/%E6%96%B0%20%E9%97%BB")),
        ("/n/:title /b/:other", "/n/x", (301, "/b/:other")),
        ("/api/* http://example.org:8080/:splat 200", "/api/x", (200, "http://example.org:8080/x")),
        ("/gone /404.html 404", "/gone", (404, "/404.html")),
    ],
)
def test_a_path_leads_where_its_rule_says(line: str, path: str, answer: tuple[int, str] | None) -> None:
    redirects = parse(line)

    assert redirects.resolve(path) == answer
    assert redirects.errors == ()


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("id=7&tag=new", (301, "/posts/new/7")),
        ("tag=new&id=7", (301, "/posts/new/7")),
        ("id=7", (302, "/posts/7")),
        ("id=7&other=1", (303, "/posts")),
        ("id=", (302, "/posts/")),
        ("show=all", (308, "/all")),
        ("show=some", (303, "/posts")),
        ("", (303, "/posts")),
    ],
)
def test_a_rule_with_parameters_wants_these_and_no_others(query: str, answer: tuple[int, str]) -> None:
    redirects = parse(
        "/articles id=:id tag=:tag /posts/:tag/:id 301\n"
        "/articles id=:id /posts/:id 302\n"
        "/articles show=all /all 308\n"
        "/articles /posts 303\n"
    )

    assert redirects.resolve("/articles", query) == answer


def test_the_first_rule_that_matches_answers_whatever_its_kind() -> None:
    assert parse("/a/* /first\n/a/b /second").resolve("/a/b") == (301, "/first")
    assert parse("/a/b /first\n/a/* /second").resolve("/a/b") == (301, "/first")
    assert parse("/:x/b /first\n/a/* /second").resolve("/a/b") == (301, "/first")
    assert parse("/a /first\n/a /second").resolve("/a") == (301, "/first")


def test_only_forced_rules_hide_a_file_that_exists() -> None:
    redirects = parse("/soft /new\n/hard /new 301!")

    assert redirects.resolve("/soft", exists=True) is None
    assert redirects.resolve("/hard", exists=True) == (301, "/new")


def test_a_rule_for_one_host_is_for_no_other() -> None:
    redirects = parse("https://Old.example/* https://new.example/:splat 301!\n/a /b")

    assert redirects.resolve("/a", host="old.example") == (301, "https://new.example/a")
    assert redirects.resolve("/a", host="new.example") == (301, "/b")
    assert redirects.resolve("/a") == (301, "/b")


@pytest.mark.parametrize("condition", ["Country=au,nz", "Language=en", "Role=admin", "Cookie=is_member", "country=fr"])
def test_a_rule_for_some_visitors_is_passed_over(condition: str) -> None:
    redirects = parse(f"/a /b 302 {condition}\n/a /c 302")

    assert redirects.resolve("/a") == (302, "/c")
    assert redirects.errors == ()


def test_cloudflare_answers_302_where_no_status_is_stated() -> None:
    assert parse("/a /b", default=302).resolve("/a") == (302, "/b")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("old /new", "does not begin with a slash"),
        ("/old", "names no target"),
        ("/old new", "names no target"),
        ("/old id /new", "'id' is neither a target nor a query parameter"),
        ("/old /new 3o1", "'3o1' is neither a status nor a condition"),
        ("/old /new 301 302", "'302' is neither a status nor a condition"),
        ("/a/*/b/* /new", "more than one splat"),
        ("/a" * 3000 + " /new", "too long"),
    ],
)
def test_a_malformed_line_is_told_with_its_number_and_the_others_count(line: str, error: str) -> None:
    redirects = parse(f"# comment\n\n{line}\n/good /new\n")

    assert [number for number, _ in redirects.errors] == [3]
    assert error in redirects.errors[0][1]
    assert redirects.resolve("/good") == (301, "/new")


def test_ten_thousand_rules_are_told_apart() -> None:
    lines = [f"/fixed/{n} /to/{n}" for n in range(5000)] + [f"/wild/{n}/* /to/{n}/:splat" for n in range(5000)]
    redirects = parse("\n".join(lines))

    assert redirects.resolve("/fixed/4999") == (301, "/to/4999")
    assert redirects.resolve("/wild/4999/a/b") == (301, "/to/4999/a/b")
    assert redirects.resolve("/wild/5000/a") is None
    assert redirects.resolve("/wild/1" + "/x" * 200_000) is not None


@given(
    st.text(alphabet="/:*a \n#=!.30", max_size=80),
    st.text(alphabet="/a:*", max_size=20),
    st.text(max_size=10),
)
def test_no_file_and_no_path_breaks_it(text: str, path: str, query: str) -> None:
    answer = parse(text).resolve("/" + path, query)

    assert answer is None or 100 <= answer[0] < 600


def test_bytes_that_are_no_utf_8_are_carried_through() -> None:
    assert parse("/%D6%D0/* /x/:splat").resolve("/\udcd6\udcd0/\udcce") == (301, "/x/%CE")
