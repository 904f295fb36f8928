"""MDX written as GFM of the same length: its tags interrupt no Markdown, its code is fenced at any indentation.

https://mdxjs.com/docs/what-is-mdx/#mdx-syntax
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from checker.extract.aside import blanked, front_matter
from checker.extract.elements import OTHERS, READ
from checker.roles import BY_HREF, BY_SRC

_CODE_SPAN = 5_000  # characters in which a span of code ends
_INDENTATION, _LINE = 200, 2_000  # characters in which they begin
# Each begins with a sign of its own, so that the others are passed over in one go; groups at the ends tell which it is.
_TOKEN = re.compile(
    r"\n(?:[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?=(?P<marks>`{3,}(?=[^`\n]*$)|~{3,}))(?P<fence>)"
    r"|(?=(?:import|export)\b[ \t{*])(?P<module>))"
    r"|\\.(?P<escape>)"
    r"|`[^`\n]+`(?!`)(?P<code>)"
    r"|``*(?P<span>)"
    r"|\{/\*(?P<comment>)"
    r"|\{(?P<brace>)"
    r"|</?(?:[A-Za-z][\w.:-]*)?(?=[\s/>{])(?P<tag>)",
    re.M,
)
_BLANK_LINE = re.compile(r"\n[ \t]*(?:\n|\Z)")
_ATTRIBUTE = re.compile(
    r"""[ \t\r\n]+|(?P<name>[\w:.@-]+)(?:\s*=\s*(?:(?P<value>"[^"]*"|'[^']*')|(?=\{)))?|(?P<brace>\{)|(?P<end>/?>)"""
)
_EXPRESSION = re.compile(
    r"""[^{}"'`/]+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|/\*.*?\*/|[{}]|.""", re.S
)
_LITERAL = re.compile(r"""\{(\s*)("[^"\n]*"|'[^'\n]*'|`([^`\n$"]*)`)(\s*)\}""")
_BEFORE = re.compile(r"[ \t>]*")
_HEADING = re.compile(r"[ \t>]*#{1,6}[ \t]")
_AS_TEXT = str.maketrans("{}<>[]`*_\\", '""()()"""/')  # signs that no slug has, and no Markdown
# Tags whose content is no Markdown, or that GFM lets hold text alone.
_AS_HTML = frozenset({"script", "style", "svg", "iframe", "textarea", "title", "xmp", "noembed", "noframes"})
_MARKED = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")  # the beginning of an item
_CODE = 4  # columns by which a line stands further in than the text above, so that GFM takes it for code
_INDENTED = re.compile(r"\n[ \t]*\r?\n(?: {4}| {0,3}\t)")  # a quick test, before the exact one
_KEPT = (READ - OTHERS.keys() - {"style", "content"}) | {"id", "name"}  # attributes that matter, of any tag

_ALONE = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_MARKS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_COMPONENT = re.compile(r"<([A-Z][\w-]*)(?=[^>\n]*>\Z)")
_BELOW = re.compile(r"[ \t]*\r?\n([ \t>]*)(?=[^ \t>\r\n])")
_BY_NAME = frozenset({"a", "link", "meta", *BY_HREF, *BY_SRC, *(tag for tags, _ in OTHERS.values() for tag in tags)})


class _Tag(NamedTuple):
    """A tag: where it ends, and what stands for it, if it matters."""

    end: int
    text: str  # "": it tells nothing


def as_gfm(source: str) -> str:
    """MDX as GFM: tags that tell nothing, expressions and code are blanks, content stands in the items of a list."""
    if "<" in source or "{" in source:
        source = _Reader(f"\n{source}").read()[1:]
    return _unindented(source) if _INDENTED.search(source) else source


def _unindented(source: str) -> str:
    """The same without code that only its indentation shows, which MDX has none of: its lines begin items of lists."""
    lines = source.split("\n")
    text, after_blank = 0, False  # where the text of the line above begins, in columns
    for number, line in enumerate(lines):
        if line[:1] > "9":  # neither blank nor the beginning of an item
            text, after_blank = 0, False
            continue
        bare = line.lstrip(" \t")
        if not bare.strip():
            after_blank = True
            continue
        white = line[: len(line) - len(bare)]
        if after_blank and len(white.expandtabs(4)) >= text + _CODE:
            signs = [" "] * len(white)
            for at in range(text, len(white) - 1, 4):
                signs[at] = "-"
            lines[number] = "".join(signs) + bare
        marked = _MARKED.match(lines[number])
        begin = len((marked[0] if marked else white).expandtabs(4))
        text = begin if marked or after_blank else min(text, begin)  # of a paragraph, the first line tells
        after_blank = False
    return "\n".join(lines)


def _matters(name: str, tag: str) -> bool:
    """Whether an attribute may refer to something, or give an id."""
    return name in _KEPT or (name in OTHERS and tag in OTHERS[name][0])


def _closed(tag: str, end: str) -> str:
    """A tag with its end, which begins no quotation if it stands on a line of its own. Behind one that is empty stands
    a dot, or else HTML would go on up to a blank line.
    """
    is_alone = tag.rstrip(" \t").endswith("\n")
    if end == "/>" and not is_alone and not tag.startswith("<svg"):
        return f"{tag}>."
    return f"{tag[:-1]}/>" if end == ">" and is_alone and tag[-1] in " \t" else tag + end


@lru_cache(maxsize=20)
def _closing(mark: str, number: int) -> re.Pattern[str]:
    """What closes fenced code."""
    return re.compile(rf"\n[ \t>]*{mark}{{{number},}}[ \t]*\r?$", re.M)


class _Reader:
    """Reads a page of MDX, behind a line break, once from its beginning to its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._begin = 0  # where its text begins
        self._balanced = True  # whether each brace up to here is closed

    def read(self) -> str:
        source = self._source
        self._begin = front_matter(source[1:]) + 1
        at = self._begin - 1  # with the line break before it
        parts, kept = [source[:at]], at  # what is read, and from where on it stays
        while (token := _TOKEN.search(source, at)) and token.end() > at:
            if token.lastgroup in {"code", "escape"}:
                at = token.end()
                continue
            parts.append(source[kept : token.start()])
            at, text = self._replaced(token)
            parts.append(text)
            kept = at
        parts.append(source[kept:])
        return "".join(parts)

    def _replaced(self, token: re.Match[str]) -> tuple[int, str]:
        """(its end, what stands for it) of what a token begins."""
        source, start, end = self._source, token.start(), token.end()
        match token.lastgroup:
            case "span":
                end = self._span(token)
            case "module":
                found = _BLANK_LINE.search(source, end)
                end = found.start() if found else len(source)
            case "comment":
                end = source.find("*/}", end) + 3
                end = end if end > 2 else len(source)
                return end, self._of_heading(start, end) or source[start:end]
            case "brace":
                close = self._close(start)
                if close and source[start + 1] == "#":  # an id of a heading, where a generator has such
                    return close, source[start:close]
                if close:
                    return close, self._of_heading(start, close) or blanked(source[start:close])
            case "tag":
                tag = self._tag(token)
                if tag is not None:
                    return tag.end, self._above(start, tag) if tag.text else self._nothing(start, tag.end)
            case _:
                return self._fence(token)
        return end, source[start:end]

    def _fence(self, token: re.Match[str]) -> tuple[int, str]:
        source, begin = self._source, token.end()
        marks = token["marks"]
        closing = _closing(marks[0], len(marks)).search(source, begin)
        end = closing.end() if closing else len(source)
        return end, token[0] + blanked(source[begin:end])

    def _span(self, token: re.Match[str]) -> int:
        """The end of a span of code; of its marks, if it has none."""
        source, marks, start = self._source, token[0], token.end()
        at = start
        while (at := source.find(marks, at, start + _CODE_SPAN)) >= 0:
            after = at + len(marks)
            while source[after : after + 1] == "`":
                after += 1
            if after - at == len(marks):
                return start if _BLANK_LINE.search(source, start, at) else after
            at = after
        return start

    def _close(self, start: int) -> int:
        """The end of an expression in braces; 0 if nothing ends it."""
        depth, at = 0, start
        while self._balanced and (part := _EXPRESSION.match(self._source, at)) and part.end() > at:
            at = part.end()
            if part[0] == "{":
                depth += 1
            elif part[0] == "}":
                depth -= 1
                if not depth:
                    return at
        self._balanced = False
        return 0

    def _of_heading(self, start: int, end: int) -> str:
        """What stands for an expression in a heading, whose id has it as it is written; "" if it is in none."""
        return self._source[start:end].translate(_AS_TEXT) if self._in_heading(start, end) else ""

    def _in_heading(self, start: int, end: int) -> bool:
        source = self._source
        line = source.rfind("\n", max(start - _LINE, 0), start) + 1
        return "\n" not in source[start:end] and _HEADING.match(source, line, start) is not None

    def _tag(self, token: re.Match[str]) -> _Tag | None:
        """A tag; None for what is none."""
        source, at, tag = self._source, token.end(), token[0].lstrip("</")
        parts, matters = [token[0].replace(".", "-").replace(":", "-")], False
        while (part := _ATTRIBUTE.match(source, at)) and part.end() > at:
            at = part.end()
            if part["end"]:
                matters |= tag in _AS_HTML
                return _Tag(at, _closed("".join(parts), part[0]) if matters else "")
            name, expression = part["name"], part["brace"] or (part["name"] and source[at : at + 1] == "{")
            if not expression:
                parts.append(part[0])
                matters |= part["value"] is not None and _matters(name, tag)
                continue
            start = part.start() if part["brace"] else at
            end = self._close(start)
            if not end:
                return None
            literal = _LITERAL.fullmatch(source, start, end) if name and _matters(name, tag) else None
            if literal:
                value = literal[2] if literal[3] is None else f'"{literal[3]}"'
                parts += part[0], f" {literal[1]}{value}{literal[4]} "
                matters = True
            else:
                parts.append(blanked(source[part.start() : end]))
            at = end
        return None

    def _above(self, start: int, tag: _Tag) -> str:
        """A tag that tells something and has a line of its own: text before it keeps it from beginning a block of HTML,
        which would take the lines below with it. There is room for it in the name of a component.
        """
        source, name = self._source, _COMPONENT.match(tag.text)
        below = _BELOW.match(source, tag.end)
        line = source.rfind("\n", max(start - _INDENTATION, 0), start) + 1
        if name is None or below is None or name[1].lower() in _BY_NAME or not _BEFORE.fullmatch(source, line, start):
            return tag.text
        mark = "- ." if len(below[1]) > start - line else "."
        rest = len(name[1]) - len(mark)
        return f"{mark}<{'x' * rest}{tag.text[name.end() :]}" if rest > 0 else tag.text

    def _nothing(self, start: int, end: int) -> str:
        """What stands for a tag that tells nothing: what it contains may stand further in, so it begins an item."""
        source = self._source
        if self._in_heading(start, end):
            return '"' * (end - start)  # what is beside it may have a hyphen there
        blank = blanked(source[start:end])
        line = source.rfind("\n", max(start - _INDENTATION, 0), start) + 1
        if not line and start > _INDENTATION:
            return blank
        if not _ALONE.match(source, end) and _MARKS.fullmatch(source, line, start) and "\n" not in blank:
            return f".{blank[1:]}"  # so many blanks would make code of what follows
        if len(blank) < 3 or source.startswith("</", start) or source[end - 2] == "/" or "\n" in blank[:3]:
            return blank
        if not _BEFORE.fullmatch(source, line, start):
            return blank
        if line == self._begin:
            return f"- .{blank[3:]}"
        above = source[max(line - _LINE, 0) : max(line - 1, 0)].rpartition("\n")[2].strip(" \t\r>")
        alone = not above or above[0] in "<`~" or above[-1] in ">}"
        return f"- .{blank[3:]}" if alone else blank
