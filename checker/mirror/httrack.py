"""HTTrack's record of a crawl, `hts-cache/new.txt`: which URL was saved as which file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checker.sources.base import Source
from checker.web import urls

RECORD = "hts-cache/new.txt"
OWN = ("hts-cache/", "hts-log.txt")  # what it writes beside the copy: no pages of the site

# date, sizes, flags, status, message, MIME type, ETag or date, URL, local file, (from referrer)
_COLUMNS = 10
_STATUS, _MIME, _URL, _FILE = 3, 5, 7, 8

_LONGEST = 65_536  # bytes of a line, which has two URLs and a path
_LONGEST_NAME = 4_096  # PATH_MAX of Linux
_SAMPLE = 1_000  # lines from which the name of the crawl's folder is found
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")


class Entry(NamedTuple):
    """The record of one URL."""

    file: str | None  # relative to the folder, also for an error page; None if there is no file
    status: int  # of HTTP, or a negative number of HTTrack
    mime: str  # as the server said, or empty


class Map:
    """Maps URLs to files, exactly. If a URL was fetched twice, the last answer counts."""

    __slots__ = ("_entries",)

    def __init__(self, entries: dict[str, Entry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, url: str) -> Entry | None:
        """The record of an absolute URL. Its scheme, fragment and the case of `%e4` make no difference."""
        key = _key(url)
        return None if key is None else self._entries.get(key)

    def files(self) -> Iterator[tuple[str, str]]:
        """(URL, file) of each copied file: `//host/path?query` as browsers write it, also with `%e4` for `%E4`."""
        for key, entry in self._entries.items():
            if entry.file is not None and (200 <= entry.status < 300 or entry.status == 304):
                yield f"//{key}", entry.file
                lower = _HEX.sub(lambda match: match[0].lower(), key)
                if lower != key:
                    yield f"//{lower}", entry.file


def read(source: Source) -> Map | None:
    """The record in a mirror; None if there is none. Lines that are not records are skipped."""
    try:
        prefix = _prefix(source)
        entries = {}
        for status, mime, url, saved in _rows(source):
            key = _key(url)
            if key is not None:
                name = saved.removeprefix(prefix) if saved.startswith(prefix) else None
                entries[key] = Entry(name and _existing(source, name), status, mime)
    except OSError:
        return None
    return Map(entries)


def _rows(source: Source) -> Iterator[tuple[int, str, str, str]]:
    with source.stream(RECORD) as file:
        whole = True
        while line := file.readline(_LONGEST):
            begins, whole = whole, line.endswith(b"\n") or len(line) < _LONGEST
            if not begins or not whole:
                continue  # a part of a line that is too long
            columns = line.decode("utf-8", "surrogateescape").rstrip("\r\n").split("\t")
            if len(columns) == _COLUMNS and _NUMBER.fullmatch(columns[_STATUS]):
                yield int(columns[_STATUS]), columns[_MIME], columns[_URL], columns[_FILE]


def _prefix(source: Source) -> str:
    """The path of the folder when HTTrack ran: the prefix of most of the recorded files."""
    votes: Counter[str] = Counter()
    for _, _, _, saved in islice(_rows(source), _SAMPLE):
        if len(saved) <= _LONGEST_NAME:
            cuts = (0, *(match.end() for match in islice(re.finditer("/+", saved), 64)))
            cut = next((cut for cut in cuts if _existing(source, saved[cut:])), None)
            if cut is not None:
                votes[saved[:cut]] += 1
    return votes.most_common(1)[0][0] if votes else ""


def _existing(source: Source, saved: str) -> str | None:
    """The name of a recorded file. HTTrack percent-encodes `中` and spaces in its record, but not `%` itself."""
    if len(saved) > _LONGEST_NAME or saved.startswith("/"):
        return None
    for name in (saved, urls.decode(saved)) if "%" in saved else (saved,):
        if source.holds(name):
            return name
    return None


def _key(url: str) -> str | None:
    """A URL as browsers serialise it, without scheme, credentials and fragment; None if it is not HTTP."""
    try:
        whole = urls.resolve(url, "").partition("#")[0]
    except urls.InvalidURL:
        return None
    scheme, _, rest = whole.partition("://")
    if scheme not in {"http", "https"}:
        return None
    host, slash, path = rest.partition("/")
    if "%" in path:
        path = _HEX.sub(lambda match: match[0].upper(), path)
    return host.rpartition("@")[2] + slash + path
