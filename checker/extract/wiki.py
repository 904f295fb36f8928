"""Links of a forge's wiki in Markdown: `[[Page]]`, `[[text|Page#section]]`, `[[picture.png|alt=text]]`.

Their syntax is Gollum's, https://github.com/gollum/gollum/wiki#gollum-tags, as GitHub, GitLab and Gitea read it. All
but GitLab look for them in what has been rendered, and so in the text of raw HTML, but not in its code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.extract.bare import Bare
from checker.extract.running import running_text
from checker.kinds import is_asset, is_download, media_type
from checker.model import Role
from checker.web import urls

_TAG = re.compile(rb"(?<!\[)\[\[([^][]{1,300})\]\](?!\])")
_PART = re.compile(rb"[^|\s\\](?:[^|]*[^|\s\\])?")  # in a table, `|` may be escaped
_OTHER = re.compile(r"_?toc_?$|include:", re.I)  # what stands for a list of the headings, or for another page's text
_MARKUP = re.compile(rb"[][\n`<>]")
_UNSAFE = re.compile(r'[?%:"\\]')  # what would end a path, or begin it otherwise


_IN_MARKDOWN = "gitlab"  # the forge whose parser of Markdown reads them, so that no raw HTML holds any
_RAW = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(/?)([A-Za-z][^\s/>]*+)(?>(?:[^>\"']++|\"[^\"]{0,2000}\"|'[^']{0,2000}'){0,1000})>", re.S
)
_NO_LINKS = frozenset({b"a", b"code", b"pre", b"script", b"style", b"textarea", b"title", b"tt"})
_BLANK_LINE = re.compile(rb"\n[ \t>]*\n")


def _linkable(source: str, forge: str) -> bytearray:
    """The text in UTF-8 in which a forge looks for links, with blanks for all else: tags, and code in raw HTML too."""
    if forge == _IN_MARKDOWN:
        return running_text(source, linked=False)
    text = running_text(source, linked=False, html=True)
    data = source.encode()
    hidden: list[tuple[int, int]] = []
    within, begin = b"", 0  # the element that is open and holds no link, and where it begins
    block = 0  # where the last block ends that was looked at, and with it an element that is never closed
    for match in _RAW.finditer(text):
        closes, name = match[1], (match[2] or b"").lower()
        if within and within != b"pre" and block <= match.start():
            hidden.append((begin, block))
            within = b""
        if not within:
            hidden.append(match.span())
            if name in _NO_LINKS and not closes:
                within, begin = name, match.start()
                if block <= begin:
                    block = ended.start() if (ended := _BLANK_LINE.search(data, begin)) else len(data)
        elif name == within and closes:
            hidden.append((begin, match.end()))
            within = b""
    if within:
        hidden.append((begin, len(data) if within == b"pre" else block))
    for start, end in hidden:
        text[start:end] = b" " * (end - start)
    return text


def wiki_links(bare: Bare, forge: str) -> Iterator[tuple[Role, str, int, int]]:
    """(role, reference, span in bytes) of each link in running text; its span is that of the page's or file's name."""
    data = bare.source.encode()
    if b"[[" not in data:  # most pages, quickly
        return
    for match in _TAG.finditer(_linkable(bare.masked, forge)):
        start, end = match.span(1)
        quoted = data[start - 3 : start - 2] == b"'" != data[end + 2 : end + 3]  # Gollum's escape
        if quoted or _MARKUP.search(data, start, end):
            continue
        parts = list(_PART.finditer(data, start, end))
        names = [part[0].decode() for part in parts[:2]]
        if not names or _OTHER.match(names[0]):
            continue
        picture = media_type(names[0]).startswith("image/")
        chosen = 0 if picture else len(names) - 1
        yield Role.IMAGE if picture else Role.LINK, _reference(names[chosen]), *parts[chosen].span()


def _reference(name: str) -> str:
    """The reference, relative to the root of the wiki, that a name stands for."""
    if urls.scheme(name) in {"http", "https", "mailto"}:
        return name
    page, mark, section = name.lstrip("/").partition("#")
    if not (is_asset(page) or is_download(page)):
        page = page.replace(" ", "-")  # the name of a page as it stands in its address
    page = _UNSAFE.sub(lambda char: f"%{ord(char[0]):02X}", page).replace(" ", "%20")
    return page + mark + section.replace(" ", "-")
