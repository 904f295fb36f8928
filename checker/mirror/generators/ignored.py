"""What scripts make before a site is built, above all documentation of programs, and git ignores.

https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from checker.mirror.generators.reading import Reading

WHY = "a script makes it: git ignores it"
_PAGES = frozenset({".md", ".mdx", ".rst", ".ipynb"})
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


def paths(reading: Reading, pages: Mapping[str, str]) -> re.Pattern[str] | None:
    """The paths, on a site, of folders and single pages that git ignores; None if there are none. `pages`: source ->
    built file.
    """
    own = r"(?:{}|\.html)" + ("?" if _are_folders(pages) else "")  # how a single page may be named
    anywhere: list[str] = []
    fixed: list[str] = []
    for path, is_folder in islice(below(reading, _root(pages)), _LINES):
        stem, extension = posixpath.splitext(path)
        if is_folder or not (extension or "*" in posixpath.basename(path)):  # `*html` names files
            written = re.escape(path.removeprefix("**/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            (anywhere if path.startswith("**/") else fixed).append(written)
        elif extension in _PAGES and "*" not in path:
            fixed.append(re.escape(stem) + own.format(re.escape(extension)))
    patterns = [rf"(?:.*/)?(?:{'|'.join(anywhere)})"] * bool(anywhere) + fixed
    return re.compile(rf"\A(?:{'|'.join(patterns)})(?=/|\Z)") if patterns else None


def _are_folders(pages: Mapping[str, str]) -> bool:
    """Whether each page is a folder with an index: `/lamp/` for `lamp.md`."""
    some = ((posixpath.basename(page), built) for page, built in islice(pages.items(), _FILES))
    return any(
        built.endswith("/index.html") for name, built in some if not name.lower().startswith(("index", "readme"))
    )


def _root(pages: Mapping[str, str]) -> str:
    """The folder ("" or "docs/") in which most pages have the path that they have on the site."""
    found: Counter[str] = Counter()
    for page, built in islice(pages.items(), _FILES):
        stem, route = posixpath.splitext(page)[0], posixpath.splitext(built)[0]
        for tail in (route, route.removesuffix("/index")):
            if tail and (stem == tail or stem.endswith(f"/{tail}")):
                found[stem.removesuffix(tail)] += 1
                break
    return found.most_common(1)[0][0] if found else ""
