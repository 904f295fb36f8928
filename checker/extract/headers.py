"""The references in the header of a response, its fields `Link` and `Refresh`.

They are references of the page that the response brings, and resolve against its URL, whatever its `base` says.
https://www.rfc-editor.org/rfc/rfc8288, and
https://html.spec.whatwg.org/multipage/document-lifecycle.html#shared-declarative-refresh-steps
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.extract.elements import meta_of, references_of
from checker.model import Role
from checker.roles import EMBEDDED
from checker.web import urls

FIELDS = frozenset({"link", "refresh"})  # the fields that name a URL of a page, in lower case


class Named(NamedTuple):
    """One reference of a header."""

    role: Role
    raw: str  # as written
    url: str  # resolved; as written, if it is no URL
    field: str  # its name: "Link"


def references(page: str, fields: Iterable[tuple[str, str]]) -> Iterator[Named]:
    """The references in the header fields, (name, value), of the response that brought a page, a serialised URL."""
    refreshes: list[tuple[str, str]] = []
    for name, value in fields:
        match name.lower():
            case "link":
                yield from _named(page, name, _links(page, value))
            case "refresh":
                refreshes.append((name, value))
    if refreshes:  # all fields are one, RFC 9110 section 5.2, and each byte is a character:
        # https://infra.spec.whatwg.org/#isomorphic-decode
        text = ", ".join(value for _, value in refreshes).encode("utf-8", "surrogateescape").decode("latin-1")
        found = [(role, raw) for role, raw, _ in meta_of({"http-equiv": "refresh"}, text)]
        yield from _named(page, refreshes[0][0], found)


def _named(page: str, name: str, found: Iterable[tuple[Role, str]]) -> Iterator[Named]:
    for role, written in found:
        raw = urls.escape_stray(written)
        yield Named(role, raw, _resolved(page, raw) or raw, name)


# Appendix B.2 and B.3. Empty elements of the list are none: RFC 9110, section 5.6.1.
_TARGET = re.compile(r"[ \t,]*+<([^>]*+)>")
_PARAMETER = re.compile(
    r"""[ \t]*+;[ \t]*+([^ \t=;,]*+)[ \t]*+(?:=[ \t]*+(?:"((?>(?:[^"\\]|\\.)*))"?|([^;,]*+)))?[^;,]*+""", re.S
)
_ESCAPED = re.compile(r"\\(.)", re.S)
_READ = frozenset({"imagesrcset"})  # parameters that name further URLs, as the attributes of `<link>` do


def _links(page: str, value: str) -> Iterator[tuple[Role, str]]:
    """(role, reference) of each link of a field. What follows a fault of its syntax is not read."""
    at = 0
    while (target := _TARGET.match(value, at)) and target.end() > at:
        at = target.end()
        stated: dict[str, str] = {}
        while (parameter := _PARAMETER.match(value, at)) and parameter.end() > at:
            at = parameter.end()
            name, quoted, token = parameter.groups()
            stated.setdefault(name.lower(), (token or "").strip() if quoted is None else _ESCAPED.sub(r"\1", quoted))
        if stated.get("rel", "").strip():  # section 3.3: a link without a relation is none
            own = _is_of(page, stated.get("anchor", ""))
            attributes = {"rel": stated["rel"], "href": target[1]}
            attributes |= {name: stated[name] for name in _READ & stated.keys()}
            for role, raw, _ in references_of("link", attributes, frozenset()):
                yield role if own or role not in EMBEDDED else Role.LINK, raw


def _is_of(page: str, anchor: str) -> bool:
    """Whether a link is the page's own, section 3.2: browsers fetch nothing for one from elsewhere."""
    there = _resolved(page, anchor)
    return there is not None and there.partition("#")[0] == page.partition("#")[0]


def _resolved(page: str, raw: str) -> str | None:
    try:
        return urls.resolve(page, raw)
    except urls.InvalidURL:
        return None
