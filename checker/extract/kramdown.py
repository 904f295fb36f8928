"""What Jekyll reads before GFM does, or otherwise: tags of Liquid, and kramdown's lists of attributes.

https://jekyllrb.com/docs/liquid/tags/, https://kramdown.gettalong.org/syntax.html#attribute-list-definitions
"""

from __future__ import annotations

import re

from checker.extract import placeholders
from checker.extract.aside import blanked
from checker.extract.slugs import FILLER

_OPENING = re.compile(r"\{%-?[ \t]*(raw|comment|highlight)\b[^%\n]*%\}")
_PLACEHOLDER = re.compile(r"\{(?:\{[^{}\n]*\}\}|%[^%{}\n]*%\})")
UNFINISHED = re.compile(
    r"^#{1,6}[ \t]++([^\n{]*+)\{[{%][^\n]*(?!\r?\n\{:[^\n]*#)$", re.M
)  # an id of the author's may follow
_ON_NEXT_LINE = re.compile(r"^(#{1,6}[ \t][^\n]*?)\r?\n(?=\{:[^{}\n#]*+#[^{}\n]*+\}[ \t]*+\r?$)", re.M)


_HTML = re.compile(
    r"^<(div|dl|table|ul|ol|section|figure|details|p|blockquote)\b(?![^<>\n]*\bmarkdown=)[^<>\n]*>", re.M
)
_BLANK_LINE = re.compile(r"\n(?=[ \t]*\r?\n)")


def prepared(source: str) -> str:
    """Markdown of the same length, without comments and code of Liquid; ids on the line of their heading."""
    if "{%" in source:
        source = _without_blocks(source)
    if "\n<" in source:
        source = _with_whole_html(source)
    if "\n{:" in source:
        source = _ON_NEXT_LINE.sub(lambda heading: heading[1] + " " * (len(heading[0]) - len(heading[1])), source)
    return placeholders.held(source, _PLACEHOLDER)


_SHOWN = re.compile(r"\{\{-?[ \t]*(\w+)[ \t]*\|[ \t]*highlight\b")
_SET = re.compile(r"\{%-?[ \t]*(set|capture)[ \t]+(\w+)[ \t]*-?%\}")


def of_eleventy(source: str) -> str:
    """The same of Eleventy, where a variable may hold code that is highlighted below."""
    if "highlight" in source and (names := set(_SHOWN.findall(source))):
        ends = {
            "set": re.compile(r"\{%-?[ \t]*endset[ \t]*-?%\}"),
            "capture": re.compile(r"\{%-?[ \t]*endcapture[ \t]*-?%\}"),
        }
        parts: list[str] = []
        end = 0
        for opening in _SET.finditer(source):
            if opening[2] not in names or opening.start() < end:
                continue
            closing = ends[opening[1]].search(source, opening.end())
            if closing is None:
                break
            parts += source[end : opening.start()], blanked(source[opening.start() : closing.end()])
            end = closing.end()
        source = "".join([*parts, source[end:]])
    return prepared(source)


_CODE_OF_HEXO = re.compile(r"\{%-?[ \t]*(codeblock|code)\b[^%\n]*%\}")
_ASSET = re.compile(r"\{%([ \t]+)asset_img[ \t](?=[^%\n]*?(?<=[ \t])([^\s%\"'.][^\s%\"']*\.\w+)(?=[ \t]))[^%\n]*%\}")


def of_hexo(source: str) -> str:
    """Markdown of the same length, without code in tags of Hexo; a tag for a post's picture as the picture.

    https://hexo.io/docs/tag-plugins
    """
    if "{%" in source:
        source = _without_blocks(source, _CODE_OF_HEXO)
        source = _ASSET.sub(lambda asset: f'<img src="{asset[2]}">'.ljust(len(asset[0])), source)
    return placeholders.held(source, _PLACEHOLDER)


_HEADING = re.compile(r"^#{1,6}[ \t](?=[^\n]*(?:['\"]|--|\.\.\.))[^\n]*$", re.M)
_SPAN = re.compile(r"(`[^`\n]*`|\]\([^()\n]*\)|<[^<>\n]*>|\{%[^%\n]*%\})")
_TYPED = (
    (re.compile("---"), "\u2014" + FILLER * 2),
    (re.compile("--"), "\u2013" + FILLER),
    (re.compile(r"""(^|[-\u2014/([{"\s])'"""), "\\1\u2018"),
    (re.compile("'"), "\u2019"),
    (re.compile(r"(^|[-\u2014/([{\u2018\s])\""), "\\1\u201c"),
    (re.compile('"'), "\u201d"),
    (re.compile(r"\.{3}"), "\u2026" + FILLER * 2),
)


def typeset(source: str) -> str:
    """The same with quotation marks, dashes and dots of headings as hexo-renderer-marked sets them: `smartypants`."""
    return of_hexo(_HEADING.sub(_typeset, source))


def _typeset(heading: re.Match[str]) -> str:
    parts = _SPAN.split(heading[0])
    for written, typed in _TYPED:
        parts[::2] = [written.sub(typed, part) for part in parts[::2]]
    return "".join(parts)


def _without_blocks(source: str, opens: re.Pattern[str] = _OPENING) -> str:
    """Comments and highlighted code as blanks. What stands between `raw` and `endraw` is no Liquid."""
    parts: list[str] = []
    end = 0
    ends: dict[str, re.Pattern[str]] = {}
    while (opening := opens.search(source, end)) and opening.end() > end:
        name = opening[1]
        pattern = ends.setdefault(name, re.compile(rf"\{{%-?[ \t]*end{name}[ \t]*-?%\}}"))
        closing = pattern.search(source, opening.end())
        parts.append(source[end : opening.start()])
        if closing is None:  # Jekyll stops there; the rest is read as it stands
            parts.append(source[opening.start() :])
            return "".join(parts)
        block = source[opening.start() : closing.end()]
        parts.append(block if name == "raw" else blanked(block))
        end = closing.end()
    return "".join([*parts, source[end:]])


def _with_whole_html(source: str) -> str:
    """HTML that begins a line goes on up to the line that ends it, through blank lines, which end it elsewhere."""
    parts: list[str] = []
    end = 0
    open_: set[str] = set()  # names of which no more is closed
    while (opening := _HTML.search(source, end)) and opening.end() > end:
        closing = -1 if opening[1] in open_ else source.find(f"\n</{opening[1]}>", opening.end())
        parts.append(source[end : opening.end()])
        end = opening.end()
        if closing < 0:
            open_.add(opening[1])
        else:
            parts.append(_BLANK_LINE.sub(" ", source[end:closing]))
            end = closing
    return "".join([*parts, source[end:]])
