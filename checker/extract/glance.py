"""Bare URLs of a page of Markdown by its rendered text; only the parts that this leaves in doubt are read closely.

The rendered text shows what stands in a tag, in a link or in code, and which URLs are plain: the same in a paragraph
and in raw HTML. Any other place sends the part around it to `bare_urls`: what stands between two blank lines, if that
gives alone what the page has there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge

from checker.extract.bare import NAME, Bare, bare_urls
from checker.extract.gfm import render_source, unindented
from checker.model import Role
from checker.web import prose

_SCHEME = re.compile(r"(?<![A-Za-z])(?:https?|ftp)\Z", re.I)
_MAIL = re.compile(r"[\w.+-]@((?>(?:[\w-]+|\.(?=[A-Za-z\d]))*))(?:(?=@)|(?<=[A-Za-z]))", re.A)
_PLAIN = re.compile(
    r"https?://[A-Za-z\d][A-Za-z\d.:-]*"
    r"(?:[/?#](?>(?:[\w/.~:?#=%+,-]++|(?u:[^\x00-\x7f\s]++))*))?[).,:;!?]*"
    r"(?=\s|<(?:/?(?:p|li|h[1-6]|div|t[dh]|[uo]l|d[dt])|br)\b)",
    re.A | re.I,
)
_KEY = re.compile(r"[A-Za-z\d/.:@+-]{1,200}")
_BLOCK = re.compile(r"\n<(?:p|li|h[1-6]|div|blockquote|pre|table)\b")
_FOLLOWED = re.compile(r"</?(?:a|code|pre)[ >]")
_NAME = re.compile(r"<(?:!--|/?[^\s/>]*)")
_SPANNING = {"<!--": "-->"} | {f"<{name}": f"</{name}>" for name in ("pre", "script", "style", "textarea")}
_SPELT = frozenset(("<a", "</a", "<code", "<title", "<xmp", "<iframe", "<noembed", "<noframes", *_SPANNING))
_WITHIN = re.compile(r"[ \t\r\n]|[-+*](?:[ \t\r\n]|\Z)|\d{1,9}[.)]")  # after a blank line, what may go on with a list
_NEAR = 2000  # characters
_LONGEST = 500  # characters of a URL; raw HTML is not searched further for the end of one
_TRIES = 4


def urls_at_a_glance(source: str, rendered: str, tags: frozenset[str] | None) -> list[tuple[Role, str]] | None:
    """The bare URLs and e-mail addresses of a page; None if `bare_urls` must read all of it.

    `rendered` may be `unindented`. `tags`: those of raw HTML in the page that are notable; None if there is no raw HTML
    at all.
    """
    candidates = _candidates(rendered, raw=tags is not None)
    return _Glance(source, rendered, tags).read(candidates) if candidates else []


def _candidates(rendered: str, *, raw: bool) -> list[int]:
    """Where a bare URL may begin, or the `@` of an address stand: all that is not in a tag, nor the text of a link that
    Markdown made, in order. `raw`: there is raw HTML.
    """
    schemes = [at for at in _all(rendered, "://") if rendered[at - 1] in "psPS"]
    hosts = [at for at in _all(rendered, "www.") if not (rendered[at - 1] in "/." or rendered[at - 1].isalnum())]
    mails = [at for at in _all(rendered, "@") if _may_be_mail(rendered, at)] if "@" in rendered else []
    found: list[int] = []
    passed, tag, link = 0, False, False
    for at in merge(schemes, hosts, mails) if hosts or mails else schemes:
        opened, closed = rendered.rfind("<", passed, at), rendered.rfind(">", passed, at)
        if opened >= 0:
            link = not raw and rendered.startswith("<a ", opened)
        if opened > closed:
            tag = rendered[opened + 1].isalpha() or rendered.startswith("!--", opened + 1)
        elif closed >= 0:
            tag = False
        passed = at
        if tag or link:
            continue
        if rendered[at] != ":":
            found.append(at)
        elif scheme := _SCHEME.search(rendered[max(0, at - 6) : at]):
            found.append(at - len(scheme[0]))
    return found


def _all(text: str, mark: str) -> Iterator[int]:
    """Where a mark stands in a text."""
    at = -1
    while (at := text.find(mark, at + 1)) >= 0:
        yield at


def _may_be_mail(rendered: str, at: int) -> bool:
    """Whether the `@` of an e-mail address may stand here."""
    domain = _MAIL.match(rendered, max(0, at - 1))
    return domain is not None and ("." in domain[1] or rendered[domain.end() : domain.end() + 1] == "@")


class _Glance:
    """One pass over the candidates of a page."""

    def __init__(self, source: str, rendered: str, tags: frozenset[str] | None) -> None:
        self._source, self._rendered = source, rendered
        self._raw = tags or frozenset[str]()
        self._is_html = tags is not None
        self._names = frozenset(_NAME.findall("".join(self._raw))) if self._raw else self._raw
        self._strange = not all(map(_FOLLOWED.match, self._raw)) or ("</a" in self._names and "<a" not in self._names)
        # The tag of each element that is open, "" where it is not. Without raw ones, code holds no tags.
        self._open = dict.fromkeys(["a", *(name for name in ("code", "pre") if f"<{name}" in self._names)], "")
        self._tag = -1  # the last tag
        self._bracket = -1  # the last opening bracket
        self._followed = 0  # how far these are known
        self._found: list[tuple[int, Role, str]] = []  # with its offset in the rendered text
        self._passed = self._seen = 0  # how far the rendered text, and the source, have been read
        self._part = self._end = 0  # the part that was read closely last
        line = source.find("\n")
        self._break = "\n\r\n" if source[line - 1 : line] == "\r" else "\n\n"
        self._next: dict[str, int] = {}

    def read(self, candidates: list[int]) -> list[tuple[Role, str]] | None:
        """What the candidates are; None if it cannot be told of one."""
        for at in candidates:
            if at < self._passed or self._hides(at):
                continue
            if not (self._takes_plain(at) or self._takes_mail(at) or self._takes_part(at)):
                return None
        return [(role, raw) for _, role, raw in self._found]

    def _hides(self, at: int) -> bool:
        """Whether a place is in a link or code that Markdown made."""
        rendered, raw, followed = self._rendered, self._raw, self._followed
        for name in self._open:
            start, end = rendered.rfind("<" + name, followed, at), rendered.rfind(f"</{name}>", followed, at)
            while start > end and rendered[start + len(name) + 1] not in " >":
                start = rendered.rfind("<" + name, followed, start)
            if start > end:
                tag = rendered[start : rendered.find(">", start) + 1]
                self._open[name] = "<pre>" if tag in raw and rendered.startswith("<pre>", start - 5) else tag
            elif end >= 0:
                self._open[name] = ""
        self._bracket = max(self._bracket, rendered.rfind("[", max(followed, self._passed), at))
        self._tag = max(self._tag, rendered.rfind("<", followed, at))
        self._followed = at
        for tag in self._open.values():
            if tag and tag not in raw:
                return True
        return "code" not in self._open and rendered.startswith("<code", self._tag)

    def _takes_plain(self, at: int) -> bool:
        """Whether a plain URL begins here, which is noted."""
        rendered, source = self._rendered, self._source
        url = _PLAIN.match(rendered, at)
        if url is None or self._strange or any(self._open.values()) or self._is_bracketed(at):
            return False
        raw, end = url[0], url.end()
        stands = source.find(raw, self._seen)
        behind = stands + len(raw)
        if stands < 0 or "_" in raw.split("/", 3)[2] or source[behind : behind + 1].strip(" \t\r\n<"):
            return False
        if not raw.isascii() and (len(raw) > _LONGEST or prose.end_of_url(raw) < len(raw)):
            return False
        if self._is_html and self._is_quoted(at, end):
            return False
        self._found.append((at, Role.BARE, prose.trim(raw)))
        self._passed, self._seen = end, behind
        return True

    def _takes_mail(self, at: int) -> bool:
        """Whether an e-mail address has its `@` here, which is noted. In a block of raw HTML, it would be none."""
        rendered = self._rendered
        domain = _MAIL.match(rendered, max(0, at - 1))
        if self._is_html or domain is None or rendered[domain.end() : domain.end() + 1] in {"@", ":"}:
            return False
        before = rendered[max(self._passed, at - _NEAR) : at]
        name = before[len(before.rstrip(NAME)) :]
        if len(name) == len(before) or before[-len(name) - 1] == ":":
            return False
        self._found.append((at, Role.LINK, f"mailto:{name}@{domain[1]}"))
        self._passed = domain.end()
        return True

    def _is_quoted(self, start: int, end: int) -> bool:
        """Whether what seems to be text may be in an attribute that holds `>`."""
        low = max(self._passed, start - _NEAR)
        before = self._rendered[max(low, self._rendered.rfind(">", low, start) + 1) : start]
        if "'" in before or '"' in before or "=" in before or "<" in before:
            return True
        tag = self._find("<", end)
        return self._find('"', end) < tag or (self._find("'", end) < tag and self._find("='", 0) >= 0)

    def _is_bracketed(self, at: int) -> bool:
        """Whether a bracket may be open, in which nothing is linked."""
        if self._bracket >= 0 and _BLOCK.search(self._rendered, self._bracket, at):
            self._bracket = -1
        return self._bracket >= 0

    def _find(self, mark: str, at: int) -> int:
        """Where a mark is found next; asked in order, it passes over the text once."""
        if self._next.get(mark, -1) < at:
            found = self._rendered.find(mark, at)
            self._next[mark] = found if found >= 0 else len(self._rendered)
        return self._next[mark]

    def _takes_part(self, at: int) -> bool:
        """Whether the part of the page around a place means the same alone; its URLs are noted."""
        rendered, source = self._rendered, self._source
        key = _KEY.match(rendered, at)
        if key is None:
            return False
        stands = self._seen - 1
        for _ in range(_TRIES):
            stands = source.find(key[0], stands + 1)
            if stands < 0:
                return False
            start, end = self._begin_of_part(stands), self._end_of_part(stands)
            part = source[start:end]
            alone = unindented(render_source(part))
            begin = rendered.find(alone, max(0, at - len(alone) + 1), at + len(alone))
            if begin >= 0:
                break
        else:
            return False
        bare = bare_urls(part)
        if self._is_spanned(start) or not (bare.masked is part or _is_only_text(bare, alone)):
            return False
        while self._found and self._found[-1][0] >= begin:
            self._found.pop()
        self._found += [(at, role, raw) for role, raw, _, _ in bare.urls]
        self._passed, self._seen, self._bracket = begin + len(alone), end, -1
        self._part, self._end = start, end
        return True

    def _begin_of_part(self, at: int) -> int:
        while (at := self._source.rfind(self._break, self._end, at)) >= 0:
            if not _WITHIN.match(self._source, at + len(self._break)):
                return at + len(self._break)
        return self._end

    def _end_of_part(self, at: int) -> int:
        while (at := self._source.find(self._break, at) + 1) > 0:
            end = at + len(self._break) - 1
            if not _WITHIN.match(self._source, end):
                return end
        return len(self._source)

    def _is_spanned(self, start: int) -> bool:
        """Whether a raw block that holds blank lines may be open where a part begins."""
        if not self._names <= _SPELT:
            return True
        for opening, closing in _SPANNING.items():
            if opening in self._names:
                opened = self._source.rfind(opening, self._part, start)
                if opened >= 0 and self._source.find(closing, opened, start) < 0:
                    return True
        return False


def _is_only_text(bare: Bare, rendered: str) -> bool:
    """Whether the markup in URLs has no part in what is rendered."""
    masked = unindented(render_source(bare.masked))
    return not any("%5B" in raw for _, raw, _, _ in bare.urls) and bare.restore(masked) == rendered
