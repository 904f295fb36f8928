"""A ZIP archive as a mirror. Its members are read from the archive; nothing is unpacked to a folder.

An archive is hostile input. A member with an absolute name, or one that leads outside, is a problem and not a file.
Members are stored or deflated, the two methods that ISO/IEC 21320-1 permits. APPNOTE 6.3 describes the format.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from checker.model import SourceError
from checker.rules.codes import Code
from checker.sources.base import SKIPPED, Problem, Source, Stamp, no_such

_BLOCK = 1 << 16  # bytes
_MAPPED = 64 << 20  # bytes; a larger member is unpacked to a nameless file instead of to memory
_LONGEST = 4_096  # length of a name, and of the target of a symbolic link: PATH_MAX of Linux
_DEEPEST = 128  # nested folders
_LARGE = 1 << 30  # bytes; members may expand to so many from an archive of any size
_RATIO = 200  # beyond that, an archive may expand to so many times its size; text expands 20 times

_BEGINS = b"PK\3\4"
_LOCAL = struct.Struct("<4s22xHH")  # the header of a member: signature, lengths of its name and of its extra fields
_ENCRYPTED, _UTF8 = 1, 0x800  # general purpose flags
_DOS, _UNIX, _NTFS, _VFAT = 0, 3, 10, 14  # systems that archives are made on
_UNICODE_PATH = 0x7075  # the extra field of Info-ZIP
_DRIVE = re.compile(r"[A-Za-z]:(?:[/\\]|$)")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_MAC = "__MACOSX"  # the folder in which macOS keeps its own data about the files


class Member(NamedTuple):
    """Where a file is in the archive."""

    at: int  # byte at which its header begins
    packed: int  # bytes in the archive
    size: int  # bytes
    crc: int
    method: int
    encrypted: bool


class Archive(Source):
    """The members of a ZIP archive, or those in one of its folders.

    If all members are in a single top folder, as in downloads from forges, that folder is the root.
    """

    __slots__ = ("_archive", "_members", "top")

    def __init__(self, archive: Path, folder: str = "") -> None:
        """Read the directory of an archive. `folder`: the folder in the archive that is the mirror; "": the top.

        Raises SourceError if the archive cannot be read, is a bomb, or has no such folder.
        """
        listing = _Listing(archive)
        self._archive = archive
        self.top = listing.root(folder.strip("/"))
        prefix = self.top + "/" if self.top else ""
        cut = len(prefix)
        self._members = {name[cut:]: member for name, member in listing.members.items() if name.startswith(prefix)}
        folders = {name[cut:] for name in listing.folders if name.startswith(prefix)} | {""}
        problems = [Problem(path.removeprefix(prefix), rule, said) for path, rule, said in listing.problems]
        links = {name[cut:] for name in listing.links if name.startswith(prefix)}
        files = self._members.keys() - links
        super().__init__(archive / self.top, files, folders, {}, problems)
        self._follow(sorted(links))

    def within(self, name: str) -> str | None:
        """The mirror's name of a file or folder whose name may begin with the top folder; None if there is none."""
        for each in (name, name.removeprefix(self.top + "/")):
            if self.holds(each) or self.real(each) in self.folders:
                return each
        return "" if name == self.top else None

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a member."""
        data = bytearray()
        for block in self.blocks(name):
            data += block
            if len(data) >= limit:
                break
        return bytes(data[:limit])

    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes of a member. Their checksum is compared at the end; until then, they may be wrong."""
        member = self._members.get(name)
        if member is None:
            raise no_such(name)
        if member.encrypted:
            raise PermissionError(errno.EACCES, "it is encrypted", self.shown(name))
        if member.method not in _METHODS:
            raise OSError(errno.ENOTSUP, f"it is packed by method {member.method}: neither stored nor deflated")
        size = crc = 0
        try:
            for block in self._unpacked(member):
                size += len(block)
                if size > member.size:
                    break
                crc = zlib.crc32(block, crc)
                yield block
        except (zlib.error, EOFError, OverflowError) as error:
            raise OSError(errno.EIO, f"the archive is damaged: {error}", self.shown(name)) from error
        if (size, crc) != (member.size, member.crc):
            raise OSError(errno.EIO, "the archive is damaged: its checksum is wrong", self.shown(name))

    def whole(self, name: str) -> bytes | mmap:
        """All bytes of a member. A large one is unpacked to a file without a name."""
        if name not in self._members or self._members[name].size < _MAPPED:
            return b"".join(self.blocks(name))
        with TemporaryFile() as file:
            file.writelines(self.blocks(name))
            file.flush()
            return mmap(file.fileno(), 0, access=ACCESS_READ)

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """Size and checksum of members. Their times are not reliable, and only whole seconds."""
        known = ((name, self._members.get(name)) for name in names)
        return {name: (member.size, member.crc, 0) for name, member in known if member}

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Members with their bytes."""
        return ((name, self._members[name].size) for name in names if name in self._members)

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        # The archive is opened for each member: forked workers would share the position in an open file.
        with self._archive.open("rb", buffering=0) as file:
            file.seek(member.at)
            header = file.read(_LOCAL.size)
            if len(header) < _LOCAL.size or not header.startswith(_BEGINS):
                raise EOFError("a member is not where the directory says")
            _, name, extra = _LOCAL.unpack(header)
            file.seek(name + extra, os.SEEK_CUR)
            packed = _pieces(file.read, member.packed)
            yield from packed if member.method == zipfile.ZIP_STORED else _inflated(packed)

    def _follow(self, links: Iterable[str]) -> None:
        """Resolve symbolic links. A link that leaves the archive, dangles or loops becomes a problem."""
        for name in links:
            try:
                target = os.fsdecode(self.read(name, _LONGEST))
            except OSError as error:
                self.problems.append(Problem(name, Code.LOCAL_UNREADABLE, f"cannot be read: {error.strerror}"))
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if path.startswith("/") or path.split("/")[0] == os.pardir:
                message = "the symbolic link leaves the mirror"
                self.problems.append(Problem(name, Code.LOCAL_BAD_SYMLINK, message))
            else:
                self.links[name] = "" if path == os.curdir else path
        real = {name: self.real(name) for name in self.links}
        self.links = {name: path for name, path in real.items() if path in self.files or path in self.folders}
        message = "the symbolic link dangles or loops"
        dangling = sorted(real.keys() - self.links.keys())
        self.problems += [Problem(name, Code.LOCAL_BAD_SYMLINK, message) for name in dangling]


class _Listing:
    """The members in the directory of an archive, by the names that they would have in a folder."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}
        self.folders: set[str] = set()
        self.links: set[str] = set()
        self.problems: list[Problem] = []
        entries = _entries(archive)
        _refuse_bomb(archive, entries)
        for entry in entries:
            self._add(entry)
        for name in sorted(self.members.keys() & self.folders):
            del self.members[name]
            self.links.discard(name)
            self._complain(name, "a folder of the archive has the same name")

    def root(self, folder: str) -> str:
        """The folder of the archive that is the mirror's root. Raises SourceError if there is no such folder."""
        top = self._top()
        for each in (folder, posixpath.join(top, folder)) if folder else (top,):
            if each in self.folders or not each:
                return each
        raise SourceError(f"{self._archive}/{folder}: no such folder in the archive")

    def _top(self) -> str:
        """The single folder that contains all members; "" if there are several, or files beside it."""
        tops = {name.partition("/")[0] for name in (*self.members, *self.folders)}
        return tops.pop() if len(tops) == 1 and tops <= self.folders else ""

    def _add(self, entry: zipfile.ZipInfo) -> None:
        name = _name(entry)
        if fault := _fault(name):
            self._complain(name, fault)
            return
        parts = [part for part in name.split("/") if part not in {"", os.curdir}]
        is_folder = name.endswith("/") or not parts
        above = parts if is_folder else parts[:-1]
        if not SKIPPED.isdisjoint(above) or parts[:1] == [_MAC]:
            return
        self.folders.update("/".join(parts[:end]) for end in range(1, len(above) + 1))
        if is_folder:
            return
        mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
        name = "/".join(parts)
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFLNK}:
            return  # a pipe or a device, which a folder source skips as well
        if name in self.members:
            self._complain(name, "several members of the archive have this name; the last one is read")
        self.links.discard(name)
        if stat.S_ISLNK(mode):
            self.links.add(name)
        self.members[name] = Member(
            entry.header_offset,
            entry.compress_size,
            entry.file_size,
            entry.CRC,
            entry.compress_type,
            bool(entry.flag_bits & _ENCRYPTED),
        )

    def _complain(self, name: str, message: str) -> None:
        self.problems.append(Problem(name, Code.LOCAL_UNREADABLE, message))


