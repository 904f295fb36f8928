"""What the frontier's process and an outpost say to each other: records, many in a frame.

A frame is a pickle that was written by this very program. No body of a page is in it, but of what a redirect leads to
on the host of another outpost.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import NamedTuple

from multidict import CIMultiDict

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.fetch import FetchError, Request, Response
from checker.fetch.reach import Noted
from checker.run.asker import Told
from checker.run.requests import Question

Outcome = Response | FetchError


class Begin(NamedTuple):
    """To an outpost, at first: how it asks."""

    config: RemoteTable
    options: Options
    deep: bool
    remembers: bool  # whether answers come with what a later run can use


class Ask(NamedTuple):
    """To an outpost: a question of one of its hosts."""

    number: int
    question: Question


class Answered(NamedTuple):
    """From an outpost: what came of a question."""

    number: int
    told: Told


class Send(NamedTuple):
    """A request to a host that the other side asks, or finds somebody for who does."""

    number: int
    request: Request


class Came(NamedTuple):
    """What came of a request, to who wanted it sent."""

    number: int
    outcome: Outcome


class Rest(NamedTuple):
    """To an outpost: leave the host of a URL alone for so many seconds."""

    url: str
    seconds: float


class RetrySilent(NamedTuple):
    """To an outpost: hosts that did not answer are asked once more."""


class State(NamedTuple):
    """From an outpost: how far it is."""

    requests: int = 0  # sent until now
    in_flight: int = 0
    waits: tuple[tuple[str, float], ...] = ()  # hosts that are paused, and for how many seconds
    noted: Noted = Noted()  # about the network
    lack: str = ""  # why it has no network


class Refused(NamedTuple):
    """From an outpost, at last: why it cannot ask. `fault`: of this program, with where it is."""

    text: str
    fault: bool = False


Message = Begin | Ask | Answered | Send | Came | Rest | RetrySilent | State | Refused


def frame(messages: Sequence[Message]) -> bytes:
    """Messages on their way."""
    return pickle.dumps([*messages], pickle.HIGHEST_PROTOCOL)


def messages_of(data: bytes) -> list[Message]:
    """The messages of a frame."""
    found: list[Message] = pickle.loads(data)  # noqa: S301 - of this very program
    return found


def came(number: int, outcome: Outcome) -> Came:
    """The message of what came, which can be pickled."""
    if isinstance(outcome, Response):
        outcome = outcome._replace(headers=CIMultiDict(outcome.headers))
    return Came(number, outcome)
