"""Patterns of paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test of paths relative to the root: `*` and `?` stay inside a name, `**` crosses folders."""
    expressions = [_glob(pattern.strip("/")) for pattern in patterns]
    if not expressions:
        return lambda _path: False
    matches = re.compile("|".join(expressions), re.S).fullmatch
    return lambda path: matches(path) is not None


def _glob(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in parts)
