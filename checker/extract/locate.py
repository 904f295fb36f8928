"""Locate wrong references: the line and column of every place where they stand.

Every page of a mirror may name one missing icon, so the common case must be cheap: a reference that is the whole value
of an attribute is found by searching the text. For the others, the extractor's `places` are read.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from checker.extract import Options, Place, extractor
from checker.extract.written import Spelling, without_escapes
from checker.model import Kind, Role
from checker.roles import AS_TEXT

# Comments, and elements whose text holds no elements, in the spellings that occur.
_RAW_TEXT = re.compile(
    r"<(?:!--|(script|style|textarea|title|iframe|noframes|noembed|xmp|SCRIPT|STYLE|TITLE)(?=[ \t\n\r\f/>]))"
)
_NEAR = 4_000  # code points before a reference in which its tag must begin
_SIGN = 9  # code points before a quote in which the sign of its attribute stands
_ENTITY = re.compile(r"&#?\w+;")
_BEFORE = frozenset(" \t\n\r\f\"'=(,")  # characters that can stand before a reference
_ENDS = frozenset(("", *"\"'()<>[]` \t\n\r\f"))  # what ends a URL, or a page
_WITHIN_URL = frozenset("/.-_~#?&%+@")
_QUOTES = frozenset("\"'=")
_GOES_ON = re.compile(r"[\w/?#.:@~%+=-]")  # behind a reference: it is the beginning of another one
_FAR = 100  # code points before a destination in which its link shows; there are blanks between the two, and `>`
_BLANKS = frozenset(" \t\r\n")
_LED_BY = frozenset(("", *":(=<"))  # what may stand before such blanks: a definition, a link, an attribute
_DEFINED = re.compile(r"^\[([^][\\^\s]+)\]:[ \t]*\Z", re.M)
_CODE = re.compile(r"(?<!`)(`++)[^`]*+\1(?!`)")
_UNPLAIN = re.compile(r"[]<>`\\]|\n(?![ \t]*[^\W\d_])")  # in the text of a link: what may end it, or begin in the midst
_LABELS = 5  # definitions of one reference that are searched for
_EMPTY = re.compile(r"\]\((?=\))")
_EMPTY_OTHERWISE = re.compile(r"\]\(\s|<>|href", re.I)
_TAG = re.compile(r"<([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?""")
_LISTS = frozenset({"srcset", "imagesrcset", "style", "srcdoc", "content"})  # hold URLs among other things
_SOUGHT = 300  # references up to which a search for each is quicker than `places`, which finds all in one pass


class Spot(NamedTuple):
    """A place where a reference stands: line and column from 1, and its text there if it is spelt otherwise."""

    line: int
    column: int
    written: str = ""
    alone: bool = False  # it is a URL in angle brackets, where nothing else is a link


Spots = tuple[Spot, ...]
_Reference = tuple[Role, str]
_Offset = tuple[int, str]  # and how the reference is written there, if otherwise


def spots(text: str, kind: Kind, wanted: Iterable[_Reference], options: Options) -> dict[_Reference, Spots]:
    """Each place of each wanted reference; one at (1, 1) if no place is found."""
    wanted = set(wanted)
    spelling, in_markdown = Spelling(text, kind), kind is Kind.MARKDOWN
    offsets: dict[_Reference, list[_Offset]] = {}
    found: dict[_Reference, list[_Offset]] = {}
    html, left = text, wanted
    if kind is Kind.MARKDOWN:
        from checker.extract import markdown

        shown = _shown(*markdown.shown(text, options), wanted, options)
        offsets = {reference: [(start, "") for start in starts] for reference, starts in shown.items()}
        left = wanted - offsets.keys()
        written, html = markdown.apart(text, options, left) if left else ([], "")
        _note(written, left, spelling, offsets)
        kind = Kind.HTML
    if kind is Kind.HTML and left and len(left) <= _SOUGHT:
        whole, doubtful = _whole_values(html, left, options)
        found = {reference: [(start, "") for start in starts] for reference, starts in whole.items()}
        known = found.keys() | {reference for reference in offsets if reference[1]}  # "" cannot be searched for
        left = {reference for reference in left if reference not in known or reference[1] in doubtful}
    if left:
        exact: dict[_Reference, list[_Offset]] = {}
        _note(extractor(kind).places(html, options), left, Spelling(text, kind), exact)
        found |= exact
    for reference, more in found.items():
        offsets.setdefault(reference, []).extend(more)
    for number, reference in enumerate(sorted(wanted - offsets.keys())):
        offsets[reference] = [(max(text.find(reference[1]), 0) if number < _SOUGHT else 0, "")]
    position = positions(text, {start for each in offsets.values() for start, _ in each})
    return {
        reference: tuple(
            [
                Spot(*position[start], written, in_markdown and _is_alone(text, start, written or reference[1]))
                for start, written in sorted(set(each))
            ]
        )
        for reference, each in offsets.items()
    }


