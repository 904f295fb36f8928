"""The program's door: the only place that exits."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

_GARBAGE = 100_000  # new objects at which Python looks for cycles; at its 700 that takes a tenth of a run's time


def main() -> None:
    """Run mirrorcheck with this process's arguments and streams."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:  # answered before anything is imported that costs
        from checker import __version__

        with suppress(OSError):
            print(f"mirrorcheck {__version__}", flush=True)  # noqa: T201
            sys.exit(0)
    gc.set_threshold(_GARBAGE)
    _read_names_as_utf8()
    _keep_closed()
    from checker.cli import run

    code = run(sys.argv[1:], stdout=sys.stdout, stderr=sys.stderr)
    os._exit(code)  # taking the heap apart, object by object, takes a tenth of a small run


def _read_names_as_utf8() -> None:
    """Begin again in Python's UTF-8 mode where the locale has another encoding: pages name files in UTF-8.

    https://peps.python.org/pep-0540/
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def _keep_closed() -> None:
    """Give the number of a stream that is closed to no file: what is written to the stream would end up in there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            os.set_inheritable(number, True)


if __name__ == "__main__":
    main()
