"""Durations as users write them (`90s`, `10m`, `20h`, `30d`, `2w`), in seconds."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.model import ConfigError

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(s|m|h|d|w|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


class Confirm(NamedTuple):
    """When a failing target is called broken: after so many failing runs in a row, or after so many seconds."""

    runs: int = 1
    seconds: float = 0.0


def seconds(text: str, where: str) -> float:
    """Return the seconds of a duration; a bare number means seconds. Raises ConfigError, which begins with `where`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"{where}: {text!r} is not a duration; write 90s, 10m, 20h, 30d or 2w")
    return float(match[1]) * _SECONDS[match[2]]


def confirmation(text: str, where: str) -> Confirm:
    """Read `3` as runs in a row, and `2d` as a duration. Raises ConfigError, which begins with `where`."""
    if re.fullmatch(r"\s*\d{1,9}\s*", text):
        return Confirm(int(text))
    length = seconds(text, where)
    return Confirm(1 << 30, length) if length else Confirm()
