"""The sites that are found in a repository, and what is read of it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from checker.mirror import generators
from checker.sources.folder import Folder

DOCS = Path(__file__).parents[3] / "docs/generators.md"
MADE = {".vitepress/config.ts": "export default {}", "index.md": "# A\n"}


def check(run: Callable[..., Any], root: Path) -> list[tuple[str, str]]:
    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
    return [(each["page"], each["rule"]) for each in report["findings"] if each["verdict"] == "broken"]


def test_html_of_tests_and_examples_is_read_by_nobody(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    app = '<script src="/src/main.ts"></script>\n'
    others = {
        "playground/app/index.html": app,
        "create/template-lit/index.html": app,
        "tests/fixtures/a.css": "@import 'b';",
    }

    site = write(
        {**{f"docs/{name}": text for name, text in MADE.items()}, **others, "examples/README.md": "[a](a.md)\n"}
    )

    assert check(run, site) == [("examples/README.md", "local/missing-file")]


def test_html_elsewhere_and_html_of_no_site_is_read_as_before(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    assert check(run, write({"playground/index.html": '<a href="a.html">a</a>\n'})) == [
        ("playground/index.html", "local/missing-file")
    ]


def test_what_leaves_the_path_of_a_site_is_mended_by_no_path_of_a_source(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    settings = "export default { base: '/lamps/', sitemap: { hostname: 'https://lamps.example.org' } }"
    page = '<a href="/oil">oil</a>\n'
    root = write({".vitepress/config.ts": settings, "oil.md": "# Oil\n", "public/a/b.html": page})

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [(each["rule"], each["suggestion"]) for each in report["findings"] if each["level"] == "warning"] == [
        ("mirror/leak", None)
    ]


WRONG = ("0", "true", "[]", "{}", "[[1], {a: 1}]", '"../../.."', '"/"', '""', '"(["', '"\\u0000"', '"https://[::1"')


@pytest.mark.parametrize("value", WRONG)
def test_settings_of_the_wrong_type_are_left_out(
    value: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    keys = (
        "base",
        "srcDir",
        "srcExclude",
        "rewrites",
        "sitemap",
        "vite",
        "cleanUrls",
        "baseUrl",
        "url",
        "presets",
        "i18n",
    )
    script = "export default {" + ", ".join(f"{key}: {value}" for key in keys) + "}"
    toml = value.replace("{a: 1}", "{a = 1}")
    book = "\n".join(f"{key} = {toml}" for key in ("src", "site-url", "cname", "redirect", "additional-css"))
    files = {
        "a/.vitepress/config.ts": script,
        "a/.vuepress/config.ts": script,
        "b/docusaurus.config.js": script,
        "c/book.toml": f"[book]\n{book}\n[output.html]\n{book}\n[build]\nbuild-dir = {toml}\n",
        "c/src/SUMMARY.md": "[a](a.md)\n",
        "c/src/a.md": "[none](none.md)\n",
        "a/index.md": "[none](none.md)\n",
        "b/docs/a.md": "[none](none.md)\n",
    }

    broken = check(run, write(files))

    assert {page for page, _ in broken} >= {"a/index.md", "b/docs/a.md", "c/src/a.md"}


def test_rewrites_that_are_hard_to_match_take_little_time(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    hard = "/".join(f":a{number}*" for number in range(30))
    script = f"export default {{ rewrites: {{ '{hard}/x': 'y' }} }}"

    assert check(run, write({".vitepress/config.ts": script, "a/" * 40 + "b.md": "[none](none.md)\n"}))


def test_each_generator_is_the_module_of_its_name_and_is_documented() -> None:
    modules = {
        each.name: import_module(f"{generators.__name__}.{each.name}")
        for each in pkgutil.iter_modules(generators.__path__)
    }

    assert {name for name, module in modules.items() if hasattr(module, "GENERATOR")} == set(generators.SETTINGS)
    for name in generators.SETTINGS:
        assert generators.row(name).name == name
        assert f"\n| `{name}`" in DOCS.read_text("utf-8"), name


def test_only_the_generators_of_a_mirror_are_loaded(write: Callable[..., Path]) -> None:
    root = write({"mkdocs.yml": "", "docs/index.md": "# A\n", ".cargo/config.toml": ""})  # no settings of Hugo or Zola
    said = (
        "import sys; from checker.cli import run; run(['check', '--offline', '--no-history', '-q'], stdout=None, stderr=None);"
        "print([name for name in sys.modules if hasattr(sys.modules[name], 'GENERATOR')])"
    )

    ran = subprocess.run([sys.executable, "-c", said], cwd=root, capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "['checker.mirror.generators.mkdocs']"


def test_of_two_settings_the_higher_folder_and_the_first_name_count(write: Callable[..., Path]) -> None:
    root = write(
        {
            "docs/book.toml": "",
            "docs/src/SUMMARY.md": "[a](a.md)\n",
            "docs/src/a.md": "# A\n",
            "mkdocs.yaml": "docs_dir: other\n",
            "mkdocs.yml": "docs_dir: docs/src\n",
        }
    )

    (site,) = generators.find(Folder(root))

    assert (site.generator.name, site.settings) == ("mkdocs", "mkdocs.yml")


def test_a_reference_counts_as_it_is_written_at_each_place(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    lines = ["# A", "[a](oil.md)", '<a href="oil.md">b</a>', "[c](gas.md)", "`[d](gas.md)`", '<b title="x">e</b>']
    files = {
        "mkdocs.yml": "site_name: x\n",
        "docs/a.md": "\n\n".join(lines),
        "docs/oil.md": "# O\n",
        "docs/gas.md": "# G\n",
    }

    report = run("check", write(files), "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    found = [
        (each["line"], each["reference"], each["rule"]) for each in report["findings"] if each["page"] == "docs/a.md"
    ]
    assert (5, "oil.md", "local/other-reader") in found
    assert {reference for _, reference, _ in found} == {"oil.md"}


def test_a_reference_that_is_wrong_both_ways_is_found_once(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    page = "# A\n\n[a](gone.md)\n\n<a href='gone.md'>b</a> and <img src='gone.png'> ![c](gone.png)\n"
    root = write({"mkdocs.yml": "site_name: x\n", "docs/a.md": page})

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    broken = [(each["line"], each["reference"]) for each in report["findings"] if each["level"] == "error"]
    assert sorted(broken) == [(3, "gone.md"), (5, "gone.md"), (5, "gone.png"), (5, "gone.png")]


def test_what_is_built_has_the_bytes_of_its_source(write: Callable[..., Path]) -> None:
    root = write({"mkdocs.yml": "", "docs/index.md": "# A\n", "docs/a.png": b"\x89PNG"})

    (site,) = generators.find(Folder(root))

    for name, data in {"index.html": b"# A\n", "a.png": b"\x89PNG"}.items():
        assert site.read(name, 100) == b"".join(site.blocks(name)) == bytes(site.whole(name)) == data


def test_settings_of_gitbook_give_way_to_those_of_another_generator(write: Callable[..., Path]) -> None:
    root = write({".gitbook.yaml": "root: ./\n", "docs/index.md": "# A\n"})
    assert [site.generator.name for site in generators.find(Folder(root))] == ["gitbook"]

    write({"site/mkdocs.yml": "docs_dir: ../docs\n"})
    assert [site.generator.name for site in generators.find(Folder(root))] == ["mkdocs"]


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("packages/docs/", 1),
        ("packages/", 1),
        ("packages/lamp/", 0),
        ("packages/docs/test/", 0),
        ("packages/docsets/", 0),
    ],
)
def test_the_site_of_many_packages_is_no_part_of_one(write: Callable[..., Path], folder: str, found: int) -> None:
    root = write({f"{folder}{name}": text for name, text in MADE.items()})

    assert len(generators.find(Folder(root))) == found


def test_what_a_script_makes_in_a_folder_that_git_ignores_is_unchecked(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = """# A

