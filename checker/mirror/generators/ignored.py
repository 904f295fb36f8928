"""Pages that scripts make of other sources: the repository has none of them, since git ignores them.

https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from checker.mirror.generators.reading import Reading

WHY = "a script makes it: git ignores it"
_FILES = 200  # .gitignore files that are read
_LINES = 1_000  # of them
_WIDE = 3  # stars in a pattern


def below(reading: Reading, folder: str) -> Iterator[tuple[str, bool]]:
    """(path below a folder ("" or "docs/"), with `*` and `**/`; whether it is that of a folder) of what git ignores."""
    names = [name for name in reading.below(folder) if posixpath.basename(name) == ".gitignore"][:_FILES]
    for name in dict.fromkeys((reading.folder + ".gitignore", ".gitignore", *names)):
        place = posixpath.dirname(name) + "/" if "/" in name else ""
        for line in reading.text(name).splitlines()[:_LINES]:
            pattern = line.strip()
            if not pattern.strip("/*") or pattern[0] in "#!" or "[" in pattern or pattern.count("*") > _WIDE:
                continue
            anywhere = "" if "/" in pattern.rstrip("/") else "**/"
            path = place + anywhere + pattern.strip("/")
            if path.startswith(folder) and (anywhere == "" or place.startswith(folder)):
                yield path.removeprefix(folder), pattern.endswith("/")
