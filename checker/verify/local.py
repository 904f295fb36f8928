"""A missing file: what may have been meant, by case, Unicode form, decoding, folder and spelling."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from checker.kinds import medium_of
from checker.mirror import layouts
from checker.mirror.address import PLAIN, Mount
from checker.mirror.generators.row import Built
from checker.model import Grade
from checker.rules.codes import Code
from checker.sources.index import Bases, Index, Part
from checker.verify.likeness import Series, is_another, likest, series
from checker.web import urls

# What is more likely a host than a file, and what is so where a path follows.
_HOST = re.compile(r"www\.(?:[a-z0-9-]+\.)+[a-z]+|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov)", re.I)
_HOST_BEFORE_PATH = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:ai|app|at|au|be|biz|br|ca|ch|cn|co|cz|de|dev|dk|es|eu|fi|fr|hk|info|io|it|jp|kr|me|nl|no|nz"
    r"|ru|se|tv|tw|uk|us|xyz)",
    re.I,
)
# A stem that is worth looking for in other folders: `node/733.html` is not meant where `user/733.html` is missing, and
# each folder may have an index.
_TELLING = re.compile(r"(?!(?:index|default|readme)\Z).*(?:[^\W\d_]|[0-9]{6})", re.I | re.S)
_STEPS = re.compile(r"(?<![^/])(?:\.\.)+(?=\.?[^./])|(?<![^/])(?:\.\.){2,}(?=/)")
_SCHEME = re.compile(r"(?:\A|/)([a-z][a-z0-9+.-]*):", re.I)
_ENCODED = re.compile(r"[^\w./-]|[^\x00-\x7f]")  # what tools percent-encode in a name
_CUTOFF = 0.8  # similarity from which a name is worth suggesting
_FEW = 3  # last names that are searched for without an index
_COMPARED = 3_000_000  # names that are compared in a run, in some seconds; the later faults resemble the first
# Encodings of file names, the commonest first.
_OF_ARCHIVES = "cp437"  # as which the names in a ZIP archive are read that do not say that they are in UTF-8
_LEGACY = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "koi8_r", "cp1252", "cp1250", "cp437")


class Miss(NamedTuple):
    """Why a look-up failed: the rule, the evidence in words, and the nearest file (relative to its mount)."""

    rule: str
    message: str
    nearest: str | None = None
    grade: Grade | None = None  # of the nearest, as a suggestion; None: not the reference is to be changed
    host: str = ""  # with which the name begins, as a URL does whose scheme was forgotten


def examiner(mount: Mount) -> Examiner:
    """What explains the misses of a mount."""
    return SiteExaminer(mount, mount.names) if isinstance(mount.names, Built) else Examiner(mount)


class Examiner:
    """Explains the misses of one mount; each path is examined once, however many pages name it."""

    def __init__(self, mount: Mount) -> None:
        self._mount = mount
        self._known: dict[tuple[str, str], Miss] = {}
        self._sorted: Sequence[str] | None = None
        self._by_folder: dict[str, list[str]] = {}
        self._comparable: dict[tuple[str, str], Series] = {}
        self._encoded: dict[str, dict[str, str]] = {}
        self._folders: dict[str, str] | None = None  # with such names, by what they stand for
        self._last: Bases | None = None
        self._bases: tuple[Counter[str], dict[str, str]] | None = None
        self._searches = 0  # for a last name among all files
        self._left = _COMPARED
        self._problems = {problem.path: problem.message for problem in mount.names.problems}

    def examine(self, path: str, query: str = "") -> Miss:
        """Explain why no rule of the layout finds a path (decoded, relative to the mount).

        `query` is considered where it is part of the file's name.
        """
        miss = self._known.get((path, query))
        if miss is None:
            miss = self._known[path, query] = self._examine(path, query)
        return miss

    def _examine(self, path: str, query: str) -> Miss:
        index, name = self._mount.names, path.rstrip("/")
        if name in self._problems:
            return Miss(Code.LOCAL_MISSING_FILE, f"{name} is not part of the mirror: {self._problems[name]}")
        if index.leaves_out(name):
            return Miss(Code.LOCAL_MISSING_FILE, "git ignores it, so that it is not on the forge")
        name = index.real(name)
        if ":" in name and name in index.files and (scheme := _SCHEME.search(name, name.rfind("/") if query else 0)):
            said = f"browsers take {scheme[1]!r} for a scheme, unless ./ stands before it"
            message = f"{name[scheme.start(1) :]} is there, but {said}"
            return Miss(Code.LOCAL_MISSING_FILE, message, name, grade=Grade.CERTAIN)
        found = layouts.find(self._mount.layout_at(path), index, path, query)
        if found is not None and found.how == layouts.QUERY_IGNORED:
            return Miss(Code.LOCAL_MISSING_FILE, f"{path}?{query} was not copied, and {found.file} is another page")
        if name in index.folders and (found is None or found.how == "exact"):
            return Miss(Code.LOCAL_MISSING_INDEX, f"the folder {name or '.'}/ has no index")
        for candidate in (name, f"{name}.html", f"{name}/index.html"):
            if others := [f"{other}/" if other in index.folders else other for other in index.alike(candidate)]:
                return _differs(candidate, others, Grade.CERTAIN if candidate == name else Grade.LIKELY)
        if found is not None:
            return Miss(
                Code.LOCAL_MISSING_FILE, f"exists only as {found.file} ({found.how})", found.file, grade=Grade.LIKELY
            )
        again = urls.decode(name)
        if again != name and self._exists(again):
            message = f"exists as {again}: the name is percent-encoded twice"
            return Miss(Code.URL_DOUBLE_ENCODED, message, again, grade=Grade.CERTAIN)
        for other, words, grade in (
            (posixpath.normpath(name.replace("\\", "/")), "with slashes for backslashes", Grade.CERTAIN),
            (
                posixpath.normpath(_climbing(name.replace("\\", "/"))),
                "with slashes for backslashes, which were escapes",
                Grade.CERTAIN,
            ),
            (name.replace("+", " "), "with spaces for `+`", Grade.CERTAIN),
            *(() if query else ((f"{name}{end}", f"with {end} added", Grade.LIKELY) for end in (".html", ".md"))),
            *_mangled(name),
        ):
            if other != name and self._exists(other):
                return Miss(Code.LOCAL_MISSING_FILE, f"no such file; it exists {words}", other, grade=grade)
        if host := self._host(name):
            message = f"{host} is a host without its scheme: a browser looks for a file of that name"
            return Miss(Code.LOCAL_MISSING_FILE, message, host=host, grade=Grade.LIKELY)
        if (file := self._encoded_as(name)) is not None:
            message = f"exists only as {file}, whose name is percent-encoded: rename it"
            return Miss(Code.LOCAL_MISSING_FILE, message, file)
        return Miss(Code.LOCAL_MISSING_FILE, "no such file", self._nearest(name), grade=Grade.LIKELY)

    def _exists(self, name: str) -> bool:
        return name in self._mount.names.files or name.rstrip("/") in self._mount.names.folders

    def _host(self, name: str) -> str:
        """The first part of a name that is no folder, if it is like a host."""
        folder = name
        while folder and folder not in self._mount.names.folders:
            folder = folder.rpartition("/")[0]
        if not folder and self._mount.layout.queries:
            return ""  # where a tool puts its folders of hosts
        part, below, _ = name[len(folder) :].lstrip("/").partition("/")
        return part if _HOST.fullmatch(part) or (below and _HOST_BEFORE_PATH.fullmatch(part)) else ""

    def _nearest(self, name: str) -> str | None:
        """The most similar name in this folder, else the only file of the same name in the mount."""
        folder, base = posixpath.split(name)
        siblings = self._siblings(folder)
        if 0 < len(siblings) <= self._left:
            self._left -= len(siblings)
            best = likest(base, self._like(folder, medium_of(base)), _CUTOFF)
            if best is not None:
                return posixpath.join(folder, best)
        only = self._only(base) if _TELLING.match(posixpath.splitext(base)[0]) else None
        return None if only is None or is_another(name, only) else only

    def _only(self, base: str) -> str | None:
        """The file of this last name, if there is one. Few are searched for: to list all takes as long as four."""
        files = self._mount.names.files
        if isinstance(files, Index):
            if self._last is None:
                self._last = Bases(files)
            return self._last.only(base)
        self._searches += 1
        if self._searches <= _FEW:
            found = [file for file in self._files() if file.endswith(base) and file[file.rfind("/") + 1 :] == base]
            return found[0] if len(found) == 1 else None
        if self._bases is None:
            bases = [file[file.rfind("/") + 1 :] for file in self._files()]
            self._bases = Counter(bases), dict(zip(bases, self._files(), strict=True))
        counts, by_name = self._bases
        return by_name[base] if counts[base] == 1 else None

    def _siblings(self, folder: str) -> list[str]:
        """The last names of the files in a folder."""
        known = self._by_folder.get(folder)
        if known is None:
            files, above = self._files(), f"{folder}/" if folder else ""
            known = self._by_folder[folder] = []
            at = bisect_left(files, above)
            while at < len(files) and files[at].startswith(above):
                base, slash, _ = files[at][len(above) :].partition("/")
                if slash:
                    at = bisect_left(files, f"{above}{base}0", at)  # "0" is the character after "/"
                else:
                    known.append(base)
                    at += 1
        return known

    def _like(self, folder: str, medium: str) -> Series:
        """The last names of a folder's files that may stand in for one of this medium: a style sheet is no script."""
        known = self._comparable.get((folder, medium))
        if known is None:
            bases = self._siblings(folder)
            if medium:
                bases = [base for base in bases if medium_of(base) in {"", medium}]
            known = self._comparable[folder, medium] = series(bases)
        return known

    def _decoded(self, folder: str) -> dict[str, str]:
        """The files in a folder whose names are percent-encoded, at least in part, by what that stands for."""
        known = self._encoded.get(folder)
        if known is None:
            names = [base for base in self._siblings(folder) if "%" in base]
            known = self._encoded[folder] = {_as_utf8(urls.decode(base)): base for base in names}
        return known

    def _encoded_as(self, name: str) -> str | None:
        """The file whose name, or whose folder's, a tool has percent-encoded, at least in part."""
        if not _ENCODED.search(name):
            return None
        folder, base = posixpath.split(name)
        there = folder
        if folder not in self._mount.names.folders:
            if self._folders is None:
                names = (each for each in self._mount.names.folders if "%" in each)
                self._folders = {_as_utf8(urls.decode(each)): each for each in names}
            if folder not in self._folders:
                return None
            there = self._folders[folder]
            if (file := posixpath.join(there, base)) in self._mount.names.files:
                return file
        encoded = self._decoded(there).get(base)
        return None if encoded is None else posixpath.join(there, encoded)

    def _files(self) -> Sequence[str]:
        """All files, sorted."""
        if self._sorted is None:
            files = self._mount.names.files
            self._sorted = Part(files, range(len(files))) if isinstance(files, Index) else sorted(files)
        return self._sorted


