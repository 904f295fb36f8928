"""Bare URLs of Markdown, as cmark-gfm's autolink extension finds them."""

from __future__ import annotations

import re
import string
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from html import escape, unescape
from itertools import accumulate
from typing import Any, NamedTuple, cast
from unicodedata import category

from checker.extract.gfm import GFM
from checker.model import Role
from checker.web import prose

Url = tuple[Role, str, int, int]  # role, reference, span in bytes


class Bare(NamedTuple):
    """The bare URLs of a page, and its source with those URLs masked that hold characters of markup."""

    source: str
    masked: str
    urls: list[Url]

    def restore(self, rendered: str) -> str:
        """Put the masked URLs back into the rendered text."""
        if self.masked is self.source:
            return rendered
        data, masked = self.source.encode(), self.masked.encode()
        texts = iter([data[start:end].decode() for _, _, start, end in self.urls if data[start] != masked[start]])
        return re.sub(f"{_mask(data).decode()}+", lambda _: escape(next(texts, "")), rendered)


_MARKUP = re.compile(rb"[][()!`\\*_~&]")
_ROUNDS = 8  # readings; after the last one, the rest stays as the parser has it


def bare_urls(source: str) -> Bare:
    """Find what cmark-gfm's autolink extension finds, and the URLs in the text of raw HTML blocks.

    The extension looks for URLs before markup (`http://a.test/[b](c)` is one link), the parser used here after
    it. Where the results differ, the URLs found so far are masked, and the text is read again.
    """
    original = data = source.encode()
    if not any(hint.search(data) for hint in _HINTS):
        return Bare(source, source, [])
    mask = _mask(original)
    links: list[Url] = []
    for _ in range(_ROUNDS):
        scan = _Scan(data)
        scan.read(GFM.events_with_range(data.decode()))
        links += scan.links
        if scan.diverged or any(_MARKUP.search(original, start, end) for _, _, start, end in scan.links):
            masked = bytearray(data)
            for _, _, start, end in scan.links:
                masked[start:end] = mask * (end - start)
            data = bytes(masked)
        if not scan.diverged:
            break
    text = source if data is original else data.decode()
    return Bare(source, text, sorted(links + scan.others, key=lambda url: url[2]))


def _mask(data: bytes) -> bytes:
    """A control character that the text does not hold: it means nothing in Markdown, and is one byte long."""
    return next((bytes((code,)) for code in range(1, 9) if code not in data), b"x")


# Brackets, and strings that may begin a URL. https://github.github.com/gfm/#autolinks-extension-
_NOTABLE = re.compile(rb"[][]|(?<![A-Za-z])(?i:https?|ftp)://|www\.")
_EXTENT = re.compile(rb"[^\s<]*")
_DOMAIN = re.compile(rb"(?:[-.\w\x01-\x08\x0e-\x1f\x7f]++|\\[-.\w\x01-\x08\x0e-\x1f\x7f])*")
_BLANKS = re.compile(rb"\s*+")
_LAST_LINE = re.compile(rb"[ \t]*(?:\r?\n[ \t>]*(?:\r?\n|[-+*]|\d+[.)])|\s*\Z)")
_HINTS = (
    re.compile(b"://"),
    re.compile(rb"www\."),
    re.compile(b"@"),
)  # one by one, each is searched for as plain bytes
_LINKS = frozenset({"Link", "Image"})
_INLINE = _LINKS | {"Emphasis", "Strong", "Strikethrough"}


