"""Markdown: rendered as the forge renders it (GFM) and read as HTML, with the bare URLs the forge links."""

from __future__ import annotations

import re
import string
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from html import escape, unescape
from itertools import accumulate
from typing import Any, NamedTuple, cast
from unicodedata import category
from urllib.parse import quote

from pyromark import Markdown
from pyromark import Options as Syntax

from checker.extract import Extract, Options, Place, html
from checker.extract.slugs import Anchors
from checker.model import Role

_GFM = Markdown(
    options=Syntax.ENABLE_TABLES
    | Syntax.ENABLE_FOOTNOTES
    | Syntax.ENABLE_STRIKETHROUGH
    | Syntax.ENABLE_TASKLISTS
    | Syntax.ENABLE_GFM
)


def render(text: str) -> str:
    """The page's HTML, not sanitized: front matter and MDX imports set aside, bare URLs left as text."""
    return _render(_set_aside(text))


def extract(text: str, options: Options) -> Extract:
    """Read a page of GitHub Flavored Markdown."""
    source = _set_aside(text)
    rendered = _render(source)
    bare = _Bare(source, source, [])
    raws = _plain(source, rendered) if options.bare else []
    if raws is None:
        bare = _bare(source)
        raws = [(role, raw) for role, raw, _, _ in bare.urls]
        rendered = rendered if bare.read is source else _render(bare.read)
    found = html.extract_fragment(rendered, options)
    for role, raw in raws:
        found.add(role, raw)
    found.ids.update(_anchors(bare.restore(rendered), options.slugs))
    return found


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place that `extract` counts: of a link its destination, of a reference link the whole."""
    written, rest = apart(text, options)
    yield from written
    if rest:
        yield from html.places(rest, options)


def apart(text: str, options: Options) -> tuple[list[Place], str]:
    """The places that are written as Markdown; and the raw HTML, if there is any, where it stands among blanks."""
    source = _set_aside(text)
    bare = _bare(source) if options.bare else _Bare(source, source, [])
    point = _code_points(source.encode())
    raw_html: list[tuple[int, int]] = []
    rows = (*bare.urls, *_written(bare.read, raw_html))
    written = [Place(role, raw, point(start), point(end)) for role, raw, start, end in rows]
    return written, _only(source, [(point(start), point(end)) for start, end in raw_html]) if raw_html else ""


def raw_html(text: str) -> list[tuple[int, int]]:
    """The spans of raw HTML, in code points: what looks like HTML elsewhere is text or code."""
    source = _set_aside(text)
    spans: list[tuple[int, int]] = []
    for _ in _written(source, spans):
        pass
    point = _code_points(source.encode())
    return [(point(start), point(end)) for start, end in spans]


# --- what is no Markdown -------------------------------------------------------------------------------

# Jekyll's rule, and the first line must look like a mapping: a page may well begin with a thematic break.
_FRONT_MATTER = re.compile(r"\ufeff?(?:---|(\+\+\+))[ \t]*+\r?\n")
_FRONT_BLANK = re.compile(r"(?>(?:[ \t]*+\r?\n|\#.*\n){1,1000})")
_FRONT_FIRST = re.compile(r"[\w\"'.$-][^\n:]*:\s|---|\.\.\.")
_FRONT_END = re.compile(r"^(?:---|\.\.\.)[ \t]*+\r?(?:\n|\Z)", re.M)
_TOML_END = re.compile(r"^\+\+\+[ \t]*+\r?(?:\n|\Z)", re.M)
_IMPORT = re.compile(r"""^import\s(?:[\w$*{},\s]{1,400}\sfrom\s*)?(["'])[^"'\n]+\1[ \t]*+(?:;[ \t]*+)?\r?$""", re.M)
_EXPORT = re.compile(r"^export (?:default|const|let|var|function|class|async|\{|\*).*(?:\n(?!\s*?\n|```|~~~).+)*", re.M)
_SURROGATE = re.compile("[\ud800-\udfff]")
_IN_LINE = re.compile(r"[^\r\n]+")


def _set_aside(text: str) -> str:
    """The text with front matter, and the imports and exports of MDX, blanked: every position stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    if end := _front_matter(text):
        text = _blanked(text[:end]) + text[end:]
    if "import " in text and _IMPORT.search(text):
        text = _EXPORT.sub(_blank, _IMPORT.sub(_blank, text))
    return text


def _front_matter(text: str) -> int:
    """Where the front matter ends; 0 where there is none."""
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return 0
    at = opening.end()
    if opening[1]:
        end = _TOML_END.search(text, at)
        return end.end() if end else 0
    while (blank := _FRONT_BLANK.match(text, at)) and blank.end() > at:
        at = blank.end()
    end = _FRONT_END.search(text, at) if _FRONT_FIRST.match(text, at) else None
    return end.end() if end else 0


def _blank(match: re.Match[str]) -> str:
    return _blanked(match[0])


def _blanked(text: str) -> str:
    """As many blanks, in the same lines."""
    return _IN_LINE.sub(lambda run: " " * len(run[0]), text)


def _only(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with all but these spans, which are in order, blanked."""
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts += (_blanked(text[end:start]), text[start:stop])
        end = stop
    return "".join(parts)


# --- rendering -----------------------------------------------------------------------------------------

_FOOTNOTE = re.compile(r'(?<=<sup class="footnote-reference">)<a href="#([^"]*)">')
_NOTE = re.compile(r'(?<=<div class="footnote-definition" id=")')
_AUTOLINK = re.compile(r"<([A-Za-z][\w+.-]{1,31}:[^\s<>&]*&[^\s<>]*)>", re.A)
_LINK = re.compile(r'(?<=<a href=")[^"]*')
_SAFE = "!#$%&'()*+,-./:;=?@^_~"  # what the renderer leaves of a destination, beside letters and digits
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]*);", re.A)


