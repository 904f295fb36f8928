"""Docusaurus: https://docusaurus.io/docs/api/docusaurus-config, https://docusaurus.io/docs/api/plugins"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from json import dumps, loads
from typing import Any, NamedTuple

from checker.mirror.generators import components
from checker.mirror.generators.reading import Reading, json, strings
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls
from checker.web.globs import matcher

_PAGES = (".md", ".mdx")
_SCRIPTS = (".js", ".jsx", ".ts", ".tsx")
_PLUGINS = ("docs", "blog", "pages")
_MANY = 50  # plug-ins, versions, languages
_NUMBER = re.compile(r"\d+\s*[-_.]+\s*(?=[^-_.\s])")
_NO_NUMBER = re.compile(r"\d+[-_.]\d+")  # a date, or a version
_DATED = re.compile(r"(.*)(\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(.*?)(?:/index)?\Z")
_LEFT_OUT = re.compile(r"(?:\A|/)(?:_|__tests__/|[^/]*\.test\.)")
_BRACES = re.compile(r"\{([^{}]*)\}")
_MADE = "Docusaurus makes it of the others"
_COMPONENT = "a component of the site decides what it makes of it"
_ROUTED = "a plug-in of the site may make it"


class _Content(NamedTuple):
    """A folder of pages that one plug-in reads in one version and one language."""

    folder: str
    plugin: str  # its kind and its id: links to files are resolved within it
    locale: str  # the path of its language, "de/"; "" for the first
    route: str  # of the folder, with the language: "/", "/de/docs/next/"
    others: str = ""  # the folder in the first language


def _plan(reading: Reading) -> Plan | None:
    settings = reading.script()
    plugins = [*_plugins(settings)]
    locales = _locales(settings)
    contents = [
        content
        for kind, options in plugins
        if kind in _PLUGINS
        for content in _contents(reading, kind, options, locales, settings)
    ]
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    parts: set[str] = set()
    of_folder: dict[str, list[str]] = {}
    routes: dict[str, str] = {}  # page -> its address below the site
    slash = settings.get("trailingSlash")
    for content in contents:
        kind = content.plugin.partition(":")[0]
        excluded = _excluded(plugins, content.plugin)
        for name in reading.below(content.folder) if reading.has(content.folder) else ():
            inside = name.removeprefix(content.folder)
            is_page = name.endswith(_PAGES) or (kind == "pages" and name.endswith(_SCRIPTS))
            if not is_page:
                continue
            if excluded(inside):
                parts.add(name)
                continue
            front = reading.front(name) if name.endswith(_PAGES) else {}
            if front.get("draft") is True:
                hidden[name] = "it is a draft"
                continue
            route = _normal(content.route + _slug(kind, inside, front))
            routes[name] = route.rstrip("/") or "/" if slash is False else route
            pages[name] = _file(routes[name], slash)
            of_folder.setdefault(content.folder, []).append(name)
        for name in of_folder.get(content.others, ()) if content.locale else ():  # what is not translated
            if content.folder + name.removeprefix(content.others) not in pages:
                files.setdefault(content.locale + pages[name], name)
    # Markdown that scripts take in; of a folder's own README, the forge's readers are those who count.
    modules = (name for name in reading.below(f"{reading.folder}src/") if name.endswith(_PAGES) and name not in pages)
    parts.update(name for name in modules if name.endswith(".mdx") or posixpath.basename(name).startswith("_"))
    statics = [folder for each in _statics(settings) if reading.has(folder := _below(reading, each))]
    for folder in statics:
        copied = reading.below(folder)
        for prefix in ("", *locales):
            files |= {prefix + name.removeprefix(folder): name for name in copied}
        # A style sheet that the settings take in too.
        parts.update(name for name in copied if name.endswith(".css") and "@site/" in reading.text(name))
    files |= dict.fromkeys(_written(contents, locales, slash), reading.settings)
    files |= _redirects(plugins, pages, slash)
    base = _normal(f"/{_text(settings, 'baseUrl', '/').strip('/')}/")
    known = {f"at {name}": route for name, route in routes.items()}
    known |= {"contents": dumps(contents), "statics": "\n".join(statics), "site": reading.folder, "base": base}
    url = _url(settings, base, reading.text(f"{statics[0]}CNAME" if statics else "", 1024))
    decides = (*_decided(contents), *_routed(plugins))
    return Plan(pages, files, url, frozenset(parts), hidden, rooted=True, decides=decides, settings=known)


def _written(contents: Iterable[_Content], locales: Iterable[str], slash: object) -> Iterator[str]:
    """Files that Docusaurus writes of the others."""
    for prefix in ("", *locales):
        yield from (f"{prefix}404.html", f"{prefix}sitemap.xml")
    for content in contents:
        if content.plugin.startswith("blog:"):
            yield from (_file(content.route, slash), _file(f"{content.route}archive", slash))
            yield from (f"{content.route.lstrip('/')}{name}.xml" for name in ("rss", "atom"))


def _decided(contents: Iterable[_Content]) -> Iterator[tuple[re.Pattern[str], str]]:
    made = {"blog": "page|tags|authors", "docs": "tags|category"}
    for content in contents:
        if listed := made.get(content.plugin.partition(":")[0]):
            yield re.compile(rf"\A{re.escape(content.route.lstrip('/'))}(?:{listed})(?:/|\.html|\Z)"), _MADE


def _plugins(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(kind, options) of the plug-ins, those of presets too; the kind of others is their name."""
    presets = settings.get("presets")
    rows = [row for row in presets if row] if isinstance(presets, list) else []
    for row in rows[:_MANY] or ["classic"]:
        name, options = _row(row)
        if name.endswith("classic") or isinstance(options.get("docs"), dict):
            for kind in _PLUGINS:
                given = options.get(kind)
                if given is not False:
                    yield kind, given if isinstance(given, dict) else {}
    listed = settings.get("plugins")
    for row in islice(listed if isinstance(listed, list) else (), _MANY):
        name, options = _row(row)
        yield re.sub(r"\A(?:@docusaurus/)?(?:plugin-)?(?:content-)?", "", name), options


