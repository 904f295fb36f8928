"""The sweep: pages in, facts out. Pure functions over a Context, so that any executor can map them.

A page both uses and defines: it uses files and fragments, and defines the ids it holds. Uses and definitions travel as
64-bit keys (xxh3 of `mount:file#fragment`), so that a million pages fit in memory and all fragments are settled by
arithmetic on sets; only what is wrong is looked at again, and only that is located by line and column.
"""

from __future__ import annotations

import os
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Set
from hashlib import sha1
from typing import NamedTuple, assert_never

from xxhash import xxh3_64_intdigest as digest

from checker import locate, logins, reading, urls
from checker.codes import Code
from checker.extract import Extract, Mark, Options, charset, extractor
from checker.mirror import folder, forges
from checker.mirror.address import Addresses, Mount
from checker.mirror.resolve import Home, Resolver, Target
from checker.mirror.site import Shelf
from checker.model import IN_MOUNT, Doubt, Kind, Role, TargetKind
from checker.suppress import Suppression, suppressions
from checker.verify.beacons import is_beacon
from checker.verify.fragment import Answer, verify_all

# What a file number's flag says of fragments that name it: it has no ids; the sweep reads them; it must be asked.
NO_IDS, SWEPT, ASKED = 0, 1, 2

Spots = tuple[tuple[int, int], ...]  # (line, column) of each place, both from 1


class Context(NamedTuple):
    """All that reading a page needs; given to each worker once."""

    mounts: tuple[Mount, ...]
    home: Home
    addresses: Addresses
    origins: Addresses
    options: Options
    flags: bytes  # by file number of the mirror: NO_IDS, SWEPT or ASKED
    max_bytes: int
    rows: bool = False  # every reference travels, for --all
    online: bool = False  # remote URLs travel, to be asked for
    embeds: bool = False  # whether it counts where what pages embed comes from
    remember: bool = False  # pages' ids travel, so that the next run can tell whether they changed
    heads: tuple[str, ...] = ()  # names of the checked-out commit: what a page says of them holds for this run only
    shelf: Shelf | None = None  # of a live mirror: where its pages are; they are named by their URLs
    host: str = ""  # of a live mirror: `host/`, which is no third party


class Suspect(NamedTuple):
    """A reference that is, or may be, wrong: `rule` says which rule it breaks where its doubt alone does not.

    Where it is doubted for its integrity, `fragment` is what the page states.
    """

    role: Role
    raw: str
    target: Target
    fragment: str
    doubt: Doubt
    rule: str
    spots: Spots
    base: str | None = None  # the path in the mirror that relative references of its page are relative to


class Row(NamedTuple):
    """One reference for --all."""

    role: Role
    raw: str
    target: str
    kind: TargetKind


