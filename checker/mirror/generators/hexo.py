"""Hexo: https://hexo.io/docs/configuration"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

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
_TOKEN = re.compile(r":(\w*[^\W_])")
_SEGMENTS = {"year": r"(\d{4})", "month": r"(\d\d)", "day": r"(\d\d)", "i_month": r"(\d\d?)", "i_day": r"(\d\d?)"}
_STATED = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?")
_FRONT = re.compile(r"\A(?:\ufeff)?((?:[A-Za-z][\w-]*:.*\n|[ \t-].*\n){1,200})---[ \t]*$", re.M)
_LONGEST = 1000  # characters of a permalink, or of the pattern of a name
_MOST = 500  # settings or terms of a kind
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
    known = {"root": root, "path": site.path, **site.assets}
    if _is_put_before(settings, plugins):
        known["images"] = "rooted"
    url = word(settings.get("url"))
    decides = [*_decided(site, plugins), *site.unsure[:1]]
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


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _is_put_before(settings: Mapping[str, Any], plugins: frozenset[str]) -> bool:
    """Whether the renderer puts the site's root before pictures in Markdown, as hexo-renderer-marked does by itself."""
    is_marked = "hexo-renderer-marked" in plugins or not any(name.startswith("hexo-renderer-mark") for name in plugins)
    stated = _table(settings, "marked").get("prependRoot")
    return is_marked and stated is not False and settings.get("relative_link") is not True


class _Site:
    """What is made of the files of a site, one after another."""

    def __init__(self, reading: Reading, settings: Mapping[str, Any], root: str) -> None:
        from checker.web.globs import matcher

        def test(key: str) -> Any:
            try:
                return matcher([f"/{each}" for each in islice(strings(settings.get(key)), _MOST)])
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
        self.unsure: list[tuple[re.Pattern[str], str]] = []
        self._is_raw, self._is_in, self._is_out = test("skip_render"), test("include"), test("exclude")
        self._name = word(settings.get("new_post_name")) or ":title.md"
        self._pattern = _compiled(self._name)
        self._has_assets = settings.get("post_asset_folder") is True
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
        own = word(self._front(name).get("permalink"))
        built = stem + output
        if own:
            built = own + "index" if own.endswith("/") else own
            built = built if posixpath.splitext(built)[1] else built + output
        self.pages[name] = _file(built)

    def _front(self, name: str) -> Mapping[str, Any]:
        front = self.reading.front(name)
        if not front and (found := _FRONT.match(self.reading.text(name, 1 << 14))):
            return yaml(found[1])
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
        front = self._front(name)
        if front.get("published") is False:
            self.hidden[name] = "`published` is false"
            return
        found = self._pattern.match(stem[:_LONGEST]) if self._pattern else None
        info = found.groupdict() if found else {}
        slug = info.get("title") or latin.slugized(stem)
        when = _when(front, info)
        if self.settings.get("future") is False and when is not None and when > datetime.now(UTC):
            self.hidden[name] = "its date is in the future"
            return
        values = _values(front, info, slug, when, self.settings)
        own = word(front.get("permalink"))
        template = own or _TOKEN.sub(lambda token: values.get(token[1], "\0"), self.rule)
        if "\0" in template:
            template = "?/" + template.replace("\0", "?")
            self.unsure.append((_open(self.rule), _UNKNOWN_NAME))
        if self._has_assets and not template.endswith(("/", ".html")):
            template += "/"
        self.pages[name] = _file(template + ("index.html" if template.endswith("/") else ""))
        folder = re.sub(r"\.html?\Z", "", template).strip("/")
        self._folders[posixpath.splitext(name)[0]] = folder
        self.assets[f"asset:{name}"] = posixpath.splitext(name)[0]
        self._add_terms(front, when)

    def _add_terms(self, front: Mapping[str, Any], when: datetime | None) -> None:
        """Add the lists that a post is on."""
        for key, listed in (("tag", front.get("tags", front.get("tag"))),):
            for name in islice(_words(listed), _MOST):
                self.terms[key].add(self._term(f"{key}_map", name))
        for path in islice(_categories(front), _MOST):
            slugs = [self._term("category_map", name) for name in path]
            self.terms["category"].update("/".join(slugs[:end]) for end in range(1, len(slugs) + 1))
        if when is not None:
            self.terms["archive"].update((f"{when.year:04}", f"{when.year:04}/{when.month:02}"))

    def _term(self, key: str, name: str) -> str:
        return latin.slugized(word(_table(self.settings, key).get(name)) or name, _case(self.settings))


def _file(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))[1:] or "index.html"


def _case(settings: Mapping[str, Any]) -> object:
    return settings.get("filename_case")


