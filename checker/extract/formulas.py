"""Formulas in Markdown, `$…$` and `$$…$$`: what looks like a link within one is none.

GitHub, GitLab and Gitea show them (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions).
Their other forms, a block of ```math and $`…`$, are code for every reader of Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENER = re.compile(r"\$(?<![^\W_]\$)(?=[^\s`])")  # it begins with a character, which is searched for as such
# It begins with a line break, which is searched for as such.
_FENCE = re.compile(r"\n[ \t>]*(?:`{3,}(?=[^`\n]*$)|~{3,})", re.M)
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_TOKEN = re.compile(r"\\[^\n]|`+|\$+")
_INERT = str.maketrans("[]()!", ".....")


def without_formulas(text: str) -> str:
    """The text with what could be taken for a link in a formula made inert: every position stays."""
    if "$" not in text or text.count("$") < 2 or not _OPENER.search(text):  # most pages, quickly: `$ make` opens none
        return text
    parts: list[str] = []
    done = 0
    for begin, stop in _paragraphs(text):
        if (
            text.find("[", begin, stop) >= 0
            and text.count("$", begin, stop) > 1
            and text[begin:stop].lstrip()[:1] != "<"
        ):
            for start, end in _spans(text, begin, stop):
                if text.find("://", start, end) >= 0:  # no formula: dollars of URLs
                    continue
                parts += (text[done:start], text[start:end].translate(_INERT))
                done = end
    return "".join((*parts, text[done:])) if parts else text


# https://docs.mathjax.org/en/latest/input/tex/delimiters.html, with the second backslash that Markdown would take away
_OF_NOTEBOOKS = re.compile(
    r"\\begin\{([A-Za-z]{1,20}\*?)\}.{0,2000}?\\end\{\1\}|\\\\\(.{0,2000}?\\\\\)|\\\\\[.{0,2000}?\\\\\]", re.S
)


def without_environments(text: str) -> str:
    """The same of the other forms that notebooks show: environments of LaTeX, and brackets with backslashes."""
    if "\\" not in text:
        return text
    return _OF_NOTEBOOKS.sub(lambda formula: formula[0].translate(_INERT), text)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The runs of lines between blank lines, without fenced code."""
    begin = 0
    for start, end in (*_fenced(text), (len(text), len(text))):
        for blank in _BLANK_LINE.finditer(text, begin, start):
            yield begin, blank.start()
            begin = blank.end()
        yield begin, start
        begin = end


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """The spans of fenced code, the last of which may have no end."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(f"\n{text}"):  # where a line break stands, its line begins in the text
        if opened is None:
            opened = fence
        elif fence[0].strip("\n \t>").startswith(opened[0].strip("\n \t>")):
            yield opened.start(), fence.end() - 1
            opened = None
    if opened is not None:
        yield opened.start(), len(text)


def _spans(text: str, begin: int, stop: int) -> Iterator[tuple[int, int]]:
    """The formulas of a paragraph: a dollar opens one before what is no blank, and closes one after what is none."""
    tokens = [*_TOKEN.finditer(text, begin, stop)]
    next_like: list[int] = [0] * len(tokens)  # the next run of as many backticks, or the next that closes this formula
    latest: dict[str, int] = {}
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        next_like[index] = latest.get(token[0], 0)
        if token[0] != "$" or _closes(text, token.start()):
            latest[token[0]] = index
    index = 0
    while index < len(tokens):
        token, closing = tokens[index], next_like[index]
        is_formula = token[0] == "$$" or (token[0] == "$" and _opens(text, token.start()))
        if closing and is_formula:
            yield token.end(), tokens[closing].start()
        index = closing + 1 if closing and (is_formula or token[0][0] == "`") else index + 1


def _opens(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    return not before.isalnum() and not after.isspace() and after not in {"", "`"}


def _closes(text: str, at: int) -> bool:
    return not text[at - 1].isspace() and not text[at + 1 : at + 2].isalnum() if at else False
