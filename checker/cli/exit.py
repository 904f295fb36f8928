"""The exit codes, the same for every command and format."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of a command."""

    OK = 0
    FINDINGS = 1
    FAILED = 2  # the job could not be done
    INTERRUPTED = 130
