"""Eleventy, of whose configuration the calls with literals are read: https://www.11ty.dev/docs/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from checker.mirror.generators import rerouted
from checker.mirror.generators.eleventy_links import UNKNOWN, embed, fill, filled, ids, link
from checker.mirror.generators.eleventy_site import Computed, Site, copied, in_code, program
from checker.mirror.generators.reading import Reading, json, literal
from checker.mirror.generators.row import Generator, Plan

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
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    parts: set[str] = set()
    decides: list[tuple[re.Pattern[str], str]] = []
    for name in reading.below(site.root):
        extension = site.extension(name)
        if name.startswith(site.parts):
            parts.add(name)
        elif name.startswith(site.output) or "/node_modules/" in f"/{name}" or not extension or site.is_ignored(name):
            continue
        elif extension not in site.made:
            files.setdefault(name.removeprefix(site.root), name)
        else:
            _add(site, name, extension, pages, files, hidden, decides)
    as_they_are, unknown = copied(site, text)
    files = {**as_they_are, **files}
    rules = [*rerouted.rules(json(reading.text(f"{reading.folder}vercel.json")))]
    moved, open_rules = rerouted.applied(rules, {built: name for name, built in pages.items()} | files)
    decides += [*unknown, *open_rules, *_of_plugins(text)]
    known = {"root": site.root, "folder": reading.folder, "includes": site.includes}
    known |= {"prefix": prefix} if (prefix := literal(text, "pathPrefix").strip("/")) else {}
    known |= {"files": "yes"} if "InputPathToUrlTransformPlugin" in text else {}
    known |= {"images": "yes"} if "eleventyImageTransformPlugin" in text else {}
    return Plan(
        pages,
        {**files, **moved},
        f"/{prefix}/" if prefix else "",
        frozenset(parts),
        hidden,
        rooted=bool(prefix) and "HtmlBasePlugin" in text,
        decides=tuple(decides),
        settings=known,
        dialect=_dialect(text),
    )


def _add(
    site: Site,
    name: str,
    extension: str,
    pages: dict[str, str],
    files: dict[str, str],
    hidden: dict[str, str],
    decides: list[tuple[re.Pattern[str], str]],
) -> None:
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
        hidden[name] = "`permalink` is false"
        return
    if isinstance(permalink, str) and permalink:
        address = filled(permalink, {**data, **_page(stem)}, prefix="")
        if address is None:
            decides.append((_open(permalink), _COMPUTED))
        route = _file(address) if address is not None else ""
    elif isinstance(permalink, Computed):
        decides += [(_open(each), _COMPUTED) for each in permalink.templates or ("",)]
        route = ""
    elif "pagination" in data:
        decides.append(
            (re.compile(rf"\A{re.escape(posixpath.dirname(route) + '/').lstrip('/')}[^/]+(?:/|\Z)"), _COMPUTED)
        )
    route = route or posixpath.join("?", inside)
    if not site.root.removeprefix(site.reading.folder) and "/" not in inside and stem.lower() in _OF_FORGE:
        files.setdefault(route, name)  # those who read it do so on the forge
    elif output == "html":
        pages[name] = route
    else:
        files[route] = name


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


def _open(permalink: str) -> re.Pattern[str]:
    """The addresses that a permalink may give."""
    known = [re.escape(part) for part in UNKNOWN.split(permalink.removesuffix("index.html").strip("/")[:500])]
    if len("".join(known).strip("/")) < 2:
        return re.compile(r"(?:\A|/|/[^./]+|\A[^./]+)\Z")
    return re.compile(rf"\A{'[^/]*'.join(known)}/?(?:index\.html)?\Z")


def _of_plugins(text: str) -> Iterator[tuple[re.Pattern[str], str]]:
    if "eleventy-plugin-rss" in text or "feedPlugin" in text:
        yield re.compile(r"(?:feed|atom|rss)[\w.-]*\.(?:xml|json)\Z"), _PLUGIN
    if "pagefind" in text:
        yield re.compile(r"\Apagefind/"), _PLUGIN
    if "addTemplate(" in text:
        yield re.compile(r"/\Z|\.\w+\Z"), "the configuration adds templates"


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
