"""A unified diff of a page, which `git apply` and `patch -p1` take: bytes, since pages have any charset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import diff_bytes, unified_diff
from itertools import chain

from checker import logins

_ODD = re.compile(rb'[\0-\x1f"\\\x7f-\xff]')


def unified(page: str, before: bytes, after: bytes) -> Iterator[bytes]:
    """The lines of a page's diff, each with its line end."""
    lines = diff_bytes(
        unified_diff, _lines(before), _lines(after), _name(f"a/{page}"), _name(f"b/{page}"), lineterm=b"\n"
    )
    for line in lines:
        yield line
        if not line.endswith(b"\n"):
            yield b"\n\\ No newline at end of file\n"


def masked(line: bytes, encoding: str) -> bytes:
    """A line of a diff without the logins in it: the same bytes, if there are none."""
    text = line.decode(encoding, "surrogateescape") if b"@" in line or b"%40" in line else ""
    shown = logins.hidden_in(text)
    return line if shown == text else shown.encode(encoding, "surrogateescape")


def _lines(data: bytes) -> list[bytes]:
    return list(chain.from_iterable([line + b"\n"] for line in data.split(b"\n")[:-1])) + _rest(data)


def _rest(data: bytes) -> list[bytes]:
    rest = data[data.rfind(b"\n") + 1 :]
    return [rest] if rest else []


def _name(path: str) -> bytes:
    """A file's name as git writes it in a diff: quoted if it holds a character that is not plain."""
    name = path.encode("utf-8", "surrogateescape")
    if not _ODD.search(name):
        return name + (b"\t" if b" " in name else b"")
    return b'"%s"' % _ODD.sub(lambda match: b"\\%03o" % match[0][0], name)