class SiteExaminer(Examiner):
    """Explains the misses of a generated site, of whose pages most references name no extension."""

    _ENDS = ("/index.html", ".html", "/")

    def __init__(self, mount: Mount, site: Built) -> None:
        super().__init__(mount._replace(names=site.as_asked(), layout=PLAIN))
        self._served = mount

    def _examine(self, path: str, query: str) -> Miss:
        end = next((end for end in self._ENDS if path.endswith(end)), "")
        name = path.removesuffix(end)
        miss = super()._examine(name, query)
        if not end or not miss.nearest:
            return miss
        nearest = self._spelt(miss.nearest.rstrip("/"), end)
        if miss.nearest == name:
            return miss._replace(message=f"exists only as {nearest}", nearest=nearest)
        return miss._replace(nearest=nearest)

    def _spelt(self, name: str, end: str) -> str:
        """How a page is asked for: with this end, or as its host serves it."""
        names, layout = self._served.names, self._served.layout
        spelt = (name + each for each in (end, "/", "", ".html"))
        return next((each for each in spelt if layouts.find(layout, names, each, "")), name)


def _as_utf8(name: str) -> str:
    """A name some bytes of which were put together with others: now they may be characters."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _climbing(name: str) -> str:
    """A name whose steps upwards lost what separates them: Markdown takes the backslash of `..\\..` for an escape."""
    return _STEPS.sub(lambda match: "../" * (len(match[0]) // 2), name)


def _mangled(name: str) -> Iterator[tuple[str, str, None]]:
    """What tools that knew another encoding than UTF-8 made of a name."""
    if not name.isascii():
        for encoding in _LEGACY:
            with suppress(UnicodeError):
                written = name.encode(encoding)
                said = f"with its name in {encoding.upper()}: rename it to UTF-8, which all URLs are in"
                yield written.decode("utf-8", "surrogateescape"), said, None
                yield written.decode(_OF_ARCHIVES), said, None


def _differs(name: str, others: list[str], grade: Grade) -> Miss:
    """The miss of a name that files have in another case or Unicode form: with several of them, none is suggested."""
    other = others[0]
    if len(others) > 1:
        return Miss(Code.LOCAL_WRONG_CASE, f"exists only as {' and as '.join(sorted(others)[:_NAMED])}")
    if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other.rstrip("/")):
        form = "NFC" if unicodedata.is_normalized("NFC", other) else "NFD"
        message = f"exists only in another Unicode form ({form}): {other}"
        return Miss(Code.LOCAL_WRONG_NORMALISATION, message, other, grade=grade)
    return Miss(Code.LOCAL_WRONG_CASE, f"exists only as {other}", other, grade=grade)


_NAMED = 3  # spellings that a message names