def _render(source: str) -> str:
    rendered = _GFM.html(source)
    if "[^" in source:  # the forge's ids; its links between note and mark cannot break, so they are no references
        rendered = _NOTE.sub("fn-", _FOOTNOTE.sub(r'<a id="fnref-\1">', rendered))
    if "&" in source and (autolinks := _AUTOLINK.findall(source)):
        repaired = {escape(quote(url, _SAFE)): escape(quote(_decode(url), _SAFE)) for url in autolinks}
        rendered = _LINK.sub(lambda link: repaired.get(link[0], link[0]), rendered)
    return rendered


def _decode(url: str) -> str:
    """An autolink's URL with its entities decoded, which the renderer forgets."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), url)


_HEADING = re.compile(r"<h([1-6])(?:\s[^<>]*+)?>([^<]*+(?>(?:<(?!/?h[1-6][\s>])[^<]*+){0,100000}))</h\1\s*+>", re.I)
_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.S)
_TAG = re.compile(r"<[^<>]*>")


def _anchors(rendered: str, forge: str) -> Iterator[str]:
    """The ids that the forge gives to the headings, those of raw HTML too."""
    if "<!--" in rendered:
        rendered = _COMMENT.sub("", rendered)
    anchors = Anchors(forge)
    for _, inner in _HEADING.findall(rendered):
        if anchor := anchors.add(unescape(_TAG.sub("", inner) if "<" in inner else inner)):
            yield anchor


# --- bare URLs -----------------------------------------------------------------------------------------

_Url = tuple[Role, str, int, int]  # role, reference, span in bytes


class _Bare(NamedTuple):
    """The URLs, and the source with those blotted out that hold what could be taken for markup."""

    source: str
    read: str
    urls: list[_Url]

    def restore(self, rendered: str) -> str:
        """The rendered text with the blots filled in again."""
        if self.read is self.source:
            return rendered
        data, read = self.source.encode(), self.read.encode()
        texts = iter([data[start:end].decode() for _, _, start, end in self.urls if data[start] != read[start]])
        return re.sub(f"{_blot(data).decode()}+", lambda _: escape(next(texts, "")), rendered)


_MARKUP = re.compile(rb"[][()!`\\*_~&]")
_ROUNDS = 8  # then what is left stays as the parser has it


def _bare(source: str) -> _Bare:
    """Find what cmark-gfm's autolink extension finds, and the URLs in the text of raw HTML blocks.

    The extension sees a URL before the markup in it (`http://a.test/[b](c)` is one link), the parser used
    here after it. Where they differ, the URLs found so far are blotted out, and the rest is read again.
    """
    original = data = source.encode()
    if not any(hint.search(data) for hint in _HINTS):
        return _Bare(source, source, [])
    blot = _blot(original)
    links: list[_Url] = []
    for _ in range(_ROUNDS):
        scan = _Scan(data)
        scan.read(_GFM.events_with_range(data.decode()))
        links += scan.links
        if scan.diverged or any(_MARKUP.search(original, start, end) for _, _, start, end in scan.links):
            blotted = bytearray(data)
            for _, _, start, end in scan.links:
                blotted[start:end] = blot * (end - start)
            data = bytes(blotted)
        if not scan.diverged:
            break
    read = source if data is original else data.decode()
    return _Bare(source, read, sorted(links + scan.others, key=lambda url: url[2]))


# In rendered text: the destinations of Markdown's own links and images are no candidates.
_CANDIDATE = re.compile(
    r"://(?<!<a href=\"http://)(?<!<a href=\"https://)(?<!<img src=\"http://)(?<!<img src=\"https://)"
)
_SCHEME = re.compile(r"(?<![A-Za-z])https?\Z", re.I)
_WWW = re.compile(r"(?<![^\W_])(?<![/.])www\.")
_MAILED = re.compile(r"[\w.+:-]@[^<>]{0,300}+<")
_PLAIN = re.compile(r"://[A-Za-z\d][A-Za-z\d.:-]*(?:[/?#][\w/.~:?#=%+,-]*)?(?=\s|</(?:p|li|h[1-6]|div|td)>)", re.A)
_RAW = re.compile(r"<(?:(?:a|pre|code|script|style|textarea|title|xmp|iframe|noembed|noframes)[\s>/]|[!?])", re.I)
_NEAR = 2000  # characters


def _plain(source: str, rendered: str) -> list[tuple[Role, str]] | None:
    """The bare URLs of a page where all are plain, as on most pages; None where it takes a closer look.

    A plain one is the same in source and rendered text, with white space or its block's end after it.
    """
    if ("www." in rendered and _WWW.search(rendered)) or ("@" in rendered and _MAILED.search(rendered)):
        return None
    found: list[tuple[Role, str]] = []
    seen = passed = 0  # in the source; in the rendered text
    for candidate in _CANDIDATE.finditer(rendered):
        at = candidate.start()
        before = rendered[max(0, at - _NEAR) : at]
        opened, closed = before.rfind("<"), before.rfind(">")
        if at < passed or (opened > closed and before[opened + 1 : opened + 2].isalpha()):
            continue  # in a URL; in a tag
        block = max(before.rfind("<p>"), before.rfind("<li>"))
        if block < 0 or opened > closed or any(mark in before[closed + 1 :] for mark in "\"'="):
            return None
        if before.startswith("<code", opened):
            continue
        scheme, url = _SCHEME.search(before[-6:]), _PLAIN.match(rendered, at)
        if not (scheme and url) or "[" in before[block:] or before.rfind("<a ") > before.rfind("</a>"):
            return None
        raw = scheme[0] + url[0]
        stands = source.find(raw, seen)
        seen = stands + len(raw)
        if stands < 0 or "_" in raw.split("/", 3)[2] or source[seen : seen + 1].strip(" \t\r\n<"):
            return None
        passed = url.end()
        found.append((Role.BARE, _trim(raw)))
    return None if found and _RAW.search(source) else found


def _blot(data: bytes) -> bytes:
    """A control character that the text does not hold: inert in Markdown, and one byte long."""
    return next((bytes((code,)) for code in range(1, 9) if code not in data), b"x")


# What matters in text: brackets, and what may begin a URL. https://github.github.com/gfm/#autolinks-extension-
_NOTABLE = re.compile(rb"[][]|(?<![A-Za-z])(?i:https?|ftp)://|www\.")
_EXTENT = re.compile(rb"[^\s<]*")
_DOMAIN = re.compile(rb"(?:[-.\w\x01-\x08\x0e-\x1f\x7f]++|\\[-.\w\x01-\x08\x0e-\x1f\x7f])*")
_BLANKS = re.compile(rb"\s*+")
_LAST_LINE = re.compile(rb"[ \t]*(?:\r?\n[ \t>]*(?:\r?\n|[-+*]|\d+[.)])|\s*\Z)")
_HINTS = (re.compile(b"://"), re.compile(rb"www\."), re.compile(b"@"))  # apart, each is sought as plain bytes
_LINKS = frozenset({"Link", "Image"})
_INLINE = _LINKS | {"Emphasis", "Strong", "Strikethrough"}


class _Scan:
    """One reading of a page for bare URLs."""

    def __init__(self, data: bytes) -> None:
        self.links: list[_Url] = []  # what the autolink extension finds while it parses
        self.others: list[_Url] = []  # e-mail addresses, which it finds afterwards, and URLs in HTML blocks
        self.diverged = False  # a URL swallowed markup that reaches beyond it
        self._data = data
        self._mails = b"@" in data
        self._texts: list[_Piece] = []  # text since the last other inline
        self._html: list[_Piece] = []  # of the HTML block
        self._start_block("", 0)

    def _start_block(self, name: str, end: int) -> None:
        """Forget the last block. `end` is the new one's."""
        self._code = name == "CodeBlock"
        self._cell = end if name == "TableCell" else None
        self._end = end if name in {"Paragraph", "Heading", "TableCell"} else None  # of the text, where known
        self._begin: int | None = None  # of the line's text
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
                self._find_quoted()
                end = span["end"] if kind == "Start" else start
                self._start_block(name, end)
                if bisect_left(hints, start) == bisect_left(hints, end):
                    passed = end
            elif name not in _LINKS:
                self._read_inline(start, start)
            elif kind == "Start":
                self._read_inline(start, span["end"])
                self._links += 1
            else:
                self._links -= 1
        self._find_mails()
        self._find_quoted()

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

    def _find_url(self, at: int, host: int) -> _Url | None:
        """The URL that begins here, with its host there; None where the extension sees none."""
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
        written = _trim(extent[0].decode("utf-8", "replace"))
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
            before = joined[done:at].rstrip(_NAME)
            if named := _MAIL_SCHEME.search(before[-8:]):
                before, scheme = before[: -len(named[0])].rstrip(_NAME), True
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

    def _find_quoted(self) -> None:
        if not self._html:
            return
        pieces, self._html = self._html, []
        joined, byte = _join(pieces)
        for raw, start, end in _quoted(joined):
            first = byte(start)
            self.others.append((Role.BARE, raw, first, first + len(joined[start:end].encode())))


