"""The progress of a run, for a person who waits."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.cli.console import Log
from checker.web.visible import clean
from checker.words import counted

if TYPE_CHECKING:
    from checker.run.job import Progress
    from checker.run.requests import Counts

_LINE = 30.0  # seconds between two lines of progress where there is no terminal


@contextlib.contextmanager
def progress_on(err: Log, quiet: bool) -> Iterator[Progress | None]:
    """Show progress: a live line on a terminal, elsewhere a line every 30 seconds. A short run shows nothing."""
    if quiet:
        yield None
        return
    live = err.isatty() and "CI" not in os.environ
    began = time.monotonic()
    shown = began - (_LINE - 0.5 if live else 0)

    def show(pages: int, total: int, counts: Counts | None) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < _LINE:
            return
        text = so_far(pages, total, counts, now - began)
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


def so_far(pages: int, total: int, counts: Counts | None, seconds: float) -> str:
    """The progress of a run, in a line."""
    parts = [f"{pages:,}/{counted(total, 'page')}"]
    done, queued = pages, total
    if counts:
        parts.append(f"{counts.done:,}/{counts.queued:,} URLs, {counts.in_flight} in flight")
        done, queued = (counts.done, counts.queued) if pages == total else (0, 0)
        if counts.waits:
            host, wait = max(counts.waits, key=lambda each: each[1])
            paused = counted(len(counts.waits), "host", "hosts")
            parts.append(f"{paused} paused ({clean(host)}: {wait:.0f} s)")
    if 0 < done < queued:
        parts.append(f"{seconds / done * (queued - done):.0f} s left")
    bar = f"{'━' * (20 * done // queued)}{'·' * (20 - 20 * done // queued)} " if queued else ""
    return bar + ", ".join(parts)
