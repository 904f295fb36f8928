"""A store of objects as a source: its names are listed once, and each process reads from it by itself.

A store is hostile input as any server. Names that no folder could hold are problems and not files; a listing that does
not end is an error. What an object is follows from its stamp, which its ETag gives; so what the opening of a mirror
reads, the settings of a site and the first pages of each kind, is remembered, and read again only if it changed.
"""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from typing import Any

from xxhash import xxh3_64_intdigest

from checker import kinds
from checker.model import Kind, SourceError
from checker.rules.codes import Code
from checker.sources.address import Address, Client, Entry
from checker.sources.base import SKIPPED, Problem, Source, Stamp, Stated, no_such
from checker.sources.reading import UNKNOWN, Memory, Reader

_MOST = 20_000_000  # objects of a listing
_IDLE = 100  # pages of a listing in a row without a new name, after which it does not end
_LONGEST = 4_096  # length of a name
_DEEPEST = 128  # nested folders
_PIECE = 8 << 20  # bytes of a large object that are asked for at once
_BLOCK = 1 << 20  # bytes
_MAPPED = 64 << 20  # bytes; a larger object is put into a nameless file instead of into memory
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})  # types of what nobody gave a type
_COARSE = 1_000_000_000  # nanoseconds: stores that have only times may count them in seconds
_LOST: Stamp = (UNKNOWN, 0, 1)  # of one that cannot be looked at
_BEHIND: Stamp = (UNKNOWN, 0, 0)  # in place of the stamp of an object that was not looked at


