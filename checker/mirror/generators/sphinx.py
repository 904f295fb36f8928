"""Sphinx, with reStructuredText and MyST: https://www.sphinx-doc.org/en/master/usage/configuration.html"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checker.kinds import kind_of
from checker.mirror.generators import jupyter_book
from checker.mirror.generators.reading import Reading, python, strings, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_MYST = frozenset({"myst_parser", "myst_nb", "recommonmark", "sphinx_markdown_parser"})
_MARKDOWN = (".md", ".markdown")
_ALWAYS = re.compile(r"\A(?:_(?:static|images|sources|downloads|modules)/|(?:genindex|py-modindex|search)(?:\.html|/)"
                     r"|objects\.inv\Z|searchindex\.js\Z)")  # fmt: skip
_GENERATED = {  # extensions that write pages, and the setting that names their folder
    "autodoc2": ("autodoc2_output_dir", "apidocs"),
    "autoapi.extension": ("autoapi_root", "autoapi"),
    "sphinx_gallery.gen_gallery": ("", "auto_examples"),
    "sphinxcontrib.apidoc": ("apidoc_output_dir", "api"),
    "sphinx.ext.autosummary": ("", "generated"),
}
# Labels: `.. _name:`, `(name)=`, `:name: x`, and ids that authors give.
_LABEL = re.compile(
    r"^[ \t]*\.\.[ \t]+_`?((?:[^:\\\n`]|\\.|:(?!\s))+)`?:[ \t]*$|^[ \t>]*\(([^()\n]+)\)=[ \t]*$"
    r"|^[ \t]*:(?:name|label):[ \t]+(\S[^\n]*)$|\{:?[ \t]*(?:[^{}#\n]*[ \t])?#([\w:./-]+)[^{}\n]*\}"
    r"|^\$\$[ \t]+\(([^()\n]+)\)[ \t]*$|\{(?:figure-md|math)\}[ \t]+([^\s{}]+)[ \t]*$",
    re.M,
)
_OWN_LABELS = ("genindex", "modindex", "search", "py-modindex")
_ASKING = frozenset({"sphinx.ext.intersphinx", "sphinx.ext.autosectionlabel"})
_ELSEWHERE = "another site, whose inventory Sphinx asks, may have the label"
# https://www.sphinx-doc.org/en/master/usage/restructuredtext/basics.html#images
_PICTURES = ("svg", "png", "gif", "jpg", "jpeg", "webp", "pdf", "svgz")
_OBJECT = re.compile(r"\w\.\w|[():]")  # in what names an object of a program


def _plan(reading: Reading) -> Plan | None:
    settings = _settings(reading)
    if settings is None:
        return None
    root = reading.folder
    extensions = {*strings(settings.get("extensions"))}
    suffixes = _suffixes(settings, extensions)
    first = _text(settings, "root_doc") or _text(settings, "master_doc", "index")
    home = next((name for suffix in suffixes if reading.has(name := root + first + suffix)), "")
    if not home:
        return None
    folders = _dirhtml(reading)
    output = tuple(root + name for name in ("_build/", "build/html/"))
    excluded = _excluded(strings(settings.get("exclude_patterns")))
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if not inside.endswith(suffixes) or name.startswith(output):
            continue
        if excluded(inside):
            hidden[name] = f"exclude_patterns of {reading.settings} names it"
            continue
        pages[name] = _route(inside, folders=folders)
        for found in _LABEL.finditer(reading.text(name)):
            label = next(filter(None, found.groups()))
            labels.setdefault(" ".join(label.replace("\\", "").lower().split()), name)
    for folder in strings(settings.get("html_static_path")):
        place = posixpath.normpath(root + folder)
        files |= {f"_static/{name[len(place) + 1 :]}": name for name in reading.below(f"{place}/")}
    for extra in strings(settings.get("html_extra_path")):
        place = posixpath.normpath(root + extra)
        if reading.has(place + "/"):
            files |= {name[len(place) + 1 :]: name for name in reading.below(f"{place}/")}
        else:
            files[posixpath.basename(place)] = place
    for before, after in _redirects(reading, settings):
        page = root + after
        if page in pages:
            files.setdefault(_route(before, folders=folders), page)
    if reading.settings.endswith(jupyter_book.TOC):
        files.setdefault("index.html", home)  # which leads to the first page
    labels |= {label: home for label in _OWN_LABELS if label not in labels}
    decides = [(_ALWAYS, "Sphinx and its theme make it")]
    for extension in extensions & _GENERATED.keys():
        key, usual = _GENERATED[extension]
        folder = _text(settings, key, usual).strip("/.") if key else usual
        decides.append((re.compile(rf"(?:\A|/){re.escape(folder)}(?:/|\Z)"), f"{extension} writes it"))
    known = {"root": root, "suffixes": "\n".join(suffixes), "folders": "yes" if folders else ""}
    known["html_image"] = "yes" if "html_image" in strings(settings.get("myst_enable_extensions")) else ""
    others = not extensions.isdisjoint(_ASKING) or bool(settings.get("intersphinx_mapping"))
    return Plan(
        pages,
        files,
        _text(settings, "html_baseurl"),
        hidden=hidden,
        decides=tuple(decides),
        settings=known,
        labels=labels,
        other_labels=_ELSEWHERE if others else "",
    )


def _settings(reading: Reading) -> Mapping[str, Any] | None:
    """What `conf.py` says, or would say for a book; None if it is none of Sphinx."""
    if reading.settings.endswith(jupyter_book.TOC):
        return jupyter_book.settings(reading) or None
    text = reading.text(reading.settings)
    of_sphinx = "extensions" in text or "html_theme" in text or "sphinx" in text.lower()
    return python(text) if of_sphinx else None


def _text(settings: Mapping[str, Any], key: str, usual: str = "") -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else usual


def _suffixes(settings: Mapping[str, Any], extensions: set[str]) -> tuple[str, ...]:
    """The extensions of sources."""
    stated = settings.get("source_suffix")
    found = [*(stated if isinstance(stated, dict) else strings(stated))] or [".rst"]
    if extensions & _MYST:
        found += [suffix for suffix in (".rst", ".md") if not stated and suffix not in found]
    if "myst_nb" in extensions:
        found.append(".ipynb")
    return tuple(dict.fromkeys(str(suffix) for suffix in found if str(suffix).startswith(".")))


def _dirhtml(reading: Reading) -> bool:
    """Whether each page is a folder with an index, as the builder `dirhtml` makes it on Read the Docs."""
    for name in (".readthedocs.yaml", ".readthedocs.yml", "readthedocs.yml"):
        sphinx = yaml(reading.text(name)).get("sphinx")
        if isinstance(sphinx, dict):
            return sphinx.get("builder") == "dirhtml"
    return False


def _excluded(patterns: Iterator[str]) -> Callable[[str], bool]:
    """A test for paths by Sphinx's own globs, in which a folder stands for all that is in it."""
    found = []
    for pattern in patterns:
        written = re.escape(pattern.rstrip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
        written = written.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        if written.count("*") < _STARS:
            found.append(written)
    if not found:
        return lambda _path: False
    whole = re.compile(rf"(?:{'|'.join(found)})(?:/.*)?\Z", re.S)
    return lambda path: whole.match(path) is not None


_STARS = 6  # in one pattern: each may try all that is left of a path


def _redirects(reading: Reading, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(before, after), as sources: https://sphinxext-rediraffe.readthedocs.io/"""
    listed = settings.get("rediraffe_redirects")
    if isinstance(listed, str):
        lines = (line.split() for line in reading.text(posixpath.normpath(reading.folder + listed)).splitlines())
        listed = {line[0].strip("\"'"): line[1].strip("\"'") for line in lines if len(line) == 2}
    moved = {str(before): str(after) for before, after in listed.items()} if isinstance(listed, dict) else {}
    for before, after in moved.items():
        for _ in range(_DEEPEST):
            after = moved.get(after, after)  # noqa: PLW2901 - it is followed to its end
        yield before, after


_DEEPEST = 10  # redirects that follow each other


def _route(name: str, *, folders: bool) -> str:
    folder, base = posixpath.split(name)
    stem = posixpath.splitext(base)[0]
    return (
        posixpath.join(folder, stem, "index.html")
        if folders and stem != "index"
        else posixpath.join(folder, f"{stem}.html")
    )


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A file, a document without its extension, or a label; in reStructuredText, else what a browser finds."""
    return _led(site, page, reference, None, in_html=False)


def _embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    if in_html and not site.plan.settings["html_image"]:
        return None
    return _led(site, page, reference, role, in_html=in_html)


def _led(site: Built, page: str, reference: str, role: Role | None, *, in_html: bool) -> Led | None:
    if in_html and role is None:
        return None
    known = site.plan.settings
    root = known["root"]
    path = urls.decode(reference.partition("?")[0])
    if not path or path.startswith("//"):
        return None
    base = root if path[0] == "/" else posixpath.dirname(page)
    file = posixpath.normpath(posixpath.join(base, path.lstrip("/"))) if path.strip("/.") else ""
    if role is not None and file.endswith(".*"):  # of some formats, each builder takes its own
        file = next((name for kind in _PICTURES if site.has(name := file[:-1] + kind)), file)
    rst = page.endswith(".rst")
    if rst and role is None and file in site.pages and posixpath.splitext(path)[1]:
        return None
    if file and site.has(file):
        return Led(file, copied=file not in site.plan.hidden)
    document = next((name for end in known["suffixes"].split("\n") if (name := file + end) in site.pages), "")
    if document and role is None:
        return Led(document)
    label = path if path[0] not in "./" else ""
    if label in site.plan.labels and role is None:
        return Led(site.plan.labels[label])
    if role is None and site.plan.other_labels and ":" in label.partition("/")[0]:
        return Led(unknown=site.plan.other_labels)  # a document there, `python:library/re`
    plain = (" " in path or not posixpath.splitext(path)[1]) and path[-1] != "/"
    if rst and role is None and not plain:
        return None
    if role is None and site.plan.other_labels and plain and label and site.label_like(label) is None:
        return Led(unknown=site.plan.other_labels)
    if (
        role is None
        and _OBJECT.search(label)
        and kind_of(path) is True  # and no file, by its extension
        and not {"/", " "}.intersection(path)
    ):
        return Led(unknown="it may name an object of a program")
    built = _route(file.removeprefix(root), folders=bool(known["folders"]))
    why = site.decides(built) if file and not _ALWAYS.match(built) else ""
    return Led(unknown=why) if why else Led(file or path)


GENERATOR = Generator("sphinx", "Sphinx", _plan, "myst", "_build/html", _link, embed=_embed)
