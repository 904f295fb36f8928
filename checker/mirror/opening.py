"""Opens a mirror: lists its folders, parses its addresses, and asks git once."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from checker.config.schema import Config
from checker.mirror import (
    copies,
    forge_views,
    forges,
    generating,
    git,
    httrack,
    layouts,
    publishing,
    redirects,
    referred,
    shown,
)
from checker.mirror.address import PLAIN, PRIVATE, Addresses, Mount, Repo, Site, bare
from checker.mirror.target import Generated, Home
from checker.model import ConfigError, Only
from checker.sources.address import Address, Root
from checker.sources.base import Source
from checker.sources.given import Given, WithPage
from checker.sources.named import is_mirror, open_source
from checker.web import urls


class Opened(NamedTuple):
    """A mirror, ready for the sweep."""

    mounts: tuple[Mount, ...]
    home: Home
    addresses: Addresses
    origins: Addresses
    clones: Mapping[int, git.Clone]  # by mount
    places: Mapping[int, str]  # by mount: its folder in its repository, "" or "docs/"
    published: tuple[str, ...]
    lines: str  # where readers see {line} of {page}, as in a report
    slugs: str
    clone: git.Clone | None  # the clone that the folder itself is in
    ignored: tuple[str, ...] = ()  # files, and folders with a `/` at the end, that git is told to ignore
    untracked: frozenset[str] = frozenset()  # other files that git does not have, where a forge shows what it has
    sites: tuple[Generated, ...] = ()  # that generators make of its pages
    sites_first: bool = False  # whether the first address is theirs

    def rest(self) -> None:
        """End the connections to stores, until more is read."""
        for mount in self.mounts:
            mount.names.rest()

    @property
    def made(self) -> frozenset[str]:
        """The pages of which generators make sites."""
        return frozenset(page for site in self.sites for page in site.built.pages)

    @property
    def dialects(self) -> frozenset[str]:
        """The dialects of Markdown of the generators."""
        return frozenset(
            dialect for site in self.sites for dialect in (site.built.dialect, *site.built.generator.dialects.values())
        )


def open_mirror(
    config: Config,
    root: Root,
    given: Given | None = None,
    questions: git.Questions | None = None,
    listed: Callable[[Source], object] = bool,
    only: Only = None,
) -> Opened:
    """Index the folder and its siblings, and learn their addresses. `given`: a page that is not read from a file.
    `questions`: those that git answers already. `listed` is called with the index while it does. `only`: which pages
    will be read; None: all.

    Raises SourceError for a folder that cannot be read, ConfigError for an address that is none.
    """
    if isinstance(root, Address):
        index = open_source(root)
        listed(index)
        return _opened(config, root, index if given is None else WithPage(index, given), None, git.Beside(), only)
    with closing(questions or git.Questions(root, beside=config.pages.gitignore)) as asked:
        index = open_source(root)
        listed(index)
        clone = _known(asked.clone, needed=not config.mirror.published) if index.root else None
        beside = _beside_git(index, asked) if clone and config.pages.gitignore else git.Beside()
    return _opened(config, root, index if given is None else WithPage(index, given), clone, beside, only)


def _opened(
    config: Config, root: Root, index: Source, clone: git.Clone | None, beside: git.Beside, only: Only
) -> Opened:
    table = config.mirror
    clones: dict[int, git.Clone] = {}
    hosts = table.forges
    published = table.published or publishing.addresses(index, clone, hosts)
    published = tuple(forge_views.wiki(url, hosts) or url for url in published)
    built = generating.built(table, index, clone, hosts)
    sites_first = bool(built) and generating.comes_first(table, hosts)
    if sites_first and not table.published:
        published = tuple(dict.fromkeys((*(url for url, _ in built if "//" in url), *published)))
    of_sites = {bare(url) for url, _ in built if "//" in url}
    sites: list[Site] = []
    repos: list[Repo] = []
    for url in published:
        if bare(url) in of_sites:  # raises for what is no address
            continue
        forge = forges.repository(url, hosts) is not None  # and so nothing is to be detected
        layout = layouts.LAYOUTS["forge"] if forge else _layout(table.layout, index, url, hosts)
        _address(Mount("", index, layout), 0, url, clone, hosts, table.ref, sites, repos, clones)
    home_repo = repos[0] if repos and (sites_first or forges.repository(published[0], hosts)) else None
    on_forge = 0 in clones and (home_repo is not None or not table.published)  # which has what was committed
    if on_forge:
        index.leave_out(beside.ignored, _named(index, beside.ignored, only))
    else:
        beside = git.Beside(beside.ignored)  # new files are new only where a forge shows what is
    address = published[0] if published else ""
    layout = layouts.LAYOUTS["forge"] if home_repo else _layout(table.layout, index, address, hosts)
    found = _copies(table.layout, index) if home_repo else ()
    whole = next((copy.layout for copy in found if not copy.folder), layout)  # how its pages of HTML are read
    sparse = (clone.branch or clone.head or "") if clone and clone.sparse and on_forge else ""
    mounts = [Mount("", index, layout, redirects.of(index, layout), found, sparse)]
    for row in table.address:
        number = len(mounts)
        folder = root / row.folder
        if isinstance(folder, Address):
            pass
        elif index.root is None:
            folder = Path(os.path.normpath(folder))  # the system cannot resolve `..` from inside an archive
        elif not is_mirror(folder):
            raise ConfigError(f"[[mirror.address]] folder {row.folder!r}: no such folder")
        inner = open_source(folder)
        inner_clone = _known(partial(git.open_clone, inner.root), needed=False) if inner.root else None
        inner_layout = _layout(row.layout, inner, row.url, hosts)
        mount = Mount(row.folder.rstrip("/") + "/", inner, inner_layout, redirects.of(inner, inner_layout))
        _address(mount, number, row.url, inner_clone, hosts, "", sites, repos, clones)
        mounts.append(mount)
    roots = {posixpath.normpath(row.folder) for row in table.address if bare(row.url).count("/") == 1}
    if home_repo or not published:
        roots |= _roots(index, whole) | {copy.folder.rstrip("/") for copy in found if copy.host}
    exact = _copied(index, whole.name)
    generated = generating.opened(table.layout, index, built, mounts, sites)
    own = {site.prefix: site for site in (*_origins(table.origin, index, whole), *_sites(found))}
    origins = Addresses(tuple(own.values()), (), exact)
    return Opened(
        tuple(mounts),
        _home(() if sites_first else published, home_repo, layout)._replace(
            roots=frozenset(roots), site=_site(tuple(url for url in published if bare(url) not in of_sites), hosts)
        ),
        Addresses(tuple(sites), tuple(repos), hosts=hosts),
        origins,
        clones,
        {repo.mount: repo.folder for repo in repos},
        published,
        _lines(repos, published, layout),
        _slugs(config.references.slugs, home_repo, published),
        clone,
        beside.ignored,
        index.among(beside.untracked),
        generated,
        sites_first,
    )


def _named(index: Source, ignored: tuple[str, ...], only: Only) -> frozenset[str]:
    """The ignored files that a user names, or whose ignored folder: not those in a folder of which others are read."""
    if only is None:
        return frozenset()
    named = [name for name in ignored if not only(f"{posixpath.dirname(name.rstrip('/'))}/")]
    return frozenset(filter(only, index.among(named)))


def _beside_git(index: Source, questions: git.Questions) -> git.Beside:
    """What is in a folder of a clone and not in git."""
    try:
        return questions.beside(told=any(f"{above}/.gitignore".lstrip("/") in index.files for above in index.folders))
    except (OSError, git.GitError):
        return git.Beside()


def _known(ask: Callable[[], git.Clone | None], *, needed: bool) -> git.Clone | None:
    """The clone that a folder is in. If git refuses to read it, that is an error only if the clone is `needed` for the
    mirror's address.
    """
    try:
        return ask()
    except git.GitError:
        if needed:
            raise
        return None


def _address(
    mount: Mount,
    number: int,
    url: str,
    clone: git.Clone | None,
    hosts: Mapping[str, str],
    ref: str,
    sites: list[Site],
    repos: list[Repo],
    clones: dict[int, git.Clone],
) -> None:
    known = forges.repository(url, hosts, clone.refs if clone else ())
    if known is None:
        sites.append(Site(bare(url), number, "", mount.layout))
        if mount.layout.wiki and (raw := forge_views.raw_wiki(url)):
            sites.append(Site(bare(raw), number, "", PLAIN))
        return
    repository, stated, below = known
    root = mount.names.root
    if clone and root and not _holds(clone, repository, root, hosts):
        clone = None  # the folder is inside the clone of another repository
    ref = ref or stated or (clone.shown if clone else None) or "master"
    names = {ref}
    refs: frozenset[str] = frozenset({ref})
    if clone and root:
        clones[number] = clone
        refs |= clone.refs
        names |= {name for name in (clone.branch, clone.head) if name}
        below = below or _place(root, clone.top)
    if clone is None or clone.default in {None, ref, clone.branch}:
        names |= {"", "HEAD"}
    folder = f"{below.strip('/')}/" if below.strip("/") else ""
    repos.append(Repo(repository, number, folder, ref, frozenset(names), refs | (names - {""})))


def _holds(clone: git.Clone, repository: forges.Repository, folder: Path, hosts: Mapping[str, str]) -> bool:
    """Whether a clone is of this repository: the folder is its top, or one of its remotes is the repository."""
    if clone.top.resolve() == folder.resolve():
        return True
    remotes = (forges.repository(url, hosts) for url in clone.remotes.values())
    return any(remote is not None and remote[0].key == repository.key for remote in remotes)


def _place(folder: Path, top: Path) -> str:
    inside = folder.resolve().relative_to(top.resolve()).as_posix()
    return "" if inside == "." else inside


def _site(published: tuple[str, ...], hosts: Mapping[str, str]) -> str:
    """The first address that is a site's; "" if there is none."""
    url = next((url for url in published if forges.repository(url, hosts) is None), "")
    return url and ("http://" if url.startswith("http:") else "https://") + bare(url)