_Piece = tuple[str, int, int]  # of text, with its span in bytes


def _join(pieces: list[_Piece]) -> tuple[str, Callable[[int], int]]:
    """The pieces as one text, and what turns an offset in it into a byte of the source, in order quickly."""
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
    """Whether a host may begin so: not with white space or punctuation."""
    first = data.decode("utf-8", "ignore")[:1]
    return bool(first) and not first.isspace() and not (category(first)[0] == "P" or first in "$+<=>^`|~")


def _trim(url: str) -> str:
    """Without the punctuation that the extension leaves out of a URL's end."""
    end = len(url)
    surplus = url.count(")") - url.count("(")
    while end:
        last = url[end - 1]
        if last == ")" and surplus > 0:
            surplus -= 1
        elif last == ";" and (entity := _NAMED.search(url, max(0, end - 40), end)):
            end = entity.start() + 1
        elif last not in "?!.,:*_~'\";":
            break
        end -= 1
    return url[:end]


_NAMED = re.compile(r"&[A-Za-z]+;\Z")
# What cmark encodes in a destination, of ASCII
_ESCAPES = {code: f"%{code:02X}" for code in (*range(0x20), *b'"<>[\\]^`{|}', 0x7F)}
_NAME = string.ascii_letters + string.digits + ".+-_"
_MAIL_SCHEME = re.compile(r"(?<![A-Za-z0-9])(?:mailto|xmpp):\Z")
_MAIL_DOMAIN = re.compile(r"(?:[\w-]++|\.(?=[A-Za-z0-9]))*", re.A)
_IN_HTML = r"[^\s<>\"'&\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]++|&amp;"
_QUOTED = re.compile(
    r"<!--(?:.*?-->|.*)"
    r"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>])(?:.*?</\1(?=[\s/>])|.*)"
    r"|<(/?[a-z][^\s/>]*)((?>(?:[^>=]++|=\s*+(?:\"[^\"]*\"|'[^']*'|)){0,100000}))(?:>|\Z)?"
    rf"|(?<![a-z])((?:https?|ftp)://[^\W_](?:{_IN_HTML})*|(?<![\w./])www\.[^\W_][\w-]*\.(?:{_IN_HTML})+)",
    re.I | re.S,
)


