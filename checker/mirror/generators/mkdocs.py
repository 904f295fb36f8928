"""MkDocs, with Material: https://www.mkdocs.org/user-guide/configuration/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from checker.mirror.generators.reading import Reading, strings, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file
from checker.mirror.generators.snippets import Brought, brought
from checker.web import urls
from checker.web.globs import matcher

_PAGES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
_INDEX = frozenset({"index", "readme"})
_NEVER = (".*", "/templates/")  # beside `exclude_docs`
_DEEPEST = 5  # settings that inherit from others
_MERGED = ("plugins", "theme", "extra", "validation", "markdown_extensions")  # with those that are inherited
_LANGUAGES = 100  # of one site
# Files that themes bring.
_OF_THEMES = re.compile(
    r"\A(?:img/(?:favicon\.ico|grid\.png)|css/(?:base|theme|theme_extra|bootstrap\.min|fontawesome\.min)\.css"
    r"|assets/(?:images/favicon\.png|(?:javascripts|stylesheets)/[\w.-]+)|(?:search|404)\.html"
    r"|search/(?:search_index\.json|(?:main|worker|lunr)\.js)|sitemap\.xml(?:\.gz)?|objects\.inv)\Z"
)
_WRITTEN = re.compile(r"""(['"])((?:[\w.-]+/)*[\w.-]+)\1""")  # a path, in a script that writes pages
_ROOTS = "roots of translations"  # in the settings of a plan


def _plan(reading: Reading) -> Plan | None:
    settings = _settings(reading, reading.settings)
    root = posixpath.normpath(reading.folder + _text(settings, "docs_dir", "docs")) + "/"
    root = "" if root == "./" else root
    if root.startswith("../") or _is_translation(reading, settings):
        return None
    plugins = _listed(settings.get("plugins"))
    pretty = settings.get("use_directory_urls") is not False
    excluded, drafts = _matching(settings, "exclude_docs", _NEVER), _matching(settings, "draft_docs")
    is_page = (*_PAGES, ".ipynb") if "mkdocs-jupyter" in plugins else _PAGES
    languages = dict(_translations(reading, settings, root))
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    own: dict[str, str] = {}  # what is built for readers of the first language -> source
    for place, folder in (("", root), *((f"{code}/", folder) for code, folder in languages.items())):
        names = {name.removeprefix(folder): name for name in reading.below(folder)}
        for inside, name in names.items():
            if excluded(inside) or (drafts(inside) and inside.endswith(is_page)):
                hidden[name] = f"{'exclude_docs' if excluded(inside) else 'draft_docs'} of {reading.settings} names it"
            elif not inside.endswith(is_page):
                files[place + inside] = name
            elif not (inside.endswith("README.md") and inside.removesuffix("README.md") + "index.md" in names):
                pages[name] = place + _route(inside, pretty=pretty)
        if not place:
            own = {built: name for name, built in pages.items()} | files
        translated = set(pages.values())
        for built, name in own.items() if place else ():
            if place + built not in translated:
                files.setdefault(place + built, name)
    files |= _redirects(plugins.get("redirects"), root, pages, pretty=pretty)
    parts: set[str] = set()
    for folder in strings(_of(settings, "theme").get("custom_dir")):
        theme = posixpath.normpath(reading.folder + folder) + "/"
        for name in reading.below(theme):
            if name.endswith((".html", ".py", ".yml", ".md")):
                parts.add(name)
            else:
                files.setdefault(name.removeprefix(theme), name)
    decides = [(_OF_THEMES, "the theme of the site brings it")]
    decides += _generated(reading, plugins)
    known = {_ROOTS: "\n".join((root, *languages.values())), "root": root}
    absolute = _of(_of(settings, "validation"), "links").get("absolute_links")
    known |= {"absolute": "relative_to_docs"} if absolute == "relative_to_docs" else {}
    extensions = _listed(settings.get("markdown_extensions"))
    if "pymdownx.snippets" in extensions:
        bases, last = _snippets(reading, extensions["pymdownx.snippets"])
        known |= {"bases": "\n".join(bases), "last": "\n".join(last)}
        parts.update(name for base in bases if base not in _whole(reading.folder, root) for name in reading.below(base))
    return Plan(
        pages,
        files,
        _text(settings, "site_url"),
        frozenset(parts - pages.keys()),
        hidden,
        decides=tuple(decides),
        settings=known,
        defines=not _DEFINING.isdisjoint(plugins),
        includes=_includes({*extensions, *plugins, *(("hooks",) if settings.get("hooks") else ())}),
    )


def _snippets(reading: Reading, options: object) -> tuple[list[str], list[str]]:
    """The folders in which snippets are looked for, and what each page ends with."""
    options = options if isinstance(options, dict) else {}
    stated = [*strings(options.get("base_path"))] or ["."]
    bases = [posixpath.normpath(reading.folder + base) + "/" for base in stated]
    return ["" if base == "./" else base for base in bases], [*strings(options.get("auto_append"))]


def _whole(folder: str, root: str) -> set[str]:
    """The folders that hold all sources of a site, and those above them: they are no folders of snippets alone."""
    found = {"", folder, root}
    for name in (folder, root):
        while name := name.rstrip("/").rpartition("/")[0]:
            found.add(name + "/")
    return found


# https://mkdocstrings.github.io/autorefs/: `[text][name]` leads to the heading or the object of this name.
_DEFINING = frozenset({"autorefs", "mkdocstrings"})
_BRINGING = {  # what extensions and plug-ins bring in; a group is with what its ids begin
    "pymdownx.snippets": r"^[ \t]*-+8<-",
    "mkdocstrings": r"^[ \t]*:::[ \t]+(\w+)",
    "mkdocs-click": r"^[ \t]*:::[ \t]+mkdocs-click",
    "macros": r"\{[{%]",
    "zensical.extensions.macros": r"\{[{%]",
    "include-markdown": r"\{%",
    "markdown_include.include": r"\{!",
    "mdx_include": r"\{!",
    "hooks": r"<!--[ \t]*[\w-]+:",  # of the site's own: what reads such a comment may put a heading there, or its id
}


def _includes(names: set[str]) -> re.Pattern[str] | None:
    patterns = sorted({_BRINGING[name] for name in names if name in _BRINGING}, key=lambda each: ("(" in each, each))
    return re.compile("|".join(patterns), re.M) if patterns else None


def _settings(reading: Reading, name: str, depth: int = 0) -> dict[str, Any]:
    """The settings of a file, with those that it inherits."""
    found = dict(yaml(reading.text(name)))
    parent = found.pop("INHERIT", None)
    if isinstance(parent, str) and depth < _DEEPEST:
        below = _settings(reading, posixpath.normpath(posixpath.join(posixpath.dirname(name), parent)), depth + 1)
        merged = {key: {**below[key], **found[key]} for key in _MERGED if _of(below, key) and _of(found, key)}
        return {**below, **found, **merged}
    return found


def _of(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _text(settings: Mapping[str, Any], key: str, usual: str = "") -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else usual


def _listed(listed: object) -> dict[str, Any]:
    """Plug-ins or extensions with their options, in a list or a mapping."""
    rows = listed if isinstance(listed, list) else [listed] if isinstance(listed, dict) else []
    found: dict[str, Any] = {}
    for row in rows:
        found |= {str(name): options for name, options in row.items()} if isinstance(row, dict) else {str(row): {}}
    return found


def _matching(settings: Mapping[str, Any], key: str, always: tuple[str, ...] = ()) -> Any:
    """A test for paths by patterns of gitignore."""
    try:
        return matcher((*always, *_text(settings, key).splitlines()))
    except ValueError:
        return matcher(always)


def _translations(reading: Reading, settings: Mapping[str, Any], root: str) -> Iterator[tuple[str, str]]:
    """(code, folder) of translations that are beside the folder of the settings and are built into folders of the same
    site: the settings name them as alternates, and pages that are not translated come from `root`.
    """
    inside = root.removeprefix(reading.folder)
    if not reading.folder or inside == root:
        return
    above, own = posixpath.split(reading.folder.rstrip("/"))
    for code in islice(_alternates(settings), _LANGUAGES):
        folder = posixpath.join(above, code, inside)
        if code != own and reading.has(folder):
            yield code, folder


def _alternates(settings: Mapping[str, Any]) -> Iterator[str]:
    """The folders of languages: https://squidfunk.github.io/mkdocs-material/setup/changing-the-language/"""
    listed = _of(settings, "extra").get("alternate")
    for row in listed if isinstance(listed, list) else ():
        link = row.get("link") if isinstance(row, dict) else None
        if isinstance(link, str) and (code := link.rstrip("/").rpartition("/")[2]) and "." not in code:
            yield code


def _is_translation(reading: Reading, settings: Mapping[str, Any]) -> bool:
    """Whether the settings are of a translation that belongs to the site of a folder beside it."""
    parent = yaml(reading.text(reading.settings)).get("INHERIT")
    own = posixpath.basename(reading.folder.rstrip("/"))
    if not isinstance(parent, str) or own not in _alternates(settings):
        return False
    first = posixpath.normpath(posixpath.join(reading.folder, posixpath.dirname(parent)))
    return posixpath.dirname(first) == posixpath.dirname(reading.folder.rstrip("/")) and reading.has(first)


def _redirects(options: object, root: str, pages: Mapping[str, str], *, pretty: bool) -> Iterator[tuple[str, str]]:
    """(built file, source) of the pages that lead to others: https://github.com/mkdocs/mkdocs-redirects"""
    listed = options.get("redirect_maps") if isinstance(options, dict) else None
    for before, after in listed.items() if isinstance(listed, dict) else ():
        target = root + str(after).partition("#")[0]
        if target in pages and str(before).endswith(_PAGES):
            yield _route(str(before), pretty=pretty), target


def _generated(reading: Reading, plugins: Mapping[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Pages that plug-ins make."""
    if "blog" in plugins or "material/blog" in plugins:
        options = plugins.get("blog") or plugins.get("material/blog")
        folder = _text(options if isinstance(options, dict) else {}, "blog_dir", "blog").strip("/.")
        made = re.escape(f"{folder}/" if folder else "") + r"(?:\d{4}|page|archive|category|author)(?:/|\Z)"
        yield re.compile(rf"\A{made}"), "the blog plug-in makes it"
    options = plugins.get("gen-files")
    for script in strings(options.get("scripts")) if isinstance(options, dict) else ():
        text = reading.text(posixpath.normpath(reading.folder + script))
        for path in sorted({found[2] for found in _WRITTEN.finditer(text)}):
            stem = re.escape(path.removesuffix(".md").removesuffix("index").rstrip("/"))
            if stem:
                yield re.compile(rf"\A{stem}(?:/|\Z)"), f"{script} may make it"


def _route(name: str, *, pretty: bool) -> str:
    folder, base = posixpath.split(name)
    stem = base[: base.rfind(".")]
    if stem.lower() in _INDEX:
        return posixpath.join(folder, "index.html")
    return posixpath.join(folder, stem, "index.html") if pretty else posixpath.join(folder, f"{stem}.html")


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link to a file of the documentation counts from the page's own file; anything else is left as it is."""
    if not page.endswith(_PAGES):
        return None
    known = site.plan.settings
    first, *others = known[_ROOTS].split("\n")
    root = next((folder for folder in others if page.startswith(folder)), first)
    led = to_file(page, reference, ("",), root if "absolute" in known else None)
    if led is None or not (led.file + "/").startswith(root):
        return None if led is None or not led.file.lower().endswith(_PAGES) else led
    for folder in dict.fromkeys((root, first)):
        file = folder + led.file.removeprefix(root)
        if site.serves(file) or file in site.plan.hidden:
            return Led(file)
    inside = led.file.removeprefix(root)
    if _OF_THEMES.match(inside):
        return Led(href="../" * site.url_of(page).count("/") + urls.encode_path(inside))
    if not urls.decode(reference.partition("?")[0]).lower().endswith(_PAGES):
        return None
    why = site.decides(_route(inside, pretty=True))
    return Led(unknown=why) if why else led


def _bring(site: Built, _page: str, text: str) -> Brought | None:
    known = site.plan.settings
    if "bases" not in known:
        return None
    return brought(text, site.text, known["bases"].split("\n"), [name for name in known["last"].split("\n") if name])


GENERATOR = Generator("mkdocs", "MkDocs", _plan, "python-markdown", "site", _link, bring=_bring)
