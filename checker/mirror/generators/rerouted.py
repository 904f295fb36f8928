"""Redirects and rewrites that settings list, as Next.js and Vercel write them: `/docs/:path*` -> `/guide/:path*`.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_MOST = 5_000  # rules that are read
_PATTERNS = 200  # of them, with parameters
_DEEPEST = 4  # tables within tables
_FOLLOWED = 20  # redirects, one after the other
_PARAMETER = re.compile(r":([A-Za-z_]\w*)(\([^()]*\))?([*+?])?|\([^()]*\)")
_LANGUAGES = re.compile(r"\A/:(?:locale|lang|language)\b(?:\([^()]*\))?\??/?")
_ELSEWHERE = "a redirect in the settings leads it elsewhere"


class Rule(NamedTuple):
    """One redirect or rewrite."""

    source: str
    destination: str


def rules(table: object, depth: int = 0) -> Iterator[Rule]:
    """The rules in a value of settings, wherever they stand in it, that are for every visitor."""
    if depth > _DEEPEST:
        return
    if isinstance(table, dict):
        source, destination = table.get("source"), table.get("destination")
        if isinstance(source, str) and isinstance(destination, str):
            if source.startswith("/") and len(source) + len(destination) < 2000 and not {"has", "missing"} & set(table):
                yield Rule(source, destination)
            return
        table = [value for value in table.values() if isinstance(value, dict | list)]
    if isinstance(table, list):
        for each in table[:_MOST]:
            yield from rules(each, depth + 1)


def applied(
    found: Iterable[Rule], names: Mapping[str, str], language: str = ""
) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """What rules make of a site with these names (built file -> source file): further names, and what they leave open:
    patterns of paths, and why nobody knows what is there. `language` has the pages that are served without one.
    """
    fixed: dict[str, str] = {}
    unknown: list[tuple[re.Pattern[str], str]] = []
    patterns = 0
    for rule in [*found][:_MOST]:
        source, destination = _LANGUAGES.sub("/", rule.source), _LANGUAGES.sub("/", rule.destination)
        if source == destination:
            continue
        if not _PARAMETER.search(source) and destination.startswith("/") and destination[1:2] != "/":
            fixed.setdefault(_path(source), _path(destination))
        elif patterns < _PATTERNS and (pattern := _compiled(source, optional=source != rule.source)):
            patterns += 1
            if not _same(source, destination):
                unknown.append((pattern, _ELSEWHERE))
    moved: dict[str, str] = {}
    for source in fixed:
        end = source
        for _ in range(_FOLLOWED):
            if end not in fixed:
                break
            end = fixed[end]
        ends = (*_files(end), *(_files(f"{language}/{end}".rstrip("/")) if language else ()))
        real = next((names[built] for built in ends if built in names), None)
        if real is not None:
            moved |= dict.fromkeys(_files(source), real)
        elif any(pattern.search(end) for pattern, _ in unknown):
            unknown.append((re.compile(rf"\A{re.escape(source)}/?\Z"), _ELSEWHERE))
    return moved, unknown


def _path(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].strip("/")


def _files(path: str) -> tuple[str, ...]:
    """The files at a path."""
    if not path:
        return ("index.html",)
    return (path,) if "." in posixpath.basename(path) else (f"{path}.html", f"{path}/index.html")


def _same(source: str, destination: str) -> bool:
    """Whether a rule only puts a language, or a folder, before a path."""
    return destination.startswith("/") and destination.endswith(source)


def _compiled(source: str, *, optional: bool) -> re.Pattern[str] | None:
    """A source as a pattern of paths without `/` at their beginning; None for what is too wide to tell anything."""
    pattern, at, wide = "", 1, 0
    if re.sub(r"[/.\w-]*", "", _PARAMETER.sub("", source)) != "" or len(_PARAMETER.sub("", source)) < 3:
        return None
    for part in _PARAMETER.finditer(source):
        before = re.escape(source[at : part.start()])
        many = part[3] in {"*", "+"} or (part[2] or part[0] if part[1] is None or part[2] else "").find("*") >= 0
        wide += many
        pattern += (
            before[:-1] + "(?:/.*)?"
            if many and before.endswith("/") and part[3] == "*"
            else before + (".*" if many else "[^/]*")
        )
        at = part.end()
    if wide > 2:
        return None
    prefix = r"(?:[a-z]{2,3}(?:-[A-Za-z]{2,4})?/)?" if optional else ""
    return re.compile(rf"\A{prefix}{pattern}{re.escape(source[at:])}/?\Z")