def _quoted(text: str) -> Iterator[tuple[str, int, int]]:
    """URLs in the text of raw HTML, outside links and code: no forge links them, so they end for a reader."""
    within = None
    for match in _QUOTED.finditer(text):
        if match[4]:
            if within is None:
                written = _trim(match[4])
                raw = unescape(written)
                yield (
                    raw if "://" in raw[:8] else f"http://{raw}",
                    match.start(4),
                    match.start(4) + len(written),
                )
        elif match[2]:
            name = match[2].lower()
            if within is None and (name in {"pre", "code"} or (name == "a" and "href" in match[3].lower())):
                within = f"/{name}"
            elif name == within:
                within = None


# --- places --------------------------------------------------------------------------------------------

_DESTINATION = re.compile(rb"\]\(\s*(?:<((?:[^<>\\\n]|\\.)*)>|((?:[^\s\\]|\\.)*?)(?=\s|\)\Z))", re.S)


def _written(source: str, raw_html: list[tuple[int, int]]) -> Iterator[_Url]:
    """Links and images of the Markdown; the spans of raw HTML are added to `raw_html`."""
    data = source.encode()
    waiting: list[tuple[Role, str, str]] = []  # open links and images: role, reference, kind of link
    images = text = 0  # open images; where the text of the innermost link ends
    events: Iterable[tuple[Any, Any]] = _GFM.events_with_range(source)
    for event, span in events:
        if event.__class__ is str:
            continue
        ((kind, value),) = event.items()
        start, end = span["start"], span["end"]
        if kind == "Start" and value.__class__ is dict and (link := value.get("Link") or value.get("Image")):
            role = Role.LINK if "Link" in value else Role.IMAGE
            written, raw = link["link_type"], link["dest_url"]
            raw = quote(_decode(raw) if written == "Autolink" else raw, _SAFE)
            waiting.append((role, f"mailto:{raw}" if written == "Email" else raw, written))
            images += role is Role.IMAGE
            text = start + (1 if role is Role.LINK else 2)
        elif kind == "End" and value in ("Link", "Image"):
            role, raw, written = waiting.pop()
            images -= role is Role.IMAGE
            if not images:  # what stands in the text of an image is not rendered
                yield role, raw, *_destination(data, written, start, text, end)
            text = end
        else:
            text = end
            if kind in ("Html", "InlineHtml") and not images:
                raw_html += _lines(value.encode(), data, start, end)


