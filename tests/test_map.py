"""What CONTRIBUTING.md and docs/architecture.md say of the tree is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("CONTRIBUTING.md", "docs/architecture.md")
PATH = re.compile(r"`([\w.*-]+(?:/[\w.*-]+)*(?:/|\.(?:py|md|toml|txt|yml|json)))`")


def named() -> Iterator[tuple[str, str]]:
    """(page, path) of each path in backticks: a folder ends with `/`, a file with its extension."""
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8") if (ROOT / page).exists() else f"`{page}`"
        for path in sorted(set(PATH.findall(text))):
            yield page, path


def there(path: str) -> bool:
    """Whether it is there, from the top or in `checker/`; a word in capitals (FAMILY, NAME) stands for any name."""
    pattern = re.sub(r"\b[A-Z]{4,}\b(?=[/.])", "*", path) if not (ROOT / path).exists() else path
    return any(
        found.is_dir() or not path.endswith("/") for top in ("", "checker/") for found in ROOT.glob(top + pattern)
    )


@pytest.mark.parametrize(("page", "path"), list(named()))
def test_every_path_that_is_named_is_there(page: str, path: str) -> None:
    assert there(path), page


@pytest.mark.parametrize("path", ["checker/nowhere.py", "checker/NAME/nowhere.py", "nowhere/", "README.md/"])
def test_a_path_that_is_not_there_is_missed(path: str) -> None:
    assert not there(path)
