"""Hexo: https://hexo.io/docs/configuration"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from checker.mirror.generators.hexo_addresses import (
    MOST,
    TOKEN,
    case,
    categories,
    compiled,
    date_of,
    file_of,
    table,
    unfinished,
    values_of,
    words,
    zone,
)
from checker.mirror.generators.reading import Reading, json, strings, word, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import latin, urls

_MARKDOWN = (".md", ".markdown", ".mkd", ".mkdn", ".mdwn", ".mdtxt", ".mdtext")
_BECOMES = {  # by renderers that come with Hexo, or that a plug-in of the name brings
    **dict.fromkeys((*_MARKDOWN, ".html", ".htm", ".njk", ".j2", ".ejs", ".pug", ".jade", ".swig"), ".html"),
    ".yml": ".json",
    ".yaml": ".json",
    ".styl": ".css",
    ".less": ".css",
    ".scss": ".css",
    ".sass": ".css",
}
_PAGES = (*_MARKDOWN, ".html", ".htm")
_POSTS, _DRAFTS = "_posts/", "_drafts/"
_HIDDEN = re.compile(r"(?:^|/)[_.]")
_FRONT = re.compile(r"\A(?:\ufeff)?(?:---[ \t]*\n)?((?:[A-Za-z][\w-]*:.*\n|[ \t-].*\n){1,200})---[ \t]*$", re.M)
_TABS = re.compile(r"^\t+", re.M)  # for which Hexo takes blanks
_LONGEST = 1000  # characters of a permalink, or of the pattern of a name
_THEME = "the theme is a package that may bring it along"
_PLUGIN = "a plug-in makes it"
_UNKNOWN_NAME = "its name depends on what cannot be read here"


def _plan(reading: Reading) -> Plan | None:
    settings = yaml(reading.text(reading.settings))
    package = json(reading.text(f"{reading.folder}package.json"))
    plugins = _plugins(package)
    root = posixpath.normpath(reading.folder + (word(settings.get("source_dir")) or "source")) + "/"
    is_hexo = "hexo" in plugins or "hexo" in package or reading.has(f"{reading.folder}scaffolds")
    if not is_hexo or root.startswith("../") or not reading.has(root):
        return None
    site = _Site(reading, settings, root)
    for name in reading.below(root):
        site.add(name)
    theme = word(settings.get("theme")) or "landscape"
    _add_theme(site, f"{reading.folder}themes/{theme}/")
    lists = _lists(site, plugins)
    for built in lists:
        site.files.setdefault(built, reading.settings)
    if "hexo-generator-alias" in plugins:
        for built, name in _aliases(site):
            site.files.setdefault(built, name)
    known = {"root": root, "path": site.path, **site.assets}
    if _is_put_before(settings, plugins):
        known["images"] = "rooted"
    url = word(settings.get("url"))
    decides = [*_decided(site, plugins), *_unsure(site)]
    if not reading.has(f"{reading.folder}themes/{theme}"):
        decides.append((re.compile(r"\A(?:css|js|img|images|fonts?|lib|fancybox|favicon)(?:[./]|\Z)"), _THEME))
    return Plan(
        site.pages,
        site.files,
        f"https://{urls.host_and_path(url)[0]}{site.path}" if "//" in url else site.path,
        frozenset(site.parts),
        site.hidden,
        decides=tuple(decides),
        settings=known,
        dialect=_dialect(settings),
    )


def _plugins(package: Mapping[str, Any]) -> frozenset[str]:
    tables = (package.get("dependencies"), package.get("devDependencies"))
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def _is_put_before(settings: Mapping[str, Any], plugins: frozenset[str]) -> bool:
    """Whether the renderer puts the site's root before pictures in Markdown, as hexo-renderer-marked does by itself."""
    is_marked = "hexo-renderer-marked" in plugins or not any(name.startswith("hexo-renderer-mark") for name in plugins)
    stated = table(settings, "marked").get("prependRoot")
    return is_marked and stated is not False and settings.get("relative_link") is not True


