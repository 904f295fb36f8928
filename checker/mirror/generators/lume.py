"""Lume, of whose configuration the calls with literals are read: https://lume.land/docs/configuration/config-file/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from checker.mirror.generators.reading import Reading, literal, strings, without_comments
from checker.mirror.generators.row import Built, Generator, Led, Made, Plan, to_file
from checker.model import Role
from checker.web import urls

_TEXTS = (".md", ".mdx", ".html", ".vto", ".njk")
_PROGRAMS = re.compile(r"\.page\.(?:ts|tsx|js|jsx)\Z")
_LUME = re.compile(r"""\bfrom\s*['"](?:lume/|[^'"\n]*/lume[@/])""")
_COPY = re.compile(
    r"""\bsite\s*\.(?:copy|add)\(\s*(?:(['"])([^'"\n]+)\1(?:\s*,\s*(['"])([^'"\n]*)\3)?|\[([^\[\]]*)\])"""
)
_IGNORE = re.compile(r"\bsite\s*\.ignore\(([^()]*)\)")
_STRING = re.compile(r"""(['"])([^'"\n]+)\1""")
_LOCATION = re.compile(r"""\blocation\s*:\s*new\s+URL\(\s*(['"])([^'"\n]+)\1""")
_LEADS = re.compile(r"\bimport\s+\w*[Ll]inks?\w*\s|\bresolve_?[uU]rls\b")  # a plug-in that changes links
_SEVERAL = re.compile(r"\bfunction\s*\*|\byield\b")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?:-\d{2}-\d{2}(?:-\d{2})?)?_")
_MOST = 500  # calls, and addresses of a page
_PLUGINS = (
    ("sitemap", re.compile(r"\A(?:sitemap\.xml|robots\.txt)\Z")),
    ("feed", re.compile(r"\A[\w/-]*feed[\w-]*\.(?:xml|rss|json)\Z")),
    ("ogImages", re.compile(r"/index\.png\Z|\Aindex\.png\Z")),
    ("favicon", re.compile(r"\A(?:favicon|apple-touch-icon)[\w-]*\.(?:ico|png|svg)\Z")),
)
_PLUGIN = "a plug-in makes it"
_MADE, _LACKING = "a program makes pages there", "what is copied there is not in this repository"


def _plan(reading: Reading) -> Plan | None:
    text = without_comments(reading.text(reading.settings))
    if not _LUME.search(text):
        return None
    root = posixpath.normpath(f"{reading.folder}{literal(text, 'src')}") + "/"
    root = "" if root == "./" else root
    if root.startswith(".."):
        return None
    made = Made({}, {}, {}, set(), [])
    calls = (call[1] for call in islice(_IGNORE.finditer(text), _MOST))
    ignored = tuple(f"{root}{each[2].strip('/')}" for call in calls for each in _STRING.finditer(call))
    pretty = re.search(r"\bprettyUrls\s*:\s*false\b", text) is None
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if inside[:1] in {"_", "."} or "/_" in inside or "/." in inside or "node_modules/" in inside:
            made.parts.add(name)
        elif not (ignored and (name in ignored or name.startswith(tuple(f"{each}/" for each in ignored)))):
            _add(reading, made, name, inside, pretty=pretty)
    for call in islice(_COPY.finditer(text), _MOST):
        _copy(reading, made, root, call)
    made.decides.extend((pattern, _PLUGIN) for call, pattern in _PLUGINS if re.search(rf"\buse\(\s*{call}\(", text))
    location = _LOCATION.search(text)
    known = {"leads": "yes"} if _LEADS.search(text) else {}
    dialect = "eleventy-anchor" if "markdown-it-anchor" in text else "site"
    url = location[2] if location else ""
    return Plan(
        made.pages,
        made.files,
        url,
        frozenset(name for name in made.parts if name.endswith(_TEXTS)),
        made.hidden,
        decides=tuple(made.decides),
        settings=known,
        dialect=dialect,
    )


