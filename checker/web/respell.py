"""What to write instead of a reference that names the wrong file or id: only the wrong characters change. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from checker.web import urls

_UNIT = re.compile(r"(?:%[0-9A-Fa-f]{2})+|.", re.S)
_TWICE = re.compile(r"%25(?=[0-9A-Fa-f]{2})")
_BEFORE_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?(?:[/\\]{2}[^/\\]*)?")
_COMPARED = 10_000  # pairs of segments: paths of a hundred each
_PATH, _FRAGMENT = "!$&*+,:=@~", "!$&*+,/:;=?@~"  # what stays as it is, beside letters, digits and -._


def with_path(written: str, wrong: str, right: str) -> str | None:
    """The reference with the path that it should name; None if it names too little of the wrong one to be corrected.

    `written` resolves to the path `wrong`; both paths are decoded and `/`-separated, below the same root. A query and a
    fragment stay. Percent-encoded characters stay encoded, and others stay as they are.
    """
    path, rest = _before(written, "?#")
    head = _BEFORE_PATH.match(path)
    start = head.end() if head else 0
    named, before, after = path[start:].split("/"), wrong.split("/"), right.split("/")
    same = _common(before, after)
    if same == len(before) or same == len(after):  # one is a folder of the other: a last segment must change
        same = max(0, same - 1)
    tail = before[same:]
    if len(named) < len(tail) or [_decoded(segment) for segment in named[len(named) - len(tail) :]] != tail:
        return None
    kept, changed = named[: len(named) - len(tail)], named[len(named) - len(tail) :]
    new = after[same:]
    readable = not written.isascii()  # the whole reference says how its author writes
    ends = _common(tail[::-1], new[::-1]) if len(tail) != len(new) else 0
    middle = len(changed) - ends
    if len(tail) == len(new):
        spelt = [respelt(old, name, _PATH, readable=readable) for old, name in zip(changed, new, strict=True)]
    else:
        spelt = [respelt("", name, _PATH, readable=readable) for name in new[: len(new) - ends]] + changed[middle:]
    if not (start or kept):
        if ":" in spelt[0]:
            spelt[0] = f"./{spelt[0]}"
        if spelt == [""]:
            return None  # an empty reference leads to the page itself
    corrected = path[:start] + "/".join((*kept, *spelt)) + rest
    return None if corrected == written else corrected  # what is wrong stands before the path


def encoded_once(written: str) -> str:
    """The reference whose path is percent-encoded once, where it was twice."""
    path, rest = _before(written, "?#")
    return _TWICE.sub("%", path) + rest


_OF_ROUTE = re.compile(r"([^?]*\?(?:[^#]*&)?id=)([^&#]*)")


def with_fragment(written: str, right: str) -> str:
    """The reference with the id that it should name, which is decoded; a route has it in its query, `#/page?id=x`."""
    route = _OF_ROUTE.fullmatch(written)
    before, fragment = route.groups() if route else (f"{written.partition('#')[0]}#", written.partition("#")[2])
    readable = not written.isascii() or "%" not in fragment
    return f"{before}{respelt(fragment, right, _FRAGMENT, readable=readable)}"


def with_name(written: str, right: str) -> str:
    """The reference to an image map with the name that it should have, as it stands: nobody decodes it."""
    return f"{written.partition('#')[0]}#{right}"


def with_url(written: str, old: str, new: str) -> str:
    """The reference that should lead to the URL `new`, which is serialised, and leads to `old`.

    What both have in common stays as it is spelt; the fragment stays, unless `new` states one.
    """
    before, kept = _before(written, "#")
    new, stated = _before(new, "#")
    spelt = _spelt_as(before, new)
    short = spelt[spelt.find("//") :]  # by the scheme of the page
    if before.startswith("//") and _leads_to(old, short, new):
        spelt = short
    return (spelt if _leads_to(old, spelt, new) else new) + (stated or kept)


def _spelt_as(before: str, new: str) -> str:
    """A URL, with what it has in common with a reference as it is spelt there."""
    from difflib import SequenceMatcher

    (path, query), (new_path, new_query) = _before(before, "?"), _before(new, "?")
    head, new_head = _BEFORE_PATH.match(path), _BEFORE_PATH.match(new_path)
    at, new_at = head.end() if head else 0, new_head.end() if new_head else 0
    segments, new_segments = path[at:].split("/"), new_path[new_at:].split("/")
    if segments == [""] and new_segments == ["", ""]:  # a host alone
        new_segments = segments
    if len(segments) * len(new_segments) < _COMPARED:
        decoded = [_decoded(segment) for segment in segments], [_decoded(segment) for segment in new_segments]
        for same in SequenceMatcher(None, *decoded, autojunk=False).get_matching_blocks():
            new_segments[same.b : same.b + same.size] = segments[same.a : same.a + same.size]
    host = path[:at][path.find("//") :] if "//" in path[:at] else ""
    scheme = new_path[: new_path.find("//")]
    start = scheme + host if host and _leads_to(new, scheme + host, new_path[:new_at]) else new_path[:new_at]
    return start + "/".join(new_segments) + (query if _decoded(query) == _decoded(new_query) else new_query)


def _leads_to(base: str, reference: str, url: str) -> bool:
    """Whether a reference resolves to what a URL, with or without its slash, is."""
    try:
        return urls.resolve(base, reference) == urls.resolve("about:blank", url)
    except urls.InvalidURL:
        return False


def readable(url: str) -> str:
    """A URL in which characters outside ASCII are not percent-encoded."""
    return "".join(text if not text.isascii() and text.isprintable() else spelt for spelt, text in _units(url))


def respelt(old: str, new: str, safe: str, *, readable: bool) -> str:
    """A part of a reference that should say `new` (decoded). What is right in `old` stays as it is spelt.

    Other characters outside ASCII are percent-encoded, unless they should be `readable`.
    """
    if "%" not in old and new.isascii() and quote(new, safe=safe) == new:  # most, quickly: there is one spelling
        return new
    from difflib import SequenceMatcher

    units = list(_units(old))
    decoded = [text for _, text in units]
    if "".join(decoded) == new:
        return old
    parts: list[str] = []
    for what, start, end, begin, stop in SequenceMatcher(None, decoded, list(new), autojunk=False).get_opcodes():
        if what == "equal":
            parts += [spelt for spelt, _ in units[start:end]]
        else:
            parts += [_spelt(character, safe, readable=readable) for character in new[begin:stop]]
    return "".join(parts)


def _spelt(character: str, safe: str, *, readable: bool) -> str:
    if readable and not character.isascii() and character.isprintable():
        return character
    return quote(character.encode("utf-8", "surrogateescape"), safe=safe)


def _units(part: str) -> Iterator[tuple[str, str]]:
    """Each character of a part of a reference as it is spelt, and what it stands for."""
    for match in _UNIT.finditer(part):
        spelt = match[0]
        decoded = unquote(spelt, "utf-8", "surrogateescape") if len(spelt) > 1 else spelt
        at = 0
        for character in decoded:
            width = 3 * len(character.encode("utf-8", "surrogateescape")) if len(spelt) > 1 else 1
            yield spelt[at : at + width], character
            at += width


def _decoded(segment: str) -> str:
    return unquote(segment, "utf-8", "surrogateescape") if "%" in segment else segment


def _before(text: str, marks: str) -> tuple[str, str]:
    """What stands before the first of some characters, and the rest."""
    end = min((at for at in map(text.find, marks) if at >= 0), default=len(text))
    return text[:end], text[end:]


def _common(first: list[str], second: list[str]) -> int:
    """How many items two lists begin with alike."""
    number = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        number += 1
    return number
