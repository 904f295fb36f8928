"""AsciiDoc as Antora has it: resources by their coordinates, and the ids that Asciidoctor gives to sections and blocks.

https://docs.antora.org/antora/latest/page/resource-id-coordinates/,
https://docs.asciidoctor.org/asciidoc/latest/sections/auto-ids/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checker.extract import Options, Place
from checker.extract.plain import urls, without
from checker.model import Role

_FOR_FORGES = re.compile(r"^ifdef::env-github\[\][ \t]*\n.*?^endif::(?:env-github)?\[\]", re.M | re.S)
_SET = re.compile(r"^:([\w-]+):[ \t]+(\S[^\n]*?)[ \t]*$", re.M)
_ATTRIBUTE = re.compile(r"\{([\w-]+)\}")
_ATTACHMENTS = "{attachmentsdir}/"
_INCLUDE = re.compile(r"^include::([^\[\n]{1,1000})(?=\[[^\n]*\][ \t]*$)", re.M)
_MACRO = re.compile(
    r"(?<![\w\\$])(xref|link|image|video|audio)(::?)"
    r"(\+\+[^\s\[\]]{1,1000}?\+\+|[^\s\[\]:][^\n\[\]]{0,1000}|:[^\s\[\]:]{1,1000})(?=\[)"
)
_CROSS = re.compile(r"<<([^<>,\n]{1,1000}?)(?:,[^<>]{0,1000})?>>")
_PLAYER = re.compile(r"\[(?:youtube|vimeo|wistia)\b|\[[^\]\n]*\bposter=(?:youtube|vimeo|wistia)\b")
_ROLES = {"image": Role.IMAGE, "video": Role.MEDIA, "audio": Role.MEDIA}
_ELSEWHERE = re.compile(r"https?://|data:", re.I)

_OWN = re.compile(
    r"\[\[\[?([^\s\[\],]+)(?:,[^\[\]\n]*)?\]\]|\[[\w, -]*#([^\s\[\],.%]+)[^\[\]\n]*\]|\banchor:([^\s\[\]:]+)\["
)
_BY_NAME = re.compile(r"^\[[^\[\]\n]*\bid=(['\"]?)([^\s'\",\[\]]+)\1[^\[\]\n]*\]", re.M)
# Not that of a heading with an id of its own, which has no other.
_HEADING = re.compile(
    r"^(?:\[(?:\[[^\[\]\n]+\]|[\w, -]*#[^\[\]\n]+|[^\[\]\n]*\bid=[^\[\]\n]+)\][ \t]*\n={2,6}[ \t][^\n]*"
    r"|(?:={2,6}|#{2,6})[ \t]+(\S[^\n]*?)[ \t]*)$",
    re.M,
)
_WITH_TEXT = re.compile(r"(?:xref|link|https?|mailto):[^\s\[\]]*\[([^\[\]]*)\]")
_QUIET = re.compile(r"\[\[[^\[\]]*\]\]|\[[^\[\]]*\](?=[#*_`])|[*`#+]|(?<!\w)_|_(?!\w)|<[^<>]+>|&(?:[a-z]+\d*|#\d+);")
_NOT_WORDS = re.compile(r"[^ \w\-.]")
_BREAKS = re.compile(r"[ .-]+")
_BREAKS_AND_UNDERSCORES = re.compile(r"[ ._-]+")


def of_antora(text: str, visible: str, options: Options) -> Iterator[Place]:
    """Every place of a page. `visible` is its text with blanks for what is not read as AsciiDoc."""
    visible = without(visible, (match.span() for match in _FOR_FORGES.finditer(visible)))
    attributes = {match[1]: match[2] for match in reversed([*_SET.finditer(visible)])}
    for match in _INCLUDE.finditer(text):  # within code too
        yield Place(Role.LINK, f"include:{_filled(match[1], attributes)}", *match.span(1))
    found = [(match[1], match[2], match.span(3)) for match in _MACRO.finditer(visible)]
    found += [("xref", "<<", match.span(1)) for match in _CROSS.finditer(visible)]
    taken: list[tuple[int, int]] = []
    for macro, mark, (start, end) in sorted(found, key=lambda each: each[2]):
        if taken and start < taken[-1][1]:
            continue
        taken.append((start, end))
        if macro == "video" and is_of_players(visible, end):
            continue
        target = visible[start:end].removeprefix("++").removesuffix("++")
        target = f":{target}" if macro == "xref" and mark == "::" else target
        if place := _place(macro, _filled(target, attributes), start, end):
            yield place
    if options.bare:
        yield from urls(without(visible, taken), end=len)


def is_of_players(text: str, end: int) -> bool:
    """Whether the video of a macro, whose attributes begin at `end`, is named by its number on a site that plays it.

    https://docs.asciidoctor.org/asciidoc/latest/macros/audio-and-video/#youtube-and-vimeo-videos
    """
    return _PLAYER.match(text, end) is not None


def _filled(target: str, attributes: Mapping[str, str]) -> str:
    """A target with the values of the attributes that the page sets."""
    return _ATTRIBUTE.sub(lambda name: attributes.get(name[1], name[0]), target) if "{" in target else target


def _place(macro: str, target: str, start: int, end: int) -> Place | None:
    path, hash_, fragment = target.partition("#")
    if macro == "xref":
        if not hash_ and not path.endswith((".adoc", ".html")) and ":" not in path and "$" not in path:
            named = not re.search(r"[\s{A-Z]", path)  # the id of a place on the page; else the text of a heading
            return Place(Role.LINK, f"#{path}", start, end) if named else None
        fragment = "" if "{" in fragment else fragment
        written = f"#{fragment}" if fragment else ""
        return Place(Role.LINK, f"xref:{path}{written}" if path else written, start, end) if path or written else None
    if path.startswith(_ATTACHMENTS):
        return Place(Role.LINK, f"xref:attachment${path.removeprefix(_ATTACHMENTS)}", start, end)
    if macro == "link":
        return Place(Role.LINK, target, start, end) if path and "{" not in target else None
    if _ELSEWHERE.match(target):
        return Place(_ROLES[macro], target, start, end) if "{" not in target else None
    return Place(_ROLES[macro], f"{macro}:{target}", start, end)


def ids(visible: str) -> Iterator[str]:
    """The ids of a page. Settings that a page does not know choose how sections have theirs, so that they have each."""
    for match in _OWN.finditer(visible):
        yield match[1] or match[2] or match[3]
    for match in _BY_NAME.finditer(visible):
        yield match[2]
    used: dict[str, int] = {}
    for match in _HEADING.finditer(visible):
        if match[1] is None:
            continue
        text = _QUIET.sub("", _WITH_TEXT.sub(r"\1", match[1])).lower()
        words = _NOT_WORDS.sub("", text)
        name = f"_{_BREAKS_AND_UNDERSCORES.sub('_', words).strip('_')}"
        dashed = _BREAKS.sub("-", words).strip("-")
        used[name] = number = used.get(name, 0) + 1
        for each, mark in ((name, "_"), (name[1:], "_"), (dashed, "-"), (f"_{dashed}", "-")):
            yield each if number == 1 else f"{each}{mark}{number}"
