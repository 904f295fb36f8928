"""What most errors of a run have in common, where one setting of the configuration would find what they miss."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import chain

from checker.kinds import kind_of
from checker.mirror.layouts import Names
from checker.model import Finding, Kind, Level
from checker.rules.codes import Code
from checker.web import urls
from checker.words import counted

_FEWEST = 20  # errors that are worth a hint
_SHARE = 0.5  # of these, so many must be found in one folder
_LOOKED_AT = 20_000  # errors that are looked up
_ENDS = ("", ".html", ".md", ".mdx", "/index.html", "/index.md", "/index.mdx", "/README.md")


def hint_of(findings: Iterable[Finding], names: Names, made: AbstractSet[str] = frozenset()) -> str:
    """A sentence on the setting by which most of the references that lead nowhere would be found; "" if there is none.

    `made`: the pages of which a generator is known that makes a site of them.
    """
    lost = [
        (finding.page, posixpath.normpath(urls.decode(finding.shown.partition("#")[0].partition("?")[0])))
        for finding in findings
        if finding.level is Level.ERROR
        and finding.rule in {Code.LOCAL_MISSING_FILE, Code.LOCAL_MISSING_INDEX}
        and "://" not in finding.shown
    ]
    return _root([path.strip("/") for _, path in lost if path[:1] == "/"], names) or _routes(lost, names, made)


def _routes(lost: list[tuple[str, str]], names: Names, made: AbstractSet[str]) -> str:
    """A sentence on a program that is not known, by whose routes most references of Markdown that lead nowhere count:
    they end with the name of a page, without its extension.
    """
    paths = [path for page, path in lost if kind_of(page) is Kind.MARKDOWN and page not in made][:_LOOKED_AT]
    if len(paths) < _FEWEST:
        return ""
    from checker.mirror.generators import routes

    pages = {routes.name_of(name) for name in names.files if kind_of(name) is Kind.MARKDOWN}
    most = sum(not posixpath.splitext(path)[1] and routes.name_of(path) in pages for path in paths)
    if most < max(_FEWEST, _SHARE * len(paths)):
        return ""
    return (
        f"{counted(most, 'error')} of {len(paths):,} name pages without their extension: if a program makes a site of"
        ' these, say so with [mirror] generator = "routes"'
    )


def _root(paths: list[str], names: Names) -> str:
    """A sentence on the folder in which most references that begin with `/` would be found."""
    if len(paths) < _FEWEST:
        return ""
    paths = paths[:_LOOKED_AT]
    above: defaultdict[str, set[str]] = defaultdict(set)  # name of a file or folder, without extension -> where it is
    wanted = {path.partition("/")[0] for path in paths}
    for name in chain(names.files, names.folders):
        folder, _, base = name.rpartition("/")
        for each in {base, base.partition(".")[0]} & wanted:
            above[each].add(folder)
    found: Counter[str] = Counter()
    for path in paths:
        for folder in above[path.partition("/")[0]]:
            found[folder] += folder != "" and any(f"{folder}/{path}{end}" in names.files for end in _ENDS)
    folder, most = max(found.items(), key=lambda row: (row[1], row[0]), default=("", 0))
    if most < max(_FEWEST, _SHARE * len(paths)):
        return ""
    return (
        f"{counted(most, 'error')} of {len(paths):,} with `/` in front would be found below {folder}/: if that is the"
        f' root of a site, say so with [mirror] root = "{folder}", layout = "github-pages" and its address in published'
    )
