"""The pages that Hugo makes of the content of a site, and what it copies: https://gohugo.io/content-management/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from checker.mirror.generators.hugo_addresses import Page, file_of, sanitized, tokens, when
from checker.mirror.generators.hugo_mounts import MOST, Glob, Mounts
from checker.mirror.generators.hugo_templates import Templates, table
from checker.mirror.generators.reading import Reading, lower, strings, word

PAGES = (".md", ".markdown", ".mdown", ".html", ".htm", ".adoc", ".asciidoc", ".ad", ".org", ".rst", ".pandoc", ".pdc")
_MARKDOWN = (".md", ".markdown", ".mdown")
_PAGED = (re.compile(r"(?:^|/)page/\d+(?:/|$)"), "Hugo numbers the pages of a list")
_ADAPTED = "a content adapter makes pages there"
_RULES = "a rule of `_redirects` leads it on"
_THEME = "the theme is not in this repository"
_CASCADED = ("target", "_target", "build", "_build", "draft", "headless")


class Content:
    """What is made of the files of a site."""

    def __init__(self, reading: Reading, settings: Mapping[str, Any]) -> None:
        self.reading = reading
        self.settings = settings
        self.root = reading.folder
        self.pages: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.parts: set[str] = set()
        self.hidden: dict[str, str] = {}
        self.all: list[Page] = []
        self.logical: dict[tuple[str, str], str] = {}
        self.by_name: dict[tuple[str, str], str] = {}  # the last part of a path -> its only page; "" if it has several
        rows = islice(table(settings.get("languages")).items(), MOST)
        default = settings.get("defaultcontentlanguage")
        self.default = default if isinstance(default, str) else "en"
        self.languages = {str(name): table(row) for name, row in rows} or {self.default: {}}
        self.below = settings.get("defaultcontentlanguageinsubdir") is True
        self.now = datetime.now(UTC)
        self.templates = Templates(reading, settings)
        self.hooked = self.templates.hooked(len(self.languages))
        self._mounts = Mounts(reading, settings, self.languages, self.default)
        self.content = list(self._mounts.content())
        self._adapted: list[str] = []
        self._led: list[str] = []  # folders that rules lead elsewhere
        formats = islice(table(settings.get("outputformats")).items(), MOST)
        of_rules = [str(name) for name, each in formats if table(each).get("basename") == "_redirects"]
        self._leads = bool(of_rules)
        if rules := self.templates.rules(of_rules):
            self.files["_redirects"] = rules  # whose lines without a template are those of the file

    # Pages

    def add_pages(self) -> None:
        """Find the pages of the content, and where they are built."""
        leaves = set()
        for file in self.content:
            if posixpath.splitext(posixpath.basename(file.inside)) in {("index", each) for each in PAGES}:
                leaves.add(posixpath.dirname(file.inside))
        cascades: dict[tuple[str, str], list[Mapping[str, Any]]] = {("", ""): self._cascade(self.settings)}
        found = []
        fronts: dict[str, Mapping[str, Any]] = {}  # those of a file that several languages have are read once
        for file in self.content:
            folder, base = posixpath.split(file.inside)
            stem, extension = posixpath.splitext(base)
            if base.startswith("_content.") and base.endswith(".gotmpl"):
                self._adapted.append(f"{sanitized(folder)}/".lstrip("/"))
            elif extension in PAGES and not (stem != "index" and _is_in(folder, leaves)):
                if file.name not in fronts:
                    fronts[file.name] = self.reading.front(file.name)
                front = fronts[file.name]
                kind = {"_index": "section" if folder else "home", "index": "leaf" if folder else "home"}.get(
                    stem, "page"
                )
                logical = folder if stem in {"_index", "index"} else f"{folder}/{stem}".lstrip("/")
                page = Page(file, front, f"/{self._case(sanitized(logical))}" if logical else "", kind)
                if kind in {"section", "home"} and "cascade" in front:
                    cascades[(file.language, page.logical)] = self._cascade(front)
                found.append(page)
            elif extension in _MARKDOWN:
                self.parts.add(file.name)
                self.hidden[file.name] = "it belongs to the bundle of another page, and is none of its own"
        for page in found:
            self._add(page, self._inherited(page, cascades))

    def _cascade(self, of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        rows = of.get("cascade")
        rows = rows[:MOST] if isinstance(rows, list) else [rows]
        lowered = [lower(row) for row in rows if isinstance(row, dict)]
        return [{key: row[key] for key in _CASCADED if key in row} for row in lowered]

    def _inherited(self, page: Page, cascades: Mapping[tuple[str, str], list[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """The front matter that a page has of its sections."""
        parts = page.logical.split("/")
        found: dict[str, Any] = {}
        rows = [*cascades.get(("", ""), ())]
        for end in range(1, len(parts) + 1):
            rows += cascades.get((page.file.language, "/".join(parts[:end])), ())
        for row in rows:
            target = table(row.get("target") or row.get("_target"))
            if _is_for(target, page):
                found |= {key: value for key, value in row.items() if key not in {"target", "_target"}}
        return found

    def _add(self, page: Page, inherited: Mapping[str, Any]) -> None:
        front = {**inherited, **lower(page.front)}
        if page.kind != "leaf":
            front.pop("headless", None)  # https://gohugo.io/content-management/page-bundles/: of leaf bundles alone
        name, language = page.file.name, page.file.language
        self.all.append(page)
        is_again = name in self.pages  # and stands in for a page that another language lacks
        leads_on = self._leads and isinstance(front.get("redirect"), str)
        if not is_again and (why := self._why_not(front)) and not (leads_on and "render" in why):
            self.hidden[name] = why
            if "render" not in why:
                self.parts.add(name)
                return
        self.logical.setdefault((language, page.logical), name)
        short = (language, page.logical.rpartition("/")[2])
        self.by_name[short] = "" if short in self.by_name else name
        built = self._built(page, front)
        if self._leads and table(front.get("build") or front.get("_build")).get("render") == "link":
            self._led.append(posixpath.dirname(built))
        if is_again:
            if name not in self.hidden:
                self.files.setdefault(built, name)
            return
        self.pages[name] = built
        folder = posixpath.dirname(built)
        for alias in strings(front.get("aliases")):
            path = alias if alias.startswith("/") else posixpath.join(posixpath.dirname(folder), alias)
            self.files.setdefault(file_of(path), name)
        rows = front.get("redirects") if self._leads else None
        for row in rows[:MOST] if isinstance(rows, list) else ():
            path = posixpath.join("/", folder, word(table(row).get("from")))
            if path.endswith("*"):
                self._led.append(posixpath.dirname(path).lstrip("/"))
            else:
                self.files.setdefault(file_of(path), name)

    def _why_not(self, front: Mapping[str, Any]) -> str:
        if front.get("draft") is True and self.settings.get("builddrafts") is not True:
            return "it is a draft"
        for key, future in (("publishdate", True), ("expirydate", False), ("date", True)):
            at = when(front.get(key))
            if at and (at > self.now) is future and not self.settings.get("buildfuture" if future else "buildexpired"):
                return "its date is in the future" if future else "it has expired"
            if key == "publishdate" and at:
                return self._why_not({"expirydate": front.get("expirydate"), "build": front.get("build")})
        build = table(front.get("build") or front.get("_build"))
        if build.get("render") in ("never", "link", False) or front.get("headless") is True:
            return "its front matter says that Hugo does not render it"
        return ""

    def _built(self, page: Page, front: Mapping[str, Any]) -> str:
        """The file that is written for a page."""
        prefix = f"{page.file.language}/" if page.file.language != self.default or self.below else ""
        prefix = prefix if len(self.languages) > 1 or self.below else ""
        own = front.get("url")
        if isinstance(own, str) and own:
            path = tokens(own, page, front)
            return file_of(path if path.startswith("/") and len(self.languages) < 2 else prefix + path.lstrip("/"))
        if page.kind == "home":
            return f"{prefix}index.html"
        if pattern := self._permalink(page):
            return file_of(prefix + self._case(sanitized(tokens(pattern, page, front))).lstrip("/"))
        path = page.logical.lstrip("/")
        if (slug := word(front.get("slug")).strip("/")) and page.kind != "section":
            path = posixpath.join(posixpath.dirname(path), self._case(sanitized(slug)))
        ugly = self.settings.get("uglyurls")
        if (ugly is True or table(ugly).get(path.partition("/")[0]) is True) and page.kind != "section":
            return f"{prefix}{path}.html"
        return f"{prefix}{path}/index.html"

    def _permalink(self, page: Page) -> str:
        rows = table(self.settings.get("permalinks"))
        kind = "section" if page.kind == "section" else "page"
        section = page.logical.split("/")[1] if page.logical.count("/") > 1 or kind == "section" else ""
        own = table(rows.get(kind)).get(section)
        if own is None and kind == "page":
            own = rows.get(section)
        return own if isinstance(own, str) else ""

    def _case(self, path: str) -> str:
        return path if self.settings.get("disablepathtolower") is True else path.lower()

    # What is copied, and lists

    def add_copied(self) -> None:
        """Add static files, and the files of bundles and sections."""
        for place, name in self._mounts.of("static", self.templates.static):
            self.files.setdefault(place, name)
        built = {
            (page.file.language, page.logical): self.pages[name]
            for page in self.all
            if (name := page.file.name) in self.pages
        }
        translated: dict[str, list[str]] = {}  # a page's path -> the folders of its translations
        for (_, path), place in built.items():
            translated.setdefault(path, []).append(posixpath.dirname(place))
        shared: list[tuple[str, str, str]] = []
        for file in self.content:
            if file.name.endswith(PAGES):
                continue
            folder, rest = posixpath.dirname(file.inside), posixpath.basename(file.inside)
            while True:
                logical = f"/{self._case(sanitized(folder))}" if folder else ""
                if (owner := built.get((file.language, logical))) is not None or not folder:
                    break
                rest = posixpath.join(posixpath.basename(folder), rest)
                folder = posixpath.dirname(folder)
            self.files.setdefault(posixpath.join(posixpath.dirname(owner or ""), rest), file.name)
            if len(translated.get(logical, ())) > 1:
                shared.append((logical, rest, file.name))
        for path, rest, name in shared:  # what a translation lacks, it has of the others
            for folder in translated[path]:
                self.files.setdefault(posixpath.join(folder, rest), name)

    def add_lists(self) -> None:
        """Add the lists that Hugo makes of itself: sections, taxonomies and their terms; and what it writes beside."""
        settings = self.reading.settings
        lists = {"index.html", "sitemap.xml", "index.xml"}
        lists |= {"robots.txt"} if self.settings.get("enablerobotstxt") is True else set()
        lists |= {"404.html"} if self.templates.lacking or self.templates.has("404.html") else set()
        names = self.settings.get("taxonomies")
        stated = [*islice(table(names).values(), MOST)]
        plurals = [*strings(stated)] if isinstance(names, dict) else ["tags", "categories"]
        lists |= {f"{plural}/index.html" for plural in plurals}
        prefixes = {"", *(f"{name}/" for name in self.languages)} if len(self.languages) > 1 else {""}
        for page in self.all:
            if page.file.name in self.pages:
                if page.logical.count("/") > 1:
                    section = page.logical.split("/")[1]
                    lists.add(f"{section}/index.html")
                    if ("", f"/{section}") not in self.logical:
                        self.logical.setdefault((page.file.language, f"/{section}"), settings)
                for plural in plurals:
                    for term in strings(lower(page.front).get(plural)):
                        lists.add(f"{plural}/{self._case(sanitized(term))}/index.html")
            if page.kind in {"section", "home"} and page.file.name in self.pages:
                lists.add(f"{posixpath.dirname(self.pages[page.file.name])}/index.xml".lstrip("/"))
        for built in lists:
            for prefix in prefixes:
                if prefix + built not in self.files:
                    self.files[prefix + built] = settings
        if self.hooked is not None:
            for built, name in self._mounts.of("assets"):
                self.files.setdefault(built, name)

    def decides(self) -> Iterator[tuple[re.Pattern[str], str]]:
        """Paths of which only Hugo knows."""
        if self.templates.paginates():
            yield _PAGED
        yield from self._mounts.lacking()
        for folder in self._led:
            yield re.compile(rf"\A{re.escape(folder)}(?:/|\Z)"), _RULES
        for folder in self._adapted:
            yield re.compile(f"^{re.escape(folder)}"), _ADAPTED
        if self.templates.lacking:
            yield re.compile(r"\.(?:css|js|woff2?|ico|webmanifest)$"), _THEME


def _is_in(folder: str, leaves: set[str]) -> bool:
    while True:
        if folder in leaves and folder:
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def _is_for(target: Mapping[str, Any], page: Page) -> bool:
    """Whether a row of a cascade is for a page: https://gohugo.io/configuration/cascade/#target"""
    kind = {"leaf": "page"}.get(page.kind, page.kind)
    matrix = table(table(target.get("sites")).get("matrix")).get("languages")
    stated = [
        (page.logical or "/", strings(target.get("path"))),
        (kind, strings(target.get("kind"))),
        (page.file.language, strings(target.get("lang"))),
        ("production", strings(target.get("environment"))),
    ]
    are = all(Glob(pattern).matches(value) for value, patterns in stated for pattern in patterns)
    languages = [*strings(matrix)]
    return are and (not languages or any(Glob(each).matches(page.file.language) for each in languages))
