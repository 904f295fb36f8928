"""Before the first page is read: open the mirror, list its pages, and load the page cache."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, overload

from msgspec import Struct

from checker.config.schema import Config, ReferencesTable
from checker.extract import Options
from checker.extract.dialects import dialect_of
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.kinds import WITH_IDS, may_be_article
from checker.mirror import generators, git, httrack
from checker.mirror.opening import Opened, open_mirror
from checker.model import Only, SourceError
from checker.rules import THIRD_PARTY
from checker.run.job import Job
from checker.sources.address import Address, Root
from checker.sources.base import Source
from checker.sources.index import Index, Part
from checker.sweep import recall
from checker.sweep.facts import ASKED, LED_TO, NO_IDS, SWEPT, Context
from checker.sweep.page import load_extractors
from checker.sweep.recall import Recalled
from checker.verify.fixity.manifest import Manifest, find
from checker.web.globs import any_of, matcher

if TYPE_CHECKING:
    from checker.judge.change import Change

_MANY = 2_000  # pages; to read so many again takes less time than to write the whole page cache


class Narrowed(NamedTuple):
    """What a run with `--changed-since` looks at."""

    revision: str
    change: Change
    files: frozenset[int]  # numbers of the files that were added or modified
    before: frozenset[int]  # keys of the remote URLs that the mirror referred to before


class Unread(Sequence[tuple[str, bytes]]):
    """Pages that are read whatever they have; in the place of their former ids stands nothing."""

    __slots__ = ("_pages",)

    def __init__(self, pages: Sequence[str]) -> None:
        self._pages = pages

    def __reduce__(self) -> tuple[type[Unread], tuple[list[str]]]:
        return Unread, ([*self._pages],)

    def __len__(self) -> int:
        return len(self._pages)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return ((page, b"") for page in self._pages)

    @overload
    def __getitem__(self, at: int) -> tuple[str, bytes]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[tuple[str, bytes]]: ...
    def __getitem__(self, at: int | slice) -> tuple[str, bytes] | Sequence[tuple[str, bytes]]:
        return Unread(self._pages[at]) if isinstance(at, slice) else (self._pages[at], b"")


class Prepared(Struct, frozen=True):
    """A mirror, ready to be read."""

    opened: Opened
    context: Context
    judging: Judge
    pages: Sequence[str]
    unread: Sequence[tuple[str, bytes]]  # pages to read, unless their content still has this id
    recalled: Recalled | None  # the other pages, from the page cache
    narrowed: Narrowed | None
    manifest: Manifest | None

    @property
    def names(self) -> Source:
        """The mirror's own files."""
        return self.opened.mounts[0].names

    @property
    def keeps(self) -> bool:
        """Whether the page cache is worth to be written for the next run."""
        if self.recalled is None or self.names.is_large:
            return False
        return self.narrowed is None or len(self.unread) > _MANY

    def state(self) -> RunState:
        """The state of a run that has read no page."""
        untracked = frozenset([self.names.files[name] for name in self.opened.untracked])
        return RunState(self.names.size, untracked=untracked)


def prepare(job: Job, root: Root) -> Prepared:
    """Open the mirror of a job. Raises SourceError if it cannot be read, ConfigError for unusable settings."""
    config = job.config
    asked = _asked_of_git(root, job.changed_since) if job.changed_since else None
    first = not (job.cache and job.cache.exists())
    opened = open_mirror(config, root, job.given, job.questions, _load_extractors if first else bool, job.only)
    names = opened.mounts[0].names
    judging = Judge(config)
    embeds = judging.wants(*THIRD_PARTY)
    remembers = job.caches_pages and (not names.is_large or asked is not None)
    identity = recall.identity(config, opened, online=job.online, embeds=embeds) if remembers else ""
    known = recall.known(job.cache, identity, names) if job.cache and remembers and not names.is_large else None
    context, pages = context_of(
        config, opened, job.only, rows=job.rows, online=job.online, embeds=embeds, remember=remembers
    )
    before = known.snapshot.outward() if known and asked and job.online else frozenset()
    recalled = None
    if remembers:
        recalled = recall.recall(known, identity, names, pages, partial(_vouched, names, asked), change=bool(asked))
    narrowed = _narrowed(context, opened, job.changed_since, asked, before) if asked else None
    manifest = find(names, config.assets.manifest) if judging.wants("fixity") else None
    opened.rest()  # threads and forks do not mix
    return Prepared(
        opened,
        context,
        judging,
        pages,
        recalled.unread if recalled else Unread(pages),
        recalled,
        narrowed,
        manifest,
    )