def _home(published: tuple[str, ...], repo: Repo | None, layout: layouts.Layout) -> Home:
    if repo is not None:
        forge = repo.repository.forge
        proxies = forge_views.proxies(repo.repository.host)
        address = forge_views.file_url(repo.repository, repo.ref, repo.folder)
        if forge_views.clamps(forge):
            return Home(PRIVATE, True, True, retries=forge == "gitlab", forge=forge, address=address, proxies=proxies)
        prefix = forge_views.page_prefix(repo.repository, repo.ref, repo.folder)
        return Home(prefix, clamps=False, rooted=True, forge=forge, address=address, proxies=proxies)
    if published:
        prefix = _site(published[:1], {})
        bare = layout.folder == "serve"
        return Home(
            prefix,
            clamps=False,
            rooted=layout.wiki_of == "gitlab",
            retries=layout.wiki,
            address=f"{prefix}{{page}}",
            proxies=layout.wiki and forge_views.proxies(urls.authority(prefix)),
            serves_folders_bare=bare,
        )
    return Home(PRIVATE, clamps=False, rooted=False, retries=layout.wiki)


def _lines(repos: Iterable[Repo], published: tuple[str, ...], layout: layouts.Layout) -> str:
    """Where readers see a line of a page, or at least the page; "" where an address does not say it."""
    for repo in repos:
        if repo.mount == 0:
            return forge_views.line_url(repo.repository, repo.ref, repo.folder)
    return f"{_site(published[:1], {})}{{page}}" if published and layout is PLAIN else ""


