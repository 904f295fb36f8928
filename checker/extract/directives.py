"""Roles and directives of Sphinx, in MyST's Markdown and in reStructuredText: https://myst-parser.readthedocs.io/

A label, or a document, is a reference without an extension: `:ref:` and `:doc:` name what the site's generator knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from checker.extract.aside import blanked
from checker.model import Role

_FENCE = re.compile(r"^([ \t]*(?:>[ \t]?)*)(`{3,}+|~{3,}+|:{3,}+)[ \t]*+(?:\{([\w:+.-]+)\})?([^`\n]*+)$")
# Directives whose content is Markdown. The content of any other may be code.
_CONTAINERS = frozenset(
    [
        *("note", "warning", "tip", "important", "attention", "caution", "danger", "error", "hint", "seealso"),
        *(
            "admonition",
            "figure",
            "grid",
            "grid-item",
            "grid-item-card",
            "card",
            "card-carousel",
            "tab-set",
            "tab-item",
        ),
        *("dropdown", "epigraph", "margin", "sidebar", "topic", "container", "div", "list-table", "versionadded"),
        *("versionchanged", "deprecated", "versionremoved", "figure-md", "aside", "details", "table", "todo", "rubric"),
        *("pull-quote", "highlights", "glossary", "only", "compound", "exercise", "solution", "proof", "button-link"),
    ]
)
_TO_FILES = {
    "figure": Role.IMAGE,
    "image": Role.IMAGE,
    "include": Role.LINK,
    "literalinclude": Role.LINK,
}
_LABEL_LINE = re.compile(r"^[ \t]*\([^()\n]+\)=[ \t]*$|^%.*$")
_OPTION = re.compile(r"^[ \t]*:([\w-]+):(?:[ \t]+(.*))?$")
_ROLES = r"(ref|numref|doc|download)"
_MYST_ROLE = re.compile(rf"\{{{_ROLES}\}}`([^`\n]{{1,500}})`")
_RST_ROLE = re.compile(rf"(?<![\w`]):(?:std:)?{_ROLES}:`([^`]{{1,500}})`")
_TOCTREE = re.compile(r"^([ \t]*)\.\. toctree::")
_SAFE = "/-_.~"

Named = tuple[Role, str, int, int]  # role, reference, its span in code points


class _Line(NamedTuple):
    """A line of Markdown, and what it is."""

    start: int
    text: str
    directive: str = ""  # that it opens
    argument: str = ""  # of that
    within: str = ""  # the directive whose content it is part of, if that is no Markdown
    option: bool = False  # it is an option of a directive
    marks: bool = False  # it opens or closes a directive of Markdown


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a page, with the directives that hold Markdown opened."""
    open_: list[str] = []  # the fences of the open containers
    code = ""  # the fence of the open code, or of a directive that holds none
    name = ""
    options = False  # whether the lines are options of a directive
    start = 0
    for line in text.split("\n"):
        match = _FENCE.match(line) if "```" in line or ":::" in line or "~~~" in line else None
        if code:
            if match and not match[3] and not match[4].strip() and match[2].startswith(code):
                code, options = "", False
                yield _Line(start, line, within="code")
            else:
                options = options and _OPTION.match(line) is not None
                yield _Line(start, line, within=name or "code", option=options)
        elif match and match[3]:
            name, options = match[3].rpartition(":")[2] if match[3] in _CONTAINERS else match[3], True
            if name in _CONTAINERS:
                open_.append(match[2])
                yield _Line(start, line, name, match[4].strip(), marks=True)
                name = ""
            else:
                code = match[2]
                yield _Line(start, line, name, match[4].strip(), within=name)
        elif match and open_ and not match[4].strip() and match[2].startswith(open_[-1]):
            open_.pop()
            options = False
            yield _Line(start, line, marks=True)
        elif match and match[2][0] != ":":
            code, name = match[2], ""
            yield _Line(start, line, within="code")
        else:
            options = options and _OPTION.match(line) is not None
            yield _Line(start, line, option=options)
        start += len(line) + 1


def as_gfm(source: str) -> str:
    """A page of MyST with its directives opened: every position stays."""
    if "{" not in source and ")=" not in source and "%" not in source:
        return source
    found = []
    for line in _lines(source):
        aside = line.marks or (line.option and not line.within) or (not line.within and _LABEL_LINE.match(line.text))
        found.append(blanked(line.text) if aside else line.text)
    return "\n".join(found)


def names(text: str) -> Iterator[Named]:
    """The references of a page of MyST that stand in roles and directives."""
    if "{" not in text:
        return
    link: tuple[str, int, int] | None = None  # of the options of a card
    for line in _lines(text):
        if line.directive in _TO_FILES and line.argument:
            at = line.start + line.text.find(line.argument, line.text.find("}"))
            yield _TO_FILES[line.directive], _quoted(line.argument), at, at + len(line.argument)
        elif line.within == "toctree" and not line.directive and not line.option:
            yield from _entry(line.text, line.start)
        elif line.option and (option := _OPTION.match(line.text)) and (value := (option[2] or "").rstrip()):
            at = line.start + option.start(2)
            if option[1] == "link":
                link = value, at, at + len(value)
            elif option[1] == "link-type" and link and value in {"ref", "doc"}:
                yield Role.LINK, _quoted(link[0]), link[1], link[2]
                link = None
        elif not line.within and "}`" in line.text:
            yield from _roles(_MYST_ROLE, line.text, line.start)


def rst_names(text: str) -> Iterator[Named]:
    """The same of a page of reStructuredText, without its literal blocks."""
    yield from _roles(_RST_ROLE, text, 0) if ":`" in text else ()
    if "toctree::" not in text:
        return
    start, within = 0, -1  # the indentation of the open toctree
    for line in text.split("\n"):
        if match := _TOCTREE.match(line):
            within = len(match[1])
        elif within >= 0 and line.strip():
            if len(line) - len(line.lstrip()) <= within:
                within = -1
            elif not _OPTION.match(line):
                yield from _entry(line, start)
        start += len(line) + 1


def _roles(pattern: re.Pattern[str], text: str, start: int) -> Iterator[Named]:
    for match in pattern.finditer(text):
        target, begin = _target(match[2])
        begin += match.start(2)
        end = begin + len(target)
        target = target.lstrip("!~") if match[1] in {"doc", "download"} else " ".join(target.lower().split())
        if target and "{" not in target:
            yield Role.LINK, _document(target) if match[1] == "doc" else _quoted(target), start + begin, start + end


def _target(text: str) -> tuple[str, int]:
    """What `title <target>`, or `target`, names, and where it begins."""
    begin = text.rfind("<") + 1 if text.rstrip().endswith(">") else 0
    target = text[begin:].rstrip().removesuffix(">") if begin else text
    return target.strip(), begin + len(target) - len(target.lstrip())


def _entry(line: str, start: int) -> Iterator[Named]:
    """The document that a line of a toctree names."""
    entry = line.strip()
    target, _ = _target(entry)
    if (
        target
        and target != "self"
        and "*" not in target
        and "://" not in target
        and not target.startswith(("#", ":", ".."))
    ):
        at, target = start + line.rfind(target), target.removesuffix(".rst").removesuffix(".md")
        yield Role.LINK, _document(target), at, at + len(target)


def _document(target: str) -> str:
    """The reference to a document, which no label is: beside the page, unless it says another place."""
    beside = target[0] not in "./" and ":" not in target
    return "./" * beside + _quoted(target)


def _quoted(target: str) -> str:
    return target if "://" in target else quote(target, safe=_SAFE)
