"""Eleventy: its configuration is a program, and what it decides alone is unchecked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told import links, verdicts

CONFIG = "export default function (config) {{ {} }}\nexport const config = {{ dir: {{ input: 'src' }} }}\n"


def test_paths_of_sources_are_addresses_with_the_plug_in_alone(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    page = links("oil.md", "/lamps/oil.md", "src/lamps/oil.md", "gas.md") + '<a href="/lamps/oil.md?x">x</a>\n'
    files = {"src/lamps/oil.md": "# Oil\n", "src/lamps/all.md": page}
    config = {"eleventy.config.js": CONFIG.format("config.addPlugin(InputPathToUrlTransformPlugin)")}

    said = verdicts(run, write({**files, **config}))

    assert [reference for reference, verdict in said.items() if verdict == "broken"] == ["gas.md"]
    assert "ok" not in verdicts(run, write({**files, "eleventy.config.js": CONFIG.format("")})).values()


def test_a_permalink_that_a_function_makes_is_unchecked_where_it_may_be(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    said = verdicts(
        run,
        write(
            {
                ".eleventy.js": CONFIG.format(""),
                "src/posts/posts.11tydata.js": "module.exports = { permalink: (data) => `/news/${data.n}/` }",
                "src/posts/a.md": "# A\n",
                "src/data.11ty.js": "const TO = '/data.json'\nexport default class { data() { return { permalink: TO } } }",
                "src/index.md": links("/news/1/", "/olds/1/", "/posts/a/", "/data.json"),
            }
        ),
    )

    assert said == {"/news/1/": "unchecked", "/olds/1/": "broken", "/posts/a/": "broken", "/data.json": "ok"}


def test_ids_of_what_is_included_are_unchecked_and_no_others(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    said = verdicts(
        run,
        write(
            {
                "eleventy.config.js": CONFIG.format("config.addPlugin(IdAttributePlugin)"),
                "src/_includes/tabs.njk": '<b id="{{ name }}-tab"></b>\n<h2>Trim the wick</h2>\n',
                "src/index.md": '{% include "tabs.njk" %}\n\n' + links("#oil-tab", "#oil", "#trim-the-wick"),
            }
        ),
    )

    assert {reference for reference, verdict in said.items() if verdict == "broken"} == {"#oil"}


def test_a_heading_that_holds_code_and_a_placeholder_is_known_by_its_beginning(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    page = "## `--serve` again {% since '2.0' %}\n\n" + links("#serve-again", "#serve-again-since-2", "#again")
    config = {"eleventy.config.js": CONFIG.format("config.addPlugin(IdAttributePlugin)")}

    said = verdicts(run, write({**config, "src/index.md": page}))

    assert {reference for reference, verdict in said.items() if verdict == "broken"} == {"#again"}


def test_pages_of_a_list_are_numbered(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    permalink = "/lamps/{% if pagination.pageNumber > 0 %}page-{{ pagination.pageNumber + 1 }}/{% endif %}"
    files = {
        ".eleventy.js": CONFIG.format(""),
        "src/lamps.njk": f"---\npagination: {{ data: collections.lamps, size: 8 }}\npermalink: '{permalink}'\n---\n",
        "src/index.md": links("/lamps/", "/lamps/page-2/", "/lamps/oil/"),
    }

    assert verdicts(run, write(files)) == {
        "/lamps/": "unchecked",
        "/lamps/page-2/": "unchecked",
        "/lamps/oil/": "broken",
    }


def test_a_text_without_an_address_is_read_as_one_of_the_site(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    files = {
        ".eleventy.js": CONFIG.format(""),
        "src/oil.md": "# Oil\n",
        "src/parts/wick.md": "---\npermalink: false\n---\n\n" + links("/oil/", "/gas/"),
        "src/index.md": links("/parts/wick/"),
    }

    assert verdicts(run, write(files)) == {"/oil/": "ok", "/gas/": "broken", "/parts/wick/": "broken"}


def test_styles_that_are_not_copied_are_for_a_program(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    config = "['src/fonts', 'src/plain.css'].forEach(path => config.addPassthroughCopy(path))"
    files = {
        ".eleventy.js": CONFIG.format(config),
        "src/plain.css": "@import 'gone.css';\n",
        "src/made.css": "@import 'tailwind/base';\n",
        "src/fonts/a.txt": "a\n",
        "src/index.md": links("/fonts/a.txt", "/made.css"),
    }

    assert verdicts(run, write(files)) == {"gone.css": "broken", "/fonts/a.txt": "ok", "/made.css": "broken"}


def test_another_configuration_builds_into_a_folder_of_the_site(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    other = "export default () => ({ dir: { input: 'more', output: '_site/more' } })\n"
    scripts = '{ "scripts": { "build": "eleventy", "more": "eleventy --quiet --config=more.config.js" } }'
    files = {
        "eleventy.config.js": CONFIG.format(""),
        "more.config.js": other,
        "package.json": scripts,
        "more/oil.md": links("/more/gas/"),
        "src/index.md": links("/more/oil/", "/oil/"),
    }

    assert verdicts(run, write(files)) == {"/more/oil/": "ok", "/oil/": "broken", "/more/gas/": "broken"}


def test_templates_that_a_plug_in_adds_are_where_their_permalinks_say(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    plugin = "config.addTemplate('tags.11ty.js', { data: () => ({ permalink: options.permalink || '/tags/' }) })"
    files = {".eleventy.js": CONFIG.format(plugin), "src/index.md": links("/tags", "/tags/oil", "/oil")}

    assert verdicts(run, write(files)) == {"/tags": "unchecked", "/tags/oil": "unchecked", "/oil": "broken"}


@pytest.mark.parametrize("value", ["'..'", "'/'", "''", "0", "[[1]]", "'(['", "'../../x'", "{ a: '**' }", "'\\u0000'"])
def test_settings_made_to_harm_end_no_run(value: str, run: Callable[..., Any], write: Callable[..., Path]) -> None:
    calls = ("addPassthroughCopy", "setTemplateFormats", "ignores.add", "addExtension", "setIncludesDirectory")
    config = "; ".join(f"config.{call}({value})" for call in calls) + f"; return {{ pathPrefix: {value} }}"
    data = f'{{ "permalink": "{{{{ {"x" * 3000} | slugify", "layout": "a.njk" }}'
    loop = {"_includes/a.njk": "---\nlayout: a.njk\n---\n{% include 'a.njk' %}\n", "src.json": data}

    said = verdicts(run, write({"eleventy.config.js": CONFIG.format(config), "index.md": links("none/"), **loop}))

    assert isinstance(said, dict)


def test_formats_that_a_plug_in_is_told_are_not_those_of_the_site(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    plugin = "config.addPlugin(highlight, { templateFormats: ['njk'], init({ P }) { P.on(P.all()) } })"
    own = "config.setTemplateFormats(['html'])"
    files = {"src/a.md": "# A\n", "src/index.html": '<a href="/a/">a</a>\n'}

    assert verdicts(run, write({**files, ".eleventy.js": CONFIG.format(plugin)})) == {"/a/": "ok"}
    assert verdicts(run, write({**files, ".eleventy.js": CONFIG.format(f"{plugin}\n{own}")})) == {"/a/": "broken"}


def test_a_page_may_have_the_ids_of_layouts(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    layout = '<main>{{ content }}</main>{% if more %}<h2 id="read-on">More</h2><p id="{{ x }}">{% endif %}'
    files = {
        ".eleventy.js": CONFIG.format(""),
        "src/_includes/page.html": layout,
        "src/index.md": "[a](#read-on) [b](#read-in)\n",
    }

    report = run("check", write(files), "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [each["reference"] for each in report["findings"] if each["level"] == "error"] == ["#read-in"]
    assert sum(report["totals"]["unchecked"].values()) == 1