class _Site:
    """What is made of the files of a site, one after another."""

    def __init__(self, reading: Reading, settings: Mapping[str, Any], root: str) -> None:
        from checker.web.globs import matcher

        def test(key: str) -> Any:
            try:
                return matcher([f"/{each}" for each in islice(strings(settings.get(key)), MOST)])
            except ValueError:
                return matcher([])

        self.reading, self.settings, self.root = reading, settings, root
        host, path = urls.host_and_path(word(settings.get("url")))
        path = word(settings.get("root")) or (path if host else "") or "/"
        self.path = f"/{posixpath.normpath('/' + path.strip('/')).strip('/')}/".replace("//", "/")
        self.pages: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.parts: set[str] = set()
        self.hidden: dict[str, str] = {}
        self.assets: dict[str, str] = {}  # "asset:" and the file of a post -> the folder with its files
        self.terms: dict[str, set[str]] = {"tag": set(), "category": set(), "archive": set()}
        self.unsure: list[str] = []  # patterns
        self._is_raw, self._is_in, self._is_out = test("skip_render"), test("include"), test("exclude")
        self._name = word(settings.get("new_post_name")) or ":title.md"
        self._pattern = compiled(self._name)
        self._has_assets = settings.get("post_asset_folder") is True
        self._zone = zone(word(settings.get("timezone")))
        self._folders: dict[str, str] = {}  # the folder of a post's files -> of what is built of it
        self.rule = (word(settings.get("permalink")) or ":year/:month/:day/:title/")[:_LONGEST]

    def add(self, name: str) -> None:
        """Add a file of the sources; a post comes before the files in the folder of its name."""
        inside = name.removeprefix(self.root)
        if inside.startswith((_POSTS, _DRAFTS)):
            self._add_post(name, inside)
        elif (
            (_HIDDEN.search(inside) and not self._is_in(inside)) or self._is_out(inside) or inside.endswith(("~", "%"))
        ):
            self.parts.add(name)
        else:
            self._add_page(name, inside)

    def _add_page(self, name: str, inside: str) -> None:
        stem, extension = posixpath.splitext(inside)
        output = _BECOMES.get(extension, extension)
        if self._is_raw(inside) or extension not in _PAGES:
            built = inside if self._is_raw(inside) else stem + output
            if output == ".html":
                self.pages[name] = built
            else:
                self.files.setdefault(built, name)
            return
        own = word(self.front(name).get("permalink"))
        built = stem + output
        if own:
            built = own + "index" if own.endswith("/") else own
            built = built if posixpath.splitext(built)[1] else built + output
        self.pages[name] = file_of(built)

    def front(self, name: str) -> Mapping[str, Any]:
        """The front matter of a page, also as Hexo's own reader takes it."""
        front = self.reading.front(name)
        if not front and (found := _FRONT.match(self.reading.text(name, 1 << 14))):
            return yaml(_TABS.sub(lambda tabs: "  " * len(tabs[0]), found[1]))
        return front

    def _add_post(self, name: str, inside: str) -> None:
        is_draft = inside.startswith(_DRAFTS) and self.settings.get("render_drafts") is not True
        path = inside.partition("/")[2]
        stem, extension = posixpath.splitext(path)
        if _HIDDEN.search(path):
            self.parts.add(name)
        elif extension not in _PAGES or (self._has_assets and extension != posixpath.splitext(self._name)[1]):
            self._add_asset(name, is_draft=is_draft)
        elif is_draft:
            self.hidden[name] = "it is a draft"
        else:
            self._add_route(name, stem)

    def _add_asset(self, name: str, *, is_draft: bool) -> None:
        """Add a file in the folder of a post, which is named as the post is."""
        if not self._has_assets or is_draft:
            self.parts.add(name)
            return
        folder = posixpath.dirname(name)
        while folder and folder not in self._folders:
            post = next((folder + end for end in _MARKDOWN if folder + end in self.reading.source.files), "")
            if post:
                self._add_post(post, post.removeprefix(self.root))
                break
            folder = posixpath.dirname(folder)
        if folder in self._folders:
            built = posixpath.join(self._folders[folder], name[len(folder) + 1 :])
            stem, extension = posixpath.splitext(built)
            self.files.setdefault(stem + _BECOMES.get(extension, extension), name)
        else:
            self.parts.add(name)

    def _add_route(self, name: str, stem: str) -> None:
        front = self.front(name)
        if front.get("published") is False:
            self.hidden[name] = "`published` is false"
            return
        found = self._pattern.match(stem[:_LONGEST]) if self._pattern else None
        info = found.groupdict() if found else {}
        slug = info.get("title") or latin.slugized(stem)
        when = date_of(front, info)
        if self.settings.get("future") is False and when is not None and when > datetime.now(UTC):
            self.hidden[name] = "its date is in the future"
            return
        values = values_of(front, info, slug, when, self.settings)
        own = word(front.get("permalink"))
        template = own or TOKEN.sub(lambda token: values.get(token[1], "\0"), self.rule)
        if "\0" in template:
            template = "?/" + template.replace("\0", "?")
            self.unsure.append(unfinished(self.rule, values))
        template = self._as_folder(template)
        self.pages[name] = file_of(template + ("index.html" if template.endswith("/") else ""))
        if when is not None and not own and (moved := self._moved(when)).date() != when.date():
            values = values_of(front, info, slug, moved, self.settings)
            other = self._as_folder(TOKEN.sub(lambda token: values.get(token[1], "?"), self.rule))
            self.files.setdefault(file_of(other + ("index.html" if other.endswith("/") else "")), name)
        folder = re.sub(r"\.html?\Z", "", template).strip("/")
        self._folders[posixpath.splitext(name)[0]] = folder
        self.assets[f"asset:{name}"] = posixpath.splitext(name)[0]
        self._add_terms(front, when)

    def _as_folder(self, address: str) -> str:
        return f"{address}/" if self._has_assets and not address.endswith(("/", ".html")) else address

    def _moved(self, when: datetime) -> datetime:
        """When a post is from on a machine in UTC, as most that build are: with `timezone`, Hexo takes the time that is
        written for one of that zone, and writes the machine's into the address.
        """
        if self._zone is None:
            return when
        try:
            return when.replace(tzinfo=self._zone).astimezone(UTC)
        except (OverflowError, ValueError):
            return when

    def _add_terms(self, front: Mapping[str, Any], when: datetime | None) -> None:
        """Add the lists that a post is on."""
        for key, listed in (("tag", front.get("tags", front.get("tag"))),):
            for name in islice(words(listed), MOST):
                self.terms[key].add(self._term(f"{key}_map", name))
        for path in islice(categories(front), MOST):
            slugs = [self._term("category_map", name) for name in path]
            self.terms["category"].update("/".join(slugs[:end]) for end in range(1, len(slugs) + 1))
        if when is not None:
            self.terms["archive"].update((f"{when.year:04}", f"{when.year:04}/{when.month:02}"))

    def _term(self, key: str, name: str) -> str:
        return latin.slugized(word(table(self.settings, key).get(name)) or name, case(self.settings))


