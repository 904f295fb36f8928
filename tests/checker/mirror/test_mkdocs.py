"""What is read of the settings of MkDocs, and the snippets that its pages bring in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.mirror.generators import find
from checker.mirror.generators.snippets import brought
from checker.sources.named import open_source

SNIPPETS = "markdown_extensions: [{pymdownx.snippets: {base_path: parts}}]\n"


def findings(run: Callable[..., Any], root: Path) -> list[tuple[str, int, str, str]]:
    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
    return [
        (each["page"], each["line"], each["rule"], each["reference"])
        for each in report["findings"]
        if each["level"] != "note"
    ]


def test_a_link_of_a_snippet_counts_from_the_page_that_brings_it_in(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    site = write(
        {
            "mkdocs.yml": SNIPPETS,
            "parts/foot.md": "[right](../index.md), [wrong](index.md)\n",
            "docs/index.md": "# A\n\n[b](deep/b.md)\n",
            "docs/deep/b.md": '# B\n\nfirst\n\n--8<-- "foot.md"\n\n[here](gone.md)\n',
        }
    )

    assert findings(run, site) == [
        ("docs/deep/b.md", 5, "local/missing-file", "index.md"),
        ("docs/deep/b.md", 7, "local/missing-file", "gone.md"),
    ]


def test_ids_of_snippets_are_known_and_what_is_not_found_may_have_any(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    site = write(
        {
            "mkdocs.yml": SNIPPETS,
            "parts/head.md": "## Brought in\n",
            "docs/index.md": "[a](a.md#brought-in), [b](a.md#nowhere), [c](b.md#brought-in), [d](c.md#nowhere)\n",
            "docs/a.md": '--8<-- "head.md"\n',
            "docs/b.md": '--8<-- "https://example.org/head.md"\n',
            "docs/c.md": '```\n;--8<-- "made.md"\n```\n',
        }
    )

    assert findings(run, site) == [
        ("docs/index.md", 1, "local/missing-fragment", "a.md#nowhere"),
        ("docs/index.md", 1, "local/missing-fragment", "c.md#nowhere"),
    ]


def test_untranslated_pages_come_from_the_first_language(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    shared = "site_url: https://example.org/\nextra: {alternate: [{link: /}, {link: /de/}, {link: /fr/}]}\n"
    site = write(
        {
            "docs/en/mkdocs.yml": shared,
            "docs/de/mkdocs.yml": "INHERIT: ../en/mkdocs.yml\n",
            "docs/en/docs/index.md": "# Start\n\n[German](/de/), [French](/fr/)\n",
            "docs/en/docs/tide.md": "# Tide\n\n## High { #high }\n",
            "docs/en/docs/img/a.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "docs/de/docs/index.md": "# Anfang\n\n[a](tide.md#high)\n[b](/img/a.svg)\n[c](img/a.svg)\n[d](ebb.md)\n",
            "docs/de/docs/tides/x.md": "# X\n\n[e](/de/tide/#low)\n",
        }
    )

    assert findings(run, site) == [
        ("docs/de/docs/index.md", 6, "local/missing-file", "ebb.md"),
        ("docs/de/docs/tides/x.md", 3, "local/missing-fragment", "/de/tide/#low"),
        ("docs/en/docs/index.md", 3, "local/missing-file", "/fr/"),
    ]


def test_what_plug_ins_make_is_not_known(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    site = write(
        {
            "mkdocs.yml": "plugins: [blog, mkdocstrings, {gen-files: {scripts: [pages.py]}}]\n",
            "pages.py": "import mkdocs_gen_files\nwith mkdocs_gen_files.open('reference/index.md', 'w'): ...\n",
            "docs/index.md": "[a](blog/archive/2024/)\n[b](reference/one.md)\n[c](reverence/one.md)\n[d](api.md#lib.run)\n"
            "[e](api.md#run)\n",
            "docs/api.md": "::: lib.run\n",
        }
    )

    assert findings(run, site) == [
        ("docs/index.md", 3, "local/missing-file", "reverence/one.md"),
        ("docs/index.md", 5, "local/missing-fragment", "api.md#run"),
    ]


@pytest.mark.parametrize(
    "settings",
    [
        "docs_dir: [1]\nplugins: 3\nextra: []\ntheme: [x]\nsite_url: {}\n",
        "a: &a [*a]\nplugins: &p {x: *p}\nINHERIT: mkdocs.yml\n",
        "docs_dir: ../../..\n",
        "plugins: [{redirects: {redirect_maps: [1]}}, {gen-files: 3}, 4, null, [x]]\nexclude_docs: '[z-a]'\n",
        "markdown_extensions: {pymdownx.snippets: {base_path: {a: b}, auto_append: [1, ../x]}}\n",
        "extra: {alternate: [1, {link: 3}, {link: ''}, {link: ../../..}, {link: /}]}\nvalidation: {links: []}\n",
        "x: !!python/object/apply:os.system ['true']\n\x00",
    ],
)
def test_settings_of_any_shape_are_survived(settings: str, write: Callable[..., Path]) -> None:
    site = write({"docs/mkdocs.yml": settings, "docs/docs/index.md": "# A\n", "index.md": "# B\n"})

    assert len(find(open_source(site))) <= 1


FILES = {
    "a.md": "one\ntwo\nthree",
    "b.md": "b\n--8<-- 'a.md'",
    "me.md": "--8<-- 'me.md'",
    "parts.md": "x\n# --8<-- [start:mid]\n    in\n# --8<-- [end:mid]\ny",
}


@pytest.mark.parametrize(
    ("text", "whole", "lines"),
    [
        ("0\n--8<-- 'a.md'\n4", "0\none\ntwo\nthree\n4", (1, -2, -2, -2, 3)),
        ('  -8<- "b.md"', "  b\n  one\n  two\n  three", (-1, -1, -1, -1)),
        ("--8<-- 'a.md:2'", "two\nthree", (-1, -1)),
        ("--8<-- 'a.md::1'", "one", (-1,)),
        ("--8<-- 'a.md:2:2'", "two", (-1,)),
        ("--8<-- 'a.md:-1'", "three", (-1,)),
        ("--8<-- 'parts.md:mid'", "in", (-1,)),
        ("--8<-- 'parts.md'", "x\n    in\ny", (-1, -1, -1)),
        ("--8<--\na.md:1:1\n; no.md\n\na.md:3\n--8<--\nz", "one\nthree\nz", (-1, -1, 7)),
        ("--8<-- 'a.md:1:1'\n--8<-- 'no.md'", "one\n--8<-- 'no.md'", (-1, 2)),
    ],
)
def test_snippets_stand_where_they_are_named(text: str, whole: str, lines: tuple[int, ...]) -> None:
    found = brought(text, lambda name: FILES.get(name, ""), [""])

    assert found is not None
    assert (found.text, found.lines) == (whole, lines)


@pytest.mark.parametrize(
    "text", [";--8<-- 'a.md'", "--8<-- 'no.md'", "a 8<- b", "--8<-- [start:x]", "--8<--\na.md", ""]
)
def test_a_page_without_snippets_brings_in_nothing(text: str) -> None:
    assert brought(text, lambda name: FILES.get(name, ""), [""]) is None


def test_snippets_within_themselves_end() -> None:
    found = brought("--8<-- 'me.md'", lambda name: FILES.get(name, ""), [""])

    assert found is not None
    assert found.text == "--8<-- 'me.md'"


@pytest.mark.parametrize(
    ("plugins", "rules"), [("search", ["url/undefined-reference"]), ("autorefs", []), ("mkdocstrings", [])]
)
def test_a_plug_in_may_define_what_a_reference_link_names(
    plugins: str, rules: list[str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"mkdocs.yml": f"plugins: [{plugins}]\n", "docs/index.md": "# A\n\n[oil][lamps.oil]\n"})

    report = run("check", root, "--offline", "--no-history", "--all", "--format", "json").report

    assert [each["rule"] for each in report["findings"]] == rules
    assert [each["verdict"] for each in report["references"]] == ["suspect" if rules else "unchecked"]
