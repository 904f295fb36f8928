"""MkDocs, with Material: https://www.mkdocs.org/user-guide/configuration/"""

from __future__ import annotations

import posixpath

from checker.mirror.generators.reading import Reading, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file

_PAGES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
_INDEX = frozenset({"index", "readme"})


def _plan(reading: Reading) -> Plan | None:
    settings = yaml(reading.text(reading.settings))
    folder = settings.get("docs_dir")
    root = posixpath.normpath(reading.folder + (folder if isinstance(folder, str) else "docs")) + "/"
    pretty = settings.get("use_directory_urls") is not False
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if inside.startswith(".") or "/." in inside:
            continue
        if inside.endswith(_PAGES):
            pages[name] = _route(inside, pretty=pretty)
        else:
            files[inside] = name
    url = settings.get("site_url")
    return Plan(pages, files, url if isinstance(url, str) else "")


def _route(name: str, *, pretty: bool) -> str:
    folder, base = posixpath.split(name)
    stem = base[: base.rfind(".")]
    if stem.lower() in _INDEX:
        return posixpath.join(folder, "index.html")
    return posixpath.join(folder, stem, "index.html") if pretty else posixpath.join(folder, f"{stem}.html")


def _link(_site: Built, page: str, reference: str) -> Led | None:
    """A relative link of Markdown to a file counts from the page's own file, whatever the file is."""
    led = to_file(page, reference, ("",))
    return led if led and posixpath.splitext(led.file)[1] else None


GENERATOR = Generator("mkdocs", "MkDocs", ("mkdocs.yml", "mkdocs.yaml"), _plan, "python-markdown", "site", _link)
