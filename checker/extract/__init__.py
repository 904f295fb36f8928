"""From text to references and fragment ids: one module for each kind of page, all with the same two functions.

`extract(text, options) -> Extract` is for the sweep: sets of plain strings, no positions, fast.
`places(text, options) -> Iterator[Place]` is for the few references that turned out to be wrong: every place, with its
span in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from checker.model import Kind, Role


class Options(NamedTuple):
    """What is extracted, as the configuration says."""

    lazy: frozenset[str] = frozenset({"data-src", "data-srcset", "data-original"})  # attributes of lazy loaders
    bare: bool = True  # URLs in the running text of Markdown
    slugs: str = "github"  # whose heading anchors, and whose Markdown: a row of `dialects`
    wiki: bool = False  # the links `[[Page]]` of a forge's wiki
    ignore: re.Pattern[str] | None = None  # references in which it is found do not count


class Mark(NamedTuple):
    """What an element states about the resource that it embeds."""

    tiny: bool = False  # shown no larger than a pixel
    integrity: str = ""
    shared: bool = False  # `crossorigin`
    font: bool = False  # preloaded as a font
    blocked: bool = False  # by browsers, over http: on a page over https:, whatever they do with others of its role


class Extract:
    """The references and ids of one page. Only its extractor changes it."""

    __slots__ = ("base", "both", "count", "html", "ids", "ignored", "maps", "marks", "references")

    def __init__(self) -> None:
        self.references: dict[Role, set[str]] = {}  # role -> references as written, entities decoded
        self.ids: set[str] = set()  # fragment identifiers, as a decoded fragment would name them
        self.maps: set[str] = set()  # names of image maps
        self.count = 0  # places; identical ones are counted each time
        self.ignored: set[str] = set()  # references that do not count
        self.base: str | None = None  # <base href>, as written
        self.html: Set[str] = frozenset()  # on a page of a site's source, what only raw HTML refers to; no fragments
        self.both: Set[tuple[Role, str]] = frozenset()  # of raw HTML, where Markdown refers to the path too
        self.marks: dict[str, Mark] = {}  # by reference; most have none

    def ignore(self, pattern: re.Pattern[str]) -> None:
        """Set aside the references in which a pattern is found."""
        for raws in self.references.values():
            self.ignored.update(filter(pattern.search, raws))
            raws.difference_update(self.ignored)

    def add(self, role: Role, raw: str) -> None:
        """Note one place that names `raw`."""
        self.count += 1
        try:
            self.references[role].add(raw)
        except KeyError:
            self.references[role] = {raw}


class Place(NamedTuple):
    """One place on a page: `raw` as `Extract` has it, and the span of its source in the text (code points)."""

    role: Role
    raw: str
    start: int
    end: int


class Extractor(Protocol):
    """What the module of each kind offers."""

    def extract(self, text: str, options: Options) -> Extract:
        """References and ids of a decoded page. Never raises on hostile text."""

    def places(self, text: str, options: Options) -> Iterator[Place]:
        """Every place that `extract` counts, in any order."""


@cache
def extractor(kind: Kind) -> Extractor:
    """The module that reads this kind of page, imported when it is first needed."""
    return cast(Extractor, import_module(f"{__name__}.{_MODULES[kind]}"))


_MODULES = {
    Kind.HTML: "html",
    Kind.MARKDOWN: "markdown",
    Kind.CSS: "css",
    Kind.SVG: "svg",
    Kind.FEED: "feed",
    Kind.SITEMAP: "feed",
    Kind.MANIFEST: "manifest",
    Kind.BOOK: "epub",
    Kind.TEXT: "plain",
    Kind.RST: "rst",
    Kind.ASCIIDOC: "asciidoc",
    Kind.NOTEBOOK: "notebook",
}