def _add(reading: Reading, made: Made, name: str, inside: str, *, pretty: bool) -> None:
    """Add the page that is made of a file."""
    program = _PROGRAMS.search(inside)
    if program is None and not inside.endswith(_TEXTS):
        return
    folder, base = posixpath.split(inside)
    stem = base[: program.start() - len(inside)] if program else posixpath.splitext(base)[0]
    path = posixpath.join(folder, _DATED.sub("", stem, count=1))
    if program:
        if _SEVERAL.search(reading.text(name)):
            made.decides.append((re.compile(rf"\A{re.escape(folder)}(?:/|\Z)" if folder else r""), _MADE))
        made.files.setdefault(_built(path, pretty=pretty), name)
        return
    front: Any = reading.front(name)
    if front.get("draft") is True:
        made.hidden[name] = "it is a draft"
        return
    stated = front.get("url")
    if stated is False:
        made.hidden[name] = "`url` is false"
        return
    if isinstance(stated, str) and stated:
        made.pages[name] = _file(posixpath.join("/", folder, stated))
    else:
        made.pages[name] = _built(path, pretty=pretty)
    for old in islice(strings(front.get("oldUrl")), _MOST):
        made.files.setdefault(_file(posixpath.join("/", folder, old)), name)


def _built(path: str, *, pretty: bool) -> str:
    return f"{path}.html" if not pretty or posixpath.basename(path) in {"index", "404"} else f"{path}/index.html"


def _file(url: str) -> str:
    path = posixpath.normpath(f"/{urls.decode(url).lstrip('/')}")[1:]
    return posixpath.join(path, "index.html") if url.endswith("/") or "." not in posixpath.basename(path) else path


def _copy(reading: Reading, made: Made, root: str, call: re.Match[str]) -> None:
    """Add what a call copies: a file, a folder, or all files of some extensions."""
    if call[5] is not None:
        ends = tuple(each[2] for each in _STRING.finditer(call[5]) if each[2].startswith("."))
        for name in reading.below(root) if ends else ():
            if name.endswith(ends):
                made.files.setdefault(name.removeprefix(root), name)
        return
    source, target = posixpath.normpath(call[2].strip("/")), (call[4] or call[2]).strip("/")
    target = "" if target == "." else target
    if call[2].startswith(".") and "/" not in call[2]:  # an extension
        for name in reading.below(root):
            if name.endswith(call[2]):
                made.files.setdefault(name.removeprefix(root), name)
    elif f"{root}{source}" in reading.source.files:
        made.files.setdefault(target, f"{root}{source}")
    elif names := reading.below(f"{root}{source}/"):
        for name in names:
            made.files.setdefault(posixpath.join(target, name.removeprefix(f"{root}{source}/")), name)
    elif place := posixpath.dirname(target) if "." in posixpath.basename(target) else target:
        made.decides.append((re.compile(rf"\A{re.escape(place)}(?:/|\Z)"), _LACKING))


def _candidates(page: str, path: str) -> Iterator[str]:
    """The files that a path may name that counts from the folder of the source."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    yield from (place, f"{place}.md", f"{place}.mdx", f"{place}/index.md")


def _link(site: Built, page: str, reference: str) -> Led | None:
    """A link is left as it is, unless a plug-in is there that changes what counts from the source."""
    path = urls.decode(reference.partition("?")[0])
    if "leads" not in site.plan.settings or not path or path[0] == "/":
        return None
    found = next((file for file in _candidates(page, path) if site.serves(file)), "")
    return Led(found) if found else to_file(page, reference, (".md", ".mdx"))


def _embed(site: Built, page: str, reference: str, role: Role, _in_html: bool) -> Led | None:
    led = _link(site, page, reference)
    return Led(unknown="a component decides what it names") if led is None and role is Role.OBJECT else led


GENERATOR = Generator("lume", "Lume", _plan, "site", "_site", _link, embed=_embed, in_html=True)
