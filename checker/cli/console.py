"""What a person sees beside the report: messages, and how far a run is."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from checker import logins
from checker.model import ReportError
from checker.web.visible import clean

if TYPE_CHECKING:
    from checker.run.job import Progress
    from checker.run.requests import Counts

_LINE = 30.0  # seconds between two lines of progress where there is no terminal


def plain(text: str) -> str:
    """A message as it may be shown: without logins, and with what a terminal or a log would act on made visible."""
    return clean(logins.hidden_in(text))


class Output:
    """Standard output. What its encoding lacks is written as escapes."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` None is one that is closed."""
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text. Raises ReportError, or UnreadError where nobody reads any more."""
        if self._stream is None:
            raise ReportError("standard output is closed")
        try:
            return self._stream.write(text.encode(self._encoding, "backslashreplace").decode(self._encoding))
        except OSError as error:
            raise _unwritable(error) from error

    def flush(self) -> None:
        """Hand on what was written. Raises as `write` does."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                raise _unwritable(error) from error

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()


class UnreadError(ReportError):
    """Whoever read standard output has left."""


def _unwritable(error: OSError) -> ReportError:
    if isinstance(error, BrokenPipeError):
        return UnreadError("standard output: nobody reads it any more")
    return ReportError(f"standard output cannot be written to: {error.strerror or error}")


class Log:
    """Standard error: messages. What goes wrong with it costs the run nothing, since there is nobody to tell."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` None is one that is closed."""
        self._stream = stream
        self.others = _Others(self)

    def say(self, message: str) -> None:
        """A message on a line of its own, whatever it quotes."""
        self.draw(plain(message) + "\n")

    def draw(self, text: str) -> None:
        """Write a text as it is: of it, all that is not ours must be clean."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()


class _Others(io.TextIOBase):
    """The log for Python and for libraries, which print what they like: each line is a message."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._log.say(line)
        return len(text)

    def flush(self) -> None:
        if self._begun:
            self.write("\n")


@contextlib.contextmanager
def progress_on(err: Log, quiet: bool) -> Iterator[Progress | None]:
    """A live line on a terminal, a plain one every so often elsewhere; nothing of a run that is soon over."""
    if quiet:
        yield None
        return
    import time

    live = err.isatty() and "CI" not in os.environ
    began = time.monotonic()
    shown = began - (_LINE - 0.5 if live else 0)

    def show(pages: int, total: int, counts: Counts | None) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < _LINE:
            return
        text = _so_far(pages, total, counts, now - began)
        if live:
            width = shutil.get_terminal_size().columns - 1
            err.draw(f"\r\x1b[K{text[:width]}")
        else:
            shown = now
            err.say(f"mirrorcheck: {text}")

    try:
        yield show
    finally:
        if live:
            err.draw("\r\x1b[K")


def _so_far(pages: int, total: int, counts: Counts | None, seconds: float) -> str:
    """How far a run is, in a line."""
    parts = [f"{pages:,}/{total:,} pages"]
    done, queued = pages, total
    if counts:
        parts.append(f"{counts.done:,}/{counts.queued:,} URLs, {counts.in_flight} in flight")
        done, queued = (counts.done, counts.queued) if pages == total else (0, 0)
        if counts.waits:
            host, wait = max(counts.waits, key=lambda each: each[1])
            parts.append(f"{len(counts.waits)} hosts paused ({clean(host)}: {wait:.0f} s)")
    if 0 < done < queued:
        parts.append(f"{seconds / done * (queued - done):.0f} s left")
    bar = f"{'━' * (20 * done // queued)}{'·' * (20 - 20 * done // queued)} " if queued else ""
    return bar + ", ".join(parts)
