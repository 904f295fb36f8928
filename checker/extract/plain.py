"""Plain text: the URLs that stand in it; and what reStructuredText, AsciiDoc and notebooks share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from checker.extract import Extract, Options, Place
from checker.model import Role
from checker.web import prose

_URL = re.compile(r"(?<![a-z0-9+.-])https?://[^\s<>\"`{}|\\^\[\]\x00-\x1f]+", re.I)


def extract(text: str, options: Options) -> Extract:
    """Read a text."""
    return counted(places(text, options))


def places(text: str, options: Options) -> Iterator[Place]:
    """Every URL of a text."""
    return urls(text) if options.bare else iter(())


def urls(text: str, end: Callable[[str], int] = prose.end_of_url) -> Iterator[Place]:
    """Every http(s) URL in running text, without the punctuation behind it. Where a program makes links of them, it
    says where one ends; elsewhere a reader does.
    """
    for match in _URL.finditer(text):
        raw = prose.trim(match[0][: end(match[0])])
        if not raw.endswith("//"):
            yield Place(Role.BARE, raw, match.start(), match.start() + len(raw))


def counted(found: Iterable[Place]) -> Extract:
    """The extract of a page whose places are known."""
    extract = Extract()
    for place in found:
        extract.add(place.role, place.raw)
    return extract


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text with blanks in place of some spans, which are in order and apart: every place stays where it is."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += text[done:start], _NO_BREAK.sub(" ", text[start:end])
        done = end
    return "".join((*parts, text[done:]))


_NO_BREAK = re.compile(r"[^\n]")
_BUILT = re.compile(r"(?![a-z][a-z0-9+.-]*:|//)[^#?]*\.html?(?:[#?]|\Z)", re.I)


def is_own(target: str) -> bool:
    """Whether a target is for us to check: no place on the page itself, no template, and no page that is only built
    from sources such as this one.
    """
    return bool(target) and target[0] != "#" and "{" not in target and _BUILT.match(target) is None
