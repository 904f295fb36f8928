"""What the configuration of Eleventy, and the data of its templates, say: https://www.11ty.dev/docs/config/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from checker.mirror.generators import script
from checker.mirror.generators.reading import Reading, json, literal, without_comments
from checker.web.globs import matcher

_LANGUAGES = ("html", "liquid", "njk", "md", "11ty.js", "11ty.cjs", "11ty.mjs", "hbs", "mustache", "ejs", "haml", "pug")
_DATA = (".11tydata.mjs", ".11tydata.cjs", ".11tydata.js", ".11tydata.json", ".json")  # what comes last counts less
_MODULES = 100  # of the site's own, that are read for the configuration
_COPIES = 100  # calls that copy files
_MOST = 500  # calls and patterns of a kind
_LAYOUTS = 5  # of layouts
_IMPORT = re.compile(r"""(?:\bfrom|\bimport|\brequire\()\s*['"](\.\.?/[^'"\n]+)['"]""")
_DIRECTORIES = re.compile(r"\bdir\s*[:=]\s*\{([^{}]*)\}")
_SET = re.compile(r"""\bset(Input|Includes|Layouts|Data|Output)Directory\(\s*['"`]([^'"`\n$]*)['"`]""")
_FORMATS = re.compile(r"\b(?:templateFormats\s*[:=]|(?:set|add)TemplateFormats\()\s*(\[[^\[\]]*\]|['\"][^'\"\n]*['\"])")
_PLUGIN_CALL = re.compile(r"\baddPlugin\(")
_PARENTHESES = re.compile(r"[()]")
_EXTENSION = re.compile(r"""\baddExtension\(\s*(\[[^\[\]]*\]|['"][^'"\n]*['"])([^()]*)""")
_STRING = re.compile(r"""(['"`])([^'"`\n]*)\1""")
_COPY = re.compile(r"""\baddPassthroughCopy\(\s*(?:(['"`])([^'"`\n$]+)\1|\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\})""")
_PAIR = re.compile(r"""(?:(['"`])([^'"`\n$]+)\1|\[[^\n\[\]]*\])\s*:\s*(['"`])([^'"`\n$]*)\3""")
_EACH = re.compile(r"(\[[^\[\]]*\])\s*\.forEach\(\s*\(?\s*(\w+)\s*\)?\s*=>\s*\{?\s*\w+\.addPassthroughCopy\(\s*\2\s*\)")
_IGNORE = re.compile(r"""\bignores\.add\(\s*(['"`])([^'"`\n$]+)\1""")
_BRACES = re.compile(r"[{}]")
_PACKAGE = "it is copied from a package"


def program(reading: Reading) -> str:
    """The text of the configuration and of the modules of the site that it brings in, without comments."""
    names = [reading.settings]
    texts: list[str] = []
    for name in names:  # grows
        text = reading.text(name)
        texts.append(without_comments(text))
        for found in islice(_IMPORT.finditer(text), _MODULES):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[1]))
            each = next(
                (path + end for end in ("", ".js", ".cjs", "/index.js") if path + end in reading.source.files), ""
            )
            if each.endswith(("js", "ts")) and each not in names and len(names) < _MODULES:
                names.append(each)
    return "\n".join(texts)


class Computed(NamedTuple):
    """A permalink that a function computes."""

    templates: tuple[str, ...]  # the texts that it may use


_PERMALINK = re.compile(r"\bpermalink\b[ \t]*[:=(][ \t]*(?:([A-Za-z_$][\w$]*)[ \t]*[,;}\n])?")
_NEAR = 400  # characters in which a function gives its texts


def in_code(text: str, usual: object) -> object:
    """The permalink that a program gives: a text, a Computed, or what is usual."""
    text = without_comments(text)
    if (found := _PERMALINK.search(text)) is None:
        return usual
    given = literal(text, "permalink") or (literal(text, found[1]) if found[1] else "")
    if given or found[1] == "false":
        return given or False
    near = text[found.end() : found.end() + _NEAR]
    return Computed(tuple(each[2] for each in _STRING.finditer(near) if "/" in each[2]))


class Site:
    """What the configuration says of folders and files."""

    def __init__(self, reading: Reading, text: str) -> None:
        self.reading = reading
        directories = "".join(found[1] for found in islice(_DIRECTORIES.finditer(text), _MOST))
        stated = {found[1].lower(): found[2] for found in islice(_SET.finditer(text), _MOST)}

        def of(key: str, usual: str) -> str:
            return stated.get(key) or literal(directories, key) or usual

        self.inside = of("input", ".")
        self.root = _folder(reading.folder, self.inside)
        self.output = _folder(reading.folder, of("output", "_site"))
        self.includes = _folder(self.root, of("includes", "_includes"))
        self.layouts = _folder(self.root, of("layouts", of("includes", "_includes")))
        self.parts = tuple(
            {self.includes, self.layouts, _folder(self.root, of("data", "_data"))} - {self.root, reading.folder, ""}
        )
        own = _without_plugins(text)
        formats = {each[2] for found in islice(_FORMATS.finditer(own), _MOST) for each in _STRING.finditer(found[1])}
        formats = {each.strip() for listed in formats for each in listed.split(",")} - {""}
        self.made = dict.fromkeys(_LANGUAGES, "html")  # extension of a source -> of what is made of it
        for found in islice(_EXTENSION.finditer(text), _MOST):
            end = literal(found[2], "outputFileExtension") or "html"
            self.made |= {each[2]: end for each in _STRING.finditer(found[1])}
        if "eleventy-plugin-webc" in text:
            self.made["webc"] = "html"
        adds = "addTemplateFormats(" in own and not re.search(r"\btemplateFormats\s*[:=]|\bsetTemplateFormats\(", own)
        extensions = (formats | (set(_LANGUAGES) if adds else set())) or set(_LANGUAGES)
        extensions |= {"webc"} if "webc" in self.made else set()
        if "11ty.js" in extensions:
            extensions |= {"11ty.cjs", "11ty.mjs"}
        self._endings = tuple(f".{each}" for each in sorted(extensions, key=lambda each: (-len(each), each)))
        self._ignored = [_patterns(reading, folder) for folder in dict.fromkeys((reading.folder, self.root))]
        self._ignored.append((reading.folder, _matching(_ignored(text))))
        self._data: dict[str, Mapping[str, Any]] = {}

    def extension(self, name: str) -> str:
        """By which of the formats that are read a file is one of the site's; "" if by none."""
        if name.endswith((".11tydata.js", ".11tydata.cjs", ".11tydata.mjs", ".11tydata.json")):
            return ""
        base = posixpath.basename(name)
        return next((end[1:] for end in self._endings if base.endswith(end) and len(base) > len(end)), "")

    def is_ignored(self, name: str) -> bool:
        """Whether .eleventyignore, or the configuration, leaves a file out."""
        return any(name.startswith(folder) and test(name[len(folder) :]) for folder, test in self._ignored)

    def data(self, name: str, extension: str) -> Mapping[str, Any]:
        """The data of a template: https://www.11ty.dev/docs/data-cascade/"""
        front = self.reading.front(name)
        found: dict[str, Any] = {}
        folder, base = posixpath.split(name)
        at = self.root.rstrip("/")
        for part in ("", *folder[len(self.root) :].split("/")) if folder.startswith(at) else ():
            at = posixpath.join(at, part) if part else at
            found |= self._file(posixpath.join(at, posixpath.basename(at)))
        found |= self._file(posixpath.join(folder, base[: -len(extension) - 1]))
        found |= front
        return {**self._of_layouts(found.get("layout")), **found}

    def _of_layouts(self, layout: object) -> dict[str, Any]:
        """The data of a page's layouts, the nearest first."""
        found: dict[str, Any] = {}
        for _ in range(_LAYOUTS):
            if not isinstance(layout, str):
                break
            names = (self.layouts + layout + end for end in ("", *(f".{each}" for each in _LANGUAGES)))
            name = next((name for name in names if name in self.reading.source.files), "")
            if name not in self._data:
                self._data[name] = self.reading.front(name) if name else {}
            found = {**self._data[name], **found}
            layout = self._data[name].get("layout")
        return {key: value for key, value in found.items() if key in {"permalink", "eleventyComputed"}}

    def _file(self, stem: str) -> Mapping[str, Any]:
        """The data in the files that are named after a folder or a template."""
        if stem not in self._data:
            found: dict[str, Any] = {}
            for end in reversed(_DATA):
                if stem + end in self.reading.source.files:
                    text = self.reading.text(stem + end)
                    found |= json(text) if end.endswith("json") else self._module(stem + end, text)
            self._data[stem] = found
        return self._data[stem]

    def _module(self, name: str, text: str) -> Mapping[str, Any]:
        found = dict(script.settings(name, self.reading.text))
        permalink = found.pop("permalink", None)
        permalink = permalink if isinstance(permalink, str | bool) else in_code(text, None)
        return found if permalink is None else {**found, "permalink": permalink}


def _without_plugins(text: str) -> str:
    """A configuration without the options of plug-ins, which may have names of its own."""
    kept, at = [], 0
    for call in islice(_PLUGIN_CALL.finditer(text), _MOST):
        if call.start() < at:
            continue
        kept.append(text[at : call.start()])
        at, depth = call.end(), 1
        for found in _PARENTHESES.finditer(text, at):
            depth += 1 if found[0] == "(" else -1
            at = found.end()
            if not depth:
                break
    return "".join([*kept, text[at:]])


def _folder(folder: str, inside: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, inside.lstrip("/") or "."))
    return "" if path == "." or path.startswith("..") else f"{path}/"


