"""What ends the reading of a page early: the page's own budget of time, a signal, the run's time limit.

Pages are hostile input, and while one is being read, the event loop hears nothing. So the system's timers and signals
break in: Python runs their handlers between two steps of the code that reads.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from checker.model import Unchecked

SECONDS = 10.0  # of processor time that any page may take: two hundred times what a large one does
RATE = 1_000_000  # bytes a second that a page may take beyond that: a tenth of what slow machines read


class Spent(BaseException):
    """A page took more than its budget. Not an Exception, so that no library takes it for a fault of its own."""


class Interrupted(BaseException):
    """A signal, or the run's time limit, broke into the reading of a page."""

    def __init__(self, reason: Unchecked) -> None:
        super().__init__(reason)
        self.reason = reason


_AGAIN = 0.1  # seconds: the event loop's own clock may be a little behind

_budget = 0.0  # of the page that is being read; 0: none is
_ready = False  # whether this process hears its own timer
_breakable = False  # whether a page is being read in the process that hears the user's signals


def begin(size: int) -> None:
    """Start the budget of a page of so many bytes, which raises Spent; not on Windows, which has no such timers."""
    global _budget, _ready  # noqa: PLW0603 - a process has one timer
    if not _ready:
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return
        signal.signal(signal.SIGVTALRM, _spend)
        _ready = True
    _budget = SECONDS + size / RATE
    signal.setitimer(signal.ITIMER_VIRTUAL, _budget, 1)  # again each second, should something swallow it


def end() -> None:
    """The page has been read."""
    global _budget  # noqa: PLW0603
    if _budget:
        _budget = 0.0
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _spend(_signal: int, _frame: FrameType | None) -> None:
    if _budget:
        raise Spent(f"reading it takes more than {_budget:.0f} s of processor time")


@contextmanager
def breakable() -> Iterator[None]:
    """While this lasts, signals and the time limit raise Interrupted."""
    global _breakable  # noqa: PLW0603 - signals belong to the process
    _breakable = True
    try:
        yield
    finally:
        _breakable = False


def _break(reason: Unchecked) -> None:
    if _breakable:
        raise Interrupted(reason)


@contextmanager
def heard(cancel: Callable[[], object]) -> Iterator[None]:
    """While this lasts, SIGINT and SIGTERM call `cancel` and break into what is read; the second ends the process.

    `cancel` must be safe in a signal's handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(_signal: int, _frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        cancel()
        _break(Unchecked.INTERRUPTED)

    before = {each: signal.signal(each, hear) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Break into what is being read after so many seconds; None: never."""
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: _break(Unchecked.TIME_LIMIT))
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
