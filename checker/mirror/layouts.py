"""Layouts: how a host turns the path and query of a URL into a file of a folder. One row per host or mirroring tool."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple, Protocol
from urllib.parse import unquote

from checker.kinds import PROGRAMS, kind_of
from checker.mirror.signs import Trust
from checker.model import Kind

Answer = Literal["miss", "serve", "redirect"]

_TOP = ("index.html",)
_ADDED = (".html",)
_WIKI = (".md", ".markdown", ".mediawiki", ".rst", ".asciidoc", ".org", ".textile", ".html")
_LONGEST = 4096  # PATH_MAX of Linux: no file has a longer name, but a hostile reference can


class Names(Protocol):
    """The names of files and folders in a folder, relative to it and `/`-separated; "" is the folder itself."""

    @property
    def files(self) -> Mapping[str, int]: ...

    @property
    def folders(self) -> AbstractSet[str]: ...


class Trace(NamedTuple):
    """A file at the root of a mirror that shows its layout."""

    file: str
    holds: re.Pattern[str] | None = None  # must be found in the file
    trust: Trust = Trust.HIGH
    evidence: str = ""  # in words; "": the name of the file


class Layout(NamedTuple):
    """How a host answers a path that is not the name of a file, and the traces by which the host is known.

    The columns are those of https://github.com/slorber/trailing-slash-guide. For GitLab Pages they come from
    the source of its server, `internal/serving/disk/reader.go`.
    """

    name: str
    summary: str  # for the documentation and the written configuration
    indexes: tuple[str, ...] = _TOP  # names of the file that answers `/dir/`; the first that exists counts
    added: tuple[str, ...] = ()  # extensions that `/file` may lack
    slashed: Answer = "miss"  # the answer to `/file/` if there is `file.html`
    folder: Answer = "redirect"  # the answer to `/dir` if there is `dir/index.html`
    dropped: tuple[str, ...] = ()  # extensions that `/dir.html` may have, if there is `dir/index.html`
    folder_first: bool = False  # whether `/both` is the folder, if there are `both/index.html` and `both.html`
    lists: bool = False  # the host shows a list for a folder without an index
    wiki: bool = False  # a page has a name without extension, in which `-` may be a space; the host lists all pages
    wiki_of: str = ""  # the forge that shows this wiki
    wiki_pages: Mapping[str, str] | None = None  # the files of this wiki, by their names without extension
    jekyll: bool = False  # Markdown is rendered and some names are not published, unless there is `.nojekyll`
    queries: Literal["", "wget", "httrack"] = ""  # the tool whose file names contain the query
    converted: bool = False  # references are names of files, in which `?` is written %3F: `wget --convert-links`
    asked: AbstractSet[str] = frozenset()  # pages of this copy that it has under queries too: they answer no others
    alone: bool = False  # each page was copied by itself: what it links to need not be here
    redirects: Literal["", "after", "before"] = ""  # whether `_redirects` counts, after or before the files
    hosts: tuple[str, ...] = ()  # suffixes of its host names
    traces: tuple[Trace, ...] = ()


class Found(NamedTuple):
    """The answer to a path."""

    file: str  # the file; the path of a folder if the layout lists folders
    moved: str | None  # the path to which the host redirects first (`dir/` for `dir`): the page's base
    how: str  # "exact", or the lenient rule in words: "added extension", "cut name" …


# If a folder shows several layouts, the first row wins. A file stands for the first row that has it as a trace.
_TABLE = (
    Layout(
        "plain",
        "files as they are: nginx, Apache, object stores, an rsync tree, a folder opened in a browser",
        indexes=("index.html", "index.htm", "index.xhtml"),
    ),
    Layout("clean", "any host that lets a URL leave out .html", added=_ADDED, slashed="redirect"),
    Layout("forge", "the file view of GitHub, GitLab, Gitea …: a folder is listed", indexes=(), lists=True),
    Layout("wiki", "the wiki of a repository on a forge", indexes=("Home.md", "home.md"), added=_WIKI, wiki=True),
    Layout(
        "cloudflare-pages",
        "Cloudflare Pages",
        added=_ADDED,
        slashed="redirect",
        redirects="before",
        hosts=(".pages.dev",),
        traces=(Trace("wrangler.toml", re.compile("pages_build_output_dir")),),
    ),
    Layout(
        "netlify",
        "Netlify",
        added=_ADDED,
        slashed="redirect",
        dropped=_ADDED,
        redirects="after",
        hosts=(".netlify.app",),
        traces=(
            Trace("netlify.toml"),
            Trace("_redirects", evidence="_redirects, which Cloudflare and GitLab Pages read too"),
        ),
    ),
    Layout(
        "vercel-clean",
        "Vercel with cleanUrls",
        added=_ADDED,
        slashed="redirect",
        folder="serve",
        traces=(Trace("vercel.json", re.compile(r'"cleanUrls"\s*:\s*true')),),
    ),
    Layout("vercel", "Vercel as it comes", folder="serve", hosts=(".vercel.app",), traces=(Trace("vercel.json"),)),
    Layout(
        "render",
        "Render static sites",
        added=_ADDED,
        slashed="serve",
        folder="serve",
        hosts=(".onrender.com",),
        traces=(Trace("render.yaml"),),
    ),
    Layout(
        "github-pages",
        "GitHub Pages",
        added=_ADDED,
        jekyll=True,
        hosts=(".github.io",),
        traces=(Trace(".nojekyll"), Trace("CNAME")),
    ),
    Layout(
        "gitlab-pages",
        "GitLab Pages",
        added=_ADDED,
        slashed="serve",
        folder_first=True,
        redirects="after",
        hosts=(".gitlab.io",),
        # mostly, the job publishes another folder
        traces=(
            Trace(
                ".gitlab-ci.yml",
                re.compile(r"^pages:", re.MULTILINE),
                Trust.GUESSED,
                "the job `pages` in .gitlab-ci.yml",
            ),
        ),
    ),
    Layout("wget", "copied by wget: the query is part of the file's name", queries="wget"),
    Layout(
        "saved",
        "pages saved one by one by a browser or SingleFile: each names the URL that it was saved from",
        indexes=("index.html", "index.htm"),
        alone=True,
    ),
    Layout(
        "httrack",
        "copied by HTTrack: the file's name holds a hash of the query",
        queries="httrack",
        traces=(Trace("hts-cache/new.txt", trust=Trust.EXACT),),
    ),
)

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in _TABLE}


def find(layout: Layout, names: Names, path: str, query: str) -> Found | None:
    """The file that answers a path (decoded, relative to the root, no leading `/`) with a query (not decoded).

    Redirects within the folder (Cloudflare's `/file.html` to `/file`) are left out, since references resolve
    the same after them. None if nothing answers. Then it is a folder without index if `path.rstrip("/")` is in
    `names.folders`.
    """
    files = names.files
    if path in files and not (query and layout.queries):
        return Found(path, None, "exact")
    if len(path) > _LONGEST:
        return None
    if layout.queries:
        path = _SLASHES.sub("/", path)  # in a folder, `//` is no other place
        copied = _copied(layout, files, path, query)
        if copied is not None:
            return copied
    if path.endswith("/"):
        return _with_slash(layout, names, path[:-1])
    return _without_slash(layout, names, path)


def _with_slash(layout: Layout, names: Names, stem: str) -> Found | None:
    index = _index(layout, names, stem + "/")
    if index is not None:
        return Found(index, None, "exact")
    if layout.lists and stem in names.folders:
        return Found(stem, None, "exact")
    page = _page(layout, names, stem) if layout.slashed != "miss" else None
    return None if page is None else Found(page, stem if layout.slashed == "redirect" else None, "exact")


def _without_slash(layout: Layout, names: Names, path: str) -> Found | None:
    folder = path in names.folders
    if path and not (folder and layout.folder_first):
        page = _page(layout, names, path)
        if page is not None:
            return Found(page, None, "exact")
    for extension in layout.dropped:
        stem = path.removesuffix(extension)
        if stem != path and (top := _index(layout, names, stem + "/")) is not None:
            return Found(top, stem + "/", "exact")
    index = _index(layout, names, path + "/" if path else "") if folder else None
    if index is None:
        return Found(path, None, "exact") if layout.lists and folder else None
    return Found(index, path + "/" if path and layout.folder == "redirect" else None, "exact")


def _page(layout: Layout, names: Names, path: str) -> str | None:
    """The file that is published under a name without its extension, or under the name of its rendered form."""
    candidates = [path + extension for extension in layout.added]
    if layout.wiki_pages and (page := layout.wiki_pages.get(_wiki_name(layout, path))):
        candidates.append(page)
    if layout.jekyll and _built(names, path):
        candidates.append(path.removesuffix(".html") + ".md")
    return next((name for name in candidates if name in names.files), None)


def of_wiki(files: Iterable[str], forge: str) -> Layout:
    """The layout of a wiki that has these files, on a forge. The first of those that share a name counts."""
    layout = LAYOUTS["wiki"]._replace(wiki_of=forge)
    pages: dict[str, str] = {}
    for file in sorted(files):
        stem, extension = posixpath.splitext(posixpath.basename(file) if forge == _FLAT else file)
        if extension in layout.added:
            pages.setdefault(_wiki_name(layout, stem), file)
    return layout._replace(wiki_pages=pages)


_FLAT = "github"  # which finds a page of a wiki by its name alone, in any folder and any case


def _wiki_name(layout: Layout, path: str) -> str:
    """What is the same in all spellings of a page's name by which the forge finds it."""
    name = path.replace(" ", "-")
    return name.lower() if layout.wiki_of == _FLAT else name


def _index(layout: Layout, names: Names, folder: str) -> str | None:
    indexes = layout.indexes
    if layout.jekyll and _built(names, folder):
        indexes += ("index.md", "README.md")  # GitHub's plugin jekyll-readme-index
    return next((folder + index for index in indexes if folder + index in names.files), None)


# wget 1.21: https://www.gnu.org/software/wget/manual/html_node/Download-Options.html, --restrict-file-names
_WINDOWS = re.compile(r"[\\|:\"*<>]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CUT = 236  # bytes of a name that wget keeps: NAME_MAX minus 19
_MARKS = ("?", "@", "%3F")  # before a query: on Unix; on Windows, by wget and by wget2
WINDOWS_QUERY = re.compile(r"(\.\w+)(?:@|%3F)[\w.-]+=")
_SLASHES = re.compile("//+")

QUERY_IGNORED = "query ignored"
UNESCAPED = "the query is part of its name"


def _copied(layout: Layout, files: Mapping[str, int], path: str, query: str) -> Found | None:
    """The file that a mirroring tool made from a URL."""
    name = path + "index.html" if not path or path.endswith("/") else path
    alike = layout.queries == "httrack" or _is_static(name, query, layout.asked)
    as_it_is = Found(name, None, "exact" if alike or not query else QUERY_IGNORED) if name in files else None
    if layout.converted and as_it_is and alike:
        return as_it_is
    candidates = _wget(name, query) if layout.queries == "wget" else _httrack(name, query)
    for candidate, how in candidates:
        if candidate in files:
            if not layout.converted or how != "exact" or candidate == name:
                return Found(candidate, None, how)
            return Found(candidate, None, UNESCAPED if candidate.startswith(name) else "a percent-encoded name")
    return as_it_is


_SORTED = re.compile(r"C=[NMSD](?:[;&]O=[AD])?")  # a listing by Apache in another order


def _is_static(name: str, query: str, asked: AbstractSet[str]) -> bool:
    """Whether a file answers whatever the query."""
    extension = posixpath.splitext(name)[1].lower()
    return bool(extension) and extension not in PROGRAMS and (name not in asked or bool(_SORTED.fullmatch(query)))


def pages_with_queries(files: Iterable[str]) -> frozenset[str]:
    """Names of HTML pages under which wget has saved answers to queries."""
    stems = {without_query(name) for name in files if any(mark in name for mark in _MARKS)}
    return frozenset(stem for stem in stems if kind_of(stem) is Kind.HTML)


def without_query(name: str) -> str:
    """The path, without its query, of the URL that wget saved under a name."""
    if "?" in name:
        return name.partition("?")[0]
    marked = WINDOWS_QUERY.search(name)
    return name[: marked.end(1)] if marked else name


def _wget(name: str, query: str) -> Iterator[tuple[str, str]]:
    """File names, the most likely first, each with how it differs from the one that keeps the whole URL."""
    whole = [name, name + "?", name + "@"]  # `f.eot?` asks for what `f.eot` does
    if query:
        forms = dict.fromkeys(form.replace("/", "%2F") for form in (query, _decode(query)))
        whole = [name + mark + form for form in forms for mark in _MARKS]
    for escapes in (_WINDOWS, _NOT_ASCII):
        whole += [escaped for each in whole if (escaped := escapes.sub(_percent, each)) != each]
    for each in whole:
        yield each, "exact"
    extension = posixpath.splitext(name)[1]
    for each in whole:
        yield each + ".html", "added extension"
        if query and extension == ".css":
            yield each + extension, "added extension"
    for each in whole:
        folder, slash, last = each.rpartition("/")
        encoded = _encode(last)
        if len(encoded) > _CUT:
            cut = folder + slash + encoded[:_CUT].decode("utf-8", "surrogateescape")
            yield cut, "cut name"
            yield cut + ".html", "cut name"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in _encode(match[0]))


def _httrack(name: str, query: str) -> Iterator[tuple[str, str]]:
    """The same for HTTrack's standard names: four digits of the query's MD5 before the extension."""
    stem, extension = posixpath.splitext(name)
    if not query:
        yield name, "exact"
        yield stem + ".html", "changed extension" if extension else "added extension"
        return
    for form in dict.fromkeys((query, _decode(query))):
        digest = hashlib.md5(_encode(form), usedforsecurity=False).hexdigest()[:4]
        yield f"{stem}{digest}{extension}", "exact"
        yield f"{stem}{digest}.html", "exact"


def _decode(text: str) -> str:
    return unquote(text, "utf-8", "surrogateescape") if "%" in text else text


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that does not stand for a byte: no file name has it
        return text.encode("utf-8", "replace")


# Defaults of Jekyll since 3.3.1: https://jekyllrb.com/docs/configuration/default
_VENDORED = frozenset({"bundle", "cache", "gems", "ruby"})


def unpublished(layout: Layout, path: str, names: Names) -> str | None:
    """Why a host does not publish a file of the folder; None if it does. Only Jekyll, on GitHub Pages, drops files.

    `_config.yml`, which can include and exclude files, is not read.
    """
    if not layout.jekyll or not _built(names, path):
        return None
    segments = path.split("/")
    dropped = next((part for part in segments if part.startswith(("_", ".", "#")) or part.endswith("~")), None)
    if dropped is None and segments[0] == "node_modules":
        dropped = "node_modules"
    if dropped is None and segments[0] == "vendor" and segments[1:2] and segments[1] in _VENDORED:
        dropped = f"vendor/{segments[1]}"
    return dropped and f"Jekyll drops {dropped!r}, unless there is a file .nojekyll"


def _built(names: Names, path: str) -> bool:
    """Whether Jekyll builds a path: there is no `.nojekyll` in its folder or above."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if posixpath.join(folder, ".nojekyll") in names.files:
            return False
    return ".nojekyll" not in names.files
