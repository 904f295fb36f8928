"""Documents that are read without building a tree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from checker.extract.tags import attributes

_LARGE = 20_000  # code points up to which the standard's parser is quick on any text
_WIDE = 48_000  # code points up to which it takes 0.2 s at most, however many attributes a tag has
_HUGE = 6_000_000  # code points from which a tree, twenty times as large, takes more memory than a worker should
_DEEPEST = 4_000  # elements within elements
_MOST = 4_000  # attributes of an element
_ANY_TAG = re.compile(r"</?[a-zA-Z][^\s/>]*+")
# Elements that hold nothing, or that the next one of their kind closes.
_FLAT = frozenset({
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr",
    "p", "li", "td", "th", "tr", "dt", "dd", "option",
})  # fmt: skip
_AT_ONCE = 1_000  # tags that are counted at a time
_QUOTED_END = re.compile(r"=\s*+[\"'][^\"'>]*+>")
_WHOLE_TAG = re.compile(r"</?[a-z][^>\"']*+(?>(?:(?:\"[^\"]*+\"|'[^']*+')[^>\"']*+){0,65535})", re.I)
_TAG_NAME = re.compile(r"</?[a-z][^\s/>]*+", re.I)


def is_treeless(text: str) -> bool:
    """Whether a page is better read without a tree: it is very large, or the standard's parser would not be linear.

    No real page is nested so deep, or has so many attributes; browsers cut the nesting at 512.
    """
    return len(text) > _LARGE and (len(text) > _HUGE or _deep(text) or (len(text) > _WIDE and _full(text)))


def _deep(text: str) -> bool:
    """Whether elements are nested too deep. Each name is counted by itself: `</b>` does not close `<i>`."""
    tags = 5 * _DEEPEST
    if len(text) < 3 * tags or text.count("<") < tags:
        return False
    marks = _ANY_TAG.findall(text)
    unclosed: Counter[str] = Counter()
    for at in range(0, len(marks), _AT_ONCE):
        for mark, number in Counter(marks[at : at + _AT_ONCE]).items():
            closes = mark[1] == "/"
            name = mark[1 + closes :].lower()
            if name not in _FLAT:
                unclosed[name] += -number if closes else number
        unclosed = +unclosed  # what was never opened closes nothing
        if unclosed.total() > _DEEPEST:
            return True
    return False


def _full(text: str) -> bool:
    """Whether a tag has too many attributes."""
    return any(len(attributes(text, name.end())[0]) > _MOST for name in _long_tags(text))


def _long_tags(text: str) -> Iterator[re.Match[str]]:
    """The names of tags that are long enough to hold too many attributes."""
    shortest = 2 * _MOST
    if _QUOTED_END.search(text):  # `>` need not be the end of a tag
        for tag in _WHOLE_TAG.finditer(text):
            if tag.end() - tag.start() > shortest and (name := _TAG_NAME.match(text, tag.start())):
                yield name
        return
    start = 0
    while (end := start + shortest) < len(text):
        last = text.rfind(">", start, end)
        if last < 0:
            last = text.find(">", end)
            last = last if last >= 0 else len(text)
            if name := _TAG_NAME.search(text, start, last):
                yield name
        start = last + 1
