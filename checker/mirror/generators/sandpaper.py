"""The Workbench, with which the Carpentries make sites of lessons: https://carpentries.github.io/sandpaper-docs/"""

from __future__ import annotations

import posixpath
import re

from checker.mirror.generators.reading import Reading, strings, word, yaml
from checker.mirror.generators.row import Built, Generator, Led, Plan
from checker.model import Role
from checker.web import urls

_FOLDERS = ("episodes", "learners", "instructors", "profiles")
_COPIED = ("fig", "files", "data")  # folders of these
_PAGES = (".md", ".Rmd", ".rmd")
_OF_LESSON = ("index", "CODE_OF_CONDUCT", "LICENSE")  # pages at the top; the others there are read on the forge
_LISTS = ("aio", "key-points", "images", "profiles", "404", "instructor-notes", "reference", "setup")
_ABOVE = re.compile(rf"(?:\.\.?/)*(?:(?:{'|'.join(_FOLDERS)})/)?")  # of what goes into one folder
_SETUP = re.compile(r"")  # the ids of the instructions, which the home page takes in


def _plan(reading: Reading) -> Plan | None:
    stated = yaml(reading.text(reading.settings))
    if "carpentry" not in stated or not reading.has(f"{reading.folder}episodes"):
        return None
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    for stem in (*_OF_LESSON, *(["README"] if not reading.has(f"{reading.folder}index.md") else [])):
        if reading.has(name := f"{reading.folder}{stem}.md"):
            pages[name] = "index.html" if stem == "README" else f"{stem}.html"
    listed = {folder: [*strings(stated.get(folder))] for folder in _FOLDERS}
    for folder in _FOLDERS:
        root = f"{reading.folder}{folder}/"
        for name in reading.below(root):
            inside = name.removeprefix(root)
            if inside.partition("/")[0] in _COPIED:
                files.setdefault(inside, name)
            elif (
                "/" not in inside
                and inside.endswith(_PAGES)
                and (not listed[folder] or folder != "episodes" or inside in listed[folder])
            ):
                pages[name] = f"{posixpath.splitext(inside)[0]}.html"
    made = {built: name for name, built in pages.items()}
    files |= {f"instructor/{built}": name for built, name in made.items()}
    for built in _LISTS:
        if f"{built}.html" not in made:
            files |= {f"{built}.html": reading.settings, f"instructor/{built}.html": reading.settings}
    return Plan(pages, files, word(stated.get("url")), settings={"root": reading.folder})


def _link(site: Built, page: str, reference: str) -> Led | None:
    """All pages go into one folder, and links of Markdown to their sources lead to them."""
    path = urls.decode(reference.partition("?")[0])
    if not path or path[0] == "/" or ":" in path.partition("/")[0]:
        return None
    root = site.plan.settings["root"]
    inside = _ABOVE.sub("", path, count=1)
    if path.endswith(_PAGES) and "/" not in inside:
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        tried = (beside, *(f"{root}{folder}/{inside}" for folder in _FOLDERS), root + inside)
        return Led(next((file for file in tried if file in site.pages), beside))
    if inside.partition("/")[0] in _COPIED or path.endswith(".html"):
        return Led(href=inside)
    return None


def _embed(site: Built, page: str, reference: str, _role: Role, _in_html: bool) -> Led | None:
    return _link(site, page, reference)


def _ids(site: Built, page: str, _text: str) -> re.Pattern[str] | None:
    """The home page takes in the instructions to set up."""
    return _SETUP if site.pages.get(page) == "index.html" and "setup.html" in site.files else None


GENERATOR = Generator(
    "sandpaper", "the Carpentries Workbench", _plan, "pandoc", "site/docs", _link, embed=_embed, in_html=True, ids=_ids
)
