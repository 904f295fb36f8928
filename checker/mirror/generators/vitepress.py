"""VitePress: https://vitepress.dev/reference/site-config"""

from __future__ import annotations

import posixpath
import re

from checker.mirror.generators.reading import Reading, literal, without_comments
from checker.mirror.generators.row import Built, Generator, Led, Plan, to_file
from checker.web import urls

_PAGES = (".md",)
_SETTINGS = tuple(f".vitepress/config{place}.{kind}" for place in ("", "/index") for kind in ("ts", "mts", "js", "mjs"))
_REWRITES = re.compile(r"\brewrites\s*:\s*\{(.*?)\}", re.S)
_REWRITTEN = re.compile(r"""(['"])([^'"\n]+)\1\s*:\s*(['"])([^'"\n]+)\3""")
_DYNAMIC = "a dynamic route of VitePress makes it"
_PARAMETER = re.compile(r":(\w+)(?:\([^)]*\))?\*?")


def _plan(reading: Reading) -> Plan | None:
    text = reading.text(reading.settings)
    root = posixpath.normpath(reading.folder + (literal(text, "srcDir") or ".")) + "/"
    root = "" if root == "./" else root if reading.has(root) else reading.folder
    base = literal(text, "base") or "/"
    rewrites = _rewrites(text)
    pages: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in reading.below(root):
        inside = name.removeprefix(root)
        if inside.startswith("public/"):
            files[inside.removeprefix("public/")] = name
        elif inside.startswith((".vitepress/", "node_modules/")) or "/node_modules/" in inside:
            continue
        elif inside.endswith(_PAGES) and "[" not in inside:
            pages[name] = _route(_rewritten(inside, rewrites))
        elif not inside.endswith(_PAGES):
            files.setdefault(inside, name)  # what pages embed is copied under another name
    return Plan(pages, files, _url(text, base), rooted=True, decides=_decided(reading, root), settings={"root": root})


def _route(name: str) -> str:
    return name.removesuffix(".md") + ".html"


def _rewrites(text: str) -> list[tuple[re.Pattern[str], str]]:
    found = _REWRITES.search(without_comments(text))
    rows = []
    for _, before, _, after in _REWRITTEN.findall(found[1]) if found else ():
        pattern = "".join(
            rf"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(_PARAMETER.split(before))
        )
        try:
            rows.append((re.compile(pattern), _PARAMETER.sub(r"\\g<\1>", after)))
        except re.error:
            continue
    return rows


def _rewritten(name: str, rewrites: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, after in rewrites:
        if match := pattern.fullmatch(name):
            try:
                return match.expand(after)
            except (re.error, IndexError):
                continue
    return name


def _url(text: str, base: str) -> str:
    host = literal(text, "hostname")  # of the sitemap
    return urls.resolve(host, base) if host.startswith(("http://", "https://")) else base


def _decided(reading: Reading, root: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Pages whose routes a loader of the site gives out: `[package].md`; and those of settings that are a program."""
    insides = (name.removeprefix(root) for name in reading.below(root) if name.endswith(_PAGES))
    return tuple((re.compile(re.escape(name.partition("[")[0])), _DYNAMIC) for name in insides if "[" in name)


def _link(site: Built, page: str, reference: str) -> Led | None:
    root = site.plan.settings.get("root", "")
    return to_file(page, reference, _PAGES, root)


GENERATOR = Generator("vitepress", "VitePress", _SETTINGS, _plan, "vitepress", ".vitepress/dist", _link)
