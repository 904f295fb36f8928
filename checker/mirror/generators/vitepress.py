"""VitePress: https://vitepress.dev/reference/site-config, https://vitepress.dev/guide/routing"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

from checker.mirror.generators.reading import Reading, strings
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file
from checker.mirror.generators.script import UNKNOWN
from checker.model import Role
from checker.web import urls
from checker.web.globs import matcher

_DYNAMIC = "a dynamic route of VitePress makes it"
_WRITTEN = "a hook or a plug-in of the site may write it"
_RENAMED = "a function in the settings of VitePress names its pages"
_COMPONENT = "a component of the site decides what it makes of it"
_ALIAS = "only Vite's settings tell what the alias stands for"
_PARAMETER = re.compile(r":([A-Za-z_]\w*)(\([^()]*\))?([*+?])?|\([^()]*\)")
_WIDE, _PARAMETERS = 2, 8  # parts of a rewrite that may be many folders; all parts: more take long to match
_LOADED = re.compile(r"\[[^\]/]+\]")  # `[package].md`
_INDEX = re.compile(r"(^|.*/)index\.md\Z", re.I | re.S)
# What the theme's router, and so the Markdown of VitePress, takes for a file and no page: `treatAsHtml`.
_FILES = re.compile(
    r"3g2|3gp|aac|ai|apng|au|avif|bin|bmp|cer|class|conf|crl|css|csv|dll|doc|eps|epub|exe|gif|gz|ics|ief|jar|jpe|jpeg|jpg"
    r"|js|json|jsonld|m4a|man|mid|midi|mjs|mov|mp2|mp3|mp4|mpe|mpeg|mpg|mpp|oga|ogg|ogv|ogx|opus|otf|p10|p7c|p7m|p7s|pdf"
    r"|png|ps|qt|roff|rtf|rtx|ser|svg|t|tif|tiff|tr|ts|tsv|ttf|txt|vtt|wav|weba|webm|webp|woff|woff2|xhtml|xml|yaml|yml"
    r"|zip",
    re.I,
)

Rewrites = list[tuple[re.Pattern[str], str]]


def _plan(reading: Reading) -> Plan | None:
    settings = reading.script()
    root = _root(reading, settings.get("srcDir"))
    public = f"{root}{_public(settings)}/"
    excluded = _excluded(settings)
    rewrites = _rewrites(settings.get("rewrites"))
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    parts: set[str] = set()
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if name.startswith(public):
            files[name.removeprefix(public)] = name
        elif any(part.startswith(".") or part in _NEVER for part in inside.split("/")[:-1]):
            parts.add(name)
        elif not inside.endswith(".md"):
            continue
        elif excluded(inside):  # components take them in, except what the forge shows
            parts.update([name] if posixpath.basename(name).lower() != "readme.md" else ())
        else:
            pages[name] = _rewritten(inside, rewrites).removesuffix(".md") + ".html"
    files |= dict.fromkeys(_made(settings), reading.settings)
    url = _url(settings, reading.text(f"{public}CNAME", 1024))
    known = {"root": root, "public": public, "clean": "1" if settings.get("cleanUrls") is True else ""}
    decides = (*_decided(settings, pages.values()),)
    return Plan(pages, files, url, frozenset(parts), rooted=True, decides=decides, settings=known)


def _excluded(settings: Mapping[str, Any]) -> Callable[[str], bool]:
    try:
        return matcher([*strings(settings.get("srcExclude"))])
    except ValueError:  # a pattern that is none
        return matcher([])


_NEVER = frozenset({"node_modules", "dist"})


def _root(reading: Reading, folder: object) -> str:
    root = posixpath.normpath(reading.folder + (folder if isinstance(folder, str) else "")) + "/"
    return "" if root == "./" else root if reading.has(root) else reading.folder


def _public(settings: Mapping[str, Any]) -> str:
    vite = settings.get("vite")
    folder = vite.get("publicDir") if isinstance(vite, dict) else None
    return posixpath.normpath(folder).strip("/") if isinstance(folder, str) else "public"


def _made(settings: Mapping[str, Any]) -> Iterator[str]:
    """Files that VitePress writes itself."""
    yield "404.html"
    if settings.get("sitemap"):
        yield "sitemap.xml"


def _rewrites(table: object) -> Rewrites:
    """The patterns of paths, as path-to-regexp has them: `packages/:name/src/(.*)`, `:path*/x.md`."""
    rows: Rewrites = []
    for before, after in table.items() if isinstance(table, dict) else ():
        if not isinstance(after, str) or len(before) + len(after) > 1000:
            continue
        pattern, unnamed, wide, at = "", 0, 0, 0
        for part in _PARAMETER.finditer(before):
            name, many = part[1] or f"_{unnamed}", part[1] is None or part[2] is not None or part[3] is not None
            unnamed, wide = unnamed + (part[1] is None), wide + many
            pattern += re.escape(before[at : part.start()]) + f"(?P<{name}>{'.*?' if many else '[^/]+?'})"
            at = part.end()
        if wide <= _WIDE and pattern.count("(") <= _PARAMETERS:
            with suppress(re.error):
                rows.append((re.compile(pattern + re.escape(before[at:])), _template(after)))
    return rows


def _template(after: str) -> str:
    """What a path is rewritten to, for `Match.expand`."""
    numbers = count()
    return _PARAMETER.sub(lambda part: rf"\g<{part[1] or f'_{next(numbers)}'}>", after.replace("\\", "/"))


def _rewritten(name: str, rewrites: Rewrites) -> str:
    for pattern, after in rewrites:
        if match := pattern.fullmatch(name):
            try:
                return match.expand(after).lstrip("/")
            except (re.error, IndexError):
                continue
    return name


def _url(settings: Mapping[str, Any], domain: str) -> str:
    base = settings.get("base")
    base = f"/{base.strip('/')}/".replace("//", "/") if isinstance(base, str) else "/"
    sitemap = settings.get("sitemap")
    host = sitemap.get("hostname") if isinstance(sitemap, dict) else None
    if isinstance(host, str) and host.startswith(("http://", "https://")):
        try:
            return urls.resolve(host, base)
        except urls.InvalidURL:
            pass
    domain = domain.strip()
    return f"https://{domain}{base}" if re.fullmatch(r"[\w.-]+", domain) else base


def _decided(settings: Mapping[str, Any], built: Iterator[str] | Any) -> Iterator[tuple[re.Pattern[str], str]]:
    """Pages whose routes a loader of the site gives out, `[package].md`; files of hooks; and renamed pages."""
    for name in built:
        if "[" in name:
            parts = map(re.escape, _LOADED.split(name.removesuffix(".html")))
            yield re.compile(rf"\A{'[^/]+'.join(parts)}(?:\.html)?\Z"), _DYNAMIC
    vite = settings.get("vite")
    if "buildEnd" in settings or (isinstance(vite, dict) and vite.get("plugins")):
        yield re.compile(r"\.(?:atom|json|md|rss|txt|xml)\Z"), _WRITTEN
    if settings.get("rewrites") is UNKNOWN:
        yield re.compile(""), _RENAMED


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link to a page gets `.html`, whether it names the page, its source or what is built; and then is relative to
    the page that is built.
    """
    path, mark, query = reference.partition("?")
    if not path or path.startswith("//") or _FILES.fullmatch(path.rpartition(".")[2]):
        return None
    if index := _INDEX.fullmatch(path):
        path = index[1] or "./"
    else:
        is_source = path.endswith(".md")
        path = path.removesuffix(".md")
        if not site.plan.settings["clean"] and not path.endswith((".html", "/")):
            path += ".html"
        elif not is_source:
            return None
    source = to_file(page, reference, (".md",), site.plan.settings["root"])
    return Led(source.file if source else "", path + mark + query)


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    """What a picture names is taken in: from beside the source, from `public`, or from the root of the sources. What a
    component does with a name is its own affair.
    """
    path = urls.decode(reference.partition("?")[0].strip())
    if not path or path.startswith("//"):
        return None
    if in_html and path.startswith(("@", "~")):
        return Led(unknown=_ALIAS)
    if path[0] == "/":
        name = posixpath.normpath(path.lstrip("/"))
        led = Led(site.sources.get(name) or site.plan.settings["root"] + name, copied=True)
    elif in_html and path[0] != "." and role is not Role.OBJECT:
        led = Led(f"node_modules/{path}", copied=True)  # Vite takes it for the name of a package
    else:
        led = Led(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)), copied=True)
    return led if role is not Role.OBJECT or site.holds(led.file) else Led(unknown=_COMPONENT)


GENERATOR = Generator(
    "vitepress", "VitePress", _plan, "vitepress", ".vitepress/dist", _link, embed=_embed, bundles=True
)
