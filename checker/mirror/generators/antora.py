"""Antora: https://docs.antora.org/antora/latest/component-version-descriptor/, …/page/resource-id-coordinates/"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from checker.mirror.generators.reading import Reading, strings, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role

_PAGES = (".adoc",)
_PUBLISHED_NOWHERE = (".html", ".htm", ".css")  # outside the families whose files are copied
_RESOURCE = re.compile(r"(?:([^@:$]+)@)?(?:(?:([^@:$]+):)?([^@:$]+)?:)?(?:([^@:$]+)\$)?([^:$][^@:$]*)\Z")
_FAMILIES = {
    "page": ("pages",),
    "image": ("images", "assets/images"),
    "attachment": ("attachments", "assets/attachments"),
    "partial": ("partials", "pages/_partials"),
    "example": ("examples",),
}
_SERVED_AS = {"images": "_images", "attachments": "_attachments"}
_MACROS = {"xref": "page", "include": "page", "image": "image", "video": "image", "audio": "image"}
_ALIASES = re.compile(r"^:page-aliases:((?:[^\\\n]|\\\n?)*)", re.M)
_HEADER = 1 << 12  # bytes of a page in which its attributes stand
_NAMED = re.compile(
    r"\b(xref|include)::?(?:([\w-]+):)?(?:partial\$)?((?<=\$)[\w./-]+|[\w./-]+\.adoc)(?=[#\[])"
)  # in a menu
_XREF = re.compile(r"\bxref:(?:([\w-]+):)?([\w-][\w./-]*\.adoc)(?=[#\[])")
_SHARED = (
    8  # pages that a menu names and that are not here, from which a module is taken for one of several repositories
)
_COMPONENTS = 200  # descriptors of one mirror
_ATTRIBUTE = re.compile(r"\{([\w-]+)\}")
_ELSEWHERE = "another repository may have"
_COLLECTED = "an extension collects what a build makes"


def _plan(reading: Reading) -> Plan | None:
    stated = yaml(reading.text(reading.settings))
    name, version = stated.get("name"), _version(stated)
    if not isinstance(name, str) or not reading.has(f"{reading.folder}modules"):
        return None
    root = f"{reading.folder}modules/"
    place = "/".join(part for part in (name if name != "ROOT" else "", version) if part)
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    parts: set[str] = set()
    known = {"root": root, "name": name, "version": version} | dict(_attributes(stated))
    for file in reading.below(root):
        module, _, inside = file.removeprefix(root).partition("/")
        folder = posixpath.join(place, "" if module == "ROOT" else module)
        family, _, path = inside.removeprefix("assets/").partition("/")
        if family == "pages" and file.endswith(_PAGES) and not _is_hidden(path):
            pages[file] = posixpath.join(folder, f"{path.removesuffix('.adoc')}.html")
            known |= {f"alias {alias}": file for alias in _aliases(reading.text(file, _HEADER), module)}
        elif family in _SERVED_AS:
            files[posixpath.join(folder, _SERVED_AS[family], path)] = file
        elif file.endswith((*_PAGES, *_PUBLISHED_NOWHERE)):
            parts.add(file)
    for number, listed in enumerate(strings(stated.get("nav"))):  # is read with the menu, at each page
        if reading.has(nav := posixpath.normpath(reading.folder + listed)):
            pages[nav] = posixpath.join(place, f"_nav{number}.html")
    shared = _shared(reading, root, stated)
    known["shared"] = "\n".join(sorted(shared | _named_in_pages(reading, root, pages) if shared else shared))
    known |= {"collects": "yes"} if _collects(stated) else {}
    for component, roots in _components(reading).items():
        known[f"component {component}"] = "\n".join(roots)
    decides = ((re.compile(rf"\A(?!{re.escape(place)}/)"), "the site has other components"),) if place else ()
    return Plan(pages, files, parts=frozenset(parts - pages.keys()), decides=decides, settings=known)


def _version(stated: Mapping[str, Any]) -> str:
    version = stated.get("version")
    return "" if version is None or isinstance(version, (dict, list, bool)) or version == "~" else str(version)


def _attributes(stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The attributes that all pages of the component have."""
    section = stated.get("asciidoc")
    listed = section.get("attributes") if isinstance(section, dict) else None
    for name, value in listed.items() if isinstance(listed, dict) else ():
        if isinstance(value, (str, int, float)):
            yield f"attribute {name}", str(value).removesuffix("@")


def _collects(stated: Mapping[str, Any]) -> bool:
    """Whether an extension of Antora brings in what a build makes: https://docs.antora.org/collector-extension/latest/"""
    extensions = stated.get("ext")
    return isinstance(extensions, dict) and any("collector" in str(name) for name in islice(extensions, _COMPONENTS))


def _is_hidden(path: str) -> bool:
    return any(part.startswith(("_", ".")) for part in path.split("/"))


def _aliases(text: str, module: str) -> Iterator[str]:
    """module/path of the pages that lead to another."""
    if found := _ALIASES.search(text):
        for alias in found[1].replace("\\\n", " ").split(","):
            if (parsed := _RESOURCE.match(alias.strip())) and not parsed[2]:
                yield f"{parsed[3] or module}/{_with_extension(parsed[5])}"


