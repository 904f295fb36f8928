"""The streams, one for the report and one for messages; and how messages are written."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple, TextIO

from checker import logins
from checker.model import ReportError
from checker.web.visible import clean


def plain(text: str) -> str:
    """A message as it may be shown: without logins, and with all escaped that a terminal or a log would act on."""
    return clean(logins.hidden_in(text))


class Output:
    """Standard output. Characters that its encoding lacks are written as escapes."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` is None if it is closed."""
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text. Raises ReportError, or UnreadError if its reader is gone."""
        if self._stream is None:
            raise ReportError("standard output is closed")
        try:
            return self._stream.write(text.encode(self._encoding, "backslashreplace").decode(self._encoding))
        except OSError as error:
            raise _unwritable(error) from error

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are, if the stream takes bytes. Raises as `write` does."""
        buffer = getattr(self._stream, "buffer", None)
        if buffer is None:
            self.write(data.decode("utf-8", "backslashreplace"))
            return
        self.flush()
        try:
            buffer.write(data)
        except OSError as error:
            raise _unwritable(error) from error

    def flush(self) -> None:
        """Pass on what was written. Raises as `write` does."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                raise _unwritable(error) from error

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()


class UnreadError(ReportError):
    """The reader of standard output is gone."""


def _unwritable(error: OSError) -> ReportError:
    if isinstance(error, BrokenPipeError):
        return UnreadError("standard output: nobody reads it any more")
    return ReportError(f"standard output cannot be written to: {error.strerror or error}")


class Log:
    """Standard error, for messages. Its own errors are ignored, since there is nowhere to report them."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` is None if it is closed."""
        self._stream = stream
        self.others = _Others(self)

    def say(self, message: str) -> None:
        """Write a message on a line of its own, whatever it quotes."""
        self.draw(plain(message) + "\n")

    def draw(self, text: str) -> None:
        """Write a text unchanged. The caller must have cleaned all that is not ours."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()


class _Others(io.TextIOBase):
    """The log for Python and libraries, which may print anything: each line becomes a message."""

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


class Streams(NamedTuple):
    """Where the program writes: the report to `out`, all else to `err`."""

    out: Output
    err: Log
