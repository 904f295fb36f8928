"""Jekyll, Hugo and Zola: settings made to harm, and placeholders that are filled in or left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.extract import Options, extractor
from checker.extract.placeholders import released
from checker.mirror.generators import liquid
from checker.model import Kind, Role

# Each table is in the next a hundred times: written out, it would be 100 to the 8th.
_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{{', '.join(f'k{at}: *a{n - 1}' for at in range(100))}}}\n" for n in range(1, 9)
)
_WRONG = "[[1, 2], {a: [b]}, null, 5, 2024-01-01, .inf]"
_PAGE = "---\ntitle: A\n---\n\n[gone](gone.md)\n"
_JEKYLL = (
    "permalink",
    "collections",
    "defaults",
    "exclude",
    "include",
    "plugins",
    "timezone",
    "url",
    "baseurl",
    "source",
)
_HUGO = ("languages", "module", "permalinks", "markup", "taxonomies", "theme", "cascade", "contentDir", "staticDir")
_FRONT = (
    "date",
    "slug",
    "url",
    "permalink",
    "aliases",
    "redirect_from",
    "categories",
    "build",
    "cascade",
    "tags",
    "draft",
)


def front(*names: str, value: str = _WRONG) -> str:
    return "".join(f"{name}: {value}\n" for name in names)


@pytest.mark.parametrize(
    "files",
    [
        {"_config.yml": front(*_JEKYLL), "_posts/2024-01-01-a.md": _PAGE, "index.md": _PAGE},
        {"_config.yml": _BOMB, "_posts/2024-01-01-a.md": _PAGE},
        {"_config.yml": "a: 1\n", "_posts/2024-01-01-a.md": f"---\n{front(*_FRONT)}---\n", "index.md": _PAGE},
        {"_config.yml": "timezone: ../../etc\n", "_posts/0001-01-01-a.md": "---\ndate: 0001-01-01 00:00 +1400\n---\n"},
        {"hugo.yaml": front(*_HUGO), "content/a.md": _PAGE},
        {"hugo.yaml": front(*_HUGO, value="{link: {useEmbedded: [1]}, goldmark: 5}"), "content/a.md": _PAGE},
        {"hugo.yaml": _BOMB, "content/_index.md": f"---\n{_BOMB}cascade: *a8\n---\n", "content/a.md": _PAGE},
        {"hugo.yaml": "a: 1\n", "content/_index.md": f"---\n{front(*_FRONT)}---\n", "content/a.md": _PAGE},
        {
            "config.toml": 'base_url = "http://["\ntaxonomies = [1, {name = 5}]\nslugify = 3\nlanguages = []\n',
            "content/a.md": "+++\nslug = 5\npath = []\naliases = 7\n+++\n\n[gone](@/gone.md)\n",
        },
    ],
)
def test_settings_of_any_kind_end_no_run(
    files: dict[str, str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    report = run("check", write(files), "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert report["complete"]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("{{ site.baseurl }}/a", "/yard/a"),
        ("{{ '/a/#b' | relative_url }}", "/yard/a/#b"),
        ("{{ 'a' | absolute_url }}", "https://example.org/yard/a"),
        ("{{- site.shop -}}/jars", "https://shop.test/jars"),
        ("{{ 'a' | append: '.html' | prepend: '/' }}", "/a.html"),
        ("{% link a.md %}#b", "/yard/a.md#b"),
        ("{{ site.baseurl }}{% link a.md %}", "/yard/a.md"),  # as for Jekyll 3
        ("{{ site.unknown }}/a", None),
        ("{{ 'a' | upcase }}", None),
        ("{% include a.html %}", None),
        ("{{ " + " " * 100_000, None),
    ],
)
def test_liquid_is_filled_in_where_settings_tell(reference: str, expected: str | None) -> None:
    known = {"site.baseurl": "/yard", "site.shop": "https://shop.test"}

    def tagged(name: str, argument: str) -> str | None:
        return f"/yard/{argument}" if name == "link" else None

    assert liquid.filled(reference, known.get, tagged, "https://example.org", "/yard") == expected


@pytest.mark.parametrize("dialect", ["kramdown", "goldmark"])
def test_a_placeholder_in_a_destination_is_read_as_it_is_written(dialect: str) -> None:
    raw = "{{ site.baseurl }}/a b" if dialect == "kramdown" else '{{< ref "a.md#b" >}}'
    raw = raw.removesuffix(" b")
    text = f'Text [a]({raw}) and <a href="{raw}">b</a>.\n\n[c]: {raw}\n\n[c]\n'
    options = Options(slugs=dialect)

    found = extractor(Kind.MARKDOWN).extract(text, options)
    places = [place for place in extractor(Kind.MARKDOWN).places(text, options) if place.role is Role.LINK]

    assert found.references[Role.LINK] == {raw.replace('"', "'")}
    assert {place.raw for place in places} == found.references[Role.LINK]
    assert text[places[0].start : places[0].end] == raw


def test_only_what_is_held_is_released() -> None:
    assert released("a%20b%7Bc") == "a%20b%7Bc"


def test_html_goes_on_through_blank_lines_in_kramdown() -> None:
    text = "A\n\n<ul>\n  <li>\n\n        <a href='b.md'>b</a>\n\n</ul>\n\n[c](c.md)\n\n<div markdown='1'>\n\n[d](d.md)\n\n</div>\n"
    options = Options(slugs="kramdown")

    found = extractor(Kind.MARKDOWN).extract(text, options).references[Role.LINK]
    places = extractor(Kind.MARKDOWN).places(text, options)

    assert found == {"b.md", "c.md", "d.md"}
    assert sorted(text[place.start : place.end] for place in places) == sorted(found)


@pytest.mark.parametrize(
    ("fragment", "rules"),
    [
        ("rocket-take-off", []),
        ("rocket-take-off-1", []),
        ("take-of", ["local/missing-fragment"]),
        ("landing", ["local/missing-fragment"]),
        ("one-sparkles-two", []),
        ("one-sparkles-three", ["local/missing-fragment"]),
        ("two-sparkles-two", ["local/missing-fragment"]),
    ],
)
def test_of_a_heading_with_an_emoji_what_is_written_in_letters_is_known(
    write: Callable[..., Path], run: Callable[..., Any], fragment: str, rules: list[str]
) -> None:
    page = f"+++\ntitle = 'A'\n+++\n\n[a](#{fragment})\n\n## 🚀 Take off\n\n## One ✨ two\n"
    root = write(
        {"config.toml": "base_url = 'https://example.org/'\n", "content/a.md": page, "templates/page.html": ""}
    )

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [each["rule"] for each in report["findings"] if each["verdict"] == "broken"] == rules


def test_a_tag_of_jekyll_that_names_no_page_is_broken(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    tags = [
        "{% link a.md %}",
        "{% link lost.md %}",
        "{{ site.baseurl }}{% link lost.md %}",
        "{% post_url 2020-01-02-lost %}",
    ]
    text = "---\ntitle: A\n---\n" + " ".join(f"[a]({tag})" for tag in tags)
    root = write({"_config.yml": "url: https://example.org\nbaseurl: /yard\n", "a.md": "---\n---\n", "index.md": text})

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert sorted(each["reference"] for each in report["findings"] if each["verdict"] == "broken") == sorted(tags[1:])