def _compiled(name: str) -> re.Pattern[str] | None:
    """The pattern of a post's name, without its extension."""
    text = posixpath.splitext(name)[0][:200]
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for token in _TOKEN.finditer(text):
        if token[1] in seen or not token[1].isidentifier() or len(seen) > 8:
            return None
        seen.add(token[1])
        segment = _SEGMENTS.get(token[1], "(.+?)")
        parts += re.escape(text[end : token.start()]), f"(?P<{token[1]}>{segment[1:]}"
        end = token.end()
    try:
        return re.compile("".join(parts) + re.escape(text[end:]) + r"\Z", re.S)
    except re.error:
        return None


def _when(front: Mapping[str, Any], info: Mapping[str, str]) -> datetime | None:
    """When a post is from, as it is written: Hexo takes it for a time of its own zone."""
    stated = front.get("date")
    if isinstance(stated, str) and (found := _STATED.match(stated.strip())):
        parts = [int(each or 0) for each in found.groups()]
    elif isinstance(stated, datetime):
        return stated.replace(tzinfo=UTC)
    elif isinstance(stated, date):
        parts = [stated.year, stated.month, stated.day]
    else:
        named = (info.get("year"), info.get("month") or info.get("i_month"), info.get("day") or info.get("i_day"))
        parts = [int(each or 0) for each in named]
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def _values(
    front: Mapping[str, Any], info: Mapping[str, str], slug: str, when: datetime | None, settings: Mapping[str, Any]
) -> dict[str, str]:
    """What the placeholders of an address stand for: https://hexo.io/docs/permalinks"""
    values = {str(key): word(value) for key, value in _table(settings, "permalink_defaults").items()}
    values |= {key: word(value) for key, value in front.items() if isinstance(key, str) and word(value)}
    values |= {key: value for key, value in info.items() if value}
    path = next(iter(_categories(front)), ())
    named = [latin.slugized(word(_table(settings, "category_map").get(each)) or each, _case(settings)) for each in path]
    values |= {
        "title": slug,
        "name": posixpath.basename(slug),
        "post_title": latin.slugized(word(front.get("title")) or slug, 1),
        "category": "/".join(named) or word(settings.get("default_category")) or "uncategorized",
    }
    for key in ("id", "hash", "timestamp"):
        if key not in front:
            values.pop(key, None)
    times = ("year", "month", "day", "hour", "minute", "second", "i_month", "i_day")
    if when is None:
        return {key: value for key, value in values.items() if key not in times}
    values |= {key: f"{getattr(when, key):02}" for key in times if not key.startswith("i_")}
    return values | {"year": f"{when.year:04}", "i_month": str(when.month), "i_day": str(when.day)}


def _words(value: object) -> Iterator[str]:
    yield from filter(None, map(word, value if isinstance(value, list) else [value]))


def _categories(front: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The categories of a post, each with those above it: a list is one path, lists in a list are several."""
    listed = front.get("categories", front.get("category"))
    rows = listed if isinstance(listed, list) else [listed]
    if any(isinstance(row, list) for row in rows):
        for row in rows[:_MOST]:
            yield tuple(_words(row))
    elif path := tuple(_words(rows)):
        yield path[:20]


def _open(rule: str) -> re.Pattern[str]:
    """The addresses that posts may have."""
    known = [re.escape(part) for part in _TOKEN.split(rule.strip("/"))[::2]]
    return re.compile(rf"\A{'.+?'.join(known[:6])}(?:/|\Z)" if len(known) < 7 else rf"\A{known[0]}.")


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
        yield posixpath.normpath(posixpath.join(word(_table(settings, "index_generator").get("path")), "index.html"))
    usual = {"tag": "tags", "category": "categories", "archive": "archives"}
    for key, folder in usual.items():
        place = (word(settings.get(f"{key}_dir")) or folder).strip("/")
        if on(key):
            terms = site.terms[key] | ({""} if key == "archive" else set())
            yield from (posixpath.normpath(posixpath.join(place, term, "index.html")) for term in terms)
    if on("feed") and plugins:
        yield from map(posixpath.normpath, [*strings(_table(settings, "feed").get("path"))] or ["atom.xml", "rss2.xml"])
    if on("sitemap") and plugins:
        yield from ("sitemap.xml", "sitemap.txt")


def _decided(site: _Site, plugins: frozenset[str]) -> Iterator[tuple[re.Pattern[str], str]]:
    paged = re.escape(word(site.settings.get("pagination_dir")) or "page")
    yield re.compile(rf"(?:\A|/){paged}/\d+(?:/|\Z)"), "Hexo numbers the pages of a list"
    if "hexo-generator-alias" in plugins:
        yield re.compile(r"/\Z|\.html\Z|\A[^.]*\Z"), _PLUGIN
    if any(
        name.startswith("hexo-generator-") and name.endswith(("search", "searchdb", "json-content")) for name in plugins
    ):
        yield re.compile(r"\A[\w-]*(?:search|content)\.(?:xml|json)\Z"), _PLUGIN


def _dialect(settings: Mapping[str, Any]) -> str:
    marked = _table(settings, "marked")
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