def _is_alone(text: str, start: int, written: str) -> bool:
    """Whether a reference of Markdown is an autolink: https://spec.commonmark.org/0.31.2/#autolinks"""
    end = start + len(written)
    if text[start - 1 : start] != "<" or text[end : end + 1] != ">" or "://" not in written:
        return False
    return not text[max(0, start - _FAR) : start - 1].rstrip(" \t\r\n").endswith(_LEADS)


_LEADS = ("](", "]:")  # to a destination in angle brackets


def _shown(source: str, rendered: str, wanted: set[_Reference], options: Options) -> dict[_Reference, list[int]]:
    """The offsets of references that stand in a page of Markdown as they stand in its HTML, as often, in that order."""
    plain = {(role, raw) for role, raw in wanted if role not in AS_TEXT}
    if not plain or len(plain) > _SOUGHT:
        return {}
    found, doubtful = _whole_values(rendered, plain, options)
    roles = Counter(raw for _, raw in found)
    doubtful |= _spelt_otherwise(source, plain)
    unescaped = without_escapes(source)
    placed: dict[_Reference, list[int]] = {}
    for (role, raw), places in found.items():
        if raw not in doubtful and roles[raw] == 1:  # in a link, its image comes before its own destination
            hits = _destinations(source, unescaped, raw)
            if len(hits) == len(places):
                placed[role, raw] = hits
    if (Role.LINK, "") in wanted and (hits := _empty(source, rendered)):
        placed[Role.LINK, ""] = hits
    return placed


def _empty(source: str, rendered: str) -> list[int]:
    """Where Markdown has links without a destination, if the page has none that are written in other ways."""
    hits = [match.end() for match in _EMPTY.finditer(source)]
    is_plain = len(hits) == rendered.count('<a href=""') and _EMPTY_OTHERWISE.search(source) is None
    return hits if is_plain else []


def _destinations(source: str, unescaped: str, raw: str) -> list[int]:
    """Where links lead to a reference, or attributes have it as value, if it stands nowhere else: the offset of the
    destination, or of the whole of a reference link.
    """
    found, number, spellings = [], 0, {raw, raw.replace("&", "&amp;")}
    labels: list[str] = []
    for spelling in spellings:
        end = 0
        while (start := source.find(spelling, end)) >= 0:
            end = start + len(spelling)
            number += 1
            before = source[max(0, start - _FAR) : start]
            if source[end : end + 1] not in _ENDS or before[-1:].isalnum() or before[-1:] in _WITHIN_URL:
                continue  # a part of another
            if before[-2:] == "](" or before[-1:] in _QUOTES:
                found.append(start)
            elif (definition := _DEFINED.search(before)) is not None:
                labels.append(definition[1])
            elif before[-1:] not in _BLANKS or before.rstrip(" \t\r\n>")[-1:] in _LED_BY:
                return []
    if number != sum(map(unescaped.count, spellings)) or ("%" in raw and _is_decoded(source, raw, number)):
        return []
    if labels:
        links = [_reference_links(source, label) for label in labels] if len(labels) <= _LABELS else [None]
        if None in links:
            return []
        found += [start for each in links for start in each or ()]
    return sorted(found)


