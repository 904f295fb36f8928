"""VuePress 2: https://vuepress.vuejs.org/reference/config.html, https://vuepress.vuejs.org/guide/page.html"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from checker.mirror.generators.reading import Reading, strings
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls
from checker.web.globs import matcher

_ROUTED = re.compile(r"(.*(?:/|\.md|\.html))", re.S)  # what becomes a link of the router; anything else is left alone
_README = re.compile(r"(\A|/)README\.md\Z", re.I)
_UNSAFE = re.compile(r"[\x00-\x1f\"#$%&*+,:;<=>?\[\]^`{|}\x7f]")  # in names of files
_MADE = re.compile(r"(?:\A|/)(?:article|blog|category|categories|posts|star|tags?|timeline)/|\.(?:xml|rss|json|txt)\Z")
_ATTRS = re.compile(r"\battrs\b|vuepress-theme-(?:hope|plume)")  # of markdown-it-attrs: `{#id}`
_BY_PLUGIN = "a plug-in of the site may make it"
_ALIAS = "only the settings of the bundler tell what the alias stands for"
_COMPONENT = "a component of the site decides what it makes of it"


def _plan(reading: Reading) -> Plan | None:
    settings = reading.script()
    root, public = reading.folder, f"{reading.folder}.vuepress/public/"
    chosen = _chosen(settings)
    pages: dict[str, str] = {}
    files: dict[str, str] = {"404.html": reading.settings}
    parts: set[str] = set()
    inferred: dict[str, str] = {}
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if name.startswith(public):
            files[name.removeprefix(public)] = name
        elif inside.startswith(".vuepress/") or "node_modules/" in inside:
            parts.add(name)
        elif inside.endswith(".md") and chosen(inside):
            route = _route(inside)
            stated = reading.front(name).get("permalink")
            if isinstance(stated, str) and stated.strip("/"):
                inferred[f"at /{route}"] = name
                route = stated.lstrip("/")
            pages[name] = _file(route)
    base = settings.get("base")
    base = f"/{base.strip('/')}/".replace("//", "/") if isinstance(base, str) else "/"
    known = {"root": root, "public": public, "base": base, **inferred}
    url = _url(settings, base, reading.text(f"{public}CNAME", 1024))
    decides = ((_MADE, _BY_PLUGIN),) if "plugins" in settings or "theme" in settings else ()
    dialect = "vuepress-attrs" if _ATTRS.search(reading.text(reading.settings)) else ""
    return Plan(pages, files, url, frozenset(parts), decides=decides, settings=known, dialect=dialect)


def _chosen(settings: Mapping[str, Any]) -> Any:
    """A test for the pages: `pagePatterns`, of which those with `!` take some out again."""
    listed = [*strings(settings.get("pagePatterns"))]
    try:
        return matcher(listed) if listed else lambda _name: True
    except ValueError:
        return lambda _name: True


def _route(path: str) -> str:
    """The address of a page, or of a link to one, without the `/` in front: `inferRoutePath`."""
    if not path or path.endswith("/"):
        return path
    path = _README.sub(r"\1index.html", path)
    path = f"{path.removesuffix('.md')}.html" if not path.endswith(".html") else path
    return path.removesuffix("index.html") if path == "index.html" or path.endswith("/index.html") else path


def _file(route: str) -> str:
    path = "/".join(_UNSAFE.sub("_", part) for part in route.split("/"))
    return f"{path}index.html" if not path or path[-1] == "/" else path if path.endswith(".html") else f"{path}.html"


def _url(settings: Mapping[str, Any], base: str, domain: str) -> str:
    theme = settings.get("theme")
    host = theme.get("hostname") if isinstance(theme, dict) else None
    if isinstance(host, str) and (host := host if "://" in host else f"https://{host}"):
        try:
            return urls.resolve(host, base)
        except urls.InvalidURL:
            pass
    domain = domain.strip()
    return f"https://{domain}{base}" if re.fullmatch(r"[\w.-]+", domain) else base


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link that ends with `.md`, `.html` or `/` is one to a page, which counts from the source's own place. Another
    that begins with `/` but not with the base of the site leaves the site.
    """
    known = site.plan.settings
    path, mark, query = reference.partition("?")
    is_source = path.endswith(".md")
    outside = path.startswith("/") and not path.startswith(known["base"]) and not is_source
    if path.startswith("//") or outside or not _ROUTED.fullmatch(path):
        return None
    inside = page.removeprefix(known["root"])
    if path.startswith("/"):
        place = path.lstrip("/") if is_source else path.removeprefix(known["base"])
    else:
        place = posixpath.normpath(known["base"] + posixpath.join(posixpath.dirname(inside), path)) + "/"
        place = place.removeprefix(known["base"]).lstrip("/")
        place = place if path.endswith("/") else place.rstrip("/")
    route = _route(place)
    if name := known.get(f"at /{urls.decode(route)}"):
        return Led(name)
    meant = posixpath.normpath(known["root"] + urls.decode(place)) if is_source else ""
    return Led(meant, known["base"] + route.lstrip("/") + mark + query)


def _embed(site: Built, page: str, reference: str, role: Role, _in_html: bool) -> Led | None:
    """A picture is taken in from beside the source, or from the public files; any other name is a module's."""
    path = urls.decode(reference.partition("?")[0].strip())
    if not path or path.startswith("//"):
        return None
    if path.startswith(("@", "~")):
        return Led(unknown=_ALIAS)
    if path[0] == "/":
        led = Led(posixpath.normpath(site.plan.settings["public"] + path.lstrip("/")), copied=True)
    elif path[0] != "." and role is not Role.OBJECT:
        led = Led(f"node_modules/{path}", copied=True)
    else:
        led = Led(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)), copied=True)
    return led if role is not Role.OBJECT or site.holds(led.file) else Led(unknown=_COMPONENT)


GENERATOR = Generator("vuepress", "VuePress", _plan, "vuepress", ".vuepress/dist", _link, embed=_embed, bundles=True)
