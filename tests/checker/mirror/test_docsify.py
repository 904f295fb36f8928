"""Docsify: routes that a program in the browser shows, by the settings in its page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told import links

from checker.extract import slugs


def page(settings: str, source: str = "docsify.min.js") -> str:
    return f'<div id="app"></div><script>window.$docsify = {settings}</script>\n<script src="{source}"></script>\n'


def check(run: Callable[..., Any], root: Path) -> Any:
    return run("check", root, "--offline", "--no-history", "--all", "--format", "json", "--fail-on", "never").report


def broken(report: Any) -> list[str]:
    return [finding["reference"] for finding in report["findings"] if finding["level"] in {"error", "warning"}]


SITE = {"docsify.min.js": "1", "README.md": "# Ferry\n", "guide/start.md": "# Start\n\n## Fares\n"}


@pytest.mark.parametrize(
    ("settings", "at", "right", "wrong"),
    [
        ("{}", "guide/a.md", ["guide/start", "/guide/start.md"], ["start"]),
        ("{ relativePath: true }", "guide/a.md", ["start", "./start.md#fares", "/guide/start"], ["guide/start"]),
        ("{ routerMode: 'history' }", "guide/a.md", ["guide/start?id=fares", "/"], ["start", "guide/start?id=fare"]),
        ("{ ext: '.markdown' }", "a.markdown", ["b"], ["guide/start"]),
        ("{ basePath: 'guide/' }", "guide/a.md", ["start"], ["guide/start"]),
        ("{ basePath: '/ferry/guide/' }", "guide/a.md", ["start"], ["guide/start"]),
        ("{ homepage: 'home.md' }", "a.md", ["/", "/?id=ferries"], ["/?id=ferry"]),
        ("{ alias: { '/old/(.*)': '/guide/$1' } }", "a.md", ["old/start", "old/start?id=fares"], ["old/begin"]),
        ("{ fallbackLanguages: ['de'] }", "a.md", ["de/guide/start"], ["fr/guide/start"]),
        ("{ noCompileLinks: ['guide/.*'] }", "a.md", ["guide/start.md"], ["guide/start"]),
        ("function () { return { relativePath: true } }", "guide/a.md", ["start"], ["guide/start"]),
    ],
)
def test_routes_are_those_of_the_settings(
    settings: str, at: str, right: list[str], wrong: list[str], run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    more = {"b.markdown": "B.\n", "home.md": "# Ferries\n", at: links(*right, *wrong)}

    assert broken(check(run, write({**SITE, **more, "index.html": page(settings)}))) == wrong


@pytest.mark.parametrize(
    "others",
    [
        {"index.html": "<script src='docsify.min.js'></script>"},
        {"index.html": "<script>window.$docsify = {}</script>"},
        {"index.html": page("{}"), "README.md": None},
        {"index.html": page("{ basePath: 'https://ferry.example.org/texts/' }")},
    ],
)
def test_only_a_page_that_shows_its_own_folder_makes_a_site(
    others: dict[str, Any], run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    files = {**SITE, **others, "guide/a.md": links("guide/start")}

    assert broken(check(run, write({name: text for name, text in files.items() if text is not None}))) == [
        "guide/start"
    ]


def test_the_settings_may_stand_in_a_script_of_the_site(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    page = '<script src="js/own.js?v=2"></script><script src="docsify.min.js"></script>\n'
    files = {"index.html": page, "js/own.js": "// Own\nwindow.$docsify = { relativePath: true };\n"}

    assert broken(check(run, write({**SITE, **files, "guide/a.md": links("start", "guide/start")}))) == ["guide/start"]


def test_routes_of_functions_and_of_patterns_that_are_not_read_are_unchecked(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    settings = "{ routes: { '/made/(.*)': (route) => '# Made' }, alias: { '/(a+)+b(?=c)': '/x' }, ext: EXT }"
    report = check(run, write({**SITE, "index.html": page(settings), "a.md": links("made/today", "guide/start")}))

    assert broken(report) == []
    assert {row["reference"]: row["verdict"] for row in report["references"] if row["page"] == "a.md"} == {
        "made/today": "unchecked",
        "guide/start": "unchecked",
    }


def test_a_route_of_the_published_site_is_known_from_outside_it(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    site = {f"docs/{name}": text for name, text in SITE.items()}
    site |= {"docs/index.html": page("{}"), "docs/CNAME": "ferry.example.org\n"}
    right = [f"https://ferry.example.org/#/{route}" for route in ("", "guide/start", "guide/start?id=fares")]
    wrong = [f"https://ferry.example.org/#/{route}" for route in ("guide/begin", "guide/start?id=fare")]

    assert broken(check(run, write({**site, "README.md": links(*right, *wrong)}))) == wrong


def test_an_id_in_a_query_is_suggested_there(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    text = '[x](guide/start?id=fare)\n\n<a href="#/guide/start?id=fars">x</a>\n'
    report = check(run, write({**SITE, "index.html": page("{}"), "a.md": text}))

    assert [finding["suggestion"] for finding in report["findings"] if finding["level"] == "error"] == [
        "guide/start?id=fares",
        "#/guide/start?id=fares",
    ]


def test_what_is_included_is_read_where_it_is_included(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    text = "[x](part.md ':include')\n\n[x](cut.md ':include :fragment=one')\n\n" + links("#part", "#one", "#two")
    files = {"guide/a.md": text, "guide/part.md": "## Part\n\n" + links("./start.md", "gone")}
    files |= {"guide/cut.md": "/// [one]\n## One\n/// [one]\n## Two\n"}
    findings = check(run, write({**SITE, **files, "index.html": page("{}")}))["findings"]

    assert [
        (finding["page"], finding["line"], finding["reference"]) for finding in findings if finding["level"] == "error"
    ] == [("guide/a.md", 1, "gone"), ("guide/a.md", 9, "#two"), ("guide/part.md", 5, "gone")]


@pytest.mark.parametrize(
    ("heading", "fourth", "fifth"),
    [
        ("Piers & lines", "piers-amp-lines", "piers--lines"),
        ("What's new", "what39s-new", "whats-new"),
        ("2. Fares -- kinds", "_2-fares-kinds", "_2-fares----kinds"),
        ("Left out {docsify-ignore}", "left-out", "left-out-docsify-ignore"),
        ("Named :id=Other-Name", "other-name", "other-name"),
        ("Quai d'Été", "quai-d39Été", "quai-dÉté"),
        ("\N{FERRY} Ferry", "\N{FERRY}-ferry", "-ferry"),
    ],
)
def test_ids_are_those_of_the_version(heading: str, fourth: str, fifth: str) -> None:
    assert (slugs.docsify(heading), slugs.docsify_5(heading)) == (fourth, fifth)


WRONG = ("0", "[]", "{}", "[[1], {a: 1}]", "'../../..'", "'(['", "x => x", "{ '/(.*': '/$9', '[': 1, '/a': '\\n' }")


@pytest.mark.parametrize("value", WRONG)
def test_settings_of_the_wrong_type_end_no_run(value: str, run: Callable[..., Any], write: Callable[..., Path]) -> None:
    keys = ("basePath", "homepage", "loadSidebar", "relativePath", "routerMode", "fallbackLanguages", "nameLink")
    settings = f"{{ {', '.join(f'{key}: {value}' for key in (*keys, 'fallbackDefaultLanguage', 'autoHeader'))} }}"

    assert "none" in broken(check(run, write({**SITE, "index.html": page(settings), "a.md": links("none")})))


@pytest.mark.parametrize("key", ["alias", "routes", "noCompileLinks", "ext"])
@pytest.mark.parametrize("value", WRONG)
def test_patterns_that_are_none_end_no_run(
    key: str, value: str, run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    root = write({**SITE, "index.html": page(f"{{ {key}: {value} }}"), "a.md": links("none")})

    assert len(check(run, root)["references"]) > 1


def test_a_folder_of_the_repository_with_the_name_of_a_page_is_no_page(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    site = {f"docs/{name}": text for name, text in SITE.items()}
    files = {**site, "docs/index.html": page("{}"), "fares/table.csv": "1\n", "docs/a.md": links("/fares")}

    assert broken(check(run, write(files))) == ["/fares"]


def test_no_file_of_the_sources_is_suggested_for_an_address_of_the_site(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    site = {f"docs/{name}": text for name, text in SITE.items()}
    files = {**site, "docs/index.html": page("{}"), "docs/guide/a.md": links("/guide/satrt?id=fares", "/guide/START")}
    found = check(run, write(files))["findings"]

    assert [row["reference"] for row in found if row["level"] == "error"] == ["/guide/satrt?id=fares", "/guide/START"]
    assert not [row["suggestion"] for row in found if "docs/" in (row["suggestion"] or "")]
