"""Manifests of checksums. Those of sha256sum and BagIt can be read, and those that `sha256sum -c` accepts are written.

A line of coreutils is `HASH␠␠NAME`, with `*` for the second blank in binary mode, or `SHA256 (NAME) = HASH` by `--tag`.
A backslash at the start of the line means that backslashes and line ends in the name are escaped. BagIt (RFC 8493)
percent-encodes line ends. Names are relative to the mirror's root, and keep their bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from checker import disk
from checker.model import ReportError, SourceError
from checker.sources.address import Address, Root
from checker.sources.base import Source, no_such

NAME = "SHA256SUMS"
_DECLARATION = "bagit.txt"  # a folder with this file is a bag
SIGNATURES = (".asc", ".gpg", ".minisig", ".sig")  # extensions of a manifest's signature, which it cannot list

_SIZES = {"sha512": 64, "sha384": 48, "sha256": 32, "sha224": 28, "sha1": 20, "md5": 16}  # the strongest first
_ALGORITHM = re.compile("|".join(_SIZES), re.I)
_BAG = re.compile(rf"manifest-({'|'.join(_SIZES)})\.txt")
_LONGEST = 1 << 16  # bytes of a line: no system has such long names
_ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}
_SPECIAL = re.compile(rb"[\\\n\r]")
_ESCAPED = {written: escape for escape, written in _ESCAPES.items()}


class Manifest(NamedTuple):
    """A file of checksums."""

    name: str  # relative to the mirror's root
    path: Root
    algorithm: str
    bag: bool = False  # the manifest of a BagIt bag, which lists the files under data/

    @property
    def sealable(self) -> bool:
        """Whether `mirrorcheck seal` writes manifests of this kind."""
        return not self.bag and self.algorithm == "sha256"

    def covers(self, name: str) -> bool:
        """Whether the manifest should list a file of the folder."""
        if self.bag:
            return name.startswith("data/")
        return not name.startswith(self.name) or name[len(self.name) :] not in {"", *SIGNATURES}


class Entry(NamedTuple):
    """One file of a manifest."""

    name: str
    digest: bytes
    line: int


class ManifestError(SourceError):
    """A manifest that cannot be read."""

    def __init__(self, manifest: Manifest, line: int, message: str) -> None:
        super().__init__(f"{manifest.path}:{line}: {message}")
        self.name = manifest.name
        self.line = line
        self.message = message


def find(source: Source, setting: str) -> Manifest | None:
    """The manifest of a mirror. `setting` is its name, "auto", or "" for no manifest."""
    if setting != "auto":
        match = _ALGORITHM.search(Path(setting).name)
        algorithm = match[0].lower() if match else "sha256"
        bag = _BAG.fullmatch(setting) is not None and source.holds(_DECLARATION)
        return Manifest(setting, source.place / setting, algorithm, bag) if setting else None
    if source.holds(NAME):
        return Manifest(NAME, source.place / NAME, "sha256")
    if source.holds(_DECLARATION):
        for algorithm in _SIZES:
            name = f"manifest-{algorithm}.txt"
            if source.holds(name):
                return Manifest(name, source.place / name, algorithm, bag=True)
    return None


def entries(manifest: Manifest, source: Source) -> Iterator[Entry]:
    """The entries of a manifest, which may lie outside the mirror.

    Raises ManifestError at the first line that is not an entry.
    """
    try:
        with _opened(manifest, source) as file:
            parse = _bag_line(manifest, source) if manifest.bag else _coreutils_line(manifest)
            for number, line in enumerate(_lines(file), 1):
                if len(line) >= _LONGEST:
                    raise ManifestError(manifest, number, "the line is too long for a name")
                if not line.strip() or (line.startswith(b"#") and not manifest.bag):
                    continue
                try:
                    name, digest = parse(line)
                    yield Entry(_name(name), bytes.fromhex(digest.decode("ascii")), number)
                except ValueError as error:
                    raise ManifestError(manifest, number, str(error)) from error
    except OSError as error:
        raise ManifestError(manifest, 1, f"cannot be read: {error.strerror}") from error


def _opened(manifest: Manifest, source: Source) -> IO[bytes]:
    if source.holds(manifest.name):
        return source.stream(source.real(manifest.name))
    if isinstance(manifest.path, Address):
        raise no_such(manifest.name)
    return disk.reading(manifest.path)


def write(path: Path, rows: Iterable[tuple[str, bytes]]) -> None:
    """Write (name, SHA-256) as sha256sum does, and replace the old manifest at once. Raises ReportError."""
    try:
        with disk.whole(path) as file:
            file.buffer.writelines(line(name, digest) for name, digest in rows)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from error


def line(name: str, digest: bytes) -> bytes:
    """The line that sha256sum writes for a file."""
    written = os.fsencode(name)
    if written == b"-":  # which sha256sum takes for standard input
        written = b"./-"
    mark = b""
    if _SPECIAL.search(written):
        mark, written = b"\\", _SPECIAL.sub(lambda match: _ESCAPED[match[0]], written)
    return b"%s%s  %s\n" % (mark, digest.hex().encode(), written)


Line = Callable[[bytes], tuple[bytes, bytes]]  # (name, digest in hexadecimal); raises ValueError


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    first = file.readline(_LONGEST).removeprefix(b"\xef\xbb\xbf")
    while first:
        yield first.removesuffix(b"\n").removesuffix(b"\r")
        first = file.readline(_LONGEST)


def _coreutils_line(manifest: Manifest) -> Line:
    tag, digits = manifest.algorithm.upper().encode(), 2 * _SIZES[manifest.algorithm]
    plain = re.compile(rb"[ \t]*+(\\?)([0-9A-Fa-f]{%d})[ \t](.+)" % digits, re.S).fullmatch
    tagged = re.compile(rb"[ \t]*+(\\?)%s ?\((.+)\)[ \t]*+=[ \t]*+([0-9A-Fa-f]{%d})" % (tag, digits), re.S).fullmatch
    single: bool | None = None  # whether there is one blank before names, as some BSD tools write; a file has one form

    def parse(text: bytes) -> tuple[bytes, bytes]:
        nonlocal single
        if match := tagged(text):
            escaped, name, digest = match.groups()
        elif match := plain(text):
            escaped, digest, name = match.groups()
            if name[0] in b" *" and len(name) > 1 and single is not True:
                single, name = False, name[1:]
            elif single is False:
                raise ValueError("there is one blank before the name, but two in the lines above")
            else:
                single = True
        else:
            raise ValueError(f"not a line that {manifest.algorithm}sum writes")
        return (_unescaped(name) if escaped else name), digest

    return parse


def _unescaped(name: bytes) -> bytes:
    if re.search(rb"(?<!\\)(?:\\\\)*\\(?![\\nr])", name):
        raise ValueError("a backslash in the name does not escape anything")
    return re.sub(rb"\\[\\nr]", lambda match: _ESCAPES[match[0]], name)


def _bag_line(manifest: Manifest, source: Source) -> Line:
    version, encoding = _declaration(source.read(source.real(_DECLARATION), _LONGEST))
    encoded = re.compile(rb"%(0[AaDd]|25)" if version >= (1, 0) else rb"%(0[AaDd])")
    digits = 2 * _SIZES[manifest.algorithm]
    plain = re.compile(rb"([0-9A-Fa-f]{%d})[ \t]++\*?(.+)" % digits, re.S).fullmatch

    def parse(text: bytes) -> tuple[bytes, bytes]:
        match = plain(text)
        if match is None:
            raise ValueError("not a line of a bag's manifest")
        digest, raw = match.groups()
        try:
            raw = raw if encoding == "utf-8" else os.fsencode(raw.decode(encoding))
        except LookupError as error:
            raise ValueError(f"bagit.txt: no character encoding is called {encoding!r}") from error
        name = encoded.sub(lambda match: bytes.fromhex(match[1].decode()), raw)
        if name != raw and os.fsdecode(name) not in source.files and os.fsdecode(raw) in source.files:
            name = raw  # few programs that make bags encode as they should
        if not name.removeprefix(b"./").startswith(b"data/"):
            raise ValueError("the file is not under data/, the folder of a bag's payload")
        return name, digest

    return parse


def _declaration(data: bytes) -> tuple[tuple[int, ...], str]:
    """Version and encoding from a bag's bagit.txt; those of most bags if it does not say."""
    text = data.decode("utf-8-sig", "replace")
    version = re.search(r"^BagIt-Version:\s*(\d{1,4})\.(\d{1,4})", text, re.M)
    encoding = re.search(r"^Tag-File-Character-Encoding:[ \t]*(\S+)", text, re.M)
    return (int(version[1]), int(version[2])) if version else (1, 0), encoding[1].lower() if encoding else "utf-8"


def _name(written: bytes) -> str:
    """A name as the source has it. Raises ValueError for a name that cannot be inside the mirror."""
    if b"\0" in written:
        raise ValueError("the name contains a NUL")
    parts = written.split(b"/")
    if not parts[0] or b".." in parts:
        raise ValueError("the name leads out of the folder")
    return os.fsdecode(b"/".join(part for part in parts if part not in {b"", b"."}))