def _components(reading: Reading) -> Mapping[str, list[str]]:
    """The folders of the modules of each component in the mirror."""
    found: dict[str, list[str]] = {}
    descriptors = (name for name in reading.source.files if posixpath.basename(name) == "antora.yml")
    for name in islice(descriptors, _COMPONENTS):
        stated = yaml(reading.text(name))
        root = f"{name.removesuffix('antora.yml')}modules/"
        if isinstance(stated.get("name"), str) and reading.has(root):
            found.setdefault(stated["name"], []).append(root)
    return found


def _shared(reading: Reading, root: str, stated: Mapping[str, Any]) -> set[str]:
    """The modules that have more in another repository: the menu names a text of them that is not here, or some pages.

    https://docs.antora.org/antora/latest/distributed-component-version/
    """
    found: set[str] = set()
    missing: dict[str, set[str]] = {}
    for listed in strings(stated.get("nav")):
        nav = posixpath.normpath(reading.folder + listed)
        own = nav.removeprefix(root).partition("/")[0]
        for macro, stated_module, path in _NAMED.findall(reading.text(nav)):
            module = stated_module or own
            if macro == "include" and not reading.has(f"{root}{module}/partials/{path}"):
                found.add(module)
            elif macro == "xref" and not reading.has(f"{root}{module}/pages/{path}"):
                missing.setdefault(module, set()).add(path)
    return found | {module for module, paths in missing.items() if len(paths) >= _SHARED}


def _named_in_pages(reading: Reading, root: str, pages: Iterable[str]) -> set[str]:
    """The modules of which pages name many pages that are not here, beside those that are."""
    missing: dict[str, set[str]] = {}
    here = Counter(page.removeprefix(root).partition("/")[0] for page in pages)
    for page in pages:
        own = page.removeprefix(root).partition("/")[0]
        for module, path in set(_XREF.findall(reading.text(page))):
            if not reading.has(f"{root}{module or own}/pages/{path}"):
                missing.setdefault(module or own, set()).add(path)
    return {module for module, paths in missing.items() if len(paths) >= max(_SHARED, here[module] // 4)}


def _with_extension(path: str) -> str:
    return path if "." in posixpath.basename(path) else f"{path}.adoc"


def _link(site: Built, page: str, reference: str) -> Led | None:
    """The macros that name resources of the site; a link is left as it is."""
    known = site.plan.settings
    macro, _, target = reference.partition(":")
    if macro not in _MACROS:
        return None
    target = _ATTRIBUTE.sub(lambda name: known.get(f"attribute {name[1]}", name[0]), target)
    if "{" in target:
        return Led(unknown="an attribute names it that is not set where it is used")
    parsed = _RESOURCE.match(target)
    if parsed is None:
        return None
    version, component, module, family, path = parsed.groups()
    if macro == "include" and family is None and not module:
        return Led(posixpath.normpath(posixpath.join(posixpath.dirname(page), path)), copied=True)
    own_module, _, own = page.removeprefix(known["root"]).partition("/")
    component, module = component or known["name"], module or ("ROOT" if component else own_module)
    if path.startswith("./"):
        path = posixpath.join(posixpath.dirname(own.partition("/")[2]), path)
    path = posixpath.normpath(f"/{path.lstrip('/')}")[1:]
    family = family if family in _FAMILIES else _MACROS[macro]
    if family == "page":
        path = _with_extension(path)
    roots = known.get(f"component {component}", "").split("\n") if f"component {component}" in known else []
    for root in roots:
        for folder in _FAMILIES[family]:
            if site.has(file := f"{root}{module}/{folder}/{path}"):
                return Led(file, copied=True)
    if component == known["name"] and (page_of := known.get(f"alias {module}/{path}")):
        return Led(page_of)
    if not roots:
        return Led(unknown=f"{_ELSEWHERE} the component {component}")
    if version is not None and version.removeprefix("_") != known["version"]:
        return Led(unknown=f"{_ELSEWHERE} that version")
    if component != known["name"] or not site.has_folder(f"{known['root']}{module}"):
        return Led(unknown=f"{_ELSEWHERE} the module {module}")
    files = [f"{known['root']}{module}/{folder}/{path}" for folder in _FAMILIES[family]]
    here = next((file for file in files if site.has_folder(posixpath.dirname(file))), "")
    if "collects" in known and (not here or family in {"partial", "example"}):
        return Led(unknown=_COLLECTED)
    shared = known["shared"].split("\n") if known["shared"] else []
    if shared and (not here or family in {"partial", "example"} or (module in shared and family != "image")):
        return Led(unknown=f"{_ELSEWHERE} more of the module {module}")
    return Led(here or files[0])


def _embed(site: Built, page: str, reference: str, role: Role, _in_html: bool) -> Led | None:
    return _link(site, page, f"include:{reference}" if role is Role.OBJECT else reference)


GENERATOR = Generator(
    "antora",
    "Antora",
    _plan,
    "antora",
    "build/site",
    _link,
    embed=_embed,
    schemes=tuple(_MACROS),
)
