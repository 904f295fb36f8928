"""How a reference stands in the source of a page, where a renderer of Markdown spells it otherwise.

A finding is known by the renderer's spelling (`#f%C3%BCnf`). A person searches the file for the author's (`#fünf`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from urllib.parse import unquote

import msgspec

from checker import logins
from checker.extract import Options, Place, extractor
from checker.model import Kind, Role

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # https://spec.commonmark.org/0.31.2/#backslash-escapes
_DEFINITION = re.compile(
    r"^[ \t>*+-]*+(?:\d{1,9}[.)][ \t]*+)?\[((?>(?:[^][\\\n]|\\.){1,999}))\]:[ \t]*+(?:\n[ \t>]*+)?"
    r"(?:<((?>(?:[^\\<>\n]|\\.)*))>|(\S+))",
    re.M,
)  # https://spec.commonmark.org/0.31.2/#link-reference-definitions
_INLINE = re.compile(
    r"\]\([\s>]*+(?:<((?>(?:[^\\<>\n]|\\.)*))>|((?>(?:\\.|[^\s()\\]|\((?>(?:\\.|[^\s()\\])*)\))*)))|<([A-Za-z][\w+.-]{1,31}:[^\s<>]*+)>"
)  # the destination of a link or an image, or an autolink: where it is a link at all
_RESPELT = re.compile(r"[^A-Za-z0-9!#$%'()*+,\-./:;=?@^_~]")  # what the renderer encodes, or does not take as it stands
_SOUGHT = 300  # references up to which a search for each is quicker than reading all places
_SCHEME = re.compile(r"\A(?:http://|mailto:)")
_IMPLIED = ("http://www", "mailto:")  # what the forge puts before `www.` and an e-mail address


def _of_markdown(text: str) -> str:
    from checker.extract.gfm import decode_entities

    return decode_entities(text)


def _of_notebook(text: str) -> str:
    try:
        return _of_markdown(msgspec.json.decode(f'"{text}"', type=str))
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text


# The kinds of pages that are rendered, and what decodes the entities in a piece of their source.
_DECODE: dict[Kind, Callable[[str], str]] = {Kind.MARKDOWN: _of_markdown, Kind.NOTEBOOK: _of_notebook}


class Spelling:
    """The spellings of a page's author."""

    def __init__(self, text: str, kind: Kind) -> None:
        self._text = text
        self._decode = _DECODE.get(kind)

    def of(self, place: Place) -> str:
        """The reference of a place as it stands in the source, entities decoded; "" if that is `raw`, or not known."""
        if self._decode is None:
            return ""
        written = self._decode(self._text[place.start : place.end])
        if written == place.raw:
            return ""
        likeness = _likeness(place.raw)
        if likeness not in _likenesses(written):  # a reference link: its definition tells
            written = self.destinations.get(likeness, [place.raw])[0]
        return self.safe(place.raw, written)

    def safe(self, raw: str, written: str) -> str:
        """A spelling; "" if it is `raw`, or holds a login that an escape of Markdown keeps from being recognised."""
        if written == raw:
            return ""
        shown = logins.hidden(written, logins.of(raw))
        return written if _likeness(logins.hidden(raw)) in _likenesses(shown) else ""

    @cached_property
    def destinations(self) -> dict[str, list[str]]:
        """By likeness, the destinations that the renderer respells, entities decoded; those of definitions first.

        They are all that may be one: some stand in code, or are no links for another reason.
        """
        found: dict[str, list[str]] = {}
        if self._decode is None:
            return found
        for pattern in (_DEFINITION, _INLINE):
            for match in pattern.finditer(self._text):
                destination = match[match.lastindex or 0]
                if _RESPELT.search(destination):
                    written = self._decode(destination)
                    found.setdefault(_likeness(written), []).append(written)
        return found


_LABEL = re.compile(r"\[((?>(?:[^][\\]|\\.){1,999}))\](?:\[\])?\Z", re.S)


def definitions(text: str, link: str) -> Iterator[tuple[int, int]]:
    """The spans of the destinations that a reference link of Markdown may mean; the first that is no code is meant.

    https://spec.commonmark.org/0.31.2/#matches
    """
    label = _LABEL.search(link)
    for match in _DEFINITION.finditer(text) if label else ():
        if label and _folded(match[1]) == _folded(label[1]):
            yield match.span(match.lastindex or 0)


_LINE = re.compile(r"\n[ \t>]*")  # and what begins the next line of a quote


def _folded(label: str) -> str:
    return " ".join(_LINE.sub(" ", label).casefold().split())


def without_escapes(text: str) -> str:
    """Markdown with each escaped character in place of its escape."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _likeness(reference: str) -> str:
    """What all spellings of a reference have in common: no escape, no encoding; names of wiki pages have no blanks."""
    return unquote(without_escapes(reference)).replace(" ", "-").lstrip("/")


def _likenesses(written: str) -> tuple[str, ...]:
    likeness = _likeness(written)
    return likeness, f"http://{likeness}", f"mailto:{likeness}"


def _is_changed(raw: str) -> bool:
    """Whether the renderer may have changed a reference: encoded it, or completed an address of running text."""
    return "%" in raw or raw.startswith(_IMPLIED)


def spellings(
    text: str, kind: Kind, references: Sequence[tuple[Role, str]], options: Options
) -> dict[tuple[Role, str], set[str]]:
    """How the author spells those references that the renderer may have changed; "" is the renderer's own spelling.

    A search of the text answers for most of them, since reading all places costs as much as the page itself did.
    """
    if kind not in _DECODE:
        return {}
    # A name in brackets has blanks where its page's address has hyphens.
    named = {one for one in references if "-" in one[1]} if options.wiki and "[[" in text else set()
    if not named and "\\" not in text and not any(map(_is_changed, (raw for _, raw in references))):
        return {}
    spelling = Spelling(text, kind)
    stated = spelling.destinations
    escaped = {likeness for likeness, each in stated.items() if any("\\" in written for written in each)}
    changed = [one for one in references if _is_changed(one[1]) or (escaped and _likeness(one[1]) in escaped)]
    found: dict[tuple[Role, str], set[str]] = {}
    doubtful = named.union(changed[_SOUGHT:])
    for one in changed[:_SOUGHT]:
        raw = one[1]
        written = set(stated.get(_likeness(raw), ())) - {raw}
        if raw in text or raw.replace("&", "&amp;") in text:
            doubtful.update([one] if written else ())
        elif not written and raw.startswith(_IMPLIED) and (short := _SCHEME.sub("", raw)) in text:
            found[one] = {spelling.safe(raw, short)}
        elif len(written) == 1:
            found[one] = {spelling.safe(raw, *written)}
        else:
            doubtful.add(one)
    for place in extractor(kind).places(text, options) if doubtful else ():
        if (place.role, place.raw) in doubtful:
            found.setdefault((place.role, place.raw), set()).add(spelling.of(place))
    return found