@lru_cache(maxsize=1)  # of one page, many are asked in a row
def _folded(source: str) -> str:
    return source.casefold()


@lru_cache(maxsize=1)
def _unquoted(source: str) -> str:
    return unquote(source)


def _reference_links(source: str, label: str) -> list[int] | None:
    """Where links to a definition may stand; None if there may be some that are not plain to see."""
    mark = f"[{label}]"
    if not label.isascii() or _folded(source).count(mark.casefold()) != source.count(mark):
        return None
    found, definitions, end = [], 0, 0
    while (start := source.find(mark, end)) >= 0:
        end = start + len(mark)
        before, behind = source[max(0, start - 1) : start], source[end : end + 1]
        if behind == ":" and before in {"", "\n"}:
            definitions += 1
        elif behind == "(" or before in {"!", "\\"} or (behind == "[" and source[end : end + 2] != "[]"):
            return None
        elif before == "]":
            begin = _begin_of_link(source, start - 1)
            if begin < 0:
                return None
            found.append(begin)
        else:
            found.append(start)
    return found if definitions == 1 else None


def _begin_of_link(source: str, end: int) -> int:
    """Where the bracket opens that closes at `end`; -1 if that is not plain to see."""
    begin = source.rfind("[", 0, end)
    if begin < 0 or source[max(0, begin - 1) : begin] in {"!", "\\", "]"}:
        return -1
    paragraph = source.rfind("\n\n", max(0, begin - _NEAR), begin)
    if (paragraph < 0 and begin > _NEAR) or source.count("`", max(0, paragraph), begin) % 2:
        return -1  # it may stand in code
    return -1 if _UNPLAIN.search(_CODE.sub("", source[begin + 1 : end])) else begin


def _is_decoded(source: str, raw: str, number: int) -> bool:
    """Whether an encoded reference also stands as the characters that it encodes, besides its `number` of places."""
    return _unquoted(source).count(unquote(raw)) != number


def _note(
    places: Iterable[Place], wanted: set[_Reference], spelling: Spelling, offsets: dict[_Reference, list[_Offset]]
) -> None:
    """Add the offsets of those places that are wanted."""
    for place in places:
        if (place.role, place.raw) in wanted:
            offsets.setdefault((place.role, place.raw), []).append((place.start, spelling.of(place)))