def _entries(archive: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(archive) as file:
            return file.infolist()
    except OSError as error:
        raise SourceError(f"{archive}: cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, EOFError) as error:
        raise SourceError(f"{archive}: not a ZIP archive that can be read: {error}") from error


def _refuse_bomb(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raise SourceError for a bomb: an archive that expands too much, or whose members overlap."""
    held = archive.stat().st_size
    packed, size = (sum(getattr(each, field) for each in entries) for field in ("compress_size", "file_size"))
    if packed > held:
        raise SourceError(f"{archive}: its members overlap: {packed:,} bytes are packed in {held:,}")
    if size > max(_LARGE, _RATIO * held):
        raise SourceError(f"{archive}: it would unpack to {size:,} bytes, more than {_RATIO} times its size")


def _name(entry: zipfile.ZipInfo) -> str:
    """A member's name, with slashes between folders."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8:
        raw = name.encode("cp437")
        with suppress(UnicodeDecodeError):  # many programs write UTF-8 without setting the flag
            name = raw.decode("utf-8")
        name = _unicode_path(entry.extra, raw) or name
    if entry.create_system in {_DOS, _NTFS, _VFAT}:
        name = name.replace("\\", "/")  # some programs on Windows write backslashes, against the specification
    return name


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """A member's Unicode name from its extra field; "" if there is none, or if it belongs to another name."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and field[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            return field[5:].decode("utf-8", "replace")
    return ""


def _fault(name: str) -> str:
    """Why a member's name cannot be the name of a file in a folder; "" if it can."""
    if not name.strip("/"):
        return "the archive's member has no name" if not name else "the archive's member has an absolute name"
    if "\0" in name:
        return "the name of the archive's member holds a NUL"
    if name.startswith("/"):
        return "the archive's member has an absolute name"
    if _DRIVE.match(name):
        return "the name of the archive's member begins with a drive"
    if len(name) > _LONGEST or name.count("/") > _DEEPEST:
        return "the name of the archive's member is longer or deeper than any folder's"
    if os.pardir in name.split("/"):
        return "the name of the archive's member leads out of the archive"
    return ""


def _pieces(read: Callable[[int], bytes], left: int) -> Iterator[bytes]:
    while left:
        piece = read(min(_BLOCK, left))
        if not piece:
            raise EOFError("it ends inside a member")
        left -= len(piece)
        yield piece


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Inflate pieces in blocks, so that even a bomb never fills the memory."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        packed = inflater.unconsumed_tail or next(pieces, b"")
        block = inflater.decompress(packed, _BLOCK)
        if not packed and not block:
            raise EOFError("a member ends early")
        if block:
            yield block
