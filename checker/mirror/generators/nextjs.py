"""Next.js, where a folder of Markdown has its pages, and Nextra: https://nextjs.org/docs/app/guides/mdx,
https://nextra.site/docs/file-conventions
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from checker.mirror.generators import components, rerouted
from checker.mirror.generators.reading import Reading, json
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_PAGES = (".md", ".mdx")
_ROUTED = re.compile(r"\.(?:[jt]sx?|mdx?)\Z")
_CATCHES_ALL = re.compile(r"\[{1,2}\.\.\.[^\]/]+\]{1,2}\Z")
_PART = re.compile(r"\[[^\]/.]+\]\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?\Z")
_CODE = "a route of Next.js in code makes it"
_BUNDLED = "Next.js takes it in from the sources"


class _Route(NamedTuple):
    """Where pages are read: a folder of Markdown below a path of the site."""

    content: str  # folder
    base: str  # "" or "docs/"
    by_language: bool


def _plan(reading: Reading) -> Plan | None:
    settings = reading.script()
    nextra = "nextra" in reading.text(reading.settings)
    routes = [*_routes(reading)]
    catching = [route for route in routes if _CATCHES_ALL.match(posixpath.basename(route))]
    found = _content(reading, catching, settings, nextra=nextra)
    if found is None:
        return None
    slashes = settings.get("trailingSlash") is True
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in reading.below(f"{reading.folder}public/"):
        files[name.removeprefix(f"{reading.folder}public/")] = name
    of_router = posixpath.basename(found.content.rstrip("/")) in {"pages", "app"}
    languages: set[str] = set()
    for name in reading.below(found.content):
        if not name.endswith(_PAGES):
            continue
        inside = posixpath.splitext(name.removeprefix(found.content))[0]
        if posixpath.basename(inside).startswith("_") or (of_router and inside.startswith("api/")):
            continue
        if posixpath.basename(found.content.rstrip("/")) == "app":
            if posixpath.basename(inside) != "page":
                continue
            inside = posixpath.join(_grouped(posixpath.dirname(inside)), "index")
        if found.by_language:
            language, _, rest = inside.partition("/")
            languages.add(language)
            inside = f"{language}/{found.base}{rest}"
        else:
            inside = found.base + inside
        _serve(name, inside, pages, files, slashes=slashes)
    default = _default(settings, languages, pages) if found.by_language else ""
    own = found.content == reading.folder + found.base  # no usual folder: the application's code reads it as it likes
    for folder in {route.partition("/[")[0] for route in routes if own and "/[" in route}:
        for name in _marked(reading, f"{folder}/"):
            pages.setdefault(name, f"{posixpath.splitext(name.removeprefix(reading.folder))[0]}.html")
    of_content: set[str] = set()
    if not own:
        of_content.update(catching, (route for route in routes if found.by_language and _PART.match(route)))
    decides = [
        (_pattern(route, found.by_language), _CODE) for route in routes if route not in of_content and "[" in route
    ]
    for route in routes:
        if "[" not in route:
            for each in (f"{route}.html", f"{route}/index.html") if route else ("index.html",):
                files.setdefault(each, reading.settings)
    rules = [*_rules(reading, settings)]
    names = {**{built: name for name, built in pages.items()}, **files}
    moved, unknown = rerouted.applied(rules, names, default)
    files |= {built: name for built, name in moved.items() if built not in names}
    decides += unknown
    path = settings.get("basePath")
    known = {
        "languages": " ".join(sorted(languages)),
        "default": default,
        "nextra": "1" if nextra else "",
        "export": "1" if settings.get("output") == "export" else "",
    }
    return Plan(
        pages,
        files,
        f"/{path.strip('/')}/".replace("//", "/") if isinstance(path, str) else "/",
        frozenset(name for name in reading.below(reading.folder) if _COMPONENT.search(name) and name not in pages),
        rooted=nextra,
        decides=tuple(decides),
        settings=known,
    )


_COMPONENT = re.compile(r"(?:\A|/)_?(?:components|partials|snippets)/.*\.mdx?\Z")  # text that pages take in


def _serve(name: str, inside: str, pages: dict[str, str], files: dict[str, str], *, slashes: bool) -> None:
    """Next.js serves `x` and leads `x/` to it, or the other way round."""
    route = "" if inside == "index" else inside.removesuffix("/index")
    both = (f"{route}/index.html", f"{route}.html") if route else ("index.html", "index.html")
    pages[name] = both[0] if slashes else both[1]
    files[both[1] if slashes else both[0]] = name


def _routes(reading: Reading) -> Iterator[str]:
    """The routes that files of the application make, with their parameters: "docs/[[...path]]", "blog/[id]"."""
    for place in ("app/", "src/app/", "pages/", "src/pages/"):
        folder = reading.folder + place
        for name in reading.below(folder):
            if not (kind := _ROUTED.search(name)) or kind[0] in {".md", ".mdx"}:
                continue
            stem = name[len(folder) : kind.start()]
            directory, _, base = stem.rpartition("/")
            if place.endswith("app/"):
                if base in {"page", "route"}:
                    yield _grouped(directory)
                elif base in {"robots", "sitemap", "manifest"}:
                    yield posixpath.join(_grouped(directory), f"{base}.{_WRITTEN[base]}")
            elif not base.startswith("_"):
                yield directory if base == "index" else stem


_WRITTEN = {"robots": "txt", "sitemap": "xml", "manifest": "webmanifest"}


def _grouped(folder: str) -> str:
    """A folder without those that only group routes: `(docs)`, `@modal`."""
    return "/".join(part for part in folder.split("/") if not part.startswith(("(", "@")))


def _content(reading: Reading, catching: list[str], settings: Mapping[str, Any], *, nextra: bool) -> _Route | None:
    """The folder of the pages: `pages` and `app` if they hold Markdown, or that which a route reads for all paths."""
    pages = {place: _marked(reading, place) for place in ("content/", "src/content/", "pages/", "src/pages/", "")}
    for route in sorted(catching, key=lambda route: (route.count("/"), route)):
        parts = route.split("/")[:-1]
        by_language = bool(parts) and _PART.match(parts[0]) is not None
        parts = parts[1:] if by_language else parts
        if any("[" in part for part in parts):
            continue
        base = "".join(f"{part}/" for part in parts)
        for place, marked in pages.items():
            if base and _marked(reading, place + base):
                return _Route(reading.folder + place + base, base, by_language)
            if marked and place:
                return _Route(reading.folder + place, base, by_language)
    for place in ("pages/", "src/pages/"):
        if pages[place]:
            i18n = settings.get("i18n")
            return _Route(reading.folder + place, "", nextra and isinstance(i18n, dict))
    for place in ("app/", "src/app/"):
        if any(posixpath.basename(name).startswith("page.") for name in _marked(reading, place)):
            return _Route(reading.folder + place, "", by_language=False)
    return None


def _marked(reading: Reading, place: str) -> list[str]:
    return [name for name in reading.below(reading.folder + place) if name.endswith(_PAGES)]


def _default(settings: Mapping[str, Any], languages: set[str], pages: Mapping[str, str]) -> str:
    """The language whose pages are shown where there is no other: that of the settings, or of most pages."""
    i18n = settings.get("i18n")
    stated = i18n.get("defaultLocale") if isinstance(i18n, dict) else None
    if isinstance(stated, str) and stated in languages:
        return stated
    counted = dict.fromkeys(sorted(languages), 0)
    for built in pages.values():
        language = built.partition("/")[0].removesuffix(".html")
        if language in counted:
            counted[language] += 1
    return max(counted, key=lambda language: counted[language], default="")


def _pattern(route: str, by_language: bool) -> re.Pattern[str]:
    """The paths of a route with parameters. The first may be a language, which readers may leave out."""
    parts = []
    first, _, rest = route.partition("/")
    optional = "(?:[^/]+/)?" if by_language and rest and _PART.match(first) else ""
    for part in (rest if optional else route).split("/"):
        if _CATCHES_ALL.match(part):
            parts.append(".+")
        else:
            parts.append("[^/]+".join(map(re.escape, re.split(r"\[[^\]]*\]", part))))
    return re.compile(rf"\A{optional}{'/'.join(parts)}/?\Z")


def _rules(reading: Reading, settings: Mapping[str, Any]) -> Iterator[rerouted.Rule]:
    """Redirects and rewrites of the application, of the host, and of a table that the application reads."""
    tables: list[object] = [settings.get("redirects"), settings.get("rewrites")]
    for name in ("vercel.json", "redirects.json"):
        text = reading.text(reading.folder + name)
        tables.append(json(text) if text.lstrip()[:1] == "{" else json(f'{{"all": {text}}}') if text else None)
    for table in tables:
        yield from rerouted.rules(table)


def _link(site: Built, page: str, reference: str) -> Led | None:
    """Nextra cuts the extensions of pages; the pages of a language lead to others of it, or to the default language."""
    path, mark, query = reference.partition("?")
    if not path or path.startswith("//"):
        return None
    known = site.plan.settings
    if path.endswith(".html") and not known["export"]:
        asked = posixpath.normpath(posixpath.join(posixpath.dirname(f"/{site.url_of(page)}"), urls.decode(path)))
        if site.sources.get(asked[1:], "").endswith(_PAGES):
            return Led(asked[1:])  # only an export has files of that name
    if known["nextra"] and path.endswith(_PAGES):
        path = posixpath.splitext(path)[0]
        path = path.removesuffix("index") or "./" if posixpath.basename(path) == "index" else path
    languages = known["languages"].split()
    if languages and path.startswith("/"):
        here = site.pages[page].partition("/")[0].removesuffix(".html")
        first, _, rest = path[1:].partition("/")
        language, rest = (first, rest) if first in languages else (here, path[1:])
        for each in (f"{language}/{rest}", f"{known['default']}/{rest}", rest):
            if _is_built(site, urls.decode(each)):
                path = f"/{each}"
                break
    changed = path + mark + query
    return None if changed == reference else Led("", changed)


def _is_built(site: Built, path: str) -> bool:
    path = path.rstrip("/")
    return f"{path}.html" in site.files or f"{path}/index.html" in site.files


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    """Nextra takes in the pictures of Markdown from beside the page; others are asked for by browsers."""
    path = urls.decode(reference.partition("?")[0].strip())
    if not site.plan.settings["nextra"] or in_html or not path or path.startswith("/") or role is Role.OBJECT:
        return _link(site, page, reference) if role is Role.OBJECT else None
    return Led(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)), copied=True)


GENERATOR = Generator(
    "nextjs",
    "Next.js",
    _plan,
    "nextjs",
    "out",
    _link,
    in_html=True,
    embed=_embed,
    ids=components.ids,
    dialects={".mdx": "nextjs-mdx"},
    bundles=True,
)