class _Scan:
    """One pass over a page that looks for bare URLs."""

    def __init__(self, data: bytes) -> None:
        self.links: list[Url] = []  # those that the autolink extension finds while it parses
        self.others: list[Url] = []  # e-mail addresses, which it finds afterwards, and URLs in HTML blocks
        self.diverged = False  # a URL swallowed markup that reaches beyond it
        self._data = data
        self._mails = b"@" in data
        self._texts: list[_Piece] = []  # text since the last other inline
        self._html: list[_Piece] = []  # of the HTML block
        self._start_block("", 0)

    def _start_block(self, name: str, end: int) -> None:
        """Forget the last block; the new one ends at `end`."""
        self._code = name == "CodeBlock"
        self._cell = end if name == "TableCell" else None
        self._end = end if name in {"Paragraph", "Heading", "TableCell"} else None  # of the text, where known
        self._begin: int | None = None  # where the line's text begins
        self._brackets = 0  # open ones
        self._links = 0  # open links and images
        self._url = 0  # end of the last URL
        self._text = 0  # end of the last text
        self._lost = False  # what follows in the block depends on another reading

    def read(self, events: Iterable[tuple[Any, Any]]) -> None:
        """Read the parser's events."""
        hints = sorted([match.start() for hint in _HINTS for match in hint.finditer(self._data)])
        passed = 0  # end of a block without a hint
        for event, span in events:
            start = span["start"]
            if start < passed:
                continue
            if event.__class__ is str:  # a line break or a rule
                self._find_mails()
                self._begin = None
                continue
            ((kind, value),) = event.items()
            if kind == "Text":
                if not (self._links or self._lost or self._code):
                    self._read_text(value, start, span["end"])
                continue
            if kind == "Html":
                self._html.append((value, start, span["end"]))
                continue
            self._find_mails()
            if kind not in {"Start", "End"}:
                self._read_inline(start, span["end"])
                continue
            name = value if value.__class__ is str else next(iter(value))
            if name not in _INLINE:
                self._find_in_html()
                end = span["end"] if kind == "Start" else start
                hinted = bisect_left(hints, start) < bisect_left(hints, end)
                self._start_block(name if hinted else "", end)
                if not hinted:
                    passed = end
            elif name not in _LINKS:
                self._read_inline(start, start)
            elif kind == "Start":
                self._read_inline(start, span["end"])
                self._links += 1
            else:
                self._links -= 1
        self._find_mails()
        self._find_in_html()

    def _read_inline(self, start: int, end: int) -> None:
        if self._begin is None:
            self._begin = start
        if start < self._url < end:
            self._lost = self.diverged = True

    def _read_text(self, text: str, start: int, end: int) -> None:
        data = self._data
        if self._begin is None:
            self._begin = start
        escaped = start != self._text and data[start - 1 : start] == b"\\"
        self._text = end
        done = max(start, self._url)
        for match in _NOTABLE.finditer(data, done, end):
            at = match.start()
            if at < self._url:
                continue
            if match.end() == at + 1:
                if not (escaped and at == start):
                    self._brackets = self._brackets + 1 if match[0] == b"[" else max(0, self._brackets - 1)
            elif not self._brackets:
                found = self._find_url(at, match.end())
                if found is not None:
                    self.links.append(found)
                    if self._mails:
                        self._texts.append((data[done:at].decode(), done, at))
                        self._find_mails()
                    done = self._url = found[3]
        if self._mails and done < end:
            self._texts.append((text if done == start else data[done:end].decode(), done, end))

    def _find_url(self, at: int, host: int) -> Url | None:
        """The URL that begins at `at` and whose host begins at `host`; None if the extension finds none."""
        data, limit = self._data, self._cell or len(self._data)
        www = data[at : at + 1] == b"w"
        if www:
            if at != self._begin and data[at - 1 : at] not in b"*_~( \t\n\v\f\r":
                return None
            host = at
        elif not _begins_host(data[host : host + 4]):
            return None
        domain = cast(re.Match[bytes], _DOMAIN.match(data, host + 1, limit))
        labels = (domain[0][:-1] if self._is_last(domain.end()) else domain[0]).split(b".")
        if (b"_" in b"".join(labels[-2:]) and len(labels) <= 11) or (www and len(labels) == 1):
            return None
        extent = cast(re.Match[bytes], _EXTENT.match(data, at, limit))
        written = prose.trim(extent[0].decode("utf-8", "replace"))
        raw = written.replace("\\|", "|") if self._cell else written
        end = at + len(written.encode())
        return Role.BARE, ("http://" if www else "") + raw.translate(_ESCAPES), at, end

    def _is_last(self, end: int) -> bool:
        """Whether the block's text ends here: the extension never looks at the last character of a domain."""
        if self._end is not None:
            return cast(re.Match[bytes], _BLANKS.match(self._data, end, self._end)).end() >= self._end
        return _LAST_LINE.match(self._data, end) is not None

    def _find_mails(self) -> None:
        if not self._texts:
            return
        pieces, self._texts = self._texts, []
        joined, byte = _join(pieces)
        if "@" not in joined:
            return
        done = dots = 0
        scheme = False
        while (at := joined.find("@", done)) >= 0:
            before = joined[done:at].rstrip(NAME)
            if named := _MAIL_SCHEME.search(before[-8:]):
                before, scheme = before[: -len(named[0])].rstrip(NAME), True
            start = done + len(before)
            domain = cast(re.Match[str], _MAIL_DOMAIN.match(joined, at + 1))
            dots += domain[0].count(".")
            if start < at and joined[domain.end() : domain.end() + 1] == "@":
                done = at + 1  # what seemed a domain is the next address's name; the dots still count
                continue
            if start < at and dots and domain[0][-1:].isalpha():
                raw = joined[start : domain.end()]
                raw = raw if scheme else f"mailto:{raw}"
                self.others.append((Role.LINK, raw, byte(start), byte(domain.end() - 1) + 1))
            done = domain.end() if start < at else at + 1
            dots, scheme = 0, False

    def _find_in_html(self) -> None:
        if not self._html:
            return
        pieces, self._html = self._html, []
        joined, byte = _join(pieces)
        for raw, start, end in _html_urls(joined):
            first = byte(start)
            self.others.append((Role.BARE, raw, first, first + len(joined[start:end].encode())))


