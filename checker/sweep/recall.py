"""Which pages need to be read again: the page cache is compared with the files as they are now."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from hashlib import sha1
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from checker import __version__
from checker.config.schema import Config
from checker.mirror.generators.row import Built
from checker.mirror.opening import Opened
from checker.model import TargetKind
from checker.sources.base import Source, Stamp
from checker.sweep.cache import PageCache, Written, read
from checker.sweep.facts import Suspect

_GAPS = 1000  # with more unused file numbers than there are files, and so many besides, the cache is discarded


class Known(NamedTuple):
    """The page cache from the disk, and the indexes of its pages that refer to files which came or went."""

    snapshot: PageCache
    changed: set[int]


def known(path: Path, identity: str, names: Source) -> Known | None:
    """The page cache from the disk; None if it cannot be used. Gives the files in `names` their numbers in it."""
    found = read(path, identity)
    changed = None if found is None else _changed(found, names)
    return None if found is None or changed is None else Known(found.snapshot, changed)


class Recalled(NamedTuple):
    """The page cache, and the pages that need to be read."""

    snapshot: PageCache
    stamps: Mapping[str, Stamp]  # of the pages that need to be read, as they are now
    places: Mapping[str, int]  # page in the cache that may have changed -> its index
    unread: Sequence[tuple[str, bytes]]  # (page, id): pages to read, unless their content still has this id


def recall(
    found: Known | None,
    identity: str,
    names: Source,
    pages: Sequence[str],
    vouched: Callable[[], Mapping[str, str]],
    *,
    change: bool = False,
) -> Recalled:
    """Find the pages that need to be read. `vouched()`: the ids of files that, according to git, did not change since
    they were checked out. If only a `change` counts, git is asked first, since it compares files faster.
    """
    began = time.time_ns()
    if found is None:
        return Recalled(PageCache(identity), names.stamps(pages), {}, [(page, b"") for page in pages])
    snapshot, dropped = found
    there = set(pages)
    dropped.update(place for place, page in enumerate(snapshot.pages) if page not in there)
    held = snapshot.among(vouched()) if change else set()
    checked = [page for page in snapshot.pages if page not in held] if held else snapshot.pages
    doubtful = snapshot.doubtful(checked, names.stamped(checked), dropped)
    same = vouched() if doubtful else {}
    for place, stamp in doubtful.values():
        snapshot.restamp(place, stamp)
    ids = {
        page: snapshot.blob(place)
        for page, (place, _) in doubtful.items()
        if same.get(page) != snapshot.blob(place).hex()
    }
    snapshot.without(dropped)
    snapshot.began = began
    places = {page: place for place, page in enumerate(snapshot.pages)}
    unread = [(page, ids.get(page, b"")) for page in pages if page in ids or page not in places]
    stamps = names.stamps(page for page, _ in unread)
    return Recalled(snapshot, stamps, {page: places[page] for page in ids}, unread)


def _changed(found: Written, names: Source) -> set[int] | None:
    """The indexes of pages that files which came or went may concern; None: all pages."""
    snapshot, files, folders = found
    if folders == names.folders and list(names.files) == files:
        return set()
    if not folders <= names.folders:
        return None  # the cache does not keep references to folders
    if len(files) > 2 * len(names.files) + _GAPS:
        return None
    order = sorted(range(len(files)), key=files.__getitem__)
    added, gone = _renumber(files, order, names)
    stems = {_stem(name) for name in added} | (names.folders - folders)
    concerned = gone.union(_with_stems(files, order, stems))
    places = snapshot.columns["files"].concerned(frozenset(concerned))
    if added:
        words = {_word(part) for name in {*added, *(names.folders - folders)} for part in name.split("/")}
        missed = {
            page
            for page, facts in snapshot.rest.items()
            if any(_may_be_found(suspect, words) for suspect in facts.suspects)
        }
        places.update(place for place, page in enumerate(snapshot.pages) if page in missed)
    snapshot.changed = True
    return places


def _may_be_found(suspect: Suspect, words: Set[str]) -> bool:
    """Whether a reference that led nowhere may lead to a new file, or into a new folder, with one of these words."""
    target = suspect.target
    if target.kind is not TargetKind.MISSING:
        return False
    return bool(target.why or target.other) or not words.isdisjoint({_word(target.name), _word(suspect.raw)})


def _word(path: str) -> str:
    """What names of files that may stand for each other share in all layouts: the letters and digits of the last part,
    up to its extension or query.
    """
    base = unquote(path).rstrip("/").rpartition("/")[2]
    return _OTHER.sub("", normalize("NFKC", _END.split(base.lstrip("."), maxsplit=1)[0]).casefold())


_END, _OTHER = re.compile(r"[.?@#]"), re.compile(r"[\W_]")


def _renumber(files: Sequence[str], order: Sequence[int], names: Source) -> tuple[list[str], set[int]]:
    """Give files the numbers that they had in a list; others follow. Files that are gone, and "", leave gaps. `order`:
    the numbers by name. Returns the names that are new, and the numbers of those that are gone.
    """
    before, after = [files[number] for number in order], list(names.files)
    numbers = [-1] * len(after)
    gone: set[int] = set()
    end = files.count("")
    for at, to, size in _shared(before, after):
        numbers[to : to + size] = order[at : at + size]
        gone.update(order[end:at])
        end = at + size
    gone.update(order[end:])
    added = [to for to, number in enumerate(numbers) if number < 0]
    for number, to in enumerate(added, len(files)):
        numbers[to] = number
    names.renumber(numbers, len(files) + len(added))
    return [after[to] for to in added], gone


def _shared(some: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """What two sorted lists share: where it begins in each, and how many names follow. As most is the same, long
    stretches are compared at once.
    """
    at = to = 0
    while at < len(some) and to < len(others):
        if some[at] < others[to]:
            at = bisect_left(some, others[to], at)
        elif some[at] > others[to]:
            to = bisect_left(others, some[at], to)
        else:
            size = step = 1
            while step:
                more = some[at + size : at + size + step]
                alike = bool(more) and more == others[to + size : to + size + step]
                size += len(more) if alike else 0
                step = step * 2 if alike else step // 2
            yield at, to, size
            at, to = at + size, to + size


def _with_stems(files: Sequence[str], order: Sequence[int], stems: Set[str]) -> Iterator[int]:
    """The numbers of files whose names have one of these stems. A name begins with its stem."""
    for stem in stems:
        at = bisect_left(order, stem, key=files.__getitem__)
        while at < len(order) and files[order[at]].startswith(stem):
            if _stem(files[order[at]]) == stem:
                yield order[at]
            at += 1


def _stem(name: str) -> str:
    """A name without query, extension and `index`. Files with the same stem may stand for each other in a layout."""
    head, slash, base = name.partition("?")[0].partition("@")[0].rpartition("/")
    base = base.partition(".")[0]
    return head if base in {"index", "README", "readme"} else f"{head}{slash}{base}"


def identity(config: Config, opened: Opened, *, online: bool, embeds: bool = True) -> str:
    """A hash of all that facts depend on, except the pages and the names of the mirror's files.

    The ids of commits and the names of refs are left out: they change often, and pages that name them are not
    remembered.
    """
    parts = [config.mirror, config.pages, config.references, opened.published, opened.slugs, opened.home]
    parts += [opened.addresses, opened.origins, opened.mounts, opened.ignored, online, embeds]
    return sha1(repr((__version__, [_plain(part) for part in parts])).encode(), usedforsecurity=False).hexdigest()


def _plain(value: object) -> object:
    """A value that prints the same in every process."""
    match value:
        case Built():
            return [value.generator.name, sorted(value.sources.items()), _plain(value.plan)]
        case Source():
            return [value.links, sorted(value.problems)]
        case re.Pattern():
            return value.pattern
        case str() | int() | float() | bytes() | None:
            return value
        case dict() | Mapping():
            return sorted((repr(key), _plain(each)) for key, each in value.items())
        case set() | frozenset():
            return sorted(map(repr, value))
        case tuple() if hasattr(value, "_asdict"):
            fields = value._asdict()
            return [_plain(each) for name, each in fields.items() if name not in {"current", "refs"}]
        case list() | tuple():
            return [_plain(each) for each in value]
    names = getattr(value, "__struct_fields__", None) or getattr(type(value), "__slots__", None) or vars(value)
    return [_plain(getattr(value, name)) for name in names]
