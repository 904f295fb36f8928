"""mdBook: https://rust-lang.github.io/mdBook/format/configuration/"""

from __future__ import annotations

import posixpath
import re

from checker.mirror.generators.reading import Reading, toml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file

_PAGES = (".md",)
_LISTED = re.compile(r"\]\(\s*<?([^)>\s]+\.md)")


def _plan(reading: Reading) -> Plan | None:
    settings = toml(reading.text(reading.settings))
    book, output = settings.get("book"), settings.get("output")
    source = book.get("src", "src") if isinstance(book, dict) else "src"
    root = posixpath.normpath(reading.folder + str(source)) + "/"
    root = "" if root == "./" else root
    summary = reading.text(f"{root}SUMMARY.md")
    if not summary:
        return None
    chapters = {posixpath.normpath(root + path.partition("#")[0]) for path in _LISTED.findall(summary)}
    html = output.get("html") if isinstance(output, dict) else None
    html = html if isinstance(html, dict) else {}
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    first = next(iter(_LISTED.findall(summary)), "")
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if not name.endswith(_PAGES):
            files[inside] = name
        elif name in chapters:
            pages[name] = _route(inside)
        elif inside != "SUMMARY.md":
            hidden[name] = "SUMMARY.md does not list it, so that mdBook makes no page of it"
    if first:
        files["index.html"] = root + first
    for before, after in (html.get("redirect") or {}).items() if isinstance(html.get("redirect"), dict) else ():
        target = posixpath.normpath(posixpath.join(posixpath.dirname(before), str(after))).lstrip("/")
        source_of = next((name for name, built in pages.items() if built == target.partition("#")[0]), "")
        if source_of:
            files[str(before).lstrip("/")] = source_of
    files |= dict.fromkeys(("print.html", "toc.html", "404.html"), f"{root}SUMMARY.md")
    return Plan(pages, files, _url(html), hidden=hidden)


def _route(name: str) -> str:
    folder, base = posixpath.split(name)
    stem = "index" if base.lower() == "readme.md" else base.removesuffix(".md")
    return posixpath.join(folder, f"{stem}.html")


def _url(html: dict[str, object]) -> str:
    site = html.get("site-url")
    path = f"/{site.strip('/')}/".replace("//", "/") if isinstance(site, str) else ""
    domain = html.get("cname")
    return f"https://{domain}{path or '/'}" if isinstance(domain, str) else path


def _link(_site: Built, page: str, reference: str) -> Led | None:
    return to_file(page, reference, _PAGES)


GENERATOR = Generator("mdbook", "mdBook", ("book.toml",), _plan, "mdbook", "book", _link, in_html=True)
