"""Pelican, and the way in which Apache's projects use it: https://docs.getpelican.com/en/stable/settings.html"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from html import unescape
from typing import Any, NamedTuple

from checker.mirror.generators.reading import Reading, python, strings, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.web import urls

_MARKDOWN = (".md", ".markdown", ".mkd", ".mdown")
_PAGES = (*_MARKDOWN, ".rst", ".html", ".htm")
_HEAD = 1 << 16  # characters of a page in which its metadata ends
_USUAL: Mapping[str, str] = {
    "ARTICLE": "{slug}.html",
    "ARTICLE_LANG": "{slug}-{lang}.html",
    "DRAFT": "drafts/{slug}.html",
    "DRAFT_LANG": "drafts/{slug}-{lang}.html",
    "PAGE": "pages/{slug}.html",
    "PAGE_LANG": "pages/{slug}-{lang}.html",
    "DRAFT_PAGE": "drafts/pages/{slug}.html",
    "DRAFT_PAGE_LANG": "drafts/pages/{slug}-{lang}.html",
}
_DIRECT = ("index", "tags", "categories", "authors", "archives")  # templates that are pages
_META = re.compile(r"^ {0,3}([\w-]+):(.*)$")
_FIELD = re.compile(r"^:([\w-]+):(.*)$", re.M)
_UNDERLINE = re.compile(r"([^\w\s])\1+")
_HTML_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title>", re.I)
_HTML_META = re.compile(r"<meta\s+name=[\"']?([\w-]+)[\"']?\s+content=[\"']([^\"'<>]*)[\"']", re.I)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TAKEN = re.compile(r"[{|](?:static|attach)[|}]([^\s\"'()<>#?]+)")  # files that are copied because pages lead to them
_LINK = re.compile(r"[{|](\w+)[|}](.*)\Z", re.S)
_FIELDS = re.compile(r"\{(\w+)(?:!\w)?(?::([^{}]*))?\}")
_TO_FILES = frozenset({"filename", "static", "attach"})
_LISTS = frozenset({"category", "tag", "author"})
# Apache's pages are filled in by a script of the server, where they let readers choose a mirror.
_CHOSEN = re.compile(r"(?:\[|%5B)[a-z]+(?:\]|%5D)", re.I)


class _Page(NamedTuple):
    """A source of a page."""

    name: str
    is_page: bool  # and no article
    metadata: Mapping[str, str]


def _plan(reading: Reading) -> Plan | None:
    text = reading.text(reading.settings)
    if reading.settings.endswith(".yaml"):
        return _of_apache(reading, yaml(text))
    settings = {**python(text), **python(reading.text(reading.folder + "publishconf.py"))}
    root = posixpath.normpath(reading.folder + _text(settings, "PATH", ".")) + "/"
    root = "" if root == "./" else root
    if root.startswith("../"):
        return None
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    known = {"root": root}
    unsure: list[tuple[re.Pattern[str], str]] = []
    static: set[str] = set()
    for page in _sources(reading, settings, root, static):
        kind = _kind(page, settings)
        if kind is None:
            hidden[page.name] = "it has no title, or no date, or its status keeps it from being built"
            continue
        route = _route(page, kind, settings, root)
        if route is None:
            route = "/".join(("?", page.name))
            unsure.append((re.compile(r"[^/]+\.html\Z|/\Z"), "its name depends on what cannot be read here"))
        pages[page.name] = route
        for key, term in _terms(page, settings, root):
            files.setdefault(_made(settings, key, slug=_slug(term, settings) or "?"), page.name)
    files |= _static(reading, settings, root, pages, static)
    first, taken = next(iter(pages), ""), set(pages.values())
    direct = settings.get("DIRECT_TEMPLATES")
    for name in _DIRECT if direct is None else strings(direct):
        saved = _text(settings, f"{name.upper()}_SAVE_AS", f"{name}.html")
        if saved and first and saved not in taken:
            files.setdefault(saved, first)
    listings = re.compile(r"\A(?:(?:(?:category|tag|author)/)?[^/]*\d+\.html|(?:feeds|theme)/)")
    decides = [(listings, "templates and plug-ins of Pelican make it"), *unsure[:1]]
    url = _text(settings, "SITEURL").rstrip("/")
    return Plan(
        pages,
        files,
        f"{url}/" if url else "",
        hidden=hidden,
        decides=tuple(decides),
        settings=known,
        dialect="python-markdown" if _has_toc(settings) else "python-markdown-bare",
    )


def _of_apache(reading: Reading, settings: Mapping[str, Any]) -> Plan | None:
    """What the settings of Apache's own make of Pelican's: https://infra.apache.org/asf-pelican.html"""
    site, setup = settings.get("site"), settings.get("setup")
    setup = setup if isinstance(setup, dict) else {}
    ignored = [*strings(setup.get("ignore"))]
    root = posixpath.normpath(reading.folder + _text(setup, "content", "content")) + "/"
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    parts: set[str] = set()
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if any(fnmatchcase(posixpath.basename(name), pattern) for pattern in ignored):
            parts.add(name)
        elif inside.endswith((*_MARKDOWN, ".ezmd")):
            pages[name] = posixpath.splitext(inside)[0] + ".html"
        else:
            files[inside] = name
    theme = posixpath.normpath(reading.folder + _text(settings, "theme", "theme")) + "/templates/"
    parts.update(name for name in reading.below(theme) if name.endswith(_PAGES))
    scripted = (line.strip() for line in reading.text(reading.folder + ".gitignore").splitlines())
    made = [line.removeprefix(root) for line in scripted if line.startswith(root) and "*" not in line]
    decides = [
        (
            re.compile(rf"\A{re.escape(re.sub(r'[.](?:md|ezmd)$', '.html', path))}\Z"),
            "a script makes it: git ignores it",
        )
        for path in made
    ]
    domain = _text(site if isinstance(site, dict) else {}, "domain")
    return Plan(
        pages,
        files,
        f"https://{domain}/" if domain else "",
        frozenset(parts),
        decides=tuple(decides),
        settings={"root": root, "apache": "yes"},
        dialect="apache",
    )


