"""What a person sees beside the report: messages, and how far a run is."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from checker import logins

if TYPE_CHECKING:
    from checker.crawl import Progress
    from checker.frontier import Counts

_LINE = 30.0  # seconds between two lines of progress where there is no terminal


def plain(text: str) -> str:
    """A message as it may be shown: without logins, and with the control characters of a hostile name made visible."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in logins.hidden_in(text))


@contextlib.contextmanager
def progress_on(err: TextIO, quiet: bool) -> Iterator[Progress | None]:
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
            err.write(f"\r\x1b[K{text[:width]}")
        else:
            shown = now
            err.write(f"mirrorcheck: {text}\n")
        err.flush()

    try:
        yield show
    finally:
        if live:
            err.write("\r\x1b[K")
            err.flush()


def _so_far(pages: int, total: int, counts: Counts | None, seconds: float) -> str:
    """How far a run is, in a line."""
    parts = [f"{pages:,}/{total:,} pages"]
    done, queued = pages, total
    if counts:
        parts.append(f"{counts.done:,}/{counts.queued:,} URLs, {counts.in_flight} in flight")
        done, queued = (counts.done, counts.queued) if pages == total else (0, 0)
        if counts.waits:
            host, wait = max(counts.waits, key=lambda each: each[1])
            parts.append(f"{len(counts.waits)} hosts paused ({plain(host)}: {wait:.0f} s)")
    if 0 < done < queued:
        parts.append(f"{seconds / done * (queued - done):.0f} s left")
    bar = f"{'━' * (20 * done // queued)}{'·' * (20 - 20 * done // queued)} " if queued else ""
    return bar + ", ".join(parts)
