"""What a run is to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checker.config.schema import Config
from checker.extract import Options
from checker.model import Only

if TYPE_CHECKING:  # an offline run never loads the network
    from checker.history.run import RunHistory
    from checker.run.frontier import Frontier
    from checker.run.requests import Counts

Network = Callable[[Options], "Frontier"]  # makes what asks for remote URLs
Progress = Callable[[int, int, "Counts | None"], None]  # pages done, pages in all, how far the network is


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A mirror to check, and how."""

    config: Config
    source: str  # how the user names it
    only: Only = None  # which pages are read; they may refer to any
    rows: bool = False  # every reference is reported
    network: Network | None = None  # without it, remote URLs are unchecked
    against: Network | None = None  # asks for the live site, where the folder is compared with it
    cache: Path | None = None  # the page cache: what whole runs learn of pages, for the next run
    changed_since: str = ""  # a revision that git knows: only what a change from it on can have broken is reported
    history: RunHistory | None = None  # what earlier runs learnt: a target that has just begun to fail is only suspect
    progress: Progress | None = None
    now: Callable[[], datetime] = _now

    @property
    def online(self) -> bool:
        """Whether remote URLs are asked for."""
        return self.network is not None

    @property
    def caches_pages(self) -> bool:
        """Whether the run reads only the pages that changed: it looks at all of them, and keeps no reference apart."""
        return bool(self.cache or self.changed_since) and self.only is None and not self.rows
