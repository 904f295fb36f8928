"""Astro, with Starlight or without: https://docs.astro.build/en/reference/configuration-reference/,
https://starlight.astro.build/reference/configuration/
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from json import dumps
from typing import Any, NamedTuple

from checker.mirror.generators import astro_imports, astro_routes, ignored, rerouted, script
from checker.mirror.generators.astro_routes import PAGES, Route
from checker.mirror.generators.reading import Reading, json, toml, without_comments, word
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.web import urls, words

_CONTENT = tuple(f"content.config.{kind}" for kind in ("ts", "mts", "js", "mjs"))
_CHANGES_LINKS = re.compile(r"""^[ \t]*import\s+\w*[Ll]inks?\w*\s+from\s+['"]\.""", re.M)
_PAGE, _LINKS = re.compile(r"\A[^.]*\Z|/\Z"), "a plug-in of the site's own changes links"
_FRONT = 4096  # bytes in which a page that states its address or is a draft says so
_STATED = re.compile(r"^(?:slug|draft)[ \t]*:", re.M)
_MANY = 200  # languages, plug-ins
_MOST = 500_000  # pages that are shown in the first language
_ROOT = "root"  # the language whose pages have no folder
_OF_PATHS = words.Table(lambda character: character if character == "/" else words.GITHUB[ord(character)])
_OF_PATTERNS = words.Table(lambda character: character if character in "/*" else words.GITHUB[ord(character)])
_INDEX = re.compile(r"(?:\A|/)index\Z")
_PARAMETER = re.compile(r"\[(\.\.\.)?(\w+)\]")
_PLUGINS = re.compile(r"\b(?:base|prefix|route|output)\s*:\s*['\"]([\w./-]+)['\"]")
_USUAL = {"starlight-blog": "blog", "starlight-typedoc": "api"}  # where plug-ins make pages if no option tells
_BUNDLED = re.compile(r"@(?:import|plugin|reference|config)\s+['\"](?!\.{0,2}/|https?:)")  # by a name of the bundler
_FOR_AUTHORS = frozenset({"readme.md", "contributing.md"})
_WRITTEN = (re.compile(r"\A(?:_astro|pagefind)/|\Asitemap-(?:index|\d+)\.xml\Z"), "Astro writes it when it builds")
_PLUGIN = "a plug-in of the site may make it"


class _Languages(NamedTuple):
    """The languages of a site: their folders, and that of the first, whose pages are shown where others miss them."""

    folders: tuple[str, ...] = ()  # "" if it is at the root
    first: str = ""

    def of(self, route: str) -> str:
        """The folder of the language of a page."""
        folder = route.partition("/")[0]
        return folder if folder in self.folders else ""


def _plan(reading: Reading) -> Plan | None:
    settings = reading.script()
    sources, public = _folder(reading, settings, "srcDir", "src/"), _folder(reading, settings, "publicDir", "public/")
    starlight = _starlight(settings)
    languages = _languages(settings, starlight)
    build = settings.get("build")
    flat = isinstance(build, dict) and build.get("format") in {"file", "preserve"}

    routes: dict[str, str] = {}  # page -> its address, "guide/start"
    hidden: dict[str, str] = {}
    docs = f"{sources}content/docs/"
    for name, front in _entries(reading, docs):
        routes[name] = _route(name.removeprefix(docs), front)
        if front.get("draft") is True:
            hidden[name] = "it is a draft"
    of_docs = {route: name for name, route in routes.items() if name not in hidden}
    fallbacks = {route: name for route, name in _fallbacks(of_docs, languages) if route not in of_docs}

    made: dict[str, str] = {}  # other address -> source file
    texts = [reading.text(name) for name in (reading.settings, *(sources + each for each in _CONTENT))]
    decides = [
        _WRITTEN,
        *_of_plugins(texts, word(settings.get("base")), of_docs),
        *_of_scripts(reading, docs, languages),
        *([(_PAGE, _LINKS)] if _CHANGES_LINKS.search(texts[0]) else []),
    ]
    aliases = astro_imports.aliases(reading)
    for route in astro_routes.of(reading, f"{sources}pages/", aliases):
        if route.is_page and "[" not in route.path:
            routes[route.name] = route.path
        elif of_docs and route.catches_all:
            made |= _without_language(of_docs, languages)
        elif route.entries and (folder := _collection(reading, sources, route.entries)):
            for name, front in _entries(reading, folder):
                routes[name] = route.filled(_route(name.removeprefix(folder), front))
        else:
            each = [*route.by_language(languages.folders)]
            made |= dict.fromkeys((path for path in each if "[" not in path), route.name)
            decides += [(Route.pattern(path), astro_routes.CODE) for path in each if "[" in path]

    pages = {name: _file(route, flat=flat) for name, route in routes.items()}
    files = {name.removeprefix(public): name for name in reading.below(public)} if reading.has(public) else {}
    for path, name in {"404": reading.settings, **made, **fallbacks}.items():
        files.setdefault(_file(path, flat=flat), name)
    names = {**{built: name for name, built in pages.items()}, **files}
    moved, unknown = rerouted.applied(_rules(reading, settings), names)
    files |= {built: name for built, name in moved.items() if built not in names}
    parts = {name for name in reading.below(sources) if name not in pages and _is_part(reading, name)}
    known = {"docs": docs, "aliases": dumps(aliases)}
    url = _url(settings, reading.text(f"{public}CNAME", 1024))
    return Plan(pages, files, url, frozenset(parts), hidden, decides=(*decides, *unknown), settings=known)


def _folder(reading: Reading, settings: Mapping[str, Any], key: str, usual: str) -> str:
    stated = settings.get(key)
    path = posixpath.normpath(reading.folder + (stated if isinstance(stated, str) else usual).lstrip("/"))
    return "" if path == "." else f"{path}/"


def _starlight(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of Starlight: of the integrations, those that have a title."""
    listed = settings.get("integrations")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return next((row for row in rows if "title" in row or "locales" in row), {})


def _languages(settings: Mapping[str, Any], starlight: Mapping[str, Any]) -> _Languages:
    locales = starlight.get("locales")
    if isinstance(locales, dict):
        folders = ["" if name == _ROOT else name for name in islice(locales, _MANY)]
        first = word(starlight.get("defaultLocale")) or _ROOT
        return _Languages(tuple(folders), "" if first == _ROOT else first)
    i18n = settings.get("i18n")
    if not isinstance(i18n, dict):
        return _Languages()
    first = word(i18n.get("defaultLocale"))
    routing, listed = i18n.get("routing"), i18n.get("locales")
    prefixed = isinstance(routing, dict) and routing.get("prefixDefaultLocale") is True
    folders = [
        word(each.get("path")) if isinstance(each, dict) else word(each)
        for each in islice(listed if isinstance(listed, list) else (), _MANY)
    ]
    return _Languages(tuple("" if each == first and not prefixed else each for each in folders), first * prefixed)


def _entries(reading: Reading, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The pages of a collection, with what they state of themselves."""
    for name in reading.below(folder) if reading.has(folder) else ():
        if name.endswith(PAGES) and posixpath.basename(name)[0] not in "_.":
            text = reading.text(name, _FRONT)
            yield name, reading.front(name) if text.startswith(("---", "\ufeff---")) and _STATED.search(text) else {}


def _route(inside: str, front: Mapping[str, Any]) -> str:
    """The address of an entry: the slug that it states, or one of its path."""
    stated = word(front.get("slug"))
    path = stated.strip("/") if stated else posixpath.splitext(inside)[0].translate(_OF_PATHS)
    return unicodedata.normalize("NFC", _INDEX.sub("", path))


def _file(route: str, *, flat: bool) -> str:
    """The file that is built at an address. What an endpoint writes has its name."""
    if not route:
        return "index.html"
    if route in {"404", "500"} or (flat and not route.endswith("/index")):
        return f"{route}.html"
    return route if astro_routes.is_written(route) else f"{route}/index.html"


def _fallbacks(pages: Mapping[str, str], languages: _Languages) -> Iterator[tuple[str, str]]:
    """(address, page in the first language) of what other languages may lack."""
    first = [(route, name) for route, name in pages.items() if languages.of(route) == languages.first]
    others = [folder for folder in languages.folders if folder != languages.first]
    for folder in others[: _MOST // max(len(first), 1)]:
        for route, name in first:
            rest = route.removeprefix(languages.first).lstrip("/") if languages.first else route
            yield f"{folder}/{rest}".strip("/"), name


def _without_language(pages: Mapping[str, str], languages: _Languages) -> dict[str, str]:
    """The pages in the first language by addresses without it: a route of the site's own sends readers on to them."""
    start = f"{languages.first}/" if languages.first else None
    return {route.removeprefix(start): name for route, name in pages.items() if start and route.startswith(start)}


def _collection(reading: Reading, sources: str, name: str) -> str:
    """The folder of a collection; "" if there is none that is known."""
    settings = next((sources + each for each in _CONTENT if reading.has(sources + each)), "")
    listed = script.settings(settings, reading.text, "collections") if settings else {}
    options = listed.get(name)
    loader = options.get("loader") if isinstance(options, dict) else None
    base = loader.get("base") if isinstance(loader, dict) else None
    folder = posixpath.normpath(reading.folder + base) + "/" if isinstance(base, str) else f"{sources}content/{name}/"
    return folder if reading.has(folder) else ""


def _of_plugins(texts: Iterable[str], base: str, docs: Iterable[str]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Paths at which plug-ins make pages, as options name them: all of them, or lists beside pages of the sources."""
    named = {found[1].strip("./") for text in texts for found in _PLUGINS.finditer(without_comments(text))}
    named |= {path for name, path in _USUAL.items() if any(name in text for text in texts)}
    folders = {route.rpartition("/")[0] for route in docs}
    for path in islice(sorted(named - {"", "static", "server", "hybrid", base.strip("/")}), _MANY):
        rest = r"(?:/(?:page|tags|authors|\d+|[^/]+\.xml)(?:/.*)?)?/?\Z" if path in folders else r"(?:/|\Z)"
        yield re.compile(rf"\A(?:[^/]+/)?{re.escape(path)}{rest}"), _PLUGIN


def _of_scripts(reading: Reading, docs: str, languages: _Languages) -> Iterator[tuple[re.Pattern[str], str]]:
    """Addresses of pages that git ignores, in all languages."""
    start = f"{languages.first}/" if languages.first else ""
    for path, is_folder in islice(ignored.below(reading, docs), _MANY):
        stem, extension = posixpath.splitext(path)
        if extension in PAGES or not extension:
            route = stem.translate(_OF_PATTERNS)
            language = "[^/]+/" if start and route.startswith(start) else "(?:[^/]+/)?"
            route = re.escape(route.removeprefix(start)).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]+")
            inside = "/.+" if is_folder else "" if extension else "(?:/.*)?"
            yield re.compile(rf"\A{language}{route}{inside}/?\Z"), ignored.WHY


def _rules(reading: Reading, settings: Mapping[str, Any]) -> Iterator[rerouted.Rule]:
    """Redirects of the settings, `/blog/[...slug]` -> `/news/[...slug]`, and of the host."""
    table, base = settings.get("redirects"), _path(word(settings.get("base")))
    for source, destination in table.items() if isinstance(table, dict) else ():
        to = destination.get("destination") if isinstance(destination, dict) else destination
        if isinstance(to, str) and source.startswith("/") and len(source) + len(to) < 2000:
            yield rerouted.Rule(_colons(source), _colons(_below(base, to)))
    yield from rerouted.rules(json(reading.text(f"{reading.folder}vercel.json")))
    listed = toml(reading.text(f"{reading.folder}netlify.toml")).get("redirects")
    for row in listed if isinstance(listed, list) else ():
        source, to = (word(row.get("from")), word(row.get("to"))) if isinstance(row, dict) else ("", "")
        if source.startswith("/") and "*" not in source and not {"query", "conditions"} & set(row):
            yield rerouted.Rule(source, to)


def _below(base: str, destination: str) -> str:
    """A destination as it is below the site's path, which Astro puts before none; it may lie beside it, on the host."""
    if not destination.startswith("/") or base == "/":
        return destination
    return f"/{destination.removeprefix(base)}" if destination.startswith(base) else f"/{destination}"


def _colons(path: str) -> str:
    return _PARAMETER.sub(lambda part: f":{part[2]}{'*' if part[1] else ''}", path)


def _is_part(reading: Reading, name: str) -> bool:
    """Whether a source without an address is a part of pages, or of a style sheet, and not for those who work on it."""
    if name.endswith(".css"):
        return _BUNDLED.search(reading.text(name)) is not None
    return name.endswith((".html", *PAGES)) and posixpath.basename(name).lower() not in _FOR_AUTHORS


def _url(settings: Mapping[str, Any], domain: str) -> str:
    base = _path(word(settings.get("base")))
    host = settings.get("site")
    if isinstance(host, str) and host.startswith(("http://", "https://")):
        try:
            return urls.resolve(host, base)
        except urls.InvalidURL:
            pass
    domain = domain.strip()
    return f"https://{domain}{base}" if re.fullmatch(r"[\w.-]+", domain) else base


def _path(base: str) -> str:
    return f"/{base.strip('/')}/".replace("//", "/")


def _link(site: Built, page: str, reference: str) -> Led | None:
    """No link is changed; but one that names a source file was meant for its page."""
    path = urls.decode(reference.partition("?")[0].strip())
    if not path.lower().endswith(PAGES) or path.startswith("//"):
        return None
    folder = site.plan.settings["docs"] if path[0] == "/" else posixpath.dirname(page)
    return Led(posixpath.normpath(posixpath.join(folder, path.lstrip("/"))), reference)


GENERATOR = Generator(
    "astro",
    "Astro",
    _plan,
    "astro",
    "dist",
    _link,
    embed=astro_imports.embed,
    ids=astro_imports.ids,
    dialects={".mdx": "astro-mdx"},
)
