"""mdBook: https://rust-lang.github.io/mdBook/format/configuration/, https://rust-lang.github.io/mdBook/format/summary.html"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from checker.mirror.generators.reading import Reading, strings, toml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file

_PAGES = (".md",)
_LISTED = re.compile(r"\]\([ \t]*(?:<([^<>\n]+)>|([^()\s<>]+))")  # in SUMMARY.md
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_UNLISTED = "SUMMARY.md does not list it, so that mdBook makes no page of it"
_AWAY = "a redirect of the book leads away from it"
_OF_THEMES = re.compile(
    r"\A(?:favicon\.(?:svg|png)|book\.js|(?:css|fonts|FontAwesome)/.+"
    r"|(?:highlight|tomorrow-night|ayu-highlight)\.(?:css|js)|searchindex\.js(?:on)?)\Z"
)
_PREPROCESSED = "a preprocessor of the book decides where it leads"
# Preprocessors that leave all ids and links as they are: https://github.com/rust-lang/mdBook/wiki/Third-party-plugins
_HARMLESS = re.compile(
    r"(?:index|links|.*admonish|.*alerts?|.*callouts?|.*mermaid|.*katex|.*latex|.*(?:page-?)?toc|d2|.*graphviz|.*dot|.*plantuml"
    r"|.*svgbob|.*kroki|.*emoji(?:codes)?|.*cmdrun|.*quiz.*|gettext|.*i18n.*|.*open-(?:on|git)-.*|.*footnote|.*private|.*hide"
    r"|.*last-changed|.*image-size|.*tabs|.*theme|.*whichlang|.*yml-header|.*front-?matter|.*keeper|.*playground|.*numeric.*"
    r"|.*chapter-(?:number|zero)|.*embedify|.*youtube|.*regex|.*indexing|trpl-.*|.*linkcheck.*|.*spell.*|.*sitemap.*)\Z"
)
_ANY = re.compile("")
# Of what is no file by its extension, a preprocessor may make a link: `[a name]`, `[a name](std::vec)`.
_NAME = re.compile(
    r"(?:\A|/)(?![^/]*\.(?:md|html?|css|js|json|png|jpe?g|gif|svg|webp|pdf|txt|xml|toml|rs|zip)\Z)[^/]+\Z"
)


def _plan(reading: Reading) -> Plan | None:
    settings = toml(reading.text(reading.settings))
    html = _of(_of(settings, "output"), "html")
    root = _folder(reading, _of(settings, "book").get("src"), "src")
    summary = _COMMENT.sub("", reading.text(f"{root}SUMMARY.md"))
    listed = [posixpath.normpath(root + path) for path in _paths(summary)]
    if not listed:
        return None
    chapters, built = frozenset(listed), _folder(reading, _of(settings, "build").get("build-dir"), "book")
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if name.startswith(built):
            continue
        if not name.endswith(_PAGES):
            files[inside] = name
        elif name in chapters:
            pages[name] = _route(inside)
        elif inside != "SUMMARY.md":
            hidden[name] = _UNLISTED
    names = {name: built for built, name in files.items()} | pages
    files["index.html"] = listed[0]
    redirects = dict(_redirects(html))
    decides = [(re.compile(rf"\A{re.escape(before)}\Z"), _AWAY) for before, after in redirects.items() if not after]
    ends = {built: name for name, built in names.items()}
    files |= {before: ends[end] for before in redirects if (end := _end(before, redirects)) in ends}
    files |= {
        name: reading.folder + name for key in ("additional-css", "additional-js") for name in strings(html.get(key))
    }
    files |= dict.fromkeys(("print.html", "toc.html", "404.html"), f"{root}SUMMARY.md")
    decides.append((_OF_THEMES, "the theme of the book brings it"))
    changed = not all(map(_HARMLESS.match, _of(settings, "preprocessor")))
    if changed:
        decides.append((_NAME, _PREPROCESSED))
    alone = frozenset(_standalone(reading, root))
    return Plan(pages, files, _url(html), alone, hidden, decides=tuple(decides), includes=_ANY if changed else None)


def _of(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _folder(reading: Reading, stated: object, usual: str) -> str:
    folder = posixpath.normpath(reading.folder + (stated if isinstance(stated, str) else usual)) + "/"
    return "" if folder == "./" else folder


def _paths(summary: str) -> Iterator[str]:
    """The files of the chapters, in order, relative to the folder of SUMMARY.md."""
    for within, bare in _LISTED.findall(summary):
        path = (within or bare).partition("#")[0].replace("%20", " ")
        if path.endswith(_PAGES) and "://" not in path:
            yield path


def _route(name: str) -> str:
    folder, base = posixpath.split(name)
    stem = "index" if base.lower() == "readme.md" else base.removesuffix(".md")
    return posixpath.join(folder, f"{stem}.html")


def _redirects(html: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(from, to), as paths of the book, without fragments; "" for another site."""
    for before, after in _of(html, "redirect").items():
        path = posixpath.normpath(before.partition("#")[0].lstrip("/"))
        if not isinstance(after, str) or "#" in before:
            continue
        if ":" in after.partition("/")[0] or after.startswith("/"):
            yield path, ""
        else:
            yield path, posixpath.normpath(posixpath.join(posixpath.dirname(path), after.partition("#")[0]))


def _end(path: str, redirects: Mapping[str, str]) -> str:
    """Where redirects lead that may lead to others."""
    for _ in range(20):
        if path not in redirects:
            break
        path = redirects[path]
    return path


def _url(html: Mapping[str, Any]) -> str:
    site, domain = html.get("site-url"), html.get("cname")
    path = f"/{site.strip('/')}/".replace("//", "/") if isinstance(site, str) else ""
    return f"https://{domain}{path or '/'}" if isinstance(domain, str) else path


def _standalone(reading: Reading, root: str) -> Iterable[str]:
    """Pages that rustdoc makes beside a book and that are served in it: their first line is their title, `% Title`.

    https://doc.rust-lang.org/rustdoc/command-line-arguments.html#using-rustdoc-with-markdown-files
    """
    if not root.removeprefix(reading.folder):
        return ()
    beside = (name for name in reading.below(reading.folder) if name.endswith(_PAGES) and not name.startswith(root))
    return (name for name in beside if reading.text(name, 2) == "% ")


def _link(_site: Built, page: str, reference: str) -> Led | None:
    """`.md` becomes `.html`, in HTML too, and nothing else changes: a link to README.md leads to README.html."""
    path, is_source, _ = reference.rpartition(".md")
    if not is_source or path.startswith("//"):
        return None
    source = to_file(page, reference, _PAGES)
    return Led(source.file if source else "", f"{path}.html")


GENERATOR = Generator("mdbook", "mdBook", _plan, "mdbook", "book", _link, in_html=True)