def _matching(patterns: list[str]) -> Any:
    try:
        return matcher(patterns)
    except ValueError:
        return matcher([])


def _patterns(reading: Reading, folder: str) -> tuple[str, Any]:
    return folder, _matching(reading.text(f"{folder}.eleventyignore").splitlines()[:_MOST])


def _ignored(text: str) -> list[str]:
    """The patterns that the configuration leaves out under no condition: those that stand in no block of a function."""
    found: list[str] = []
    depth = at = 0
    for call in islice(_IGNORE.finditer(text), _MOST):
        for brace in _BRACES.finditer(text, at, call.start()):
            depth += 1 if brace[0] == "{" else -1
        at = call.start()
        if depth <= 1:
            found.append("/" + call[2].removeprefix("./"))
    return found


def copied(site: Site, text: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """(built file -> source file) of what is copied as it is, and what is brought from elsewhere."""
    files: dict[str, str] = {}
    decides: list[tuple[re.Pattern[str], str]] = []
    calls: list[list[tuple[str, str | None]]]
    calls = [[(each[2], None) for each in _STRING.finditer(call[1])] for call in islice(_EACH.finditer(text), _COPIES)]
    for call in islice(_COPY.finditer(text), _COPIES):
        calls.append([(call[2], None)] if call[2] else [(pair[2] or "", pair[4]) for pair in _PAIR.finditer(call[3])])
    for pairs in calls:
        for stated, target in pairs[:_COPIES]:
            source = (
                posixpath.normpath(posixpath.join(site.reading.folder, stated.removeprefix("./"))) if stated else ""
            )
            if not source or "node_modules/" in source:
                place = re.escape((target or "").strip("/"))
                decides.append((re.compile(rf"\A{place}(?:/|\Z)" if place else r"\.\w+\Z"), _PACKAGE))
                continue
            for built, name in _placed(site, source, target):
                files.setdefault(built, name)
    return files, decides


def _placed(site: Site, source: str, target: str | None) -> Iterator[tuple[str, str]]:
    """(built file, source file) of one passthrough copy."""
    wild = re.search(r"[*?{\[]", source)
    place = None if target is None else target.strip("/")
    if wild is None:
        if source in site.reading.source.files:
            name = source.removeprefix(site.root) if place is None else place
            yield (
                (posixpath.join(name, posixpath.basename(source)) if target and target.endswith("/") else name),
                source,
            )
        else:
            folder = "" if source == "." else f"{source}/"
            for name in site.reading.below(folder):
                rest = name.removeprefix(folder)
                yield (name.removeprefix(site.root) if place is None else posixpath.join(place, rest)), name
        return
    base = source[: wild.start()].rpartition("/")[0]
    base = f"{base}/" if base else ""
    test = _matching(["/" + source[len(base) :]])
    for name in site.reading.below(base):
        if test(name[len(base) :]):
            yield (
                (name.removeprefix(site.root) if place is None else posixpath.join(place, posixpath.basename(name))),
                name,
            )