def _lines(raw: bytes, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of raw HTML: in a quote, each line but the first has a prefix that is no part of it."""
    written = data[start:end].split(b"\n")
    for line, kept in zip(written, raw.split(b"\n") if len(raw) < end - start else written, strict=False):
        end = start + len(line)
        yield max(start, end - len(kept)), end
        start = end + 1


def _destination(data: bytes, written: str, start: int, text: int, end: int) -> tuple[int, int]:
    """The span of a link's destination in bytes."""
    if written in ("Autolink", "Email"):
        return start + 1, end - 1
    match = _DESTINATION.match(data, text, end) if written == "Inline" else None
    return match.span(match.lastindex or 0) if match else (start, end)


_BLOCK = 1024  # bytes


def _code_points(data: bytes) -> Callable[[int], int]:
    """Turns an offset in UTF-8 into one in code points, in constant time."""
    if data.isascii():
        return int
    counts = [0]
    for at in range(0, len(data), _BLOCK):
        counts.append(counts[-1] + len(data[at : at + _BLOCK].translate(None, _CONTINUATION)))

    def point(offset: int) -> int:
        block = offset // _BLOCK
        return counts[block] + len(data[block * _BLOCK : offset].translate(None, _CONTINUATION))

    return point


_CONTINUATION = bytes(range(0x80, 0xC0))
