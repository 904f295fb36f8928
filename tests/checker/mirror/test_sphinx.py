"""What is read of the settings of Sphinx, and the references of its roles and directives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.extract import directives
from checker.extract.slugs import docutils
from checker.mirror.generators import find
from checker.sources.named import open_source

MYST = "extensions = ['myst_parser']\n"


def findings(run: Callable[..., Any], root: Path) -> list[tuple[str, int, str, str]]:
    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
    return [
        (each["page"], each["line"], each["rule"], each["reference"])
        for each in report["findings"]
        if each["level"] != "note"
    ]


@pytest.mark.parametrize(
    "settings",
    [
        "extensions = 3\nsource_suffix = {'.md': 1, 2: 3}\nexclude_patterns = 'x'\nhtml_extra_path = [1, '../../x']\n",
        "extensions = []\nexclude_patterns = ['" + "*" * 50 + "', '[', '**/**/**/**/**/**/**', '']\nroot_doc = 1\n",
        "extensions = []\nrediraffe_redirects = {'a.md': 'b.md', 'b.md': 'a.md'}\nhtml_baseurl = 'x'\n",
        "extensions = []\nrediraffe_redirects = 'nowhere'\nmyst_enable_extensions = {}\nintersphinx_mapping = 1\n",
    ],
)
def test_settings_of_any_shape_are_survived(settings: str, write: Callable[..., Path]) -> None:
    site = write({"conf.py": settings, "index.rst": "A\n=\n", "a.md": "# A\n"})

    assert len(find(open_source(site))) <= 1


@pytest.mark.parametrize("files", [{"conf.py": "x = 1\n", "index.md": "# A\n"}, {"conf.py": MYST, "other.md": "# A\n"}])
def test_a_conf_that_is_not_of_sphinx_makes_no_site(files: dict[str, str], write: Callable[..., Path]) -> None:
    assert find(open_source(write(files))) == ()


def test_a_label_that_no_source_has_may_be_of_another_site(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    site = write(
        {
            "conf.py": MYST + "intersphinx_mapping = {'py': ('https://docs.example.org/', None)}\n",
            "index.md": "(the-mark)=\n# A\n\n{ref}`the-mrk`, {ref}`with-statement`, {doc}`with`\n[a](#usage/roles)\n[b](#the-mork)\n",
        }
    )

    assert findings(run, site) == [
        ("index.md", 4, "local/missing-file", "the-mrk"),
        ("index.md", 4, "local/missing-file", "./with"),
        ("index.md", 6, "local/missing-fragment", "#the-mork"),
    ]


def test_redirects_lead_to_where_a_document_is_now(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    site = write(
        {
            "conf.py": MYST + "html_baseurl = 'https://a.example.org/'\n"
            "rediraffe_redirects = {'x.md': 'y.md', 'y.md': 'index.md'}\n",
            "index.md": "# A\n\n[a](https://a.example.org/x.html)\n[b](https://a.example.org/z.html)\n",
        }
    )

    assert findings(run, site) == [("index.md", 4, "local/missing-file", "https://a.example.org/z.html")]


def test_directives_of_markdown_are_opened_and_those_of_code_are_not() -> None:
    text = """(a)=
```{note} Title
:class: x
[a](a)
```
```{code-block} md
[b](b)
```
% [c](c)
"""

    opened = directives.as_gfm(text)

    assert len(opened) == len(text)
    assert [line.strip() for line in opened.splitlines()] == [
        *("", "", "", "[a](a)", "", "```{code-block} md", "[b](b)", "```", ""),
    ]


def test_references_of_roles_and_directives_have_their_places() -> None:
    text = "{doc}`T <a/b>` {ref}`My Mark`\n```{toctree}\n:maxdepth: 1\nT <c>\nd\nself\n```\n```{figure} e.png\n```\n"
    found = [(raw, text[start:end]) for _, raw, start, end in directives.names(text)]

    assert found == [
        ("./a/b", "a/b"),
        ("my%20mark", "My Mark"),
        ("./c", "c"),
        ("./d", "d"),
        ("e.png", "e.png"),
    ]


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Names & tides", "names-tides"), ("2nd run", "nd-run"), ("\u706f\u5854", ""), ("Stra\u00dfe", "strasze")],
)
def test_docutils_makes_ids_of_titles(title: str, slug: str) -> None:
    assert docutils(title) == slug


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ("extensions = ['myst_parser']\n", {"lamp%3Ause/wick", "light%20the%20lamp.on", "wick", "./gone"}),
        ("extensions = ['myst_parser', 'sphinx.ext.intersphinx']\nintersphinx_mapping = others()\n", {"./gone"}),
    ],
)
def test_another_site_may_have_documents_and_labels_where_sphinx_asks_for_them(
    write: Callable[..., Path], run: Callable[..., Any], settings: str, broken: set[str]
) -> None:
    page = ":doc:`a <lamp:use/wick>`, :ref:`Light the Lamp.on`, :ref:`b <wick>`, :doc:`gone`, :ref:`genindex`, :ref:`search`\n"
    site = write({"conf.py": settings, "index.md": "# A\n\n[b](b.rst)\n", "b.rst": f"B\n=\n\n{page}"})

    assert {reference for *_, reference in findings(run, site)} == broken


def test_a_picture_may_be_named_without_its_format(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    page = "A\n=\n\n.. image:: lamp.*\n\n.. figure:: /pictures/moth.*\n\n.. image:: gone.*\n"
    files = {
        "conf.py": "extensions = ['sphinx.ext.todo']\n",
        "index.rst": page,
        "lamp.png": "x",
        "pictures/moth.svg": "<svg/>",
    }

    found = findings(run, write(files))

    assert [reference for *_, rule, reference in found if rule == "local/missing-file"] == ["gone.*"]


BOOK = {
    "_config.yml": "title: A\nexclude_patterns: [drafts]\nhtml: {baseurl: https://book.example.org/}\n",
    "start.md": "(here)=\n# Start\n\n{ref}`here`, {doc}`more/lamps`, [a](/more/lamps.ipynb), [b](https://book.example.org/)\n",
    "more/lamps.ipynb": '{"cells": [{"cell_type": "markdown", "source": ["[a](../start.md) [b](gone.md)"]}]}',
    "drafts/new.md": "[a](gone.md)\n",
}


@pytest.mark.parametrize(
    "toc",
    [
        "format: jb-book\nroot: start\nchapters:\n- file: more/lamps\n",
        "- file: start.md\n  sections:\n  - file: more/lamps\n",
    ],
)
def test_a_jupyter_book_is_built_by_sphinx(write: Callable[..., Path], run: Callable[..., Any], toc: str) -> None:
    site = write({f"docs/{name}": text for name, text in {**BOOK, "_toc.yml": toc}.items()})

    (found,) = find(open_source(site))
    assert (found.generator.name, found.plan.url) == ("sphinx", "https://book.example.org/")
    assert set(found.pages) == {"docs/start.md", "docs/more/lamps.ipynb"}
    assert [(page, reference) for page, _, _, reference in findings(run, site) if "lamps" in page] == [
        ("docs/more/lamps.ipynb", "gone.md")
    ]
    assert not [page for page, *_ in findings(run, site) if "start" in page]


@pytest.mark.parametrize("config", ["", "[1, 2]", "title: [", "sphinx: 3\nhtml: x\nexclude_patterns: {}\nparse: []\n"])
def test_settings_of_a_book_may_have_any_shape(write: Callable[..., Path], config: str) -> None:
    site = write({"_config.yml": config, "_toc.yml": "root: start\n", "start.md": "# A\n"})

    assert len(find(open_source(site))) <= 1
