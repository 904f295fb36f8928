"""Durations as the configuration and the command line write them."""

from __future__ import annotations

import pytest

from checker.model import (
    ConfigError,
)
from checker.web import durations


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5h", 5400), ("10m", 600), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert durations.seconds(text, "x") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1d", "3 fortnights"])
def test_what_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a duration"):
        durations.confirmation(text, "confirm")
