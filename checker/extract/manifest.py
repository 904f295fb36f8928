"""Web app manifests (https://www.w3.org/TR/appmanifest/), and the strings of any JSON with positions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from checker.extract import Extract, Options, Place
from checker.model import Role

# Keys from the top to a URL, arrays left out. `scope` and `id` name no resource.
_ROLES = {
    ("icons", "src"): Role.ICON,
    ("screenshots", "src"): Role.IMAGE,
    ("start_url",): Role.LINK,
    ("shortcuts", "url"): Role.LINK,
    ("shortcuts", "icons", "src"): Role.ICON,
    ("related_applications", "url"): Role.LINK,
    ("share_target", "action"): Role.FORM,
    ("file_handlers", "action"): Role.LINK,
    ("file_handlers", "icons", "src"): Role.ICON,
    ("protocol_handlers", "url"): Role.LINK,
    ("note_taking", "new_note_url"): Role.LINK,
}


def extract(text: str, options: Options) -> Extract:
    """Read a manifest."""
    found = Extract()
    for place in places(text, options):
        found.add(place.role, place.raw)
    return found


def places(text: str, options: Options) -> Iterator[Place]:  # noqa: ARG001 - the contract
    """Every place of a manifest; its span is the string without quotes."""
    for path, raw, start, end in strings(text):
        if path in _ROLES:
            yield Place(_ROLES[path], raw, start, end)


_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:,]', re.S)
_DEPTH = 8  # levels of nesting; deeper ones hold no references


def strings(text: str) -> Iterator[tuple[tuple[str, ...], str, int, int]]:
    """(keys from the top, string, span) of each string that is a value. Text that is not JSON is passed over."""
    containers: list[str | None] = []  # the current key of each open object, None for an array
    expected = True  # whether a string would be a value
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark == "{":
            containers.append("")
            expected = False
        elif mark == "[":
            containers.append(None)
            expected = True
        elif mark in {"}", "]"}:
            del containers[-1:]
        elif mark == ":":
            expected = True
        elif mark == ",":
            expected = not containers or containers[-1] is None
        elif not expected:
            containers[-1:] = [_decode(mark)]
        elif len(containers) <= _DEPTH:
            path = tuple(key for key in containers if key is not None)
            yield path, _decode(mark), match.start() + 1, max(match.end() - 1, match.start() + 1)


def all_strings(text: str) -> Iterator[tuple[str, int, int]]:
    """Each string of some JSON, and its span."""
    for match in _MARKS.finditer(text):
        if match[0][0] == '"':
            yield _decode(match[0]), match.start() + 1, max(match.end() - 1, match.start() + 1)


_DECODER = json.JSONDecoder(strict=False)


def _decode(mark: str) -> str:
    if "\\" not in mark:
        return mark[1:].removesuffix('"')
    try:
        return str(_DECODER.decode(mark))
    except ValueError:
        return mark[1:].removesuffix('"')
