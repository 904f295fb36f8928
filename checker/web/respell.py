"""What to write instead of a reference that names the wrong file or id: only the wrong characters change. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from urllib.parse import quote, unquote

_UNIT = re.compile(r"(?:%[0-9A-Fa-f]{2})+|.", re.S)
_TWICE = re.compile(r"%25(?=[0-9A-Fa-f]{2})")
_BEFORE_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?(?:[/\\]{2}[^/\\]*)?")
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
    return path[:start] + "/".join((*kept, *spelt)) + rest


def encoded_once(written: str) -> str:
    """The reference whose path is percent-encoded once, where it was twice."""
    path, rest = _before(written, "?#")
    return _TWICE.sub("%", path) + rest


def with_fragment(written: str, right: str) -> str:
    """The reference with the id that it should name, which is decoded."""
    before, _, fragment = written.partition("#")
    readable = not written.isascii() or "%" not in fragment
    return f"{before}#{respelt(fragment, right, _FRAGMENT, readable=readable)}"


def respelt(old: str, new: str, safe: str, *, readable: bool) -> str:
    """A part of a reference that should say `new` (decoded). What is right in `old` stays as it is spelt.

    Other characters outside ASCII are percent-encoded, unless they should be `readable`.
    """
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