class Facts(NamedTuple):
    """What a page uses and defines."""

    page: str
    kind: Kind | None  # None: its first bytes say that it is no page
    references: int = 0  # places that name a URL
    files: bytes = b""  # array('I'): numbers of the mirror's files it refers to
    assets: tuple[tuple[int, str], ...] = ()  # (number, role) of the mirror's files that it embeds
    uses: bytes = b""  # array('Q'): keys of the fragments it refers to in other pages
    defines: bytes = b""  # array('Q'): keys of its own ids
    remote: bytes = b""  # array('Q'): keys of the remote URLs it refers to
    shown: bytes = b""  # array('Q'): keys of those that it embeds
    foreign: bytes = b""  # array('Q'): what is to be said of where those come from, see `foreign_key`
    parts: bytes = b""  # array('Q'): keys of the fragments of remote URLs it refers to
    news: tuple[tuple[str, str, str], ...] = ()  # (remote URL, fragment, role if embedded) that this worker meets first
    other: bytes = b""  # array('Q'): keys of what is neither
    ranges: tuple[tuple[int, int, int], ...] = ()  # a use that two definitions satisfy together
    suspects: tuple[Suspect, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    unknown: tuple[str, ...] = ()  # why the clone cannot tell, once a reference
    fault: tuple[str, str] | None = None  # rule and message on the page as a whole
    rows: tuple[Row, ...] = ()
    origin: int = 0  # key of the URL that the page says it was saved from
    blob: bytes = b""  # the id of its content; empty: not to be remembered


NO_TEXT = "its bytes are no text: another kind of file under a page's name, or a page that is still compressed"
_NOWHERE, _REMOTE = -2, -1  # what is no file's number

_RULES = {
    TargetKind.INVALID: Code.URL_INVALID,
    TargetKind.LOCAL_PATH: Code.URL_LOCAL_PATH,
    TargetKind.OUTSIDE: Code.LOCAL_OUTSIDE_MIRROR,
}
EMBEDDED = frozenset({Role.IMAGE, Role.SCRIPT, Role.STYLESHEET, Role.MEDIA, Role.FONT, Role.ICON, Role.MANIFEST})
FRAGMENTED = frozenset({Kind.HTML, Kind.MARKDOWN, Kind.SVG})
SIGNED = "signed"  # the role of what is asked for to compare its hash
FOREIGN = (
    Code.ASSET_HOT_LINK,
    Code.ASSET_TRACKER,
    Code.ASSET_MIXED_CONTENT,
    Code.MIRROR_UNMIRRORED,
)  # by where a thing comes from
_EMBEDS = frozenset({Role.IMAGE, Role.SCRIPT, Role.STYLESHEET, Role.MEDIA, Role.FRAME, Role.FONT, Role.ICON})
# Where a bare URL ends for a reader of Chinese or Japanese, though not for a forge.
FULL_WIDTH = re.compile(r"[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u2026\u2014]")
_LINE_RANGE = re.compile(r"(\d{1,7})-(\d{1,7})")  # a source listing whose lines have numbers as ids


def sweep(context: Context, batch: Iterable[str]) -> list[Facts]:
    """Read pages and resolve what they refer to."""
    reader = _reader(context)
    return [_facts(context, reader, page) for page in batch]


def again(context: Context, batch: Iterable[tuple[str, bytes]]) -> list[Facts | None]:
    """Read pages if their content has another id than before; None: it has not."""
    reader = _reader(context)
    found: list[Facts | None] = []
    for page, before in batch:
        same = bool(before) and _is(context, page, before)
        found.append(None if same else _facts(context, reader, page))
    return found


def _is(context: Context, page: str, before: bytes) -> bool:
    read = _load(context, 0, page)
    return isinstance(read, bytes) and blob_id(read) == before


def blob_id(data: bytes) -> bytes:
    """The id that git gives a file's content."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


class Wrong(NamedTuple):
    """What was learnt to be wrong when all pages had been read."""

    fragments: frozenset[int] = frozenset()  # keys of fragments that nothing defines
    copies: Mapping[int, str] = {}  # key of a remote URL -> the page that is a copy of it
    remote: frozenset[int] = frozenset()  # keys of remote URLs, and of their fragments
    assets: frozenset[int] = frozenset()  # numbers of files that are not what pages embed them for
    foreign: Mapping[str, frozenset[int]] = {}  # page -> what is to be said there of where things come from


def revisit(context: Context, batch: Iterable[str], wrong: Wrong) -> list[tuple[str, list[Suspect]]]:
    """Go back to pages that refer to what is wrong, and say where."""
    resolver = _reader(context).resolver
    return [(page, _revisit(context, resolver, page, wrong)) for page in batch]


def answer(
    context: Context, batch: Iterable[tuple[int, str, bool, frozenset[str]]]
) -> list[tuple[int, str, dict[str, Answer]]]:
    """What (mount, file, whether a forge shows it) answers to the fragments that are asked of it."""
    return [(mount, file, _answer(context, mount, file, forge, fragments)) for mount, file, forge, fragments in batch]


def read(context: Context, page: str) -> Page | None:
    """One page of the mirror, or None where it cannot be read or is none."""
    try:
        found = _read(context, 0, page)
    except reading.Spent:
        return None
    finally:
        reading.end()
    return found if isinstance(found, Page) else None


def ids(context: Context, page: str, data: bytes | None = None) -> set[str]:
    """The ids of a page of the mirror, as it is or with other bytes; none where it is no page."""
    if data is None:
        found = read(context, page)
        return found.found.ids if found else set()
    kind = folder.kind_of(page)
    kind = folder.sniff(data[:2048]) if kind is True else kind
    return _page(context, charset.decode(data, kind), kind).found.ids if isinstance(kind, Kind) else set()


def key(mount: int, file: str, fragment: str) -> int:
    """The key under which a fragment of a file is used and defined."""
    return _key(f"{mount}:{file}#{fragment}")


def remote_key(url: str, fragment: str) -> int:
    """The key of a remote URL, or of a fragment of it."""
    return _key(f"{url}#{fragment}" if fragment else url)


def foreign_key(rule: str, target: Target) -> int:
    """What is said once of all that comes from one host (of what the origin has and the mirror lacks: of each thing).

    The rule, as an index of FOREIGN, is in the last bits.
    """
    whose = target.name if rule == Code.MIRROR_UNMIRRORED else urls.hostname(urls.authority(target.name))
    return _key(whose) & -4 | FOREIGN.index(rule)


def _key(text: str) -> int:
    return digest(text.encode("utf-8", "surrogatepass"))


def _keys(texts: Iterable[str]) -> bytes:
    return array("Q", [_key(text) for text in texts]).tobytes()


class Page(NamedTuple):
    """A page that has been read."""

    text: str
    kind: Kind
    encoding: str
    found: Extract
    fault: tuple[str, str] | None
    blob: bytes = b""


def _kept(context: Context, shelf: Shelf, url: str) -> Page | Facts:
    """A page of a live mirror."""
    kept = shelf.get(url)
    if kept is None:
        return Facts(url, None)
    data = kept.file.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = _unzip(data, context.max_bytes)
    if not charset.is_text(data):
        return Facts(url, kept.kind, fault=(Code.LOCAL_UNREADABLE, NO_TEXT))
    reading.begin(len(data))
    return _page(context, charset.decode(data, kept.kind, declared=kept.charset), kept.kind)


def _read(context: Context, mount: int, name: str) -> Page | Facts:
    """A page's text and references; or the facts that end its story."""
    if context.shelf is not None:
        return _kept(context, context.shelf, name)
    kind = folder.kind_of(name)
    data = _load(context, mount, name)
    if isinstance(data, Facts):
        return data
    blob = blob_id(data) if context.remember and not any(head.encode() in data for head in context.heads) else b""
    if data.startswith(b"\x1f\x8b") and name.endswith(".gz"):
        data = _unzip(data, context.max_bytes + 1)
    if len(data) > context.max_bytes:
        limit = f"larger than {context.max_bytes:,} bytes ([pages] max_bytes)"
        return Facts(name, Kind.HTML, fault=(Code.LOCAL_TOO_LARGE, limit))
    if kind is True:
        kind = folder.sniff(data[:2048])
    if not isinstance(kind, Kind):
        return Facts(name, None, blob=blob)
    if not charset.is_text(data):
        return Facts(name, kind, fault=(Code.LOCAL_UNREADABLE, NO_TEXT))
    reading.begin(len(data))
    decoded = charset.decode(data, kind)
    del data  # a page of 10 MB has a tree of 200 MB: every copy counts
    return _page(context, decoded, kind)._replace(blob=blob)


_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 16  # bytes


def _load(context: Context, mount: int, name: str) -> bytes | Facts:
    """A page's bytes, as far as they count; or the facts that end its story."""
    try:
        file = os.open(context.mounts[mount].names.path(name), _READ)  # the hot path: no file object, no spare buffer
        try:
            data = os.read(file, min(os.fstat(file).st_size, context.max_bytes) + 1)
            while len(data) <= context.max_bytes and (more := os.read(file, _BLOCK)):
                data += more
        finally:
            os.close(file)
    except OSError as error:
        return Facts(name, Kind.HTML, fault=(Code.LOCAL_UNREADABLE, f"cannot be read: {error.strerror}"))
    return data


def _page(context: Context, decoded: charset.Decoded, kind: Kind) -> Page:
    fault = None
    if decoded.damaged:
        fault = (Code.LOCAL_UNDECODABLE, f"{decoded.damaged:,} places are not valid {decoded.encoding}")
    found = extractor(kind).extract(decoded.text, context.options)
    # A browser compares a fragment with the ids before it decodes it: an id `a%3Cb` is found by `#a<b` and `#a%3Cb`.
    found.ids.update([urls.decode_fragment(name) for name in found.ids if "%" in name])
    return Page(decoded.text, kind, decoded.encoding, found, fault)


def _unzip(data: bytes, limit: int) -> bytes:
    """The first `limit` bytes of a gzip file; what is broken behind them does not matter here."""
    try:
        return zlib.decompressobj(31).decompress(data, limit)
    except zlib.error:
        return b""


class _Reader(NamedTuple):
    """What one process remembers from page to page."""

    context: Context
    resolver: Resolver
    met: set[int]  # keys of remote URLs and fragments that have travelled
    shown: set[int]  # keys of those that travelled as embedded


_last: _Reader | None = None


def _resolver(context: Context) -> Resolver:
    return Resolver(context.mounts, context.home, context.addresses, context.origins, online=context.online)


def _reader(context: Context) -> _Reader:
    global _last  # noqa: PLW0603 - a process reads one mirror at a time
    if _last is None or _last.context is not context:
        _last = _Reader(context, _resolver(context), set(), set())
    return _last


def _facts(context: Context, reader: _Reader, page: str) -> Facts:
    try:
        return _facts_of(context, reader, page)
    except reading.Spent as spent:
        return Facts(page, Kind.HTML, fault=(Code.LOCAL_UNREADABLE, str(spent)))
    finally:
        reading.end()


def _facts_of(context: Context, reader: _Reader, page: str) -> Facts:
    read = _read(context, 0, page)
    if isinstance(read, Facts):
        return read
    text, kind, encoding, found, fault, blob = read
    resolver = reader.resolver
    resolver.open(page, found.base, charset.codec(encoding))
    sorter = _Sorter(reader, page, found)
    for role, raws in found.references.items():
        sorter.sort(role, raws)
    prefix = f"{page}#" if context.shelf else f"0:{page}#"
    return Facts(
        page,
        kind,
        found.count,
        array("I", sorter.files).tobytes(),
        tuple(sorter.assets),
        array("Q", sorter.uses).tobytes(),
        _keys(prefix + name for name in found.ids),
        array("Q", sorter.remote).tobytes(),
        array("Q", sorter.shown).tobytes(),
        array("Q", sorter.foreign).tobytes(),
        array("Q", sorter.parts).tobytes(),
        tuple(sorter.news),
        _keys(sorter.other),
        tuple(sorter.ranges),
        _locate(context, read, resolver, sorter.suspects) if sorter.suspects else (),
        suppressions(text, kind) if "mirrorcheck:" in text else (),
        tuple(sorter.unknown),
        fault,
        tuple(sorter.rows),
        _origin(text),
        b"" if sorter.private else blob,
    )


def foreign(context: Context, resolver: Resolver, target: Target, mark: Mark | None) -> list[Code]:
    """What is to be said of where a remote thing that the open page embeds comes from."""
    rules: list[Code]
    if context.host and urls.below_scheme(target.name).startswith(context.host):
        rules = []
    elif (mark and mark.tiny) or is_beacon(target.name):
        rules = [Code.ASSET_TRACKER]
    else:
        rules = [Code.MIRROR_UNMIRRORED if resolver.copied(target.name) else Code.ASSET_HOT_LINK]
    if resolver.secure and target.name.startswith("http:"):
        rules.append(Code.ASSET_MIXED_CONTENT)
    return rules


class _Sorter:
    """Sorts a page's references by what is to be done with them; what is fine leaves no trace but a count."""

    __slots__ = (
        "_context",
        "_flags",
        "_ids",
        "_marks",
        "_met",
        "_number",
        "_page",
        "_resolver",
        "_settled",
        "_shown",
        "_target_of",
        "assets",
        "files",
        "foreign",
        "news",
        "other",
        "parts",
        "private",
        "ranges",
        "remote",
        "rows",
        "shown",
        "suspects",
        "unknown",
        "uses",
    )

    def __init__(self, reader: _Reader, page: str, found: Extract) -> None:
        context, resolver, self._met, self._shown = reader
        self._resolver = resolver
        self._context = context
        self._flags = context.flags
        self._target_of = resolver.target
        self._settled = resolver.settled
        self._page = page
        self._number = _NOWHERE if context.shelf else context.mounts[0].names.files.get(page, _NOWHERE)
        self._ids = found.ids
        self._marks = found.marks
        self.files: set[int] = set()
        self.assets: set[tuple[int, str]] = set()
        self.uses: set[int] = set()
        self.ranges: list[tuple[int, int, int]] = []
        self.remote: set[int] = set()
        self.shown: set[int] = set()
        self.foreign: set[int] = set()
        self.parts: set[int] = set()
        self.news: list[tuple[str, str, str]] = []
        self.other: set[str] = set()
        self.unknown: list[str] = []
        self.suspects: list[_Doubted] = []
        self.rows: list[Row] = []
        self.private = bool(logins.of(found.base or ""))  # whether it is not to be remembered: it holds a login

    def sort(self, role: Role, raws: Iterable[str]) -> None:
        """Resolve references and note what follows. Most of a page's stand on other pages of its folder as well."""
        settled = {} if role is Role.BARE or self._context.rows else self._settled
        embeds = role in EMBEDDED
        asks = embeds and self._context.online
        counts = embeds and self._context.embeds
        marks = self._marks
        for raw in raws:
            number, used = settled.get(raw, (_NOWHERE, 0))
            if number in (_NOWHERE, self._number) or raw in marks:
                self._sort(role, raw)
            elif number == _REMOTE:
                if counts or (asks and used not in self._shown):
                    self._sort(role, raw)
                self.remote.add(used)
            else:
                self.files.add(number)
                if used:
                    self.uses.add(used)
                if embeds:
                    self.assets.add((number, role))

    def _sort(self, role: Role, raw: str) -> None:
        before, _, fragment = raw.partition("#")
        target = self._target_of(before)
        asked = wanted(fragment) if fragment else ""
        if role in _EMBEDS and not raw.strip() and (target.kind is TargetKind.SELF or target.name == self._page):
            doubt: tuple[Doubt, str] | None = (Doubt.BROKEN, Code.URL_EMPTY)  # no browser fetches it
        else:
            doubt = self._doubt(role, raw, target, asked)
        if role in EMBEDDED and target.number >= 0 and target.mount == 0:
            self.assets.add((target.number, role))
        if doubt is not None:
            self.suspects.append((role, raw, target, asked, *doubt))
        if role in EMBEDDED or role is Role.PRELOAD:
            self._embed(role, raw, target)
        if logins.of(raw):
            self.private = True
        if target.odd or not raw.strip() or role is Role.BARE or " " in fragment:
            broken = _written(role, raw)
            self.suspects += ((role, raw, target, asked, Doubt.BROKEN, rule) for rule in broken)
        elif doubt is None and not self.private:
            self._settle(raw, target, asked)
        if self._context.rows:
            name = self._page if target.kind is TargetKind.SELF else target.name
            if target.mount and target.kind in IN_MOUNT:
                name = self._context.mounts[target.mount].label + name
            self.rows.append(Row(role, raw, f"{name}#{asked}" if asked else name, target.kind))

    def _embed(self, role: Role, raw: str, target: Target) -> None:
        """What is wrong with where something that is embedded comes from, and what the element asks of it."""
        mark = self._marks.get(raw)
        remote = target.kind is TargetKind.REMOTE
        if remote and self._context.embeds and role is not Role.PRELOAD and not target.leak:
            rules = foreign(self._context, self._resolver, target, mark)
            if Code.ASSET_TRACKER not in rules:
                self.shown.add(_key(target.name))
            self.foreign.update([foreign_key(rule, target) for rule in rules])
        if mark is None:
            return
        if mark.integrity and (remote or (target.number >= 0 and target.mount == 0)):
            self.suspects.append((role, raw, target, mark.integrity, Doubt.INTEGRITY, ""))
            if remote and self._context.online:
                self.parts.add(remote_key(target.name, mark.integrity))
                self.news.append((target.name, mark.integrity, SIGNED))
        if not mark.shared and (mark.font or (mark.integrity and remote)):
            self.suspects.append((role, raw, target, "", Doubt.BROKEN, Code.ASSET_CROSSORIGIN_MISSING))

    def _settle(self, raw: str, target: Target, asked: str) -> None:
        """Remember a reference of which nothing is left to say on any page but the one it leads to."""
        if target.kind is TargetKind.REMOTE:
            if not (asked and self._context.online):
                self._settled[raw] = (_REMOTE, _key(target.name))
        elif target.number >= 0 and target.mount == 0 and not _LINE_RANGE.fullmatch(asked):
            used = asked and self._flags[target.number] == SWEPT
            self._settled[raw] = (target.number, key(0, target.name, asked) if used else 0)

    def _doubt(self, role: Role, raw: str, target: Target, asked: str) -> tuple[Doubt, str] | None:
        """What is doubtful, with the rule if one is broken; None where all is well as far as one page tells."""
        match target.kind:
            case TargetKind.FILE:
                if target.name == self._page and target.mount == 0:
                    return None if not asked or asked in self._ids else _FRAGMENT
                if target.mount == 0 and target.number >= 0:
                    self.files.add(target.number)
                return self._use(target, asked) if asked else None
            case TargetKind.SELF:
                return None if not asked or asked in self._ids else _FRAGMENT
            case TargetKind.REMOTE:
                self._ask(target.name, asked, role)
                return (Doubt.BROKEN, Code.MIRROR_LEAK) if target.leak else None
            case TargetKind.OTHER:
                self.other.add(raw)
                return None if target.name in urls.KNOWN_SCHEMES else (Doubt.BROKEN, Code.URL_UNKNOWN_SCHEME)
            case TargetKind.UNKNOWN:
                self.unknown.append(target.why)
                return None
            case TargetKind.MISSING | TargetKind.ELSEWHERE:
                return Doubt.NAME, ""
            case TargetKind.INVALID | TargetKind.LOCAL_PATH | TargetKind.OUTSIDE:
                return Doubt.BROKEN, _RULES[target.kind]
            case _:
                assert_never(target.kind)

    def _ask(self, url: str, asked: str, role: Role) -> None:
        """Note a remote URL, and that it is to be asked for, if this process has not said so before."""
        last = _key(url)
        self.remote.add(last)
        if not self._context.online:
            return
        if role in EMBEDDED:  # no fragment of it is a place on a page
            if last not in self._shown:
                self._shown.add(last)
                self._met.add(last)
                self.news.append((url, "", role))
            return
        if asked:
            last = remote_key(url, asked)
            self.parts.add(last)
        if last not in self._met:
            self._met.add(last)
            self.news.append((url, asked, ""))

    def _use(self, target: Target, asked: str) -> tuple[Doubt, str] | None:
        """Note that a fragment of another file is used, or that its file must be asked."""
        if target.mount or (target.forge and forges.lines(asked)):
            return _FRAGMENT
        flag = self._flags[target.number] if target.number >= 0 else NO_IDS
        if flag == ASKED:
            return _FRAGMENT
        if flag == SWEPT:
            used = key(0, target.name, asked)
            self.uses.add(used)
            if span := _LINE_RANGE.fullmatch(asked):
                self.ranges.append((used, key(0, target.name, span[1]), key(0, target.name, span[2])))
        return None


_FRAGMENT = Doubt.FRAGMENT, ""
_Doubted = tuple[Role, str, Target, str, Doubt, str]  # role, reference, target, fragment, doubt, rule


_SAVED = ("saved from url", "SingleFile", "Mirrored from")  # quick, before the exact look
_HEAD = 4096  # code points in which a saver leaves its comment


def _origin(text: str) -> int:
    head = text[:_HEAD]
    if not any(mark in head for mark in _SAVED):
        return 0
    from checker.mirror.detect import page_origin

    origin = page_origin(head)
    return _key(origin.partition("#")[0]) if origin else 0


def wanted(fragment: str) -> str:
    """The id a fragment asks for; "" where any page has it (`#top`, text directives).

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#the-indicated-part-of-the-document
    """
    if ":~:" in fragment:
        fragment = fragment.partition(":~:")[0]
    if fragment.endswith(" ") or not fragment.isprintable():
        fragment = urls.strip(f"#{fragment}")[1:]
    fragment = urls.decode_fragment(fragment)
    if fragment.lower() == "top":
        return ""
    return fragment.removeprefix("user-content-")


def _written(role: Role, raw: str) -> Iterator[Code]:
    """Rules of `url/` that a reference breaks as it is written, wherever it leads."""
    if not raw.strip():
        return
    if role is Role.BARE and FULL_WIDTH.search(raw):
        yield Code.URL_SWALLOWED_PUNCTUATION
    elif urls.repaired(raw) is not None:
        yield Code.URL_REPAIRED_BY_BROWSERS


def _locate(context: Context, page: Page, resolver: Resolver, doubts: list[_Doubted]) -> tuple[Suspect, ...]:
    pairs = {(role, raw) for role, raw, *_ in doubts}
    try:
        spots = locate.spots(page.text, page.kind, pairs, context.options)
    except reading.Spent:  # the page has been read: only where on it is not known
        reading.end()
        spots = dict.fromkeys(pairs, ((1, 1),))
    base = resolver.relative_to
    return tuple(
        Suspect(role, raw, target, fragment, doubt, rule, spots[role, raw], base)
        for role, raw, target, fragment, doubt, rule in doubts
    )


def _revisit(context: Context, resolver: Resolver, page: str, wrong: Wrong) -> list[Suspect]:
    try:
        return _revisit_of(context, resolver, page, wrong)
    except reading.Spent:
        return []
    finally:
        reading.end()


def _revisit_of(context: Context, resolver: Resolver, page: str, wrong: Wrong) -> list[Suspect]:
    read = _read(context, 0, page)
    if isinstance(read, Facts):
        return []
    resolver.open(page, read.found.base, charset.codec(read.encoding))
    suspects: list[_Doubted] = []
    said = wrong.foreign.get(page, frozenset())
    marks = read.found.marks
    for role, raws in read.found.references.items():
        for raw in raws:
            before, _, fragment = raw.partition("#")
            target = resolver.target(before)
            if target.number in wrong.assets and target.mount == 0 and role in EMBEDDED:
                suspects.append((role, raw, target, "", Doubt.ASSET, ""))
            if target.kind is TargetKind.FILE and target.mount == 0 and fragment and (asked := wanted(fragment)):
                if key(0, target.name, asked) in wrong.fragments:
                    suspects.append((role, raw, target, asked, *_FRAGMENT))
            elif target.kind is TargetKind.REMOTE:
                if not target.leak and (copy := wrong.copies.get(_key(target.name))):
                    suspects.append((role, raw, target._replace(leak=copy), "", Doubt.BROKEN, Code.MIRROR_LEAK))
                asked = wanted(fragment) if fragment and role not in EMBEDDED else ""
                if wrong.remote and remote_key(target.name, asked) in wrong.remote:
                    suspects.append((role, raw, target, asked, Doubt.REMOTE, ""))
                if said and role in EMBEDDED and not target.leak:
                    for rule in foreign(context, resolver, target, marks.get(raw)):
                        if foreign_key(rule, target) in said:
                            suspects.append((role, raw, target, "", Doubt.THIRD_PARTY, rule))
    return list(_locate(context, read, resolver, suspects)) if suspects else []


def _answer(context: Context, mount: int, file: str, forge: bool, fragments: frozenset[str]) -> dict[str, Answer]:
    try:
        return _answer_of(context, mount, file, forge, fragments)
    except reading.Spent:
        return {}
    finally:
        reading.end()


def _answer_of(context: Context, mount: int, file: str, forge: bool, fragments: frozenset[str]) -> dict[str, Answer]:
    read = _read(context, mount, file)
    if isinstance(read, Page):
        known, lines = frozenset(read.found.ids), read.text.count("\n") + 1
        page = read.kind in {Kind.HTML, Kind.MARKDOWN, Kind.SVG}
    elif read.fault:
        return {fragment: Answer("") for fragment in fragments}  # that it cannot be read is said elsewhere
    else:
        known, lines, page = frozenset(), _lines(context.mounts[mount].names.path(file)), False
    return verify_all(fragments, known, lines, forge=forge, page=page)


def _lines(path: str) -> int:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b"")) + 1
    except OSError:
        return 0


