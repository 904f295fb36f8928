"""Patterns that the configuration holds: globs of a mirror's files, and wildcards in URLs and hosts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence

_SEGMENTS = r"[\w.-]+(?:/[\w.-]+)*"
_SIMPLE = re.compile(rf"(?P<folder>{_SEGMENTS})/\*\*|/(?P<path>{_SEGMENTS})(?P<any>\*?)")


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a test for paths relative to the root, by patterns of gitignore (https://git-scm.com/docs/gitignore).

    The last pattern that matches decides. Raises ValueError for a pattern that is not valid.
    """
    simple = [_SIMPLE.fullmatch(pattern) for pattern in patterns]
    if all(simple):  # the defaults, and most folders: pathspec takes longer to import than ten pages to check
        return _simple([match for match in simple if match])
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of `re`, about `[[:alpha:]]`
            return GitIgnoreSpec.from_lines(patterns, backend="simple").match_file
    except re.error as error:  # a range such as [z-a]
        raise ValueError(str(error)) from error


def _simple(patterns: Sequence[re.Match[str]]) -> Callable[[str], bool]:
    """The same for the patterns `folder/**`, `/path` and `/path*`."""
    names = {match["path"] for match in patterns if match["path"] and not match["any"]}
    starts = (match["path"] if match["any"] else (match["folder"] or match["path"]) + "/" for match in patterns)
    beginnings = tuple(starts)
    return lambda path: path.startswith(beginnings) or path in names


def any_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """A search for any of these regular expressions; None where there are none. Raises re.error."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def wildcard(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Return an expression for `fullmatch` on a URL, or on a part of one: only `*` is special, and matches any text."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*"), re.S | flags)
