"""The job of a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from checker.config.schema import Config
from checker.extract import Options
from checker.model import Only
from checker.sources.given import Given

if TYPE_CHECKING:  # an offline run never loads the network
    from checker.history.run import RunHistory
    from checker.mirror.git import Questions
    from checker.run.frontier import Frontier
    from checker.run.requests import Counts

Network = Callable[[Options], AbstractAsyncContextManager["Frontier"]]  # makes the frontier, which asks for remote URLs
Progress = Callable[[int, int, "Counts | None"], None]  # pages done, pages in all, the network's progress


def _now() -> datetime:
    return datetime.now(UTC)


class Asking(Struct, frozen=True, kw_only=True):
    """How the network is asked what to write instead of remote references."""

    network: Network
    copies: bool = False  # whether the archive is asked for copies of what is gone
    last_good: Callable[[str], int | None] = lambda _url: None  # the last good answer of a URL, seconds since 1970
    secure: dict[tuple[str, str], bool] = {}  # (URL, role) -> whether https: has the same, if that was asked before


class Job(Struct, frozen=True, kw_only=True):
    """A mirror to check, and how to check it."""

    config: Config
    source: str  # as the user named it
    questions: Questions | None = None  # of its folder, which git answers already
    only: Only = None  # selects the pages to read; None: all
    given: Given | None = None  # a page of it that is not read from a file
    rows: bool = False  # report every reference
    network: Network | None = None  # None: remote URLs are unchecked
    against: Network | None = None  # asks for the live site that the folder is compared with; None: no comparison
    cache: Path | None = None  # the file of the page cache
    changed_since: str = ""  # a revision in git: only faults that a change since then can have caused are reported
    renames: bool = False  # git is asked where missing files went, which takes a look at its whole history
    asking: Asking | None = None  # None: the network is not asked what to write instead of references
    everywhere: bool = False  # each place of a third party is reported, and not only the first
    history: RunHistory | None = None  # earlier runs: with them, a target that fails for the first time is only suspect
    progress: Progress | None = None
    now: Callable[[], datetime] = _now

    @property
    def online(self) -> bool:
        """Whether remote URLs are asked for."""
        return self.network is not None

    @property
    def caches_pages(self) -> bool:
        """Whether the page cache is used. It needs a run over all pages that does not report every reference."""
        return bool(self.cache or self.changed_since) and self.only is None and not self.rows
