"""What a change can break: the pages that it touched, and every reference to what it removed, anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker.model import Finding


class Change(NamedTuple):
    """A change, by names of files of the mirror."""

    touched: frozenset[str]  # files that are new or otherwise
    gone: frozenset[str]
    lost: Mapping[str, frozenset[str]]  # page -> ids that it had and has no more

    emptied: frozenset[str]  # folders that some of what is gone was in

    def touches(self, name: str) -> bool:
        """Whether the change may have broken what refers to a name."""
        name = name.rstrip("/")
        return name in self.gone or name in self.emptied or name in self.touched

    def concerns(self, finding: Finding) -> bool:
        """Whether the change may be the reason of a finding."""
        if finding.page in self.touched:
            return True
        name, _, fragment = finding.target.partition("#")
        if fragment and (name := name.rstrip("/")) in self.touched:
            return fragment in self.lost.get(name, ())
        return self.touches(name)
