"""Eleventy, of whose configuration the calls with literals are read: https://www.11ty.dev/docs/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from checker.mirror.generators import rerouted
from checker.mirror.generators.eleventy_links import embed, fill, filled, ids, link, of_layouts
from checker.mirror.generators.eleventy_site import Computed, Site, copied, in_code, program
from checker.mirror.generators.reading import Reading, json, literal
from checker.mirror.generators.row import Generator, Made, Plan

_IN_CODE = (".11ty.js", ".11ty.cjs", ".11ty.mjs")
_OF_FORGE = frozenset({"readme", "license", "licence", "contributing", "changelog", "code_of_conduct", "security"})
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}-(.*)", re.S)
_COMPUTED = "its data, or a list that it goes through, give it its address"
_PLUGIN = "a plug-in makes it"


def _plan(reading: Reading) -> Plan | None:
    text = program(reading)
    site = Site(reading, text)
    if posixpath.normpath(reading.folder + site.inside).startswith(".."):
        return None
    made = _made(site, text)
    for other, prefix in _others(site):
        _merge(made, other, prefix)
    pages, files = made.pages, made.files
    rules = [*rerouted.rules(json(reading.text(f"{reading.folder}vercel.json")))]
    moved, open_rules = rerouted.applied(rules, {built: name for name, built in pages.items()} | files)
    templates = (name for name in sorted(made.parts) if name.startswith((site.layouts, site.includes)))
    layouts = [name for name in templates if site.extension(name)][:_MOST]
    known = {"ids": of_layouts(map(reading.text, layouts))}
    known |= {"root": site.root, "folder": reading.folder, "includes": site.includes}
    known |= {"prefix": prefix} if (prefix := literal(text, "pathPrefix").strip("/")) else {}
    known |= {"files": "yes"} if "InputPathToUrlTransformPlugin" in text else {}
    known |= {"images": "yes"} if "eleventyImageTransformPlugin" in text else {}
    return Plan(
        pages,
        {**files, **moved},
        f"/{prefix}/" if prefix else "",
        frozenset(made.parts),
        made.hidden,
        rooted=bool(prefix) and "HtmlBasePlugin" in text,
        decides=(*made.decides, *open_rules),
        settings=known,
        dialect=_dialect(text),
    )


def _made(site: Site, text: str) -> Made:
    made = Made({}, {}, {}, set(), [])
    for name in site.reading.below(site.root):
        extension = site.extension(name)
        if name.startswith(site.parts):
            made.parts.add(name)
        elif name.startswith(site.output) or "/node_modules/" in f"/{name}" or not extension or site.is_ignored(name):
            continue
        elif extension not in site.made:
            made.files.setdefault(name.removeprefix(site.root), name)
        else:
            _add(site, name, extension, made)
    as_they_are, unknown = copied(site, text)
    for built, name in as_they_are.items():
        made.files.setdefault(built, name)
    shown = {*as_they_are.values(), *made.files.values()}
    styles = (name for name in site.reading.below(site.root) if name.endswith(".css") and site.root)
    made.parts.update(name for name in styles if name not in shown)  # for a program that makes others of them
    made.decides.extend([*unknown, *_of_plugins(text)])
    return made


_OTHER = re.compile(r"\beleventy\b[^&|;]*?--config[= ]([\w./-]+)")
_MOST_OTHERS = 5


def _others(site: Site) -> Iterator[tuple[Made, str]]:
    """What scripts of the package build by other configurations into folders of the site, and their names there."""
    scripts = json(site.reading.text(f"{site.reading.folder}package.json")).get("scripts")
    commands = [each for each in scripts.values() if isinstance(each, str)] if isinstance(scripts, dict) else []
    names = dict.fromkeys(name for command in commands for name in _OTHER.findall(command[:1000]))
    for name in [*names][:_MOST_OTHERS]:
        reading = Reading(site.reading.source, site.reading.folder, posixpath.normpath(name))
        if reading.settings != site.reading.settings and reading.has(reading.settings):
            text = program(reading)
            other = Site(reading, text)
            if other.output != site.output and other.output.startswith(site.output) and other.root != site.root:
                yield _made(other, text), other.output.removeprefix(site.output)


def _merge(made: Made, other: Made, prefix: str) -> None:
    for name, built in other.pages.items():
        made.pages.setdefault(name, prefix + built)
    for built, name in other.files.items():
        made.files.setdefault(prefix + built, name)
    made.hidden.update({name: why for name, why in other.hidden.items() if name not in made.pages})
    made.parts.update(other.parts - made.pages.keys())
    beginning = rf"\A{re.escape(prefix)}"
    for pattern, why in other.decides:
        inside = pattern.pattern.removeprefix(r"\A")
        made.decides.append((pattern if inside == pattern.pattern else re.compile(beginning + inside), why))


def _add(site: Site, name: str, extension: str, made: Made) -> None:
    """Add what is made of a template."""
    inside = name.removeprefix(site.root)
    stem, output = inside[: -len(extension) - 1], site.made[extension]
    data = site.data(name, extension)
    computed = data.get("eleventyComputed")
    computed = computed if isinstance(computed, dict) else {}
    permalink = computed.get("permalink", data.get("permalink"))
    if name.endswith(_IN_CODE):
        permalink = in_code(site.reading.text(name), permalink)
    if isinstance(permalink, dict):
        permalink = permalink.get("build", False)
    route = _route(stem, output)
    if permalink is False:
        made.hidden[name] = "`permalink` is false"  # others may show its text
        if extension == "md":
            made.pages[name] = route
        return
    if isinstance(permalink, str) and permalink:
        address = filled(permalink, {**data, **_page(stem)}, prefix="")
        if address is None:
            made.decides.append((_open(permalink), _COMPUTED))
        route = _file(address) if address is not None else ""
    elif isinstance(permalink, Computed):
        made.decides.extend([(_open(each), _COMPUTED) for each in permalink.templates or ("",)])
        route = ""
    elif "pagination" in data:
        made.decides.append(
            (re.compile(rf"\A{re.escape(posixpath.dirname(route) + '/').lstrip('/')}[^/]+(?:/|\Z)"), _COMPUTED)
        )
    route = route or posixpath.join("?", inside)
    if not site.root.removeprefix(site.reading.folder) and "/" not in inside and stem.lower() in _OF_FORGE:
        made.files.setdefault(route, name)  # those who read it do so on the forge
    elif output == "html":
        made.pages[name] = route
    else:
        made.files[route] = name


def _route(stem: str, output: str) -> str:
    """The file that is written for a template without `permalink`."""
    if output != "html":
        return f"{stem}.{output}"
    folder, base = posixpath.split(stem)
    own = base in {"index", posixpath.basename(folder)}
    return posixpath.join(folder, "index.html") if own else posixpath.join(stem, "index.html")


def _file(permalink: str) -> str:
    path = permalink + "index.html" if permalink.endswith("/") else permalink
    path = posixpath.normpath("/" + path.lstrip("/"))[1:]
    return path if "." in posixpath.basename(path) else posixpath.join(path, "index.html")


def _page(stem: str) -> dict[str, str]:
    """https://www.11ty.dev/docs/data-eleventy-supplied/#page-variable"""
    folder, base = posixpath.split(stem)
    plain = _undated(base)
    slug = _undated(posixpath.basename(folder)) if plain == "index" else plain
    return {"page.fileSlug": slug, "page.filePathStem": "/" + posixpath.join(folder, plain)}