def positions(text: str, offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(line, column) of each offset."""
    found = {}
    line, begin, counted = 1, -1, 0  # of the last offset; the line break before it
    for offset in sorted(offsets):
        line += text.count("\n", counted, offset)
        begin = max(begin, text.rfind("\n", counted, offset))
        counted = offset
        found[offset] = line, offset - begin
    return found


def _whole_values(
    text: str, wanted: set[tuple[Role, str]], options: Options
) -> tuple[dict[tuple[Role, str], list[int]], set[str]]:
    """Return the offsets of references that are a whole attribute value, and the doubtful references.

    Doubtful is a reference that may also stand elsewhere (in a list of images, a style), or be spelt otherwise.
    """
    from checker.extract.elements import of_tag

    hits = sorted(hit for raw in {raw for _, raw in wanted if raw} for hit in _hits(text, raw))
    masks = _masks(text, hits[-1][0] if hits else 0)
    found: dict[tuple[Role, str], list[int]] = {}
    doubtful = _spelt_otherwise(text, wanted)
    tag, quoted = _tag(text, -1), False
    for start, end, raw in hits:
        mask = masks[bisect_right(masks, (start, sys.maxsize)) - 1] if masks else _NOWHERE
        if mask.begin <= start < mask.end:
            if mask.names:
                doubtful.add(raw)
            continue
        begin = text.rfind("<", max(0, start - _NEAR), start)
        if begin != tag.begin:
            tag, quoted = _tag(text, begin), _in_quotes(text, begin)
        value = tag.values[bisect_right(tag.values, (start, sys.maxsize)) - 1] if tag.values else _NONE
        within = value.start <= start < value.end
        if quoted or (begin < 0 and start > _NEAR) or (within and (value.name in _LISTS or value.name in options.lazy)):
            doubtful.add(raw)
        if (start, end) == value[:2]:
            attributes = tag.attributes | {value.name: raw}
            for role, reference, name in of_tag(tag.name, attributes, options):
                if reference == raw and name == value.name and (role, raw) in wanted:
                    found.setdefault((role, raw), []).append(start)
    return found, doubtful


def _spelt_otherwise(text: str, wanted: set[tuple[Role, str]]) -> set[str]:
    """References that may stand in the text with entities other than `&amp;`."""
    spelt = {char for entity in set(_ENTITY.findall(text)) - {"&amp;"} for char in unescape(entity)}
    return {raw for _, raw in wanted if not spelt.isdisjoint(raw)} if spelt else set()


def _hits(text: str, raw: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, reference) of each span that may hold a reference."""
    for spelling in {raw, raw.replace("&", "&amp;")}:
        end = 0
        while (start := text.find(spelling, end)) >= 0:
            end = start + len(spelling)
            if text[start - 1 : start] in _BEFORE and not _GOES_ON.match(text, end):
                yield start, end, raw


def _in_quotes(text: str, at: int) -> bool:
    """Whether an offset may lie in an attribute's value: the last quote before it follows an equals sign."""
    for mark in "\"'":
        quote = text.rfind(mark, max(0, at - _NEAR), max(0, at))
        if quote > 0 and text[max(0, quote - _SIGN) : quote].rstrip()[-1:] == "=":
            return True
    return False


class _Value(NamedTuple):
    start: int
    end: int
    name: str  # of its attribute


class _Tag(NamedTuple):
    """A tag and its attributes, as far as they stand near its beginning; entities are not decoded."""

    begin: int
    name: str
    attributes: dict[str, str]
    values: list[_Value]


def _tag(text: str, begin: int) -> _Tag:
    """The start tag that begins at `begin`; an empty one if none does."""
    match = _TAG.match(text, begin) if begin >= 0 else None
    if match is None:
        return _Tag(begin, "", {}, [])
    at, limit = match.end(), begin + 2 * _NEAR
    following = text.find("<", at, limit)
    limit = limit if following < 0 else following
    attributes: dict[str, str] = {}
    values: list[_Value] = []
    while (attribute := _ATTRIBUTE.match(text, at, limit)) and attribute.end() > at:
        at, name = attribute.end(), attribute[1].lower()
        if name not in attributes:  # else a browser takes the first
            group = attribute.lastindex or 1
            attributes[name] = attribute[group] if group > 1 else ""
            if group > 1:
                values.append(_Value(*attribute.span(group), name))
    return _Tag(begin, match[1].lower(), attributes, values)


class _Mask(NamedTuple):
    begin: int
    end: int
    names: bool = False  # whether what is in it can name a URL: a style, or JSON-LD


_NOWHERE, _NONE = _Mask(0, 0), _Value(0, 0, "")


def _masks(text: str, last: int) -> list[_Mask]:
    """The spans of comments, and of the text in scripts and the like, that begin before `last`, in order."""
    masks = []
    at = 0
    while (opening := _RAW_TEXT.search(text, at, last)) and opening.end() > at:
        start, at = opening.span()
        if name := opening[1]:
            begin = text.find(">", at) + 1 or len(text)
            end = text.find(f"</{name}", begin)
        else:
            begin = start + 2  # `<!-->` is a whole comment
            end = text.find("-->", begin)
        end = end if end >= 0 else len(text)
        data = name in {"script", "SCRIPT"} and text.find("ld+json", start, min(begin, start + _NEAR)) >= 0
        masks.append(_Mask(begin, end, data or name in {"style", "STYLE"}))
        at = max(at, end)
    return masks
