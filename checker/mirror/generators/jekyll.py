"""Jekyll, as GitHub Pages runs it too: https://jekyllrb.com/docs/configuration/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any

from checker.mirror.generators import liquid
from checker.mirror.generators.jekyll_addresses import (
    DATED,
    STYLES,
    Page,
    Site,
    address,
    file_of,
    is_due,
    suffixed,
    when,
)
from checker.mirror.generators.reading import Reading, strings, word, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file
from checker.web import urls

_MARKDOWN = (".markdown", ".mkdown", ".mkdn", ".mkd", ".md")
_BECOMES = {".scss": ".css", ".sass": ".css", ".coffee": ".js", ".htm": ".htm", ".html": ".html"}
_TEXTS = (
    *_MARKDOWN,
    *_BECOMES,
    ".xml",
    ".json",
    ".txt",
    ".js",
    ".css",
    ".svg",
    ".xsl",
    ".webmanifest",
    ".yml",
    ".toml",
)
_PARTS = ("_includes", "_layouts", "_sass", "_data", "_plugins", "_drafts")
_EXCLUDED = ("Gemfile", "Gemfile.lock", "node_modules", "vendor/bundle", "vendor/cache", "vendor/gems", "vendor/ruby")
# https://pages.github.com/versions/ and https://github.com/github/pages-gem: what is on whatever the settings say
_OF_GITHUB = frozenset({"jekyll-relative-links", "jekyll-optional-front-matter", "jekyll-readme-index"})
_OPTIONAL_NOT = frozenset({"readme", "license", "licence", "copying", "code_of_conduct", "contributing", "support"})
_READ = ("permalink", "published", "slug", "date", "category", "categories", "redirect_from")  # of front matter
_MOST = 500  # settings of a kind
_THEME = "a theme may bring it along"
_PAGES_OF = "a plug-in makes pages there"


def _plan(reading: Reading) -> Plan | None:
    settings = yaml(reading.text(reading.settings))
    if _is_of_others(reading):
        return None
    source = settings.get("source")
    root = posixpath.normpath(reading.folder + source) + "/" if isinstance(source, str) and source != "." else ""
    site = _site(reading, root if root not in {"", "./"} else reading.folder, settings)
    made = _Made(site)
    for name in reading.below(site.root):
        made.add(reading, name)
    if not made.has_front_matter:
        return None
    _add_beside(made, reading)
    url = _url(reading, site)
    known = {**_flat(settings), "root": site.root, **made.posts}
    if "jekyll-relative-links" in site.plugins and _setting(settings, "relative_links", "enabled") is not False:
        known["relative"] = "collections" if _setting(settings, "relative_links", "collections") is True else "pages"
    return Plan(
        made.pages,
        made.files,
        url,
        frozenset(made.parts),
        made.hidden,
        decides=_decided(site),
        settings=known,
        includes=_includes(reading, site),
    )


def _is_of_others(reading: Reading) -> bool:
    """Whether the settings are those of Jupyter Book or Hexo, which have the same name."""
    return reading.has(f"{reading.folder}_toc.yml") or (
        reading.has(f"{reading.folder}scaffolds") or '"hexo"' in reading.text(f"{reading.folder}package.json")
    )


def _site(reading: Reading, root: str, settings: Mapping[str, Any]) -> Site:
    named = frozenset(strings(settings.get("plugins") or settings.get("gems")))
    gems = reading.text(f"{reading.folder}Gemfile") or reading.text("Gemfile")
    plugins = named | (_OF_GITHUB if not gems or "github-pages" in gems else frozenset())
    style = settings.get("permalink")
    rows = settings.get("defaults")
    defaults = []
    for row in rows[:_MOST] if isinstance(rows, list) else ():
        scope, values = (row.get("scope"), row.get("values")) if isinstance(row, dict) else (None, None)
        if isinstance(scope, dict) and isinstance(values, dict):
            kept = {key: values[key] for key in _READ if key in values}
            defaults.append((word(scope.get("path")).strip("/"), word(scope.get("type")), kept))
    zone = _zone(settings.get("timezone"))
    return Site(root, settings, plugins, style if isinstance(style, str) else "date", tuple(defaults), zone, _now(zone))


def _now(zone: tzinfo | None) -> datetime:
    return datetime.now(zone or UTC)


def _zone(name: object) -> tzinfo | None:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (OSError, ValueError):
        return None


class _Made:
    """What is made of the files of a site, one after another."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pages: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.parts: set[str] = set()
        self.hidden: dict[str, str] = {}
        self.posts: dict[str, str] = {}  # "post:2020-01-31-name" -> its file
        self.has_front_matter = False
        self._collections = _collections(site.settings)
        settings = site.settings
        folder = settings.get("collections_dir")
        self._beside = f"{folder.strip('/')}/" if isinstance(folder, str) and folder.strip("/") else ""
        self._excluded = (*_EXCLUDED, *islice(strings(settings.get("exclude")), _MOST))
        self._included = frozenset(each.strip("/") for each in (".htaccess", *strings(settings.get("include"))))
        from checker.web.globs import matcher

        try:
            self._is_excluded = matcher([f"/{each.strip('/')}" for each in self._excluded if each.strip("/")])
        except ValueError:
            self._is_excluded = matcher([])

    def add(self, reading: Reading, name: str) -> None:
        """Add a file of the mirror."""
        inside = name.removeprefix(self.site.root)
        parts = inside.split("/")
        at = next((number for number, part in enumerate(parts) if part[:1] in "_.#~" or part[-1:] == "~"), None)
        if at is not None and self._included.isdisjoint({parts[at], "/".join(parts[: at + 1])}):
            self._add_special(reading, name, inside, parts, at)
        elif not self._is_excluded(inside) or inside in self._included:
            self._add_page(reading, name, Page(inside, {}))

    def _add_special(self, reading: Reading, name: str, inside: str, parts: list[str], at: int) -> None:
        """Add a file of a folder that begins with `_`, or leave it out."""
        folder, rest = parts[at], "/".join(parts[at + 1 :])
        label = folder[1:]
        if folder == "_posts" and rest:
            self.has_front_matter = True
            self._add_post(reading, name, inside, "/".join(parts[:at]).removeprefix(self._beside.rstrip("/")))
        elif folder in _PARTS and rest:
            self.parts.add(name)
            if folder == "_layouts":
                self.has_front_matter = True
            if folder == "_drafts":
                self.hidden[name] = "it is a draft"
        elif label in self._collections and "/".join(parts[:at]) == self._beside.rstrip("/") and rest:
            row = self._collections[label]
            self.has_front_matter = True
            if row.get("output") is not True:
                self.parts.add(name)
                self.hidden[name] = f"the collection {label} has no pages: its `output` is not true"
                return
            template = row.get("permalink")
            self._add_page(
                reading, name, Page(rest, {}, label, template if isinstance(template, str) else self._of_collection())
            )

    def _of_collection(self) -> str:
        return suffixed("/:collection/:path", self.site.style)

    def _add_post(self, reading: Reading, name: str, inside: str, folder: str) -> None:
        base = posixpath.basename(name)
        stem, extension = posixpath.splitext(base)
        dated = DATED.match(stem)
        if dated is None or extension not in {*_MARKDOWN, ".html", ".htm"}:
            self.hidden[name] = "a post's file is named YEAR-MONTH-DAY-title"
            return
        sub = inside.split("_posts/", 1)[1]
        self.posts["post:" + posixpath.splitext(sub)[0]] = name
        self.posts.setdefault("post:" + stem, name)
        row = self._collections.get("posts", {})
        template = row.get("permalink")
        style = STYLES.get(self.site.style, self.site.style)
        page = Page(inside, {"folder": folder}, "posts", template if isinstance(template, str) else style)
        self._add_page(reading, name, page)

    def _add_page(self, reading: Reading, name: str, page: Page) -> None:
        site = self.site
        base = posixpath.basename(name)
        stem, extension = posixpath.splitext(base)
        built_in = page.inside if not page.collection else f"{page.collection}/{page.inside}"
        if extension.lower() not in _TEXTS:
            self.files.setdefault(built_in, name)
            return
        is_markdown = extension in _MARKDOWN
        own = _front(reading, name)
        if own is None and page.collection != "posts":
            optional = is_markdown and not page.collection and "jekyll-optional-front-matter" in site.plugins
            if not optional or (stem.lower() in _OPTIONAL_NOT and base not in self._included):
                target = self.pages if extension in {".html", ".htm"} else self.files
                if target is self.pages:
                    self.pages[name] = built_in
                else:
                    self.files.setdefault(built_in, name)
                return
        elif name != f"{site.root}404.html":
            self.has_front_matter = True
        front = {**self._defaults(page, name), **page.front, **(own or {})}
        if (front if page.collection else own or {}).get("published") is False:  # of pages, defaults do not say so
            self.hidden[name] = "`published` is false"
            self.parts.add(name)
            return
        if page.collection and (at := when(front, stem, site.zone)) and not is_due(at, site):
            self.hidden[name] = "its date is in the future"
            self.parts.add(name)
            return
        output = ".html" if is_markdown else _BECOMES.get(extension, extension)
        built = address(site, page, front, stem, output)
        (self.pages if output in {".html", ".htm"} else self.files).__setitem__(
            *((name, built) if output in {".html", ".htm"} else (built, name))
        )
        if "jekyll-redirect-from" in site.plugins:
            for before in strings(front.get("redirect_from")):
                self.files.setdefault(file_of(before, ".html"), name)

    def _defaults(self, page: Page, name: str) -> dict[str, Any]:
        """The front matter that the settings give to a page: the longest path comes last."""
        inside = name.removeprefix(self.site.root)
        kind = page.collection or "pages"
        rows = [
            (len(path), number, values)
            for number, (path, of, values) in enumerate(self.site.defaults)
            if of in {"", kind} and _is_within(inside, path)
        ]
        found: dict[str, Any] = {}
        for _, _, values in sorted(rows, key=lambda row: row[:2]):
            found |= values
        return found


