"""AsciiDoc: links, cross references to other files, images, included files, and bare URLs.

https://docs.asciidoctor.org/asciidoc/latest/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract import Extract, Options, Place
from checker.extract.antora import ids, is_of_players, of_antora
from checker.extract.dialects import dialect_of
from checker.extract.plain import counted, is_own, urls, without
from checker.model import Role

_FENCE = re.compile(r"(-{4,}|\.{4,}|/{4,}|\+{4,}|`{3,})[^\n`]*$")
_ITEM = re.compile(r"[ \t]+(?:[*.-]+|\d+\.|[A-Za-z]\.|<[\d.]+>)[ \t]|[ \t]+\S.*?:{2,4}(?:[ \t]|$)")
_LINE_COMMENT = re.compile(r"//(?!/)")
_MACRO = re.compile(
    r"(?<![\w\\])(link|image|include|xref|video|audio)::?(\+\+[^\s\[\]]{1,1000}?\+\+|[^\s\[\]:][^\n\[\]]{0,1000})(?=\[)"
)
_CROSS = re.compile(r"<<([^<>,\n]{1,4000}?)(?:,[^<>]{0,1000})?>>")
_IMAGES = re.compile(r"^:imagesdir:[ \t]+(\S+)[ \t]*$", re.M)
_ROLES = {"image": Role.IMAGE, "video": Role.MEDIA, "audio": Role.MEDIA}
_ELSEWHERE = re.compile(r"https?://|/", re.I)


def extract(text: str, options: Options) -> Extract:
    """Read a page of AsciiDoc."""
    if dialect_of(options.slugs).antora:
        found = counted(places(text, options))
        found.ids.update(ids(without(text, _silent(text))))
        return found
    return counted(places(text, options))


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place; its span is the target."""
    if dialect_of(options.slugs).antora:
        yield from of_antora(text, without(text, _silent(text)), options)
        return
    text = without(text, _silent(text))
    folder = match[1] if (match := _IMAGES.search(text)) else ""
    taken: list[tuple[int, int]] = []
    found = [(match[1], match.span(2)) for match in _MACRO.finditer(text)]
    found += [("xref", match.span(1)) for match in _CROSS.finditer(text)]
    for macro, (start, end) in sorted(found, key=lambda each: each[1]):
        if taken and start < taken[-1][1]:
            continue
        target = text[start:end]
        if target.startswith("++"):
            target = target[2:-2]
        taken.append((start, end))
        if macro == "xref" and not _is_file(target):
            continue
        if macro == "include" and "$" in target:  # Antora's own
            continue
        if macro == "video" and is_of_players(text, end):
            continue
        if macro == "image" and folder and not _ELSEWHERE.match(target):
            target = f"{folder.rstrip('/')}/{target}"
        if is_own(target):
            yield Place(_ROLES.get(macro, Role.LINK), target, start, end)
    if options.bare:
        yield from urls(without(text, taken), end=len)  # a link ends at white space only


def _is_file(target: str) -> bool:
    """Whether a cross reference names a file, and not an id or a page of Antora."""
    file = target.partition("#")[0]
    return file.endswith((".adoc", ".asciidoc")) and not {":", "$", "@"} & set(file)


def _silent(text: str) -> Iterator[tuple[int, int]]:
    """The spans in which nothing is a link: delimited blocks of code and of comments, paragraphs whose first line is
    indented, and lines that are comments.

    https://docs.asciidoctor.org/asciidoc/latest/verbatim/literal-blocks/
    """
    start = 0
    fence = ""
    literal, blank = False, True  # whether this is such a paragraph; whether the line before is blank
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        bare = line.rstrip()
        literal = bool(bare) and not fence and (literal or (blank and line[0] in " \t" and not _ITEM.match(bare)))
        blank = not bare
        if fence:
            yield start, end
            fence = "" if bare == fence else fence
        elif match := _FENCE.match(bare):
            fence = match[1]
            yield start, end
        elif literal or _LINE_COMMENT.match(bare):
            yield start, end
        start = end
