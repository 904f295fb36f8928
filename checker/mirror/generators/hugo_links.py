"""Where Hugo leads references: render hooks that look pages up, `ref` and `relref`, and shortcodes that show pages."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from checker.mirror.generators.hugo_addresses import sanitized
from checker.mirror.generators.hugo_content import PAGES
from checker.mirror.generators.reading import lower
from checker.mirror.generators.row import Built, Led
from checker.mirror.generators.snippets import Brought
from checker.web import urls

_WORD = re.compile(r"[\w-]+")  # what a hook may know as a name of its own, and no path
_BY_HOOK = "a render hook of the site decides where it leads"


def _found(site: Built, page: str, reference: str, *, by_name: bool) -> str:
    """The file of the page that Hugo's `GetPage` finds, or `ref` with `by_name`; "" if it finds none."""
    settings = site.plan.settings
    language, kind, own = settings.get(f"of:{page}", ":page:").split(":", 2)
    text = reference.rstrip("/")
    stem, extension = posixpath.splitext(text)
    has_extension = bool(extension) and extension in PAGES
    text = stem if has_extension else text
    if posixpath.basename(text) in {"index", "_index"}:
        text = posixpath.dirname(text)
    text = text or "/"

    def at(path: str) -> str:
        path = sanitized(posixpath.normpath(path)).lower().rstrip("/")
        return settings.get(f"page:{language}:{path}", "")

    if not text.startswith("/"):
        inside = kind in {"section", "home"} or (has_extension and text.startswith("../") and kind == "leaf")
        base = own if inside else posixpath.dirname(own)
        if found := at(posixpath.join(base or "/", text)):
            return found
        file = posixpath.normpath(posixpath.join(posixpath.dirname(page), reference)) if has_extension else ""
        if settings.get(f"of:{file}", "").partition(":")[0] == language:
            return file
        if text.startswith("."):
            return ""
    if found := at(posixpath.join("/", text)):
        return found
    return settings.get(f"name:{language}:{sanitized(text).lower()}", "") if by_name and "/" not in reference else ""


def link(site: Built, page: str, reference: str) -> Led | None:
    """With a render hook that looks pages up, Hugo's own among them: a page, a file beside it, a file of assets/."""
    settings = site.plan.settings
    path = urls.decode(reference.partition("?")[0].strip())
    if (named := settings.get(f"hook:{path}")) is not None:
        return Led(named) if named else Led(unknown=_BY_HOOK)
    if "own hook" in settings and _WORD.fullmatch(path) and not _found(site, page, path, by_name=False):
        return Led(unknown=_BY_HOOK)
    if not path or "looks up" not in settings or path.startswith("//"):
        return None
    if "theme elsewhere" in settings and path.startswith("../") and _is_for_browsers(site, page, path):
        return None  # the theme may have a hook of its own, so that only what is wrong either way is known
    if found := _found(site, page, path.removeprefix("./"), by_name=False):
        return Led(found) if found in site.pages else None
    own = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if path[0] != "/" and own not in site.pages and site.serves(own):
        return Led(own)
    asset = settings["assets"] + path.lstrip("/")
    return Led(asset) if site.serves(asset) else None


def _is_for_browsers(site: Built, page: str, path: str) -> bool:
    """Whether a path leads to a page of the site if a browser resolves it."""
    place = posixpath.normpath(posixpath.join("/", posixpath.dirname(site.pages.get(page, "")), path))
    return posixpath.join(place, "index.html").lstrip("/") in site.files


_REF = re.compile(
    r"\{\{[<%]-?[ \t]*(?:rel)?ref[ \t]+(?:path[ \t]*=[ \t]*)?"
    r"""(?:(["'`])([^"'`\n]*)\1|([^\s"'`/*>%][^\s>%]*))[ \t]*-?[>%]\}\}"""
)


def fill(site: Built, page: str, reference: str) -> str | None:
    """The shortcodes `ref` and `relref`: https://gohugo.io/shortcodes/ref/"""
    match = _REF.match(reference)
    if match is None:
        return None
    path, mark, fragment = (match[2] or match[3] or "").partition("#")
    rest = reference[match.end() :]
    if not path:
        return f"{mark}{fragment}{rest}"
    file = _found(site, page, path, by_name=True)
    if file not in site.pages:
        return f"/{path.lstrip('/')}{mark}{fragment}{rest}"
    return f"{site.plan.settings['base']}/{urls.encode_path(site.url_of(file))}{mark}{fragment}{rest}"