[made](/api/lamp.html), [its folder](api/), [named](./api/lamp.md#on), [beside it](/apis/lamp.html)
[there is some of it](/de/api/lamp.html), [gone](/gone.html)
"""
    files = {
        ".vitepress/config.ts": "export default {}",
        ".gitignore": "api\ncache/*.log\n*\n",
        "index.md": page,
        "de/api/index.md": "# B\n",
        "README.md": "[made](api/lamp.md)\n",
    }
    root = write({f"docs/{name}": text for name, text in files.items()} | {"README.md": "[made](docs/api/lamp.md)\n"})

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    broken = {each["reference"] for each in report["findings"] if each["verdict"] == "broken"}
    assert broken == {"/apis/lamp.html", "/de/api/lamp.html", "/gone.html", "docs/api/lamp.md"}
    assert report["totals"]["unchecked"] == {"a script makes it: git ignores it": 4}


@pytest.mark.parametrize(
    ("table", "broken"),
    [
        ("", {"lamp.on", "#lit", "b.md#lit", "gone.md", "Moth"}),
        ("[preprocessor.mermaid]\ncommand = 'x'\n", {"lamp.on", "#lit", "b.md#lit", "gone.md", "Moth"}),
        ("[preprocessor.lamps]\ncommand = 'x'\n", {"gone.md"}),
    ],
)
def test_a_preprocessor_of_a_book_may_give_ids_and_make_links(
    write: Callable[..., Path], run: Callable[..., Any], table: str, broken: set[str]
) -> None:
    root = write(
        {
            "book.toml": f"[book]\ntitle = 'A'\n{table}",
            "src/SUMMARY.md": "[a](a.md)\n[b](b.md)\n",
            "src/a.md": "# A\n\n[a](lamp.on) [b](#lit) [c](b.md#lit) [d](gone.md) [e](Moth) [f](b.md#b)\n",
            "src/b.md": "# B\n",
        }
    )

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert {each["reference"] for each in report["findings"] if each["verdict"] == "broken"} == broken


@pytest.mark.parametrize(
    "heading",
    ["## A { #lit }", '## A { id="lit" }', "## A {: .big id=lit }", "## A { .big id='lit' data-id=3 }"],
)
def test_an_author_names_the_id_of_a_heading(write: Callable[..., Path], run: Callable[..., Any], heading: str) -> None:
    page = f"# P\n\n[right](#lit) [wrong](#a) [wrong too](#3)\n\n{heading}\n"
    root = write({"mkdocs.yml": "markdown_extensions: [attr_list]\n", "docs/index.md": page})

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert {each["reference"] for each in report["findings"] if each["verdict"] == "broken"} == {"#a", "#3"}


@pytest.mark.parametrize(
    ("settings", "rules"), [("", ["local/missing-fragment"] * 2), ("hooks: [hooks.py]\n", ["local/missing-fragment"])]
)
def test_a_hook_of_mkdocs_may_read_what_stands_in_a_comment(
    write: Callable[..., Path], run: Callable[..., Any], settings: str, rules: list[str]
) -> None:
    root = write(
        {
            "mkdocs.yml": settings or "site_name: A\n",
            "docs/index.md": "[a](lamp.md#lit) [b](moth.md#lit)\n",
            "docs/lamp.md": "# Lamp\n\n## <!-- sc:setting lit -->\n",
            "docs/moth.md": "# Moth\n\n<!-- to be written -->\n",
        }
    )

    assert [rule for _, rule in check(run, root)] == rules


def test_an_example_is_read_as_the_site_that_it_is(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    pages = {"mkdocs.yml": "", "docs/index.md": "[a](/lamp/) [b](/moth/)\n", "docs/lamp.md": "# A\n"}
    root = write({f"examples/site/{name}": text for name, text in pages.items()} | {"examples/a.html": "<a href=b>"})

    assert check(run, root) == [("examples/site/docs/index.md", "local/missing-file")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"config.toml": 'mirror.published = ["https://github.com/lamps/lamps/blob/main/"]\n'}, ["tests/notes.md"]),
        (
            {
                "config.toml": 'mirror.published = ["https://github.com/lamps/lamps/blob/main/"]\n',
                "index.html": "<a href=tests/page.html>",
            },
            ["tests/notes.md", "tests/page.html"],
        ),
        ({}, ["tests/notes.md", "tests/page.html"]),
    ],
)
def test_html_of_tests_is_not_read_where_only_a_forge_shows_it(
    write: Callable[..., Path], run: Callable[..., Any], more: dict[str, str], expected: list[str]
) -> None:
    root = write({"README.md": "# A\n", "tests/page.html": "<a href=gone>", "tests/notes.md": "[a](gone)\n", **more})
    settings = ["--config", root / "config.toml"] if more else []

    report = run("check", root, *settings, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [each["page"] for each in report["findings"] if each["verdict"] == "broken"] == expected


def test_a_page_that_git_ignores_is_made_by_a_script(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write(
        {
            "mkdocs.yml": "site_name: A\n",
            "docs/.gitignore": "/settings.md\n/drawn.png\n*html\n",
            "docs/lamp.md": "# A\n",
            "docs/index.md": "[a](settings.md#x) [b](setting.md) ![c](drawn.png) [d](settings/) [e](gone.html)\n",
            "README.md": "[a](docs/settings.md)\n",
        }
    )

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    broken = [each["reference"] for each in report["findings"] if each["verdict"] == "broken"]
    assert sorted(broken) == ["docs/settings.md", "drawn.png", "gone.html", "setting.md"]


@pytest.mark.parametrize("named", [["page", "tests/page.html"], ["check", "tests/page.html"], ["check", "tests"]])
def test_html_of_tests_is_read_if_it_is_named(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, named: list[str]
) -> None:
    published = 'mirror.published = ["https://github.com/lamps/lamps/blob/main/"]\n'
    root = write({"README.md": "# A\n", "tests/page.html": "<a href=gone>", "config.toml": published})
    monkeypatch.chdir(root)

    report = run(*named, "--offline", "--format", "json").report

    assert [each["reference"] for each in report["findings"] if each["verdict"] == "broken"] == ["gone"]


@pytest.mark.parametrize("page", ["tests/page.md", "docs/_parts/part.md", "docs/book/out.md"])
@pytest.mark.parametrize("command", ["page", "check"])
def test_what_is_no_page_of_a_site_is_read_if_it_is_named(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: str, page: str
) -> None:
    files = {
        "config.toml": '[mirror]\nroot = "."\n',
        "docs/book.toml": '[book]\ntitle = "Lamps"\nsrc = "src"\n',
        "docs/src/SUMMARY.md": "- [One](one.md)\n",
        "docs/src/one.md": "{{#include ../_parts/part.md}}\n",
    }
    monkeypatch.chdir(write({**files, page: "[a](gone.md)\n"}))

    report = run(command, page, "--offline", "--format", "json").report

    assert [each["reference"] for each in report["findings"] if each["verdict"] == "broken"] == ["gone.md"]


@pytest.mark.parametrize("page", ["tests/page.md", "tests/page.html"])
def test_what_is_no_page_of_a_site_is_not_read_for_a_list_of_what_changed(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    files = {
        "config.toml": '[mirror]\nroot = "."\n',
        "book.toml": '[book]\ntitle = "Lamps"\n',
        "src/SUMMARY.md": "- [One](one.md)\n",
        "src/one.md": "# One\n",
    }
    monkeypatch.chdir(write({**files, page: '<a href="gone.md">a</a>\n', "changed": f"{page}\n"}))

    result = run("check", "--files-from", "changed", "--offline", "--no-history")

    assert (result.code, result.out) == (0, "")
    assert (
        "1 page is left out by git, or what the generator of the site has it for, or its folder of tests" in result.err
    )


def test_html_of_tests_is_read_if_the_configuration_includes_it(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    settings = 'mirror.published = ["https://github.com/lamps/lamps/blob/main/"]\npages.include = ["*.html"]\n'
    root = write({"README.md": "# A\n", "tests/page.html": "<a href=gone>", "config.toml": settings})

    assert check(run, root) == [("tests/page.html", "local/missing-file")]


@pytest.mark.parametrize(
    ("settings", "page", "suggested"),
    [
        (
            "mkdocs.yml",
            "docs/lamps/lantern.md",
            {"lantern.html": "lantern/", "lanterns.html": "lantern/", "lanterns/": "lantern/"},
        ),
        (
            ".vitepress/config.js",
            "lamps/lantern.md",
            {"lantern/": "lantern", "lanterns/": "lantern", "lanterns.html": "lantern.html"},
        ),
    ],
)
def test_a_suggestion_is_an_address_at_which_the_site_has_a_page(
    settings: str, page: str, suggested: dict[str, str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    index = f"{page.partition('lamps/')[0]}index.md"
    links = "".join(f'<a href="/lamps/{name}">a</a>' for name in suggested)
    root = write({settings: "", page: "# Wick\n", index: f"# A\n\n{links}\n"})

    findings = run("check", root, "--offline", "--format", "json").report["findings"]

    broken = {each["reference"]: each["suggestion"] for each in findings if each["rule"] == "local/missing-file"}
    assert broken == {f"/lamps/{name}": f"/lamps/{other}" for name, other in suggested.items()}
    assert not [each for each in findings if each["reference"] and each["message"].endswith("(exact)")]


def test_what_stands_in_markdown_alone_is_not_read_as_raw_html(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    settings = {".vitepress/config.js": "export default { base: '/b/' }\n"}
    text = '[a](/oil) <a href="/oil">b</a> [c](/oil#wick) [d](/gas) <a href="/gas#pipe">e</a> [f](/gas#pipe)\n'
    root = write({**settings, "index.md": text, "oil.md": "# Wick\n", "gas.md": "# Pipe\n"})

    findings = run("check", root, "--offline", "--format", "json").report["findings"]

    broken = {(each["reference"], each["column"]) for each in findings if each["level"] == "error"}
    assert broken == {("/oil", text.index('/oil"') + 1), ("/gas#pipe", text.index('/gas#pipe"') + 1)}


def test_of_a_part_of_its_host_that_a_site_has_nothing_of_another_program_may_be(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    inside = {"guide/index.md": "# Guide\n", "guide/oil.md": "# Oil\n"}
    paths = ("manual/oil", "app/", "v2.1", "guide/gas", "guid/oil", "gudie", "app.html")
    links = "".join(f"[x](https://lamps.example.org/{path})\n" for path in paths)
    settings = "export default { sitemap: { hostname: 'https://lamps.example.org' } }"
    files = {".vitepress/config.ts": settings, "index.md": f"{links}[x](/manual/oil)\n", **inside}

    def broken(*arguments: str) -> list[str]:
        options = ("--offline", "--no-history", "--format", "json", "--fail-on", "never", *arguments)
        report = run("check", write(files), *options).report
        return [
            each["reference"].removeprefix("https://lamps.example.org/")
            for each in report["findings"]
            if each["level"] == "error"
        ]

    assert broken() == ["guide/gas", "guid/oil", "gudie", "app.html", "/manual/oil"]
    assert broken("--published", "https://lamps.example.org/") == [*paths, "/manual/oil"]


def test_what_looks_like_a_url_is_text_where_a_generator_makes_no_link_of_it(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    text = "Listen on http://localhost:2379,http://localhost:4001 and [here](http://localhost:2379,http://b).\n"
    site = {"mkdocs.yml": "site_name: Lamps\n", "docs/index.md": text, "README.md": text}

    report = run("check", write(site), "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [
        (each["page"], each["reference"], each["rule"]) for each in report["findings"] if each["level"] == "error"
    ] == [
        ("README.md", "http://localhost:2379,http://localhost:4001", "url/invalid"),
        ("README.md", "http://localhost:2379,http://b", "url/invalid"),
        ("docs/index.md", "http://localhost:2379,http://b", "url/invalid"),
    ]


def test_links_of_the_page_of_a_folder_count_from_where_its_address_ends(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    presets = "presets: [['classic', { docs: { routeBasePath: '/' } }]]"
    files = {
        "docs/oil/index.md": "[a](./oil/wick) [b](wick)\n",
        "docs/oil/wick.md": "# Wick\n",
        "src/_table.md": "[c](/gas)\n",
        "src/README.md": "[d](gas.md)\n",
    }

    def broken(settings: str) -> list[str]:
        root = write({**files, "docusaurus.config.js": f"module.exports = {{ {settings} {presets} }}"})
        report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
        return [each["reference"] for each in report["findings"] if each["level"] == "error"]

    assert broken("trailingSlash: false,") == ["wick", "gas.md"]
    assert broken("") == ["./oil/wick", "gas.md"]


def test_pages_of_an_application_have_its_sources_and_public_files(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = (
        '<link rel="icon" href="/lamp.ico"><link rel="manifest" href="lamps.json"><a href="/oil/wick">Wick</a>\n'
        '<script type="module" src="/src/main.ts"></script><img src="/lamp.svg"><img src="./oil.svg">\n'
        '<script type="module" src="/src/gone.ts"></script><img src="/gone.svg"><a href="gone.html">x</a>\n'
    )
    files = {
        "web/index.html": page,
        "web/vite.config.ts": "export default defineConfig({ plugins: [react()] })\n",
        "web/src/main.ts": "",
        "web/oil.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "web/static/lamp.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "web/static/lamps.json": "{}",
        "web/static/lamp.ico": "x",
        "README.md": "[a](web/index.html) [b](/oil)\n",
    }
    stated = {**files, "web/vite.config.ts": "export default { publicDir: isBuilt ? undefined : './static' }\n"}

    def broken(files: dict[str, str]) -> list[str]:
        report = run(
            "check", write(files), "--offline", "--no-history", "--format", "json", "--fail-on", "never"
        ).report
        return [each["reference"] for each in report["findings"] if each["rule"] == "local/missing-file"]

    assert broken(stated) == ["/oil", "/src/gone.ts", "/gone.svg", "gone.html"]
    assert sorted(broken(files)) == sorted(
        ["/oil", "/src/gone.ts", "/gone.svg", "gone.html", "/lamp.ico", "lamps.json", "/lamp.svg"]
    )


def test_a_program_that_is_not_known_keeps_the_names_of_pages(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    right = ("../10-start/10-oil.md", "./lamp.svg", "20-wick.md")
    unknown = ("oil", "wick#trim", "../start/oil/", "/docs/3.x/oil", "/pricing", "/lamp.svg")
    wrong = ("flame", "../start/gas", "30-gas.md", "gone.svg")
    links = "".join(f"[x]({reference})\n\n" for reference in (*right, *unknown, *wrong))
    files = {
        "docs/10-start/10-oil.md": "# Oil\n",
        "docs/20-more/20-wick.md": "# Wick\n",
        "docs/20-more/lamp.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "docs/20-more/index.mdx": links,
        "README.md": "[a](docs/oil)\n",
        "config.toml": '[mirror]\ngenerator = "routes"\n',
    }

    root = write(files)
    arguments = ("--config", root / "config.toml", "--offline", "--no-history", "--all", "--format", "json")
    report = run("check", root, *arguments, "--fail-on", "never").report

    said = {row["reference"]: row["verdict"] for row in report["references"]}
    assert said.pop("docs/oil") == "broken"  # on the forge
    assert said == dict.fromkeys(right, "ok") | dict.fromkeys(unknown, "unchecked") | dict.fromkeys(wrong, "broken")


def test_a_run_names_the_program_that_is_not_known(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    pages = {f"docs/{number}.page-{number}.md": "text\n" for number in range(30)}
    links = "".join(f"[x](page-{number})\n" for number in range(30))

    def hint(files: dict[str, str]) -> str:
        return str(run("check", write(files), "--offline", "--no-history", "--format", "json").report.get("hint", ""))

    assert hint({**pages, "docs/index.md": links}).startswith("30 errors of 30 name pages without their extension")
    assert hint({"docs/index.md": links.replace("page-", "leaf-")}) == ""
    assert hint({"docs/index.md": links, "docs/conf.py": "extensions = ['myst_parser']\nproject = 'x'\n"}) == ""


def test_a_script_that_the_site_does_not_serve_is_no_orphan(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    scripts = dict.fromkeys(("src/theme.js", "scripts/made.mjs", "static/lost.js"), "")
    settings = "module.exports = { presets: [['classic', {}]] }\n"
    root = write({"docusaurus.config.js": settings, "docs/index.md": "# A\n", **scripts})

    findings = run("check", root, "--offline", "--format", "json").report["findings"]

    assert [each["page"] for each in findings if each["rule"] == "mirror/orphan"] == ["static/lost.js"]
