"""What a few pages refer to, and what that shows of a folder: which of its folders are a site's root, and whether wget
converted the references.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from html import unescape
from itertools import islice

from checker.kinds import kind_of
from checker.mirror.layouts import WINDOWS_QUERY, Names
from checker.model import Kind
from checker.sources.base import Source
from checker.web import urls

Read = Callable[[str], str | None]  # the beginning of a file by its name, or None where it is not there

_SAMPLE = 100  # pages that are looked into at most
_COUNTED = 1000  # references of each
_REFERENCE = re.compile(r"""\b(?:href|src|url)\s*[=(]\s*["']?([^"'\s<>)#]+)""", re.I)
_SLASHES = re.compile("//+")
INDEXES = ("index.html", "index.htm", "index.xhtml", "index.php")
_ADDED = (".html", ".css")  # by `wget --adjust-extension`


def roots(names: Names, read: Read) -> frozenset[str]:
    """Folders that are a site's root: more of what their pages refer to with a slash in front is there than at the root
    of the mirror. Where that has an index, it is the site.
    """
    return frozenset() if _has_index(names) else _roots(names, _references(names, read))


def hosts(names: Names, read: Read, named: AbstractSet[str]) -> AbstractSet[str]:
    """Those of the folders named after hosts which their pages treat as that host."""
    references = [*_references(names, read)]
    roots = _roots(names, references, named if _has_index(names) else None)
    return (roots & named) or _own(names, references, named)


def _has_index(names: Names) -> bool:
    return any(index in names.files for index in INDEXES)


def _roots(
    names: Names, references: Iterable[tuple[str, str]], among: AbstractSet[str] | None = None
) -> frozenset[str]:
    there: Counter[str] = Counter()  # by folder: what is there, less what is at the root of the mirror
    for page, reference in references:
        if reference[0] != "/" or reference[1:2] in {"/", "\\", ""}:
            continue
        path = posixpath.normpath(_SLASHES.sub("/", urls.decode(reference.partition("?")[0])))[1:]
        at_root = _holds(names, path)
        for folder in _above(page):
            there[folder] += _holds(names, f"{folder}/{path}") - at_root
    found: set[str] = set()
    for folder in sorted(folder for folder, more in there.items() if more > 0 and (among is None or folder in among)):
        if found.isdisjoint(_above(folder)):
            found.add(folder)
    return frozenset(found)


def _own(names: Names, references: Iterable[tuple[str, str]], named: AbstractSet[str]) -> frozenset[str]:
    """Folders with the name of a host to which the pages of such a folder refer by its URL, where no page lies beside
    them.
    """
    if any(kind_of(name) is Kind.HTML for name in names.files if "/" not in name):
        return frozenset()
    by_authority = {folder.lower().replace("+", ":"): folder for folder in named}
    found = set()
    for page, reference in references:
        if page.partition("/")[0] in named and (folder := by_authority.get(urls.authority(reference).lower())):
            found.add(folder)
    return frozenset(found)


def converted(names: Names, read: Read) -> bool:
    """Whether the references of a copy by wget name files, in which `?` is written %3F, and not URLs of its origin.

    One that holds %3F shows it. So do references to the origin, if all are to what is not here, and none has a slash
    in front: `wget --convert-links` leaves nothing else of them; but it writes %3F only with `--adjust-extension`.
    """
    # Whether there is a reference to the origin of what is not here, and one that is as it was.
    lost, left = False, False
    for page, reference in _references(names, read):
        path, _, query = reference.partition("?")
        top = page.partition("/")[0]
        if reference[0] == "/" and reference[1:2] != "/":
            left = True
        elif _is_host(top, urls.authority(reference)):
            file = f"{top}{urls.decode(urls.host_and_path(path)[1])}"
            here = _holds(names, file.rstrip("/")) or f"{file}?{query}" in names.files
            lost, left = lost or not here, left or here
        if not query and "%3f" not in path.lower() and "@" not in path:
            continue
        file = posixpath.join(posixpath.dirname(page), urls.decode(path))
        if query and query.endswith(_ADDED):
            file = f"{file}?{urls.decode(query)}"
        file = posixpath.normpath(file)
        if file in names.files and ("?" in file or WINDOWS_QUERY.search(file)):
            return True
    return lost and not left


def _references(names: Names, read: Read) -> Iterator[tuple[str, str]]:
    sample = _sample(names)
    if isinstance(names, Source):
        names.ahead(sample)
    for page in sample:
        for found in islice(_REFERENCE.finditer(read(page) or ""), _COUNTED):
            yield page, unescape(found[1])


def _sample(names: Names) -> list[str]:
    """Some pages, evenly spread."""
    sample: list[str] = []
    step = 1
    pages = (name for name in names.files if (kind := kind_of(name)) is Kind.HTML or kind is True)
    for at, page in enumerate(pages):
        if at % step:
            continue
        sample.append(page)
        if len(sample) > _SAMPLE:
            sample = sample[::2]
            step *= 2
    return sample


def _is_host(folder: str, authority: str) -> bool:
    """Whether a folder has the name that wget gives to a host and its port."""
    return authority.lower() == folder.lower().replace("+", ":")


def _above(name: str) -> Iterator[str]:
    """The folders that a file or folder is in, from the outermost."""
    end = name.find("/")
    while end >= 0:
        yield name[:end]
        end = name.find("/", end + 1)


def _holds(names: Names, path: str) -> bool:
    return path in names.files or path in names.folders
