"""Applications that Vite builds of HTML: https://vite.dev/guide/assets#the-public-directory"""

from __future__ import annotations

import posixpath
import re

from checker.mirror.generators.reading import Reading, without_comments
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_PUBLIC = re.compile(r"""\bpublicDir\s*:[^,\n'"`]{0,100}(['"`])([\w./-]+)\1""")
_ROUTES = re.compile(r"\A[^.]*\Z|/\Z")
_ROUTED = "the application's own program shows pages there"


def _plan(reading: Reading) -> Plan | None:
    pages = {
        name: name.removeprefix(reading.folder) for name in reading.below(reading.folder) if _is_page(reading, name)
    }
    stated = _PUBLIC.search(without_comments(reading.text(reading.settings)))
    public = posixpath.normpath(reading.folder + (stated[2] if stated else "public")) + "/"
    files = {name.removeprefix(public): name for name in reading.below(public)} if public != "./" else {}
    return Plan(pages, files, decides=((_ROUTES, _ROUTED),), settings={"root": reading.folder})


def _is_page(reading: Reading, name: str) -> bool:
    inside = name.removeprefix(reading.folder)
    return inside.endswith(".html") and "/" not in inside


def _link(site: Built, page: str, reference: str) -> Led | None:
    """What a page names is taken in from the sources, if it is there; else it is one of the public files."""
    path = urls.decode(reference.partition("?")[0])
    if path.startswith("//"):
        return None
    root = site.plan.settings["root"] if path[:1] == "/" else f"{posixpath.dirname(page)}/".lstrip("/")
    file = posixpath.normpath(root + path.lstrip("/"))
    return Led(file, copied=True) if site.has(file) else None


def _embed(site: Built, page: str, reference: str, _role: Role, _in_html: bool) -> Led | None:
    return _link(site, page, reference)


GENERATOR = Generator("vite", "Vite", _plan, "github", "dist", _link, in_html=True, embed=_embed)