def _row(row: object) -> tuple[str, Mapping[str, Any]]:
    name, options = (*row, {}, {})[:2] if isinstance(row, list) else (row, {})
    return name if isinstance(name, str) else "", options if isinstance(options, dict) else {}


def _text(options: Mapping[str, Any], key: str, usual: str) -> str:
    value = options.get(key)
    return value if isinstance(value, str) else usual


def _of(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _below(reading: Reading, folder: str) -> str:
    path = posixpath.normpath(reading.folder + folder) + "/"
    return "" if path == "./" else path


def _statics(settings: Mapping[str, Any]) -> list[str]:
    listed = settings.get("staticDirectories")
    return [*strings(listed)] if isinstance(listed, list) else ["static"]


def _locales(settings: Mapping[str, Any]) -> dict[str, str]:
    """The path of each language but the first, "de/" -> its folder of translations below the site."""
    i18n = _of(settings, "i18n")
    first, folder = _text(i18n, "defaultLocale", "en"), _text(i18n, "path", "i18n")
    found = {}
    for locale in islice(strings(i18n.get("locales")), _MANY):
        config = _of(_of(i18n, "localeConfigs"), locale)
        if locale != first:
            path = _text(config, "baseUrl", locale).strip("/")
            found[f"{path}/"] = posixpath.join(folder, _text(config, "path", locale))
    return found


def _contents(
    reading: Reading, kind: str, options: Mapping[str, Any], locales: Mapping[str, str], _settings: Mapping[str, Any]
) -> Iterator[_Content]:
    """The folders of a plug-in, the first language before others."""
    own = _text(options, "id", "default")
    usual = {"docs": ("docs", "docs"), "blog": ("blog", "blog"), "pages": ("src/pages", "/")}[kind]
    path, route = _text(options, "path", usual[0]), _text(options, "routeBasePath", usual[1]).strip("/")
    named = f"docusaurus-plugin-content-{kind}" + ("" if own == "default" else f"-{own}")
    versions = [*_versions(reading, options, own, path)] if kind == "docs" else [("", path, "")]
    for version, folder, part in versions:
        below = _normal(f"/{route}/{part}/")
        content = _Content(_below(reading, folder), f"{kind}:{own}", "", below)
        yield content
        for prefix, translations in locales.items():
            localized = _below(reading, posixpath.join(translations, named, version))
            yield content._replace(
                folder=localized, locale=prefix, route=_normal(f"/{prefix}{below}"), others=content.folder
            )


def _versions(reading: Reading, options: Mapping[str, Any], own: str, path: str) -> Iterator[tuple[str, str, str]]:
    """(its folder in translations, its folder, its path) of each version of the documents.

    https://docusaurus.io/docs/versioning
    """
    prefix = "" if own == "default" else f"{own}_"
    names: list[str] = []
    if options.get("disableVersioning") is not True:
        listed = reading.text(f"{reading.folder}{prefix}versions.json")
        names = [*islice(strings(json(f'{{"versions": {listed or "[]"}}}').get("versions")), _MANY)]
    last = _text(options, "lastVersion", names[0] if names else "current")
    only = [*strings(options.get("onlyIncludeVersions"))]
    for version in ("current", *names):
        if (version == "current" and names and options.get("includeCurrentVersion") is False) or (
            only and version not in only
        ):
            continue
        usual = "" if version == last else "next" if version == "current" else version
        part = _text(_of(_of(options, "versions"), version), "path", usual).strip("/")
        folder = path if version == "current" else f"{prefix}versioned_docs/version-{version}"
        yield ("current" if version == "current" else f"version-{version}"), folder, part


def _excluded(plugins: Iterable[tuple[str, Mapping[str, Any]]], plugin: str) -> Callable[[str], object]:
    """A test for the files that a plug-in leaves out: the usual ones, or those that its options name instead."""
    options = next((each for kind, each in plugins if f"{kind}:{_text(each, 'id', 'default')}" == plugin), {})
    if not isinstance(options.get("exclude"), list):
        return _LEFT_OUT.search
    listed = [part for pattern in strings(options["exclude"]) for part in _expanded(pattern)]
    try:
        return matcher([pattern for pattern in listed if not pattern.startswith("!")])
    except ValueError:
        return _LEFT_OUT.search


def _expanded(pattern: str) -> list[str]:
    """A pattern for each of what stands between braces, `*.{md,mdx}`."""
    braces = _BRACES.search(pattern)
    if braces is None:
        return [pattern]
    return [pattern[: braces.start()] + part + pattern[braces.end() :] for part in braces[1].split(",")[:_MANY]]


def _slug(kind: str, inside: str, front: Mapping[str, Any]) -> str:
    """The address of a page below that of its folder; it ends with `/` if that of a folder does."""
    path, _, _ = inside.rpartition(".")
    stated = front.get("slug")
    stated = str(stated) if isinstance(stated, str | int) and not isinstance(stated, bool) else ""
    if kind == "blog":
        if stated:
            return f"/{stated.lstrip('/')}"
        dated = _DATED.match(path)
        text = f"{dated[2].replace('-', '/')}/{dated[1]}{dated[3]}" if dated else re.sub(r"(?:\A|/)index\Z", "", path)
        return f"/{text}"
    folder, _, base = path.rpartition("/")
    if kind == "pages":
        slug = f"/{folder}/" if base == "index" else f"/{path}"
        return f"/{stated.lstrip('/')}" if stated else slug
    if stated.startswith("/"):
        return stated
    numbered = front.get("parse_number_prefixes") is not False
    folders = [_unnumbered(part) if numbered else part for part in folder.split("/")] if folder else []
    place = "/".join(("", *folders, ""))
    if not stated and base.lower() in {"index", "readme", folder.rpartition("/")[2].lower()}:
        return place
    own = front.get("id")
    own = own if isinstance(own, str) else _unnumbered(base) if numbered else base
    return posixpath.normpath(posixpath.join(place, stated or own)) + ("/" if stated.endswith("/") else "")


def _unnumbered(name: str) -> str:
    number = None if _NO_NUMBER.match(name) else _NUMBER.match(name)
    return name[number.end() :] if number else name


def _normal(route: str) -> str:
    return re.sub("/{2,}", "/", route)


def _file(route: str, slash: object) -> str:
    """The file that is built at an address."""
    path = route.strip("/")
    if not path:
        return "index.html"
    return f"{path}.html" if slash is False else f"{path}/index.html"


def _routed(plugins: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[re.Pattern[str], str]]:
    for kind, options in plugins:
        route = options.get("routeBasePath", options.get("route"))
        if kind not in _PLUGINS and isinstance(route, str) and route.strip("/"):
            yield re.compile(rf"\A{re.escape(route.strip('/'))}(?:/|\Z)"), _ROUTED


def _redirects(
    plugins: Iterable[tuple[str, Mapping[str, Any]]], pages: Mapping[str, str], slash: object
) -> dict[str, str]:
    """https://docusaurus.io/docs/api/plugins/@docusaurus/plugin-client-redirects"""
    found: dict[str, str] = {}
    ends = {built: name for name, built in pages.items()}
    for kind, options in plugins:
        if not kind.endswith("client-redirects"):
            continue
        for end in strings(options.get("fromExtensions")):
            for built, name in ends.items():
                path = built.removesuffix("/index.html").removesuffix(".html")
                found[f"{path}.{end}"] = name
                found[f"{path}.{end}/index.html"] = name
        rows = options.get("redirects")
        for row in rows if isinstance(rows, list) else ():
            target = _file(_text(row, "to", "").partition("#")[0], slash) if isinstance(row, dict) else ""
            for before in strings(row.get("from")) if target in ends else ():
                found[_file(before, slash)] = ends[target]
    return {before: name for before, name in found.items() if before not in ends}


def _url(settings: Mapping[str, Any], base: str, domain: str) -> str:
    host = settings.get("url")
    if isinstance(host, str) and host.startswith(("http://", "https://")):
        try:
            return urls.resolve(host, base)
        except urls.InvalidURL:
            pass
    domain = domain.strip()
    return f"https://{domain}{base}" if re.fullmatch(r"[\w.-]+", domain) else base


@lru_cache(maxsize=8)
def _read(contents: str) -> tuple[_Content, ...]:
    rows = [_Content(*row) for row in loads(contents)]
    return tuple(sorted(rows, key=lambda content: -len(content.folder)))


def _content(site: Built, page: str) -> _Content | None:
    return next((each for each in _read(site.plan.settings["contents"]) if page.startswith(each.folder)), None)


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link names a file of the same plug-in, or any file that is copied then, or an address below the site."""
    content = _content(site, page)
    path, mark, query = reference.partition("?")
    if content is None or path.startswith("//"):
        return None
    if path.startswith("pathname:"):
        return Led(href="/" + path.removeprefix("pathname:").lstrip("/") + mark + query)
    decoded = urls.decode(path)
    beside = _beside(site, page, decoded)
    meant = ""
    if decoded.startswith("@site/") and _is_of(site, beside, content.plugin):
        return Led(beside)
    if decoded.lower().endswith(_PAGES):
        tried = [posixpath.normpath(folder + decoded) for folder in _folders(site, content, page, decoded)]
        file = next((file for file in tried if _is_of(site, file, content.plugin)), "")
        if file:
            return Led(file)
        meant = tried[0]
    elif posixpath.splitext(decoded)[1] not in {"", ".html"} and site.holds(beside):
        return Led(beside, copied=True)
    if path.startswith("/"):
        base = site.plan.settings["base"] + content.locale
        path = path[len(base) - 1 :] if path.startswith(base) else path  # which is not put before it twice
        return Led(meant, f"/{content.locale}{path.lstrip('/')}{mark}{query}")
    route = posixpath.normpath(posixpath.join(posixpath.dirname(site.plan.settings[f"at {page}"]), path))
    return Led(meant, route + ("/" if path.endswith("/") and route != "/" else "") + mark + query)


def _folders(site: Built, content: _Content, page: str, path: str) -> list[str]:
    """The folders from which a link to a file counts, in order."""
    folder = f"{posixpath.dirname(page)}/".lstrip("/")
    roots = [content.folder, *([content.others] if content.others else ()), site.plan.settings["site"]]
    return [f"{each}." for each in roots] if path[0] == "/" else [folder] if path[0] == "." else [folder, *roots]


def _is_of(site: Built, file: str, plugin: str) -> bool:
    if file not in site.pages:
        return False
    content = _content(site, file)
    return content is not None and content.plugin == plugin


def _beside(site: Built, page: str, path: str) -> str:
    """The file that a path names: of the site, of what is copied as it is, or from beside the page."""
    if path.startswith("@site/"):
        return posixpath.normpath(site.plan.settings["site"] + path.removeprefix("@site/"))
    if path.startswith("/"):
        files = [posixpath.normpath(folder + path.lstrip("/")) for folder in site.plan.settings["statics"].split("\n")]
        return next((file for file in files if site.holds(file)), files[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    """A picture in Markdown is taken in; what stands in JSX is left as it is, and a component does as it likes."""
    path = urls.decode(reference.partition("?")[0].strip())
    if not path or path.startswith("//") or (in_html and role is not Role.OBJECT):
        return None
    led = Led(_beside(site, page, path), copied=True)
    return led if role is not Role.OBJECT or site.holds(led.file) else Led(unknown=_COMPONENT)


GENERATOR = Generator(
    "docusaurus",
    "Docusaurus",
    _plan,
    "docusaurus",
    "build",
    _link,
    embed=_embed,
    ids=components.ids,
    bundles=True,
    schemes=("pathname",),
)