_SHARES = 16


def _divided(keys: array[int], number: int) -> list[array[int]]:
    """Keys by their first bits, in so many shares, a power of two."""
    if number == 1:
        return [keys]
    shares = [array("Q") for _ in range(number)]
    appends = [share.append for share in shares]
    shift = 64 - (number - 1).bit_length()
    for key_ in keys:
        appends[key_ >> shift](key_)
    return shares


class Uses:
    """Which page uses which keys, in eight bytes a use."""

    __slots__ = ("_ends", "_pages", "keys")

    def __init__(self) -> None:
        self._pages: list[str] = []
        self._ends = array("Q")  # where each page's uses end in `keys`
        self.keys = array("Q")

    def add(self, page: str, keys: bytes) -> None:
        """Note what a page uses: the bytes of an array('Q')."""
        if keys:
            self.keys.frombytes(keys)
            self._pages.append(page)
            self._ends.append(len(self.keys))

    def extend(self, pages: list[str], keys: array[int], ends: array[int]) -> None:
        """Note what many pages use: the keys of each up to its end."""
        shift = len(self.keys)
        self.keys += keys
        self._pages += pages
        self._ends.extend([end + shift for end in ends] if shift else ends)

    def __iter__(self) -> Iterator[tuple[str, array[int]]]:
        """Each page, with the keys it uses."""
        start = 0
        for page, end in zip(self._pages, self._ends, strict=True):
            yield page, self.keys[start:end]
            start = end

    def of(self, pages: Set[str]) -> frozenset[int]:
        """The keys that pages use."""
        return frozenset().union(*(keys for page, keys in self if page in pages))

    def users(self, keys: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """Pages that use any of the keys, with those that they do."""
        start = 0
        for page, end in zip(self._pages, self._ends, strict=True) if keys else ():
            if not keys.isdisjoint(self.keys[start:end]):
                yield page, keys.intersection(self.keys[start:end])
            start = end


class Ledger:
    """What pages use and define, in a few bytes each, until all have been read."""

    __slots__ = ("_defines", "_uses", "ranges", "used")

    def __init__(self) -> None:
        self._uses = Uses()
        self._defines = array("Q")
        self.ranges: list[tuple[int, int, int]] = []  # uses that two definitions satisfy together
        self.used = 0  # distinct fragments that are used, once settled

    def add(self, facts: Facts) -> None:
        """Note one page's uses and definitions."""
        self._defines.frombytes(facts.defines)
        self._uses.add(facts.page, facts.uses)

    def extend(self, pages: list[str], uses: array[int], ends: array[int], defines: array[int]) -> None:
        """Note those of many pages: the uses of each up to its end."""
        self.define(defines)
        self._uses.extend(pages, uses, ends)

    def define(self, keys: array[int]) -> None:
        """Note what some page defines."""
        self._defines += keys

    def settle(self) -> frozenset[int]:
        """Keys that are used and never defined. Taken by their first bits, so that few are in sets at a time."""
        missing: set[int] = set()
        parts = {part for whole in self.ranges for part in whole[1:]}
        found_parts: set[int] = set()
        shares = _SHARES if len(self._uses.keys) > len(self._defines) // _SHARES else 1
        divided = zip(_divided(self._uses.keys, shares), _divided(self._defines, shares), strict=True)
        for uses, defines in divided:
            used = set(uses)
            self.used += len(used)
            found_parts |= parts.intersection(defines) if parts else set()
            missing |= used.difference(defines)
        for whole, first, last in self.ranges:
            if first in found_parts and last in found_parts:
                missing.discard(whole)
        return frozenset(missing)

    def users(self, keys: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """Pages that use any of the keys, with those that they do."""
        return self._uses.users(keys)
