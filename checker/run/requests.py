"""What is asked of the network: one record for each kind of request."""

from __future__ import annotations

from typing import NamedTuple

from checker.verify.remote import Known


class Visit(NamedTuple):
    """A page of a live mirror that is to be read: of a media type that may be one, so many bytes of it."""

    url: str
    depth: int  # references from where the crawl began
    media: frozenset[str]
    limit: int
    role: str = ""  # in which other pages embed it


class Asset(NamedTuple):
    """A URL that pages embed."""

    url: str
    role: str


class Signed(NamedTuple):
    """A URL whose bytes are compared with a hash."""

    url: str
    integrity: str


class Link(NamedTuple):
    """A URL that pages refer to, fragments of it, and what is known of it."""

    url: str
    fragments: tuple[str, ...] = ()
    known: Known | None = None


Question = str | Link | Asset | Signed | Visit  # a string: a URL, of which there may be a million


class Counts(NamedTuple):
    """How far the network is."""

    done: int
    queued: int
    in_flight: int
    waits: tuple[tuple[str, float], ...]  # hosts that are paused, and for how many seconds
