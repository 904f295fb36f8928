"""Docsify, a program that shows the Markdown of a folder in the browser: https://docsify.js.org/#/configuration"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

from checker.mirror.generators import script
from checker.mirror.generators.reading import Reading, strings, word
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.mirror.generators.snippets import Brought
from checker.model import Role
from checker.web import titled, urls

_SETTINGS = re.compile(r"\bwindow\.\$docsify\s*=(?!=)")
_LOADS = re.compile(r"""<script\b[^<>]*\ssrc=["']?([^"'<>\s]*\bdocsify(?:@|/|(?:\.min)?\.js)[^"'<>\s]*)""", re.I)
_SCRIPT = re.compile(r"""<script\b[^<>]*\ssrc=["']?([^"'<>\s]+)""", re.I)
_VERSION = re.compile(r"\bdocsify@(\d+)")
_IN_FIFTH = "callout"  # in the text of the program
_ID = re.compile(r"(?:^|&)id=([^&]*)")
_MOST_SCRIPTS = 20
_MOST = 100  # patterns of routes
_LONGEST = 300  # characters of such a pattern, and of a path that is compared with one
_STEPS = 10  # aliases of aliases
_LARGEST = 1 << 20  # characters that a page may bring in
_ALIASED = "an alias of the settings, which is not read here, may lead it on"
_MADE = "a function of the settings may make the page"


def _plan(reading: Reading) -> Plan | None:
    text = reading.text(reading.settings)
    settings = _settings(reading, text) if _LOADS.search(text) else None
    if settings is None:
        return None
    root = _root(reading, word(settings.get("basePath")))
    if root is None:
        return None
    in_history = settings.get("routerMode") == "history"
    extension = word(settings.get("ext")) or ".md"
    homepage = word(settings.get("homepage")) or f"README{extension}"
    files = {name.removeprefix(reading.folder): name for name in reading.below(reading.folder)}
    pages = {
        name: _history(inside, extension) if in_history else inside
        for inside, name in files.items()
        if name.endswith(extension) and name.startswith(root)
    }
    pages[reading.settings] = "index.html"
    known = {
        "root": root,
        "ext": extension,
        "home": homepage if _is_absolute(homepage) else posixpath.normpath(root + homepage.lstrip("/")),
        "routes": "".join(f"{each}\n" for each in _rules(settings)),
        "languages": " ".join(islice(strings(settings.get("fallbackLanguages")), _MOST)),
        "language": word(settings.get("fallbackDefaultLanguage")),
    }
    known |= {key: "yes" for key in ("relativePath", "autoHeader") if settings.get(key) is True}
    known |= {"history": "yes"} if in_history else {}
    return Plan(pages, files, settings=known, dialect=_dialect(reading, text), at_root=not in_history)


def _settings(reading: Reading, text: str) -> Mapping[str, Any] | None:
    """What the page, or a script of its own, assigns to `window.$docsify`; None if that is nothing."""
    texts = chain([text], (reading.text(name) for name in _scripts(reading, text)))  # read one after another
    found = next((match for each in texts if (match := _SETTINGS.search(each))), None)
    if found is None:
        return None
    end = found.string.find("</script", found.end())
    program = "module.exports =" + found.string[found.end() : end if end >= 0 else len(found.string)]
    return script.settings("", lambda name: "" if name else program)


def _scripts(reading: Reading, text: str) -> Iterator[str]:
    """The scripts of the site that its page loads, but the program itself."""
    for source in islice(_SCRIPT.finditer(text), _MOST_SCRIPTS):
        if not _is_absolute(source[1]) and not _LOADS.match(source[0]):
            yield posixpath.normpath(reading.folder + source[1].partition("?")[0])


def _dialect(reading: Reading, text: str) -> str:
    """By the version of the program that the page loads; where that is not known, the ids of both count."""
    for source in islice(_LOADS.finditer(text), _MOST):
        if version := _VERSION.search(source[1]):
            return "docsify-5" if int(version[1][:3]) > 4 and "/lib/" not in source[1] else "docsify-4"
        if program := reading.text(posixpath.normpath(reading.folder + source[1])):
            return "docsify-5" if _IN_FIFTH in program else "docsify-4"
    return "docsify"


def _root(reading: Reading, base: str) -> str | None:
    """The folder of the pages; None if they come from elsewhere."""
    if _is_absolute(base):
        return None
    parts = posixpath.normpath("/" + base).strip("/").split("/")
    tried = ["/".join(parts[start:]) for start in range(len(parts))] if base.startswith("/") else ["/".join(parts)]
    found = (f"{reading.folder}{inside}/" for inside in tried if inside)
    return next((folder for folder in found if reading.has(folder)), reading.folder)


def _history(inside: str, extension: str) -> str:
    """The file at whose address a page is read where routes are paths."""
    folder, base = posixpath.split(inside.removesuffix(extension))
    name = "index" if base == "README" and folder else base
    return posixpath.join(folder, f"{name}.html")


def _is_absolute(path: str) -> bool:
    return ":" in path or "//" in path


class _Rule(NamedTuple):
    """What an alias, or a route of the settings, does with paths."""

    pattern: re.Pattern[str]
    after: str  # a template of `Match.expand`
    why: str  # only a browser can tell what comes out


def _rules(settings: Mapping[str, Any]) -> Iterator[str]:
    """Routes that are not those of files: kind, pattern and what it becomes, each a line for `_read`."""
    for key, kind in (("noCompileLinks", "plain"), ("routes", "made"), ("alias", "alias")):
        table = settings.get(key)
        if table is script.UNKNOWN:
            yield f"{kind}\t.*\t"
        rows = table.items() if isinstance(table, dict) else ((each, "") for each in strings(table))
        for before, after in islice(rows, _MOST):
            if len(before) <= _LONGEST and not set("\t\n") & {*before, *word(after)}:
                yield f"{kind}\t{before}\t{word(after)}"


_TOKEN = re.compile(r"(\\.|\[\^?[\w./-]+\]|[^\\\[(){}*+?|^$])([*+?]\??)?|[()](?![*+?{])|(?<=\()\?:|\|")
_WIDE = 3  # parts of a pattern that may be long


@lru_cache(64)
def _read(routes: str) -> Mapping[str, tuple[_Rule, ...]]:
    found: dict[str, list[_Rule]] = {"alias": [], "made": [], "plain": []}
    for line in routes.splitlines():
        kind, before, after = line.split("\t")
        pattern = _pattern(before, whole=kind != "made")
        why = _MADE if kind == "made" else "" if after and pattern else _ALIASED
        template = re.sub(r"\$(\d)", r"\\g<\1>", after.replace("\\", ""))
        found[kind].append(_Rule(pattern or re.compile(""), template, why))
    return {kind: tuple(rules) for kind, rules in found.items()}


def _pattern(before: str, *, whole: bool) -> re.Pattern[str] | None:
    """A pattern of JavaScript as one of Python; None for what it is not, or what might take long to match."""
    at = wide = 0
    while at < len(before):
        token = _TOKEN.match(before, at)
        if token is None:
            return None
        wide += token[2] is not None and token[2][0] != "?"
        at = token.end()
    if wide > _WIDE:
        return None
    try:
        return re.compile(rf"(?:{before}){chr(92) + 'Z' if whole else ''}")
    except re.error:
        return None


def _file(site: Built, route: str) -> Led:
    """What is shown at a route, "/guide/start": a file of the site, or one from elsewhere."""
    known = site.plan.settings
    rules = _read(known["routes"])
    last = ""
    for _ in range(_STEPS):
        short = route[:_LONGEST]
        if any(rule.pattern.match(short) for rule in rules["made"]):
            return Led(unknown=_MADE)
        alias, match = next(
            ((rule, match) for rule in rules["alias"] if route != last and (match := rule.pattern.match(short))),
            (None, None),
        )
        if alias is None or match is None:
            break
        if alias.why:
            return Led(unknown=alias.why)
        try:
            last, route = route, match.expand(alias.after)
        except (re.error, IndexError):
            return Led(unknown=_ALIASED)
    name = route if _is_file(route, known["ext"]) else f"{route}{'README' * route.endswith('/')}{known['ext']}"
    name = known["home"] if name == f"/README{known['ext']}" else name
    if _is_absolute(name):
        return Led(href=name)
    file = name if name == known["home"] else known["root"] + posixpath.normpath("/" + name).lstrip("/")
    language, _, rest = route.lstrip("/").partition("/")
    if not site.holds(file) and language in known["languages"].split():
        return _file(site, f"{known['language']}/{rest}".replace("//", "/"))
    return Led(file)


def _is_file(route: str, extension: str) -> bool:
    return route.endswith((extension, ".html"))


def _route(site: Built, page: str, path: str) -> str:
    """The route to which a link of Markdown leads."""
    if path[0] != "/":
        folder = posixpath.dirname(page.removeprefix(site.plan.settings["root"]))
        path = posixpath.join("/", folder if "relativePath" in site.plan.settings else "", path)
    tail = "/" if path.endswith(("/", "/.", "/..")) else ""
    return (posixpath.normpath("/" + path.lstrip("/")) + tail).replace("//", "/").removesuffix(".md")


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link of Markdown is a route, which counts from the root of the site, and shows a file with the extension; but
    what its title says is to be ignored.
    """
    kind, _, rest = reference.partition(":")
    if kind == "route":
        return _file(site, urls.decode(rest))
    if kind == "include":
        return Led(_beside(site, page, urls.decode(rest.partition("?")[0])), copied=True)
    if kind == "ignore":
        return Led(site.folder + posixpath.normpath("/" + urls.decode(rest)).lstrip("/"), href=rest.removeprefix("."))
    path = urls.decode(reference.partition("?")[0])
    if not path or _is_absolute(reference):
        return None
    if any(rule.pattern.match(reference[:_LONGEST]) for rule in _read(site.plan.settings["routes"])["plain"]):
        return None
    return _file(site, _route(site, page, path))


def _beside(site: Built, page: str, path: str) -> str:
    """What a picture names, or what is brought in: it counts from the page's folder, even with a slash before it."""
    root = site.plan.settings["root"]
    folder = posixpath.dirname(page.removeprefix(root))
    return root + posixpath.normpath(f"/{folder}/{path}").lstrip("/")


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    path = urls.decode(reference.partition("?")[0])
    if in_html or role is not Role.IMAGE or not path or _is_absolute(reference):
        return None
    return Led(_beside(site, page, path), copied=True)


def _routed(site: Built, page: str, reference: str, in_html: bool) -> str:
    """A route with the id that it names, `guide?id=start`, as a reference with a fragment. In Markdown, a fragment is
    one too, and becomes lower case; in raw HTML it is a route itself.
    """
    path, mark, fragment = reference.partition("#")
    if in_html:
        if path.strip("/") or not mark or "history" in site.plan.settings:
            return reference
        route, _, query = fragment.partition("?")
        named = _ID.search(query)
        ending = f"#{named[1]}" if named else ""
        route = posixpath.join("/", route)
        if page:
            return f"route:{route}{ending}"
        led = _file(site, urls.decode(route))
        return reference if led.unknown else (led.href or urls.encode_path(led.file.removeprefix(site.folder))) + ending
    if _is_absolute(path):
        return reference
    if not path and fragment and posixpath.basename(page) == "_coverpage.md":  # which is shown above that of its folder
        path = _route(site, page, f"/{posixpath.dirname(page.removeprefix(site.plan.settings['root']))}/")
    path, query, stated = path.partition("?")
    if query and not mark and (named := _ID.search(stated)):
        path, mark, fragment = path or "/", "#", named[1]
    elif query:
        path += query + stated
    return f"{path}{mark}{fragment.lower()}"


_RELATIVE = re.compile(r"(\[[^\[\]\n]+\]\()(\.[^()\n]+\))")
_FRAGMENT = re.compile(r":fragment=([\w%-]+)")


def _bring(site: Built, page: str, text: str) -> Brought | None:
    """Put the text of each page that is included behind the line that includes it."""
    found: list[tuple[str, int]] = []
    lines, taken, at = text.split("\n"), 0, 0
    for link in titled.links(text):
        if link.what != "include" or not link.target.endswith((".md", ".markdown")) or taken > _LARGEST:
            continue
        file = _beside(site, page, urls.decode(link.target))
        inside = _RELATIVE.sub(rf"\g<1>ignore:{posixpath.dirname(file.removeprefix(site.folder))}/\2", site.text(file))
        if inside and (fragment := _FRAGMENT.search(link.title)):
            inside = _section(inside, fragment[1])
        taken += len(inside) + 1
        found += [(line, number) for number, line in enumerate(lines[at : link.line], at + 1)]
        found += [(line, -link.line) for line in ("", *inside.split("\n"), "")] if inside else []
        at = link.line
    if not at:
        return None
    found += [(line, number) for number, line in enumerate(lines[at:], at + 1)]
    return Brought("\n".join(line for line, _ in found), tuple(number for _, number in found))


def _section(text: str, name: str) -> str:
    """What stands between two marks, `/// [name]` or `### [name]`."""
    marks = [*re.finditer(rf"(?:###|///)\s*\[{re.escape(name)}\]", text)][:2]
    return text[marks[0].end() : marks[1].start()] if len(marks) == 2 else ""


def _ids(site: Built, _page: str, text: str) -> re.Pattern[str] | None:
    """With `autoHeader`, a page without a title has that of the sidebar."""
    untitled = "autoHeader" in site.plan.settings and not re.search(r"^# |<h1\b", text, re.M)
    return re.compile("") if untitled else None


GENERATOR = Generator(
    "docsify",
    "Docsify",
    _plan,
    "docsify",
    link=_link,
    embed=_embed,
    bring=_bring,
    ids=_ids,
    schemes=("include", "ignore", "route"),
    routed=_routed,
)
