"""The elements that a place lies in."""

from __future__ import annotations

import pytest

from checker.extract.within import within

PAGE = """<!doctype html>
<html lang="en"><body><main id=lamps>
<table class="wide  old"><tr><td>a lamp <a href="lamp.html">here</a></td></tr></table>
<p>an <em>open element <img src="moth.png">
<style>p { background: url(dusk.png) }</style>
</main>"""


@pytest.mark.parametrize(
    ("mark", "elements"),
    [
        ("lamp.html", "html > body > main#lamps > table.wide.old > tr > td > a"),
        ("moth.png", "html > body > main#lamps > p > em > img"),
        ("dusk.png", "html > body > main#lamps > p > em > style"),
    ],
)
def test_the_elements_are_told_as_a_selector(mark: str, elements: str) -> None:
    assert within(PAGE, PAGE.index(mark)) == elements


@pytest.mark.parametrize("text", ["", "a lamp", "<!-- a lamp -->", "<![lamp", "<!lamp [<a>"])
def test_where_no_element_is_there_is_nothing_to_tell(text: str) -> None:
    assert within(text, 0) == ""


def test_of_many_elements_the_innermost_are_told() -> None:
    assert within("<div>" * 40 + "<a href=x>", 204) == "… > " + "div > " * 11 + "a"
