"""The folder that is examined: its names, its pages by kind, and a sample of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from checker.kinds import HEAD as TOLD
from checker.kinds import kind_of, sniff_named
from checker.mirror import shown
from checker.model import Kind
from checker.sources.base import Source
from checker.web import urls

SAMPLE = 200  # pages that are read
HEAD = 65_536  # bytes of each


class Seen(NamedTuple):
    """The folder under examination."""

    names: Source
    html: list[str]
    markdown: list[str]
    pages: list[tuple[str, str]]  # a sample of the HTML pages: (name, first part of the text)
    kinds: Mapping[Kind, int]  # the number of pages of each kind

    def text(self, name: str, limit: int = shown.SETTINGS) -> str | None:
        """The first `limit` bytes of a file as text; None if there is no such file."""
        return shown.beginning(self.names, name, limit)


def look(names: Source) -> Seen:
    """Sort the pages of a folder by kind, and read the first part of a sample."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    ambiguous = []
    for name in names.files:
        match kind_of(name):
            case Kind() as kind:
                by_kind[kind].append(name)
            case True:
                ambiguous.append(name)
    html, markdown = by_kind[Kind.HTML], by_kind[Kind.MARKDOWN]
    kinds = Counter({kind: len(found) for kind, found in by_kind.items() if found})
    seen = Seen(names, html, markdown, [], kinds)
    for name in ambiguous[:SAMPLE]:
        if sniffed := sniff_named(name, (seen.text(name, TOLD) or "").encode()):
            kinds[sniffed] += 1
    for name in html[:: len(html) // SAMPLE + 1]:
        text = seen.text(name, HEAD)
        if text is not None:
            seen.pages.append((name, text))
    return seen


def host(url: str) -> str:
    """The host of an address, with its port."""
    return url.partition("://")[2].partition("/")[0]


_PLAIN_HOST = re.compile(r"[a-z0-9._:\[\]-]+")  # no credentials, and no `${…}` of a program


def address(url: str) -> str | None:
    """An http(s) address as browsers write it, with a `/` at its end; None for anything else."""
    try:
        whole = urls.resolve(url.strip(), "").partition("#")[0].partition("?")[0]
    except urls.InvalidURL:
        return None
    if not whole.startswith(("http://", "https://")) or not _PLAIN_HOST.fullmatch(host(whole)):
        return None
    return whole if whole.endswith("/") else whole + "/"