_Piece = tuple[str, int, int]  # a piece of text, with its span in bytes


def _join(pieces: list[_Piece]) -> tuple[str, Callable[[int], int]]:
    """Join the pieces. Return the text, and a function from its offsets to those of the source, quick in order."""
    starts = list(accumulate([len(text) for text, _, _ in pieces], initial=0))
    piece, counted, at, whole = -1, 0, 0, True  # the last answer: its piece, its offset in that, its byte

    def byte(offset: int) -> int:
        nonlocal piece, counted, at, whole
        index = bisect_right(starts, offset) - 1
        text, start, end = pieces[index]
        inside = offset - starts[index]
        if index != piece or inside < counted:
            piece, counted, at = index, 0, start
            whole = len(text.encode()) == end - start
        if whole:  # not an entity
            at += len(text[counted:inside].encode())
            counted = inside
        return at

    return "".join([text for text, _, _ in pieces]), byte


def _begins_host(data: bytes) -> bool:
    """Whether a host may begin with these bytes: not with white space or punctuation."""
    first = data.decode("utf-8", "ignore")[:1]
    return bool(first) and not first.isspace() and not (category(first)[0] == "P" or first in "$+<=>^`|~")


# The ASCII characters that cmark encodes in a destination.
_ESCAPES = {code: f"%{code:02X}" for code in (*range(0x20), *b'"<>[\\]^`{|}', 0x7F)}
NAME = string.ascii_letters + string.digits + ".+-_"
_MAIL_SCHEME = re.compile(r"(?<![A-Za-z0-9])(?:mailto|xmpp):\Z")
_MAIL_DOMAIN = re.compile(r"(?:[\w-]++|\.(?=[A-Za-z0-9]))*", re.A)
_FOLLOWING = re.compile(r"[^\s<>\"'&]{0,500}")
_IN_HTML = rf"(?:[^\s<>\"'&{prose.MARKS}]++|&(?i:amp);)"
# It begins with a set of characters, which is searched for as such.
_HTML_URL = re.compile(
    r"[<hHfFw](?:(?<=<)(?:"
    r"!--(?:.*?-->|.*)"
    r"|(?i:(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>])(?:.*?</\1(?=[\s/>])|.*))"
    r"|(/?[a-zA-Z][^\s/>]*)((?>(?:[^>=]++|=\s*+(?:\"[^\"]*\"|'[^']*'|)){0,100000}))(?:>|\Z)?)"
    rf"|(?:(?<=[hH])(?<![a-zA-Z].)(?i:ttps?)|(?<=[fF])(?<![a-zA-Z].)(?i:tp))://[^\W_]{_IN_HTML}*"
    rf"|(?<=w)(?<![\w./].)ww\.[^\W_][\w-]*\.{_IN_HTML}+)",
    re.S,
)


def _html_urls(text: str) -> Iterator[tuple[str, int, int]]:
    """URLs in the text of raw HTML, outside links and code. Readers see them, though no forge makes them links."""
    within = None
    at = 0
    while (match := _HTML_URL.search(text, at)) and match.end() > at:
        at = match.end()
        if (url := match[0])[0] != "<":
            following = cast(re.Match[str], _FOLLOWING.match(text, at))[0]
            end = prose.end_of_url(url + following)
            if end == len(url + following):
                at += len(following)
            if within is None and not prose.is_cut_in_quotes(url + following, end):
                written = prose.trim((url + following)[:end])
                raw = unescape(written)
                start = match.start()
                yield raw if "://" in raw[:8] else f"http://{raw}", start, start + len(written)
        elif match[2]:
            name = match[2].lower()
            if within is None and (name in {"pre", "code"} or (name == "a" and "href" in match[3].lower())):
                within = f"/{name}"
            elif name == within:
                within = None
