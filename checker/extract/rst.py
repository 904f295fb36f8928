"""reStructuredText: hyperlinks, their targets, images, included files, and bare URLs.

https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract import Extract, Options, Place
from checker.extract.dialects import dialect_of
from checker.extract.directives import rst_names
from checker.extract.plain import counted, is_own, urls, without
from checker.model import Role

_LITERAL = re.compile(r"``(?:[^`\n]|`(?!`))+``")
_BLOCK = re.compile(
    r"(?![ \t]*\.\. )(?:|.*[^:])::[ \t]*$|[ \t]*\.\. (?:code|code-block|sourcecode|parsed-literal|math|raw|highlight)::"
)
_COMMENT = re.compile(r"[ \t]*\.\.(?:$|[ \t]+(?![_|\[]|[\w:+.-]+::|__))")
_INLINE = re.compile(r"`[^`<>]{0,1000}<([^`<>]{1,4000})>`__?(?!\w)")
_TARGET = re.compile(r"^[ \t]*(?:\.\.[ \t]+_(?:`[^`\n]+`|(?![ _])(?:[^:\\\n]|\\.)+|_):|__)[ \t]+(\S.*)", re.M)
_DIRECTIVE = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?(image|figure|include|literalinclude)::[ \t]+(\S.*)", re.M
)
_OPTION = re.compile(r"^[ \t]+:target:[ \t]+(\S.*)", re.M)
_DOWNLOAD = re.compile(r":download:`(?:[^`<>]{0,1000}<)?([^`<>]{1,4000})>?`")
_BLANKS = re.compile(r"\s+")
_ROLES = {"image": Role.IMAGE, "figure": Role.IMAGE}


def extract(text: str, options: Options) -> Extract:
    """Read a page of reStructuredText."""
    return counted(places(text, options))


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place; its span is the target."""
    text = without(text, _silent(text))
    patterns = (_INLINE, _TARGET, _OPTION, *(() if dialect_of(options.slugs).roles else (_DOWNLOAD,)))
    found = [(Role.LINK, match, 1) for pattern in patterns for match in pattern.finditer(text)]
    found += [(_ROLES.get(match[1], Role.LINK), match, 2) for match in _DIRECTIVE.finditer(text)]
    dialect = dialect_of(options.slugs)
    built = dialect.rst
    if dialect.roles:
        for role, raw, start, end in rst_names(text):
            yield Place(role, raw, start, end)
    taken: list[tuple[int, int]] = []
    for role, match, group in sorted(found, key=lambda each: each[1].span(each[2])):
        start, written = match.start(group), match[group].rstrip()
        end = start + len(written)
        if taken and start < taken[-1][1]:
            continue
        taken.append((start, end))
        target = _BLANKS.sub("", written) if role is Role.LINK else written
        named = target.endswith("_") and not target.endswith("\\_")  # the name of another target
        # Sphinx's own, from the folder of its sources.
        root = target.startswith("/") and group == 2 and not dialect.roles
        if (built or is_own(target)) and not named and not root:
            yield Place(role, target.replace("\\", ""), start, end)
    if options.bare:
        yield from urls(without(text, taken))


def _silent(text: str) -> Iterator[tuple[int, int]]:
    """The spans in which nothing is a link: literal blocks, comments, and inline literals, in order."""
    start = 0
    within: int | None = None  # the indentation of what opened a block
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        bare = line.rstrip()
        indent = len(bare) - len(bare.lstrip())
        if bare and within is not None and indent <= within:
            within = None
        if within is not None:
            yield start, end
        elif _COMMENT.match(bare):
            within = indent
            yield start, end
        else:
            if _BLOCK.match(bare):
                within = indent
            for match in _LITERAL.finditer(line):
                yield start + match.start(), start + match.end()
        start = end
