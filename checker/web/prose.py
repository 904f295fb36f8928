"""Where a URL in running text ends for a reader, though a program would read on. No I/O."""

from __future__ import annotations

import re

# Where sentences of Chinese and Japanese break: punctuation in full width, and the quotes and dashes of print.
MARKS = r"\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u2026\u2014"
_MARK = re.compile(rf"(?!(?<=[a-z0-9])’[a-z0-9])[{MARKS}]", re.I)  # that is an apostrophe
_OPENING = frozenset("“‘「『（【《〈〔［｛〖〝")
_CLOSING = frozenset("”’」』）】》〉〕］｝〗〞")
_PAGE = r"\.(?:[xs]?html?|php|aspx?|jsp|do|pdf|jpe?g|png|gif|webp|mp[34]|zip)"
# How a slug goes on after a mark: `”-402413.html`, `——two.html`, `（图）_3/`; and a query: `“a”&b=1`
_GOES_ON = re.compile(
    rf"(?<=[^\x00-\x7f])(?:(?:[-_./][\w/-]*(?:\.\w+)?|[\w-]+{_PAGE})(?:[?#][!-~]*)?|&[\w.-]+=[!-~]*)\Z", re.A | re.I
)
_ENDED = re.compile(rf"{_PAGE}\Z", re.I)
_ENDS = re.compile(rf"{_PAGE}(?=[{MARKS}])", re.I)
# What ends it before that: what no URL holds, encoded or not, and a letter behind the name of a page.
_JUNK = re.compile(rf"(?=[`\"|^\\]|%(?:60|22|7C|5E|5C))|{_PAGE}(?=[^\x00-\x7f])|(?=(?P<close>[]}}]|%[57]D))", re.I)
_OPENED = re.compile(r"[\[{]|%[57]B", re.I)


def end_of_url(url: str) -> int:
    """Where a URL ends for a reader who knows that a sentence goes on: its length, where all of it belongs to it."""
    mark = _MARK.search(url)
    if mark is None:
        return len(url)
    start = mark.start()
    if (
        mark[0] not in _CLOSING  # one that nothing opened was opened before the URL
        and not _ENDED.search(url, max(0, start - 10), start)
        and "://" not in url[start:]
    ):
        ends = (len(url), *(end.end() for end in _ENDS.finditer(url, start)))
        if end := next((end for end in ends[:_MOST] if _GOES_ON.search(url, start, end)), 0):
            return end
    for junk in _JUNK.finditer(url, 0, start):
        if not junk["close"] or not _OPENED.search(url, 0, junk.start()):
            return junk.end()
    return start


_MOST = 10  # places at which a URL may end that are looked at


def is_cut_in_quotes(url: str, end: int) -> bool:
    """Whether a URL that would end there holds a quote that opens as a part of its path, and was cut within it."""
    return url[end : end + 1] in _OPENING and url[end - 1 : end] in {"/", "-", "_", "="}


def trim(url: str) -> str:
    """A URL without the punctuation behind it, as GFM's autolinks leave it out.

    https://github.github.com/gfm/#extended-autolink-path-validation
    """
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