_FRONT = re.compile(r"\A(?:---\r?\n.*?^---[ \t]*\r?\n|\+\+\+\r?\n.*?^\+\+\+[ \t]*\r?\n)", re.S | re.M)
_SHORTCODE = re.compile(
    r"""\{\{%[ \t]*([\w./-]+)[ \t]+(?:[\w-]+=)?(?:"([^"\n]+)"|`([^`\n]+)`|'([^'\n]+)'|([^\s"'`>%]+))[ \t]*/?%\}\}"""
)
_LIST = re.compile(r"""\{\{[<%][ \t]*([\w./-]+)[ \t]+(?:[\w-]+=)?["'`]?(/[^\s"'`>%]*)["'`]?([^>%\n]*)[>%]\}\}""")
_MOST_LINES = 20_000  # that a page may bring in
_DEEPEST = 4
_NO_ID = re.compile(r"[^\w\- ]")
_MOST_LISTED = 1000  # pages of a section


def bring(site: Built, _page: str, text: str) -> Brought | None:
    """The page with the text of those that its shortcodes show: https://gohugo.io/methods/page/rendershortcodes/"""
    if "{{" not in text or not any(f"shows:{match[1]}" in site.plan.settings for match in _SHORTCODE.finditer(text)):
        return None
    found: list[tuple[str, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if len(found) < _MOST_LINES and (shown := _shown(site, line, _DEEPEST)) is not None:
            found += [(each, -number) for each in shown]
        else:
            found.append((line, number))
    return Brought("\n".join(line for line, _ in found), tuple(number for _, number in found))


def _shown(site: Built, line: str, depth: int) -> list[str] | None:
    """The lines that a line with a shortcode becomes; None if it stays."""
    match = _SHORTCODE.search(line) if "{{" in line else None
    prefix = site.plan.settings.get(f"shows:{match[1]}") if match is not None else None
    if match is None or prefix is None or not depth:
        return None
    named = prefix + (match[2] or match[3] or match[4] or match[5])
    path = sanitized(re.sub(r"\.\w+\Z", "", named)).lower().strip("/")
    language = site.plan.settings["language"]
    file = site.plan.settings.get(f"page:{language}:/{path}")
    if not file:
        return None
    lines = _FRONT.sub("", site.text(file)).split("\n")
    return [each for inner in lines for each in (_shown(site, inner, depth - 1) or (inner,))]


_LAYOUT = re.compile(r"^[\"']?layout[\"']?[ \t]*[:=][ \t]*\S", re.M | re.I)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]|^(?:=+|-+)[ \t]*$|<h[1-6]\b|\bid=", re.M)


def ids(site: Built, _page: str, text: str) -> re.Pattern[str] | None:
    """The ids of the terms in lists of the pages of a section; any, where what is listed is not known."""
    settings = site.plan.settings
    if (front := _FRONT.match(text)) and _LAYOUT.search(front[0]) and not _HEADING.search(text, front.end()):
        return re.compile("")  # a page without a place of its own shows what its layout makes
    if "{{" not in text or not any(key.startswith("lists:") for key in settings):
        return None
    found: set[str] = set()
    for name in set(re.findall(r"\{\{[<%][ \t]*([\w./-]+)", text)):
        calls = [call for call in _LIST.finditer(text) if call[1] == name] if f"lists:{name}" in settings else []
        for call in calls:
            found |= {".*"} if "refix" in call[3] else _titles(site, call[2])
    return re.compile(rf"(?:{'|'.join(sorted(found))})(?:-\d+)?\Z") if found else None


@lru_cache(maxsize=100)
def _titles(site: Built, section: str) -> frozenset[str]:
    """Patterns of the ids that the titles of the pages of a section would have."""
    begin = f"page:{site.plan.settings['language']}:{sanitized(section).lower().rstrip('/')}/"
    pages = [name for key, name in site.plan.settings.items() if key.startswith(begin)]
    fronts = [lower(site.front(name)) for name in pages[:_MOST_LISTED]]
    titles = {str(front[key]) for front in fronts for key in ("title", "linktitle") if key in front}
    return frozenset(re.escape(_NO_ID.sub("", title.strip().lower()).replace(" ", "-")) for title in titles)