def _load_extractors(names: Source) -> None:
    load_extractors(names.files)


def _asked_of_git(root: Root, revision: str) -> Callable[[], git.Changes]:
    if isinstance(root, Address):
        raise SourceError(f"{root}: --changed-since needs a folder in a git repository")
    from checker.run.changed import asked

    return asked(root, revision)


def _narrowed(
    context: Context, opened: Opened, revision: str, asked: Callable[[], git.Changes], before: frozenset[int]
) -> Narrowed:
    from checker.run.changed import since

    names = opened.mounts[0].names
    change = since(context, opened.clone, names.root or names.place, revision, asked)
    files = frozenset(names.files[name] for name in change.touched if name in names.files)
    return Narrowed(revision, change, files, before)


def _vouched(names: Source, asked: Callable[[], git.Changes] | None) -> Mapping[str, str]:
    """The blob ids of the files that, according to git, did not change since they were checked out."""
    if names.root is None:
        return {}
    try:
        return (asked().files if asked else git.worktree(names.root)).same
    except (OSError, git.GitError, git.UnknownRef):
        return {}


def context_of(
    config: Config,
    opened: Opened,
    only: Only,
    *,
    rows: bool = False,
    online: bool = False,
    embeds: bool = True,
    remember: bool = False,
) -> tuple[Context, Sequence[str]]:
    """The context of the sweep, and the pages to read."""
    pages, flags = _pages(config, opened, only)
    context = Context(
        opened.mounts,
        opened.home,
        opened.addresses,
        opened.origins,
        options_of(config.references, opened.slugs, wiki=opened.mounts[0].layout.wiki),
        flags,
        config.pages.max_bytes,
        rows,
        online,
        embeds,
        remember,
        tuple(clone.head for clone in opened.clones.values() if clone.head),
        sites=opened.sites,
        sites_first=opened.sites_first,
        dialects={name: options_of(config.references, name) for name in opened.dialects},
    )
    return context, pages


def options_of(table: ReferencesTable, slugs: str, *, wiki: bool = False) -> Options:
    """What the configuration, and the layout, decide about extraction."""
    return Options(frozenset(table.lazy), table.bare, slugs, wiki, any_of(table.ignore))


def _pages(config: Config, opened: Opened, only: Only) -> tuple[Sequence[str], bytes]:
    index = opened.mounts[0].names
    unpublished = frozenset(opened.ignored)
    left_out = tuple(name for name in opened.ignored if name.endswith("/"))
    if httrack.RECORD in index.files:
        left_out += httrack.OWN
    included = matcher(config.pages.include) if config.pages.include else lambda _name: True
    excluded = matcher(config.pages.exclude)
    sites = [site.built for site in opened.sites]
    published = [f"{row.folder.strip('/')}/" for row in config.mirror.address]
    parts = generators.beside(index, sites, published).union(*(site.plan.parts for site in sites))
    meant = only.pages if only and not only.listed else frozenset[str]()  # who names a file means it
    unasked = (only is None or only.listed) and not config.pages.include
    if unasked and opened.home.forge and not (sites or published or opened.home.site or "index.html" in index.files):
        parts |= generators.of_tests(index)
    with_ids = frozenset(page for site in sites if dialect_of(site.dialect).antora for page in site.pages)
    flags = bytearray(index.size)
    pages: list[str] = []
    numbers = array("I")  # of the pages, where there are too many for a list of their names
    is_large, kind_of = index.is_large, index.kind_of
    for name, number in index.files.items():
        kind = kind_of(name)
        if not kind and not may_be_article(name):
            continue
        ignored = only is None and (name in unpublished or (bool(left_out) and name.startswith(left_out)))
        if ignored or (name in parts and name not in meant) or excluded(name) or not included(name):
            flags[number] = NO_IDS if kind and kind is not True and kind not in WITH_IDS else ASKED
            continue
        swept = only is None or only(name)
        if not kind:
            flags[number] = LED_TO if swept else ASKED
            continue
        if swept:
            if is_large:
                numbers.append(number)
            else:
                pages.append(name)
        if kind is True or kind in WITH_IDS or name in with_ids:
            flags[number] = SWEPT if swept else ASKED
    return Part(index.files, numbers) if isinstance(index.files, Index) else pages, bytes(flags)
