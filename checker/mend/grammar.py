"""How a reference is spelt in the source of a page: its escapes, and which characters need one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from html import unescape
from typing import NamedTuple

from checker.extract import tags
from checker.web import urls

_COMPARED = 4_000_000  # pairs of characters: URLs of two thousand each
Unit = tuple[str, str]  # a piece of the source, and the text that it stands for


class Grammar(NamedTuple):
    """The escapes of one syntax, which may itself stand in the text of another."""

    escape: re.Pattern[str]  # one that stands for a character, or for none
    meant: Callable[[str], str]  # what it stands for
    spelt: Callable[[str], str]  # a character as it must be written
    outer: Grammar | None = None

    def units(self, source: str) -> Iterator[Unit]:
        """The pieces of a source, each with the text that it stands for."""
        if self.outer is None:
            yield from self._units(source)
            return
        outer = list(self.outer.units(source))
        around, spelt, said = iter(outer), "", 0
        for piece, meant in self._units("".join(text for _, text in outer)):
            said -= len(piece)
            while said < 0:  # a unit of the outer syntax may stand for two characters
                more, text = next(around)
                spelt, said = spelt + more, said + len(text)
            yield spelt, meant
            spelt = ""
        if rest := "".join(more for more, _ in around):
            yield rest, ""

    def written(self, character: str) -> str:
        """A character as it must be written in a source."""
        spelt = self.spelt(character)
        return spelt if self.outer is None else "".join(map(self.outer.written, spelt))

    def _units(self, source: str) -> Iterator[Unit]:
        at = 0
        for match in self.escape.finditer(source):
            yield from zip(source[at : match.start()], source[at : match.start()], strict=True)
            yield match[0], self.meant(match[0])
            at = match.end()
        yield from zip(source[at:], source[at:], strict=True)

    def rewritten(self, source: str, before: str, now: str) -> str | None:
        """The source that says `now` and said `before`; what is the same stays as it is spelt. None if it said else."""
        units = list(self.units(source))
        said = "".join(text for _, text in units)
        if said != before and urls.decode(said) != urls.decode(before):
            return None
        texts = [text for _, text in units]
        if len(texts) * len(now) > _COMPARED:  # to compare them would take minutes
            return "".join(map(self.spelt, now))
        parts: list[str] = []
        for what, start, end, begin, stop in SequenceMatcher(None, texts, list(now), autojunk=False).get_opcodes():
            if what == "equal":
                parts += [spelt for spelt, _ in units[start:end]]
            else:
                parts += map(self.written, now[begin:stop])
        return "".join(parts)


def _itself(text: str) -> str:
    return text


def _css_meant(written: str) -> str:
    code = written[1:].strip()
    if not re.fullmatch("[0-9a-fA-F]+", code):
        return "" if written[1:] in {"\n", "\r\n", "\f"} else written[1:]
    return chr(int(code, 16)) if 0 < int(code, 16) < 0x110000 else "\ufffd"


def _json_meant(written: str) -> str:
    return str(json.loads(f'"{written}"'))


_NEVER = re.compile(r"(?!)")
PLAIN = Grammar(_NEVER, _itself, _itself)
# https://html.spec.whatwg.org/multipage/syntax.html#character-references; a tab or a line break in a URL means nothing
MARKUP = Grammar(
    re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[A-Za-z][A-Za-z0-9]*+(?:;|(?!=)))|\r\n?"),
    tags.decode,
    lambda character: {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}.get(character, character),
)
# https://spec.commonmark.org/0.31.2/#backslash-escapes
MARKDOWN = Grammar(
    re.compile(r"\\[!-/:-@\[-`{-~]|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);"),
    lambda written: written[1:] if written[0] == "\\" else unescape(written),
    lambda character: "&amp;" if character == "&" else f"\\{character}" if character in "()<>\\|" else character,
)
# https://www.w3.org/TR/css-syntax-3/#consume-escaped-code-point
CSS = Grammar(
    re.compile(r"\\(?:[0-9a-fA-F]{1,6}[ \t\n\f]?|\r\n|.)", re.S),
    _css_meant,
    lambda character: f"\\{character}" if character in "()\"'\\ " else character,
)
JSON = Grammar(  # https://www.rfc-editor.org/rfc/rfc8259#section-7
    re.compile(r'(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])'),
    _json_meant,
    lambda character: json.dumps(character, ensure_ascii=False)[1:-1],
)

# The syntaxes of which one can stand in another: a style and a document in attributes, HTML in a feed of JSON, Markdown
# in a notebook.
GRAMMARS = (
    *(PLAIN, MARKUP, MARKDOWN, CSS, JSON),
    *(CSS._replace(outer=MARKUP), MARKUP._replace(outer=MARKUP)),
    *(MARKUP._replace(outer=JSON), MARKDOWN._replace(outer=JSON)),
)


def rewritings(source: str, before: str, now: str) -> Iterator[str]:
    """The ways to write `now` where a page's source says `before`: one for each syntax in which it says that.

    Only the page, read again, can tell which of them is right.
    """
    seen = {source}
    if (path := source.replace("\\", "/")) == now and path not in seen:  # of Windows: its backslashes may be escapes
        seen.add(path)
        yield path
    for grammar in GRAMMARS:
        new = grammar.rewritten(source, before, now)
        if new is not None and new not in seen:
            seen.add(new)
            yield new