def _is_within(inside: str, path: str) -> bool:
    if "*" in path:
        from fnmatch import fnmatchcase

        return fnmatchcase(inside, f"{path}*")
    return not path or inside == path or inside.startswith(f"{path}/")


def _collections(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    rows = settings.get("collections")
    if isinstance(rows, list):
        return {str(label): {} for label in rows}
    return {
        str(label): row if isinstance(row, dict) else {}
        for label, row in (rows if isinstance(rows, dict) else {}).items()
    }


def _front(reading: Reading, name: str) -> Mapping[str, Any] | None:
    """The front matter of a file; None if it has none, and so is copied as it is."""
    head = reading.text(name, 4)
    return reading.front(name) if head.lstrip("\ufeff")[:3] == "---" else None


def _add_beside(made: _Made, reading: Reading) -> None:
    """What plug-ins write beside the pages."""
    site, settings = made.site, reading.settings
    if "jekyll-readme-index" in site.plugins:
        built = set(made.pages.values())
        for name in sorted(reading.below(site.root)):
            folder, base = posixpath.split(name.removeprefix(site.root))
            stem, extension = posixpath.splitext(base)
            if (
                stem.lower() == "readme"
                and extension in _MARKDOWN
                and made.files.get(posixpath.join(folder, base)) == name
            ):
                index = posixpath.join(folder, "index.html")
                if index not in built:
                    made.pages[name] = index
                    del made.files[posixpath.join(folder, base)]
    beside = {"jekyll-sitemap": ("sitemap.xml", "robots.txt"), "jekyll-feed": ("feed.xml",)}
    for plugin, names in beside.items():
        if plugin in site.plugins:
            for name in names:
                made.files.setdefault(name, settings)


def _decided(site: Site) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = []
    if site.settings.get("theme") or site.settings.get("remote_theme"):
        rows.append((re.compile(r"^assets/"), _THEME))
    if site.settings.get("paginate") or "jekyll-paginate-v2" in site.plugins:
        rows.append((re.compile(r"(?:^|/)page/?\d+(?:/|$)"), _PAGES_OF))
    if "jekyll-archives" in site.plugins:
        rows.append((re.compile(r"^(?:categor|tag|\d{4})"), _PAGES_OF))
    if "jekyll-feed" in site.plugins:
        rows.append((re.compile(r"^feed/"), _PAGES_OF))
    return tuple(rows)


_IDS = re.compile(r"""\sid=['"]|^#{1,6}\s""", re.M)


def _includes(reading: Reading, site: Site) -> re.Pattern[str]:
    """What may bring ids into a page: files that hold some, or that only Jekyll finds."""
    folder = f"{site.root}_includes/"
    without = [name.removeprefix(folder) for name in reading.below(folder) if not _IDS.search(reading.text(name))]
    others = "|".join(map(re.escape, without)) or "(?!)"
    return re.compile(rf"\{{%-?[ \t]*include(?:_relative|_cached)?[ \t]+(?!(?:{others})[\s%-])")


def _url(reading: Reading, site: Site) -> str:
    host, base = site.settings.get("url"), site.settings.get("baseurl")
    path = f"/{base.strip('/')}/".replace("//", "/") if isinstance(base, str) else ""
    domain = reading.text(f"{site.root}CNAME").strip()
    if domain and "/" not in domain and " " not in domain:
        return f"https://{domain}/"
    return host.rstrip("/") + (path or "/") if isinstance(host, str) and "//" in host else path


def _setting(settings: Mapping[str, Any], table: str, key: str) -> object:
    found = settings.get(table)
    return found.get(key) if isinstance(found, dict) else None


def _flat(settings: Mapping[str, Any]) -> dict[str, str]:
    """The settings that a page may show, as `site.NAME` or `site.NAME.NAME`."""
    found: dict[str, str] = {}
    for key, value in islice(settings.items(), _MOST):
        if isinstance(value, dict):
            found |= {
                f"site.{key}.{inner}": text for inner, text in islice(value.items(), _MOST) if isinstance(text, str)
            }
        elif isinstance(value, str):
            found[f"site.{key}"] = value
    found.setdefault("site.baseurl", "")
    return found


def _link(site: Built, page: str, reference: str) -> Led | None:
    """With jekyll-relative-links, the file of a page, or any that is copied, is found from the page's own file."""
    root, relative = site.plan.settings["root"], site.plan.settings.get("relative", "")
    led = to_file(page, reference, ("",), root) if relative else None
    if led is None or not site.serves(led.file):
        return None
    in_collection = page.removeprefix(root)[:1] == "_" or "/_" in page.removeprefix(root)
    return led if relative == "collections" or not in_collection else None


def _fill(site: Built, page: str, reference: str) -> str | None:
    """Liquid that names files and settings; nothing else is known before the site is built."""
    begin, end, rest = reference.partition("}}")
    if begin[:2] != "{{" or "{" in rest:
        return _filled(site, page, reference)
    found = _filled(site, page, begin + end)  # a page may name one repository a thousand times
    return None if found is None else found + rest


@lru_cache(maxsize=100)
def _filled(site: Built, page: str, reference: str) -> str | None:
    settings = site.plan.settings
    host, path = urls.host_and_path(site.address) if "//" in site.address else ("", "")
    of_pages = path if host.endswith(_PAGES_HOST) else ""  # which GitHub Pages puts in where nothing else is set
    baseurl = (settings.get("site.baseurl") or of_pages).rstrip("/")

    def place(file: str) -> str | None:
        return f"{baseurl}/{site.url_of(file)}" if file in site.pages else _copied(site, file, baseurl)

    def tagged(name: str, argument: str) -> str | None:
        if name == "link":
            return place(settings["root"] + argument.strip("'\"").lstrip("/")) or f"{baseurl}/{argument.strip('/')}"
        file = settings.get("post:" + argument.strip("/"))
        return (place(file) if file else None) or f"{baseurl}/_posts/{argument}"

    def value(name: str) -> str | None:
        if name == "page.url":
            return f"/{site.url_of(page)}"
        if name == "site.baseurl":
            return baseurl
        return settings.get(name)

    return liquid.filled(reference, value, tagged, settings.get("site.url", ""), baseurl)


def _copied(site: Built, file: str, baseurl: str) -> str | None:
    inside = file.removeprefix(site.plan.settings["root"])
    return f"{baseurl}/{inside}" if site.sources.get(inside) == file else None


_PAGES_HOST = ".github.io"
GENERATOR = Generator("jekyll", "Jekyll", _plan, "kramdown", "_site", _link, fill=_fill)
