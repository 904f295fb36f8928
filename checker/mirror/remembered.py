"""What pages share: the targets of references, and what their caller concluded on these."""

from __future__ import annotations

from collections.abc import Hashable

from checker.mirror.target import Target

_FOLDERS = 6  # folders whose targets are remembered; pages come sorted by folder
_REMEMBERED = 60_000  # targets that are remembered for a folder

# Reference, with its fragment -> a caller's conclusion on it; then the same for references in running text.
Settled = tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]


class Remembered:
    """The memory of a resolver. It forgets what it has too much of."""

    __slots__ = ("_everywhere", "_folders", "settled", "settled_everywhere", "targets")

    def __init__(self) -> None:
        self._folders: dict[Hashable, tuple[dict[str, Target], Settled]] = {}
        self._everywhere: dict[Hashable, Settled] = {}
        self.targets: dict[str, Target] = {}
        # Conclusions on references that mean the same on every page of the folder.
        self.settled: Settled = ({}, {})
        # The same of references that mean the same in other folders too; empty if the base of the page is elsewhere.
        self.settled_everywhere: Settled = ({}, {})

    def enter(self, folder: Hashable | None, everywhere: Hashable | None) -> None:
        """Recall what is remembered of pages that resolve alike, in a folder and everywhere. None: nothing."""
        if folder is not None and folder not in self._folders:
            if len(self._folders) >= _FOLDERS:
                self._folders.clear()
            self._folders[folder] = ({}, ({}, {}))
        self.targets, self.settled = ({}, ({}, {})) if folder is None else self._folders[folder]
        if everywhere is not None and everywhere not in self._everywhere:
            if len(self._everywhere) >= _FOLDERS:
                self._everywhere.clear()
            self._everywhere[everywhere] = ({}, {})
        self.settled_everywhere = ({}, {}) if everywhere is None else self._everywhere[everywhere]

    def trim(self) -> None:
        """Forget what has become too much."""
        if len(self.targets) + sum(map(len, self.settled)) > _REMEMBERED:
            self.targets.clear()
            for each in self.settled:
                each.clear()
        if sum(map(len, self.settled_everywhere)) > _REMEMBERED:
            for each in self.settled_everywhere:
                each.clear()
