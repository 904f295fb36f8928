"""Jupyter notebooks: the Markdown of their cells, at its place in the JSON.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator

from checker.extract import Extract, Options, Place, markdown
from checker.extract.formulas import without_environments
from checker.extract.manifest import strings
from checker.extract.plain import counted, is_own

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.S
)  # of one character


def extract(text: str, options: Options) -> Extract:
    """Read a notebook."""
    return counted(places(text, options))


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place in the Markdown of a notebook."""
    for source, marks in _cells(text):
        for role, raw, start, end in markdown.places(without_environments(source), options):
            if not raw or (is_own(raw) and not raw.startswith("attachment:")):
                yield Place(role, raw, _written(marks, start), _written(marks, end))


_Marks = list[tuple[int, int]]  # an offset in the cell, and where in the notebook: from there on, they go together


def _cells(text: str) -> Iterator[tuple[str, _Marks]]:
    """The source of each Markdown cell, and where it stands."""
    lines: list[str] = []
    marks: _Marks = []
    length = 0
    is_markdown = False
    for path, string, start, end in strings(text):
        if path == ("cells", "cell_type"):
            if lines:
                yield "".join(lines), marks
            lines, marks, length = [], [], 0
            is_markdown = string == "markdown"
        elif path == ("cells", "source") and is_markdown:
            marks.append((length, start))
            for escape in _ESCAPE.finditer(text, start, end):
                offset, place = marks[-1]
                marks.append((offset + escape.start() - place + 1, escape.end()))
            lines.append(string)
            length += len(string)
    if lines:
        yield "".join(lines), marks


def _written(marks: _Marks, offset: int) -> int:
    """Where a character of a cell stands in the notebook."""
    begin, place = marks[bisect_right(marks, (offset, sys.maxsize)) - 1]
    return place + offset - begin