def _text(settings: Mapping[str, Any], key: str, usual: str = "") -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else usual


def _folders(settings: Mapping[str, Any], key: str, usual: str, root: str) -> tuple[str, ...]:
    value = settings.get(key)
    listed = [*strings(value)] if value is not None else [usual]
    return tuple(f"{posixpath.normpath(root + each)}/" if each.strip("./") else root for each in listed)


def _has_toc(settings: Mapping[str, Any]) -> bool:
    """Whether Python-Markdown gives ids to headings: only its extension `toc` does."""
    markdown = settings.get("MARKDOWN")
    markdown = markdown if isinstance(markdown, dict) else {}
    configured = markdown.get("extension_configs")
    listed = [*strings(markdown.get("extensions")), *(configured if isinstance(configured, dict) else ())]
    return any(str(name).rpartition(".")[2] == "toc" for name in (*listed, *strings(settings.get("MD_EXTENSIONS"))))


def _sources(reading: Reading, settings: Mapping[str, Any], root: str, static: set[str]) -> Iterator[_Page]:
    """The sources of pages and articles. What they take with `{static}` and `{attach}` is added to `static`."""
    of_pages = _folders(settings, "PAGE_PATHS", "pages", root)
    of_articles = _folders(settings, "ARTICLE_PATHS", "", root)
    left_out = (
        *_folders(settings, "ARTICLE_EXCLUDES", "\0", root),
        *_folders(settings, "PAGE_EXCLUDES", "\0", root),
    )
    output = posixpath.normpath(reading.folder + _text(settings, "OUTPUT_PATH", "output")) + "/"
    ignored = [*strings(settings.get("IGNORE_FILES", [".*"]))]
    readers = settings.get("READERS")
    silent = tuple(f".{each}" for each in readers if not readers[each]) if isinstance(readers, dict) else ()
    for name in reading.below(root):
        base = posixpath.basename(name)
        if not base.endswith(_PAGES) or base.endswith(silent) or name.startswith((output, *left_out)):
            continue
        if any(fnmatchcase(base, pattern) for pattern in ignored) or "/." in name:
            continue
        if not name.startswith((*of_pages, *of_articles)):
            continue
        text = reading.text(name, _HEAD).removeprefix("\ufeff").replace("\r\n", "\n")
        folder = posixpath.dirname(name)
        for found in _TAKEN.finditer(text):
            path = urls.decode(found[1])
            static.add(posixpath.normpath(root + path if path[0] == "/" else posixpath.join(folder, path)))
        yield _Page(name, name.startswith(of_pages), _metadata(name, text))


