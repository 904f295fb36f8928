"""A user name or password in a URL is printed nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = """<!doctype html>
<a href="https://user:secret@example.test:99999/">no port</a>
<a href="https://user:secret@example.test/a b">repaired</a>
<a href="https://user:secret@example.test/">remote</a>
<a href="https://user:secret@origin.example/index.html">copied</a>
"""


@pytest.mark.parametrize(
    "command",
    [
        ["check", "--format", "json", "--all", "--offline", "--config", "{config}"],
        ["check", "--by", "page", "--offline", "--config", "{config}"],
        ["check", "--verbose", "--offline", "--config", "{config}"],
        ["explain", "{page}", "--config", "{config}"],
    ],
    ids=["json", "by page", "by target", "explain"],
)
def test_credentials_are_printed_nowhere(
    command: list[str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    config = '[mirror]\norigin = ["https://origin.example/"]\npublished = ["https://user:secret@mirror.example/"]\n'
    root = write({"index.html": PAGE, "config.toml": config})

    result = run(*[part.format(config=root / "config.toml", page=root / "index.html") for part in command])

    assert "secret" not in result.out + result.err
    assert "https://***@example.test" in result.out
    assert "mirror/leak" in result.out
