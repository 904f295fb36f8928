"""How a command ends, the same for every command and format."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit code."""

    OK = 0
    FINDINGS = 1
    FAILED = 2  # the job could not be done
    INTERRUPTED = 130
