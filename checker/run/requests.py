"""Requests to the network: one record for each kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from checker.fetch import Fetch
from checker.verify.known import Known


class Visit(NamedTuple):
    """A page of a live mirror to read."""

    url: str
    depth: int  # how many references it is away from the start of the crawl
    media: frozenset[str]  # media types of pages: anything else is not read
    limit: int  # bytes
    role: str = ""  # in which other pages embed it; "": they do not


class Asset(NamedTuple):
    """A URL that pages embed."""

    url: str
    role: str


class Signed(NamedTuple):
    """A URL whose bytes are compared with a hash."""

    url: str
    integrity: str


class Extra(NamedTuple):
    """A URL that is asked for something else than its verdict."""

    url: str
    ask: Callable[[Fetch], Awaitable[None]]


class Link(NamedTuple):
    """A URL that pages refer to, its fragments, and what the history knows of it."""

    url: str
    fragments: tuple[str, ...] = ()
    known: Known | None = None


Question = str | Link | Asset | Signed | Extra | Visit  # a bare URL saves memory: there may be a million


class Counts(NamedTuple):
    """The progress of the network."""

    done: int
    queued: int
    in_flight: int
    waits: tuple[tuple[str, float], ...]  # hosts that are paused, and for how many seconds