def _metadata(name: str, text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if name.endswith(_MARKDOWN):
        lines = text.split("\n")
        for line in lines[1:] if lines[0].rstrip() == "---" else lines:
            match = _META.match(line)
            if match is None and not line.startswith("    "):
                break
            if match:
                found.setdefault(match[1].lower(), match[2].strip().strip("\"'"))
    elif name.endswith(".rst"):
        lines = text.lstrip().split("\n", 3)[:3]
        titles = [line.strip() for line in lines if not _UNDERLINE.fullmatch(line.strip())]
        if len(titles) < len(lines):
            found["title"] = titles[0] if titles else ""
        found |= {key.lower(): value.strip() for key, value in _FIELD.findall(text)}
    else:
        found = {key.lower(): unescape(value) for key, value in _HTML_META.findall(text)}
        if match := _HTML_TITLE.search(text):
            found["title"] = unescape(match[1]).strip()
    return found


def _kind(page: _Page, settings: Mapping[str, Any]) -> str | None:
    """Which setting says where a page is saved; None if it is not built."""
    status = page.metadata.get("status", "").lower()
    status = status or str(dict(_of(settings, "DEFAULT_METADATA")).get("status", "published")).lower()
    if status == "skip" or not (page.metadata.get("title") or page.metadata.get("slug")):
        return None
    if not page.is_page and _dated(page, settings) is None and not settings.get("DEFAULT_DATE"):
        return None
    kind = "PAGE" if page.is_page else "ARTICLE"
    if status == "draft":
        kind = "DRAFT_PAGE" if page.is_page else "DRAFT"
    lang = page.metadata.get("lang", "")
    return f"{kind}_LANG" if lang and lang != _text(settings, "DEFAULT_LANG", "en") else kind


def _of(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _dated(page: _Page, settings: Mapping[str, Any]) -> date | None:
    stated = page.metadata.get("date", "")
    if not stated and "(?P<date>" in _text(settings, "FILENAME_METADATA", "(?P<date>"):
        stated = posixpath.basename(page.name)
    found = _DATE.match(stated)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _route(page: _Page, kind: str, settings: Mapping[str, Any], root: str) -> str | None:
    """The file that is built of a page; None if that cannot be told."""
    inside = page.name.removeprefix(root)
    stem = posixpath.splitext(posixpath.basename(inside))[0]
    usual = _text(settings, f"{kind}_URL", _USUAL[kind])
    usual = usual + "index.html" if usual.endswith("/") else usual
    pattern = page.metadata.get("save_as") or _text(settings, f"{kind}_SAVE_AS", usual)
    named = _text(settings, "FILENAME_METADATA")
    slug = page.metadata.get("slug", "")
    if not slug and "(?P<slug>" in named:
        slug = re.sub(r"\A\d{4}-\d{1,2}-\d{1,2}[-_ ]?", "", stem)
    if not slug:
        of = stem if _text(settings, "SLUGIFY_SOURCE") == "basename" else page.metadata.get("title", stem)
        slug = _slug(of, settings) or ""
    values = {
        **page.metadata,
        "slug": slug,
        "lang": page.metadata.get("lang", _text(settings, "DEFAULT_LANG", "en")),
        "category": _slug(_category(page, settings, root), settings) or "",
        "author": _slug(page.metadata.get("author", _text(settings, "AUTHOR")), settings) or "",
        "path_no_ext": posixpath.splitext(inside)[0],
    }
    day = _dated(page, settings)
    unknown = False

    def fill(field: re.Match[str]) -> str:
        nonlocal unknown
        if field[1] == "date" and day is not None:
            try:
                return day.strftime(field[2] or "%Y-%m-%d")
            except ValueError:
                unknown = True
        value = values.get(field[1], "")
        unknown = unknown or not value
        return value

    route = _FIELDS.sub(fill, pattern)
    route = posixpath.normpath(route.lstrip("/"))
    return None if unknown or route in {"", "."} or route.startswith("../") else route


def _slug(text: str, settings: Mapping[str, Any]) -> str | None:
    """The slug of a title; None if it has letters that Pelican writes in others."""
    text = unicodedata.normalize("NFKC", unescape(re.sub(r"<[^<>]*>", "", text)))
    if not settings.get("SLUGIFY_USE_UNICODE"):
        plain = unicodedata.normalize("NFKD", text)
        kept = [each for each in plain if each < "\x80" or unicodedata.category(each)[0] not in "LN"]
        if len(kept) < sum(not unicodedata.combining(each) for each in plain):
            return None
        text = "".join(each for each in kept if each < "\x80")
    text = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip())
    return text if settings.get("SLUGIFY_PRESERVE_CASE") else text.lower()


def _category(page: _Page, settings: Mapping[str, Any], root: str) -> str:
    folder = posixpath.basename(posixpath.dirname(page.name.removeprefix(root)))
    by_folder = folder if settings.get("USE_FOLDER_AS_CATEGORY", True) else ""
    return page.metadata.get("category") or by_folder or _text(settings, "DEFAULT_CATEGORY", "misc")


def _terms(page: _Page, settings: Mapping[str, Any], root: str) -> Iterator[tuple[str, str]]:
    """(setting, name) of the category, the tags and the authors of an article, which have pages of their own."""
    if page.is_page or page.metadata.get("status", "").lower() in {"draft", "hidden"}:
        return
    yield "CATEGORY", _category(page, settings, root)
    for term in page.metadata.get("tags", "").split(","):
        if term.strip():
            yield "TAG", term.strip()
    authors = page.metadata.get("authors") or page.metadata.get("author") or _text(settings, "AUTHOR")
    for term in re.split(r"[;,]", authors):
        if term.strip():
            yield "AUTHOR", term.strip()


def _made(settings: Mapping[str, Any], key: str, slug: str) -> str:
    pattern = _text(settings, f"{key}_SAVE_AS", f"{key.lower()}/{{slug}}.html")
    return posixpath.normpath(pattern.replace("{slug}", slug).lstrip("/"))


def _static(
    reading: Reading, settings: Mapping[str, Any], root: str, pages: Mapping[str, str], taken: set[str]
) -> dict[str, str]:
    """What is copied, and what comes with a theme that is in the repository."""
    moved = _of(settings, "EXTRA_PATH_METADATA")
    files: dict[str, str] = {}
    folders = _folders(settings, "STATIC_PATHS", "images", root)
    listed = {folder.rstrip("/") for folder in folders}  # a path may be that of a file
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if name in pages or not (name.startswith(folders) or name in listed or name in taken):
            continue
        path = moved[inside].get("path") if isinstance(moved.get(inside), dict) else None
        files[path if isinstance(path, str) else inside] = name
    theme = _text(settings, "THEME")
    if theme and reading.has(folder := f"{posixpath.normpath(reading.folder + theme)}/static/"):
        place = _text(settings, "THEME_STATIC_DIR", "theme")
        files |= {f"{place}/{name.removeprefix(folder)}": name for name in reading.below(folder)}
    return files


def _link(site: Built, page: str, reference: str) -> Led | None:
    """`{filename}x.md`, `{static}x.png`, `{attach}x.pdf`, `{category}x`: anything else is left as it is."""
    known = site.plan.settings
    reference = urls.decode(reference.partition("?")[0])
    if "apache" in known and _CHOSEN.match(reference):
        return Led(unknown="the server's script fills in a mirror")
    match = _LINK.match(reference)
    if match is None or "apache" in known:
        return None
    what, path = match.groups()
    up = "../" * site.url_of(page).count("/")
    if what == "index":
        return Led(href=f"{up}index.html")
    if what in _LISTS:
        return Led(href=f"{up}{what}/{_slug(path, {}) or path}.html")
    if what not in _TO_FILES:
        return None
    root = known["root"]
    folder = root.rstrip("/") if path.startswith("/") else posixpath.dirname(page)
    file = posixpath.normpath(posixpath.join(folder, unescape(path).lstrip("/")))
    if what == "filename" or not file.endswith(_PAGES):
        return Led(file, copied=what != "filename")
    return Led(file)


GENERATOR = Generator(
    "pelican",
    "Pelican",
    _plan,
    "python-markdown",
    "output",
    _link,
    in_html=True,
)
