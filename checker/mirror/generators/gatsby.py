"""Gatsby, whose own programs give pages their addresses: https://www.gatsbyjs.com/docs/reference/routing/creating-routes/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from checker.mirror.generators.reading import Reading, literal, without_comments
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_PAGES = (".md", ".mdx")
_SCRIPTS = (".js", ".jsx", ".ts", ".tsx")
_STATED = ("path", "slug", "permalink", "url")  # in front matter, by which most sites let a page say its address
_ASIDE = ("node_modules/", "public/", "static/", ".")
_UNKNOWN = re.compile(r"\A[^.]*\Z|/\Z|\.html\Z")
_MADE = "the site's own programs give pages their addresses"
_SOURCE = re.compile(
    r"""\bpath\s*:\s*(?:`\$\{__dirname\}|(?:path\.)?(?:join|resolve)\(__dirname,\s*['"`])/?([^'"`$\n]+)['"`]"""
)
_MOST = 100  # folders that are named
_BY_PLUGIN = re.compile(r"\A(?:sitemap[\w-]*\.xml|[\w/-]*(?:rss|feed)\.xml|manifest\.webmanifest|icons/icon-.*)\Z")
_PLUGIN = "a plug-in makes it"


def _plan(reading: Reading) -> Plan | None:
    root = reading.folder
    pages: dict[str, str] = {}
    settings = without_comments(reading.text(reading.settings))
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if inside.endswith(_PAGES) and "/" in inside and not inside.startswith(_ASIDE):
            pages[name] = _stated(reading, name) or _routed(inside) or posixpath.join("?", inside, "index.html")
    for folder in _named(reading, settings):
        for name in reading.below(folder):
            if name.endswith(_PAGES) and name not in pages and not name.startswith(f"{folder}README"):
                pages[name] = _stated(reading, name) or posixpath.join("?", name, "index.html")
    files = {name.removeprefix(f"{root}static/"): name for name in reading.below(f"{root}static/")}
    for name in reading.below(f"{root}src/pages/"):
        if name.endswith(_SCRIPTS) and (built := _routed(name.removeprefix(root))):
            files.setdefault(built, name)
    url = literal(settings, "siteUrl")
    return Plan(pages, files, url if "//" in url else "", decides=tuple(_decided()), settings={"root": root})


def _named(reading: Reading, settings: str) -> Iterator[str]:
    """The folders beside the site's own from which `gatsby-source-filesystem` takes pages."""
    for found in islice(_SOURCE.finditer(settings), _MOST):
        folder = posixpath.normpath(posixpath.join("/", reading.folder, found[1].strip("/"))).lstrip("/") + "/"
        if not reading.has(folder):  # a script makes it of what lies beside it
            folder = f"{posixpath.dirname(folder.rstrip('/'))}/"
        if folder != "/" and not folder.startswith(reading.folder or "/"):
            yield folder


def _stated(reading: Reading, name: str) -> str:
    """The file at the address that a page states of itself; "" if it states none."""
    front = reading.front(name)
    stated = next((value for key in _STATED if isinstance(value := front.get(key), str) and value[:1] == "/"), "")
    path = posixpath.normpath(f"/{urls.decode(stated).lstrip('/')}")[1:] if stated else ""
    return path if path.endswith(".html") else posixpath.join(path, "index.html") if stated else ""


def _routed(inside: str) -> str:
    """The file that is built of one in src/pages; "" if it lies elsewhere, or has parameters in its name."""
    if not inside.startswith("src/pages/") or "{" in inside or "[" in inside:
        return ""
    stem = posixpath.splitext(inside.removeprefix("src/pages/"))[0]
    return f"{stem}.html" if posixpath.basename(stem) == "index" else f"{stem}/index.html"


def _decided() -> Iterator[tuple[re.Pattern[str], str]]:
    yield _UNKNOWN, _MADE
    yield _BY_PLUGIN, _PLUGIN


def _link(site: Built, page: str, reference: str) -> Led | None:
    """What is beside the page is taken in; all else is left as it is, so that it counts from an address."""
    path = urls.decode(reference.partition("?")[0])
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    extension = posixpath.splitext(path)[1]
    is_file = site.has(file) or (path[:1] == "." and extension != ".html")
    return Led(file, copied=True) if path[:1] != "/" and extension and is_file else None


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    path = urls.decode(reference.partition("?")[0])
    if path[:1] == "/" or not path:
        return None
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if role is Role.OBJECT and not site.has(file):
        return Led(unknown="a component decides what it names")
    return None if in_html and not site.has(file) else Led(file, copied=True)


def _ids(site: Built, page: str, _text: str) -> re.Pattern[str] | None:
    """What has no address is shown on other pages, with what these have."""
    return re.compile("") if site.pages[page].startswith("?/") else None


GENERATOR = Generator("gatsby", "Gatsby", _plan, "site", "public", _link, embed=_embed, ids=_ids, bundles=True)
