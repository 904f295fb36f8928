"""One picture in place of many: what a host shows for all that it no longer has, or a parked domain for anything."""

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

SAME = 5  # names with the same bytes on one host, from which they are called a placeholder
_FILE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp)\Z", re.I)


class Pictures:
    """What remote pictures look like, in 24 bytes each."""

    def __init__(self) -> None:
        self._prints = array("Q")  # of the bytes and their host
        self._names = array("Q")
        self._keys = array("Q")

    def add(self, url: str, key: int, looks: int) -> None:
        """Note a picture: its URL, the key that its answer is kept by, and a hash of its bytes."""
        self._prints.append(_hash(f"{urls.authority(url)} {looks}"))
        self._names.append(_hash(_name(url)))
        self._keys.append(key)

    def placeholders(self) -> Iterator[tuple[int, Flaw]]:
        """Keys of pictures that their host has under SAME names or more, each with its flaw."""
        common = {looks for looks, group in groupby(sorted(self._prints)) if sum(1 for _ in group) >= SAME}
        if not common:
            return
        from checker.verify.containers import Flaw  # two dozen containers that most runs have no use for

        alike = [row for row in zip(self._prints, self._names, self._keys, strict=True) if row[0] in common]
        names = Counter(looks for looks, _ in {(looks, name) for looks, name, _ in alike})
        for looks, _, key in alike:
            if names[looks] >= SAME:
                yield key, Flaw(Code.ASSET_PLACEHOLDER, f"the same picture under {names[looks]} names of this host")


def _name(url: str) -> str:
    """A picture's name: the same in every folder, and with a file's name whatever is asked of it (`logo.png?v=2`)."""
    path, mark, query = urls.host_and_path(url)[1].partition("?")
    name = path.rpartition("/")[2]
    return name if _FILE.search(name) else f"{path}{mark}{query}"


def _hash(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