def _layout(name: str, index: Source, url: str, hosts: Mapping[str, str]) -> layouts.Layout:
    """The configured layout, or the one that the folder and its address clearly show."""
    if name == "auto" and url and forge_views.wiki(url, hosts):
        name = "wiki"
    if name == "wiki":
        place = forges.locate(f"https://{bare(url)}", hosts) if url else None
        return layouts.of_wiki(index.files, place.repository.forge if place else "")
    read = partial(shown.beginning, index)
    address = f"https://{bare(url)}" if url else ""
    layout = shown.auto(index, read, address) if name == "auto" else layouts.LAYOUTS[name]
    if layout.queries != "wget":
        return layout
    return layout._replace(converted=referred.converted(index, read), asked=layouts.pages_with_queries(index.files))


def _copies(name: str, index: Source) -> tuple[copies.Copy, ...]:
    """The copies of sites in a repository that a forge shows; all of it is one if only the configuration says so."""
    if name != "auto" and not layouts.LAYOUTS[name].queries:
        return ()
    found = copies.find(index, partial(shown.beginning, index))
    return found if found or name == "auto" else (copies.Copy("", _layout(name, index, "", {})),)


def _sites(found: tuple[copies.Copy, ...]) -> Iterator[Site]:
    """The hosts whose copies are in folders of their names."""
    for copy in found:
        if match := shown.HOST_FOLDER.fullmatch(copy.host):
            yield Site(_host_prefix(match), 0, copy.folder, copy.layout)


