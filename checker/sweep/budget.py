"""Ends the reading of a page early: after the page's own budget of time, by a signal, or at the run's time limit.

Pages are hostile input, and an event loop is blocked while a page is read. So the system's timers and signals are
used: Python runs their handlers between two steps of the code that reads.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from checker.model import Unchecked

SECONDS = 10.0  # processor time that any page may take: two hundred times the need of a large page
RATE = 1_000_000  # bytes per second: a large page gets more time at this rate, a tenth of what slow machines reach


class Spent(BaseException):
    """A page took more time than its budget. It is not an Exception, so that no library catches it."""


class Interrupted(BaseException):
    """A signal, or the run's time limit, interrupted the reading of pages."""

    def __init__(self, reason: Unchecked) -> None:
        super().__init__(reason)
        self.reason = reason


_AGAIN = 0.1  # seconds: the event loop's own clock may be a little behind

_budget = 0.0  # seconds, of the page that is being read; 0: no page is being read
_ready = False  # whether this process has a handler for its timer
_breakable = False  # whether pages are being read in the process that gets the user's signals, or waited for
_missed: Unchecked | None = None  # why the reading was to be interrupted when there was none


def endings() -> tuple[type[BaseException], ...]:
    """What ends a run early: an event loop cancels its task, and without one the reading is interrupted.

    To be named in `except`, which asks only when there is an exception: a run without a network loads no event loop.
    """
    from asyncio import CancelledError

    return Interrupted, CancelledError


def begin(size: int) -> None:
    """Start the budget of a page of `size` bytes. Its end raises Spent; not on Windows, which lacks the timer."""
    global _budget, _ready  # noqa: PLW0603 - a process has one timer
    if not _ready:
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return
        signal.signal(signal.SIGVTALRM, _spend)
        _ready = True
    _budget = SECONDS + size / RATE
    signal.setitimer(signal.ITIMER_VIRTUAL, _budget, 1)  # again each second, in case a library swallows Spent


def end() -> None:
    """Stop the budget: the page has been read."""
    global _budget  # noqa: PLW0603
    if _budget:
        _budget = 0.0
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _spend(_signal: int, _frame: FrameType | None) -> None:
    if _budget:
        raise Spent(f"reading it takes more than {_budget:.0f} s of processor time")


@contextmanager
def breakable() -> Iterator[None]:
    """A block in which signals and the time limit raise Interrupted; those that came since the last one at once."""
    global _breakable, _missed  # noqa: PLW0603 - signals belong to the process
    if _missed:
        reason, _missed = _missed, None
        raise Interrupted(reason)
    _breakable = True
    try:
        yield
    finally:
        _breakable = False


def _break(reason: Unchecked) -> None:
    if _breakable:
        raise Interrupted(reason)
    _miss(reason)


def _miss(reason: Unchecked) -> None:
    global _missed  # noqa: PLW0603
    _missed = reason


@contextmanager
def heard(cancel: Callable[[], object] = lambda: None) -> Iterator[None]:
    """A block in which SIGINT and SIGTERM call `cancel` and interrupt the reading. A second signal ends the process.

    `cancel` must be safe in a signal's handler.
    """
    global _missed  # noqa: PLW0603
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
        _missed = None
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """A block in which the reading is interrupted after so many seconds; None: never."""
    global _missed  # noqa: PLW0603
    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer"):  # Windows: what is being read is read to its end
        timer = threading.Timer(seconds, _miss, [Unchecked.TIME_LIMIT])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        return
    before = signal.signal(signal.SIGALRM, lambda *_: _break(Unchecked.TIME_LIMIT))
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if _missed is Unchecked.TIME_LIMIT:
            _missed = None
