"""How a host turns the path and query of a URL into a file of a folder: one row a host or mirroring tool."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple, Protocol
from urllib.parse import unquote

Answer = Literal["miss", "serve", "redirect"]

_TOP = ("index.html",)
_ADDED = (".html",)


class Names(Protocol):
    """What is in a folder: names relative to it, `/`-separated, not UTF-8 ones with lone surrogates (PEP 383)."""

    @property
    def files(self) -> Mapping[str, int]: ...

    @property
    def folders(self) -> AbstractSet[str]: ...


class Layout(NamedTuple):
    """What a host answers where the path is not the name of a file.

    The columns are those of https://github.com/slorber/trailing-slash-guide; for GitLab Pages they are read from its
    server's own source, `internal/serving/disk/reader.go`.
    """

    name: str
    summary: str  # for the documentation and the written configuration
    indexes: tuple[str, ...] = _TOP  # what `/dir/` is answered with, first come first served
    added: tuple[str, ...] = ()  # extensions that `/file` may lack
    slashed: Answer = "miss"  # what `/file/` is answered with, where there is `file.html`
    folder: Answer = "redirect"  # what `/dir` is answered with, where there is `dir/index.html`
    folder_first: bool = False  # which of the two `/both` is
    lists: bool = False  # a folder is an answer by itself
    jekyll: bool = False  # Markdown is rendered and some names are not published, unless there is `.nojekyll`
    queries: Literal["", "wget", "httrack"] = ""  # whose file names hold the query
    redirects: Literal["", "after", "before"] = ""  # whether `_redirects` counts, after the files or before them


class Found(NamedTuple):
    """The answer to a path."""

    file: str  # the file; a folder's path where the layout lists folders
    moved: str | None  # the path the host redirects to first (`dir/` for `dir`): the base of what is on the page
    how: str  # "exact", or the lenient rule in words: "added extension", "cut name" …


_TABLE = (
    Layout(
        "plain",
        "files as they are: nginx, Apache, object stores, an rsync tree, a folder opened in a browser",
        indexes=("index.html", "index.htm", "index.xhtml"),
    ),
    Layout("clean", "any host that lets a URL leave out .html", added=_ADDED, slashed="redirect"),
    Layout("forge", "the file view of GitHub, GitLab, Gitea …: a folder is listed", indexes=(), lists=True),
    Layout("github-pages", "GitHub Pages", added=_ADDED, jekyll=True),
    Layout("netlify", "Netlify", added=_ADDED, slashed="redirect", redirects="after"),
    Layout("cloudflare-pages", "Cloudflare Pages", added=_ADDED, slashed="redirect", redirects="before"),
    Layout("vercel", "Vercel as it comes", folder="serve"),
    Layout("vercel-clean", "Vercel with cleanUrls", added=_ADDED, slashed="redirect", folder="serve"),
    Layout("render", "Render static sites", added=_ADDED, slashed="serve", folder="serve"),
    Layout("gitlab-pages", "GitLab Pages", added=_ADDED, slashed="serve", folder_first=True, redirects="after"),
    Layout("wget", "copied by wget: the query is part of the file's name", queries="wget"),
    Layout("httrack", "copied by HTTrack: the file's name holds a hash of the query", queries="httrack"),
)

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in _TABLE}


def find(layout: Layout, names: Names, path: str, query: str) -> Found | None:
    """The file that answers a path: decoded, without leading `/`, relative to the root; `query` is as it stands.

    A redirect to another spelling of the same folder's file (Cloudflare's `/file.html` to `/file`) is not told, since
    nothing is resolved differently by it. None where there is none; it is then a folder without index if
    `path.rstrip("/")` is among `names.folders`.
    """
    files = names.files
    if layout.queries:
        copied = _copied(layout.queries, files, path, query)
        if copied is not None:
            return copied
    elif path in files:
        return Found(path, None, "exact")
    stem = path.rstrip("/")
    if path != stem:
        return _with_slash(layout, names, stem) if path == stem + "/" else None
    return _without_slash(layout, names, path)


def _with_slash(layout: Layout, names: Names, stem: str) -> Found | None:
    if layout.lists:
        return Found(stem, None, "exact") if stem in names.folders else None
    index = _index(layout, names, stem + "/")
    if index is not None:
        return Found(index, None, "exact")
    page = _page(layout, names, stem) if layout.slashed != "miss" else None
    return page and Found(page, stem if layout.slashed == "redirect" else None, "exact")


def _without_slash(layout: Layout, names: Names, path: str) -> Found | None:
    if layout.lists:
        return Found(path, None, "exact") if path in names.folders else None
    folder = path in names.folders
    if path and not (folder and layout.folder_first):
        page = _page(layout, names, path)
        if page is not None:
            return Found(page, None, "exact")
    index = _index(layout, names, path + "/" if path else "") if folder else None
    return index and Found(index, path + "/" if path and layout.folder == "redirect" else None, "exact")


def _page(layout: Layout, names: Names, path: str) -> str | None:
    """The file that a path without its extension means."""
    for extension in layout.added:
        if path + extension in names.files:
            return path + extension
    if layout.jekyll and path.endswith((".html", ".md")) is False and _built(names, path):
        return path + ".md" if path + ".md" in names.files else None
    if layout.jekyll and path.endswith(".html") and _built(names, path):
        source = path.removesuffix(".html") + ".md"
        return source if source in names.files else None
    return None


def _index(layout: Layout, names: Names, folder: str) -> str | None:
    indexes = layout.indexes
    if layout.jekyll and _built(names, folder):
        indexes += ("index.md", "README.md")
    return next((folder + index for index in indexes if folder + index in names.files), None)
