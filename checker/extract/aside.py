"""The parts of a Markdown file that are not Markdown: front matter, and the imports and exports of MDX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checker.extract.formulas import without_formulas
from checker.extract.gfm import angled

# Jekyll's rule; but the first line must look like a mapping too, since a page may begin with a thematic break.
_FRONT_MATTER = re.compile(r"\ufeff?(?:---|(\+\+\+))[ \t]*+\r?\n")
_FRONT_BLANK = re.compile(r"(?>(?:[ \t]*+\r?\n|\#.*\n){1,1000})")
_FRONT_FIRST = re.compile(r"[\w\"'.$-][^\n:]*:\s|---|\.\.\.")
_FRONT_END = re.compile(r"^(?:---|\.\.\.)[ \t]*+\r?(?:\n|\Z)", re.M)
_TOML_END = re.compile(r"^\+\+\+[ \t]*+\r?(?:\n|\Z)", re.M)
_IMPORT = re.compile(r"""^import\s(?:[\w$*{},\s]{1,400}\sfrom\s*)?(["'])[^"'\n]+\1[ \t]*+(?:;[ \t]*+)?\r?$""", re.M)
_EXPORT = re.compile(r"^export (?:default|const|let|var|function|class|async|\{|\*).*(?:\n(?!\s*?\n|```|~~~).+)*", re.M)
# MDX's comment: https://mdxjs.com/docs/what-is-mdx/#expressions
_MDX_COMMENT = re.compile(r"\{(\s*+)/\*([^*]*+(?>(?:\*(?!/)[^*]*+)*))(?:\*/(?:(\s*+)\}([ \t]*$)?)?|\Z)", re.M)
# What no forge links, whatever CommonMark says: in prose, `<file:line>` is no address.
_UNLINKED = re.compile(r"<(?=(?:[fF](?i:ile)|[bB](?i:lob)|[a-zA-Z-]{2,20}-(?i:extension)):[^\s<>]*>)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_IN_LINE = re.compile(r"[^\r\n]+")


def set_aside(text: str) -> str:
    """Replace front matter, imports and exports of MDX by blanks, and make formulas inert: every position stays."""
    return source_of(text)[0]


def source_of(text: str) -> tuple[str, frozenset[str]]:
    """The same, with what stands in angle brackets there, as `gfm.angled` has it."""
    if end := front_matter(text):
        text = blanked(text[:end]) + text[end:]
    if _imports(text):
        text = _EXPORT.sub(_blank, _IMPORT.sub(_blank, text))
    if "{" in text and "/*" in text:  # one character is sought ten times as fast as two
        text = _MDX_COMMENT.sub(_as_comment, text)
    marks = angled(text)
    linked = _UNLINKED.sub("(", text) if any(map(_UNLINKED.match, marks)) else text
    source = without_formulas(linked)
    return source, marks if source is text else angled(source)


def _imports(text: str) -> bool:
    """Whether a page imports as MDX does; one on a programming language shows many imports that are none."""
    if _IMPORT.match(text):
        return True
    at = 0
    while (at := text.find("\nimport", at) + 1) > 0:
        if _IMPORT.match(text, at):
            return True
    return False


def encodable(text: str) -> str:
    """The text with U+FFFD for each half of a character, which has no form in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def front_matter(text: str) -> int:
    """The end of the front matter; 0 if there is none."""
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return 0
    at = opening.end()
    if opening[1]:
        end = _TOML_END.search(text, at)
        return end.end() if end else 0
    while (blank := _FRONT_BLANK.match(text, at)) and blank.end() > at:
        at = blank.end()
    end = _FRONT_END.search(text, at) if _FRONT_FIRST.match(text, at) else None
    return end.end() if end else 0


def _blank(match: re.Match[str]) -> str:
    return blanked(match[0])


def _as_comment(match: re.Match[str]) -> str:
    """A comment of MDX as one of HTML, of the same length; dots where text follows, which HTML would take with it. It
    may be one of a program in a fence: what its lines begin with stays, since that keeps them in their list.
    """
    before, within, after, alone = match.groups()
    if after is None:
        return match[0]
    if alone is None or len(within) < _SHORTEST:
        return _VISIBLE.sub(lambda run: "." * len(run[0]), match[0])
    return f" {before}<!--{within[2:-1].replace('-->', '   ')}-->{after} {alone}"


_VISIBLE = re.compile(r"\S+")
_SHORTEST = 3  # characters of a comment for whose sake HTML's marks, which are longer, are written over


def blanked(text: str) -> str:
    """Replace every character except line breaks by a blank."""
    return _IN_LINE.sub(lambda run: " " * len(run[0]), text)


def only(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Replace the text outside these spans by blanks. The spans are in order."""
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts += (blanked(text[end:start]), text[start:stop])
        end = stop
    return "".join(parts)