def _roots(index: Source, layout: layouts.Layout) -> frozenset[str]:
    """Folders that are a site's root by what their pages refer to, or as a copy's host."""
    hosts = frozenset(site.folder.rstrip("/") for site in _hosts(index, layout))
    return hosts or referred.roots(index, partial(shown.beginning, index))


def _hosts(index: Source, layout: layouts.Layout, named: frozenset[str] = frozenset()) -> tuple[Site, ...]:
    """Top folders that wget or HTTrack named after hosts, and those that have one of these names."""
    tops = sorted(shown.named_after_hosts(index))
    hosts = ((top, match) for top in tops if (match := shown.HOST_FOLDER.fullmatch(top)))
    if not layout.queries:
        hosts = ((top, match) for top, match in hosts if _host_prefix(match) in named)
    return tuple(Site(_host_prefix(match), 0, f"{top}/", layout) for top, match in hosts)


def _host_prefix(match: re.Match[str]) -> str:
    return match["host"].lower() + (f":{match['port']}" if match["port"] else "") + "/"


def _origins(configured: tuple[str, ...], index: Source, layout: layouts.Layout) -> tuple[Site, ...]:
    """The sites that the folder was copied from. A host with a folder of its own was copied into that folder."""
    prefixes = [*map(bare, configured)]
    hosts = _hosts(index, layout, frozenset(url.partition("/")[0] + "/" for url in prefixes))
    own = {site.prefix for site in hosts}
    return tuple(Site(url, 0, "", layout) for url in prefixes if url.partition("/")[0] + "/" not in own) + hosts


def _copied(index: Source, layout: str) -> dict[str, tuple[int, str]]:
    """Single URLs of which the mirror has a copy, from HTTrack's record."""
    if layout == "httrack":
        listed = httrack.read(index)
        if listed is not None:
            return {
                urls.below_scheme(url).partition("#")[0]: (0, file)
                for url, file in listed.files()
                if file in index.files
            }
    return {}


def _slugs(configured: str, repo: Repo | None, published: tuple[str, ...]) -> str:
    """The dialect of Markdown: that of the forge which shows it; of any generator, where only a site is known."""
    if configured != "auto":
        return configured
    if repo is None and published:
        return "site"
    forge = repo.repository.forge if repo else "github"
    return forge if forge in {"gitlab", "gitea"} else "github"