def _undated(name: str) -> str:
    return dated[1] if (dated := _DATED.search(name)) else name


_PART = re.compile(
    r"(\{%-?\s*(if|unless|elif|elsif|else|endif|endunless)\b[^{}%]*%\})|(\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{%[^{}]*%\})"
)
_MOST_PARTS, _WIDE = 12, 3  # of a permalink; those that may be long: more take long to match


def _open(permalink: str) -> re.Pattern[str]:
    """The addresses that a permalink may give."""
    text = permalink.removesuffix("index.html").strip("/")[:500]
    pattern, known, at, depth, parts = "", "", 0, 0, 0
    for part in _PART.finditer(text):
        before = text[at : part.start()]
        pattern, known, at, parts = pattern + re.escape(before), known + before, part.end(), parts + 1
        if part[3]:
            added = r"\d+" if "pageNumber" in part[3] else "[^/]*"
            pattern += added if not pattern.endswith(added) else ""
        elif part[2] in {"if", "unless"}:
            pattern, depth = f"{pattern}(?:", depth + 1
        elif depth and part[2].startswith("end"):
            pattern, depth = f"{pattern}|)", depth - 1
        elif depth:
            pattern += "|"
    pattern += re.escape(text[at:]) + "|)" * depth
    if parts > _MOST_PARTS or pattern.count("*") > _WIDE or len((known + text[at:]).strip("/")) < 2:
        return re.compile(r"(?:\A|/|/[^./]+|\A[^./]+)\Z")
    return re.compile(rf"\A{pattern}/?(?:index\.html)?\Z".replace("//?", "/?"))


_STATED = re.compile(r"""\bpermalink\b[^\n'"`]{0,80}(['"`])(/[^'"`\n$]+)\1""")
_ADDED = "the configuration adds templates"
_MOST = 500


def _of_plugins(text: str) -> Iterator[tuple[re.Pattern[str], str]]:
    if "eleventy-plugin-rss" in text or "feedPlugin" in text:
        yield re.compile(r"(?:feed|atom|rss)[\w.-]*\.(?:xml|json)\Z"), _PLUGIN
    if "pagefind" in text:
        yield re.compile(r"\Apagefind/"), _PLUGIN
    if "addTemplate(" in text:
        stated = {found[2].strip("/").removesuffix(".html") for found in islice(_STATED.finditer(text), _MOST)} - {""}
        for path in stated:
            yield re.compile(rf"\A{re.escape(path)}(?:/|\Z)"), _ADDED
        if not stated:
            yield re.compile(r"/\Z|\.\w+\Z"), _ADDED


_OWN_SLUGS = re.compile(r"\bslugify\s*(?::|,|\}|\()")


def _dialect(text: str) -> str:
    """Which ids headings have: without a plug-in, none."""
    is_plugin = "IdAttributePlugin" in text
    if not is_plugin and "markdown-it-anchor" not in text:
        return "eleventy-attrs" if "markdown-it-attrs" in text else "eleventy"
    own = _OWN_SLUGS.search(text) is not None
    if is_plugin:
        return "eleventy-own" if own else "eleventy-ids"
    return "eleventy-anchor-own" if own else "eleventy-anchor"


GENERATOR = Generator(
    "eleventy",
    "Eleventy",
    _plan,
    "eleventy",
    "_site",
    link,
    in_html=True,
    embed=embed,
    fill=fill,
    ids=ids,
)
