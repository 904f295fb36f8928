"""What is read of the settings of Pelican."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.mirror.generators import find
from checker.mirror.generators.reading import python
from checker.sources.named import open_source


@pytest.mark.parametrize(
    "settings",
    [
        "PATH = 3\nSTATIC_PATHS = {'a': 1}\nPAGE_PATHS = 'pages'\nMARKDOWN = []\nEXTRA_PATH_METADATA = {'a': 3}\n",
        "PATH = '../..'\n",
        "ARTICLE_SAVE_AS = '{slug'\nPAGE_SAVE_AS = '../{x}{date:%!}'\nARTICLE_URL = '/'\n",
        "READERS = 1\nIGNORE_FILES = ['[', 3]\nDIRECT_TEMPLATES = [1, 'index']\nDEFAULT_METADATA = (('a', 'b'),)\n",
        "def f(:\n",
        "",
    ],
)
def test_settings_of_any_shape_are_survived(settings: str, write: Callable[..., Path]) -> None:
    site = write({"pelicanconf.py": settings, "a.md": "Title: A\nDate: 2024-99-99\n", "pages/b.md": "Title: B\n\nx\n"})

    assert len(find(open_source(site))) <= 1


def test_what_apaches_projects_set_is_read(write: Callable[..., Path]) -> None:
    site = write(
        {
            "pelicanconf.yaml": "site: {domain: a.example.org}\nsetup: {ignore: ['*.sh', README.md]}\ntheme: theme/x\n",
            ".gitignore": "content/made.md\n",
            "content/index.md": "Title: A\n\n# A\n",
            "content/deep/b.md": "Title: B\n\n# B\n",
            "content/README.md": "# C\n",
            "content/a.cgi": "#!/bin/sh\n",
        }
    )

    (built,) = find(open_source(site))
    assert built.plan.url == "https://a.example.org/"
    assert dict(built.plan.pages) == {"content/index.md": "index.html", "content/deep/b.md": "deep/b.html"}
    assert dict(built.plan.files) == {"a.cgi": "content/a.cgi"}
    assert built.decides("made.html")
    assert not built.decides("made")


def test_names_of_a_module_in_python_are_read_without_running_it() -> None:
    text = "A = B = 'x'\nC: str = A + 'y'\nD = [A, open('z')]\nD += ['w']\nE = {'a': (1, True), **D}\nF = f'{A}'\nimport os\n"

    assert python(text) == {
        "A": "x",
        "B": "x",
        "C": "xy",
        "D": ["x", None, "w"],
        "E": {"a": [1, True]},
        "F": None,
    }


def test_sums_of_a_module_in_python_have_a_bound() -> None:
    found = python("A = 'x' * 1\nA = 'xy'\n" + "A = A + A\n" * 100)

    assert found["A"] is None
    assert python("x = " + "(" * 5000) == {}
    assert python("x = " + "+".join(["'a'"] * 50_000)).get("x") is None