def _add_theme(site: _Site, theme: str) -> None:
    """Add what a theme of the site's own brings along."""
    for name in site.reading.below(theme):
        inside = name.removeprefix(f"{theme}source/")
        if inside == name or _HIDDEN.search(inside):
            site.parts.add(name)
        else:
            stem, extension = posixpath.splitext(inside)
            site.files.setdefault(stem + _BECOMES.get(extension, extension), name)
    site.parts.update(site.reading.below(f"{site.reading.folder}scaffolds/"))


def _lists(site: _Site, plugins: frozenset[str]) -> Iterator[str]:
    """The pages of lists that generators write: all of them where no package says which are there."""
    settings = site.settings

    def on(name: str) -> bool:
        return not plugins or f"hexo-generator-{name}" in plugins

    if on("index") and site.terms["archive"]:
        yield posixpath.normpath(posixpath.join(word(table(settings, "index_generator").get("path")), "index.html"))
    usual = {"tag": "tags", "category": "categories", "archive": "archives"}
    for key, folder in usual.items():
        place = (word(settings.get(f"{key}_dir")) or folder).strip("/")
        if on(key):
            terms = site.terms[key] | ({""} if key == "archive" else set())
            yield from (posixpath.normpath(posixpath.join(place, term, "index.html")) for term in terms)
    if on("feed") and plugins:
        yield from map(posixpath.normpath, [*strings(table(settings, "feed").get("path"))] or ["atom.xml", "rss2.xml"])
    if on("sitemap") and plugins:
        yield from ("sitemap.xml", "sitemap.txt")


def _aliases(site: _Site) -> Iterator[tuple[str, str]]:
    """(built file, the source that it leads to) of settings and front matter: https://github.com/hexojs/hexo-generator-alias"""
    built = {place: name for name, place in site.pages.items()} | site.files

    def place(path: str) -> str:
        return file_of(path if posixpath.splitext(path)[1] else f"{path}/index.html")

    for alias, target in table(site.settings, "alias").items():
        if isinstance(alias, str) and isinstance(target, str) and (name := built.get(place(target))):
            yield place(alias), name
    for name in site.pages:
        front = site.front(name)
        for alias in islice(strings(front.get("alias", front.get("aliases"))), MOST):
            yield place(alias), name


def _decided(site: _Site, plugins: frozenset[str]) -> Iterator[tuple[re.Pattern[str], str]]:
    paged = re.escape(word(site.settings.get("pagination_dir")) or "page")
    yield re.compile(rf"(?:\A|/){paged}/\d+(?:/|\Z)"), "Hexo numbers the pages of a list"
    if any(
        name.startswith("hexo-generator-") and name.endswith(("search", "searchdb", "json-content")) for name in plugins
    ):
        yield re.compile(r"\A[\w-]*(?:search|content)\.(?:xml|json)\Z"), _PLUGIN


def _unsure(site: _Site) -> Iterator[tuple[re.Pattern[str], str]]:
    if site.unsure:
        patterns = site.unsure if len(site.unsure) <= MOST else [unfinished(site.rule, {})]
        yield re.compile(rf"\A(?:{'|'.join(patterns)})(?:/|\Z)"), _UNKNOWN_NAME


def _dialect(settings: Mapping[str, Any]) -> str:
    marked = table(settings, "marked")
    if marked.get("headerIds") is False:
        return "hexo-bare"
    if marked.get("smartypants") is False:
        return "hexo-plain"
    return "hexo-lower" if marked.get("modifyAnchors") == 1 else "hexo"


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    """A picture in Markdown counts from the site's root; one that a tag names, from the folder of its post."""
    known = site.plan.settings
    path = urls.decode(reference.partition("?")[0])
    folder = known.get(f"asset:{page}", "")
    if folder and path and path[0] != "/" and ":" not in path:
        file = posixpath.normpath(posixpath.join(folder, path))
        if in_html and site.serves(file):
            return Led(file)
    if in_html or role is not Role.IMAGE or "images" not in known or not path or path.startswith("//"):
        return None
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path[0] != "/" else ""
    return Led(meant if site.holds(meant) else "", href=known["path"] + reference.lstrip("/"))


GENERATOR = Generator("hexo", "Hexo", _plan, "hexo", "public", embed=_embed)
