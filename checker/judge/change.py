"""What a change can break: the pages that it touched, and every reference to something that it removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker.model import Finding


class Change(NamedTuple):
    """A change, as names of files of the mirror."""

    touched: frozenset[str]  # files that were added or modified
    gone: frozenset[str]
    lost: Mapping[str, frozenset[str]]  # page -> ids that were removed from it
    emptied: frozenset[str]  # folders that contained a file that is gone

    @property
    def names(self) -> frozenset[str]:
        """All names references to which the change may have broken."""
        return self.touched | self.gone | self.emptied

    def touches(self, name: str) -> bool:
        """Whether the change may have broken references to a name."""
        name = name.rstrip("/")
        return name in self.gone or name in self.emptied or name in self.touched

    def concerns(self, finding: Finding) -> bool:
        """Whether the change may have caused a finding."""
        if finding.page in self.touched:
            return True
        name, _, fragment = finding.target.partition("#")
        if fragment and (name := name.rstrip("/")) in self.touched:
            return fragment in self.lost.get(name, ())
        return self.touches(name)