class Store(Source):
    """The objects below an address."""

    batch = 48  # a worker that takes too long for one is taken for stuck
    __slots__ = ("_address", "_memory", "_reader", "_rows", "_stamps", "_typed")

    def __init__(self, address: Address) -> None:
        """List the store. Raises SourceError if that is not possible."""
        self._address = address
        self._reader: Reader | None = None
        self._memory: Memory | None = Memory(address.memory)  # while the mirror is opened
        try:
            listing = _Listing(address, self._open().client)
            super().__init__(address, listing.entries, listing.folders, {}, listing.problems)
            self._rows = self.files
            entries = [listing.entries[name] for name in self.files]
            del listing
            self._stamps = array("Q", chain.from_iterable(map(_stamp, entries)))
            self._typed: dict[str, Stated | None] = {}  # of names that do not tell what they are
            self._tell_kinds(entries)
        except BaseException:
            self.rest()
            raise

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        left = {"_reader": None, "_memory": None}  # connections stay where they are
        slots = (name for each in type(self).__mro__ for name in getattr(each, "__slots__", ()))
        return None, {name: left[name] if name in left else getattr(self, name) for name in slots}

    def rest(self) -> None:
        """End the connections, and the threads beside them. The next read opens them again."""
        if self._memory:
            self._memory.write()
            self._memory = None
        reader, self._reader = self._reader, None
        if reader is not None and reader.process == os.getpid():
            reader.client.close()

    def stated(self, name: str) -> Stated | None:
        """What the store says of a page whose name does not tell what it is."""
        return self._typed.get(name) if self._typed else None

    def kind_of(self, name: str) -> Kind | bool | None:
        """The kind of page that a file is by its name, or else by what the store says."""
        kind = kinds.kind_of(name)
        if kind is not True or name not in self._typed:
            return kind
        stated = self._typed[name]
        return stated.kind if stated else None

    def ahead(self, names: Iterable[str]) -> None:
        """Begin to read objects that will be asked for, in this order."""
        rows, stamps = self._rows, self._stamps
        if self._memory:
            names = [*names]
            self._look_at(names)
            names = [name for name in names if name in rows and not self._memory.knows(name, self._stamp_of(name))]
        self._open().ahead([(name, stamps[rows[name] * 3]) for name in names if name in rows])

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of an object."""
        if self._memory:
            return self._remembered(name, limit)
        if not self._stamp_of(name)[0] or not limit:
            return b""
        return self._open().read(name, limit)

    def _remembered(self, name: str, limit: int) -> bytes:
        """The same while a mirror is opened."""
        assert self._memory is not None  # noqa: S101 - for the type checker
        self._look_at([name])
        stamp = self._stamp_of(name)
        if not stamp[0] or not limit:
            return b""
        data = self._memory.beginning(name, stamp, limit)
        if data is None:
            data = self._open().read(name, limit)
            self._memory.note_beginning(name, stamp, limit, data)
        return data

    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of an object."""
        start, data = 0, self.read(name, _PIECE)
        while data:
            yield from (data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK))
            start += len(data)
            if len(data) < _PIECE or start >= self._stamp_of(name)[0]:
                break
            data = self._open().client.get(name, start, start + _PIECE).result()

    def whole(self, name: str) -> bytes | mmap:
        """All bytes of an object. A large one is put into a file without a name."""
        if self._stamp_of(name)[0] < _MAPPED:
            return b"".join(self.blocks(name))
        with TemporaryFile() as file:
            file.writelines(self.blocks(name))
            size = file.tell()
            file.flush()
            return mmap(file.fileno(), 0, access=ACCESS_READ) if size else b""

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """Size and ETag; or where there is no ETag, size and time."""
        names = [name for name in names if name in self._rows]
        self._look_at(names)
        found = ((name, self._stamp_of(name)) for name in names)
        return {name: stamp for name, stamp in found if stamp not in {_LOST, _BEHIND}}

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Objects with their bytes."""
        return ((name, stamp[0]) for name, stamp in self.stamps(names).items() if stamp[0] != UNKNOWN)

    def _open(self) -> Reader:
        if self._reader is None or self._reader.process != os.getpid():
            self._reader = Reader(self._address.opens(self._address.url))
        return self._reader

    def _stamp_of(self, name: str) -> Stamp:
        row = self._rows.get(name)
        if row is None:
            raise no_such(name)
        size, tag, time = self._stamps[row * 3 : row * 3 + 3]
        return size, tag, time

    def _look_at(self, names: Iterable[str]) -> None:
        """Learn what the listing did not say of objects."""
        behind = [name for name in names if name in self._rows and self._stamp_of(name) == _BEHIND]
        for name, entry in self._open().looks(behind) if behind else ():
            self._set(name, _LOST if entry is None else _stamp(entry))

    def _set(self, name: str, stamp: Stamp) -> None:
        row = self._rows[name]
        self._stamps[row * 3 : row * 3 + 3] = array("Q", stamp)

    def _tell_kinds(self, entries: list[Entry]) -> None:
        """Note what the store says of objects whose names do not tell what they are."""
        unclear = {entry.name: entry for entry in entries if kinds.kind_of(entry.name) is True}
        missing: list[str] = []
        for name, entry in unclear.items():
            text = entry.media or (self._memory and self._memory.type_of(name, _stamp(entry), entry.modified))
            if text:
                self._tell_kind(name, _stamp(entry), text)
            elif text is None or not entry.media:
                missing.append(name)
        if self._open().client.tells:
            return
        for name, seen in self._open().looks(missing):
            if seen is None:
                continue
            if self._memory:
                self._memory.note_type(name, _stamp(unclear[name]), unclear[name].modified, seen.media)
            self._tell_kind(name, _stamp(seen), seen.media)

    def _tell_kind(self, name: str, stamp: Stamp, text: str) -> None:
        media, charset = kinds.type_of(text)
        kind = kinds.kind_of_type(media)
        if media not in _UNTOLD and kind is not True:  # else its first bytes decide
            self._typed[name] = Stated(kind, charset) if isinstance(kind, Kind) else None
            said = xxh3_64_intdigest(text.encode("utf-8", "surrogateescape"))
            self._set(name, (stamp[0], stamp[1] ^ said, stamp[2]))


def _stamp(entry: Entry) -> Stamp:
    if entry.size < 0 and not entry.tag and not entry.modified:
        return _BEHIND
    size = entry.size if entry.size >= 0 else UNKNOWN
    if entry.tag:
        return size, xxh3_64_intdigest(entry.tag.encode("utf-8", "surrogateescape")), 0
    return size, entry.modified or 1, entry.modified + _COARSE


class _Listing:
    """The objects that a store lists, by the names that they would have in a folder."""

    def __init__(self, address: Address, client: Client) -> None:
        self.entries: dict[str, Entry] = {}
        self.folders = {""}
        self.problems: list[Problem] = []
        idle = 0
        try:
            for page in client.pages():
                before = len(self.entries) + len(self.problems) + len(self.folders)
                for entry in page:
                    self._add(entry)
                after = len(self.entries) + len(self.problems) + len(self.folders)
                idle = 0 if after > before else idle + 1
                if after > _MOST or idle >= _IDLE:
                    raise OSError(errno.EIO, f"it does not end: {after:,} names in its listing, and more to come")
            if not self.entries and client.is_object():
                raise SourceError(f"{address}: an object, and no folder: `mirrorcheck page` checks it")
        except OSError as error:
            raise SourceError(f"{address}: cannot be listed: {error.strerror}") from error

    def _add(self, entry: Entry) -> None:
        name = entry.name
        if not name or name in self.entries:
            return  # the object that stands for the folder itself
        parts = name.split("/")
        is_folder = not parts[-1]
        above = parts[:-1]
        if not SKIPPED.isdisjoint(above):
            return
        if fault := _fault(name, parts[:-1] if is_folder else parts):
            self.problems.append(Problem(name, Code.LOCAL_UNREADABLE, fault))
            return
        folder = folder_name = "/".join(above)
        while folder not in self.folders:
            self.folders.add(folder)
            folder = folder.rpartition("/")[0]
        if not is_folder:
            self.entries[name] = entry
        elif entry.fault:
            self.problems.append(
                Problem(folder_name, Code.LOCAL_UNREADABLE, f"the folder cannot be read: {entry.fault}")
            )


def _fault(name: str, parts: list[str]) -> str:
    """Why the name of an object cannot be that of a file in a folder; "" if it can."""
    if os.pardir in parts or os.curdir in parts:
        return "the object's name holds `.` or `..` as a folder, which no URL reaches"
    if "" in parts:
        return "the object's name holds an empty folder (`//`), which no folder on a disk can"
    if "\0" in name:
        return "the object's name holds a NUL"
    if len(name) > _LONGEST or len(parts) > _DEEPEST:
        return "the object's name is longer or deeper than any folder's"
    return ""
