"""Placeholders: a picture that a host shows for all that it no longer has, or a parked domain for anything."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

from checker.rules.codes import Code
from checker.web import urls

if TYPE_CHECKING:
    from checker.verify.containers import Flaw

SAME = 5  # names on one host with the same bytes; from so many on, the picture is called a placeholder
_FILE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp)\Z", re.I)


class Pictures:
    """Hashes of remote pictures, 24 bytes for each."""

    def __init__(self) -> None:
        self._hashes = array("Q")  # of the bytes and their host
        self._names = array("Q")
        self._keys = array("Q")

    def add(self, url: str, key: int, digest: int) -> None:
        """Note a picture: its URL, the key of its answer, and a hash of its bytes."""
        self._hashes.append(_hash(f"{urls.authority(url)} {digest}"))
        self._names.append(_hash(_name(url)))
        self._keys.append(key)

    def placeholders(self) -> Iterator[tuple[int, Flaw]]:
        """The keys of pictures that their host has under SAME names or more, each with its flaw."""
        common = {picture for picture, group in groupby(sorted(self._hashes)) if sum(1 for _ in group) >= SAME}
        if not common:
            return
        from checker.verify.containers import Flaw  # loads two dozen containers, which most runs do not need

        alike = [row for row in zip(self._hashes, self._names, self._keys, strict=True) if row[0] in common]
        names = Counter(picture for picture, _ in {(picture, name) for picture, name, _ in alike})
        for picture, _, key in alike:
            if names[picture] >= SAME:
                yield key, Flaw(Code.ASSET_PLACEHOLDER, f"the same picture under {names[picture]} names of this host")


def _name(url: str) -> str:
    """A picture's name: that of its file without folder and query (`logo.png?v=2`), else its path and query."""
    path, mark, query = urls.host_and_path(url)[1].partition("?")
    name = path.rpartition("/")[2]
    return name if _FILE.search(name) else f"{path}{mark}{query}"


def _hash(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
