"""The row of a generator: how it is found, and what it makes of a folder of sources."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from mmap import mmap
from typing import Any, Literal, NamedTuple

from checker.mirror.generators import ignored
from checker.mirror.generators.reading import Reading
from checker.mirror.generators.snippets import Brought
from checker.mirror.layouts import Names
from checker.model import Role
from checker.sources.base import Source
from checker.web import urls

_LIKE = 0.75  # similarity from which a name is taken for a label, mistyped
_LONGEST = 1_000  # characters of a path on a site; what is longer may be a picture in a URL
_VERSION = re.compile(r"v?\d{1,4}(?:\.[\dx]{1,4}){0,3}|latest|stable|next|nightly|dev")  # of documentation
_COMPARED = 3_000_000  # labels that are compared for the pages of a site, in some seconds


class Led(NamedTuple):
    """Where a generator leads a reference that it does not leave as it is written."""

    file: str = ""  # the source file whose page it becomes a reference to, relative to the mirror; it may be missing
    href: str = ""  # what it becomes, for a browser on the built page; path and query. `file` is what its author meant
    copied: bool = False  # whether the generator copies the file because of the reference
    unknown: str = ""  # why only the generator can tell where it leads


class Made(NamedTuple):
    """What one configuration makes, as it is gathered for a plan."""

    pages: dict[str, str]
    files: dict[str, str]
    hidden: dict[str, str]
    parts: set[str]
    decides: list[tuple[re.Pattern[str], str]]


class Plan(NamedTuple):
    """What a generator makes of a folder. Names of what is built are relative to the root of the site."""

    pages: Mapping[str, str]  # source file -> the file that is built of it: "guide/start.html", "guide/index.html"
    files: Mapping[str, str] = {}  # other built file -> source file: what is copied; further names of pages
    url: str = ""  # where the site is published; only a path, "/book/", if its host is not known; "": nothing is known
    parts: frozenset[str] = frozenset()  # source files that are no pages: layouts, includes, themes, fixtures
    hidden: Mapping[str, str] = {}  # source page that is not built -> why not; if in `pages` too, others show its text
    rooted: bool = False  # whether `/x` in Markdown is relative to the site's path, not to its host
    decides: tuple[tuple[re.Pattern[str], str], ...] = ()  # paths of pages that only the generator knows, and why
    links_elsewhere: str = ""  # why any link of Markdown may be turned into another: a hook of the site's own
    settings: Mapping[str, str] = {}  # what the row's `link` has to know, by names of its own
    includes: re.Pattern[str] | None = None  # as a dialect's, by the settings
    # Names that lead to their place from any page, as `#name`, and the pages that have them; why a name that is like
    # none of them may be another's.
    labels: Mapping[str, str] = {}
    other_labels: str = ""
    defines: bool = False  # whether a plug-in may give a reference link the definition that its page lacks
    dialect: str = ""  # of Markdown, if the settings choose another than the generator's usual
    at_root: bool = False  # whether a program shows all pages at the address of the site itself


Link = Callable[["Built", str, str], Led | None]
Embed = Callable[["Built", str, str, Role, bool], Led | None]


Fill = Callable[["Built", str, str], str | None]


def unfilled(_site: Built, _page: str, _reference: str) -> str | None:
    """What a placeholder becomes of which only the generator knows."""
    return None


def as_written(_site: Built, _page: str, _reference: str) -> Led | None:
    """The link of a generator that leaves references as they are."""
    return None


class Generator(NamedTuple):
    """A generator. It is the `GENERATOR` of a module of its name."""

    name: str  # in the configuration
    label: str  # in messages
    plan: Callable[[Reading], Plan | None]  # None: it is not this generator's after all
    dialect: str  # of Markdown: a row of `extract/dialects`
    output: str = ""  # the folder that it builds into, relative to its folder
    # Where a reference in Markdown leads that is relative or begins with `/` (path and query, of a source page); None:
    # where a browser on the built page finds it. In raw HTML, no generator changes a reference.
    link: Link = as_written
    in_html: bool = False  # whether it changes references in raw HTML too
    # The same of pictures and media, and of what components name (Role.OBJECT); the last argument says whether it
    # stands in raw HTML. None: as `link`.
    embed: Embed | None = None
    # What a reference with placeholders (of a source page, with its fragment) is once they are filled in; None: only
    # the generator can tell.
    fill: Fill = unfilled
    # Puts what a page, by its file and its text, brings in in place.
    bring: Callable[[Built, str, str], Brought | None] = lambda _site, _page, _text: None
    # The ids that a page (by its file and its text) may have of what only the generator fills in or brings in.
    ids: Callable[[Built, str, str], re.Pattern[str] | None] = lambda _site, _page, _text: None
    schemes: tuple[str, ...] = ()  # that only the generator knows
    dialects: Mapping[str, str] = {}  # of pages whose names have another extension, ".mdx"
    # What a reference of a page, with its fragment, is to others, where a program reads fragments as routes; the last
    # argument says whether it stands in raw HTML. Of the site's own address, the page is "".
    routed: Callable[[Built, str, str, bool], str] | None = None
    bundles: bool = False  # whether style sheets of its sources are put together, so that `/x` in them is on the site
    takes_all: bool = False  # whether it copies any file that Markdown leads to, which then is a download


class Built(Source):
    """The site that a generator makes of a folder, as a source: its names are those of what is built, and have the
    numbers and the bytes of the files that they are built of.
    """

    files: dict[str, int]

    __slots__ = (
        *(
            "_compared",
            "_ignored",
            "_of",
            "_served",
            "_tops",
            "address",
            "addresses",
            "labels",
            "folder",
            "generator",
            "pages",
            "plan",
            "settings",
            "sources",
            "is_all",
            "witness",
        ),
    )

    def __init__(self, source: Source, generator: Generator, plan: Plan, settings: str, folder: str = "") -> None:
        """`settings` is the file that shows the generator, in the `folder` ("" or "docs/") in which it runs."""
        sources = {built: name for name, built in plan.pages.items() if name not in plan.hidden}
        sources |= {built: name for built, name in plan.files.items() if built not in sources}
        sources = {built: real for built, name in sources.items() if (real := source.real(name)) in source.files}
        folders = {""}
        for name in sources:
            while (name := name.rpartition("/")[0]) and name not in folders:
                folders.add(name)
        super().__init__(source.place, sources, folders, {}, [])
        self.files = {name: source.files[sources[name]] for name in self.files}
        self.sources = sources  # built file -> source file
        self.pages = plan.pages
        self.generator = generator
        self.plan = plan
        self.settings = settings
        self.folder = folder
        self.address = ""  # where it is published, as far as that is known; ends with `/`
        self.is_all = False  # whether the configuration says that it is all there is at its address
        self.labels = sorted(plan.labels)
        self._compared = _COMPARED
        self._tops: frozenset[str] | None = None  # the names at the site's root; made when they are needed
        self._ignored: re.Pattern[str] | Literal[False] | None = False  # until it is asked for
        self.witness: Names | None = None  # what was built of it, if that is at hand
        self._of = source
        self._served = frozenset(sources.values())
        # Source file -> the built file at whose address it is read: that of its page, or its copy.
        copied = {
            name: built for built, name in sources.items() if posixpath.basename(built) == posixpath.basename(name)
        }
        self.addresses: Mapping[str, str] = {**copied, **plan.pages}

    def read(self, name: str, limit: int) -> bytes:
        """See Source."""
        return self._of.read(self.sources[name], limit)

    def blocks(self, name: str) -> Iterator[bytes]:
        """See Source."""
        return self._of.blocks(self.sources[name])

    def whole(self, name: str) -> bytes | mmap:
        """See Source."""
        return self._of.whole(self.sources[name])

    def stamps(self, names: Iterable[str]) -> dict[str, tuple[int, int, int]]:
        """See Source."""
        of = {self.sources[name]: name for name in names}
        return {of[name]: stamp for name, stamp in self._of.stamps(of).items()}

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """See Source."""
        of = {self.sources[name]: name for name in names}
        return ((of[name], size) for name, size in self._of.sizes(of))

    def as_asked(self) -> Source:
        """The site with the names by which most references ask for its files: of pages, without extension."""
        asked = {_without_extension(name): name for name in reversed(self.files)}
        return _Asked(self, asked)

    @property
    def dialect(self) -> str:
        """How most of its pages of Markdown are read: a row of `extract/dialects`."""
        return self.plan.dialect or self.generator.dialect

    def dialect_of(self, page: str) -> str:
        """How a page of Markdown is read."""
        return self.generator.dialects.get(posixpath.splitext(page)[1], self.dialect)

    def text(self, file: str) -> str:
        """The beginning of a source file, whether readers get it or not, as text; "" if there is none."""
        return Reading(self._of, "", "").text(file)

    def front(self, file: str) -> Mapping[str, Any]:
        """The front matter of a source file; empty if it has none."""
        return Reading(self._of, "", "").front(file)

    def has(self, file: str) -> bool:
        """Whether there is a source file of this name, on the site or not."""
        return self._of.real(file) in self._of.files

    def label_like(self, name: str) -> str | None:
        """The label that a name was meant for, if one is like it."""
        if self._compared <= 0 or not self.labels:
            return None
        from rapidfuzz import process
        from rapidfuzz.distance import DamerauLevenshtein

        self._compared -= len(self.labels)
        best = process.extractOne(
            name, self.labels, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_LIKE
        )
        return best[0] if best else None

    def all_files(self) -> Iterable[str]:
        """The names of all files of the mirror, on the site or beside it."""
        return self._of.files

    def has_folder(self, folder: str) -> bool:
        """Whether there is a folder of sources of this name."""
        return folder in self._of.folders

    def serves(self, file: str) -> bool:
        """Whether readers of the site get a source file, as a page or as it is."""
        return self.generator.takes_all or file in self._served

    def holds(self, file: str) -> bool:
        """Whether there is a source file, of the site or beside it."""
        return self._of.real(file) in self._of.files

    def url_of(self, page: str) -> str:
        """The path, relative to the site's root, at which readers see a source file."""
        built = self.addresses[page]
        folder, _, name = built.rpartition("/")
        return built if name != "index.html" else f"{folder}/" if folder else ""

    def holds_like(self, path: str) -> bool:
        """Whether a path begins with the name of something at the site's root, or leads to something if a name that is
        like its first one stands there. A file at the root is one of the site in any case, as is a page there if
        the site has not all of its host.
        """
        if self._tops is None:
            self._tops = frozenset(_without_extension(name.partition("/")[0]) for name in self.files)
        first, slash, rest = path.rstrip("/").partition("/")
        below = urls.host_and_path(self.address)[1].strip("/")
        is_page = not slash and not _VERSION.fullmatch(first) and ("." in first or below)
        if is_page or _without_extension(first) in self._tops or self._compared <= 0:
            return True
        from rapidfuzz import process
        from rapidfuzz.distance import DamerauLevenshtein

        self._compared -= len(self._tops)
        scorer = DamerauLevenshtein.normalized_similarity
        meant = (
            f"{name}{slash}{rest}" for name, *_ in process.extract(first, self._tops, scorer=scorer, score_cutoff=_LIKE)
        )
        ends = ("", ".html", "/index.html")
        return any(each in self.folders or any(each + end in self.files for end in ends) for each in meant)

    def decides(self, path: str) -> str:
        """Why only the generator can tell whether there is something at a path; "" if the sources tell."""
        why = next((why for pattern, why in self.plan.decides if pattern.search(path)), "")
        return why or (ignored.WHY if self._is_ignored(path) else "")

    def _is_ignored(self, path: str) -> bool:
        """Whether a path is that of a page that git ignores, or in such a folder, of which the mirror has nothing."""
        if self._ignored is False:
            self._ignored = ignored.paths(Reading(self._of, self.folder, ""), self.pages)
        found = self._ignored.match(path) if self._ignored and len(path) < _LONGEST else None
        return found is not None and found[0] not in self.folders


class _Asked(Built):
    """A site under other names."""

    __slots__ = ()

    def __init__(self, site: Built, asked: Mapping[str, str]) -> None:
        files = {name: site.sources[built] for name, built in asked.items()}
        super().__init__(site._of, site.generator, site.plan._replace(pages={}, files=files), site.settings)


def _without_extension(name: str) -> str:
    folder, _, base = name.rpartition("/")
    return folder if base == "index.html" else name.removesuffix(".html")


def to_file(page: str, reference: str, extensions: tuple[str, ...], root: str | None = None) -> Led | None:
    """Where a reference leads that names the file of another page, relative to its own, as it would in an editor.

    `root`: the folder ("" or "docs/") to which `/x.md` is relative; None: such a reference is left as it is.
    """
    path = urls.decode(reference.partition("?")[0].strip())
    if not path or not path.lower().endswith(extensions) or ":" in path.partition("/")[0] or path.startswith("//"):
        return None
    if path[0] == "/":
        return None if root is None else Led(posixpath.normpath(root + path.lstrip("/")))
    return Led(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)))
