"""What is known of a remote URL: its answer, and what a later run can build on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from checker.model import Hop, Verdict
from checker.rules import RULES
from checker.verify.fragment import is_for_script
from checker.web import urls

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw

_REDIRECTED = frozenset(rule.name for rule in RULES.values() if rule.verdict is Verdict.REDIRECTED)
_SCRIPTED = re.compile(r"L\d+(?:-L?\d+)?$|(?:issue|discussion|note|pullrequest)[\w]*[-_]?r?\d+$", re.I)


class Answer(NamedTuple):
    """The verdict on a URL. `rule` is the rule that it breaks, with the evidence; "" if it breaks none."""

    rule: str = ""
    message: str = ""
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    suggestion: str | None = None
    missing: tuple[str, ...] = ()  # fragments that the page does not have
    unread: tuple[str, ...] = ()  # fragments that may be where it was not read
    passing: bool = False  # the failure may be temporary
    flaw: Flaw | None = None  # its flaw as an asset, if pages embed it

    @property
    def is_there(self) -> bool:
        """Whether the server answers with a page, perhaps after a redirect."""
        return not self.rule or self.rule in _REDIRECTED


class Known(NamedTuple):
    """An answer and all that was learnt with it, which a later run can use to ask again conditionally."""

    answer: Answer
    latency: float | None = None  # seconds
    media: str = ""
    read: bool = False  # whether its body was read for the ids
    ids: frozenset[str] | None = None  # of its page; None: it is not a page that could lack an id
    etag: str = ""
    modified: str = ""
    role: str = ""  # in which pages embed it, if it was examined as an asset
    picture_hash: int = 0  # two pictures with the same hash are the same; 0: not a picture

    def of(self, fragments: Iterable[str]) -> Answer:
        """The verdict on the URL and on its fragments."""
        ids = self.ids
        if ids is None:
            return self.answer._replace(missing=())
        return self.answer._replace(missing=lacking(checkable(fragments), ids))

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Header fields of a conditional request, RFC 9110 section 13; empty if there is no condition to state."""
        if not (self.read and self.answer.is_there):
            return ()
        fields = (("If-None-Match", self.etag), ("If-Modified-Since", self.modified))
        return tuple(field for field in fields if field[1])


def checkable(fragments: Iterable[str]) -> tuple[str, ...]:
    """The fragments for which a page must have an id. The others are for scripts."""
    return tuple(
        sorted(fragment for fragment in fragments if not (is_for_script(fragment) or _SCRIPTED.match(fragment)))
    )


def lacking(names: Iterable[str], ids: frozenset[str]) -> tuple[str, ...]:
    """The names that no id is, neither as it stands nor decoded.

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#find-a-potential-indicated-element
    """
    return tuple(name for name in names if name not in ids and urls.decode_fragment(name) not in ids)


def validator(value: str) -> str:
    """A validator, if it can be sent back unchanged; else ""."""
    return value if len(value) <= 1_000 and value.isascii() and value.isprintable() else ""
